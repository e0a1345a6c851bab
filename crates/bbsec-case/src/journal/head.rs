//! `journal.head`: number and hash of the newest line, with a check of its own, so that a change of the head is told
//! from a change of the last line.

use std::{fs::File, os::unix::fs::FileExt as _, path::Path};

use crate::{CaseError, files, layout};

/// What the head says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Head {
    /// Number of a line that was whole when the head was written.
    pub(crate) seq: u64,
    /// Its SHA-256.
    pub(crate) hash: String,
}

impl Head {
    fn text(&self) -> String {
        let body = format!("{:020} {}", self.seq, self.hash);
        let check = files::sha256(body.as_bytes());
        format!("{body} {}\n", check.get(..16).unwrap_or_default())
    }

    /// One small write in place: a killed process leaves it whole. It needs no sync of its own, because an older head
    /// is still true.
    pub(crate) fn write(&self, file: &File, path: &Path) -> Result<(), CaseError> {
        file.write_all_at(self.text().as_bytes(), 0).map_err(CaseError::io("write", path))
    }

    /// `Ok(Err(why))` when the file is missing or is no head.
    pub(crate) fn read(case: &Path) -> Result<Result<Self, String>, CaseError> {
        let path = case.join(layout::HEAD);
        let bytes = match files::read_limited(&path, 4096) {
            Ok(bytes) => bytes,
            Err(CaseError::Io { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => {
                return Ok(Err("it is missing".into()));
            }
            Err(error) => return Err(error),
        };
        Ok(parse(&bytes).ok_or_else(|| "its own check does not hold: it was changed".into()))
    }
}

fn parse(bytes: &[u8]) -> Option<Head> {
    let text = std::str::from_utf8(bytes).ok()?;
    let mut words = text.split(' ');
    let head = Head { seq: words.next()?.parse().ok()?, hash: words.next()?.into() };
    (head.text() == text).then_some(head)
}
