//! Plain folders and files. Links are never followed: the text of their target is scanned instead.

use std::{
    fs::{self, File},
    io::Read,
    path::{Path, PathBuf},
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use bbsec_core::{Fingerprinter, Gap, Progress, Sink, Unit};

use super::{
    Options, Summary,
    collect::{Collector, Source, Where},
};
use crate::{
    SecretsError,
    bytes::sub,
    engine::{Engine, Found, Stats, resolve},
};

/// Larger files are read in pieces of this size.
const PIECE: usize = 64 << 20;
/// How much pieces share, so that nothing is cut in two.
const SHARED: usize = 128 << 10;

/// One thing to read.
#[derive(Debug)]
struct Item {
    root: usize,
    path: PathBuf,
    /// The target of a link, which is not followed.
    link: bool,
}

/// What one worker brings back.
#[derive(Default)]
struct Brought {
    places: Vec<(usize, Found, Where)>,
    gaps: Vec<Gap>,
    stats: Stats,
    files: u64,
}

/// Scans folders and files. Whatever cannot be read is a gap in the sink.
pub fn scan_paths(
    paths: &[PathBuf],
    options: &Options,
    fingerprinter: &Fingerprinter,
    sink: &mut dyn Sink,
    progress: &dyn Progress,
) -> Result<Summary, SecretsError> {
    let mut gaps = Vec::new();
    let mut items = Vec::new();
    for (root, path) in paths.iter().enumerate() {
        list(root, path, &mut items, &mut gaps, progress);
    }
    let task = progress.task("files", Unit::Items, Some(items.len() as u64));
    let next = AtomicUsize::new(0);
    let all = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..options.threads().min(items.len().max(1)) {
            scope.spawn(|| {
                let mut engine = Engine::new(options.rules.clone(), options.limits);
                let mut brought = Brought::default();
                while !progress.cancelled()
                    && let Some(item) = items.get(next.fetch_add(1, Ordering::Relaxed))
                {
                    let root = paths.get(item.root).map_or(Path::new(""), PathBuf::as_path);
                    read(&mut engine, item, root, &mut brought);
                    task.advance(1);
                }
                brought.stats = engine.stats;
                if let Ok(mut all) = all.lock() {
                    all.push(brought);
                }
            });
        }
    });
    let mut summary =
        Summary { sources: paths.len() as u64, cancelled: progress.cancelled(), ..Summary::default() };
    let mut collectors: Vec<Collector<'_>> =
        paths.iter().map(|_| Collector::new(&options.rules, fingerprinter)).collect();
    let mut brought = all.into_inner().unwrap_or_default();
    brought.sort_by_key(|worker: &Brought| worker.places.first().map(|(_, _, place)| place.path.clone()));
    let (mut damaged, mut bounded) = (0, 0);
    for worker in brought {
        summary.objects += worker.files;
        summary.bytes_scanned += worker.stats.scanned;
        damaged += worker.stats.damaged;
        bounded += worker.stats.not_decoded + worker.stats.dropped_hits;
        gaps.extend(worker.gaps);
        for (root, found, place) in worker.places {
            if let Some(collector) = collectors.get_mut(root) {
                collector.add(&found, place);
            }
        }
    }
    gaps.extend(container_gaps("the given paths", damaged, bounded));
    for (root, collector) in paths.iter().zip(collectors) {
        let source = Source { shown_as: Some(root.display().to_string()), project: None, slug: None };
        collector.finish(&source, options, sink, &mut summary)?;
    }
    for gap in gaps {
        summary.unread += if gap.unread { gap.count } else { 0 };
        sink.gap(gap).map_err(SecretsError::Sink)?;
    }
    Ok(summary)
}

/// Gaps for containers that could not be undone wholly.
pub(crate) fn container_gaps(subject: &str, damaged: u64, bounded: u64) -> Vec<Gap> {
    let mut gaps = Vec::new();
    if damaged > 0 {
        let why = "damaged, encrypted or packed in a way that is not undone; their bytes were scanned as they stand";
        let mut gap = Gap::unknown("archive members", subject, why);
        gap.count = damaged;
        gaps.push(gap);
    }
    if bounded > 0 {
        let why = "beyond the bounds for depth, size or number; what was read was scanned";
        gaps.push(Gap::unread("encoded data", subject, why, bounded));
    }
    gaps
}

/// Lists everything below a path, depth first, in a stable order.
fn list(root: usize, path: &Path, items: &mut Vec<Item>, gaps: &mut Vec<Gap>, progress: &dyn Progress) {
    let mut open = vec![path.to_path_buf()];
    while let Some(path) = open.pop() {
        if progress.cancelled() {
            return;
        }
        let kind = match fs::symlink_metadata(&path) {
            Ok(meta) => meta.file_type(),
            Err(error) => {
                gaps.push(unread(&path, &error));
                continue;
            }
        };
        if kind.is_symlink() {
            items.push(Item { root, path, link: true });
        } else if kind.is_file() {
            items.push(Item { root, path, link: false });
        } else if kind.is_dir() {
            match fs::read_dir(&path) {
                Ok(entries) => {
                    let mut inside = Vec::new();
                    for entry in entries {
                        match entry {
                            Ok(entry) => inside.push(entry.path()),
                            Err(error) => gaps.push(unread(&path, &error)),
                        }
                    }
                    inside.sort();
                    open.extend(inside.into_iter().rev());
                }
                Err(error) => gaps.push(unread(&path, &error)),
            }
        }
        // Sockets, pipes and devices hold no bytes at rest.
    }
}

fn unread(path: &Path, error: &std::io::Error) -> Gap {
    Gap::unread("file", path.display().to_string(), format!("could not be read: {error}"), 1)
}

fn read(engine: &mut Engine, item: &Item, root: &Path, brought: &mut Brought) {
    brought.files += 1;
    let relative = item.path.strip_prefix(root).unwrap_or(&item.path);
    let relative = if relative.as_os_str().is_empty() {
        Path::new(item.path.file_name().unwrap_or_default())
    } else {
        relative
    };
    let shown = relative.display().to_string();
    name(engine, item.root, &shown, brought);
    if item.link {
        match fs::read_link(&item.path) {
            Ok(target) => {
                scan(engine, item.root, &shown, target.as_os_str().as_encoded_bytes(), 0, brought);
            }
            Err(error) => brought.gaps.push(unread(&item.path, &error)),
        }
        return;
    }
    let read = read_whole(&item.path, |piece, lines| scan(engine, item.root, &shown, piece, lines, brought));
    if let Err(error) = read {
        brought.gaps.push(unread(&item.path, &error));
    }
}

/// Reads a file in pieces that overlap; each is handed on with the number of lines before it.
pub(crate) fn read_whole(path: &Path, mut each: impl FnMut(&[u8], u64)) -> std::io::Result<()> {
    let mut file = File::open(path)?;
    let mut buffer = Vec::new();
    let (mut lines, mut first) = (0u64, true);
    loop {
        let room = PIECE.saturating_sub(buffer.len());
        let got = (&mut file).take(room as u64).read_to_end(&mut buffer)?;
        if got == 0 && !first {
            return Ok(());
        }
        first = false;
        each(&buffer, lines);
        if got < room {
            return Ok(());
        }
        let cut = buffer.len().saturating_sub(SHARED);
        lines += memchr::memchr_iter(b'\n', sub(&buffer, 0, cut)).count() as u64;
        buffer.drain(..cut);
    }
}

/// The name itself may hold one.
fn name(engine: &mut Engine, root: usize, shown: &str, brought: &mut Brought) {
    let marks = engine.full(shown.as_bytes());
    for hit in resolve(&engine.rules, &engine.found, &marks.hits) {
        if let Some(found) = engine.found.get(hit.found as usize) {
            let place = Where::plain("file", shown.into(), Some(shown.into()));
            brought.places.push((root, found.clone(), place));
        }
    }
}

fn scan(engine: &mut Engine, root: usize, shown: &str, data: &[u8], lines: u64, brought: &mut Brought) {
    let marks = engine.full(data);
    let rules = engine.rules.clone();
    for hit in resolve(&rules, &engine.found, &marks.hits) {
        let Some(found) = engine.found.get(hit.found as usize) else { continue };
        let Some(rule) = rules.at(found.rule) else { continue };
        if rule.path.as_ref().is_some_and(|path| !path.is_match(shown.as_bytes())) {
            continue;
        }
        let seen = crate::rules::Seen {
            secret: found.secret.reveal(),
            matched: sub(data, hit.span.0, hit.span.1),
            line: crate::bytes::line_around(data, hit.span.0, hit.span.1, 256),
        };
        if rule.allow.iter().chain(&rules.allow).any(|list| list.allows_place(&seen, shown.as_bytes(), None))
        {
            continue;
        }
        let mut place = Where::plain("file", shown.into(), Some(shown.into()));
        let (line, column) = position(data, hit.secret.0);
        place.line = Some(line + lines);
        place.column = Some(column);
        brought.places.push((root, found.clone(), place));
    }
}

/// Lines and columns of places that are asked for from the first to the last.
pub(crate) struct Lines<'a> {
    data: &'a [u8],
    at: usize,
    before: u64,
}

impl<'a> Lines<'a> {
    pub(crate) fn of(data: &'a [u8]) -> Self {
        Self { data, at: 0, before: 0 }
    }

    /// 1-based line and column, in bytes.
    pub(crate) fn position(&mut self, offset: usize) -> (u64, u64) {
        let offset = offset.min(self.data.len());
        if offset < self.at {
            (self.at, self.before) = (0, 0);
        }
        self.before += memchr::memchr_iter(b'\n', sub(self.data, self.at, offset)).count() as u64;
        self.at = offset;
        let start = memchr::memrchr(b'\n', sub(self.data, 0, offset)).map_or(0, |at| at + 1);
        (self.before + 1, (offset - start) as u64 + 1)
    }
}

/// 1-based line and column, in bytes.
pub(crate) fn position(data: &[u8], offset: usize) -> (u64, u64) {
    Lines::of(data).position(offset)
}
