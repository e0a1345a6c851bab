//! The case's HMAC key: 32 random bytes, mode 0600. It stays in the case and is in no output.

use std::path::Path;

use bbsec_core::Fingerprinter;
use serde_json::Value;
use zeroize::Zeroizing;

use crate::{CaseError, files, journal::Entry, layout};

const LENGTH: usize = 32;

/// The key; overwritten when dropped.
pub(crate) struct CaseKey(Zeroizing<Vec<u8>>);

impl std::fmt::Debug for CaseKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[key]")
    }
}

impl CaseKey {
    /// Makes the key of a new case.
    pub(crate) fn create(case: &Path) -> Result<Self, CaseError> {
        let path = case.join(layout::KEY);
        let mut bytes = Zeroizing::new(vec![0; LENGTH]);
        random(&mut bytes)?;
        files::replace(&path, &bytes, files::PRIVATE)?;
        Ok(Self(bytes))
    }

    /// Reads it.
    pub(crate) fn read(case: &Path) -> Result<Self, CaseError> {
        let path = case.join(layout::KEY);
        let bytes = match files::read_limited(&path, LENGTH as u64) {
            Ok(bytes) => Zeroizing::new(bytes),
            Err(CaseError::Io { source, .. }) if source.kind() == std::io::ErrorKind::PermissionDenied => {
                return Err(CaseError::Io { op: "open", path, source });
            }
            Err(_) => return Err(CaseError::Key { path }),
        };
        if bytes.len() == LENGTH { Ok(Self(bytes)) } else { Err(CaseError::Key { path }) }
    }

    /// Makes fingerprints under the key.
    pub(crate) fn fingerprinter(&self) -> Fingerprinter {
        Fingerprinter::keyed_with(self.0.to_vec())
    }

    /// A value by which the journal recognises the key without telling anything about it.
    pub(crate) fn check(&self) -> String {
        let text = self.fingerprinter().of(b"bbsec-ir case key check").0;
        text.get(..32).unwrap_or(&text).into()
    }

    /// Whether this is the key that the journal's first line names.
    pub(crate) fn fits(&self, entries: &[Entry]) -> bool {
        let named = entries
            .iter()
            .find(|entry| entry.kind == "case")
            .and_then(|entry| entry.body.get("key_check"))
            .and_then(Value::as_str);
        named.is_none_or(|named| named == self.check())
    }
}

/// Fills a buffer from the kernel's generator; by system call, because a static program in a chroot has no /dev.
pub(crate) fn random(buffer: &mut [u8]) -> Result<(), CaseError> {
    let mut filled = 0;
    while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match rustix::rand::getrandom(rest, rustix::rand::GetRandomFlags::empty()) {
            Ok(count) => filled += count,
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(CaseError::Random { source: error.into() }),
        }
    }
    Ok(())
}
