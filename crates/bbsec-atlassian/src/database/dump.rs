//! A `pg_dump` in plain SQL: its `COPY … FROM stdin` blocks (PostgreSQL manual, "COPY", text format). Packed files are
//! unpacked while they are read. Nothing is executed.

use std::{
    io::{self, BufRead as _, BufReader, Read as _},
    path::{Path, PathBuf},
    sync::Arc,
};

use bbsec_core::{Exit, Failure, Gap, Place, Progress, Unit};

use super::{
    rows::Database,
    table::{Builder, Row, TABLES},
};
use crate::read::{self, OpenError};

/// A row that is longer is no row of these tables.
const MAX_LINE: u64 = 64 << 20;

/// Why a dump could not be read.
#[derive(Debug, thiserror::Error)]
pub enum DumpError {
    /// It cannot be opened.
    #[error("cannot open the dump {path}")]
    Open {
        /// The dump.
        path: PathBuf,
        /// The cause.
        #[source]
        source: OpenError,
    },
    /// It cannot be read to its end.
    #[error("cannot read the dump {path} at byte {offset}")]
    Read {
        /// The dump.
        path: PathBuf,
        /// How far it was read, in the unpacked bytes.
        offset: u64,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// PostgreSQL's own archive format.
    #[error("{path} is in PostgreSQL's archive format, not plain SQL")]
    Archive {
        /// The dump.
        path: PathBuf,
    },
    /// None of the product's tables is in it.
    #[error("{path} holds none of the product's tables")]
    Nothing {
        /// The dump.
        path: PathBuf,
    },
    /// The person asked to stop.
    #[error("reading the dump was interrupted")]
    Interrupted,
}

impl From<DumpError> for Failure {
    fn from(error: DumpError) -> Self {
        let (exit, help) = match &error {
            DumpError::Open { .. } => (Exit::Usage, "check the path"),
            DumpError::Read { .. } => (Exit::Failed, "is the file whole? compare its size with the original"),
            DumpError::Archive { .. } => {
                (Exit::Usage, "turn it into SQL first: pg_restore --file=dump.sql DUMP")
            }
            DumpError::Nothing { .. } => (Exit::Nothing, "give a pg_dump of the product's database"),
            DumpError::Interrupted => (Exit::Interrupted, "run it again"),
        };
        Self::because(error.to_string(), error).exit(exit).help(help)
    }
}

/// Reads the tables that matter out of a dump.
pub fn read_dump(path: &Path, progress: &dyn Progress) -> Result<Database, DumpError> {
    let opened = read::open(path).map_err(|source| DumpError::Open { path: path.into(), source })?;
    let task = progress.task("reading the database dump", Unit::Bytes, None);
    let mut reader = Reader {
        from: BufReader::with_capacity(1 << 20, opened.bytes.take(opened.limit)),
        path: path.into(),
        file: path
            .file_name()
            .map_or_else(|| "dump".into(), |name| name.to_string_lossy().into_owned())
            .into(),
        offset: 0,
        line: Vec::new(),
    };
    let mut builder = Builder::default();
    let (mut gaps, mut inserts, mut found) = (Vec::new(), 0_u64, false);
    let mut complete = false;
    while let Some(start) = reader.next()? {
        if progress.cancelled() {
            return Err(DumpError::Interrupted);
        }
        task.advance(reader.line.len() as u64);
        if start == 0 && reader.line.starts_with(b"PGDMP") {
            return Err(DumpError::Archive { path: path.into() });
        }
        complete |= memchr::memmem::find(&reader.line, b"database dump complete").is_some();
        let Some(copy) = Copy::parse(&reader.line) else {
            inserts += u64::from(reader.line.starts_with(b"INSERT INTO ") && wanted_insert(&reader.line));
            continue;
        };
        let wanted = TABLES.contains(&copy.table.as_str());
        found |= wanted;
        if let Some(gap) = rows(&mut reader, &copy, wanted, &mut builder)? {
            gaps.push(gap);
        }
    }
    if inserts > 0 {
        let why = "rows are written as INSERT; make the dump without --inserts";
        gaps.push(Gap::unread("database rows", crate::home::shown(path), why, inserts));
    } else if !found {
        return Err(DumpError::Nothing { path: path.into() });
    }
    if !complete {
        let why = "the dump does not end as pg_dump ends one: it may be cut off";
        gaps.push(Gap::unread("database dump", crate::home::shown(path), why, 1));
    }
    let mut database = builder.finish();
    database.gaps.extend(gaps);
    Ok(database)
}

struct Reader<R> {
    from: BufReader<R>,
    path: PathBuf,
    file: Arc<str>,
    offset: u64,
    line: Vec<u8>,
}

impl<R: io::Read> Reader<R> {
    /// The next line without its end, and where it begins.
    fn next(&mut self) -> Result<Option<u64>, DumpError> {
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
}

/// `COPY public.repository (id, slug) FROM stdin;`
struct Copy {
    table: String,
    columns: Vec<String>,
}

impl Copy {
    fn parse(line: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(line.strip_prefix(b"COPY ")?).ok()?;
        let (name, rest) = text.split_once(" (")?;
        let (columns, rest) = rest.rsplit_once(") ")?;
        if !rest.starts_with("FROM stdin") {
            return None;
        }
        let plain = |name: &str| name.trim().trim_matches('"').to_ascii_lowercase();
        let table = name.rsplit_once('.').map_or(name, |(_, table)| table);
        Some(Self { table: plain(table), columns: columns.split(',').map(plain).collect() })
    }
}

fn wanted_insert(line: &[u8]) -> bool {
    let text =
        String::from_utf8_lossy(line.get(..200.min(line.len())).unwrap_or_default()).to_ascii_lowercase();
    let name =
        text.trim_start_matches("insert into ").split([' ', '(']).next().unwrap_or_default().to_owned();
    TABLES.contains(&name.rsplit('.').next().unwrap_or_default().trim_matches('"'))
}

/// The rows of one block, up to `\.`; gives a gap when some were not of the block's shape or the block does not end.
fn rows<R: io::Read>(
    reader: &mut Reader<R>,
    copy: &Copy,
    wanted: bool,
    builder: &mut Builder,
) -> Result<Option<Gap>, DumpError> {
    let mut bad = 0_u64;
    while let Some(start) = reader.next()? {
        if reader.line == b"\\." {
            let gap =
                Gap::unread("database rows", copy.table.clone(), "rows with a wrong number of columns", bad);
            return Ok((bad > 0).then_some(gap));
        }
        if !wanted {
            continue;
        }
        let fields: Vec<&[u8]> = reader.line.split(|byte| *byte == b'\t').collect();
        if fields.len() != copy.columns.len() {
            bad += 1;
            continue;
        }
        let values = copy
            .columns
            .iter()
            .zip(fields)
            .filter(|(_, field)| *field != b"\\N")
            .map(|(column, field)| (column.clone(), unescape(field)))
            .collect();
        let length = u32::try_from(reader.line.len()).unwrap_or(u32::MAX);
        builder.add(&copy.table, Row { values, at: Place::new(Arc::clone(&reader.file), start, length) });
    }
    Ok(Some(Gap::unread("database rows", copy.table.clone(), "the dump ends within this table", 1)))
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

#[cfg(test)]
mod tests;
