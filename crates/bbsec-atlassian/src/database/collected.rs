//! What `collect database` has put into a case, read back.

use std::{collections::BTreeMap, fs::File, path::Path};

use bbsec_core::{CaseStore, EvidenceItem, Failure, Gap, Progress};

use super::{
    DumpError,
    copy::{Block, Reader},
    dump::rows,
    rows::Database,
    table::Builder,
};
use crate::read::OpenError;

/// What an item of a collected table is called.
pub(crate) const TABLE: &str = "database table";
/// What the list of the tables is called; it is written last.
pub(crate) const SUMMARY: &str = "database summary";
/// Where both stand below `evidence/data/`.
pub(crate) const FOLDER: &str = "database";

/// One [`Database`] for each that was collected: its newest complete collection. Nothing when the case has none.
pub fn collected(case: &dyn CaseStore, progress: &dyn Progress) -> Result<Vec<Database>, Failure> {
    let items = case.evidence()?;
    // database/NAME/STAMP/…
    let mut newest: BTreeMap<&str, (bool, &str)> = BTreeMap::new();
    for item in &items {
        let Some((name, stamp)) = place(item) else { continue };
        let whole = item.provenance.what == SUMMARY;
        let known = newest.entry(name).or_insert((whole, stamp));
        *known = (*known).max((whole, stamp));
    }
    let mut all = Vec::new();
    for (name, (whole, stamp)) in newest {
        let mut builder = Builder::default();
        let mut gaps = Vec::new();
        let of = |item: &&EvidenceItem| item.provenance.what == TABLE && place(item) == Some((name, stamp));
        for item in items.iter().filter(of) {
            if progress.cancelled() {
                return Err(DumpError::Interrupted.into());
            }
            gaps.extend(table(&case.evidence_path(item), &item.path, &mut builder)?);
        }
        if !whole {
            let why = "collecting it was interrupted: tables may be missing; run `collect database` again";
            gaps.push(Gap::unread("database", format!("{FOLDER}/{name}/{stamp}"), why, 1));
        }
        let mut database = builder.finish();
        database.gaps.extend(gaps);
        all.push(database);
    }
    Ok(all)
}

/// What one collection says of repositories that lie elsewhere: extra data stores and Mesh nodes.
pub(crate) fn elsewhere(case: &dyn CaseStore, folder: &str) -> Result<Vec<Gap>, Failure> {
    let mut builder = Builder::default();
    let wanted: Vec<String> = ["bb_data_store", "bb_mesh_node", "repository", "project"]
        .iter()
        .map(|name| format!("{folder}/{name}.copy"))
        .collect();
    for item in case.evidence()?.iter().filter(|item| wanted.contains(&item.path)) {
        table(&case.evidence_path(item), &item.path, &mut builder)?;
    }
    Ok(builder.finish().gaps)
}

fn place(item: &EvidenceItem) -> Option<(&str, &str)> {
    let mut parts = item.path.split('/');
    if parts.next()? != FOLDER || ![TABLE, SUMMARY].contains(&item.provenance.what.as_str()) {
        return None;
    }
    Some((parts.next()?, parts.next()?))
}

fn table(path: &Path, shown: &str, builder: &mut Builder) -> Result<Option<Gap>, DumpError> {
    let open =
        |source| DumpError::Open { path: path.into(), source: OpenError::Open { path: path.into(), source } };
    let mut reader = Reader::new(File::open(path).map_err(open)?, path, shown);
    while reader.next()?.is_some() {
        if let Some(block) = Block::parse(&reader.line) {
            return rows(&mut reader, &block, builder);
        }
    }
    Ok(Some(Gap::unread("database table", shown, "it holds no block of rows", 1)))
}
