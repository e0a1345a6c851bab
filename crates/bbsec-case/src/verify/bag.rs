//! The evidence bag against the journal: every item, every tag file, and nothing that is not journalled.

use std::{
    collections::HashSet,
    fs,
    io::{BufRead as _, BufReader},
    path::Path,
};

use bbsec_core::{EvidenceItem, Unit};
use walkdir::WalkDir;

use super::{Check, Problem, inside};
use crate::{
    CaseError, Entry,
    evidence::{Bag, INCOMING, registered, tags},
    files, layout,
};

impl Check<'_> {
    pub(super) fn bag(&mut self, entries: &[Entry]) -> Result<(), CaseError> {
        let bag = match Bag::from_entries(self.root, entries) {
            Ok(bag) => bag,
            Err(CaseError::JournalDamaged { line, why, .. }) => {
                let file = layout::JOURNAL.into();
                self.report.problems.push(Problem {
                    what: "journal",
                    file,
                    line: Some(line),
                    offset: None,
                    why,
                });
                return Ok(());
            }
            Err(error) => return Err(error),
        };
        let total: u64 =
            bag.items().iter().filter(|item| item.in_place.is_none()).map(|item| item.size).sum();
        let task = self.progress.task("evidence", Unit::Bytes, Some(total));
        let waiting = self.last_waits(&bag);
        for item in bag.items() {
            let relative = format!("{}/data/{}", layout::EVIDENCE, item.path);
            if waiting == Some(item) {
                let why = "a writer was stopped; its bytes are whole and wait in .incoming";
                self.note("evidence", relative, why);
            } else if let Some(size) = self.file("evidence", &relative, &item.sha256, &*task)? {
                self.report.checked.evidence_bytes = self.report.checked.evidence_bytes.saturating_add(size);
            }
            self.report.checked.evidence_items += 1;
        }
        self.settled(entries, Self::around_the_payload)?;
        if self.options.deep {
            for item in bag.items() {
                if let Some(folder) = &item.in_place {
                    self.registered(&bag, item, folder)?;
                }
            }
        }
        Ok(())
    }

    fn around_the_payload(&mut self, entries: &[Entry]) -> Result<(), CaseError> {
        let bag = Bag::from_entries(self.root, entries)?;
        self.tag_files(&bag, self.last_waits(&bag).is_some())?;
        self.strangers(&bag);
        Ok(())
    }

    /// The last item, if its bytes are not in the payload but whole in `.incoming/`.
    fn last_waits<'a>(&self, bag: &'a Bag) -> Option<&'a EvidenceItem> {
        let last = bag.items().last()?;
        if fs::symlink_metadata(bag.path_of(&last.path)).is_ok() {
            return None;
        }
        let file = files::open(&bag.incoming_of(&last.path)).ok()?;
        let (sha256, _) = files::sha256_reader(file, |_| Ok(())).ok()?;
        (sha256 == last.sha256).then_some(last)
    }

    /// A tag file is as the journal says now, or as it said before the last item (its writer was stopped).
    fn tag_files(&mut self, bag: &Bag, waiting: bool) -> Result<(), CaseError> {
        let items = bag.tags().len();
        let mut stopped = waiting;
        // Backwards through the order in which they are written: what comes after a file that is up to date in that
        // order cannot be behind because of a stopped writer.
        let mut finished = false;
        for name in tags::ALL.into_iter().rev() {
            let relative = format!("{}/{name}", layout::EVIDENCE);
            let path = inside(self.root, &relative);
            let bytes = match fs::read(&path) {
                Ok(bytes) => bytes,
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                    self.problem("tag file", relative, "it is missing");
                    continue;
                }
                Err(source) => return Err(CaseError::Io { op: "read", path, source }),
            };
            let now = bag.tags().text(name, items);
            let before = bag.tags().text(name, items.saturating_sub(1));
            if now.as_bytes() == bytes {
                finished |= before != now;
                continue;
            }
            if !finished && before.as_bytes() == bytes {
                stopped = true;
                continue;
            }
            let (line, offset) = first_difference(now.as_bytes(), &bytes);
            self.report.problems.push(Problem {
                what: "tag file",
                file: relative,
                line: Some(line),
                offset: Some(offset),
                why: "it is not what the journal says; first difference in this line".into(),
            });
        }
        if stopped {
            let why = "a writer was stopped before the last item was in every manifest; the next writer finishes it";
            self.note("tag file", layout::EVIDENCE, why);
        }
        Ok(())
    }

    /// Files in the payload that the journal does not know.
    fn strangers(&mut self, bag: &Bag) {
        let known: HashSet<_> = bag.items().iter().map(|item| bag.path_of(&item.path)).collect();
        let data = self.root.join(layout::EVIDENCE).join("data");
        for entry in WalkDir::new(&data).min_depth(1).sort_by_file_name() {
            match entry {
                Ok(entry) if entry.file_type().is_dir() => {}
                Ok(entry) if known.contains(entry.path()) => {}
                Ok(entry) => {
                    let file = relative(self.root, entry.path());
                    self.problem("evidence", file, "it is in the bag but not in the journal");
                }
                Err(error) => {
                    let file = error.path().map_or_else(String::new, |path| relative(self.root, path));
                    self.problem("evidence", file, "it cannot be listed");
                }
            }
        }
        let incoming = self.root.join(layout::EVIDENCE).join(INCOMING);
        let waiting: HashSet<_> =
            bag.items().last().map(|item| bag.incoming_of(&item.path)).into_iter().collect();
        for entry in fs::read_dir(&incoming).into_iter().flatten().flatten() {
            if !waiting.contains(&entry.path()) {
                let file = relative(self.root, &entry.path());
                self.note("evidence", file, "a writer was stopped before this was whole; it is not evidence");
            }
        }
    }

    /// Hashes the files of a folder that is registered in place again.
    fn registered(&mut self, bag: &Bag, item: &EvidenceItem, folder: &Path) -> Result<(), CaseError> {
        let list = bag.path_of(&item.path);
        let Ok(file) = files::open(&list) else { return Ok(()) };
        let task = self.progress.task("registered in place", Unit::Bytes, Some(item.size));
        let mut reader = BufReader::new(file);
        let mut line = Vec::new();
        for number in 1_u64.. {
            line.clear();
            if reader.read_until(b'\n', &mut line).map_err(CaseError::io("read", &list))? == 0 {
                break;
            }
            if self.progress.cancelled() {
                return Err(CaseError::Cancelled { doing: format!("hashing {}", folder.display()) });
            }
            let why = match registered::parse_list_line(&line) {
                None => {
                    let why = "not a line of a hash list".into();
                    let file = relative(self.root, &list);
                    let problem = Problem { what: "registered", file, line: Some(number), offset: None, why };
                    self.report.problems.push(problem);
                    continue;
                }
                Some((path, sha256)) => {
                    let path = folder.join(path);
                    let read = files::open(&path).and_then(|file| {
                        files::sha256_reader(file, |count| {
                            task.advance(count);
                            Ok(())
                        })
                    });
                    self.report.checked.registered_files += 1;
                    match read {
                        Ok((there, _)) if there == sha256 => continue,
                        Ok((there, _)) => (path, format!("SHA-256 is {there}, registered {sha256}")),
                        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                            (path, "it is missing".into())
                        }
                        Err(error) => (path, format!("it cannot be read: {error}")),
                    }
                }
            };
            self.problem("registered", why.0.display().to_string(), why.1);
        }
        Ok(())
    }
}

/// 1-based line, and its offset, in which two texts begin to differ.
fn first_difference(expected: &[u8], there: &[u8]) -> (u64, u64) {
    let same = expected.iter().zip(there).take_while(|(a, b)| a == b).count();
    let before = there.get(..same).unwrap_or_default();
    let line = before.split(|byte| *byte == b'\n').count() as u64;
    let start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at as u64 + 1);
    (line, start)
}

pub(super) fn relative(case: &Path, path: &Path) -> String {
    path.strip_prefix(case).unwrap_or(path).to_string_lossy().into_owned()
}
