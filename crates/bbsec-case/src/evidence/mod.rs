//! The evidence bag: bytes are hashed while they are written beside the payload, made durable, named in the journal,
//! and only then moved into the payload and the manifests.
//!
//! The journal line comes first, so whatever a crash leaves behind can be finished by the next writer: the bytes lie
//! in `.incoming/` under a name that follows from the item's path, and every tag file can be computed.

pub(crate) mod registered;
pub(crate) mod tags;
mod walk;

use std::{
    borrow::Cow,
    collections::{BTreeSet, HashMap},
    fs::{self, File, OpenOptions, Permissions},
    io::{self, Read, Write as _},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use bbsec_core::{EvidenceItem, Provenance, Time, hex};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use self::tags::{About, Tags};
use crate::{
    CaseError, files,
    journal::{Entry, Journal},
    layout,
};

/// Where bytes lie until they are whole.
pub(crate) const INCOMING: &str = ".incoming";
const DATA: &str = "data";

/// The bag of an open case.
#[derive(Debug)]
pub(crate) struct Bag {
    root: PathBuf,
    items: Vec<EvidenceItem>,
    by_path: HashMap<String, usize>,
    tags: Tags,
    /// An item was journalled, but moving it into place failed: that is finished before anything else.
    unfinished: bool,
    /// Folders with names that a power cut could still take back; their files would be in `.incoming/` then.
    unsynced: BTreeSet<PathBuf>,
    /// Items since tag files and folders were made durable.
    since_sync: usize,
}

/// Tag files and folders are made durable once in so many items; the bytes and the journal at every item.
const SYNC_EVERY: usize = 32;

impl Drop for Bag {
    fn drop(&mut self) {
        // Best effort: what a power cut takes back is put right from the journal.
        let _ = self.sync();
    }
}

impl Bag {
    /// The bag as the journal describes it.
    pub(crate) fn from_entries(case: &Path, entries: &[Entry]) -> Result<Self, CaseError> {
        let mut bag = Self {
            root: case.join(layout::EVIDENCE),
            items: Vec::new(),
            by_path: HashMap::new(),
            tags: Tags::new(about(entries)),
            unfinished: false,
            unsynced: BTreeSet::new(),
            since_sync: 0,
        };
        for entry in entries.iter().filter(|entry| entry.kind == "evidence") {
            let (item, size) = journalled(entry, case)?;
            bag.remember(item, size)?;
        }
        Ok(bag)
    }

    /// The bag without the items whose journal lines were damaged, and what is wrong with those: for readers.
    pub(crate) fn readable(case: &Path, entries: &[Entry]) -> Result<(Self, Vec<String>), CaseError> {
        let mut damaged = Vec::new();
        let fits = |entry: &&Entry| entry.kind != "evidence" || journalled(entry, case).is_ok();
        for entry in entries.iter().filter(|entry| !fits(entry)) {
            damaged.push(format!(
                "{} line {} does not describe an item of evidence",
                layout::JOURNAL,
                entry.seq
            ));
        }
        if damaged.is_empty() {
            return Ok((Self::from_entries(case, entries)?, damaged));
        }
        let good: Vec<Entry> = entries.iter().filter(fits).cloned().collect();
        Ok((Self::from_entries(case, &good)?, damaged))
    }

    /// Makes the empty bag of a new case.
    pub(crate) fn create(case: &Path, entries: &[Entry]) -> Result<Self, CaseError> {
        let bag = Self::from_entries(case, entries)?;
        files::create_dirs(&bag.root.join(DATA))?;
        files::create_dirs(&bag.root.join(INCOMING))?;
        for name in tags::ALL {
            files::replace(&bag.root.join(name), bag.tags.text(name, 0).as_bytes(), files::PRIVATE)?;
        }
        Ok(bag)
    }

    pub(crate) fn items(&self) -> &[EvidenceItem] {
        &self.items
    }

    pub(crate) fn tags(&self) -> &Tags {
        &self.tags
    }

    pub(crate) fn path_of(&self, path: &str) -> PathBuf {
        self.root.join(DATA).join(path)
    }

    pub(crate) fn incoming_of(&self, path: &str) -> PathBuf {
        let name = files::sha256(path.as_bytes());
        self.root.join(INCOMING).join(name.get(..32).unwrap_or(&name))
    }

    /// Where a registration keeps what it has hashed so far.
    pub(crate) fn partial_of(&self, name: &str) -> PathBuf {
        let mut path = self.incoming_of(name).into_os_string();
        path.push(".partial");
        path.into()
    }

    fn remember(&mut self, item: EvidenceItem, size: u64) -> Result<(String, String), CaseError> {
        let lines = self.tags.push(&item, size)?;
        self.by_path.insert(item.path.clone(), self.items.len());
        self.items.push(item);
        Ok(lines)
    }

    /// Takes bytes in.
    pub(crate) fn put(
        &mut self,
        journal: &Journal,
        path: &str,
        item: NewItem,
        bytes: &mut dyn Read,
    ) -> Result<EvidenceItem, CaseError> {
        let path = &*portable(path);
        check_path(path)?;
        if self.unfinished {
            self.mend(journal)?;
        }
        if let Some(there) = self.by_path.get(path).and_then(|index| self.items.get(*index)) {
            return same(there, path, bytes);
        }
        let incoming = self.incoming_of(path);
        let received = receive(&incoming, path, bytes);
        let (sha256, stored) = match received {
            Ok(received) => received,
            Err(error) => {
                // What is no whole item is no evidence; the source still has it.
                let _ = fs::remove_file(&incoming);
                return Err(error);
            }
        };
        let item = EvidenceItem {
            path: path.into(),
            size: item.size.unwrap_or(stored),
            sha256,
            provenance: item.provenance,
            acquired: Time::now(),
            by: item.by,
            tool: layout::TOOL.into(),
            in_place: item.in_place,
        };
        journal.append("evidence", None, None, body(&item, stored)?)?;
        self.unfinished = true;
        self.remember(item.clone(), stored)?;
        self.place(&item, &incoming)?;
        self.write_tags()?;
        self.unfinished = false;
        self.since_sync += 1;
        if self.since_sync >= SYNC_EVERY {
            self.sync()?;
        }
        Ok(item)
    }

    /// Makes everything durable that was not yet.
    fn sync(&mut self) -> Result<(), CaseError> {
        if self.since_sync == 0 && self.unsynced.is_empty() {
            return Ok(());
        }
        for name in tags::ALL {
            files::sync(&self.root.join(name))?;
        }
        for folder in std::mem::take(&mut self.unsynced) {
            files::sync_dir(&folder)?;
        }
        self.since_sync = 0;
        files::sync_dir(&self.root)
    }

    /// Moves a journalled item from `.incoming/` into the payload.
    fn place(&mut self, item: &EvidenceItem, incoming: &Path) -> Result<(), CaseError> {
        let target = self.path_of(&item.path);
        let folder = files::parent(&target);
        files::create_dirs(folder)?;
        if fs::symlink_metadata(&target).is_ok() {
            return Err(CaseError::FileExists { path: target });
        }
        fs::rename(incoming, &target).map_err(CaseError::io("rename", &target))?;
        let above = folder.ancestors().take_while(|dir| dir.starts_with(&self.root));
        self.unsynced.extend(above.map(Path::to_path_buf));
        Ok(())
    }

    /// Brings the tag files to what the journal says. What was changed by somebody else is left for `verify` to name.
    fn write_tags(&self) -> Result<(), CaseError> {
        let now = self.tags.len();
        for name in [tags::MANIFEST, tags::PROVENANCE] {
            self.extend(name, now)?;
        }
        for name in [tags::INFO, tags::TAG_MANIFEST] {
            let path = self.root.join(name);
            files::swap(&path, self.tags.text(name, now).as_bytes(), files::PRIVATE)?;
        }
        Ok(())
    }

    /// Appends what is missing to a file that grows by a line per item.
    fn extend(&self, name: &'static str, now: usize) -> Result<(), CaseError> {
        let path = self.root.join(name);
        let mut file = OpenOptions::new().append(true).open(&path).map_err(CaseError::io("open", &path))?;
        let length = file.metadata().map_err(CaseError::io("read", &path))?.len();
        let text = self.tags.text(name, now);
        let missing = usize::try_from(length).ok().and_then(|length| text.as_bytes().get(length..));
        let Some(missing) = missing else {
            return Err(CaseError::BagDamaged { path, why: "it is longer than the journal says" });
        };
        if let Err(source) = file.write_all(missing) {
            let _ = file.set_len(length);
            return Err(CaseError::Io { op: "write", path, source });
        }
        Ok(())
    }

    /// Finishes what an earlier writer began: moves journalled items into place, brings the tag files up to date, and
    /// throws away bytes that never became an item. A changed tag file is an error.
    pub(crate) fn mend(&mut self, journal: &Journal) -> Result<(), CaseError> {
        for item in self.items.clone() {
            let incoming = self.incoming_of(&item.path);
            if fs::symlink_metadata(self.path_of(&item.path)).is_err() && incoming.is_file() {
                let reader = files::open(&incoming).map_err(CaseError::io("open", &incoming))?;
                let (sha256, _) =
                    files::sha256_reader(reader, |_| Ok(())).map_err(CaseError::io("read", &incoming))?;
                if sha256 == item.sha256 {
                    self.place(&item, &incoming)?;
                }
            }
        }
        let mut behind = Vec::new();
        for name in tags::ALL {
            let path = self.root.join(name);
            let bytes = fs::read(&path).map_err(CaseError::io("read", &path))?;
            if self.tags.text(name, self.tags.len()).as_bytes() == bytes {
                continue;
            }
            if !self.tags.is_older(name, &bytes) {
                return Err(CaseError::BagDamaged { path, why: "it is not what the journal says" });
            }
            behind.push(
                serde_json::json!({"file": name, "bytes": bytes.len(), "sha256": files::sha256(&bytes)}),
            );
        }
        if !behind.is_empty() {
            let why = "a writer was stopped before these said what the journal says";
            let body = serde_json::json!({"files": behind, "why": why});
            journal.append("bag_mended", None, None, body)?;
            self.write_tags()?;
            self.since_sync += 1;
        }
        self.sync()?;
        self.unfinished = false;
        self.drop_leftovers(journal)
    }

    fn drop_leftovers(&self, journal: &Journal) -> Result<(), CaseError> {
        let folder = self.root.join(INCOMING);
        files::create_dirs(&folder)?;
        for entry in fs::read_dir(&folder).map_err(CaseError::io("list", &folder))? {
            let entry = entry.map_err(CaseError::io("list", &folder))?;
            let path = entry.path();
            if path.extension().is_some_and(|extension| extension == "partial") {
                continue;
            }
            let size = entry.metadata().map_err(CaseError::io("read", &path))?.len();
            let body = serde_json::json!({
                "file": format!("{}/{INCOMING}/{}", layout::EVIDENCE, entry.file_name().to_string_lossy()),
                "bytes": size,
                "why": "a writer was stopped before the item was whole; it is not evidence",
            });
            journal.append("leftover_removed", None, None, body)?;
            fs::remove_file(&path).map_err(CaseError::io("remove", &path))?;
        }
        Ok(())
    }
}

/// What the giver of an item says about it.
pub(crate) struct NewItem {
    pub(crate) provenance: Provenance,
    pub(crate) by: String,
    /// Set for what is registered in place: the bytes of all its files.
    pub(crate) size: Option<u64>,
    pub(crate) in_place: Option<PathBuf>,
}

fn receive(incoming: &Path, path: &str, bytes: &mut dyn Read) -> Result<(String, u64), CaseError> {
    let _ = fs::remove_file(incoming);
    let mut file = files::create_new(incoming, files::PRIVATE)?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 256 * 1024];
    let mut size = 0_u64;
    loop {
        let count = match bytes.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(source) => return Err(CaseError::Source { path: path.into(), source }),
        };
        let piece = buffer.get(..count).unwrap_or_default();
        hash.update(piece);
        file.write_all(piece).map_err(CaseError::io("write", incoming))?;
        size = size.saturating_add(count as u64);
    }
    seal(&file, incoming)?;
    Ok((hex::encode(hash.finalize()), size))
}

fn seal(file: &File, path: &Path) -> Result<(), CaseError> {
    file.set_permissions(Permissions::from_mode(files::READ_ONLY))
        .map_err(CaseError::io("set the mode of", path))?;
    file.sync_all().map_err(CaseError::io("sync", path))?;
    files::sync_dir(files::parent(path))
}

fn same(there: &EvidenceItem, path: &str, bytes: &mut dyn Read) -> Result<EvidenceItem, CaseError> {
    let (new, _) = files::sha256_reader(bytes, |_| Ok(()))
        .map_err(|source| CaseError::Source { path: path.into(), source })?;
    if new == there.sha256 {
        Ok(there.clone())
    } else {
        Err(CaseError::EvidenceDiffers { path: path.into(), there: there.sha256.clone(), new })
    }
}

/// RFC 8493 wants percent signs and line ends encoded in manifests, and the common tools do not agree on how. Names
/// without them mean the same to all; a digest keeps different names different.
fn portable(path: &str) -> Cow<'_, str> {
    let odd = |c: char| c == '%' || c.is_control();
    if !path.contains(odd) || path.contains('\0') {
        return Cow::Borrowed(path);
    }
    let digest = files::sha256(path.as_bytes());
    Cow::Owned(format!("{}~{}", path.replace(odd, "_"), digest.get(..8).unwrap_or_default()))
}

/// A path below `data/`: relative, forward slashes, no dot components, nothing that cannot be a name.
fn check_path(path: &str) -> Result<(), CaseError> {
    let bad = |why| Err(CaseError::BadPath { path: path.chars().take(300).collect(), why });
    if path.is_empty() {
        return bad("it is empty");
    }
    if path.len() > 3000 {
        return bad("it is longer than 3,000 bytes");
    }
    if path.contains('\0') {
        return bad("it contains a zero byte");
    }
    for component in path.split('/') {
        match component {
            "" => return bad("it begins or ends with a slash or has two in a row"),
            "." | ".." => return bad("it has a component `.` or `..`"),
            long if long.len() > 255 => return bad("a component is longer than 255 bytes"),
            _ => {}
        }
    }
    Ok(())
}

/// The journal line of an item: the item, and how many bytes lie in the bag.
fn body(item: &EvidenceItem, stored: u64) -> Result<Value, CaseError> {
    let json = |source| CaseError::Json { what: "an item of evidence", source };
    Ok(serde_json::json!({"item": serde_json::to_value(item).map_err(json)?, "stored": stored}))
}

/// Reads such a line.
pub(crate) fn journalled(entry: &Entry, case: &Path) -> Result<(EvidenceItem, u64), CaseError> {
    let damaged = || CaseError::JournalDamaged {
        path: case.join(layout::JOURNAL),
        line: entry.seq,
        why: "it does not describe an item of evidence".into(),
    };
    let item = entry.body.get("item").cloned().ok_or_else(damaged)?;
    let item: EvidenceItem = serde_json::from_value(item).map_err(|_| damaged())?;
    check_path(&item.path).map_err(|_| damaged())?;
    let stored = entry.body.get("stored").and_then(Value::as_u64).unwrap_or(item.size);
    Ok((item, stored))
}

fn about(entries: &[Entry]) -> About {
    let first = entries.iter().find(|entry| entry.kind == "case");
    let member = |name: &str| {
        first
            .and_then(|entry| entry.body.get("case")?.get(name)?.as_str().map(str::to_owned))
            .unwrap_or_default()
    };
    let created = member("created").parse().unwrap_or_default();
    About { id: member("id"), responder: member("responder"), created }
}
