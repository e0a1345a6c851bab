//! Application logs that log4j and logback write: a time, a level, a thread, a logger, a message, and the lines of a
//! stack trace after it. What differs between the products is what stands between thread and message.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use bbsec_core::{Event, Failure, Time, Verb};

use super::parser::{Bad, Emit, LineParser, Raw, text};
use crate::read::{Clock, StampReader};

/// How much of a stack trace is kept in the event; its place covers all of it.
const MOST_TRACE: usize = 8 << 10;

/// How a line goes on after the thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// `[thread] request… logger message`: Bitbucket.
    PlainLogger,
    /// `[thread] [logger] method message`: Confluence; Jira with its request before the logger.
    BracketedLogger,
    /// `thread user …` without a level: Jira's security log.
    Bare,
}

const LEVELS: [&str; 6] = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"];

/// Which shape a line has; `None` when it does not begin like an application log's line.
pub(crate) fn shape(line: &[u8]) -> Option<Shape> {
    let (_, taken) = crate::read::iso(line)?;
    let rest = String::from_utf8_lossy(line.get(taken..)?);
    let rest = rest.trim_start();
    match head(rest) {
        Some((_, _, after)) if after.starts_with('[') => Some(Shape::BracketedLogger),
        Some((_, _, after))
            if after.contains(" [") && !first_is_logger(after) && bracketed_logger(after).is_some() =>
        {
            Some(Shape::BracketedLogger)
        }
        Some(_) => Some(Shape::PlainLogger),
        None => (!rest.is_empty()).then_some(Shape::Bare),
    }
}

fn first_is_logger(text: &str) -> bool {
    is_logger(text.split(' ').next().unwrap_or(""))
}

/// Level, thread, and what comes after. Jira writes the thread without brackets before the level.
fn head(rest: &str) -> Option<(&str, &str, &str)> {
    let (first, after) = rest.split_once(' ')?;
    if LEVELS.contains(&first) {
        let after = after.trim_start();
        let inside = after.strip_prefix('[')?;
        let (thread, after) =
            inside.split_once("] ").or_else(|| inside.strip_suffix(']').map(|t| (t, "")))?;
        return Some((first, thread, after.trim_start()));
    }
    let position = LEVELS.iter().filter_map(|level| find_word(rest, level).map(|at| (at, *level))).min()?;
    let (at, level) = position;
    if at > 120 {
        return None;
    }
    let after = rest.get(at + level.len()..)?.trim_start();
    Some((level, rest.get(..at)?.trim_end(), after))
}

fn find_word(text: &str, word: &str) -> Option<usize> {
    text.match_indices(word).map(|(at, _)| at).find(|at| {
        let before = at.checked_sub(1).and_then(|before| text.as_bytes().get(before));
        let after = text.as_bytes().get(at + word.len());
        matches!(before, Some(b' ')) && matches!(after, Some(b' '))
    })
}

/// A Java class name, whole or shortened: `c.a.s.i.r.DefaultRepositorySizeCache`.
pub(crate) fn is_logger(word: &str) -> bool {
    word.contains('.')
        && word.starts_with(|c: char| c.is_ascii_alphabetic())
        && word.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '$' | '-'))
        && !word.ends_with('.')
}

/// Finds `[logger] method message`; gives what stands before, the logger, and the rest.
fn bracketed_logger(after: &str) -> Option<(&str, &str, &str)> {
    after.match_indices('[').find_map(|(at, _)| {
        let inside = after.get(at + 1..)?;
        let (logger, rest) = inside.split_once(']')?;
        let logger = logger.trim();
        (is_logger(logger) && (at == 0 || after.get(..at)?.ends_with(' ')))
            .then(|| (after.get(..at).unwrap_or_default().trim(), logger, rest.trim_start()))
    })
}

/// The part of a line between thread and message.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Context {
    pub user: Option<String>,
    pub request: Option<String>,
    pub session: Option<String>,
    pub address: Option<String>,
    pub action: Option<String>,
    pub logger: String,
    pub method: Option<String>,
    pub message: String,
    /// Extra words that the format prints, by plaso's name or ours.
    pub extra: BTreeMap<String, String>,
}

/// What differs between the products.
pub(crate) struct Dialect {
    pub source: &'static str,
    pub data_type: &'static str,
    /// Reads what comes after level and thread.
    pub context: fn(&str) -> Option<Context>,
    /// Reads a line that has no level, if the product writes such.
    pub bare: Option<fn(&str) -> Option<Context>>,
    /// The product's name in its start-up line.
    pub version: fn(&Context) -> Option<String>,
}

/// A reader of application logs.
pub(crate) struct Reader {
    dialect: Dialect,
    stamps: StampReader,
    open: Option<Event>,
    trace: String,
    versions: Arc<std::sync::Mutex<BTreeSet<String>>>,
}

impl Reader {
    /// Versions that start-up lines name are put into `versions`.
    pub(crate) fn new(dialect: Dialect, versions: Arc<std::sync::Mutex<BTreeSet<String>>>) -> Self {
        Self { dialect, stamps: StampReader::default(), open: None, trace: String::new(), versions }
    }

    fn close(&mut self, emit: Emit<'_>) -> Result<(), Failure> {
        let Some(mut event) = self.open.take() else { return Ok(()) };
        if !self.trace.is_empty() {
            event.extra.insert("stack_trace".into(), std::mem::take(&mut self.trace));
        }
        emit(&mut event)
    }

    /// A line that begins with no time belongs to the event before it.
    fn goes_on(&mut self, raw: Raw<'_>) -> Result<(), Bad> {
        let Some(event) = &mut self.open else {
            return Err(Bad::Line("no time at its beginning, and no event before it to belong to"));
        };
        if event.at.file != *raw.file {
            return Err(Bad::Line("no time at its beginning, and no event before it to belong to"));
        }
        let end = raw.offset.saturating_add(raw.bytes.len() as u64);
        event.at.length = u32::try_from(end.saturating_sub(event.at.offset)).unwrap_or(u32::MAX);
        if self.trace.len() < MOST_TRACE {
            if !self.trace.is_empty() {
                self.trace.push('\n');
            }
            let line = String::from_utf8_lossy(raw.bytes);
            let room = MOST_TRACE.saturating_sub(self.trace.len());
            self.trace.extend(line.chars().take(room));
        }
        Ok(())
    }
}

impl LineParser for Reader {
    fn line(&mut self, raw: Raw<'_>, clock: &mut Clock, emit: Emit<'_>) -> Result<Option<Time>, Bad> {
        let Some((stamp, taken)) = self.stamps.iso(raw.bytes) else {
            self.goes_on(raw)?;
            return Ok(None);
        };
        let rest = text(raw.bytes.get(taken..).unwrap_or_default());
        let rest = rest.trim();
        let (level, thread, context) = match (head(rest), self.dialect.bare) {
            (Some((level, thread, after)), _) => (Some(level), Some(thread), (self.dialect.context)(after)),
            (None, Some(bare)) => (None, None, bare(rest)),
            (None, None) => return Err(Bad::Line("no level and thread after the time")),
        };
        let context = context.ok_or("no logger after the thread")?;
        self.close(emit)?;
        let time = clock.utc(stamp);
        if let Some(version) = (self.dialect.version)(&context)
            && let Ok(mut versions) = self.versions.lock()
            && versions.len() < 64
        {
            versions.insert(version);
        }
        let mut extra = context.extra;
        let mut put = |name: &str, value: Option<String>| {
            if let Some(value) = value.filter(|value| !value.is_empty()) {
                extra.insert(name.to_owned(), value);
            }
        };
        put("level", level.map(Into::into));
        put("thread", thread.map(Into::into));
        put("logger_class", Some(context.logger));
        put("logger_method", context.method);
        put("request_action", context.action);
        let verb = if extra.contains_key("login") { Verb::Login } else { Verb::Other };
        let mut event = Event::new(
            time,
            Cow::Borrowed(self.dialect.source),
            Cow::Borrowed(self.dialect.data_type),
            verb,
            context.message,
            raw.place(),
        );
        event.user = context.user;
        event.request = context.request;
        event.session = context.session;
        event.ips =
            context.address.map(|address| super::parser::addresses(address.as_bytes())).unwrap_or_default();
        event.extra = extra;
        self.open = Some(event);
        Ok(Some(time))
    }

    fn end_of_file(&mut self, emit: Emit<'_>) -> Result<(), Failure> {
        self.close(emit)
    }

    fn finish(&mut self, emit: Emit<'_>) -> Result<(), Failure> {
        self.close(emit)
    }
}

/// `[logger] method message`, as Confluence writes it, with nothing or a request before the logger.
pub(crate) fn bracketed(after: &str) -> Option<(String, Context)> {
    let (before, logger, rest) = bracketed_logger(after)?;
    let (method, message) = rest.split_once(' ').unwrap_or((rest, ""));
    let context = Context {
        logger: logger.to_owned(),
        method: Some(method.to_owned()),
        message: message.trim().to_owned(),
        ..Context::default()
    };
    Some((before.to_owned(), context))
}
