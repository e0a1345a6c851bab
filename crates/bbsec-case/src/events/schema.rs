//! The columns of the event store: flat, one row per event, readable by every Parquet tool.
//!
//! `source` and `date` are the folder's (`source=…/date=…`), not columns; the exact source name is in the file's
//! metadata, because a folder name cannot hold every text.

use std::sync::{Arc, LazyLock};

use arrow::{
    array::{
        ArrayRef, Int32Builder, ListBuilder, RecordBatch, StringBuilder, TimestampMicrosecondBuilder,
        UInt32Builder, UInt64Builder,
    },
    datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit},
    error::ArrowError,
};
use bbsec_core::Event;

use crate::canonical;

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

/// The Arrow schema of every event file.
pub fn schema() -> SchemaRef {
    SCHEMA.clone()
}

/// Events as one batch.
pub(crate) fn batch(events: &[Event]) -> Result<RecordBatch, ArrowError> {
    let time = {
        let mut builder = TimestampMicrosecondBuilder::with_capacity(events.len()).with_timezone("UTC");
        for event in events {
            builder.append_value(event.time.micros());
        }
        Arc::new(builder.finish()) as ArrayRef
    };
    let columns: Vec<ArrayRef> = vec![
        time,
        text(events, |event| Some(&event.data_type)),
        text(events, |event| event.user.as_deref()),
        list(events, |event| &event.ips),
        text(events, |event| event.session.as_deref()),
        text(events, |event| event.token.as_deref()),
        text(events, |event| event.ssh_key.as_deref()),
        text(events, |event| event.user_agent.as_deref()),
        text(events, |event| event.request.as_deref()),
        text(events, |event| Some(event.verb.name())),
        text(events, |event| Some(&event.action)),
        text(events, |event| event.target.as_ref().map(|target| target.kind.name())),
        text(events, |event| event.target.as_ref().map(|target| &*target.id)),
        text(events, |event| event.target.as_ref()?.name.as_deref()),
        {
            let mut builder = Int32Builder::with_capacity(events.len());
            for event in events {
                builder.append_option(event.status);
            }
            Arc::new(builder.finish())
        },
        numbers(events, |event| event.bytes_in),
        numbers(events, |event| event.bytes_out),
        numbers(events, |event| event.duration),
        list(events, |event| &event.labels),
        extra(events),
        text(events, |event| Some(&event.at.file)),
        numbers_required(events, |event| event.at.offset),
        {
            let mut builder = UInt32Builder::with_capacity(events.len());
            for event in events {
                builder.append_value(event.at.length);
            }
            Arc::new(builder.finish())
        },
    ];
    RecordBatch::try_new(schema(), columns)
}

fn text<'a>(events: &'a [Event], value: impl Fn(&'a Event) -> Option<&'a str>) -> ArrayRef {
    let mut builder = StringBuilder::with_capacity(events.len(), events.len().saturating_mul(16));
    for event in events {
        builder.append_option(value(event));
    }
    Arc::new(builder.finish())
}

fn numbers(events: &[Event], value: impl Fn(&Event) -> Option<u64>) -> ArrayRef {
    let mut builder = UInt64Builder::with_capacity(events.len());
    for event in events {
        builder.append_option(value(event));
    }
    Arc::new(builder.finish())
}

fn numbers_required(events: &[Event], value: impl Fn(&Event) -> u64) -> ArrayRef {
    numbers(events, |event| Some(value(event)))
}

fn list(events: &[Event], value: impl Fn(&Event) -> &Vec<String>) -> ArrayRef {
    let element = Field::new("element", DataType::Utf8, false);
    let mut builder = ListBuilder::new(StringBuilder::new()).with_field(element);
    for event in events {
        for item in value(event) {
            builder.values().append_value(item);
        }
        builder.append(true);
    }
    Arc::new(builder.finish())
}

/// Everything else that the source says, as a JSON object: `extra->>'name'` in SQL.
fn extra(events: &[Event]) -> ArrayRef {
    let mut builder = StringBuilder::new();
    for event in events {
        if event.extra.is_empty() {
            builder.append_null();
        } else {
            let map = event.extra.iter().map(|(key, value)| (key.clone(), value.clone().into()));
            builder.append_value(canonical::to_string(&serde_json::Value::Object(map.collect())));
        }
    }
    Arc::new(builder.finish())
}
