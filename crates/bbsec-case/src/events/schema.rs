//! The columns of the event store: flat, one row per event, readable by every Parquet tool.
//!
//! `source` and `date` are the folder's (`source=…/date=…`), not columns; the exact source name is in the file's
//! metadata, because a folder name cannot hold every text.

use std::sync::{Arc, LazyLock};

use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use parquet::{arrow::ArrowSchemaConverter, schema::types::SchemaDescriptor};

/// Key of the file metadata that holds the source's exact name.
pub(crate) const SOURCE_KEY: &str = "bbsec.source";

/// The column by which files are sorted.
pub(crate) const TIME: &str = "time";

static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
    let text = |name: &str, nullable| Field::new(name, DataType::Utf8, nullable);
    let list = |name: &str| {
        Field::new(name, DataType::List(Arc::new(Field::new("element", DataType::Utf8, false))), false)
    };
    Arc::new(Schema::new(vec![
        Field::new(TIME, DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())), false),
        text("data_type", false),
        text("user", true),
        list("ips"),
        text("session", true),
        text("token", true),
        text("ssh_key", true),
        text("user_agent", true),
        text("request", true),
        text("verb", false),
        text("action", false),
        text("target_kind", true),
        text("target_id", true),
        text("target_name", true),
        Field::new("status", DataType::Int32, true),
        Field::new("bytes_in", DataType::UInt64, true),
        Field::new("bytes_out", DataType::UInt64, true),
        Field::new("duration", DataType::UInt64, true),
        list("labels"),
        text("extra", true),
        text("file", false),
        Field::new("offset", DataType::UInt64, false),
        Field::new("length", DataType::UInt32, false),
    ]))
});

/// The same as Parquet's columns.
pub(crate) static PARQUET: LazyLock<SchemaDescriptor> = LazyLock::new(|| {
    #[expect(clippy::expect_used, reason = "a constant: every test would fail")]
    ArrowSchemaConverter::new().convert(&SCHEMA).expect("every column has a type that Parquet knows")
});

/// The Arrow schema of every event file.
pub fn schema() -> SchemaRef {
    SCHEMA.clone()
}
