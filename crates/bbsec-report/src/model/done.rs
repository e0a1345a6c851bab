//! What was done: containment, runs and their steps, changes to the world, evidence that was kept.

use std::collections::BTreeMap;

use bbsec_core::{ChangeResult, Time};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::CaseData;

/// What was done.
#[derive(Debug, Clone, Serialize, JsonSchema)]
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
#[derive(Debug, Clone, Serialize, JsonSchema)]
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
#[derive(Debug, Clone, Serialize, JsonSchema)]
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
#[derive(Debug, Clone, Serialize, JsonSchema)]
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
#[derive(Debug, Clone, Serialize, JsonSchema)]
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
            ("instances", Value::Array(nodes)) => nodes.iter().for_each(|node| node_verdict(&mut view, node)),
            ("schema", _) | (_, Value::Null) => {}
            (_, Value::Array(lines)) if lines.is_empty() => {}
            (key, value) => view.facts.push((key.replace('_', " "), line(value))),
        }
    }
    if view.holds.is_none() && !view.remaining.is_empty() {
        view.holds = Some(false);
    }
    view
}

/// The paths and limits of one instance.
fn node_verdict(view: &mut Containment, node: &Value) {
    let text =
        |value: &Value, key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let list = |key: &str| node.get(key).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let instance = text(node, "instance");
    for path in list("paths") {
        let told = format!(
            "{instance}: {} {} connections {} through {} {} on {}: {}",
            text(path, "connections"),
            text(path, "family"),
            text(path, "direction"),
            text(path, "via"),
            text(path, "through"),
            text(path, "interface"),
            text(path, "why")
        );
        match text(path, "state").as_str() {
            "cut" => view.checked.push(told),
            "allowed" => view.facts.push(("left open as asked".into(), told)),
            _ => view.remaining.push(told),
        }
    }
    for setting in list("settings") {
        let told = format!("{instance}: {} is {}", text(setting, "name"), text(setting, "found"));
        if setting.get("holds").and_then(Value::as_bool) == Some(true) {
            view.checked.push(told);
        } else {
            view.remaining.push(format!("{told}; wanted: {}", text(setting, "wanted")));
        }
    }
    for limit in list("cannot_cut") {
        let help = text(limit, "help");
        view.facts.push((
            "cannot be cut by network rules".into(),
            format!("{instance}: {}: {}. {help}", text(limit, "path"), text(limit, "why")),
        ));
    }
    for problem in list("problems") {
        view.remaining.push(format!("{instance}: {}", line(problem)));
    }
    for peer in list("peers") {
        view.facts.push(("node of the cluster that was not isolated".into(), line(peer)));
    }
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_open_is_named_and_what_is_unknown_stays_unknown() {
        let verdict = json!({
            "schema": "bbsec-ir.isolation/v1", "established": false, "warnings": [],
            "instances": [{
                "instance": "i-1", "established": false,
                "paths": [
                    { "via": "nat-gateway", "through": "nat-1", "interface": "eni-1", "family": "ipv4",
                      "direction": "out", "connections": "new", "state": "cut", "why": "no rule allows it" },
                    { "via": "internet-gateway", "interface": "eni-1", "family": "ipv4", "direction": "both",
                      "connections": "established", "state": "open", "why": "tracked" },
                ],
                "cannot_cut": [{ "path": "instance metadata", "why": "link-local", "help": "disable it" }],
            }],
        });
        let view = containment(Some(&verdict));
        assert_eq!(view.holds, Some(false));
        assert_eq!((view.checked.len(), view.remaining.len(), view.facts.len()), (1, 1, 1));
        assert!(view.remaining[0].contains("internet-gateway"));
        assert_eq!(containment(None).holds, None);
        assert_eq!(containment(Some(&json!("odd"))).holds, None);
    }
}
