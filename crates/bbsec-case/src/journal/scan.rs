//! Reads a journal, whatever state it is in: every line that parses, every fault with its line, and what is torn.

use std::{
    fs::File,
    io::{BufRead as _, BufReader, Read as _},
    path::Path,
};

use serde::Serialize;

use super::{Entry, MAX_LINE, head::Head};
use crate::{CaseError, files, layout};

/// What a journal holds.
#[derive(Debug, Default)]
pub struct Scan {
    /// Every line that parses, in the order of the file.
    pub entries: Vec<Entry>,
    /// What does not hold.
    pub faults: Vec<Fault>,
    /// Bytes after the last newline, when a writer was stopped in the middle of a line.
    pub torn: Option<Torn>,
    /// Bytes up to and with the last newline.
    pub length: u64,
    /// Whole lines.
    pub lines: u64,
}

/// A line that does not hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// `journal.jsonl` or `journal.head`.
    pub file: &'static str,
    /// 1-based.
    pub line: u64,
    /// Byte offset of the line.
    pub offset: u64,
    /// What does not hold.
    pub why: String,
}

/// The beginning of a line whose writer was stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Torn {
    /// Where it begins.
    pub offset: u64,
    /// What there is of it.
    pub bytes: Vec<u8>,
}

/// One line as far as the chain needs it.
struct Link {
    offset: u64,
    hash: String,
    /// Number and `prev`; `None` when the line does not parse.
    parsed: Option<(u64, String)>,
}

/// Reads the journal of a case folder.
pub fn scan(case: &Path) -> Result<Scan, CaseError> {
    // The head first: a line that is appended meanwhile makes the journal longer, never the head.
    let head = Head::read(case)?;
    let path = case.join(layout::JOURNAL);
    let file = files::open(&path).map_err(CaseError::io("open", &path))?;
    let mut reader = BufReader::with_capacity(256 * 1024, file);
    let mut scan = Scan::default();
    let mut links = Vec::new();
    while let Some(line) = next_line(&mut reader, &mut scan, &path)? {
        let link = read_line(&line, &mut scan);
        scan.length = scan.length.saturating_add(line.len() as u64 + 1);
        scan.lines = scan.lines.saturating_add(1);
        links.push(link);
    }
    check_chain(&links, head, &mut scan);
    scan.faults.sort_by(|a, b| (a.line, a.file).cmp(&(b.line, b.file)));
    Ok(scan)
}

/// The bytes of one line, with its newline, as they stand in the file: what a signature covers.
pub(crate) fn raw_line(case: &Path, seq: u64) -> Result<Option<Vec<u8>>, CaseError> {
    let path = case.join(layout::JOURNAL);
    let file = files::open(&path).map_err(CaseError::io("open", &path))?;
    let mut reader = BufReader::with_capacity(256 * 1024, file);
    let mut skipped = Scan::default();
    for number in 1.. {
        match next_line(&mut reader, &mut skipped, &path)? {
            Some(mut line) if number == seq => {
                line.push(b'\n');
                return Ok(Some(line));
            }
            Some(_) => {}
            None => break,
        }
    }
    Ok(None)
}

/// The next whole line without its newline. What has no newline is torn, or too long to be a line of ours.
fn next_line(
    reader: &mut BufReader<File>,
    scan: &mut Scan,
    path: &Path,
) -> Result<Option<Vec<u8>>, CaseError> {
    let mut line = Vec::new();
    let limit = MAX_LINE as u64 + 1;
    reader.by_ref().take(limit).read_until(b'\n', &mut line).map_err(CaseError::io("read", path))?;
    if line.is_empty() {
        return Ok(None);
    }
    if line.last() == Some(&b'\n') {
        line.pop();
        return Ok(Some(line));
    }
    if line.len() as u64 == limit {
        let why = format!("the line is longer than {MAX_LINE} bytes; nothing after it was read");
        scan.faults.push(Fault { file: layout::JOURNAL, line: scan.lines + 1, offset: scan.length, why });
    } else {
        scan.torn = Some(Torn { offset: scan.length, bytes: line });
    }
    Ok(None)
}

fn read_line(line: &[u8], scan: &mut Scan) -> Link {
    let hash = files::sha256(line);
    let offset = scan.length;
    match serde_json::from_slice::<Entry>(line) {
        Ok(mut entry) => {
            let parsed = Some((entry.seq, entry.prev.clone()));
            entry.sha256.clone_from(&hash);
            scan.entries.push(entry);
            Link { offset, hash, parsed }
        }
        Err(error) => {
            // serde_json's text may quote the line; its place and kind are enough.
            let why =
                format!("not a journal line: {:?} error at column {}", error.classify(), error.column());
            scan.faults.push(Fault { file: layout::JOURNAL, line: scan.lines + 1, offset, why });
            Link { offset, hash, parsed: None }
        }
    }
}

/// Finds which line changed. A change within a line breaks the link to the next one; a change of its `prev` breaks
/// the links on both sides. The head stands for the line after the last.
fn check_chain(links: &[Link], head: Result<Head, String>, scan: &mut Scan) {
    let mut broken: Vec<bool> = Vec::with_capacity(links.len() + 1);
    let mut before = (0_u64, layout::ZERO_HASH.to_owned(), true);
    for (index, link) in links.iter().enumerate() {
        let (seq, hash, readable) = &before;
        let mut bad = false;
        if let Some((number, prev)) = &link.parsed {
            // A line that does not parse is named already.
            bad = *readable && prev != hash;
            if *readable && *number != seq.saturating_add(1) {
                let why = format!("its number is {number}, after {seq}");
                scan.faults.push(fault(links, index, why));
            }
        }
        broken.push(bad);
        let number = link.parsed.as_ref().map_or(seq.saturating_add(1), |(number, _)| *number);
        before = (number, link.hash.clone(), link.parsed.is_some());
    }
    broken.push(check_head(links, head, scan));
    let mut index = 0;
    while index < broken.len() {
        if broken.get(index) == Some(&true) {
            let both = index < links.len() && broken.get(index + 1) == Some(&true);
            if both || index == 0 {
                scan.faults.push(fault(
                    links,
                    index,
                    "its `prev` is not the SHA-256 of the line before".into(),
                ));
                index += usize::from(both);
            } else {
                let next = if index == links.len() { "journal.head" } else { "the next line" };
                let why = format!("its SHA-256 is not the one that {next} gives: the line was changed");
                scan.faults.push(fault(links, index - 1, why));
            }
        }
        index += 1;
    }
    // A line with several faults is named once, with the first reason.
    scan.faults.sort_by_key(|fault| fault.line);
    scan.faults.dedup_by_key(|fault| (fault.file, fault.line));
}

/// Whether the head contradicts the last line; every other fault of the head is named here.
fn check_head(links: &[Link], head: Result<Head, String>, scan: &mut Scan) -> bool {
    let mut head_fault = |why: String| {
        scan.faults.push(Fault { file: layout::HEAD, line: 1, offset: 0, why });
    };
    let head = match head {
        Ok(head) => head,
        Err(_) if links.is_empty() => return false,
        Err(why) => {
            head_fault(why);
            return false;
        }
    };
    let count = links.len() as u64;
    if head.seq > count {
        let offset = scan.length;
        let why = format!("missing: the journal had {} lines and now has {count}; it was cut", head.seq);
        scan.faults.push(Fault { file: layout::JOURNAL, line: count + 1, offset, why });
        return false;
    }
    let named =
        usize::try_from(head.seq).ok().and_then(|seq| seq.checked_sub(1)).and_then(|index| links.get(index));
    match named {
        Some(link) if link.parsed.is_some() && link.hash != head.hash => {
            if head.seq == count {
                return true;
            }
            head_fault(format!("it gives another SHA-256 for line {} than that line has", head.seq));
            false
        }
        _ => false,
    }
}

fn fault(links: &[Link], index: usize, why: String) -> Fault {
    let offset = links.get(index).map_or(0, |link| link.offset);
    Fault { file: layout::JOURNAL, line: index as u64 + 1, offset, why }
}
