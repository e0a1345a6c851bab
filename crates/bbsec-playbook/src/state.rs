//! What the journal says of a run: which steps started, ended, and how; what people approved and did.

use std::collections::BTreeMap;

use bbsec_case::{Case, Entry};
use bbsec_core::{Exit, Failure, Time};
use serde_json::Value;

/// What came of a person's task.
#[derive(Debug, Clone)]
pub(crate) enum Task {
    /// Done: who, what came of it, evidence.
    Done(Value),
    /// Left out: who, why.
    Skipped(Value),
}

/// An approval that was given.
#[derive(Debug, Clone)]
pub(crate) struct Approved {
    /// SHA-256 of the plan that was shown.
    pub(crate) plan: String,
    /// SHA-256 of each change in it.
    pub(crate) changes: Vec<String>,
    /// Until when it stands.
    pub(crate) until: Option<Time>,
}

/// One step, as the journal tells it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Told {
    /// The resolved input it was started with.
    pub(crate) with: Value,
    /// What it uses.
    pub(crate) uses: String,
    /// Its output, once it has succeeded.
    pub(crate) output: Option<Value>,
    /// It was started.
    pub(crate) started: bool,
    /// How it ended, when it ended.
    pub(crate) ended: Option<String>,
    /// It has been undone since.
    pub(crate) undone: bool,
    /// The newest approval.
    pub(crate) approved: Option<Approved>,
    /// What came of it, when it is a person's task.
    pub(crate) task: Option<Task>,
}

/// A run, as the journal tells it.
#[derive(Debug, Clone, Default)]
pub(crate) struct RunStory {
    /// SHA-256 of the playbook's text.
    pub(crate) playbook_sha256: String,
    /// Resolved inputs.
    pub(crate) inputs: serde_json::Map<String, Value>,
    /// Steps in the order in which they started.
    pub(crate) order: Vec<String>,
    /// Steps by id.
    pub(crate) steps: BTreeMap<String, Told>,
    /// The run began.
    pub(crate) known: bool,
}

/// Reads one run's story out of the journal.
pub(crate) fn story(case: &Case, run: &str) -> Result<RunStory, Failure> {
    let entries =
        case.journal().entries().map_err(|error| Failure::because("the journal cannot be read", error))?;
    let mut story = RunStory::default();
    for entry in entries.iter().filter(|entry| entry.run.as_deref() == Some(run)) {
        tell(&mut story, entry);
    }
    if !story.known {
        return Err(Failure::new(Exit::Usage, format!("the journal knows no run `{run}`"))
            .help("list the runs with `bbsec-ir case show`"));
    }
    Ok(story)
}

fn tell(story: &mut RunStory, entry: &Entry) {
    let text = |name: &str| entry.body.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    match entry.kind.as_str() {
        "run-started" => {
            story.known = true;
            story.playbook_sha256 = text("playbook_sha256");
            story.inputs = entry.body.get("inputs").and_then(Value::as_object).cloned().unwrap_or_default();
        }
        // A playbook that was accepted once is the one to compare with from then on.
        "run-resumed" => {
            story.playbook_sha256 = text("playbook_sha256");
            if let Some(inputs) = entry.body.get("inputs").and_then(Value::as_object) {
                story.inputs.clone_from(inputs);
            }
        }
        _ => {}
    }
    let Some(step) = &entry.step else { return };
    if entry.kind == "step-started" && !story.order.contains(step) {
        story.order.push(step.clone());
    }
    let told = story.steps.entry(step.clone()).or_default();
    match entry.kind.as_str() {
        "step-started" => {
            told.started = true;
            told.ended = None;
            told.undone = false;
            told.uses = text("uses");
            told.with = entry.body.get("with").cloned().unwrap_or_default();
        }
        "step-ended" => {
            told.ended = Some(text("state"));
            told.output = entry.body.get("output").filter(|output| !output.is_null()).cloned();
        }
        // A person asked for it again: what it said then is no longer taken for granted.
        "step-again" => told.ended = None,
        "step-undone" => told.undone = true,
        "approved" => {
            let changes = entry.body.get("changes").and_then(Value::as_array).into_iter().flatten();
            told.approved = Some(Approved {
                plan: text("plan_sha256"),
                changes: changes.filter_map(|change| change.as_str().map(str::to_owned)).collect(),
                until: text("expires").parse().ok(),
            });
        }
        "refused" => told.approved = None,
        "manual-done" => told.task = Some(Task::Done(entry.body.clone())),
        "manual-skipped" => told.task = Some(Task::Skipped(entry.body.clone())),
        _ => {}
    }
}
