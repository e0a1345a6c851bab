//! A dump's wanted tables, each handed on as a block of its own without the values that are secrets.

use std::{io::Read, path::Path};

use bbsec_core::{Failure, Gap, Progress};

use super::{
    DumpError,
    copy::Rows,
    dump::{Said, blocks, cut_off, misshapen},
    wanted::Keep,
};

/// One table that was handed on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Copied {
    /// Lower case.
    pub(crate) name: String,
    /// Rows that were handed on.
    pub(crate) rows: u64,
    /// Columns, as the database spells them.
    pub(crate) columns: Vec<String>,
    /// What was left out, in words.
    pub(crate) left_out: Vec<String>,
}

/// A dump that cannot be read further.
fn damaged(subject: &str, error: &DumpError) -> Gap {
    let cause = std::error::Error::source(error).map_or_else(|| error.to_string(), ToString::to_string);
    let why = format!("the dump cannot be read further ({cause}): compare its size with the original");
    Gap::unread("database dump", subject, why, 1)
}

/// Receives a table's name and its block.
pub(crate) type Put<'a> = &'a mut dyn FnMut(&str, &mut dyn Read) -> Result<(), Failure>;

/// Hands every wanted table of a dump to `put`, which must read the block to its end.
pub(crate) fn copy_dump(
    path: &Path,
    progress: &dyn Progress,
    put: Put<'_>,
) -> Result<(Vec<Copied>, Said), DumpError> {
    let mut tables: Vec<Copied> = Vec::new();
    let mut gaps = Vec::new();
    let said = blocks(path, progress, &mut |block, reader| {
        let name = block.name();
        if tables.iter().any(|table| table.name == name) {
            let why = format!("the dump holds it twice; the one of schema {} was passed by", block.schema);
            gaps.push(Gap::unread("database table", &name, why, 1));
            let keep = Keep::of(&block.table, &block.columns);
            let mut rest = Rows::new(reader, block, &keep);
            std::io::copy(&mut rest, &mut std::io::sink()).map_err(|source| DumpError::Read {
                path: path.into(),
                offset: 0,
                source,
            })?;
            return Ok(());
        }
        let keep = Keep::of(&block.table, &block.columns);
        let mut rows = Rows::new(reader, block, &keep);
        put(&name, &mut rows).map_err(DumpError::Kept)?;
        gaps.extend(misshapen(&name, rows.bad));
        match &rows.failed {
            Some(error) => gaps.push(damaged(&name, error)),
            None if !rows.whole => gaps.push(cut_off(&name)),
            None => {}
        }
        tables.push(Copied { name, rows: rows.passed, columns: keep.columns.clone(), left_out: keep.said() });
        Ok(())
    });
    let mut said = match said {
        // What was read until then is kept, and named as a part.
        Err(error @ DumpError::Read { .. }) if !tables.is_empty() => {
            Said { server: None, gaps: vec![damaged(&crate::home::shown(path), &error)] }
        }
        other => other?,
    };
    said.gaps.splice(0..0, gaps);
    Ok((tables, said))
}
