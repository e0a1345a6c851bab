//! Public keys of CloudTrail, as `ListPublicKeys` gives them, and the check of one signature.

use std::collections::BTreeMap;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};

/// `AlgorithmIdentifier` of an RSA key and the tag of the bit string behind it.
const RSA_HEADER: &[u8] =
    &[0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00, 0x03];

/// Keys by fingerprint.
#[derive(Debug, Clone, Default)]
pub struct PublicKeys {
    keys: BTreeMap<String, Vec<u8>>,
}

impl PublicKeys {
    /// Adds a key: its `Fingerprint`, and its `Value` in base64. AWS documents PKCS#1; its own sample holds a
    /// SubjectPublicKeyInfo too, so both are read. `false` when the value is no base64.
    pub fn add(&mut self, fingerprint: &str, value: &str) -> bool {
        let Ok(der) = BASE64_STANDARD.decode(value.trim()) else { return false };
        self.keys.insert(fingerprint.to_lowercase(), pkcs1(&der).unwrap_or(&der).to_vec());
        true
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Whether the key is there.
    pub fn has(&self, fingerprint: &str) -> bool {
        self.keys.contains_key(&fingerprint.to_lowercase())
    }

    /// Whether the signature (hexadecimal) over the text is the key's: RSASSA-PKCS1-v1_5 with SHA-256.
    pub(super) fn verify(&self, fingerprint: &str, text: &[u8], signature: &str) -> bool {
        let (Some(key), Some(signature)) = (self.keys.get(&fingerprint.to_lowercase()), unhex(signature))
        else {
            return false;
        };
        UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key).verify(text, &signature).is_ok()
    }
}

/// The PKCS#1 key inside a SubjectPublicKeyInfo.
fn pkcs1(der: &[u8]) -> Option<&[u8]> {
    let start = der.windows(RSA_HEADER.len()).take(8).position(|window| window == RSA_HEADER)?;
    let rest = der.get(start + RSA_HEADER.len()..)?;
    let skip = match *rest.first()? {
        long if long & 0x80 != 0 => 1 + usize::from(long & 0x7f),
        _ => 1,
    };
    match rest.get(skip..)? {
        // No unused bits.
        [0, key @ ..] => Some(key),
        _ => None,
    }
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let bytes = text.as_bytes();
    if !bytes.len().is_multiple_of(2) {
        return None;
    }
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    bytes
        .chunks_exact(2)
        .map(|pair| match pair {
            [high, low] => Some((digit(*high)? << 4) | digit(*low)?),
            _ => None,
        })
        .collect()
}
