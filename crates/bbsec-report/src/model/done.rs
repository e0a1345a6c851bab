//! What was done: containment, runs and their steps, changes to the world, evidence that was kept.

use std::collections::BTreeMap;

use bbsec_core::{ChangeResult, Time};
use serde::Serialize;
use serde_json::Value;

use crate::CaseData;

/// What was done.
#[derive(Debug, Clone, Serialize)]
pub struct Done {
    /// Whether the host is cut off.
    pub containment: Containment,
    /// Runs' steps, in order of time.
    pub steps: Vec<StepView>,
    /// Changes to the world, in order of time.
    pub changes: Vec<ChangeView>,
    /// Evidence that was kept, by what it is.
    pub evidence: Vec<EvidenceView>,
    /// How many items.
    pub evidence_items: usize,
    /// How many bytes.
    pub evidence_bytes: u64,
}

/// What the newest verdict on isolation says.
#[derive(Debug, Clone, Serialize)]
pub struct Containment {
    /// `None` when nobody asked.
    pub holds: Option<bool>,
    /// What was read back.
    pub checked: Vec<String>,
    /// What does not hold, and paths that remain.
    pub remaining: Vec<String>,
    /// Other facts of the verdict.
    pub facts: Vec<(String, String)>,
}

/// One step.
#[derive(Debug, Clone, Serialize)]
pub struct StepView {
    /// The run.
    pub run: String,
    /// Its id.
    pub step: String,
    /// The action or analysis.
    pub uses: String,
    /// When it started.
    pub started: Time,
    /// How long it took, in microseconds.
    pub took: Option<i64>,
    /// How it ended.
    pub state: String,
    /// Why it failed.
    pub error: Option<String>,
}

/// One change.
#[derive(Debug, Clone, Serialize)]
pub struct ChangeView {
    /// When.
    pub time: Time,
    /// The operation.
    pub operation: String,
    /// What was changed.
    pub subject: String,
    /// `done`, `already so`, `failed`, `not known` or `undone`.
    pub state: &'static str,
    /// How it is taken back; `None` says that it cannot be.
    pub undo: Option<String>,
    /// The error.
    pub error: Option<String>,
}

/// Evidence of one kind.
#[derive(Debug, Clone, Serialize)]
pub struct EvidenceView {
    /// What it is.
    pub what: String,
    /// How many items.
    pub items: usize,
    /// How many bytes.
    pub bytes: u64,
    /// How many are registered in place.
    pub in_place: usize,
    /// When the first was taken.
    pub first: Time,
    /// By whom.
    pub by: String,
}

pub(super) fn done(data: &CaseData) -> Done {
    let mut steps: Vec<StepView> = data
        .steps
        .iter()
        .map(|step| StepView {
            run: step.run.clone(),
            step: step.step.clone(),
            uses: step.uses.clone(),
            started: step.started,
            took: step.ended.map(|ended| step.started.until(ended)),
            state: step.state.clone(),
            error: step.error.clone(),
        })
        .collect();
    steps.sort_by_key(|step| step.started);
    let mut changes: Vec<ChangeView> = data
        .changes
        .iter()
        .map(|record| ChangeView {
            time: record.time,
            operation: record.change.operation.clone(),
            subject: record.change.subject.clone(),
            state: match (&record.result, record.undone) {
                (_, true) => "undone",
                (Some(ChangeResult::Done { .. }), _) => "done",
                (Some(ChangeResult::Already), _) => "already so",
                (Some(ChangeResult::Failed { .. }), _) => "failed",
                (None, _) => "not known",
            },
            undo: record.change.undo.clone(),
            error: match &record.result {
                Some(ChangeResult::Failed { error }) => Some(error.clone()),
                _ => None,
            },
        })
        .collect();
    changes.sort_by_key(|change| change.time);
    Done {
        containment: containment(data.isolation.as_ref()),
        steps,
        changes,
        evidence: evidence(data),
        evidence_items: data.evidence.len(),
        evidence_bytes: data.evidence.iter().map(|item| item.size).fold(0, u64::saturating_add),
    }
}

fn evidence(data: &CaseData) -> Vec<EvidenceView> {
    let mut kinds: BTreeMap<&str, EvidenceView> = BTreeMap::new();
    for item in &data.evidence {
        let view = kinds.entry(&item.provenance.what).or_insert_with(|| EvidenceView {
            what: item.provenance.what.clone(),
            items: 0,
            bytes: 0,
            in_place: 0,
            first: item.acquired,
            by: item.by.clone(),
        });
        view.items += 1;
        view.bytes = view.bytes.saturating_add(item.size);
        view.in_place += usize::from(item.in_place.is_some());
        view.first = view.first.min(item.acquired);
    }
    kinds.into_values().collect()
}

/// Reads the verdict loosely: what the report does not know by name it shows as a fact.
fn containment(verdict: Option<&Value>) -> Containment {
    let mut view = Containment { holds: None, checked: Vec::new(), remaining: Vec::new(), facts: Vec::new() };
    let Some(Value::Object(map)) = verdict else { return view };
    for (key, value) in map {
        match (key.as_str(), value) {
            ("holds" | "established" | "contained" | "isolated", Value::Bool(holds)) => {
                view.holds = Some(*holds);
            }
            ("checked" | "cut", Value::Array(lines)) => view.checked.extend(lines.iter().map(line)),
            ("violated" | "remaining" | "open_paths" | "paths_open" | "uncut", Value::Array(lines)) => {
                view.remaining.extend(lines.iter().map(line));
            }
            ("schema", _) | (_, Value::Null) => {}
            (key, value) => view.facts.push((key.replace('_', " "), line(value))),
        }
    }
    if view.holds.is_none() && !view.remaining.is_empty() {
        view.holds = Some(false);
    }
    view
}

/// A value in one line.
fn line(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(values) => values.iter().map(line).collect::<Vec<_>>().join("; "),
        Value::Object(map) => {
            let told = ["text", "words", "what", "message"].iter().find_map(|key| map.get(*key)?.as_str());
            told.map_or_else(
                || map.iter().map(|(k, v)| format!("{k}: {}", line(v))).collect::<Vec<_>>().join(", "),
                str::to_owned,
            )
        }
        other => other.to_string(),
    }
}
