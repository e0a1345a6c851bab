//! Signatures over bytes that are no journal line, such as the question that a person agrees to. Same format, another
//! namespace: a signature made for one thing is not accepted for another.
//!
//! To make one without this program: `ssh-keygen -Y sign -f KEY -n NAMESPACE FILE`.

use std::path::Path;

use bbsec_core::Time;
use ssh_key::{HashAlg, LineEnding, PublicKey, SshSig};

use super::{Signer, allowed::AllowedSigners, signed};
use crate::{CaseError, files};

/// Who signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signatory {
    /// The principals of the line that allows the key, as it stands in the list.
    pub principals: Vec<String>,
    /// `SHA256:…` of the key.
    pub fingerprint: String,
}

/// Signs bytes; the signature as `ssh-keygen -Y sign` writes it.
pub fn sign_bytes(signer: &Signer, namespace: &str, message: &[u8]) -> Result<String, CaseError> {
    let (signature, key) = signed(signer, namespace, message)?;
    signature.to_pem(LineEnding::LF).map_err(|source| CaseError::Ssh {
        op: "sign",
        key: key.fingerprint(HashAlg::Sha256).to_string(),
        source,
    })
}

/// Who signed the bytes, says a list of allowed signers; or why the signature does not count.
pub fn signatory(
    allowed: &Path,
    namespace: &str,
    message: &[u8],
    pem: &[u8],
    at: Time,
) -> Result<Signatory, String> {
    let list = files::read_limited(allowed, 4 * 1024 * 1024).map_err(|error| error.to_string())?;
    let list = AllowedSigners::parse(&String::from_utf8_lossy(&list));
    let signature = SshSig::from_pem(pem).map_err(|error| format!("it is no SSH signature: {error}"))?;
    let key = PublicKey::new(signature.public_key().clone(), "");
    let fingerprint = key.fingerprint(HashAlg::Sha256).to_string();
    match key.verify(namespace, message, &signature) {
        Ok(()) => {}
        Err(ssh_key::Error::AlgorithmUnsupported { .. }) => {
            return Err(format!("signatures by {} keys are not checked here; use Ed25519", key.algorithm()));
        }
        Err(_) => return Err("it does not fit the question".into()),
    }
    let principals = list
        .principals(key.key_data(), namespace, at)
        .ok_or_else(|| format!("the key {fingerprint} is not among the allowed signers"))?;
    let principals = principals.split(',').map(|name| name.trim_matches('"').to_owned()).collect();
    Ok(Signatory { principals, fingerprint })
}
