//! Merges sorted event files into one sorted stream.

use std::{
    borrow::Cow,
    cmp::Reverse,
    collections::BinaryHeap,
    path::{Path, PathBuf},
};

use arrow::array::RecordBatch;
use bbsec_core::Event;
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};

use super::{
    decode::{Columns, FileNames},
    filter::EventFilter,
    schema::SOURCE_KEY,
};
use crate::{CaseError, files};

/// One sorted file, read batch by batch.
struct Cursor {
    path: PathBuf,
    reader: ParquetRecordBatchReader,
    source: Cow<'static, str>,
    /// The wanted events of the current batch, the next one last.
    ready: Vec<Event>,
    names: FileNames,
}

impl Cursor {
    fn open(path: &Path, rows: usize, filter: &EventFilter) -> Result<Option<Self>, CaseError> {
        let failed = |source| CaseError::Parquet { op: "read", path: path.into(), source };
        let file = files::open(path).map_err(CaseError::io("open", path))?;
        let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(failed)?;
        let source = builder
            .metadata()
            .file_metadata()
            .key_value_metadata()
            .and_then(|pairs| pairs.iter().find(|pair| pair.key == SOURCE_KEY)?.value.clone())
            .unwrap_or_default();
        if !filter.wants_source(&source) {
            return Ok(None);
        }
        let reader = builder.with_batch_size(rows).build().map_err(failed)?;
        let names = FileNames::default();
        Ok(Some(Self { path: path.into(), reader, source: source.into(), ready: Vec::new(), names }))
    }

    /// The next wanted event.
    fn next(&mut self, filter: &EventFilter) -> Result<Option<Event>, CaseError> {
        loop {
            if let Some(event) = self.ready.pop() {
                return Ok(Some(event));
            }
            let Some(batch) = self.reader.next() else { return Ok(None) };
            let batch =
                batch.map_err(|source| CaseError::Arrow { op: "read", path: self.path.clone(), source })?;
            self.decode(&batch, filter)?;
        }
    }

    fn decode(&mut self, batch: &RecordBatch, filter: &EventFilter) -> Result<(), CaseError> {
        let columns = Columns::of(batch, &self.path)?;
        for row in (0..batch.num_rows()).rev() {
            let time = columns.time(row);
            if filter.from.is_some_and(|from| time < from) || filter.to.is_some_and(|to| time > to) {
                continue;
            }
            if !columns.may_be_wanted(row, filter) {
                continue;
            }
            let event = columns.event(row, &self.source, &mut self.names);
            if filter.wants(&event) {
                self.ready.push(event);
            }
        }
        Ok(())
    }
}

/// Events held at once over all files that are merged.
const HELD: usize = 4 * 8192;

/// The events of several sorted files, in order of time; equal times in the order of the files.
pub(crate) struct Merge<'a> {
    cursors: Vec<Cursor>,
    heap: BinaryHeap<Reverse<Next>>,
    filter: &'a EventFilter,
}

struct Next {
    event: Event,
    cursor: usize,
}

impl Next {
    fn key(&self) -> (i64, usize) {
        (self.event.time.micros(), self.cursor)
    }
}
impl PartialEq for Next {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}
impl Eq for Next {}
impl PartialOrd for Next {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Next {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.key().cmp(&other.key())
    }
}

impl<'a> Merge<'a> {
    pub(crate) fn new(paths: &[PathBuf], filter: &'a EventFilter) -> Result<Self, CaseError> {
        let rows = (HELD / paths.len().max(1)).clamp(64, 4096);
        let mut merge = Self { cursors: Vec::new(), heap: BinaryHeap::new(), filter };
        for path in paths {
            if let Some(mut cursor) = Cursor::open(path, rows, filter)?
                && let Some(event) = cursor.next(filter)?
            {
                merge.heap.push(Reverse(Next { event, cursor: merge.cursors.len() }));
                merge.cursors.push(cursor);
            }
        }
        Ok(merge)
    }

    /// The next event.
    pub(crate) fn next(&mut self) -> Result<Option<Event>, CaseError> {
        let Some(Reverse(Next { event, cursor })) = self.heap.pop() else { return Ok(None) };
        if let Some(from) = self.cursors.get_mut(cursor)
            && let Some(next) = from.next(self.filter)?
        {
            self.heap.push(Reverse(Next { event: next, cursor }));
        }
        Ok(Some(event))
    }
}
