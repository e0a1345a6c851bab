//! Private keys: kind, whether a passphrase protects them, and the fingerprint of their public half.
//!
//! Formats: OpenSSH's PROTOCOL.key; RFC 8017 (RSAPrivateKey); RFC 5208 and 5958 (PKCS#8); RFC 4253 6.6 (`ssh-rsa`).
//! The fingerprint is the one that `ssh-keygen -l` and `authorized_keys` audits show.

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, STANDARD_NO_PAD},
};
use bbsec_core::{Confidence, Severity};
use sha2::{Digest, Sha256};

use super::Said;
use crate::bytes::ssh_string;

pub(super) fn private_key(text: &[u8]) -> Said {
    let body = body(text);
    if body.len() < 40 {
        return Said { cap: Some(Confidence::Low), severity: Some(Severity::Low), ..Said::default() }
            .note("there is a header, but hardly a key below it");
    }
    let has = |needle: &[u8]| memchr::memmem::find(text, needle).is_some();
    let mut said = Said::default();
    let Ok(der) = STANDARD_NO_PAD.decode(&body) else {
        said.cap = Some(Confidence::Medium);
        return said.note("the text below the header is not whole base64: cut or made up");
    };
    let openssh = der.strip_prefix(b"openssh-key-v1\0");
    let encrypted =
        has(b"ENCRYPTED") || openssh.and_then(ssh_string).is_some_and(|(cipher, _)| cipher != b"none");
    let public = match openssh {
        Some(rest) => openssh_public(rest),
        None => rsa_public(&der),
    };
    if let Some(public) = public {
        let digest = STANDARD.encode(Sha256::digest(public));
        said.public_id = Some(format!("SHA256:{}", digest.trim_end_matches('=')));
        said.holds = Some(true);
        said = said.note("the key's structure holds");
    }
    if encrypted {
        said.severity = Some(Severity::Medium);
        said = said.note("a passphrase protects it");
    }
    said
}

/// The base64 below the header, without headers, line ends, quotes and literal `\n`.
fn body(text: &[u8]) -> Vec<u8> {
    let dashes = b"-----";
    let mut marks = memchr::memmem::find_iter(text, dashes);
    let start = marks.nth(1).map_or(0, |at| at + dashes.len());
    let end = marks.next().unwrap_or(text.len());
    let inside = text.get(start..end).unwrap_or_default();
    let mut out = Vec::with_capacity(inside.len());
    for line in inside.split(|b| *b == b'\n') {
        if memchr::memchr(b':', line).is_some() {
            continue;
        }
        let mut at = 0;
        while let Some(&byte) = line.get(at) {
            if byte == b'\\' {
                at += 2;
                continue;
            }
            if byte.is_ascii_alphanumeric() || byte == b'+' || byte == b'/' {
                out.push(byte);
            }
            at += 1;
        }
    }
    out
}

/// The public key that an OpenSSH private key file carries in the clear, even when it is encrypted.
fn openssh_public(rest: &[u8]) -> Option<Vec<u8>> {
    let (_cipher, rest) = ssh_string(rest)?;
    let (_kdf, rest) = ssh_string(rest)?;
    let (_options, rest) = ssh_string(rest)?;
    let (_count, rest) = rest.split_at_checked(4)?;
    let (public, _) = ssh_string(rest)?;
    (!public.is_empty()).then(|| public.to_vec())
}

/// Modulus and exponent of an RSA key (PKCS#1, or PKCS#8 around it) as an `ssh-rsa` public key.
fn rsa_public(der: &[u8]) -> Option<Vec<u8>> {
    let (tag, inside, _) = element(der)?;
    if tag != 0x30 {
        return None;
    }
    let (version, _, rest) = element(inside)?;
    let (tag, first, rest) = element(rest)?;
    match (version, tag) {
        (0x02, 0x02) => {
            let (tag, exponent, _) = element(rest)?;
            if tag != 0x02 || first.len() < 64 {
                return None;
            }
            let mut out = Vec::new();
            for part in [b"ssh-rsa".as_slice(), exponent, first] {
                out.extend(u32::try_from(part.len()).ok()?.to_be_bytes());
                out.extend_from_slice(part);
            }
            Some(out)
        }
        // PKCS#8: algorithm, then the PKCS#1 key in an octet string.
        (0x02, 0x30) => {
            let (tag, key, _) = element(rest)?;
            if tag == 0x04 { rsa_public(key) } else { None }
        }
        _ => None,
    }
}

/// One DER element: tag, content, what follows.
fn element(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&[tag, length], rest) = der.split_first_chunk::<2>()?;
    let (length, rest) = if length & 0x80 == 0 {
        (usize::from(length), rest)
    } else {
        let (digits, rest) = rest.split_at_checked(usize::from(length & 0x7f))?;
        if digits.len() > 4 {
            return None;
        }
        (digits.iter().fold(0usize, |value, digit| (value << 8) | usize::from(*digit)), rest)
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((tag, content, rest))
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    fn made_by_ssh_keygen(kind: &str, format: &str, passphrase: &str) -> Option<(Vec<u8>, String)> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("key");
        let made = Command::new("ssh-keygen")
            .args(["-q", "-t", kind, "-m", format, "-N", passphrase, "-f"])
            .arg(&file)
            .status();
        if !made.is_ok_and(|status| status.success()) {
            println!("not run: ssh-keygen is not there or does not make {kind} keys");
            return None;
        }
        let shown = Command::new("ssh-keygen").arg("-lf").arg(file.with_extension("pub")).output().unwrap();
        let line = String::from_utf8(shown.stdout).unwrap();
        let fingerprint = line.split_whitespace().nth(1).unwrap().to_owned();
        Some((std::fs::read(file).unwrap(), fingerprint))
    }

    #[test]
    fn the_fingerprint_is_the_one_that_ssh_keygen_shows() {
        for (kind, format, passphrase) in [
            ("ed25519", "RFC4716", ""),
            ("ed25519", "RFC4716", "long enough"),
            ("rsa", "PEM", ""),
            ("rsa", "PKCS8", ""),
            ("ecdsa", "RFC4716", ""),
        ] {
            let Some((key, fingerprint)) = made_by_ssh_keygen(kind, format, passphrase) else { return };
            let said = private_key(&key);
            assert_eq!(said.public_id, Some(fingerprint), "{kind} {format}");
            assert_eq!(said.severity, (!passphrase.is_empty()).then_some(Severity::Medium), "{kind}");
        }
    }
}
