//! Keeps `events/` to the results that count, because outside tools read every Parquet file there is: files of a
//! replaced result move into their run's folder, files of an analysis that never finished are removed.

use std::{
    collections::{HashMap, HashSet},
    fs,
    path::Path,
};

use serde::{Deserialize, Serialize};
use serde_json::json;
use walkdir::WalkDir;

use crate::{CaseError, Entry, SinkSummary, files, journal::Journal, layout, results, verify::inside};

/// A file that moved: the body of a `superseded` line has a list of these.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Move {
    from: String,
    to: String,
}

/// Where event files are now that are not where their `results` line says.
pub(crate) fn moves(entries: &[Entry]) -> HashMap<String, String> {
    let lists = entries
        .iter()
        .filter(|entry| entry.kind == "superseded")
        .filter_map(|entry| serde_json::from_value::<Vec<Move>>(entry.body.get("files")?.clone()).ok());
    lists.flatten().map(|one| (one.from, one.to)).collect()
}

/// Moves the event files of results that do not count any more. The journal line comes first.
pub(crate) fn supersede(case: &Path, journal: &Journal, entries: &[Entry]) -> Result<(), CaseError> {
    let current: HashSet<u64> = results::current(entries).into_iter().map(|(entry, _)| entry.seq).collect();
    let moved = moves(entries);
    let mut list = Vec::new();
    for entry in entries.iter().filter(|entry| entry.kind == "results" && !current.contains(&entry.seq)) {
        let Ok(summary) = serde_json::from_value::<SinkSummary>(entry.body.clone()) else { continue };
        let run = bbsec_core::escape::path_component(entry.run.as_deref().unwrap_or_default());
        for file in summary.event_files {
            if let Some(rest) = file.path.strip_prefix("events/").filter(|_| !moved.contains_key(&file.path))
            {
                let to = format!("{}/{run}/superseded/{rest}", layout::RUNS);
                list.push(Move { from: file.path, to });
            }
        }
    }
    if !list.is_empty() {
        let body = serde_json::to_value(&list)
            .map_err(|source| CaseError::Json { what: "a list of moved files", source })?;
        journal.append("superseded", None, None, json!({"files": body}))?;
    }
    carry_out(case, list.into_iter().map(|one| (one.from, one.to)))
}

fn carry_out(case: &Path, moves: impl IntoIterator<Item = (String, String)>) -> Result<(), CaseError> {
    for (from, to) in moves {
        let (from, to) = (inside(case, &from), inside(case, &to));
        if fs::symlink_metadata(&from).is_err() || fs::symlink_metadata(&to).is_ok() {
            continue;
        }
        files::create_dirs(files::parent(&to))?;
        fs::rename(&from, &to).map_err(CaseError::io("rename", &from))?;
        files::sync_dir(files::parent(&to))?;
        // An empty day is no day; a folder that still has files stays.
        let _ = fs::remove_dir(files::parent(&from));
    }
    Ok(())
}

/// What the next writer does about a stopped one: finishes its moves, and removes event files that no journal line
/// names.
pub(crate) fn tidy(case: &Path, journal: &Journal, entries: &[Entry]) -> Result<(), CaseError> {
    supersede(case, journal, entries)?;
    carry_out(case, moves(entries))?;
    let known: HashSet<String> = entries
        .iter()
        .filter(|entry| entry.kind == "results")
        .filter_map(|entry| serde_json::from_value::<SinkSummary>(entry.body.clone()).ok())
        .flat_map(|summary| summary.event_files)
        .map(|file| file.path)
        .collect();
    for entry in WalkDir::new(case.join(layout::EVENTS)).min_depth(1).into_iter().flatten() {
        let path = entry.path();
        let relative = path.strip_prefix(case).unwrap_or(path).to_string_lossy().into_owned();
        let ours = path.extension().is_some_and(|extension| extension == "parquet" || extension == "writing");
        if entry.file_type().is_file() && ours && !known.contains(&relative) {
            let bytes = entry.metadata().map_or(0, |metadata| metadata.len());
            let why = "its analysis was stopped before it finished; it is not a result";
            let body = json!({"file": relative, "bytes": bytes, "why": why});
            journal.append("leftover_removed", None, None, body)?;
            fs::remove_file(path).map_err(CaseError::io("remove", path))?;
        }
    }
    Ok(())
}
