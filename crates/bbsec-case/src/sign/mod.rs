//! Signatures over the journal's head, in OpenSSH's SSHSIG format (PROTOCOL.sshsig of OpenSSH), with the responder's
//! own key; and the custody hand-over, which is a signed journal line.
//!
//! What is signed is one line with its newline: the chain carries the signature back over every line before it. To
//! check it without this program:
//!
//! `sed -n 12p journal.jsonl | ssh-keygen -Y verify -f allowed_signers -I WHO -n bbsec-ir-journal -s journal.sig/12.sig`

mod agent;
pub(crate) mod allowed;
pub(crate) mod detached;

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::json;
use ssh_key::{HashAlg, LineEnding, PrivateKey, PublicKey, SshSig, public::KeyData};
use zeroize::Zeroizing;

use crate::{Case, CaseError, Entry, files, journal::scan::raw_line, layout};

/// The SSHSIG namespace: a signature made for something else is not accepted here.
pub const NAMESPACE: &str = "bbsec-ir-journal";

/// Whose key signs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Signer {
    /// A private key in OpenSSH's format without a passphrase; Ed25519.
    KeyFile(PathBuf),
    /// A key that ssh-agent holds; passphrases and hardware stay there.
    Agent {
        /// The agent's socket; `None` means `SSH_AUTH_SOCK`.
        socket: Option<PathBuf>,
        /// Its `SHA256:…` fingerprint, its comment, or the path of its public key; `None` means the only one.
        key: Option<String>,
    },
}

/// A signature that was made: the body of a `signature` line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignatureInfo {
    /// The line that is signed.
    pub seq: u64,
    /// The signature, relative to the case folder.
    pub file: String,
    /// SHA-256 of that file.
    pub sha256: String,
    /// `SHA256:…` of the key.
    pub fingerprint: String,
    /// The public key, as it stands in `authorized_keys`.
    pub public_key: String,
}

impl Case {
    /// Signs the journal's newest line, and journals the signature.
    pub fn sign(&self, signer: &Signer) -> Result<SignatureInfo, CaseError> {
        self.must_write()?;
        let entries = self.journal().entries()?;
        let head = entries.last().ok_or_else(|| CaseError::NothingToSign { path: self.root().into() })?;
        self.sign_line(head, signer)
    }

    /// Hands the case on: journals who has it now, why, and signs that line where a key is given.
    pub fn custody(&mut self, to: &str, why: &str, signer: Option<&Signer>) -> Result<Entry, CaseError> {
        self.must_write()?;
        let from = self.meta().responder.clone();
        let body = json!({"from": from, "to": to, "why": why});
        let line = self.journal().append("custody", None, None, body)?;
        if let Some(signer) = signer {
            self.sign_line(&line, signer)?;
        }
        self.update_meta(|meta| meta.responder = to.into())?;
        Ok(line)
    }

    fn sign_line(&self, line: &Entry, signer: &Signer) -> Result<SignatureInfo, CaseError> {
        let message = raw_line(self.root(), line.seq)?
            .ok_or_else(|| CaseError::NothingToSign { path: self.root().into() })?;
        let (signature, public_key) = signed(signer, NAMESPACE, &message)?;
        let fingerprint = public_key.fingerprint(HashAlg::Sha256).to_string();
        let failed = |source| CaseError::Ssh { op: "sign", key: fingerprint.clone(), source };
        let pem = signature.to_pem(LineEnding::LF).map_err(failed)?;
        let public_key = PublicKey::new(public_key, "").to_openssh().map_err(failed)?;
        files::create_dirs(&self.root().join(layout::SIGNATURES))?;
        let file = self.free_name(line.seq)?;
        files::write_new(&self.root().join(&file), pem.as_bytes())?;
        let sha256 = files::sha256(pem.as_bytes());
        let info =
            SignatureInfo { seq: line.seq, file, sha256, fingerprint: fingerprint.clone(), public_key };
        let body = serde_json::to_value(&info)
            .map_err(|source| CaseError::Json { what: "a description of a signature", source })?;
        self.journal().append("signature", None, None, body)?;
        Ok(info)
    }

    /// A line may be signed by several people; the first signature has the plain name.
    fn free_name(&self, seq: u64) -> Result<String, CaseError> {
        let mut names = std::iter::once(format!("{}/{seq}.sig", layout::SIGNATURES))
            .chain((2..1000).map(|number| format!("{}/{seq}.{number}.sig", layout::SIGNATURES)));
        names
            .find(|name| std::fs::symlink_metadata(self.root().join(name)).is_err())
            .ok_or_else(|| CaseError::FileExists { path: self.root().join(layout::SIGNATURES) })
    }
}

fn signed(signer: &Signer, namespace: &str, message: &[u8]) -> Result<(SshSig, KeyData), CaseError> {
    match signer {
        Signer::KeyFile(path) => with_file(path, namespace, message),
        Signer::Agent { socket, key } => agent::sign(socket.as_deref(), key.as_deref(), namespace, message),
    }
}

fn with_file(path: &Path, namespace: &str, message: &[u8]) -> Result<(SshSig, KeyData), CaseError> {
    let failed = |op| move |source| CaseError::Ssh { op, key: path.display().to_string(), source };
    let file = std::fs::File::open(path).map_err(CaseError::io("open", path))?;
    let mut pem = Zeroizing::new(Vec::new());
    std::io::Read::read_to_end(&mut std::io::Read::take(file, 64 * 1024), &mut pem)
        .map_err(CaseError::io("read", path))?;
    let key = PrivateKey::from_openssh(&*pem).map_err(failed("read a key"))?;
    if key.is_encrypted() {
        return Err(CaseError::KeyEncrypted { path: path.into() });
    }
    let signature = key.sign(namespace, HashAlg::Sha512, message).map_err(failed("sign"))?;
    Ok((signature, key.public_key().key_data().clone()))
}
