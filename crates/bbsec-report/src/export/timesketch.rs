//! Timesketch JSON Lines: `message`, `datetime` and `timestamp_desc` on every line, plaso's `data_type` and attribute
//! names beside them, so that a file imports without a mapping and searches written for plaso's output work.
//!
//! Field names: plaso's event data of the Atlassian parsers; Timesketch's guide "Import from JSON or CSV".

use std::io::Write;

use bbsec_core::{Event, escape};
use serde_json::{Map, Value};

use crate::{Error, Redactor, scrub::Scrub};

/// Writes one line for each event; returns how many.
pub fn timesketch<'a>(
    events: impl IntoIterator<Item = &'a Event>,
    redactor: &Redactor,
    out: &mut dyn Write,
) -> Result<u64, Error> {
    let mut count = 0;
    for event in events {
        let mut event = event.clone();
        event.scrub(redactor);
        let mut line = serde_json::to_vec(&row(&event))
            .map_err(|source| Error::Json { what: "an event for Timesketch", source })?;
        line.push(b'\n');
        out.write_all(&line)
            .map_err(|source| Error::Write { what: "the timeline for Timesketch", source })?;
        count += 1;
    }
    Ok(count)
}

/// What a reader of a terminal or a web page sees cannot act.
fn text(value: &str) -> Value {
    Value::String(escape::terminal(value).into_owned())
}

fn row(event: &Event) -> Value {
    let mut row = Map::new();
    row.insert("message".into(), text(&message(event)));
    row.insert("datetime".into(), Value::String(event.time.to_string()));
    row.insert("timestamp".into(), Value::from(event.time.micros()));
    row.insert("timestamp_desc".into(), Value::from("Recorded Time"));
    row.insert("data_type".into(), text(&event.data_type));
    let texts = [
        ("username", event.user.as_ref()),
        ("remote_address", event.ips.first()),
        ("session_identifier", event.session.as_ref()),
        ("request_identifier", event.request.as_ref()),
        ("http_request_user_agent", event.user_agent.as_ref()),
        ("access_token_identifier", event.token.as_ref()),
        ("ssh_key_identifier", event.ssh_key.as_ref()),
        ("target", event.target.as_ref().map(|target| &target.id)),
    ];
    for (name, value) in texts {
        if let Some(value) = value {
            row.insert(name.into(), text(value));
        }
    }
    let numbers = [
        ("http_response_code", event.status.map(i64::from)),
        ("http_response_bytes_read", event.bytes_in.and_then(|n| i64::try_from(n).ok())),
        ("http_response_bytes_written", event.bytes_out.and_then(|n| i64::try_from(n).ok())),
        ("request_time", event.duration.and_then(|n| i64::try_from(n).ok())),
    ];
    for (name, value) in numbers {
        if let Some(value) = value {
            row.insert(name.into(), Value::from(value));
        }
    }
    if !event.labels.is_empty() {
        row.insert("labels".into(), text(&event.labels.join(", ")));
    }
    row.insert("verb".into(), Value::from(event.verb.name()));
    row.insert("action".into(), text(&event.action));
    row.insert("source_file".into(), text(&event.at.file));
    row.insert("source_offset".into(), Value::from(event.at.offset));
    row.insert("source_length".into(), Value::from(event.at.length));
    row.insert("parser".into(), text(&event.source));
    for (name, value) in &event.extra {
        // A source's own name never takes the place of one of these.
        let mut name = escape::path_component(name);
        // These have a meaning of their own to Timesketch.
        if name.starts_with('_') || matches!(name.as_str(), "tag" | "label" | "comment" | "star") {
            name.insert_str(0, "extra_");
        }
        row.entry(name).or_insert_with(|| text(value));
    }
    Value::Object(row)
}

fn message(event: &Event) -> String {
    let who = event.user.as_deref().unwrap_or("-");
    let from = event.ips.first().map_or("-", String::as_str);
    let status = event.status.map(|status| format!(" [{status}]")).unwrap_or_default();
    format!("{who} {from} {}: {}{status}", event.verb.name(), event.action)
}
