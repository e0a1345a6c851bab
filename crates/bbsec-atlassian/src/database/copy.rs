//! Blocks of rows as PostgreSQL's `COPY` writes them in text format (PostgreSQL manual, "COPY"): what a `pg_dump` in plain
//! SQL holds, what a live database answers, and what this project keeps as evidence. Nothing is executed.

use std::{
    io::{self, BufRead as _, BufReader, Read},
    path::{Path, PathBuf},
    sync::Arc,
};

use bbsec_core::Place;

use super::{
    DumpError,
    table::Row,
    wanted::{Keep, LEFT_OUT},
};

/// A row that is longer is no row of these tables.
const MAX_LINE: u64 = 64 << 20;

/// Lines of a file of blocks, with where they begin.
pub(super) struct Reader<R> {
    from: BufReader<R>,
    path: PathBuf,
    file: Arc<str>,
    offset: u64,
    pub(super) line: Vec<u8>,
}

impl<R: Read> Reader<R> {
    /// `file` is what places will say.
    pub(super) fn new(from: R, path: &Path, file: &str) -> Self {
        Self {
            from: BufReader::with_capacity(1 << 20, from),
            path: path.into(),
            file: file.into(),
            offset: 0,
            line: Vec::new(),
        }
    }

    /// The next line without its end, and where it begins.
    pub(super) fn next(&mut self) -> Result<Option<u64>, DumpError> {
        let start = self.offset;
        self.line.clear();
        let read = (&mut self.from).take(MAX_LINE).read_until(b'\n', &mut self.line);
        let count =
            read.map_err(|source| DumpError::Read { path: self.path.clone(), offset: start, source })?;
        self.offset = start.saturating_add(count as u64);
        while self.line.last().is_some_and(|byte| matches!(byte, b'\n' | b'\r')) {
            self.line.pop();
        }
        Ok((count > 0).then_some(start))
    }

    /// The row on the present line, if it has the block's shape.
    pub(super) fn row(&self, block: &Block, start: u64) -> Option<Row> {
        let fields: Vec<&[u8]> = self.line.split(|byte| *byte == b'\t').collect();
        if fields.len() != block.columns.len() {
            return None;
        }
        let values = block
            .columns
            .iter()
            .zip(fields)
            .filter(|(_, field)| *field != b"\\N")
            .map(|(column, field)| (column.to_ascii_lowercase(), unescape(field)))
            .collect();
        let length = u32::try_from(self.line.len()).unwrap_or(u32::MAX);
        Some(Row { values, at: Place::new(Arc::clone(&self.file), start, length) })
    }
}

/// `COPY public.repository (id, slug) FROM stdin;`
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Block {
    /// Where the table stands; empty in very old dumps.
    pub(super) schema: String,
    /// As the database spells it.
    pub(super) table: String,
    /// As the database spells them.
    pub(super) columns: Vec<String>,
}

impl Block {
    pub(super) fn parse(line: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(line.strip_prefix(b"COPY ")?).ok()?;
        let (name, rest) = text.split_once(" (")?;
        let (columns, rest) = rest.rsplit_once(") ")?;
        if !rest.starts_with("FROM stdin") {
            return None;
        }
        let plain = |name: &str| name.trim().trim_matches('"').replace("\"\"", "\"");
        let (schema, table) = name.rsplit_once('.').unwrap_or(("", name));
        let columns = columns.split(',').map(plain).collect();
        Some(Self { schema: plain(schema), table: plain(table), columns })
    }

    /// Lower case: Active Objects' tables are upper-case on PostgreSQL and lower-case elsewhere.
    pub(super) fn name(&self) -> String {
        self.table.to_ascii_lowercase()
    }

    /// The line that begins the block.
    pub(super) fn head(&self) -> String {
        let columns: Vec<String> = self.columns.iter().map(|column| quoted(column)).collect();
        let schema = if self.schema.is_empty() { "public" } else { &self.schema };
        format!("COPY {}.{} ({}) FROM stdin;\n", quoted(schema), quoted(&self.table), columns.join(", "))
    }
}

/// An identifier as `pg_dump` writes it: quoted where it must be.
pub(super) fn quoted(name: &str) -> String {
    let plain = name.bytes().next().is_some_and(|b| b.is_ascii_lowercase() || b == b'_')
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    if plain { name.to_owned() } else { format!("\"{}\"", name.replace('"', "\"\"")) }
}

/// The rest of a block as a stream of bytes: its head, its rows without what is left out, and the end mark.
pub(super) struct Rows<'a, R> {
    from: &'a mut Reader<R>,
    block: &'a Block,
    keep: &'a Keep,
    ready: Vec<u8>,
    at: usize,
    /// How many rows were passed on.
    pub(super) passed: u64,
    /// Lines with a wrong number of columns, passed by.
    pub(super) bad: u64,
    /// Whether the block's own end was seen.
    pub(super) whole: bool,
    ended: bool,
    /// What ended the rows early; what came before is passed on as a block of its own.
    pub(super) failed: Option<DumpError>,
}

impl<'a, R: Read> Rows<'a, R> {
    pub(super) fn new(from: &'a mut Reader<R>, block: &'a Block, keep: &'a Keep) -> Self {
        let kept = Block { columns: keep.columns.clone(), ..block.clone() };
        let ready = kept.head().into_bytes();
        Self { from, block, keep, ready, at: 0, passed: 0, bad: 0, whole: false, ended: false, failed: None }
    }

    fn fill(&mut self) -> Result<(), DumpError> {
        self.ready.clear();
        self.at = 0;
        if self.ended {
            return Ok(());
        }
        if self.from.next()?.is_none() {
            self.ended = true;
            self.ready.extend_from_slice(b"\\.\n");
            return Ok(());
        }
        if self.from.line == b"\\." {
            (self.ended, self.whole) = (true, true);
            self.ready.extend_from_slice(b"\\.\n");
            return Ok(());
        }
        let fields: Vec<&[u8]> = self.from.line.split(|byte| *byte == b'\t').collect();
        if fields.len() != self.block.columns.len() {
            self.bad += 1;
            return Ok(());
        }
        let hide = self.keep.hides(&self.block.columns, &fields);
        let mut first = true;
        for (column, field) in self.block.columns.iter().zip(&fields) {
            if !self.keep.columns.contains(column) {
                continue;
            }
            if !std::mem::take(&mut first) {
                self.ready.push(b'\t');
            }
            let shown = if hide.is_some_and(|hidden| hidden == column) { LEFT_OUT.as_bytes() } else { field };
            self.ready.extend_from_slice(shown);
        }
        self.ready.push(b'\n');
        self.passed += 1;
        Ok(())
    }
}

impl<R: Read> Read for Rows<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.at >= self.ready.len() {
            if self.ended {
                return Ok(0);
            }
            if let Err(error) = self.fill() {
                self.failed = Some(error);
                self.ended = true;
                self.ready.extend_from_slice(b"\\.\n");
            }
            if self.ended && self.ready.is_empty() {
                return Ok(0);
            }
        }
        let rest = self.ready.get(self.at..).unwrap_or_default();
        let count = rest.len().min(buffer.len());
        if let (Some(to), Some(from)) = (buffer.get_mut(..count), rest.get(..count)) {
            to.copy_from_slice(from);
        }
        self.at += count;
        Ok(count)
    }
}

/// Backslash sequences of the text format.
pub(crate) fn unescape(field: &[u8]) -> String {
    let mut out = Vec::with_capacity(field.len());
    let mut bytes = field.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        if byte != b'\\' {
            out.push(byte);
            continue;
        }
        match bytes.next() {
            Some(b'b') => out.push(8),
            Some(b'f') => out.push(12),
            Some(b'n') => out.push(b'\n'),
            Some(b'r') => out.push(b'\r'),
            Some(b't') => out.push(b'\t'),
            Some(b'v') => out.push(11),
            Some(digit @ b'0'..=b'7') => {
                let mut code = u32::from(digit - b'0');
                for _ in 0..2 {
                    let Some(next) = bytes.next_if(|byte| matches!(byte, b'0'..=b'7')) else { break };
                    code = code * 8 + u32::from(next - b'0');
                }
                out.push(u8::try_from(code & 0xff).unwrap_or_default());
            }
            Some(other) => out.push(other),
            None => out.push(b'\\'),
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}
