//! What a run is given and what comes of it.

use bbsec_core::{Exit, Failure, Gap};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::{Playbook, Step};

/// How much of the world a run may touch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// Everything is done.
    Run,
    /// The whole order of steps, with changes replaced by their plans.
    DryRun,
}

/// What to run.
#[derive(Debug, Clone)]
pub struct RunRequest<'a> {
    /// The playbook, already validated.
    pub playbook: &'a Playbook,
    /// Its text: its SHA-256 binds a resumed run to it.
    pub text: &'a str,
    /// What the responder gave.
    pub given: Map<String, Value>,
    /// How much of the world may be touched.
    pub mode: Mode,
    /// A run to go on with.
    pub resume: Option<String>,
    /// Go on although the playbook has changed.
    pub accept_changes: bool,
    /// How many steps run side by side, at most; at least 1. Steps that wait for a person do not count.
    pub jobs: usize,
}

/// How a step ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum StepState {
    /// Done, and what the world says agrees.
    Succeeded,
    /// Done, but the world does not agree: each point is named.
    Violated,
    /// Not done.
    Failed,
    /// Not wanted, or what it needs was not done.
    Skipped,
    /// Only planned.
    Planned,
    /// A person's task, still open.
    Open,
    /// A person said no.
    Refused,
}

impl StepState {
    /// Every state.
    pub const ALL: [Self; 7] = [
        Self::Succeeded,
        Self::Violated,
        Self::Failed,
        Self::Skipped,
        Self::Planned,
        Self::Open,
        Self::Refused,
    ];

    /// The name in the journal and in machine output.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Violated => "violated",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
            Self::Planned => "planned",
            Self::Open => "open",
            Self::Refused => "refused",
        }
    }

    /// The state of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }
}

/// One step's end.
#[derive(Debug, Serialize, JsonSchema)]
pub struct StepReport {
    /// The step.
    pub id: String,
    /// What it used.
    pub uses: Option<String>,
    /// How it ended.
    pub state: StepState,
    /// Its output.
    pub output: Value,
    /// What could not be read or done.
    pub gaps: Vec<Gap>,
    /// Points that do not hold, or why it was skipped.
    pub notes: Vec<String>,
    /// Seconds.
    pub elapsed: f64,
    /// Why it failed.
    #[serde(skip)]
    pub failure: Option<Failure>,
}

/// A run's end.
#[derive(Debug, Serialize, JsonSchema)]
pub struct RunReport {
    /// The run.
    pub run: String,
    /// The steps, in the order in which they ended.
    pub steps: Vec<StepReport>,
    /// The playbook's outputs.
    pub outputs: Map<String, Value>,
    /// How the process should end.
    pub exit: Exit,
}

/// Watches a run, for the live view. Called from the steps' threads.
pub trait Observer: Sync {
    /// A run begins, with its steps in the order of the file.
    fn begins(&self, run: &str, playbook: &str, steps: &[Step]);
    /// A step starts.
    fn starts(&self, step: &str, uses: Option<&str>);
    /// A step waits for somebody; `None` when it goes on.
    fn waits(&self, step: &str, whom: Option<&str>);
    /// A step ended.
    fn ended(&self, report: &StepReport);
}

/// What came of doing a step.
#[derive(Default)]
pub(crate) struct Done {
    pub(crate) state: Option<StepState>,
    pub(crate) output: Value,
    pub(crate) gaps: Vec<Gap>,
    pub(crate) notes: Vec<String>,
    pub(crate) failure: Option<Failure>,
}

impl Done {
    pub(crate) fn state(state: StepState) -> Self {
        Self { state: Some(state), ..Self::default() }
    }
    pub(crate) fn failed(failure: Failure) -> Self {
        Self { state: Some(StepState::Failed), failure: Some(failure), ..Self::default() }
    }
    pub(crate) fn noted(state: StepState, note: impl Into<String>) -> Self {
        Self { state: Some(state), notes: vec![note.into()], ..Self::default() }
    }

    pub(crate) fn report(self, step: &Step, began: std::time::Instant) -> StepReport {
        StepReport {
            id: step.id.value().clone(),
            uses: step.uses.as_ref().map(|uses| uses.value().clone()),
            state: self.state.unwrap_or(StepState::Failed),
            output: self.output,
            gaps: self.gaps,
            notes: self.notes,
            elapsed: began.elapsed().as_secs_f64(),
            failure: self.failure,
        }
    }
}

/// An error with its causes, as one text for the journal.
pub(crate) fn chain(failure: &Failure) -> String {
    let mut text = failure.message.clone();
    let mut source = std::error::Error::source(failure);
    while let Some(error) = source {
        text.push_str(": ");
        text.push_str(&error.to_string());
        source = error.source();
    }
    text
}
