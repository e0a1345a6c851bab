//! Object ids, object kinds, and byte strings that keep what a repository really holds.

use std::{
    fmt,
    hash::{BuildHasher, Hasher, RandomState},
    str::FromStr,
};

/// The SHA-1 name of an object.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Oid([u8; 20]);

/// A text that is no object id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an object id: forty hexadecimal digits are needed")]
pub struct BadOid;

impl Oid {
    /// The id of nothing, as reflogs and pushes write it.
    pub const ZERO: Self = Self([0; 20]);

    /// From twenty raw bytes.
    pub const fn new(bytes: [u8; 20]) -> Self {
        Self(bytes)
    }

    /// From a slice of exactly twenty bytes.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// From forty hexadecimal digits, as refs and commits write them.
    pub fn from_hex(text: &[u8]) -> Option<Self> {
        let digits: &[u8; 40] = text.try_into().ok()?;
        let mut out = [0; 20];
        for (byte, pair) in out.iter_mut().zip(digits.chunks_exact(2)) {
            let mut value = 0;
            for &c in pair {
                value = (value << 4)
                    | match c {
                        b'0'..=b'9' => c - b'0',
                        b'a'..=b'f' => c - b'a' + 10,
                        b'A'..=b'F' => c - b'A' + 10,
                        _ => return None,
                    };
            }
            *byte = value;
        }
        Some(Self(out))
    }

    /// The raw bytes.
    pub const fn as_bytes(&self) -> &[u8; 20] {
        &self.0
    }

    /// Whether it is [`Oid::ZERO`].
    pub fn is_zero(&self) -> bool {
        self.0 == [0; 20]
    }

    /// The first eight bytes as a number.
    pub(crate) fn prefix(&self) -> u64 {
        let (head, _) = self.0.split_first_chunk().unwrap_or((&[0; 8], &[]));
        u64::from_be_bytes(*head)
    }
}

impl std::hash::Hash for Oid {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.prefix());
    }
}

impl fmt::Display for Oid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Oid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Oid {
    type Err = BadOid;
    fn from_str(text: &str) -> Result<Self, BadOid> {
        Self::from_hex(text.as_bytes()).ok_or(BadOid)
    }
}

/// Builds cheap hashers for ids. Ids are already spread evenly, but whoever writes an index chooses them freely:
/// a key drawn at random keeps chosen ids from meeting in one bucket.
#[derive(Debug, Clone)]
pub struct OidHash(u64);

impl Default for OidHash {
    fn default() -> Self {
        Self(RandomState::new().hash_one(0_u8) | 1)
    }
}

impl BuildHasher for OidHash {
    type Hasher = OidHasher;
    fn build_hasher(&self) -> OidHasher {
        OidHasher { key: self.0, state: 0 }
    }
}

/// See [`OidHash`].
#[derive(Debug, Clone)]
pub struct OidHasher {
    key: u64,
    state: u64,
}

impl Hasher for OidHasher {
    fn finish(&self) -> u64 {
        self.state
    }
    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.write_u64(u64::from(byte));
        }
    }
    fn write_u32(&mut self, value: u32) {
        self.write_u64(u64::from(value));
    }
    fn write_u64(&mut self, value: u64) {
        // Folded multiplication: both halves of the product, so that no input bit is lost.
        let product = u128::from(self.state.rotate_left(23) ^ value ^ self.key)
            * u128::from(self.key.rotate_left(32) | 1);
        self.state = (product as u64) ^ ((product >> 64) as u64);
    }
}

/// A map keyed by object id.
pub type OidMap<V> = std::collections::HashMap<Oid, V, OidHash>;
/// A set of object ids.
pub type OidSet = std::collections::HashSet<Oid, OidHash>;

/// What an object is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// File content.
    Blob,
    /// A directory.
    Tree,
    /// A commit.
    Commit,
    /// An annotated tag.
    Tag,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Blob, Self::Tree, Self::Commit, Self::Tag];

    /// The name that git uses.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Blob => "blob",
            Self::Tree => "tree",
            Self::Commit => "commit",
            Self::Tag => "tag",
        }
    }

    /// From the name that git uses.
    pub fn from_name(name: &[u8]) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name().as_bytes() == name)
    }

    /// A small number, for tables.
    pub(crate) const fn number(self) -> usize {
        match self {
            Self::Blob => 0,
            Self::Tree => 1,
            Self::Commit => 2,
            Self::Tag => 3,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Bytes that are mostly text: a ref name, a path, an author. Kept as they are; shown with replacement characters.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct ByteString(pub Vec<u8>);

impl ByteString {
    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl From<&[u8]> for ByteString {
    fn from(bytes: &[u8]) -> Self {
        Self(bytes.to_vec())
    }
}

impl From<&str> for ByteString {
    fn from(text: &str) -> Self {
        Self(text.as_bytes().to_vec())
    }
}

impl fmt::Display for ByteString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.0))
    }
}

impl fmt::Debug for ByteString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", String::from_utf8_lossy(&self.0))
    }
}
