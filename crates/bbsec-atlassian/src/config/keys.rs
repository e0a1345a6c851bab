//! Private keys, keystores and credential files, told by their bytes.

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, STANDARD_NO_PAD},
};
use bbsec_core::{SecretBytes, Severity};
use sha2::{Digest as _, Sha256};

use super::host::Held;

/// Every credential in one file.
pub(super) fn in_file(file: &str, name: &str, bytes: &[u8]) -> Vec<Held> {
    let mut out = private_keys(file, bytes);
    if !out.is_empty() {
        return out;
    }
    let held = |rule, title: &str, provider, public_id, value: Vec<u8>, line| Held {
        rule,
        title: title.into(),
        provider,
        severity: Severity::Critical,
        public_id,
        value: SecretBytes::new(value),
        file: file.into(),
        line,
        kind: "file",
        notes: Vec::new(),
    };
    let lower = name.to_ascii_lowercase();
    let keystore = bytes.starts_with(&[0xfe, 0xed, 0xfe, 0xed])
        || [".jks", ".p12", ".pfx", ".keystore", ".bcfks", ".ks"].iter().any(|end| lower.ends_with(end));
    if keystore {
        let mut one = held("host.keystore", "Keystore", "tls", None, bytes.to_vec(), None);
        one.notes.push("the file as a whole; its keys are as safe as its password".into());
        out.push(one);
        return out;
    }
    let Ok(text) = std::str::from_utf8(bytes) else { return out };
    for (number, line) in text.lines().enumerate() {
        let at = Some(number as u64 + 1);
        if lower == ".pgpass" {
            let mut parts = line.splitn(5, ':');
            if let (Some(host), Some(_), Some(name), Some(user), Some(password)) =
                (parts.next(), parts.next(), parts.next(), parts.next(), parts.next())
            {
                let id = format!("{user}@{host}/{name}");
                out.push(held(
                    "host.database-password",
                    "Database password",
                    "database",
                    Some(id),
                    password.into(),
                    at,
                ));
            }
        } else if lower == ".git-credentials" {
            let rest = line.split_once("://").map(|(_, rest)| rest).and_then(|rest| rest.split_once('@'));
            if let Some(((user, password), host)) =
                rest.and_then(|(login, host)| Some((login.split_once(':')?, host)))
            {
                let host = host.split('/').next().unwrap_or_default();
                out.push(held(
                    "host.git-credential",
                    "Git credential",
                    "generic",
                    Some(format!("{user}@{host}")),
                    password.into(),
                    at,
                ));
            }
        } else if lower == "credentials"
            && let Some((key, value)) = line.split_once('=')
            && key.trim() == "aws_secret_access_key"
        {
            let before = text.lines().take(number + 3).filter_map(|line| line.split_once('='));
            let id = before
                .filter(|(key, _)| key.trim() == "aws_access_key_id")
                .last()
                .map(|(_, id)| id.trim().to_owned());
            out.push(held("host.aws-key", "AWS secret access key", "aws", id, value.trim().into(), at));
        }
    }
    out
}

/// PEM blocks that hold private keys. The secret is the block from its first to its last dash.
fn private_keys(file: &str, bytes: &[u8]) -> Vec<Held> {
    let mut out = Vec::new();
    let text = String::from_utf8_lossy(bytes);
    let mut from = 0;
    while let Some(start) = text.get(from..).and_then(|rest| rest.find("-----BEGIN ")).map(|at| at + from) {
        let Some(rest) = text.get(start..) else { break };
        let label = rest
            .get(11..)
            .and_then(|rest| rest.split_once("-----"))
            .map(|(label, _)| label)
            .unwrap_or_default();
        let end_mark = format!("-----END {label}-----");
        let Some(length) = rest.find(&end_mark).map(|at| at + end_mark.len()) else { break };
        let block = rest.get(..length).unwrap_or_default();
        from = start + length;
        if !label.ends_with("PRIVATE KEY") {
            continue;
        }
        let body: String = block
            .lines()
            .filter(|line| !line.contains("-----") && !line.contains(':'))
            .map(str::trim)
            .collect();
        let der = STANDARD.decode(body).unwrap_or_default();
        let public = if label.starts_with("OPENSSH") { openssh_public(&der) } else { rsa_public(&der) };
        let ssh = label.starts_with("OPENSSH") || file.to_ascii_lowercase().contains("ssh");
        let line = 1 + text.get(..start).map_or(0, |before| before.matches('\n').count() as u64);
        let mut held = Held {
            rule: if ssh { "host.ssh-key" } else { "host.private-key" },
            title: if ssh { "SSH private key of the host".into() } else { "Private key".into() },
            provider: if ssh { "ssh" } else { "tls" },
            severity: Severity::Critical,
            public_id: public.map(|blob| format!("SHA256:{}", STANDARD_NO_PAD.encode(Sha256::digest(blob)))),
            value: SecretBytes::new(block.as_bytes().to_vec()),
            file: file.into(),
            line: Some(line),
            kind: "file",
            notes: Vec::new(),
        };
        if label.contains("ENCRYPTED") || block.contains("ENCRYPTED") {
            held.notes.push("protected by a passphrase".into());
        }
        if held.public_id.is_none() {
            held.notes.push("its public half was not worked out; ssh-keygen -l tells its fingerprint".into());
        }
        out.push(held);
    }
    out
}

struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }
    fn number(&mut self) -> Option<usize> {
        Some(u32::from_be_bytes(self.take(4)?.try_into().ok()?) as usize)
    }
    fn string(&mut self) -> Option<&'a [u8]> {
        let length = self.number()?;
        self.take(length)
    }
    /// The content of a DER element of a tag.
    fn der(&mut self, tag: u8) -> Option<&'a [u8]> {
        let head = self.take(2)?;
        let (found, first) = (*head.first()?, *head.last()?);
        let length = if first < 0x80 {
            usize::from(first)
        } else {
            let bytes = self.take(usize::from(first & 0x7f).min(5))?;
            bytes
                .iter()
                .try_fold(0_usize, |all, byte| all.checked_mul(256)?.checked_add(usize::from(*byte)))?
        };
        let content = self.take(length)?;
        (found == tag).then_some(content)
    }
}

/// The public half stands in the clear in OpenSSH's format (openssh PROTOCOL.key), passphrase or not.
fn openssh_public(der: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Bytes(der.strip_prefix(b"openssh-key-v1\0")?);
    for _ in 0..3 {
        bytes.string()?;
    }
    (bytes.number()? > 0).then_some(())?;
    bytes.string().map(<[u8]>::to_vec)
}

/// RSA keys in PKCS #1 or PKCS #8, as the blob that OpenSSH hashes.
fn rsa_public(der: &[u8]) -> Option<Vec<u8>> {
    let mut outer = Bytes(Bytes(der).der(0x30)?);
    outer.der(2)?;
    let mut rest = Bytes(outer.0);
    if let Some(modulus) = rest.der(2) {
        return rsa_blob(rest.der(2)?, modulus);
    }
    outer.der(0x30)?;
    let mut key = Bytes(Bytes(outer.der(4)?).der(0x30)?);
    key.der(2)?;
    let modulus = key.der(2)?;
    rsa_blob(key.der(2)?, modulus)
}

fn rsa_blob(exponent: &[u8], modulus: &[u8]) -> Option<Vec<u8>> {
    let mut blob = Vec::new();
    for part in [b"ssh-rsa", exponent, modulus] {
        blob.extend(u32::try_from(part.len()).ok()?.to_be_bytes());
        blob.extend(part);
    }
    (modulus.len() > 64).then_some(blob)
}
