//! The two requests of the ssh-agent protocol (draft-ietf-sshm-ssh-agent) that signing needs: which keys there are,
//! and a signature by one of them.

use std::{
    io::{Read as _, Write as _},
    os::unix::net::UnixStream,
    path::{Path, PathBuf},
    time::Duration,
};

use ssh_key::{HashAlg, PublicKey, Signature, SshSig, public::KeyData};

use crate::{CaseError, files};

const REQUEST_IDENTITIES: u8 = 11;
const IDENTITIES_ANSWER: u8 = 12;
const SIGN_REQUEST: u8 = 13;
const SIGN_RESPONSE: u8 = 14;
const RSA_SHA2_512: u32 = 4;

/// OpenSSH's own limit of a message.
const MAX_MESSAGE: usize = 256 * 1024;
/// A key on a token waits for its owner's touch.
const PATIENCE: Duration = Duration::from_mins(2);

/// A key that the agent offers.
#[derive(Debug, Clone)]
struct AgentKey {
    blob: Vec<u8>,
    data: KeyData,
    /// Its comment.
    comment: String,
    /// `SHA256:…`.
    fingerprint: String,
}

fn problem(why: impl Into<String>) -> CaseError {
    CaseError::Agent { why: why.into() }
}

/// Signs through the agent.
pub(super) fn sign(
    socket: Option<&Path>,
    wanted: Option<&str>,
    namespace: &str,
    message: &[u8],
) -> Result<(SshSig, KeyData), CaseError> {
    let mut agent = Agent::connect(socket)?;
    let key = choose(agent.keys()?, wanted)?;
    let data = SshSig::signed_data(namespace, HashAlg::Sha512, message).map_err(|source| CaseError::Ssh {
        op: "sign",
        key: key.fingerprint.clone(),
        source,
    })?;
    let flags = if key.data.is_rsa() { RSA_SHA2_512 } else { 0 };
    let signature = agent.signature(&key.blob, &data, flags)?;
    let failed = |source| CaseError::Ssh { op: "sign", key: key.fingerprint.clone(), source };
    let signature = Signature::try_from(signature.as_slice()).map_err(failed)?;
    let signature = SshSig::new(key.data.clone(), namespace, HashAlg::Sha512, signature).map_err(failed)?;
    Ok((signature, key.data))
}

fn choose(keys: Vec<AgentKey>, wanted: Option<&str>) -> Result<AgentKey, CaseError> {
    let list = |keys: &[AgentKey]| -> String {
        let names: Vec<_> = keys.iter().map(|key| format!("{} {}", key.fingerprint, key.comment)).collect();
        bbsec_core::escape::terminal(&names.join(", ")).into_owned()
    };
    let Some(wanted) = wanted else {
        return match <[AgentKey; 1]>::try_from(keys) {
            Ok([key]) => Ok(key),
            Err(keys) if keys.is_empty() => Err(problem("it holds no key; add one with `ssh-add`")),
            Err(keys) => Err(problem(format!("it holds several keys; name one of: {}", list(&keys)))),
        };
    };
    // The path of a public key names its fingerprint.
    let fingerprint = files::read_limited(Path::new(wanted), 64 * 1024)
        .ok()
        .and_then(|bytes| PublicKey::from_openssh(String::from_utf8(bytes).ok()?.trim()).ok())
        .map_or_else(|| wanted.to_owned(), |key| key.fingerprint(HashAlg::Sha256).to_string());
    let held = list(&keys);
    let mut matching = keys.into_iter().filter(|key| key.fingerprint == fingerprint || key.comment == wanted);
    match (matching.next(), matching.next()) {
        (Some(key), None) => Ok(key),
        (None, _) => Err(problem(format!("it does not hold the key {wanted:?}; it holds: {held}"))),
        (Some(_), Some(_)) => {
            Err(problem(format!("{wanted:?} names several keys; give a fingerprint: {held}")))
        }
    }
}

struct Agent(UnixStream);

impl Agent {
    fn connect(socket: Option<&Path>) -> Result<Self, CaseError> {
        let path = match socket {
            Some(path) => path.to_path_buf(),
            None => std::env::var_os("SSH_AUTH_SOCK")
                .map(PathBuf::from)
                .ok_or_else(|| problem("SSH_AUTH_SOCK is not set; is an agent running?"))?,
        };
        let stream = UnixStream::connect(&path).map_err(CaseError::io("connect to", &path))?;
        let timed =
            stream.set_read_timeout(Some(PATIENCE)).and_then(|()| stream.set_write_timeout(Some(PATIENCE)));
        timed.map_err(CaseError::io("connect to", &path))?;
        Ok(Self(stream))
    }

    fn ask(&mut self, request: &[u8], expected: u8) -> Result<Vec<u8>, CaseError> {
        let failed = |error: std::io::Error| problem(format!("it cannot be asked: {error}"));
        let mut message = Vec::with_capacity(request.len() + 4);
        put(&mut message, request);
        self.0.write_all(&message).map_err(failed)?;
        let mut length = [0; 4];
        self.0.read_exact(&mut length).map_err(failed)?;
        let length = usize::try_from(u32::from_be_bytes(length)).unwrap_or(usize::MAX);
        if length == 0 || length > MAX_MESSAGE {
            return Err(problem(format!("its answer would have {length} bytes")));
        }
        let mut answer = vec![0; length];
        self.0.read_exact(&mut answer).map_err(failed)?;
        let kind = answer.remove(0);
        if kind == expected {
            Ok(answer)
        } else {
            Err(problem("it refused (was the use of the key denied?)"))
        }
    }

    fn keys(&mut self) -> Result<Vec<AgentKey>, CaseError> {
        let answer = self.ask(&[REQUEST_IDENTITIES], IDENTITIES_ANSWER)?;
        let mut rest = answer.as_slice();
        let count = number(&mut rest).ok_or_else(|| problem("its list of keys is cut"))?;
        let mut keys = Vec::new();
        for _ in 0..count {
            let (Some(blob), Some(comment)) = (bytes(&mut rest), bytes(&mut rest)) else {
                return Err(problem("its list of keys is cut"));
            };
            // Certificates and kinds of keys that are not known cannot sign here.
            if let Ok(key) = PublicKey::from_bytes(blob) {
                keys.push(AgentKey {
                    blob: blob.to_vec(),
                    fingerprint: key.fingerprint(HashAlg::Sha256).to_string(),
                    data: key.key_data().clone(),
                    comment: String::from_utf8_lossy(comment).into_owned(),
                });
            }
        }
        Ok(keys)
    }

    fn signature(&mut self, blob: &[u8], data: &[u8], flags: u32) -> Result<Vec<u8>, CaseError> {
        let mut request = vec![SIGN_REQUEST];
        put(&mut request, blob);
        put(&mut request, data);
        request.extend_from_slice(&flags.to_be_bytes());
        let answer = self.ask(&request, SIGN_RESPONSE)?;
        let mut rest = answer.as_slice();
        bytes(&mut rest).map(<[u8]>::to_vec).ok_or_else(|| problem("its signature is cut"))
    }
}

/// Appends a string of the protocol: its length, then its bytes.
fn put(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend_from_slice(&u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_be_bytes());
    out.extend_from_slice(bytes);
}

fn number(rest: &mut &[u8]) -> Option<u32> {
    let (number, tail) = rest.split_first_chunk::<4>()?;
    *rest = tail;
    Some(u32::from_be_bytes(*number))
}

fn bytes<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = usize::try_from(number(rest)?).ok()?;
    let (bytes, tail) = rest.split_at_checked(length)?;
    *rest = tail;
    Some(bytes)
}
