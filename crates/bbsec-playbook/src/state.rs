//! What the journal says of a run: which steps started, ended, and how.

use std::collections::BTreeMap;

use bbsec_case::{Case, Entry};
use bbsec_core::{Exit, Failure};
use serde_json::Value;

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
    if entry.kind == "run-started" {
        story.known = true;
        story.playbook_sha256 = text("playbook_sha256");
        story.inputs = entry.body.get("inputs").and_then(Value::as_object).cloned().unwrap_or_default();
    }
    let Some(step) = &entry.step else { return };
    match entry.kind.as_str() {
        "step-started" => {
            if !story.order.contains(step) {
                story.order.push(step.clone());
            }
            let told = story.steps.entry(step.clone()).or_default();
            told.started = true;
            told.ended = None;
            told.undone = false;
            told.uses = text("uses");
            told.with = entry.body.get("with").cloned().unwrap_or_default();
        }
        "step-ended" => {
            let told = story.steps.entry(step.clone()).or_default();
            told.ended = Some(text("state"));
            told.output = entry.body.get("output").filter(|output| !output.is_null()).cloned();
        }
        "step-undone" => story.steps.entry(step.clone()).or_default().undone = true,
        _ => {}
    }
}
