//! The pages of one column chunk, as they will stand in the file.

use std::io;

use bytes::Bytes;
use parquet::{
    basic::{Compression, Encoding, ZstdLevel},
    column::{
        page::{CompressedPage, Page, PageWriter as _},
        writer::ColumnCloseResult,
    },
    errors::{ParquetError, Result},
    file::{
        metadata::ColumnChunkMetaData,
        writer::{SerializedPageWriter, TrackedWrite},
    },
    schema::types::ColumnDescPtr,
};

/// zstd's level for events: higher ones cost more time than they save space in pages that are encoded already.
pub(crate) const LEVEL: i32 = 1;

/// Compresses pages; one for all columns, since its tables are large.
pub(crate) struct Packer {
    zstd: zstd::bulk::Compressor<'static>,
    /// The page that is being made.
    pub(crate) page: Vec<u8>,
    /// Numbers of its values that are there.
    pub(crate) numbers: Vec<u32>,
    /// Which values are there, and which begin a new row.
    pub(crate) levels: (Vec<u32>, Vec<u32>),
}

impl Packer {
    pub(crate) fn new() -> io::Result<Self> {
        let zstd = zstd::bulk::Compressor::new(LEVEL)?;
        Ok(Self { zstd, page: Vec::new(), numbers: Vec::new(), levels: (Vec::new(), Vec::new()) })
    }

    fn compressed(&mut self) -> Result<Bytes> {
        let packed = self.zstd.compress(&self.page);
        packed.map(Bytes::from).map_err(|error| ParquetError::External(Box::new(error)))
    }
}

/// A column chunk in the making: its data pages, whose dictionary comes last and goes first.
#[derive(Default)]
pub(crate) struct Pages {
    data: Vec<u8>,
    unpacked: usize,
    values: u32,
    dictionary_coded: bool,
    plain: bool,
}

fn append(to: &mut Vec<u8>, page: CompressedPage) -> Result<()> {
    let mut sink = TrackedWrite::new(std::mem::take(to));
    // Counted from where the vector was given over; the offsets of pages are not kept.
    SerializedPageWriter::new(&mut sink).write_page(page)?;
    *to = sink.into_inner()?;
    Ok(())
}

impl Pages {
    /// Appends the page that the packer holds.
    pub(crate) fn data(&mut self, values: usize, encoding: Encoding, packer: &mut Packer) -> Result<()> {
        let unpacked = packer.page.len();
        let num_values = u32::try_from(values).map_err(|_| ParquetError::General("page too large".into()))?;
        let page = Page::DataPage {
            buf: packer.compressed()?,
            num_values,
            encoding,
            def_level_encoding: Encoding::RLE,
            rep_level_encoding: Encoding::RLE,
            statistics: None,
        };
        append(&mut self.data, CompressedPage::new(page, unpacked))?;
        self.unpacked += unpacked;
        self.values = self.values.saturating_add(num_values);
        match encoding {
            Encoding::PLAIN => self.plain = true,
            _ => self.dictionary_coded = true,
        }
        Ok(())
    }

    pub(crate) fn memory(&self) -> usize {
        self.data.len()
    }

    /// The whole chunk: `dictionary` fills the packer's page and tells how many texts it has.
    pub(crate) fn finish(
        self,
        column: &ColumnDescPtr,
        rows: u64,
        packer: &mut Packer,
        dictionary: impl FnOnce(&mut Vec<u8>) -> u32,
    ) -> Result<(Bytes, ColumnCloseResult)> {
        let mut bytes = Vec::new();
        let mut unpacked = self.unpacked;
        let mut encodings = vec![Encoding::RLE, Encoding::PLAIN];
        if self.dictionary_coded {
            packer.page.clear();
            let num_values = dictionary(&mut packer.page);
            unpacked += packer.page.len();
            let buf = packer.compressed()?;
            let page = Page::DictionaryPage { buf, num_values, encoding: Encoding::PLAIN, is_sorted: false };
            append(&mut bytes, CompressedPage::new(page, packer.page.len()))?;
            encodings.push(Encoding::RLE_DICTIONARY);
        }
        let data_offset = bytes.len();
        bytes.extend_from_slice(&self.data);
        let level = ZstdLevel::try_new(LEVEL).unwrap_or_default();
        let metadata = ColumnChunkMetaData::builder(column.clone())
            .set_compression(Compression::ZSTD(level))
            .set_encodings(encodings)
            .set_num_values(i64::from(self.values))
            .set_total_compressed_size(bytes.len() as i64)
            .set_total_uncompressed_size(unpacked as i64)
            .set_dictionary_page_offset(self.dictionary_coded.then_some(0))
            .set_data_page_offset(data_offset as i64)
            .build()?;
        let close = ColumnCloseResult {
            bytes_written: bytes.len() as u64,
            rows_written: rows,
            metadata,
            bloom_filter: None,
            column_index: None,
            offset_index: None,
        };
        Ok((bytes.into(), close))
    }
}
