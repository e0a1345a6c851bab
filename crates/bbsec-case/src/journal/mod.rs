//! The journal: what was done and decided, one canonical JSON line each, chained by SHA-256, durable before the call
//! returns.
//!
//! A line is `{"body":…,"by":…,"kind":…,"prev":…,"run":…,"seq":…,"step":…,"time":…}`. `prev` is the SHA-256 of the
//! line before, without its newline; the first line has zeros. `run` and `step` are left out where there is none.
//! `journal.head` repeats number and hash of the newest line, so that a change of the last line, or its loss, shows
//! without waiting for the next one.

mod changes;
#[cfg(debug_assertions)]
mod crash;
mod head;
pub(crate) mod scan;

use std::{
    fs::{File, OpenOptions},
    io::{Seek as _, SeekFrom, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bbsec_core::Time;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use self::head::Head;
pub use changes::JournalChanges;
pub use scan::{Fault, Scan, Torn};

use crate::{CaseError, canonical, files, layout};

/// The longest line that is written or read.
pub const MAX_LINE: usize = 32 * 1024 * 1024;

/// One line of the journal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Entry {
    /// Its number; the first is 1.
    pub seq: u64,
    /// When it was written.
    pub time: Time,
    /// What it is: `case`, `set`, `run`, `evidence`, `results`, `intent`, `outcome`, `dismiss`, `custody`, ….
    pub kind: String,
    /// Who was working.
    pub by: String,
    /// Within which run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
    /// Within which step of the run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,
    /// What its kind says about it.
    pub body: Value,
    /// SHA-256 of the line before.
    pub prev: String,
    /// SHA-256 of this line; not part of the line.
    #[serde(default)]
    pub sha256: String,
}

/// The journal of an open case. Clones are cheap and share one state, so that threads may append.
#[derive(Debug, Clone)]
pub struct Journal {
    path: Arc<PathBuf>,
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct State {
    /// `None` when the case was opened for reading.
    writer: Option<Writer>,
    by: String,
}

#[derive(Debug)]
struct Writer {
    file: File,
    head: File,
    length: u64,
    seq: u64,
    hash: String,
    poisoned: bool,
}

impl Journal {
    /// The journal of a case that is only read.
    pub(crate) fn for_reading(case: &Path) -> Self {
        Self::with(case, None, String::new())
    }

    /// Makes the journal of a new case.
    pub(crate) fn create(case: &Path, by: &str) -> Result<Self, CaseError> {
        let file = files::create_new(&case.join(layout::JOURNAL), files::PRIVATE)?;
        let head = files::create_new(&case.join(layout::HEAD), files::PRIVATE)?;
        let writer =
            Writer { file, head, length: 0, seq: 0, hash: layout::ZERO_HASH.into(), poisoned: false };
        Ok(Self::with(case, Some(writer), by.into()))
    }

    /// Opens the journal to go on writing; it must hold. A torn last line is set aside and named in a new line.
    pub(crate) fn for_writing(case: &Path, by: &str) -> Result<(Self, Vec<Entry>), CaseError> {
        let path = case.join(layout::JOURNAL);
        let scan = scan::scan(case)?;
        if let Some(fault) = scan.faults.into_iter().next() {
            return Err(CaseError::JournalDamaged { path, line: fault.line, why: fault.why });
        }
        let open = |path: &Path| {
            OpenOptions::new()
                .read(true)
                .write(true)
                .create(true)
                .truncate(false)
                .mode(files::PRIVATE)
                .custom_flags(libc::O_NOFOLLOW)
                .open(path)
                .map_err(CaseError::io("open", path))
        };
        let writer = Writer {
            file: open(&path)?,
            head: open(&case.join(layout::HEAD))?,
            length: scan.length,
            seq: scan.entries.len() as u64,
            hash: scan.entries.last().map_or(layout::ZERO_HASH, |entry| &entry.sha256).into(),
            poisoned: false,
        };
        let mut entries = scan.entries;
        let journal = Self::with(case, Some(writer), by.into());
        if let Some(torn) = scan.torn {
            entries.push(journal.set_aside(case, &torn)?);
        } else if let Some(writer) = &mut journal.lock().writer {
            // A crash between line and head leaves the head one line behind.
            write_head(writer, &case.join(layout::HEAD))?;
        }
        Ok((journal, entries))
    }

    /// Makes the head durable, which a new case needs once: an older head is true, an empty one is not.
    pub(crate) fn sync_head(&self) -> Result<(), CaseError> {
        match &self.lock().writer {
            Some(writer) => {
                writer.head.sync_all().map_err(CaseError::io("sync", self.path.with_file_name(layout::HEAD)))
            }
            None => Ok(()),
        }
    }

    fn with(case: &Path, writer: Option<Writer>, by: String) -> Self {
        Self { path: Arc::new(case.join(layout::JOURNAL)), state: Arc::new(Mutex::new(State { writer, by })) }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // A panic elsewhere leaves the state consistent: it is changed only after a line is whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Says who is working from now on.
    pub(crate) fn set_by(&self, by: &str) {
        self.lock().by = by.into();
    }

    /// Writes a line; returns when it is on the disk.
    pub fn append(
        &self,
        kind: &str,
        run: Option<&str>,
        step: Option<&str>,
        body: Value,
    ) -> Result<Entry, CaseError> {
        let mut guard = self.lock();
        let State { writer, by } = &mut *guard;
        let Some(writer) = writer else {
            return Err(CaseError::ReadOnly { path: files::parent(&self.path).into() });
        };
        if writer.poisoned {
            return Err(CaseError::JournalPoisoned { path: self.path.to_path_buf() });
        }
        let mut entry = Entry {
            seq: writer.seq.saturating_add(1),
            time: Time::now(),
            kind: kind.into(),
            by: by.clone(),
            run: run.map(Into::into),
            step: step.map(Into::into),
            body,
            prev: writer.hash.clone(),
            sha256: String::new(),
        };
        let mut line = entry.line()?;
        if line.len() > MAX_LINE {
            return Err(CaseError::LineTooLong { kind: kind.into(), size: line.len(), limit: MAX_LINE });
        }
        entry.sha256 = files::sha256(line.as_bytes());
        line.push('\n');
        self.write(writer, line.as_bytes())?;
        writer.length = writer.length.saturating_add(line.len() as u64);
        writer.seq = entry.seq;
        writer.hash.clone_from(&entry.sha256);
        write_head(writer, &self.path.with_file_name(layout::HEAD))?;
        #[cfg(debug_assertions)]
        crash::after_line();
        Ok(entry)
    }

    fn write(&self, writer: &mut Writer, line: &[u8]) -> Result<(), CaseError> {
        let written = writer
            .file
            .seek(SeekFrom::Start(writer.length))
            .and_then(|_| writer.file.write_all(line))
            .and_then(|()| writer.file.sync_data());
        written.map_err(|source| {
            // What got through of the line is taken back, so that the next line does not follow half a line.
            writer.poisoned = writer.file.set_len(writer.length).is_err();
            CaseError::Io { op: "write", path: self.path.to_path_buf(), source }
        })
    }

    fn set_aside(&self, case: &Path, torn: &Torn) -> Result<Entry, CaseError> {
        let stamp = Time::now().to_chrono().format("%Y%m%dT%H%M%S%6fZ");
        let name = format!("journal.torn-{stamp}");
        files::write_new(&case.join(&name), &torn.bytes)?;
        {
            let mut guard = self.lock();
            if let Some(writer) = &mut guard.writer {
                writer.file.set_len(writer.length).map_err(CaseError::io("shorten", &*self.path))?;
            }
        }
        let body = serde_json::json!({
            "file": name, "offset": torn.offset, "bytes": torn.bytes.len(), "sha256": files::sha256(&torn.bytes),
        });
        self.append("torn", None, None, body)
    }

    /// Every line, oldest first. Lines that do not parse are left out here; [`crate::verify()`] names them.
    pub fn entries(&self) -> Result<Vec<Entry>, CaseError> {
        Ok(scan::scan(files::parent(&self.path))?.entries)
    }

    /// Where a step writes down its changes, and reads those of an earlier try.
    pub fn change_log(&self, run: &str, step: &str) -> Result<JournalChanges, CaseError> {
        JournalChanges::new(self.clone(), run, step)
    }
}

impl Entry {
    /// The line as it stands in the file, without its newline.
    pub fn line(&self) -> Result<String, CaseError> {
        let mut value = serde_json::to_value(self)
            .map_err(|source| CaseError::Json { what: "a journal line", source })?;
        if let Some(map) = value.as_object_mut() {
            map.remove("sha256");
        }
        Ok(canonical::to_string(&value))
    }
}

fn write_head(writer: &Writer, path: &Path) -> Result<(), CaseError> {
    Head { seq: writer.seq, hash: writer.hash.clone() }.write(&writer.head, path)
}
