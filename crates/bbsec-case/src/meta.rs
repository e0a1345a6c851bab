//! `case.toml`: what the case is about. Every change of it is a journal line with the whole new text, so that the
//! file can be checked against the journal and mended from it.

use std::{collections::BTreeMap, path::Path};

use bbsec_core::{Scope, Time};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::{CaseError, files, journal::Entry, layout};

/// The case's description.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CaseToml {
    /// `bbsec-ir.case/v1`.
    pub schema: String,
    /// What the case is called in file names, tags and reports.
    pub id: String,
    /// One line.
    pub title: String,
    /// `bitbucket`, `jira`, `confluence` or `stash`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product: Option<String>,
    /// The product's version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product_version: Option<String>,
    /// Who works on it; written to every journal line.
    pub responder: String,
    /// When it was made.
    pub created: Time,
    /// Settings of commands for this case: `key = "value"`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub settings: BTreeMap<String, String>,
    /// Window, suspects, instances, time zones, own traces.
    #[serde(default)]
    pub scope: Scope,
}

/// What is needed for a new case.
#[derive(Debug, Clone, Default)]
pub struct NewCase {
    /// Computed from the time when it is `None`.
    pub id: Option<String>,
    /// One line.
    pub title: String,
    /// The product.
    pub product: Option<String>,
    /// Its version.
    pub product_version: Option<String>,
    /// Who works on it.
    pub responder: String,
    /// What it is about.
    pub scope: Scope,
}

const LIMIT: u64 = 4 * 1024 * 1024;

/// Only the schema, so that a newer file is told from a damaged one.
#[derive(Deserialize)]
struct SchemaOnly {
    schema: String,
}

impl CaseToml {
    pub(crate) fn new(new: NewCase, created: Time) -> Self {
        let id = new.id.unwrap_or_else(|| created.to_chrono().format("case-%Y%m%d-%H%M%S").to_string());
        Self {
            schema: layout::CASE_SCHEMA.into(),
            id,
            title: new.title,
            product: new.product,
            product_version: new.product_version,
            responder: new.responder,
            created,
            settings: BTreeMap::new(),
            scope: new.scope,
        }
    }

    /// Reads the description of the case in a folder.
    pub fn read(case: &Path) -> Result<Self, CaseError> {
        let path = case.join(layout::CASE_TOML);
        let bytes = match files::read_limited(&path, LIMIT) {
            Err(CaseError::Io { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => {
                return Err(CaseError::NotACase { path: case.into() });
            }
            other => other?,
        };
        Self::parse(&String::from_utf8_lossy(&bytes), &path)
    }

    fn parse(text: &str, path: &Path) -> Result<Self, CaseError> {
        let damaged = |source| CaseError::Meta { path: path.into(), source: Box::new(source) };
        let SchemaOnly { schema } = toml::from_str(text).map_err(damaged)?;
        if schema != layout::CASE_SCHEMA {
            return Err(CaseError::NewerSchema { path: path.into(), schema, known: layout::CASE_SCHEMA });
        }
        toml::from_str(text).map_err(damaged)
    }

    pub(crate) fn text(&self) -> Result<String, CaseError> {
        toml::to_string(self).map_err(CaseError::MetaWrite)
    }

    /// The journal line's body for a change from `before` to `self`: the members that differ, and the new file.
    pub(crate) fn change_from(&self, before: &Self) -> Result<Value, CaseError> {
        let json = |source| CaseError::Json { what: "the case description", source };
        let old = serde_json::to_value(before).map_err(json)?;
        let new = serde_json::to_value(self).map_err(json)?;
        let (mut was, mut is) = (Map::new(), Map::new());
        if let (Value::Object(old), Value::Object(new)) = (old, new) {
            let keys: std::collections::BTreeSet<_> = old.keys().chain(new.keys()).collect();
            for key in keys {
                let (a, b) = (old.get(key), new.get(key));
                if a != b {
                    was.insert(key.clone(), a.cloned().unwrap_or(Value::Null));
                    is.insert(key.clone(), b.cloned().unwrap_or(Value::Null));
                }
            }
        }
        let old_text = before.text()?;
        Ok(json!({"before": was, "after": is, "file": self.file_note(Some(&old_text))?}))
    }

    /// What a journal line says about `case.toml`.
    pub(crate) fn file_note(&self, was: Option<&str>) -> Result<Value, CaseError> {
        let text = self.text()?;
        Ok(json!({
            "path": layout::CASE_TOML,
            "sha256": files::sha256(text.as_bytes()),
            "text": text,
            "was": was.map(|text| files::sha256(text.as_bytes())),
        }))
    }

    pub(crate) fn write(&self, case: &Path) -> Result<(), CaseError> {
        files::replace(&case.join(layout::CASE_TOML), self.text()?.as_bytes(), files::PRIVATE)
    }
}

/// Whether `case.toml` is as the journal says.
pub(crate) enum FileState {
    /// Yes.
    Agrees,
    /// A writer was stopped between the journal line and the file; this is the text that belongs there.
    Behind(String),
    /// No.
    Differs(String),
}

/// Compares `case.toml` with the newest journal line about it.
pub(crate) fn compare(case: &Path, entries: &[Entry]) -> Result<FileState, CaseError> {
    let mut newest = entries.iter().rev().filter(|entry| matches!(entry.kind.as_str(), "case" | "set"));
    let Some((seq, file)) = newest.find_map(|entry| Some((entry.seq, entry.body.get("file")?))) else {
        return Ok(FileState::Agrees);
    };
    let member = |name: &str| file.get(name).and_then(Value::as_str);
    let bytes = files::read_limited(&case.join(layout::CASE_TOML), LIMIT)?;
    let there = files::sha256(&bytes);
    if member("sha256") == Some(&there) {
        return Ok(FileState::Agrees);
    }
    Ok(match (member("was"), member("text")) {
        (Some(was), Some(text)) if was == there => FileState::Behind(text.into()),
        _ => FileState::Differs(format!("its SHA-256 is not the one in journal line {seq}")),
    })
}
