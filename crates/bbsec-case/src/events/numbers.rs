//! Columns of numbers, written by Parquet's own encoder as differences.

use std::{
    io::Write as _,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use parquet::{
    column::{
        page::{CompressedPage, PageWriteSpec, PageWriter},
        writer::{ColumnCloseResult, ColumnWriter, get_column_writer},
    },
    errors::{ParquetError, Result},
    file::{
        properties::WriterPropertiesPtr,
        writer::{SerializedPageWriter, TrackedWrite},
    },
    schema::types::ColumnDescPtr,
};

/// A column of numbers.
pub(crate) struct Numbers {
    writer: ColumnWriter<'static>,
    pages: Kept,
    optional: bool,
    longs: Vec<i64>,
    ints: Vec<i32>,
    levels: Vec<i16>,
}

/// Pages in memory, shared with the writer that makes them.
#[derive(Clone)]
struct Kept(Arc<Mutex<TrackedWrite<Vec<u8>>>>);

impl Kept {
    fn lock(&self) -> MutexGuard<'_, TrackedWrite<Vec<u8>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl PageWriter for Kept {
    fn write_page(&mut self, page: CompressedPage) -> Result<PageWriteSpec> {
        SerializedPageWriter::new(&mut *self.lock()).write_page(page)
    }
    fn close(&mut self) -> Result<()> {
        SerializedPageWriter::new(&mut *self.lock()).close()
    }
}

impl Numbers {
    pub(crate) fn new(column: &ColumnDescPtr, properties: &WriterPropertiesPtr) -> Self {
        let pages = Kept(Arc::new(Mutex::new(TrackedWrite::new(Vec::new()))));
        let optional = column.max_def_level() > 0;
        let writer = get_column_writer(column.clone(), properties.clone(), Box::new(pages.clone()));
        Self { writer, pages, optional, longs: Vec::new(), ints: Vec::new(), levels: Vec::new() }
    }

    /// Writes a row per number; 64 bits without a sign keep their bits.
    pub(crate) fn write(&mut self, rows: impl Iterator<Item = Option<i64>>) -> Result<()> {
        self.longs.clear();
        self.ints.clear();
        self.levels.clear();
        let narrow = matches!(self.writer, ColumnWriter::Int32ColumnWriter(_));
        for number in rows {
            self.levels.push(i16::from(number.is_some()));
            match number {
                Some(number) if narrow => self.ints.push(number as i32),
                Some(number) => self.longs.push(number),
                None => {}
            }
        }
        let levels = self.optional.then_some(self.levels.as_slice());
        match &mut self.writer {
            ColumnWriter::Int32ColumnWriter(writer) => writer.write_batch(&self.ints, levels, None),
            ColumnWriter::Int64ColumnWriter(writer) => writer.write_batch(&self.longs, levels, None),
            _ => Err(ParquetError::General("not a column of numbers".into())),
        }?;
        Ok(())
    }

    pub(crate) fn memory(&self) -> usize {
        self.pages.lock().bytes_written()
    }

    pub(crate) fn finish(self) -> Result<(Bytes, ColumnCloseResult)> {
        let close = self.writer.close()?;
        let mut pages = self.pages.lock();
        pages.flush()?;
        let bytes = std::mem::take(pages.inner_mut());
        Ok((bytes.into(), close))
    }
}
