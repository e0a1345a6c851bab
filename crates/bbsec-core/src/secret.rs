//! Credentials that were exposed: their fingerprints and public names, never their values.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use zeroize::{Zeroize, Zeroizing};

use crate::{Confidence, Severity, Time};

/// The bytes of a credential: overwritten when dropped, and in no `Debug` output.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretBytes(Zeroizing<Vec<u8>>);

impl SecretBytes {
    /// Takes the bytes over.
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The value itself, for matching, fingerprinting, and `--reveal`.
    pub fn reveal(&self) -> &[u8] {
        &self.0
    }

    /// Enough for an owner to recognise it, too little to use: the first four characters of twelve or more.
    pub fn redacted(&self) -> String {
        let text = String::from_utf8_lossy(&self.0);
        let count = text.chars().count();
        let shown: String = if count >= 12 { text.chars().take(4).collect() } else { String::new() };
        format!("{}…({count})", crate::escape::terminal(&shown))
    }
}

impl fmt::Debug for SecretBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

/// Lower-case hex of 32 bytes: equal for equal secrets within one case.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Fingerprint(pub String);

/// Makes fingerprints: HMAC-SHA-256 under the case's key, or plain SHA-256 where there is no case.
#[derive(Clone)]
pub struct Fingerprinter(Option<Zeroizing<Vec<u8>>>);

impl fmt::Debug for Fingerprinter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fingerprinter {{ keyed: {} }}", self.keyed())
    }
}

impl Fingerprinter {
    /// Without a case.
    pub const fn unkeyed() -> Self {
        Self(None)
    }

    /// Under the case's key.
    pub fn keyed_with(mut key: Vec<u8>) -> Self {
        let kept = Zeroizing::new(key.clone());
        key.zeroize();
        Self(Some(kept))
    }

    /// Whether a key is used.
    pub const fn keyed(&self) -> bool {
        self.0.is_some()
    }

    /// The fingerprint of a secret's bytes alone.
    pub fn of(&self, secret: &[u8]) -> Fingerprint {
        let bytes: Vec<u8> = match &self.0 {
            None => Sha256::digest(secret).to_vec(),
            Some(key) => match Hmac::<Sha256>::new_from_slice(key) {
                Ok(mut mac) => {
                    mac.update(secret);
                    mac.finalize().into_bytes().to_vec()
                }
                // HMAC takes a key of any length; the type cannot say so.
                Err(_) => Sha256::digest(secret).to_vec(),
            },
        };
        Fingerprint(crate::hex::encode(bytes))
    }
}

/// In what kind of thing a secret stood.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct ObjectRef {
    /// `blob`, `tree`, `commit`, `tag`, `ref`, `reflog`, `index`, `config` or `file`.
    pub kind: String,
    /// Object id, ref name or path.
    pub id: String,
}

/// A ref that still reaches a secret.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Reach {
    /// `branch`, `tag`, `pull-request`, `stash`, `note`, `reflog` or `other`.
    pub kind: String,
    /// The full name of the ref.
    #[serde(rename = "ref")]
    pub name: String,
}

/// One row of `scan secrets`: one credential in one repository (or one file tree), with all its places counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ExposedSecret {
    /// Fingerprint of the secret's bytes alone.
    pub fingerprint: Fingerprint,
    /// Whether the fingerprint is keyed with the case's key.
    pub keyed: bool,
    /// The credential's name that is no secret: AWS access key id, `user@host/db`, JWT `kid`, SSH `SHA256:…`, token id.
    pub public_id: Option<String>,
    /// Rule id.
    pub rule: String,
    /// One line.
    pub title: String,
    /// How bad.
    pub severity: Severity,
    /// How sure.
    pub confidence: Confidence,
    /// Who can revoke it: `aws`, `github`, `slack`, …, or `generic`.
    pub provider: String,
    /// Redacted, unless `--reveal` was given on standard output.
    pub secret: String,
    /// The repository's path as given, or the root that was scanned.
    pub repo: Option<String>,
    /// Project key, when the home tells it.
    pub project: Option<String>,
    /// Repository slug, when the home tells it.
    pub slug: Option<String>,
    /// In what it stands.
    pub object: ObjectRef,
    /// Path of the first place.
    pub path: Option<String>,
    /// 1-based line of the first place.
    pub line: Option<u64>,
    /// 1-based column, in bytes, of the first place.
    pub column: Option<u64>,
    /// First commit that brought it in; `None` only when no commit contains it.
    pub commit: Option<String>,
    /// That commit's author.
    pub author: Option<String>,
    /// That author's address.
    pub email: Option<String>,
    /// When that commit was committed.
    pub committed_at: Option<Time>,
    /// Refs that still reach it; empty when nothing does.
    pub reachable: Vec<Reach>,
    /// True if it still stands at the tip of a branch.
    pub at_head: bool,
    /// How many places, over all commits and paths.
    pub occurrences: u64,
    /// Every path it was seen at, at most a hundred.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub paths: Vec<String>,
    /// What speaks for and against it, in words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fingerprints_are_hmac_sha_256() {
        // RFC 4231, test case 2.
        let keyed = Fingerprinter::keyed_with(b"Jefe".to_vec()).of(b"what do ya want for nothing?");
        assert_eq!(keyed.0, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
        // FIPS 180-2, "abc".
        let plain = Fingerprinter::unkeyed().of(b"abc");
        assert_eq!(plain.0, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }

    #[test]
    fn a_secret_shows_itself_nowhere() {
        let secret = SecretBytes::new(b"correct horse battery".to_vec());
        assert_eq!(format!("{secret:?}"), "[secret]");
        assert_eq!(secret.redacted(), "corr…(21)");
        assert_eq!(SecretBytes::new(b"hunter2".to_vec()).redacted(), "…(7)");
    }
}
