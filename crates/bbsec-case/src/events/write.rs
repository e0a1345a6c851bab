//! Writes events in bounded memory: a buffer that is sorted when it is full, and a bounded number of open files.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use bbsec_core::Event;

use super::{
    filter::EventFilter,
    merge::Merge,
    part::{FileDigest, Part, Partition},
};
use crate::CaseError;

/// Events that are held before they are sorted and written.
const BUFFER_EVENTS: usize = 4 * BATCH;
/// Their approximate bytes.
const BUFFER_BYTES: usize = 32 * 1024 * 1024;
/// Rows per batch.
pub(crate) const BATCH: usize = 8192;
/// Files that are open at once.
const OPEN_FILES: usize = 8;

/// Takes events in any order.
pub(crate) struct EventWriter {
    case: PathBuf,
    /// What makes the file names unique: run and step.
    stem: String,
    buffer: Vec<Event>,
    bytes: usize,
    open: BTreeMap<Partition, Part>,
    done: Vec<(Partition, FileDigest)>,
    created: u64,
    flushes: u64,
}

impl EventWriter {
    pub(crate) fn new(case: &Path, stem: String) -> Self {
        Self {
            case: case.into(),
            stem,
            buffer: Vec::new(),
            bytes: 0,
            open: BTreeMap::new(),
            done: Vec::new(),
            created: 0,
            flushes: 0,
        }
    }

    pub(crate) fn push(&mut self, event: Event) -> Result<(), CaseError> {
        self.bytes = self.bytes.saturating_add(weight(&event));
        self.buffer.push(event);
        if self.buffer.len() >= BUFFER_EVENTS || self.bytes >= BUFFER_BYTES {
            self.flush()?;
        }
        Ok(())
    }

    /// Sorts what is held and writes it. Sorting is stable: events of one microsecond keep the order of their source.
    fn flush(&mut self) -> Result<(), CaseError> {
        self.flushes = self.flushes.saturating_add(1);
        self.bytes = 0;
        let mut groups: BTreeMap<Partition, Vec<Event>> = BTreeMap::new();
        for event in std::mem::take(&mut self.buffer) {
            groups.entry(Partition::of(&event)).or_default().push(event);
        }
        for (partition, mut events) in groups {
            events.sort_by_key(|event| event.time);
            for chunk in events.chunks(BATCH) {
                self.write(&partition, chunk)?;
            }
        }
        Ok(())
    }

    fn write(&mut self, partition: &Partition, events: &[Event]) -> Result<(), CaseError> {
        let first = events.first().map_or(i64::MAX, |event| event.time.micros());
        if self.open.get(partition).is_some_and(|part| part.last > first) {
            self.close(partition)?;
        }
        if !self.open.contains_key(partition) {
            if self.open.len() >= OPEN_FILES {
                let oldest = self.open.iter().min_by_key(|(_, part)| part.used).map(|(key, _)| key.clone());
                if let Some(oldest) = oldest {
                    self.close(&oldest)?;
                }
            }
            let name = self.next_name();
            let part = Part::create(&self.case, partition, &name)?;
            self.open.insert(partition.clone(), part);
        }
        if let Some(part) = self.open.get_mut(partition) {
            part.used = self.flushes;
            part.write(events)?;
        }
        Ok(())
    }

    fn next_name(&mut self) -> String {
        self.created = self.created.saturating_add(1);
        format!("part-{}-{}.parquet", self.stem, self.created)
    }

    fn close(&mut self, partition: &Partition) -> Result<(), CaseError> {
        if let Some(part) = self.open.remove(partition) {
            self.done.push((partition.clone(), part.finish()?));
        }
        Ok(())
    }

    /// Writes what is left and merges the pieces of each day; gives every file.
    pub(crate) fn finish(mut self) -> Result<Vec<FileDigest>, CaseError> {
        self.flush()?;
        while let Some(partition) = self.open.keys().next().cloned() {
            self.close(&partition)?;
        }
        let mut days: BTreeMap<Partition, Vec<FileDigest>> = BTreeMap::new();
        for (partition, file) in std::mem::take(&mut self.done) {
            days.entry(partition).or_default().push(file);
        }
        let mut files = Vec::new();
        for (partition, mut pieces) in days {
            while pieces.len() > 1 {
                let rest = pieces.split_off(pieces.len().min(MERGED_AT_ONCE));
                let merged = self.merge(&partition, &pieces)?;
                // The merged piece stays first: events of one microsecond keep the order in which they came.
                pieces = std::iter::once(merged).chain(rest).collect();
            }
            files.append(&mut pieces);
        }
        files.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(files)
    }
}

impl EventWriter {
    /// Events that came in no order of time leave many small files of one day: they become one.
    fn merge(&mut self, partition: &Partition, pieces: &[FileDigest]) -> Result<FileDigest, CaseError> {
        let paths: Vec<PathBuf> = pieces.iter().map(|piece| self.case.join(&piece.path)).collect();
        let filter = EventFilter::default();
        let mut merge = Merge::new(&paths, &filter)?;
        let name = self.next_name();
        let mut part = Part::create(&self.case, partition, &name)?;
        let mut batch = Vec::with_capacity(BATCH);
        while let Some(event) = merge.next()? {
            batch.push(event);
            if batch.len() == BATCH {
                part.write(&batch)?;
                batch.clear();
            }
        }
        if !batch.is_empty() {
            part.write(&batch)?;
        }
        let merged = part.finish()?;
        for path in paths {
            std::fs::remove_file(&path).map_err(CaseError::io("remove", &path))?;
        }
        Ok(merged)
    }
}

/// Pieces of one day that are merged in one go.
const MERGED_AT_ONCE: usize = 32;

/// About how many bytes an event holds.
fn weight(event: &Event) -> usize {
    let text = |text: &Option<String>| text.as_ref().map_or(0, String::len);
    let list = |list: &Vec<String>| list.iter().map(|item| item.len() + 24).sum::<usize>();
    size_of::<Event>()
        + event.action.len()
        + [&event.user, &event.session, &event.token, &event.ssh_key, &event.user_agent, &event.request]
            .into_iter()
            .map(text)
            .sum::<usize>()
        + list(&event.ips)
        + list(&event.labels)
        + event.extra.iter().map(|(key, value)| key.len() + value.len() + 64).sum::<usize>()
        + event.target.as_ref().map_or(0, |target| target.id.len() + text(&target.name))
}
