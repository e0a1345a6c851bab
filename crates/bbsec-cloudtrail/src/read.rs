//! Records out of files: trail logs (`{"Records":[…]}`), arrays, JSON Lines, LookupEvents pages; plain, gzip, zip.

use std::{
    collections::HashSet,
    fs::File,
    io::{Read as _, Seek as _},
    path::{Path, PathBuf},
};

use bbsec_core::{Gap, Place, Progress, Unit};
use serde::Serialize;
use serde_json::Value;

use crate::{CloudtrailError, Record};

/// Decompressed bytes of one file or archive member that are read; CloudTrail's own files stay below 50 MB.
const MAX_FILE: u64 = 512 * 1024 * 1024;
/// Members of one archive that are read.
const MAX_MEMBERS: usize = 100_000;
/// Folders below a given one.
const MAX_DEPTH: usize = 16;

/// What was read.
#[derive(Debug, Clone, Default, Serialize)]
pub struct ReadSummary {
    /// Files and archive members that held records.
    pub files: u64,
    /// Records, each event once.
    pub records: u64,
    /// Records whose `eventID` had been seen before.
    pub duplicates: u64,
    /// Entries that are no records.
    pub refused: u64,
}

/// Reads every record below the given paths and hands it on, in the order of the files.
pub fn read(
    paths: &[PathBuf],
    record: &mut dyn FnMut(Record) -> Result<(), CloudtrailError>,
    gap: &mut dyn FnMut(Gap) -> Result<(), CloudtrailError>,
    progress: &dyn Progress,
) -> Result<ReadSummary, CloudtrailError> {
    let mut files = Vec::new();
    for path in paths {
        let meta =
            std::fs::metadata(path).map_err(|source| CloudtrailError::Read { path: path.clone(), source })?;
        if meta.is_dir() {
            list(path, 0, &mut files)
                .map_err(|source| CloudtrailError::Read { path: path.clone(), source })?;
        } else {
            files.push(path.clone());
        }
    }
    files.sort();
    let task = progress.task("CloudTrail", Unit::Items, Some(files.len() as u64));
    let mut reader = Reader { record, gap, seen: HashSet::new(), summary: ReadSummary::default() };
    for path in &files {
        if progress.cancelled() {
            break;
        }
        task.at(&path.display().to_string());
        let root = paths.iter().find(|root| path.starts_with(root) && *root != path);
        let shown = root.and_then(|root| path.strip_prefix(root).ok()).unwrap_or(path).display().to_string();
        reader.file(path, &shown)?;
        task.advance(1);
    }
    let summary = reader.summary;
    if summary.records == 0 && summary.refused == 0 {
        let names: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
        return Err(CloudtrailError::Empty(names.join(", ")));
    }
    Ok(summary)
}

/// Files below a folder; links are not followed.
fn list(folder: &Path, depth: usize, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        if kind.is_dir() && depth < MAX_DEPTH {
            list(&entry.path(), depth + 1, files)?;
        } else if kind.is_file() && looks_like_cloudtrail(&entry.path()) {
            files.push(entry.path());
        }
    }
    Ok(())
}

fn looks_like_cloudtrail(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
    let ending = [".json", ".json.gz", ".jsonl", ".jsonl.gz", ".ndjson", ".zip", ".gz"];
    ending.iter().any(|ending| name.ends_with(ending)) && !is_beside(path, &name)
}

/// What stands beside a trail's logs and holds no records: digests, metadata of objects, public keys.
fn is_beside(path: &Path, name: &str) -> bool {
    name.contains("cloudtrail-digest")
        || name.ends_with(".metadata.json")
        || name.contains("public-keys")
        || path.parent().is_some_and(|folder| folder.ends_with("cloudtrail-public-keys"))
}

struct Reader<'a> {
    record: &'a mut dyn FnMut(Record) -> Result<(), CloudtrailError>,
    gap: &'a mut dyn FnMut(Gap) -> Result<(), CloudtrailError>,
    seen: HashSet<String>,
    summary: ReadSummary,
}

impl Reader<'_> {
    fn unread(&mut self, shown: &str, why: impl Into<String>, count: u64) -> Result<(), CloudtrailError> {
        self.summary.refused += count;
        (self.gap)(Gap::unread("CloudTrail records", shown, why, count))
    }

    fn file(&mut self, path: &Path, shown: &str) -> Result<(), CloudtrailError> {
        let mut file = match File::open(path) {
            Ok(file) => file,
            Err(error) => return self.unread(shown, format!("cannot be opened: {error}"), 1),
        };
        let mut magic = [0_u8; 4];
        let read = file.read(&mut magic).unwrap_or(0);
        if let Err(error) = file.rewind() {
            return self.unread(shown, format!("cannot be read: {error}"), 1);
        }
        match magic.get(..read) {
            Some([0x1f, 0x8b, ..]) => {
                let mut bytes = Vec::new();
                let result =
                    flate2::read::MultiGzDecoder::new(file).take(MAX_FILE + 1).read_to_end(&mut bytes);
                self.bytes(shown, &bytes, result.err())
            }
            Some([b'P', b'K', 3, 4]) => self.zip(file, shown),
            _ => {
                let mut bytes = Vec::new();
                let result = file.take(MAX_FILE + 1).read_to_end(&mut bytes);
                self.bytes(shown, &bytes, result.err())
            }
        }
    }

    fn zip(&mut self, file: File, shown: &str) -> Result<(), CloudtrailError> {
        let mut archive = match zip::ZipArchive::new(file) {
            Ok(archive) => archive,
            Err(error) => return self.unread(shown, format!("is no zip that can be read: {error}"), 1),
        };
        for index in 0..archive.len().min(MAX_MEMBERS) {
            let (name, bytes, error) = match archive.by_index(index) {
                Ok(member) if member.is_dir() => continue,
                Ok(member) => {
                    let name = member
                        .name()
                        .map_or_else(|_| format!("member {index}"), std::borrow::Cow::into_owned);
                    let mut bytes = Vec::new();
                    let error = member.take(MAX_FILE + 1).read_to_end(&mut bytes).err();
                    (name, bytes, error)
                }
                Err(error) => {
                    self.unread(shown, format!("member {index} cannot be read: {error}"), 1)?;
                    continue;
                }
            };
            self.bytes(&format!("{shown}!{name}"), &bytes, error)?;
        }
        Ok(())
    }

    fn bytes(
        &mut self,
        shown: &str,
        bytes: &[u8],
        error: Option<std::io::Error>,
    ) -> Result<(), CloudtrailError> {
        if let Some(error) = error {
            self.unread(shown, format!("damaged after {} bytes: {error}", bytes.len()), 1)?;
        }
        if bytes.len() as u64 > MAX_FILE {
            return self.unread(
                shown,
                format!("larger than {MAX_FILE} bytes when decompressed; not read"),
                1,
            );
        }
        let before = self.summary.records + self.summary.duplicates;
        match serde_json::from_slice::<Value>(bytes) {
            Ok(value) => self.document(shown, value)?,
            Err(whole) => self.lines(shown, bytes, &whole)?,
        }
        self.summary.files += u64::from(self.summary.records + self.summary.duplicates > before);
        Ok(())
    }

    /// `{"Records":[…]}`, an array, LookupEvents' `{"Events":[…]}`, or one record.
    fn document(&mut self, shown: &str, value: Value) -> Result<(), CloudtrailError> {
        let records = match value {
            Value::Array(records) => records,
            Value::Object(mut fields) => match fields.remove("Records").or_else(|| fields.remove("Events")) {
                Some(Value::Array(records)) => records,
                _ => vec![Value::Object(fields)],
            },
            _ => return self.unread(shown, "JSON, but no CloudTrail", 1),
        };
        let mut refused = 0;
        for (index, value) in records.into_iter().enumerate() {
            // Inside a JSON document the place is the record's number; the file is small enough to search.
            refused += self.one(shown, index as u64, value)?;
        }
        if refused > 0 {
            self.unread(shown, "entries without an event name and time", refused)?;
        }
        Ok(())
    }

    fn lines(&mut self, shown: &str, bytes: &[u8], whole: &serde_json::Error) -> Result<(), CloudtrailError> {
        let mut offset = 0_u64;
        let mut refused = 0;
        let mut good = 0_u64;
        for line in bytes.split_inclusive(|byte| *byte == b'\n') {
            let here = offset;
            offset += line.len() as u64;
            if line.iter().all(u8::is_ascii_whitespace) {
                continue;
            }
            match serde_json::from_slice::<Value>(line) {
                Ok(value) => {
                    let bad = self.one(shown, here, value)?;
                    refused += bad;
                    good += 1 - bad.min(1);
                }
                Err(_) => refused += 1,
            }
        }
        match (good, refused) {
            (_, 0) => Ok(()),
            (0, _) => self.unread(shown, format!("neither JSON nor JSON Lines: {whole}"), 1),
            (_, refused) => self.unread(shown, "lines that are no CloudTrail records", refused),
        }
    }

    /// Hands one record on; returns 1 when it is none.
    fn one(&mut self, shown: &str, offset: u64, value: Value) -> Result<u64, CloudtrailError> {
        // A LookupEvents entry carries the record as text.
        let inner = value.get("CloudTrailEvent").and_then(Value::as_str).map(serde_json::from_str::<Value>);
        let value = match inner {
            Some(Ok(inner)) => inner,
            Some(Err(_)) => return Ok(1),
            None => value,
        };
        let length = u32::try_from(value.to_string().len()).unwrap_or(u32::MAX);
        let Some(record) = Record::new(value, Place::new(shown, offset, length)) else { return Ok(1) };
        if let Some(id) = record.id()
            && !self.seen.insert(id.to_owned())
        {
            self.summary.duplicates += 1;
            return Ok(0);
        }
        self.summary.records += 1;
        (self.record)(record)?;
        Ok(0)
    }
}
