//! One event file being written: temporary until it is closed, then hashed, durable, read-only and in its place.

use std::{
    fs::{self, File, Permissions},
    io::{self, Write},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    sync::Arc,
};

use bbsec_core::{Event, escape, hex};
use parquet::{
    basic::{Compression, Encoding, ZstdLevel},
    errors::ParquetError,
    file::{
        metadata::{KeyValue, SortingColumn},
        properties::{EnabledStatistics, WriterProperties, WriterPropertiesPtr},
        writer::SerializedFileWriter,
    },
};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{
    group::Group,
    pages::{LEVEL, Packer},
    schema,
};
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

    /// How its files are written.
    pub(crate) fn properties(&self) -> WriterPropertiesPtr {
        Arc::new(properties(&self.source))
    }

    /// Relative to the case folder. Times beyond the years that a date can show share one folder.
    pub(crate) fn folder(&self) -> String {
        let source = escape::path_component(&self.source);
        format!("{}/source={source}/date={}", layout::EVENTS, escape::path_component(&self.date))
    }
}

/// A writer that knows the digest of what went through it.
pub(crate) struct Hashing {
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
    writer: SerializedFileWriter<Hashing>,
    temporary: PathBuf,
    target: PathBuf,
    relative: String,
    rows: u64,
}

impl Part {
    /// Begins `<case>/<folder>/<name>`.
    pub(crate) fn create(
        case: &Path,
        partition: &Partition,
        properties: &WriterPropertiesPtr,
        name: &str,
    ) -> Result<Self, CaseError> {
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
        let root = schema::PARQUET.root_schema_ptr();
        let writer = SerializedFileWriter::new(sink, root, properties.clone())
            .map_err(|source| failed(&target, source))?;
        Ok(Self { writer, temporary, target, relative, rows: 0 })
    }

    /// Appends a row group, whose events are not before those that are there.
    pub(crate) fn append(&mut self, group: Group, packer: &mut Packer) -> Result<(), CaseError> {
        self.rows = self.rows.saturating_add(group.rows());
        let written = group.finish(&schema::PARQUET, &mut self.writer, packer);
        written.map_err(|source| failed(&self.target, source))
    }

    /// Ends the file and moves it into its place.
    pub(crate) fn finish(mut self) -> Result<FileDigest, CaseError> {
        self.writer.finish().map_err(|source| failed(&self.target, source))?;
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

/// A full disk arrives as Parquet's error; it is given back as the operating system's.
pub(crate) fn failed(path: &Path, source: ParquetError) -> CaseError {
    let path = path.to_path_buf();
    match source {
        ParquetError::External(inner) => match inner.downcast::<io::Error>() {
            Ok(source) => CaseError::Io { op: "write", path, source: *source },
            Err(inner) => CaseError::Parquet { op: "write", path, source: ParquetError::External(inner) },
        },
        source => CaseError::Parquet { op: "write", path, source },
    }
}

fn properties(source: &str) -> WriterProperties {
    let level = ZstdLevel::try_new(LEVEL).unwrap_or_default();
    WriterProperties::builder()
        .set_compression(Compression::ZSTD(level))
        // What Parquet's own writer encodes are numbers: differences of what is in order are small.
        .set_dictionary_enabled(false)
        .set_encoding(Encoding::DELTA_BINARY_PACKED)
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_offset_index_disabled(true)
        .set_created_by(layout::TOOL.into())
        .set_sorting_columns(Some(vec![SortingColumn {
            column_idx: 0,
            descending: false,
            nulls_first: false,
        }]))
        .set_key_value_metadata(Some(vec![KeyValue::new(schema::SOURCE_KEY.to_owned(), source.to_owned())]))
        .build()
}
