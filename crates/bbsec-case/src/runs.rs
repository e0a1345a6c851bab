//! Runs: one folder each, with what was run, with what, and what came of it.

use std::{fmt, fs, ops::Deref, path::PathBuf};

use bbsec_core::{Time, escape, hex};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{Case, CaseError, files, key, layout};

/// The name of a run: sorts by time and is unique within the case.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RunId(String);

impl RunId {
    /// The run of that name; see [`Case::has_run`].
    pub fn new(name: impl Into<String>) -> Self {
        Self(name.into())
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Deref for RunId {
    type Target = str;
    fn deref(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for RunId {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

/// A run as the journal knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RunInfo {
    /// Its name.
    pub id: RunId,
    /// What was run: an action's or analysis' id, or a playbook's name.
    pub name: String,
    /// When it began.
    pub started: Time,
    /// Who began it.
    pub by: String,
}

impl Case {
    /// Begins a run: journals it and makes its folder.
    pub fn start_run(&self, name: &str) -> Result<RunId, CaseError> {
        self.must_write()?;
        let mut random = [0; 2];
        for _ in 0..16 {
            key::random(&mut random)?;
            let stamp = Time::now().to_chrono().format("%Y%m%dT%H%M%SZ");
            let part = escape::path_component(name);
            let id = format!("{stamp}-{part}-{}", hex::encode(random));
            let folder = self.root().join(layout::RUNS).join(&id);
            if fs::symlink_metadata(&folder).is_ok() {
                continue;
            }
            self.journal().append("run", Some(&id), None, json!({"name": name}))?;
            files::create_dirs(&folder)?;
            files::sync_dir(files::parent(&folder))?;
            return Ok(RunId(id));
        }
        Err(CaseError::FileExists { path: self.root().join(layout::RUNS) })
    }

    /// A run's folder.
    pub fn run_dir(&self, run: &str) -> PathBuf {
        self.root().join(layout::RUNS).join(escape::path_component(run))
    }

    /// Writes a file into a run's folder, once; its digest goes into the journal.
    pub fn write_run_file(&self, run: &str, name: &str, bytes: &[u8]) -> Result<PathBuf, CaseError> {
        self.must_write()?;
        let name = escape::path_component(name);
        let path = self.run_dir(run).join(&name);
        files::write_new(&path, bytes)?;
        let body = json!({"path": name, "size": bytes.len(), "sha256": files::sha256(bytes)});
        self.journal().append("file", Some(run), None, body)?;
        Ok(path)
    }

    /// Every run, oldest first.
    pub fn runs(&self) -> Result<Vec<RunInfo>, CaseError> {
        let runs = self.journal().entries()?.into_iter().filter(|entry| entry.kind == "run");
        Ok(runs
            .filter_map(|entry| {
                let name = entry.body.get("name")?.as_str()?.to_owned();
                Some(RunInfo { id: RunId(entry.run?), name, started: entry.time, by: entry.by })
            })
            .collect())
    }

    /// Whether the journal knows a run of that name.
    pub fn has_run(&self, run: &str) -> Result<bool, CaseError> {
        Ok(self.runs()?.iter().any(|known| known.id.as_str() == run))
    }
}
