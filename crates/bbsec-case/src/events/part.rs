//! One event file being written: temporary until it is closed, then hashed, durable, read-only and in its place.

use std::{
    fs::{self, File, Permissions},
    io::{self, Write},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use bbsec_core::{Event, escape, hex};
use parquet::{
    arrow::{ArrowWriter, arrow_writer::ArrowWriterOptions},
    basic::{Compression, ZstdLevel},
    file::{
        metadata::{KeyValue, SortingColumn},
        properties::{EnabledStatistics, WriterProperties},
    },
    schema::types::ColumnPath,
};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::schema;
use crate::{CaseError, files, layout};

/// A finished file, as the journal names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileDigest {
    /// Relative to the case folder.
    pub path: String,
    /// Bytes.
    pub size: u64,
    /// Hex SHA-256.
    pub sha256: String,
    /// Rows.
    pub rows: u64,
}

/// Which folder an event belongs to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Partition {
    pub(crate) source: String,
    pub(crate) date: String,
}

impl Partition {
    pub(crate) fn of(event: &Event) -> Self {
        Self { source: event.source.clone().into_owned(), date: event.time.date() }
    }

    /// Relative to the case folder. Times beyond the years that a date can show share one folder.
    pub(crate) fn folder(&self) -> String {
        let source = escape::path_component(&self.source);
        format!("{}/source={source}/date={}", layout::EVENTS, escape::path_component(&self.date))
    }
}

/// A writer that knows the digest of what went through it.
struct Hashing {
    file: File,
    hash: Sha256,
    size: u64,
}

impl Write for Hashing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.file.write(bytes)?;
        self.hash.update(bytes.get(..count).unwrap_or_default());
        self.size = self.size.saturating_add(count as u64);
        Ok(count)
    }
    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// An open event file.
pub(crate) struct Part {
    writer: ArrowWriter<Hashing>,
    temporary: PathBuf,
    target: PathBuf,
    relative: String,
    rows: u64,
    /// Time of the last event: what comes before it needs another file.
    pub(crate) last: i64,
    /// When it was last written to, as a count of flushes.
    pub(crate) used: u64,
}

impl Part {
    /// Begins `<case>/<folder>/<name>`.
    pub(crate) fn create(case: &Path, partition: &Partition, name: &str) -> Result<Self, CaseError> {
        let relative = format!("{}/{name}", partition.folder());
        let target = case.join(&relative);
        files::create_dirs(files::parent(&target))?;
        if fs::symlink_metadata(&target).is_ok() {
            return Err(CaseError::FileExists { path: target });
        }
        // A name that no glob for *.parquet takes in.
        let temporary = target.with_extension("writing");
        let _ = fs::remove_file(&temporary);
        let file = files::create_new(&temporary, files::PRIVATE)?;
        let sink = Hashing { file, hash: Sha256::new(), size: 0 };
        let options = ArrowWriterOptions::new().with_properties(properties(&partition.source));
        let writer = ArrowWriter::try_new_with_options(sink, schema::schema(), options)
            .map_err(|source| CaseError::Parquet { op: "write", path: target.clone(), source })?;
        Ok(Self { writer, temporary, target, relative, rows: 0, last: i64::MIN, used: 0 })
    }

    /// Appends events that are in order of time and not before what is there.
    pub(crate) fn write(&mut self, events: &[Event]) -> Result<(), CaseError> {
        let batch = schema::batch(events).map_err(|source| CaseError::Arrow {
            op: "write",
            path: self.target.clone(),
            source,
        })?;
        let written = self.writer.write(&batch).and_then(|()| {
            if self.writer.in_progress_size() > ROW_GROUP_BYTES { self.writer.flush() } else { Ok(()) }
        });
        written.map_err(|source| self.failed(source))?;
        self.rows = self.rows.saturating_add(events.len() as u64);
        if let Some(event) = events.last() {
            self.last = event.time.micros();
        }
        Ok(())
    }

    /// A full disk arrives as Parquet's error; it is given back as the operating system's.
    fn failed(&self, source: parquet::errors::ParquetError) -> CaseError {
        let path = self.target.clone();
        match source {
            parquet::errors::ParquetError::External(inner) => match inner.downcast::<io::Error>() {
                Ok(source) => CaseError::Io { op: "write", path, source: *source },
                Err(inner) => CaseError::Parquet {
                    op: "write",
                    path,
                    source: parquet::errors::ParquetError::External(inner),
                },
            },
            source => CaseError::Parquet { op: "write", path, source },
        }
    }

    /// Ends the file and moves it into its place.
    pub(crate) fn finish(mut self) -> Result<FileDigest, CaseError> {
        self.writer.finish().map_err(|source| self.failed(source))?;
        let sink = self.writer.inner_mut();
        let sha256 = hex::encode(sink.hash.clone().finalize());
        let size = sink.size;
        sink.file
            .set_permissions(Permissions::from_mode(files::READ_ONLY))
            .and_then(|()| sink.file.sync_all())
            .map_err(CaseError::io("sync", &self.temporary))?;
        fs::rename(&self.temporary, &self.target).map_err(CaseError::io("rename", &self.target))?;
        files::sync_dir(files::parent(&self.target))?;
        Ok(FileDigest { path: self.relative, size, sha256, rows: self.rows })
    }
}

/// A row group is ended at this size, which bounds what a writer holds.
const ROW_GROUP_BYTES: usize = 8 * 1024 * 1024;

fn properties(source: &str) -> WriterProperties {
    let level = ZstdLevel::try_new(3).unwrap_or_default();
    let mut builder = WriterProperties::builder()
        .set_compression(Compression::ZSTD(level))
        .set_max_row_group_row_count(Some(128 * 1024))
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_created_by(layout::TOOL.into())
        .set_sorting_columns(Some(vec![SortingColumn {
            column_idx: 0,
            descending: false,
            nulls_first: false,
        }]))
        .set_key_value_metadata(Some(vec![KeyValue::new(schema::SOURCE_KEY.to_owned(), source.to_owned())]));
    for column in ["offset", "duration", "bytes_in", "bytes_out", schema::TIME] {
        // Nearly every value is another one: a dictionary would only cost.
        builder = builder.set_column_dictionary_enabled(ColumnPath::from(column), false);
    }
    builder.build()
}
