//! What the analyses found, read back: of every analysis and step the newest finished result.

use std::{
    collections::{BTreeMap, HashSet},
    hash::Hash,
    io::{BufRead as _, BufReader, Read as _},
    ops::ControlFlow,
    path::Path,
};

use bbsec_core::{Event, ExposedSecret, Finding, Gap, Time, Touch, hex};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::{
    Case, CaseError, Entry, EventFilter, SinkSummary,
    events::{self, part::FileDigest},
    files,
};

/// Why a finding was set aside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Dismissal {
    /// The reason given.
    pub why: String,
    /// Who decided.
    pub by: String,
    /// When.
    pub when: Time,
}

/// The longest row that is read back.
const MAX_ROW: u64 = 64 * 1024 * 1024;

/// The results that count: the newest of every analysis and step, in the order in which they were finished.
pub(crate) fn current(entries: &[Entry]) -> Vec<(&Entry, SinkSummary)> {
    let mut newest: BTreeMap<(String, String), (&Entry, SinkSummary)> = BTreeMap::new();
    for entry in entries.iter().filter(|entry| entry.kind == "results") {
        if let Ok(summary) = serde_json::from_value::<SinkSummary>(entry.body.clone()) {
            let key = (summary.analysis.clone(), entry.step.clone().unwrap_or_default());
            newest.insert(key, (entry, summary));
        }
    }
    let mut results: Vec<_> = newest.into_values().collect();
    results.sort_by_key(|(entry, _)| entry.seq);
    results
}

impl Case {
    /// Every finding; of findings with the same id the newest.
    pub fn findings(&self) -> Result<Vec<Finding>, CaseError> {
        let rows: Vec<Finding> = self.rows("findings")?;
        Ok(unique(rows, |finding| finding.id.clone()))
    }

    /// Every exposed credential and repository.
    pub fn secrets(&self) -> Result<Vec<ExposedSecret>, CaseError> {
        let rows: Vec<ExposedSecret> = self.rows("secrets")?;
        Ok(unique(rows, |row| {
            (
                row.fingerprint.clone(),
                row.rule.clone(),
                row.repo.clone(),
                row.object.clone(),
                row.path.clone(),
            )
        }))
    }

    /// Who touched what.
    pub fn touches(&self) -> Result<Vec<Touch>, CaseError> {
        let rows: Vec<Touch> = self.rows("touches")?;
        Ok(unique(rows, |row| (row.actor.clone(), row.target.clone(), row.suspect, row.first)))
    }

    /// What could not be read, done or known: by analyses, and by actions.
    pub fn gaps(&self) -> Result<Vec<Gap>, CaseError> {
        let mut rows: Vec<Gap> = self.rows("gaps")?;
        let lines = self.journal().entries()?.into_iter().filter(|entry| entry.kind == "gap");
        rows.extend(lines.filter_map(|entry| serde_json::from_value::<Gap>(entry.body).ok()));
        Ok(unique(rows, |gap| {
            (gap.kind.clone(), gap.subject.clone(), gap.why.clone(), gap.count, gap.at.clone())
        }))
    }

    /// Findings that a person set aside, by id.
    pub fn dismissed(&self) -> Result<BTreeMap<String, Dismissal>, CaseError> {
        let mut dismissed = BTreeMap::new();
        for entry in self.journal().entries()? {
            let member = |name: &str| entry.body.get(name).and_then(Value::as_str).map(str::to_owned);
            match (entry.kind.as_str(), member("finding")) {
                ("dismiss", Some(finding)) => {
                    let by = member("by").unwrap_or_else(|| entry.by.clone());
                    let why = member("why").unwrap_or_default();
                    dismissed.insert(finding, Dismissal { why, by, when: entry.time });
                }
                ("restore", Some(finding)) => {
                    dismissed.remove(&finding);
                }
                _ => {}
            }
        }
        Ok(dismissed)
    }

    /// Sets a finding aside. It stays in the case, with who decided and why.
    pub fn dismiss(&self, finding: &str, why: &str, by: &str) -> Result<Entry, CaseError> {
        self.journal().append("dismiss", None, None, json!({"finding": finding, "why": why, "by": by}))
    }

    /// Takes a dismissal back.
    pub fn restore(&self, finding: &str, why: &str, by: &str) -> Result<Entry, CaseError> {
        self.journal().append("restore", None, None, json!({"finding": finding, "why": why, "by": by}))
    }

    /// Hands out the wanted events in order of time, holding a bounded number of them; gives how many there were.
    pub fn events(
        &self,
        filter: &EventFilter,
        each: &mut dyn FnMut(Event) -> ControlFlow<()>,
    ) -> Result<u64, CaseError> {
        let entries = self.journal().entries()?;
        let files: Vec<String> = current(&entries)
            .into_iter()
            .flat_map(|(_, summary)| summary.event_files)
            .map(|file| file.path)
            .collect();
        events::read::read(self.root(), &files, filter, each)
    }

    /// The wanted events in order of time, at most `limit` of them.
    pub fn events_sorted(&self, filter: &EventFilter, limit: usize) -> Result<Vec<Event>, CaseError> {
        let mut out = Vec::new();
        if limit == 0 {
            return Ok(out);
        }
        self.events(filter, &mut |event| {
            out.push(event);
            if out.len() >= limit { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })?;
        Ok(out)
    }

    /// The results that count, with who made them when.
    pub fn results(&self) -> Result<Vec<(Entry, SinkSummary)>, CaseError> {
        let entries = self.journal().entries()?;
        Ok(current(&entries).into_iter().map(|(entry, summary)| (entry.clone(), summary)).collect())
    }

    fn rows<T: DeserializeOwned>(&self, kind: &str) -> Result<Vec<T>, CaseError> {
        let suffix = format!(".{kind}.jsonl");
        let entries = self.journal().entries()?;
        let mut rows = Vec::new();
        for (_, summary) in current(&entries) {
            for file in summary.files.iter().filter(|file| file.path.ends_with(&suffix)) {
                read_rows(self.root(), file, &mut rows)?;
            }
        }
        Ok(rows)
    }
}

fn read_rows<T: DeserializeOwned>(
    case: &Path,
    file: &FileDigest,
    rows: &mut Vec<T>,
) -> Result<(), CaseError> {
    let path = crate::verify::inside(case, &file.path);
    let mut reader = BufReader::new(files::open(&path).map_err(CaseError::io("open", &path))?);
    let mut line = Vec::new();
    let mut hash = Sha256::new();
    let before = rows.len();
    for number in 1.. {
        line.clear();
        let count = reader
            .by_ref()
            .take(MAX_ROW)
            .read_until(b'\n', &mut line)
            .map_err(CaseError::io("read", &path))?;
        if count == 0 {
            break;
        }
        hash.update(&line);
        let row = serde_json::from_slice(&line).map_err(|source| CaseError::Row {
            path: path.clone(),
            line: number,
            source,
        })?;
        rows.push(row);
    }
    if hex::encode(hash.finalize()) != file.sha256 {
        rows.truncate(before);
        return Err(CaseError::ResultChanged { path });
    }
    Ok(())
}

/// Leaves out what is there already; of equals the newest stays.
fn unique<T, K: Hash + Eq>(rows: Vec<T>, key: impl Fn(&T) -> K) -> Vec<T> {
    let mut seen = HashSet::new();
    let mut kept: Vec<T> = rows.into_iter().rev().filter(|row| seen.insert(key(row))).collect();
    kept.reverse();
    kept
}
