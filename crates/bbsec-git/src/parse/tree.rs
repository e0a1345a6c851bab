//! Trees: mode, name and id of each entry.

use crate::{Kind, Oid};

/// The mode of an entry: what it is and whether it can be run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Mode(pub u32);

impl Mode {
    /// A directory.
    pub const fn is_tree(self) -> bool {
        self.0 & 0o170_000 == 0o040_000
    }
    /// A symbolic link; the blob holds its target.
    pub const fn is_link(self) -> bool {
        self.0 & 0o170_000 == 0o120_000
    }
    /// A commit of another repository.
    pub const fn is_submodule(self) -> bool {
        self.0 & 0o170_000 == 0o160_000
    }
    /// What the entry's object is; `None` for a commit of another repository.
    pub const fn kind(self) -> Option<Kind> {
        if self.is_tree() {
            Some(Kind::Tree)
        } else if self.is_submodule() {
            None
        } else {
            Some(Kind::Blob)
        }
    }
}

/// One entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TreeEntry<'a> {
    /// What it is.
    pub mode: Mode,
    /// Its name, without the directory.
    pub name: &'a [u8],
    /// Its object.
    pub oid: Oid,
    /// Where in the tree's bytes the entry begins.
    pub at: usize,
}

/// The entries of a tree, up to the first that makes no sense.
#[derive(Debug, Clone)]
pub struct TreeEntries<'a> {
    data: &'a [u8],
    at: usize,
}

/// Reads a tree.
pub fn tree(data: &[u8]) -> TreeEntries<'_> {
    TreeEntries { data, at: 0 }
}

impl TreeEntries<'_> {
    /// How many bytes at the end are no entry; asked after the last one.
    pub fn rest(&self) -> usize {
        self.data.len().saturating_sub(self.at)
    }

    /// Where the next entry begins.
    pub fn position(&self) -> usize {
        self.at
    }

    /// Goes on at a byte where an entry begins.
    #[must_use]
    pub fn from(mut self, at: usize) -> Self {
        self.at = at;
        self
    }
}

impl<'a> Iterator for TreeEntries<'a> {
    type Item = TreeEntry<'a>;

    #[inline]
    fn next(&mut self) -> Option<TreeEntry<'a>> {
        let start = self.at;
        let rest = self.data.get(start..)?;
        let mut mode = 0_u32;
        let mut space = 0;
        for &byte in rest.iter().take(8) {
            match byte {
                b'0'..=b'7' => mode = (mode << 3) | u32::from(byte - b'0'),
                b' ' if space > 0 => break,
                _ => return None,
            }
            space += 1;
        }
        let name_and_more = rest.get(space + 1..)?;
        let end = memchr::memchr(0, name_and_more)?;
        let oid = Oid::from_bytes(name_and_more.get(end + 1..end + 21)?)?;
        self.at = start + space + 1 + end + 21;
        Some(TreeEntry { mode: Mode(mode), name: name_and_more.get(..end)?, oid, at: start })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn entries_come_back_and_damage_never_panics(
            names in prop::collection::vec("[a-z .]{1,9}", 0..6), at in any::<usize>(), bits: u8
        ) {
            let mut data = Vec::new();
            for (i, name) in names.iter().enumerate() {
                data.extend_from_slice(if i % 2 == 0 { b"100644 " } else { b"40000 " });
                data.extend_from_slice(name.as_bytes());
                data.push(0);
                data.extend_from_slice(&[i as u8; 20]);
            }
            let mut entries = tree(&data);
            let read: Vec<_> = entries.by_ref().map(|entry| String::from_utf8_lossy(entry.name).into_owned()).collect();
            prop_assert_eq!(&read, &names);
            prop_assert_eq!(entries.rest(), 0);
            if !data.is_empty() {
                let at = at % data.len();
                data[at] ^= bits;
                let _ = tree(&data).count() + tree(&data[..at]).count();
            }
        }
    }
}
