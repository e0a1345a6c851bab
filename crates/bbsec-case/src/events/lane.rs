//! The events of one source and day on their way into a file: put in order of time while they wait, then written page by
//! page.

use std::path::PathBuf;

use bbsec_core::Event;
use parquet::file::properties::WriterPropertiesPtr;

use super::{
    group::{Group, Row},
    pages::Packer,
    part::{FileDigest, Part, Partition, failed},
    schema::PARQUET,
};
use crate::CaseError;

/// Rows per page.
pub(crate) const BATCH: usize = 8192;
/// Rows that wait, so that one that comes late still finds its place.
const WAITING: usize = 2 * BATCH;
/// A row group is ended at this many rows or bytes.
const GROUP_ROWS: u64 = 128 * 1024;
const GROUP_BYTES: usize = 8 * 1024 * 1024;
/// How far back a row that comes late is put into its place at once; farther ones wait for the sorting.
const NEAR: usize = 64;

/// What all lanes share.
pub(crate) struct Files {
    pub(crate) case: PathBuf,
    /// What makes the file names unique: run and step.
    pub(crate) stem: String,
    pub(crate) created: u64,
    pub(crate) packer: Packer,
    pub(crate) done: Vec<(Partition, FileDigest)>,
}

impl Files {
    fn next_name(&mut self) -> String {
        self.created = self.created.saturating_add(1);
        format!("part-{}-{}.parquet", self.stem, self.created)
    }
}

/// The events of one source and day.
pub(crate) struct Lane {
    partition: Partition,
    properties: WriterPropertiesPtr,
    group: Group,
    waiting: Vec<Row>,
    sorted: bool,
    /// Time of the last row in a page of the open file.
    written: i64,
    part: Option<Part>,
    /// When it last took an event.
    pub(crate) used: u64,
}

impl Lane {
    pub(crate) fn new(partition: Partition) -> Self {
        let properties = partition.properties();
        let group = Group::new(&PARQUET, &properties, &Vec::new());
        Self {
            partition,
            properties,
            group,
            waiting: Vec::new(),
            sorted: true,
            written: i64::MIN,
            part: None,
            used: 0,
        }
    }

    pub(crate) fn push(&mut self, event: &Event, files: &mut Files) -> Result<(), CaseError> {
        let row = self.group.row(event);
        let late = self.waiting.iter().rev().take(NEAR).take_while(|before| before.time > row.time).count();
        if late == NEAR {
            self.sorted = false;
        }
        if late == 0 || late == NEAR {
            self.waiting.push(row);
        } else {
            self.waiting.insert(self.waiting.len() - late, row);
        }
        if self.waiting.len() >= WAITING {
            self.write(WAITING - BATCH, files)?;
        }
        Ok(())
    }

    /// Writes what waits but the newest `keep` rows.
    fn write(&mut self, keep: usize, files: &mut Files) -> Result<(), CaseError> {
        if !self.sorted {
            // Stable: events of one microsecond keep the order of their source.
            self.waiting.sort_by_key(|row| row.time);
            self.sorted = true;
        }
        if self.waiting.first().is_some_and(|first| first.time < self.written) {
            self.end_group(files)?;
            self.end_part(files)?;
        }
        let count = self.waiting.len().saturating_sub(keep);
        for rows in self.waiting.get(..count).unwrap_or_default().chunks(BATCH) {
            let written = self.group.page(rows, &mut files.packer);
            written.map_err(|source| failed(&files.case, source))?;
            self.written = rows.last().map_or(self.written, |row| row.time);
        }
        self.waiting.drain(..count);
        if self.group.rows() >= GROUP_ROWS || self.group.memory() > GROUP_BYTES {
            self.end_group(files)?;
        }
        Ok(())
    }

    /// Appends the row group to the file and begins another, to which the waiting rows go over.
    fn end_group(&mut self, files: &mut Files) -> Result<(), CaseError> {
        let mut next = Group::new(&PARQUET, &self.properties, &self.group.hashed());
        for row in &mut self.waiting {
            next.adopt(&self.group, row);
        }
        let group = std::mem::replace(&mut self.group, next);
        if group.rows() == 0 {
            return Ok(());
        }
        let part = if let Some(part) = &mut self.part {
            part
        } else {
            let name = files.next_name();
            self.part.insert(Part::create(&files.case, &self.partition, &self.properties, &name)?)
        };
        part.append(group, &mut files.packer)
    }

    fn end_part(&mut self, files: &mut Files) -> Result<(), CaseError> {
        self.written = i64::MIN;
        if let Some(part) = self.part.take() {
            files.done.push((self.partition.clone(), part.finish()?));
        }
        Ok(())
    }

    /// Writes everything and ends the file.
    pub(crate) fn close(&mut self, files: &mut Files) -> Result<(), CaseError> {
        self.shrink(files)?;
        self.end_part(files)
    }

    /// Writes everything; the file stays open.
    pub(crate) fn shrink(&mut self, files: &mut Files) -> Result<(), CaseError> {
        self.write(0, files)?;
        self.end_group(files)
    }

    /// About how many bytes it holds.
    pub(crate) fn memory(&self) -> usize {
        self.group.memory() + self.waiting.capacity() * size_of::<Row>()
    }
}
