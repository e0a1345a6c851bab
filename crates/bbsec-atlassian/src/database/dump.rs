//! A `pg_dump` in plain SQL: its `COPY … FROM stdin` blocks. Packed files are unpacked while they are read.

use std::{
    io::{self, Read},
    path::{Path, PathBuf},
};

use bbsec_core::{Exit, Failure, Gap, Progress, Task, Unit};

use super::{
    copy::{Block, Reader},
    rows::Database,
    table::{Builder, TABLES},
    wanted::is_wanted,
};
use crate::{
    home::shown,
    read::{self, OpenError},
};

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
    /// The receiver of the rows gave up.
    #[error("the rows could not be kept")]
    Kept(#[source] Failure),
    /// The person asked to stop.
    #[error("reading the dump was interrupted")]
    Interrupted,
}

impl From<DumpError> for Failure {
    fn from(error: DumpError) -> Self {
        let (exit, help) = match error {
            DumpError::Open { .. } => (Exit::Usage, "check the path"),
            DumpError::Read { .. } => {
                (Exit::Partial, "is the file whole? compare its size with the original")
            }
            DumpError::Archive { .. } => {
                (Exit::Partial, "turn it into SQL first: pg_restore --file=dump.sql DUMP")
            }
            DumpError::Nothing { .. } => (Exit::Nothing, "give a pg_dump of the product's database"),
            DumpError::Kept(failure) => return failure,
            DumpError::Interrupted => (Exit::Interrupted, "run it again"),
        };
        Self::because(error.to_string(), error).exit(exit).help(help)
    }
}

/// What a dump says of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Said {
    /// The server's version.
    pub(crate) server: Option<String>,
    /// What is wrong with the dump as a whole.
    pub(crate) gaps: Vec<Gap>,
}

/// Receives a block's head and what follows it.
pub(super) type Take<'a> = &'a mut dyn FnMut(&Block, &mut Reader<Box<dyn Read>>) -> Result<(), DumpError>;

/// Hands every block of a wanted table to `take`, which must read it to its end; passes by the others.
pub(super) fn blocks(path: &Path, progress: &dyn Progress, take: Take<'_>) -> Result<Said, DumpError> {
    let opened = read::open(path).map_err(|source| DumpError::Open { path: path.into(), source })?;
    let task = progress.task("reading the database dump", Unit::Bytes, None);
    let bytes: Box<dyn Read> = Box::new(opened.bytes.take(opened.limit));
    let name = path.file_name().map_or_else(|| "dump".into(), |name| name.to_string_lossy().into_owned());
    let mut reader = Reader::new(bytes, path, &name);
    let (mut said, mut inserts, mut found, mut complete) = (Said::default(), 0_u64, false, false);
    while let Some(start) = reader.next()? {
        if progress.cancelled() {
            return Err(DumpError::Interrupted);
        }
        task.advance(reader.line.len() as u64);
        if start == 0 && reader.line.starts_with(b"PGDMP") {
            return Err(DumpError::Archive { path: path.into() });
        }
        complete |= memchr::memmem::find(&reader.line, b"database dump complete").is_some();
        if let Some(version) = reader.line.strip_prefix(b"-- Dumped from database version ") {
            said.server = Some(String::from_utf8_lossy(version).chars().take(80).collect());
        }
        let Some(block) = Block::parse(&reader.line) else {
            inserts += u64::from(reader.line.starts_with(b"INSERT INTO ") && wanted_insert(&reader.line));
            continue;
        };
        if is_wanted(&block.name()) {
            found = true;
            take(&block, &mut reader)?;
        } else {
            pass(&mut reader, &*task)?;
        }
    }
    if inserts > 0 {
        let why = "rows are written as INSERT; make the dump without --inserts";
        said.gaps.push(Gap::unread("database rows", shown(path), why, inserts));
    } else if !found {
        return Err(DumpError::Nothing { path: path.into() });
    }
    if !complete {
        let why = "the dump does not end as pg_dump ends one: it may be cut off";
        said.gaps.push(Gap::unread("database dump", shown(path), why, 1));
    }
    Ok(said)
}

fn pass<R: Read>(reader: &mut Reader<R>, task: &dyn Task) -> Result<(), DumpError> {
    while reader.next()?.is_some() {
        task.advance(reader.line.len() as u64);
        if reader.line == b"\\." {
            break;
        }
    }
    Ok(())
}

fn wanted_insert(line: &[u8]) -> bool {
    let text =
        String::from_utf8_lossy(line.get(..200.min(line.len())).unwrap_or_default()).to_ascii_lowercase();
    let name =
        text.trim_start_matches("insert into ").split([' ', '(']).next().unwrap_or_default().to_owned();
    is_wanted(name.rsplit('.').next().unwrap_or_default().trim_matches('"'))
}

/// Reads the tables that matter out of a dump.
pub fn read_dump(path: &Path, progress: &dyn Progress) -> Result<Database, DumpError> {
    let mut builder = Builder::default();
    let mut gaps = Vec::new();
    let said = blocks(path, progress, &mut |block, reader| {
        gaps.extend(rows(reader, block, &mut builder)?);
        Ok(())
    })?;
    let mut database = builder.finish();
    database.gaps.extend(gaps);
    database.gaps.extend(said.gaps);
    Ok(database)
}

/// The rows of one block, up to `\.`; gives a gap when some were not of the block's shape or the block does not end.
pub(super) fn rows<R: Read>(
    reader: &mut Reader<R>,
    block: &Block,
    builder: &mut Builder,
) -> Result<Option<Gap>, DumpError> {
    let table = block.name();
    let typed = TABLES.contains(&table.as_str());
    let mut bad = 0_u64;
    while let Some(start) = reader.next()? {
        if reader.line == b"\\." {
            return Ok(misshapen(&table, bad));
        }
        match reader.row(block, start) {
            Some(row) if typed => builder.add(&table, row),
            Some(_) => {}
            None => bad += 1,
        }
    }
    Ok(Some(cut_off(&table)))
}

/// Lines that are no rows of their block.
pub(super) fn misshapen(table: &str, bad: u64) -> Option<Gap> {
    let why = "rows with a wrong number of columns";
    (bad > 0).then(|| Gap::unread("database rows", table, why, bad))
}

/// A block without an end.
pub(super) fn cut_off(table: &str) -> Gap {
    Gap::unread("database rows", table, "the dump ends within this table", 1)
}

#[cfg(test)]
mod tests;
