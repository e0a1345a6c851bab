//! Reads one file that may be growing, shrinking or failing while it is read.

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

use bbsec_core::{Gap, Task, escape};
use sha2::{Digest as _, Sha256};

use crate::home::{Tree, TreeError, shown};

/// A file as it was when it was opened: exactly that many bytes, or a note why there are fewer.
pub(super) struct Stable<'a> {
    file: File,
    path: &'a Path,
    size: u64,
    read: u64,
    failed: Option<io::Error>,
    modified: bbsec_core::Time,
    task: Option<&'a dyn Task>,
}

impl<'a> Stable<'a> {
    pub(super) fn open(tree: &Tree, path: &'a Path, task: Option<&'a dyn Task>) -> Result<Self, TreeError> {
        let (file, node) = tree.open(path)?;
        Ok(Self { file, path, size: node.size, read: 0, failed: None, modified: node.modified, task })
    }

    /// What was wrong, once everything has been read.
    pub(super) fn gap(&self) -> Option<Gap> {
        let gap = |why: String| Some(Gap::unread("file", shown(self.path), why, 1));
        if let Some(error) = &self.failed {
            let why = escape::terminal(&error.to_string()).into_owned();
            return gap(format!("only the first {} of {} bytes could be read: {why}", self.read, self.size));
        }
        if self.read < self.size {
            return gap(format!(
                "it shrank while it was read: {} of {} bytes were left",
                self.read, self.size
            ));
        }
        let now = self.file.metadata().ok()?;
        if now.len() > self.size {
            return gap(format!(
                "it grew while it was read: the first {} bytes are kept, {} came later; collect again",
                self.size,
                now.len().saturating_sub(self.size)
            ));
        }
        let modified = crate::home::modified(&now);
        if modified != self.modified {
            return gap("it was changed while it was read; the copy may mix old and new bytes".into());
        }
        None
    }
}

impl Read for Stable<'_> {
    /// A failing disk ends the file; what was read is kept and the gap says so.
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let wanted =
            usize::try_from(self.size.saturating_sub(self.read)).unwrap_or(usize::MAX).min(buffer.len());
        let Some(buffer) = buffer.get_mut(..wanted) else {
            return Ok(0);
        };
        if buffer.is_empty() || self.failed.is_some() {
            return Ok(0);
        }
        match self.file.read(buffer) {
            Ok(count) => {
                self.read = self.read.saturating_add(count as u64);
                if let Some(task) = self.task {
                    task.advance(count as u64);
                }
                Ok(count)
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Err(error),
            Err(error) => {
                self.failed = Some(error);
                Ok(0)
            }
        }
    }
}

/// Hex SHA-256 of everything that a reader gives.
pub(super) fn sha256(reader: &mut dyn Read) -> io::Result<String> {
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 256 << 10];
    loop {
        match reader.read(&mut buffer) {
            Ok(0) => return Ok(bbsec_core::hex::encode(hash.finalize())),
            Ok(count) => hash.update(buffer.get(..count).unwrap_or_default()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}
