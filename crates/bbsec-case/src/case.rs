//! A case: the folder, opened for reading or by its one writer.

use std::{
    fs,
    io::Read,
    path::{Path, PathBuf},
};

use bbsec_core::{CaseStore, EvidenceItem, Failure, Fingerprinter, Progress, Provenance, Scope, Time};
use serde_json::{Value, json};

use crate::{
    CaseError,
    events::tidy,
    evidence::{Bag, NewItem, registered},
    files,
    journal::{Entry, Journal, scan},
    key::CaseKey,
    layout,
    lock::Lock,
    meta::{self, CaseToml, FileState, NewCase},
};

/// What a case is opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Takes no lock and changes nothing; works on a read-only disk, and while somebody writes.
    Read,
    /// Takes the lock; there is one writer at a time.
    Write,
}

/// An open case.
#[derive(Debug)]
pub struct Case {
    root: PathBuf,
    meta: CaseToml,
    key: Option<CaseKey>,
    journal: Journal,
    bag: Bag,
    warnings: Vec<String>,
    /// Held as long as the case is open for writing.
    lock: Option<Lock>,
}

impl Case {
    /// Makes a case in a folder that does not exist yet or is empty, and opens it for writing.
    pub fn create(dir: &Path, new: NewCase) -> Result<Self, CaseError> {
        match fs::read_dir(dir) {
            Ok(entries) => {
                if entries.count() > 0 {
                    return Err(CaseError::Exists { path: dir.into() });
                }
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => files::create_dirs(dir)?,
            Err(source) => return Err(CaseError::Io { op: "open", path: dir.into(), source }),
        }
        let root = dir.canonicalize().map_err(CaseError::io("open", dir))?;
        files::make_private(&root)?;
        let lock = Lock::take(&root)?;
        let meta = CaseToml::new(new, Time::now());
        let key = CaseKey::create(&root)?;
        let journal = Journal::create(&root, &meta.responder)?;
        let body = json!({
            "schema": layout::JOURNAL_SCHEMA,
            "tool": layout::TOOL,
            "case": {"id": meta.id, "title": meta.title, "responder": meta.responder, "created": meta.created},
            "key_check": key.check(),
            "file": meta.file_note(None)?,
        });
        let first = journal.append("case", None, None, body)?;
        journal.sync_head()?;
        for name in [layout::EVENTS, layout::RUNS, layout::REPORT, layout::SIGNATURES] {
            files::create_dirs(&root.join(name))?;
        }
        let bag = Bag::create(&root, std::slice::from_ref(&first))?;
        // Last, because a folder with a case.toml is a case.
        meta.write(&root)?;
        files::sync_dir(&root)?;
        Ok(Self { root, meta, key: Some(key), journal, bag, warnings: Vec::new(), lock: Some(lock) })
    }

    /// Opens a case.
    pub fn open(dir: &Path, access: Access) -> Result<Self, CaseError> {
        let root = match dir.canonicalize() {
            Ok(root) => root,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(CaseError::NotACase { path: dir.into() });
            }
            Err(source) => return Err(CaseError::Io { op: "open", path: dir.into(), source }),
        };
        match access {
            Access::Read => Self::open_for_reading(root),
            Access::Write => Self::open_for_writing(root),
        }
    }

    fn open_for_reading(root: PathBuf) -> Result<Self, CaseError> {
        let meta = CaseToml::read(&root)?;
        let scan = scan::scan(&root)?;
        check_journal_schema(&root, &scan.entries)?;
        let mut warnings: Vec<String> = scan
            .faults
            .iter()
            .map(|fault| format!("{} line {}: {}", fault.file, fault.line, fault.why))
            .collect();
        if let Some(torn) = scan.torn {
            let bytes = torn.bytes.len();
            warnings
                .push(format!("{}: the last {bytes} bytes are a line that is not whole", layout::JOURNAL));
        }
        let (bag, damaged) = Bag::readable(&root, &scan.entries)?;
        warnings.extend(damaged);
        let journal = Journal::for_reading(&root);
        Ok(Self { key: CaseKey::read(&root).ok(), root, meta, journal, bag, warnings, lock: None })
    }

    fn open_for_writing(root: PathBuf) -> Result<Self, CaseError> {
        // Before the lock, so that no lock file appears in a folder that is no case of ours.
        CaseToml::read(&root)?;
        let lock = Lock::take(&root)?;
        let meta = CaseToml::read(&root)?;
        let key = CaseKey::read(&root)?;
        let (journal, entries) = Journal::for_writing(&root, &meta.responder)?;
        check_journal_schema(&root, &entries)?;
        if !key.fits(&entries) {
            return Err(CaseError::Key { path: root.join(layout::KEY) });
        }
        let mut warnings = Vec::new();
        let meta = match meta::compare(&root, &entries)? {
            FileState::Agrees => meta,
            FileState::Behind(text) => {
                files::replace(&root.join(layout::CASE_TOML), text.as_bytes(), files::PRIVATE)?;
                CaseToml::read(&root)?
            }
            FileState::Differs(why) => {
                warnings.push(format!("{}: {why}; `case set` journals changes", layout::CASE_TOML));
                meta
            }
        };
        let mut bag = Bag::from_entries(&root, &entries)?;
        bag.mend(&journal)?;
        tidy::tidy(&root, &journal, &entries)?;
        Ok(Self { root, meta, key: Some(key), journal, bag, warnings, lock: Some(lock) })
    }

    /// The nearest case folder, from a path upwards.
    pub fn find(from: &Path) -> Option<PathBuf> {
        let from = from.canonicalize().ok()?;
        from.ancestors().find(|dir| dir.join(layout::CASE_TOML).is_file()).map(Path::to_path_buf)
    }

    /// The case folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Its description.
    pub fn meta(&self) -> &CaseToml {
        &self.meta
    }

    /// Whether this is the one writer.
    pub fn writable(&self) -> bool {
        self.lock.is_some()
    }

    /// What a person should know about the state in which the case was found.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// Changes the description: a journal line first, then the file.
    pub fn update_meta(&mut self, change: impl FnOnce(&mut CaseToml)) -> Result<(), CaseError> {
        self.must_write()?;
        let mut new = self.meta.clone();
        change(&mut new);
        if new == self.meta {
            return Ok(());
        }
        self.journal.append("set", None, None, new.change_from(&self.meta)?)?;
        self.journal.set_by(&new.responder);
        new.write(&self.root)?;
        self.meta = new;
        Ok(())
    }

    /// The journal. Clones share it.
    pub fn journal(&self) -> Journal {
        self.journal.clone()
    }

    pub(crate) fn must_write(&self) -> Result<(), CaseError> {
        if self.writable() { Ok(()) } else { Err(CaseError::ReadOnly { path: self.root.clone() }) }
    }

    /// Every item of evidence, in the order in which it was taken.
    pub fn items(&self) -> &[EvidenceItem] {
        self.bag.items()
    }

    /// Copies bytes into the bag; see [`CaseStore::put`].
    pub fn put_evidence(
        &mut self,
        path: &str,
        provenance: Provenance,
        bytes: &mut dyn Read,
    ) -> Result<EvidenceItem, CaseError> {
        self.must_write()?;
        let item = NewItem { provenance, by: self.meta.responder.clone(), size: None, in_place: None };
        self.bag.put(&self.journal, path, item, bytes)
    }

    /// Hashes a folder in place; see [`CaseStore::register`]. An interrupted registration goes on where it stopped.
    pub fn register_folder(
        &mut self,
        name: &str,
        provenance: Provenance,
        folder: &Path,
        progress: &dyn Progress,
    ) -> Result<EvidenceItem, CaseError> {
        self.must_write()?;
        let partial = self.bag.partial_of(name);
        let found = registered::hash_folder(folder, &partial, progress)?;
        let by = self.meta.responder.clone();
        if !found.others.is_empty() {
            let mut lines = Vec::new();
            for other in &found.others {
                serde_json::to_writer(&mut lines, other)
                    .map_err(|source| CaseError::Json { what: "a line of a hash list", source })?;
                lines.push(b'\n');
            }
            let what = "links, devices and unreadable files of a registered folder".into();
            let item = NewItem {
                provenance: Provenance { what, ..provenance.clone() },
                by: by.clone(),
                size: None,
                in_place: None,
            };
            self.bag.put(&self.journal, &format!("registered/{name}.other.jsonl"), item, &mut &*lines)?;
        }
        let in_place = folder.canonicalize().map_err(CaseError::io("open", folder))?;
        let item = NewItem { provenance, by, size: Some(found.size), in_place: Some(in_place) };
        let path = format!("registered/{name}.sha256");
        let item = self.bag.put(&self.journal, &path, item, &mut &*found.list)?;
        for other in found.others.iter().filter(|other| other.kind == "unreadable") {
            let gap = bbsec_core::Gap::unread("registered file", other.path.clone(), other.what.clone(), 1);
            self.gap(None, None, &gap)?;
        }
        fs::remove_file(&partial).map_err(CaseError::io("remove", &partial))?;
        Ok(item)
    }

    /// Journals a gap that an action found.
    pub fn gap(
        &self,
        run: Option<&str>,
        step: Option<&str>,
        gap: &bbsec_core::Gap,
    ) -> Result<Entry, CaseError> {
        let body = serde_json::to_value(gap).map_err(|source| CaseError::Json { what: "a gap", source })?;
        self.journal.append("gap", run, step, body)
    }
}

/// The first line of a journal names its schema; one that we do not know was written by a newer program.
fn check_journal_schema(root: &Path, entries: &[Entry]) -> Result<(), CaseError> {
    let schema = entries
        .iter()
        .find(|entry| entry.kind == "case")
        .and_then(|entry| entry.body.get("schema"))
        .and_then(Value::as_str);
    match schema {
        Some(schema) if schema != layout::JOURNAL_SCHEMA => Err(CaseError::NewerSchema {
            path: root.join(layout::JOURNAL),
            schema: schema.into(),
            known: layout::JOURNAL_SCHEMA,
        }),
        _ => Ok(()),
    }
}

impl CaseStore for Case {
    fn root(&self) -> &Path {
        &self.root
    }
    fn id(&self) -> &str {
        &self.meta.id
    }
    fn scope(&self) -> &Scope {
        &self.meta.scope
    }
    fn fingerprinter(&self) -> Fingerprinter {
        self.key.as_ref().map_or_else(Fingerprinter::unkeyed, CaseKey::fingerprinter)
    }
    fn evidence(&self) -> Result<Vec<EvidenceItem>, Failure> {
        Ok(self.items().to_vec())
    }
    fn evidence_path(&self, item: &EvidenceItem) -> PathBuf {
        self.bag.path_of(&item.path)
    }
    fn put(
        &mut self,
        path: &str,
        provenance: Provenance,
        bytes: &mut dyn Read,
    ) -> Result<EvidenceItem, Failure> {
        Ok(self.put_evidence(path, provenance, bytes)?)
    }
    fn register(
        &mut self,
        name: &str,
        provenance: Provenance,
        folder: &Path,
        progress: &dyn Progress,
    ) -> Result<EvidenceItem, Failure> {
        Ok(self.register_folder(name, provenance, folder, progress)?)
    }
}
