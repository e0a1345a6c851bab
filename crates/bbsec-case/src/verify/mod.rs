//! Checks that a case is what was written: journal chain, description, key, evidence bag, results, signatures.
//!
//! The journal is the root: it names the SHA-256 of everything else, and its own lines are chained. Verification
//! changes nothing, takes no lock and names every file and line that does not hold, not only the first.

mod bag;
mod results;
mod signatures;

use std::{
    io,
    path::{Component, Path, PathBuf},
};

use bbsec_core::{Exit, Progress};
use schemars::JsonSchema;
use serde::Serialize;

use crate::{CaseError, files, journal::scan, key::CaseKey, layout, lock, meta};

/// Something that does not hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Problem {
    /// What was checked: `journal`, `description`, `key`, `evidence`, `tag file`, `results`, `events`, `registered`,
    /// `signature`.
    pub what: &'static str,
    /// The file, relative to the case folder; absolute for what is registered in place.
    pub file: String,
    /// 1-based, for files of lines.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// Byte offset of the line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offset: Option<u64>,
    /// What does not hold.
    pub why: String,
}

/// How much was checked.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Checked {
    /// Journal lines.
    pub journal_lines: u64,
    /// Items of evidence in the bag.
    pub evidence_items: u64,
    /// Bytes of evidence that were hashed.
    pub evidence_bytes: u64,
    /// Files of findings, secrets, touches, gaps and of runs.
    pub result_files: u64,
    /// Event files.
    pub event_files: u64,
    /// Files registered in place that were hashed again (only with `deep`).
    pub registered_files: u64,
    /// Signatures.
    pub signatures: u64,
}

/// What a verification found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct VerifyReport {
    /// True when there is no problem.
    pub ok: bool,
    /// What does not hold; each is an integrity failure.
    pub problems: Vec<Problem>,
    /// What a reader should know although everything holds: a writer that was stopped, files that are not results.
    pub notes: Vec<Problem>,
    /// Signatures that hold.
    pub signed: Vec<Signed>,
    /// How much was checked.
    pub checked: Checked,
}

/// A signature that holds: this line, and with it every line before, is as its signer saw it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Signed {
    /// The journal line that is signed.
    pub line: u64,
    /// The signature.
    pub file: String,
    /// The key.
    pub fingerprint: String,
    /// Whose key it is, after the list of allowed signers; `None` when no list was given.
    pub by: Option<String>,
}

impl VerifyReport {
    /// How a process ends with this report.
    pub fn exit(&self) -> Exit {
        if self.ok { Exit::Done } else { Exit::Integrity }
    }
}

/// What to verify with.
#[derive(Debug, Clone, Default)]
pub struct VerifyOptions {
    /// Hash what is registered in place again.
    pub deep: bool,
    /// OpenSSH's `allowed_signers` file: who may sign.
    pub allowed_signers: Option<PathBuf>,
}

/// Verifies the case in a folder.
pub fn verify(dir: &Path, deep: bool, progress: &dyn Progress) -> Result<VerifyReport, CaseError> {
    verify_with(dir, &VerifyOptions { deep, allowed_signers: None }, progress)
}

/// Verifies the case in a folder.
pub fn verify_with(
    dir: &Path,
    options: &VerifyOptions,
    progress: &dyn Progress,
) -> Result<VerifyReport, CaseError> {
    if !dir.join(layout::CASE_TOML).exists() && !dir.join(layout::JOURNAL).exists() {
        return Err(CaseError::NotACase { path: dir.into() });
    }
    let mut check = Check { root: dir, options, progress, report: VerifyReport::default() };
    check.run()?;
    let mut report = check.report;
    report.ok = report.problems.is_empty();
    Ok(report)
}

struct Check<'a> {
    root: &'a Path,
    options: &'a VerifyOptions,
    progress: &'a dyn Progress,
    report: VerifyReport,
}

impl Check<'_> {
    fn run(&mut self) -> Result<(), CaseError> {
        let scan = match scan::scan(self.root) {
            Ok(scan) => scan,
            Err(CaseError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                self.problem("journal", layout::JOURNAL, "the journal is missing");
                return Ok(());
            }
            Err(error) => return Err(error),
        };
        self.report.checked.journal_lines = scan.lines;
        for fault in scan.faults {
            self.report.problems.push(Problem {
                what: "journal",
                file: fault.file.into(),
                line: Some(fault.line),
                offset: Some(fault.offset),
                why: fault.why,
            });
        }
        if let Some(torn) = scan.torn {
            self.torn(torn.offset, torn.bytes.len(), scan.lines);
        }
        if scan.entries.is_empty() {
            self.problem("journal", layout::JOURNAL, "the journal has no lines");
            return Ok(());
        }
        self.clock(&scan.entries);
        self.settled(&scan.entries, Self::description)?;
        self.key(&scan.entries);
        self.bag(&scan.entries)?;
        self.settled(&scan.entries, Self::results)?;
        self.signatures(&scan.entries)
    }

    /// Runs a check of files that a writer changes while it works. What does not hold is looked at again with the
    /// journal as it is then, as long as somebody is writing.
    fn settled(
        &mut self,
        entries: &[crate::Entry],
        check: impl Fn(&mut Self, &[crate::Entry]) -> Result<(), CaseError>,
    ) -> Result<(), CaseError> {
        let before = self.report.clone();
        check(self, entries)?;
        for _ in 0..50 {
            if self.report.problems.len() == before.problems.len() || lock::holder(self.root).is_none() {
                break;
            }
            std::thread::sleep(std::time::Duration::from_millis(10));
            self.report = before.clone();
            check(self, &scan::scan(self.root)?.entries)?;
        }
        Ok(())
    }

    fn torn(&mut self, offset: u64, bytes: usize, lines: u64) {
        let why = match lock::holder(self.root) {
            Some(holder) => format!("{bytes} bytes without a line end: {holder} is writing"),
            None => format!(
                "the last {bytes} bytes are a line whose writer was stopped; the next writer sets them aside"
            ),
        };
        self.report.notes.push(Problem {
            what: "journal",
            file: layout::JOURNAL.into(),
            line: Some(lines.saturating_add(1)),
            offset: Some(offset),
            why,
        });
    }

    /// Lines are ordered by their chain; a time before that of the line before says that the clock was set back.
    fn clock(&mut self, entries: &[crate::Entry]) {
        for (before, after) in entries.iter().zip(entries.iter().skip(1)) {
            if after.time < before.time {
                let why = format!("the clock went back, from {} to {}", before.time, after.time);
                let file = layout::JOURNAL.into();
                let line = Some(after.seq);
                self.report.notes.push(Problem { what: "journal", file, line, offset: None, why });
            }
        }
    }

    fn description(&mut self, entries: &[crate::Entry]) -> Result<(), CaseError> {
        if !self.root.join(layout::CASE_TOML).exists() {
            self.problem("description", layout::CASE_TOML, "it is missing");
            return Ok(());
        }
        match meta::compare(self.root, entries)? {
            meta::FileState::Agrees => {}
            meta::FileState::Behind(_) => {
                self.note(
                    "description",
                    layout::CASE_TOML,
                    "a writer was stopped before it wrote the newest change",
                );
            }
            meta::FileState::Differs(why) => self.problem("description", layout::CASE_TOML, why),
        }
        Ok(())
    }

    fn key(&mut self, entries: &[crate::Entry]) {
        let path = self.root.join(layout::KEY);
        match CaseKey::read(self.root) {
            Ok(key) if !key.fits(entries) => {
                self.problem("key", layout::KEY, "it is not the key of this case");
            }
            Ok(_) => {
                use std::os::unix::fs::PermissionsExt as _;
                let mode = std::fs::metadata(&path).map_or(0, |metadata| metadata.permissions().mode());
                if mode & 0o077 != 0 {
                    let why = format!("others than the owner may read it (mode {:o})", mode & 0o777);
                    self.problem("key", layout::KEY, why);
                }
            }
            Err(CaseError::Io { .. }) => self.note("key", layout::KEY, "it cannot be read by this user"),
            Err(_) if !path.exists() => {
                self.note("key", layout::KEY, "it is not here (it never leaves the case it was made in)");
            }
            Err(_) => self.problem("key", layout::KEY, "it was damaged"),
        }
    }

    fn problem(&mut self, what: &'static str, file: impl Into<String>, why: impl Into<String>) {
        let problem = Problem { what, file: file.into(), line: None, offset: None, why: why.into() };
        self.report.problems.push(problem);
    }

    fn note(&mut self, what: &'static str, file: impl Into<String>, why: impl Into<String>) {
        let note = Problem { what, file: file.into(), line: None, offset: None, why: why.into() };
        self.report.notes.push(note);
    }

    /// Hashes a file of the case and compares; what cannot be read is a problem, not the end.
    fn file(
        &mut self,
        what: &'static str,
        relative: &str,
        sha256: &str,
        task: &dyn bbsec_core::Task,
    ) -> Result<Option<u64>, CaseError> {
        if self.progress.cancelled() {
            return Err(CaseError::Cancelled { doing: format!("verifying {}", self.root.display()) });
        }
        task.at(relative);
        let path = inside(self.root, relative);
        let read = files::open(&path).and_then(|file| {
            files::sha256_reader(file, |count| {
                task.advance(count);
                Ok(())
            })
        });
        match read {
            Ok((there, size)) if there == sha256 => return Ok(Some(size)),
            Ok((there, size)) => {
                self.problem(
                    what,
                    relative,
                    format!("SHA-256 is {there}, journalled {sha256} ({size} bytes now)"),
                );
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                self.problem(what, relative, "it is missing");
            }
            Err(error) => self.problem(what, relative, format!("it cannot be read: {error}")),
        }
        Ok(None)
    }
}

/// A journalled path below the case folder. A journal that was changed cannot lead out of the case.
pub(crate) fn inside(case: &Path, relative: &str) -> PathBuf {
    let mut path = case.to_path_buf();
    for component in Path::new(relative).components() {
        if let Component::Normal(name) = component {
            path.push(name);
        }
    }
    path
}
