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

    /// A text that is clean already.
    fn text(&mut self, name: &str, text: &str) {
        if self.name(name) {
            quote(text, &mut self.bytes);
        }
    }

    fn number_some(&mut self, name: &str, number: Option<impl std::fmt::Display>) {
        if let Some(number) = number {
            self.number(name, number);
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

    fn put_some(&mut self, line: &mut Line, name: &str, text: Option<&str>) {
        if let Some(text) = text {
            self.put(line, name, text);
        }
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
    let kind = Kind::of(&event.data_type);
    let action = texts.clean(&event.action);
    head(event, kind, &action, texts, line);
    let address = event.ips.first().map(String::as_str);
    match kind {
        Kind::BitbucketAccess | Kind::TomcatAccess => access(event, kind, &action, texts, line),
        Kind::BitbucketLine => {
            texts.put_some(line, "ip_address", address);
            line.text("message_body", &action);
        }
        Kind::ProductLine => line.text("message_body", &action),
        Kind::Audit => {
            line.text("event_name", &action);
            texts.put_some(line, "remote_address", address);
        }
        Kind::Other => {
            texts.put_some(line, "remote_address", address);
            texts.put_some(line, "http_request_user_agent", event.user_agent.as_deref());
            line.number_some("http_response_code", event.status);
            line.number_some("http_response_bytes_read", event.bytes_in);
            line.number_some("http_response_bytes_written", event.bytes_out);
            line.number_some("request_time", event.duration.map(millis));
        }
    }
    let fields = [
        ("username", event.user.as_deref()),
        ("session_identifier", event.session.as_deref()),
        ("request_identifier", event.request.as_deref()),
        ("access_token_identifier", event.token.as_deref()),
        ("ssh_key_identifier", event.ssh_key.as_deref()),
        ("target", event.target.as_ref().map(|target| target.id.as_str())),
    ];
    for (name, value) in fields {
        texts.put_some(line, name, value);
    }
    if !event.labels.is_empty() {
        texts.put(line, "labels", &event.labels.join(", "));
    }
    line.text("verb", event.verb.name());
    // Where its parts stand by plaso's names the whole would only be a third copy.
    if matches!(kind, Kind::Other) || (kind.is_access() && request_line(&action).is_none()) {
        line.text("action", &action);
    }
    texts.put(line, "source_file", &event.at.file);
    line.number("source_offset", event.at.offset);
    line.number("source_length", event.at.length);
    texts.put(line, "parser", &event.source);
    rest(event, texts, line);
}

/// What every line begins with.
fn head(event: &Event, kind: Kind, action: &str, texts: &mut Texts<'_>, line: &mut Line) {
    let who = event.user.as_deref().map(|user| texts.clean(user));
    let from = event.ips.first().map(|ip| texts.clean(ip));
    let status = event.status.map(|status| format!(" [{status}]")).unwrap_or_default();
    let message = format!(
        "{} {} {}: {action}{status}",
        who.as_deref().unwrap_or("-"),
        from.as_deref().unwrap_or("-"),
        event.verb.name(),
    );
    line.text("message", &message);
    line.number("datetime", format_args!("\"{}\"", event.time));
    line.number("timestamp", event.time.micros());
    // plaso's own words for the time that a log line carries, and for when a line of an application log was written.
    let written = matches!(kind, Kind::BitbucketLine | Kind::ProductLine);
    line.text("timestamp_desc", if written { "Written Time" } else { "Recorded Time" });
    texts.put(line, "data_type", &event.data_type);
}

/// A request and its answer, by the names of plaso's parser for that log.
fn access(event: &Event, kind: Kind, action: &str, texts: &mut Texts<'_>, line: &mut Line) {
    let bitbucket = matches!(kind, Kind::BitbucketAccess);
    if let Some((method, uri, version)) = request_line(action) {
        line.text("http_request_method", method);
        line.text("http_request_uri", uri);
        if let Some(version) = version {
            line.text("http_version", version);
        }
    }
    if let Some((_, quoted)) = action.split_once('\'').filter(|_| action.starts_with("SSH")) {
        line.text("ssh_repository_path", quoted.split('\'').next().unwrap_or(quoted));
    }
    texts.put_some(line, "http_request_user_agent", event.user_agent.as_deref());
    line.number_some("http_response_code", event.status);
    if bitbucket {
        if !event.ips.is_empty() {
            texts.put(line, "remote_address", &event.ips.join(","));
        }
        line.number_some("http_response_bytes_read", event.bytes_in);
        line.number_some("http_response_bytes_written", event.bytes_out);
        line.number_some("request_time", event.duration.map(millis));
    } else {
        if event.ips.len() > 1 {
            texts.put_some(line, "forwarded_for", event.ips.first().map(String::as_str));
        }
        texts.put_some(line, "remote_name", event.ips.last().map(String::as_str));
        line.number_some("http_response_bytes", event.bytes_out);
        line.number_some("process_duration", event.duration.map(millis));
    }
}

/// What else the source says, by its own names.
fn rest(event: &Event, texts: &mut Texts<'_>, line: &mut Line) {
    for (name, value) in &event.extra {
        let name = if name == "mesh_execution_id" { "mesh_execution_identifier" } else { name };
        // A source's own name never takes the place of one of these.
        let mut name = escape::path_component(&texts.clean(name));
        // These have a meaning of their own to Timesketch.
        if name.starts_with('_') || matches!(name.as_str(), "tag" | "label" | "comment" | "star") {
            name.insert_str(0, "extra_");
        }
        texts.put(line, &name, value);
    }
}

/// plaso counts requests in milliseconds.
fn millis(micros: u64) -> u64 {
    micros / 1000
}

/// Which parser of plaso reads such lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    BitbucketAccess,
    BitbucketLine,
    /// Jira's and Confluence's access logs.
    TomcatAccess,
    /// Jira's and Confluence's application logs.
    ProductLine,
    Audit,
    Other,
}

impl Kind {
    fn of(data_type: &str) -> Self {
        match data_type.strip_prefix("atlassian:").unwrap_or(data_type) {
            "bitbucket:access" => Self::BitbucketAccess,
            "bitbucket:line" => Self::BitbucketLine,
            "jira:access" | "confluence:access" => Self::TomcatAccess,
            "jira:line" | "confluence:line" => Self::ProductLine,
            other if other.ends_with(":audit") => Self::Audit,
            _ => Self::Other,
        }
    }

    fn is_access(self) -> bool {
        matches!(self, Self::BitbucketAccess | Self::TomcatAccess)
    }
}

/// Method, target and version of `GET /x?y HTTP/1.1`; of an SSH command, `SSH` and the command.
fn request_line(action: &str) -> Option<(&str, &str, Option<&str>)> {
    let (method, rest) = action.split_once(' ')?;
    if method.is_empty() || !method.bytes().all(|b| b.is_ascii_uppercase()) {
        return None;
    }
    match rest.rsplit_once(" HTTP/") {
        Some((uri, _)) => Some((method, uri, rest.get(uri.len() + 1..))),
        None => Some((method, rest.trim_start_matches("- "), None)),
    }
}
