//! Timesketch JSON Lines: `message`, `datetime` and `timestamp_desc` on every line, plaso's `data_type` and attribute
//! names beside them, so that a file imports without a mapping and searches written for plaso's output work.
//!
//! Field names: plaso's event data of the Atlassian parsers; Timesketch's guide "Import from JSON or CSV".

use std::{collections::HashMap, io::Write};

use bbsec_core::{Event, escape};

use crate::{Error, Redactor};

/// Texts that are remembered in the form in which they are written: users, addresses and paths come again.
const REMEMBERED: usize = 1 << 16;
/// Longer ones seldom do.
const SHORT: usize = 256;

/// Writes one line for each event; returns how many.
pub fn timesketch<'a>(
    events: impl IntoIterator<Item = &'a Event>,
    redactor: &Redactor,
    out: &mut dyn Write,
) -> Result<u64, Error> {
    let mut writer = Timesketch::new(redactor, out);
    for event in events {
        writer.event(event)?;
    }
    writer.finish()
}

/// Writes events one by one, so that a million of them need no memory.
pub struct Timesketch<'r, W: Write> {
    texts: Texts<'r>,
    out: W,
    line: Line,
    count: u64,
}

impl<'r, W: Write> Timesketch<'r, W> {
    /// Writes to `out`, which should be buffered.
    pub fn new(redactor: &'r Redactor, out: W) -> Self {
        Self { texts: Texts { redactor, written: HashMap::new() }, out, line: Line::default(), count: 0 }
    }

    /// Writes one line.
    pub fn event(&mut self, event: &Event) -> Result<(), Error> {
        row(event, &mut self.texts, &mut self.line);
        self.out
            .write_all(self.line.close())
            .map_err(|source| Error::Write { what: "the timeline for Timesketch", source })?;
        self.count += 1;
        Ok(())
    }

    /// Flushes; returns how many lines were written.
    pub fn finish(mut self) -> Result<u64, Error> {
        self.out.flush().map_err(|source| Error::Write { what: "the timeline for Timesketch", source })?;
        Ok(self.count)
    }
}

/// One JSON object while it is written.
#[derive(Default)]
struct Line {
    bytes: Vec<u8>,
    names: Vec<String>,
    used: usize,
}

impl Line {
    /// Begins a field, unless the object has one of that name.
    fn name(&mut self, name: &str) -> bool {
        if self.names.iter().take(self.used).any(|used| used == name) {
            return false;
        }
        // The buffers of the names are used again from line to line.
        match self.names.get_mut(self.used) {
            Some(free) => {
                free.clear();
                free.push_str(name);
            }
            None => self.names.push(name.to_owned()),
        }
        self.used += 1;
        self.bytes.push(if self.used == 1 { b'{' } else { b',' });
        quote(name, &mut self.bytes);
        self.bytes.push(b':');
        true
    }

    fn raw(&mut self, name: &str, json: &[u8]) {
        if self.name(name) {
            self.bytes.extend_from_slice(json);
        }
    }

    fn number(&mut self, name: &str, number: impl std::fmt::Display) {
        if self.name(name) {
            let _ = write!(self.bytes, "{number}");
        }
    }

    fn close(&mut self) -> &[u8] {
        self.bytes.extend_from_slice(b"}\n");
        self.used = 0;
        &self.bytes
    }
}

/// A text as a JSON string.
fn quote(text: &str, out: &mut Vec<u8>) {
    // Writing a string into memory does not fail.
    let _ = serde_json::to_writer(out, text);
}

/// Texts without secrets, as JSON strings; what a reader of a terminal or a web page sees cannot act.
struct Texts<'r> {
    redactor: &'r Redactor,
    written: HashMap<Box<str>, Box<[u8]>>,
}

impl Texts<'_> {
    /// The text without secrets.
    fn clean(&self, text: &str) -> String {
        let mut cleaned = text.to_owned();
        self.redactor.clean(&mut cleaned);
        if let std::borrow::Cow::Owned(visible) = escape::terminal(&cleaned) {
            cleaned = visible;
        }
        cleaned
    }

    fn put(&mut self, line: &mut Line, name: &str, text: &str) {
        if !line.name(name) {
            return;
        }
        if let Some(json) = self.written.get(text) {
            line.bytes.extend_from_slice(json);
            return;
        }
        let from = line.bytes.len();
        quote(&self.clean(text), &mut line.bytes);
        if text.len() <= SHORT && self.written.len() < REMEMBERED {
            let json = line.bytes.get(from..).unwrap_or_default();
            self.written.insert(text.into(), json.into());
        }
    }
}

fn row(event: &Event, texts: &mut Texts<'_>, line: &mut Line) {
    line.bytes.clear();
    let action = texts.clean(&event.action);
    if line.name("message") {
        let who = event.user.as_deref().map(|user| texts.clean(user));
        let from = event.ips.first().map(|ip| texts.clean(ip));
        let status = event.status.map(|status| format!(" [{status}]")).unwrap_or_default();
        let message = format!(
            "{} {} {}: {action}{status}",
            who.as_deref().unwrap_or("-"),
            from.as_deref().unwrap_or("-"),
            event.verb.name(),
        );
        quote(&message, &mut line.bytes);
    }
    line.number("datetime", format_args!("\"{}\"", event.time));
    line.number("timestamp", event.time.micros());
    line.raw("timestamp_desc", b"\"Recorded Time\"");
    texts.put(line, "data_type", &event.data_type);
    let fields = [
        ("username", event.user.as_ref()),
        ("remote_address", event.ips.first()),
        ("session_identifier", event.session.as_ref()),
        ("request_identifier", event.request.as_ref()),
        ("http_request_user_agent", event.user_agent.as_ref()),
        ("access_token_identifier", event.token.as_ref()),
        ("ssh_key_identifier", event.ssh_key.as_ref()),
        ("target", event.target.as_ref().map(|target| &target.id)),
    ];
    for (name, value) in fields {
        if let Some(value) = value {
            texts.put(line, name, value);
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
            line.number(name, value);
        }
    }
    if !event.labels.is_empty() {
        texts.put(line, "labels", &event.labels.join(", "));
    }
    line.number("verb", format_args!("\"{}\"", event.verb.name()));
    if line.name("action") {
        quote(&action, &mut line.bytes);
    }
    texts.put(line, "source_file", &event.at.file);
    line.number("source_offset", event.at.offset);
    line.number("source_length", event.at.length);
    texts.put(line, "parser", &event.source);
    for (name, value) in &event.extra {
        // A source's own name never takes the place of one of these.
        let mut name = escape::path_component(&texts.clean(name));
        // These have a meaning of their own to Timesketch.
        if name.starts_with('_') || matches!(name.as_str(), "tag" | "label" | "comment" | "star") {
            name.insert_str(0, "extra_");
        }
        texts.put(line, &name, value);
    }
}
