//! Reads all pieces, file after file, and keeps the books.

use std::{
    cmp::Ordering,
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
};

use bbsec_core::{Event, Failure, Gap, Place, Progress, Sink, Task, Time, Unit};

use super::{
    FileSummary, Format, LogError, LogInput, LogSummary,
    audit::{AuditLog, AuditTable},
    bitbucket, confluence,
    format::product,
    infer::Inferred,
    input::{Piece, folder_of, pieces},
    jira,
    outbox::{Outbox, pair},
    parser::{Bad, LineParser, Raw},
    told::Told,
    tomcat::{Pattern, ValveLog},
};
use crate::read::{Ahead, Clock, Line, Lines, Packing, Zone, Zones};

/// Reads the inputs. Lines that are no part of an event go to the sink's quarantine, and are counted and told as gaps.
/// Reading has a thread of its own; the sink is used by the caller's.
pub fn read(
    inputs: &[LogInput],
    zones: &Zones,
    sink: &mut dyn Sink,
    progress: &dyn Progress,
) -> Result<LogSummary, LogError> {
    zones.check().map_err(LogError::Zone)?;
    let (outbox, inbox) = pair();
    std::thread::scope(|scope| {
        let reader = scope.spawn(move || read_all(inputs, zones, outbox, progress));
        let delivered = inbox.deliver(sink);
        let summary = reader.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        delivered.and(summary)
    })
}

/// The reading thread.
fn read_all(
    inputs: &[LogInput],
    zones: &Zones,
    out: Outbox,
    progress: &dyn Progress,
) -> Result<LogSummary, LogError> {
    let found = pieces(inputs)?;
    let missing = found.all.iter().any(|piece| {
        let format = piece.sniffed.format.filter(|format| format.needs_zone());
        format.is_some_and(|format| zones.find(&piece.file, format.source()).is_none())
    });
    let mut books = Books {
        out,
        zones,
        summary: LogSummary { skipped: found.skipped, ..LogSummary::default() },
        versions: Arc::default(),
        patterns: found.patterns,
        inferred: Inferred::from(&found.all, missing),
        told: Told::default(),
    };
    for gap in found.gaps {
        books.gap(gap)?;
    }
    let total = found.all.iter().map(|piece| piece.size).sum();
    let task = progress.task("logs", Unit::Bytes, Some(total));
    let mut parsers: BTreeMap<(String, Format), Box<dyn LineParser>> = BTreeMap::new();
    for piece in &found.all {
        if progress.cancelled() {
            books.summary.interrupted = true;
            break;
        }
        task.at(&piece.file);
        books.file(piece, &mut parsers, &*task, progress)?;
    }
    books.finish(parsers)
}

struct Books<'a> {
    out: Outbox,
    zones: &'a Zones,
    summary: LogSummary,
    versions: Arc<Mutex<BTreeSet<String>>>,
    patterns: Vec<Pattern>,
    inferred: Inferred,
    told: Told,
}

/// What the books say about one file while it is read.
struct Page {
    summary: FileSummary,
    first_bad: BTreeMap<String, Place>,
}

/// A document larger than this is not read: the servers answer in pages of a few megabytes at most.
const MOST_DOCUMENT: u64 = 24 << 20;

impl Books<'_> {
    fn file(
        &mut self,
        piece: &Piece,
        parsers: &mut BTreeMap<(String, Format), Box<dyn LineParser>>,
        task: &dyn Task,
        progress: &dyn Progress,
    ) -> Result<(), LogError> {
        let mut page = Page {
            summary: FileSummary {
                file: piece.file.to_string(),
                format: piece.sniffed.format,
                ..FileSummary::default()
            },
            first_bad: BTreeMap::new(),
        };
        let mut clock = self.clock(piece, &mut page.summary)?;
        let opened = match piece.open() {
            Ok(opened) => opened,
            Err(why) => {
                page.summary.broken = Some(why.clone());
                self.summary.files.push(page.summary);
                return self.gap(Gap::unread("log file", &*piece.file, why, 1));
            }
        };
        let plain = opened.packing == Packing::Plain && !piece.is_member();
        if piece.sniffed.format == Some(Format::RestAudit) {
            self.document(piece, opened.bytes, &mut page)?;
        } else {
            let bytes = match opened.packing {
                Packing::Plain => opened.bytes,
                _ => Box::new(Ahead::of(opened.bytes)),
            };
            let mut lines = Lines::new(bytes, opened.limit);
            let parser = piece.sniffed.format.map(|format| {
                let key = (folder_of(&piece.file).to_owned(), format);
                parsers
                    .entry(key)
                    .or_insert_with(|| parser(format, &piece.file, &self.versions, &self.patterns))
            });
            match parser {
                Some(parser) => {
                    self.lines(piece, &mut lines, &mut **parser, &mut clock, &mut page, (task, progress))?;
                }
                None => {
                    self.lines(piece, &mut lines, &mut Unknown, &mut clock, &mut page, (task, progress))?;
                }
            }
        }
        if plain && page.summary.broken.is_none() {
            self.size(piece, &page.summary)?;
        }
        self.close(page)
    }

    /// A log that is still written to: what came after it was looked at first is read as well, and said.
    fn size(&mut self, piece: &Piece, summary: &FileSummary) -> Result<(), LogError> {
        let (before, read) = (piece.size, summary.bytes);
        let gap = match read.cmp(&before) {
            Ordering::Equal => return Ok(()),
            Ordering::Greater => {
                let why = format!(
                    "it grew from {before} to {read} bytes while it was read; its end may be half a line"
                );
                Gap::unknown("log file", &*piece.file, why)
            }
            Ordering::Less => {
                let why = format!(
                    "it shrank from {before} to {read} bytes while it was read: it was cut or replaced"
                );
                Gap::unread("log file", &*piece.file, why, 1)
            }
        };
        self.gap(gap)
    }

    fn lines(
        &mut self,
        piece: &Piece,
        lines: &mut Lines<Box<dyn std::io::Read + Send>>,
        parser: &mut dyn LineParser,
        clock: &mut Clock,
        page: &mut Page,
        (task, progress): (&dyn Task, &dyn Progress),
    ) -> Result<(), LogError> {
        let mut told = 0_u64;
        let mut count = 0_u32;
        while let Some(line) = lines.next_line() {
            match line {
                Line::Whole { bytes, offset } => self.line(piece, bytes, offset, parser, clock, page)?,
                Line::Long { head, offset, length } => {
                    page.summary.read += 1;
                    let why = format!("a line of {length} bytes, longer than any log line");
                    self.bad(piece, offset, head, length, "a line longer than any log line", &why, page)?;
                }
            }
            count = count.wrapping_add(1);
            if count.is_multiple_of(4096) {
                let position = lines.position();
                task.advance(position.saturating_sub(told));
                told = position;
                if progress.cancelled() {
                    self.summary.interrupted = true;
                    page.summary.broken = Some("stopped on request".into());
                    break;
                }
            }
        }
        task.advance(lines.position().saturating_sub(told));
        page.summary.bytes = lines.position();
        if let Some(error) = lines.take_error() {
            let why = format!("reading ended after {} bytes: {error}", page.summary.bytes);
            page.summary.broken = Some(why.clone());
            self.gap(Gap::unread("log file", &*piece.file, why, 1))?;
        }
        parser.end_of_file(&mut |event| self.pass(&mut page.summary, event)).map_err(LogError::Sink)
    }

    fn line(
        &mut self,
        piece: &Piece,
        bytes: &[u8],
        offset: u64,
        parser: &mut dyn LineParser,
        clock: &mut Clock,
        page: &mut Page,
    ) -> Result<(), LogError> {
        // A crash leaves blocks of zeros in a log, and some writers a byte order mark at its beginning.
        let skipped = bytes.iter().take_while(|byte| **byte == 0).count();
        let text = bytes.get(skipped..).unwrap_or_default();
        let (text, skipped) = match text.strip_prefix(b"\xef\xbb\xbf") {
            Some(text) if offset == 0 => (text, skipped + 3),
            _ => (text, skipped),
        };
        if text.trim_ascii().is_empty() {
            page.summary.blank += 1;
            return Ok(());
        }
        page.summary.read += 1;
        let raw = Raw { bytes: text, file: &piece.file, offset: offset.saturating_add(skipped as u64) };
        match parser.line(raw, clock, &mut |event| self.pass(&mut page.summary, event)) {
            Ok(time) => {
                page.summary.parsed += 1;
                page.summary.saw(time);
                Ok(())
            }
            Err(Bad::Line(why)) => self.bad(piece, offset, bytes, bytes.len() as u64, why, why, page),
            Err(Bad::Stop(failure)) => Err(LogError::Sink(failure)),
        }
    }

    #[expect(clippy::too_many_arguments, reason = "one call writes one line of the quarantine file")]
    fn bad(
        &mut self,
        piece: &Piece,
        offset: u64,
        bytes: &[u8],
        length: u64,
        group: &str,
        why: &str,
        page: &mut Page,
    ) -> Result<(), LogError> {
        page.summary.quarantined += 1;
        *page.summary.reasons.entry(group.to_owned()).or_default() += 1;
        page.first_bad.entry(group.to_owned()).or_insert_with(|| {
            Place::new(Arc::clone(&piece.file), offset, u32::try_from(length).unwrap_or(u32::MAX))
        });
        self.out.quarantined(&piece.file, offset, bytes, length, why).map_err(LogError::Sink)
    }

    /// A JSON document that spans lines.
    fn document(
        &mut self,
        piece: &Piece,
        bytes: Box<dyn std::io::Read + Send>,
        page: &mut Page,
    ) -> Result<(), LogError> {
        let mut text = Vec::new();
        let read = std::io::Read::read_to_end(&mut std::io::Read::take(bytes, MOST_DOCUMENT), &mut text);
        page.summary.bytes = text.len() as u64;
        let why = match read {
            Err(error) => Some(format!("reading ended after {} bytes: {error}", text.len())),
            Ok(_) if text.len() as u64 == MOST_DOCUMENT => {
                Some(format!("a single JSON document of more than {MOST_DOCUMENT} bytes; fetch it in pages"))
            }
            Ok(_) => None,
        };
        if let Some(why) = why {
            page.summary.broken = Some(why.clone());
            self.gap(Gap::unread("log file", &*piece.file, why, 1))?;
        }
        let json = String::from_utf8_lossy(&text);
        let raw = Raw { bytes: &text, file: &piece.file, offset: 0 };
        let (mut first, mut last) = (None::<Time>, None::<Time>);
        let read = AuditLog::new(product(&piece.file)).document(raw, &json, &mut |event: &mut Event| {
            first = Some(first.map_or(event.time, |first| first.min(event.time)));
            last = Some(last.map_or(event.time, |last| last.max(event.time)));
            self.pass(&mut page.summary, event)
        });
        page.summary.saw(first);
        page.summary.saw(last);
        match read {
            Ok((parsed, bad)) => {
                page.summary.read = parsed.saturating_add(bad);
                page.summary.parsed = parsed;
                for _ in 0..bad {
                    let why = "not the JSON of an audit event";
                    self.bad(piece, 0, b"", 0, why, why, page)?;
                }
                Ok(())
            }
            Err(Bad::Line(why)) => {
                page.summary.read = 1;
                let head = text.get(..text.len().min(4096)).unwrap_or_default();
                self.bad(piece, 0, head, text.len() as u64, why, why, page)
            }
            Err(Bad::Stop(failure)) => Err(LogError::Sink(failure)),
        }
    }

    /// Passes an event on, unless another log has told it.
    fn pass(&mut self, summary: &mut FileSummary, event: &mut Event) -> Result<(), Failure> {
        if self.told.repeats(summary.format, event) {
            summary.repeated += 1;
            return Ok(());
        }
        summary.events += 1;
        self.out.event(event)
    }

    /// Which zone a file's times are in.
    fn clock(&mut self, piece: &Piece, summary: &mut FileSummary) -> Result<Clock, LogError> {
        let Some(format) = piece.sniffed.format.filter(|format| format.needs_zone()) else {
            return Ok(Clock::new(Zone::UTC));
        };
        let given = self.zones.find(&piece.file, format.source());
        let (zone, how) = given
            .or_else(|| self.inferred.of(format))
            .unwrap_or_else(|| (Zone::UTC, "assumed: no zone was given and no other log tells it".into()));
        if how.starts_with("assumed") {
            let why = "the log prints no time zone; its times were read as UTC. Give it with --log-tz";
            self.gap(Gap::unknown("time zone", &*piece.file, why))?;
        }
        summary.zone = Some(zone.name());
        summary.zone_how = Some(how);
        Ok(Clock::new(zone))
    }

    fn gap(&mut self, gap: Gap) -> Result<(), LogError> {
        self.out.gap(gap).map_err(LogError::Sink)
    }

    /// Ends a file: one gap per reason, with the count and the first place.
    fn close(&mut self, page: Page) -> Result<(), LogError> {
        for (why, count) in &page.summary.reasons {
            let mut gap = Gap::unread("log lines", &page.summary.file, why, *count);
            gap.at = page.first_bad.get(why).cloned();
            self.gap(gap)?;
        }
        self.summary.files.push(page.summary);
        Ok(())
    }

    fn finish(
        mut self,
        parsers: BTreeMap<(String, Format), Box<dyn LineParser>>,
    ) -> Result<LogSummary, LogError> {
        for ((folder, format), mut parser) in parsers {
            // What is still open belongs to the last file of its folder.
            let mut events = 0;
            parser
                .finish(&mut |event| {
                    events += 1;
                    self.out.event(event)
                })
                .map_err(LogError::Sink)?;
            let last = self
                .summary
                .files
                .iter_mut()
                .rev()
                .find(|file| file.format == Some(format) && folder_of(&file.file) == folder);
            if let Some(file) = last {
                file.events += events;
            }
        }
        self.out.flush().map_err(LogError::Sink)?;
        if let Ok(versions) = self.versions.lock() {
            self.summary.versions.clone_from(&versions);
        }
        Ok(self.summary)
    }
}

impl FileSummary {
    fn saw(&mut self, time: Option<Time>) {
        let Some(time) = time else { return };
        self.first = Some(self.first.map_or(time, |first| first.min(time)));
        self.last = Some(self.last.map_or(time, |last| last.max(time)));
    }
}

fn parser(
    format: Format,
    file: &str,
    versions: &Arc<Mutex<BTreeSet<String>>>,
    patterns: &[Pattern],
) -> Box<dyn LineParser> {
    match format {
        Format::BitbucketAccess => Box::new(bitbucket::AccessLog::default()),
        Format::BitbucketPipeAudit => Box::new(bitbucket::PipeAudit),
        Format::BitbucketApplication => Box::new(bitbucket::ApplicationLog::reader(Arc::clone(versions))),
        Format::JsonAudit | Format::RestAudit => Box::new(AuditLog::new(product(file))),
        Format::AuditTable => Box::new(AuditTable::new(product(file))),
        Format::JiraAccess => Box::new(ValveLog::jira(patterns)),
        Format::ConfluenceAccess => Box::new(ValveLog::confluence(patterns)),
        Format::JiraApplication => Box::new(jira::reader(Arc::clone(versions))),
        Format::JiraSecurity => Box::new(jira::security_reader(Arc::clone(versions))),
        Format::ConfluenceApplication => Box::new(confluence::reader(false, Arc::clone(versions))),
        Format::ConfluenceSecurity => Box::new(confluence::reader(true, Arc::clone(versions))),
    }
}

/// Fits no line.
struct Unknown;

impl LineParser for Unknown {
    fn line(&mut self, _: Raw<'_>, _: &mut Clock, _: super::parser::Emit<'_>) -> Result<Option<Time>, Bad> {
        Err(Bad::Line("the file has no known log format"))
    }
}
