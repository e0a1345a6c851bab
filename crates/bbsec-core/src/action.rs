//! Actions: what changes the world or acquires evidence. One file each, with one typed input and one typed output.

use std::fmt;

use schemars::{JsonSchema, Schema};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{CaseStore, Change, ChangeLog, Exit, Failure, Gap, Progress};

/// What an action does to the world.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// Reads only; writes to the case.
    Acquires,
    /// Changes something outside the case.
    Changes,
}

/// How an action is taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "undo", content = "why")]
pub enum Undo {
    /// Nothing outside the case was changed.
    NotNeeded,
    /// By its own `undo`, from the state journalled before.
    FromJournal,
    /// Not at all; why, in words that a person approves.
    Impossible(&'static str),
}

/// What happens when an action is repeated after a crash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Idempotency {
    /// Doing it twice is the same as doing it once.
    Natural,
    /// Looks for what an earlier try made, by tag or token, before it makes anything.
    LooksFirst,
    /// Must not be repeated without asking.
    None,
}

/// What there is to know about an action without running it.
#[derive(Debug, Clone, Serialize)]
pub struct ActionMeta {
    /// The name after `uses:`: `isolate`, `collect.volumes`.
    pub id: &'static str,
    /// One line.
    pub summary: &'static str,
    /// Raised when input or meaning changes.
    pub version: u32,
    /// What it does to the world.
    pub effect: Effect,
    /// How it is undone.
    pub undo: Undo,
    /// What happens on repetition.
    pub idempotency: Idempotency,
    /// IAM actions that it needs: `ec2:DescribeInstances`.
    pub permissions: &'static [&'static str],
}

/// When in a response an action belongs: facts first, then containment, and only then what takes its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Quick and read-only: what the world looks like before anything changes it.
    Facts,
    /// Fixes evidence at the request, and can be waited for later.
    Request,
    /// Cuts the attacker off. Never undone by itself.
    Contain,
    /// Everything else.
    Work,
}

/// What an action would do.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Plan {
    /// One sentence for a person.
    pub summary: String,
    /// Every change, from what to what.
    pub changes: Vec<Change>,
    /// What a person should know before they agree.
    pub warnings: Vec<String>,
    /// Permissions that are known to be missing, such as `ec2:CreateSnapshots`.
    #[serde(default)]
    pub missing: Vec<String>,
}

/// Whether an action's end state is already there.
#[derive(Debug, Clone, PartialEq)]
pub enum Observed<T> {
    /// Yes, with the output that it would have had.
    Done(T),
    /// No, or only in part: applying (again) is needed and safe.
    NotDone,
    /// It cannot be told; a person must decide.
    Unknown(String),
}

/// What the world says after an action, asked anew.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Verdict {
    /// True when everything that was wanted holds.
    pub holds: bool,
    /// What was read back, in words.
    pub checked: Vec<String>,
    /// What does not hold.
    pub violated: Vec<String>,
}

/// What an action works with.
pub struct Context<'a> {
    /// The case.
    pub case: &'a mut dyn CaseStore,
    /// Where intents and outcomes are journalled.
    pub changes: &'a mut dyn ChangeLog,
    /// Progress and the wish to stop.
    pub progress: &'a dyn Progress,
    /// What could not be done; ends in exit code 4, the journal and the report.
    pub gaps: &'a mut Vec<Gap>,
    /// The run, for tags and idempotency tokens.
    pub run: &'a str,
    /// The step within the run.
    pub step: &'a str,
}

impl fmt::Debug for Context<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context").field("run", &self.run).field("step", &self.step).finish_non_exhaustive()
    }
}

/// Something that changes the world or acquires evidence.
///
/// The input is the command's flags, a playbook's `with:` and the documentation at once.
pub trait Action: Send + Sync {
    /// What it is given.
    type Input: Serialize + DeserializeOwned + JsonSchema;
    /// What it hands on.
    type Output: Serialize + DeserializeOwned + JsonSchema;

    /// What there is to know without running it.
    fn meta(&self) -> ActionMeta;
    /// Reads only: what would change, from what to what.
    fn plan(&self, input: &Self::Input, context: &mut Context<'_>) -> Result<Plan, Failure>;
    /// Reads only: whether it is done already; asked on resume for a step that had started.
    fn observe(
        &self,
        input: &Self::Input,
        context: &mut Context<'_>,
    ) -> Result<Observed<Self::Output>, Failure>;
    /// Does it, journalling every change before it is made.
    fn apply(&self, input: &Self::Input, context: &mut Context<'_>) -> Result<Self::Output, Failure>;
    /// Asks the world, not the return code, whether it holds.
    fn verify(
        &self,
        input: &Self::Input,
        output: &Self::Output,
        context: &mut Context<'_>,
    ) -> Result<Verdict, Failure>;
    /// Takes it back, from the changes and notes journalled by the step.
    fn undo(&self, input: &Self::Input, context: &mut Context<'_>) -> Result<Verdict, Failure>;
    /// The exit code when [`Action::verify`] says that something does not hold.
    fn violation_exit(&self) -> Exit {
        Exit::Failed
    }
    /// When in a response it belongs.
    fn phase(&self) -> Phase {
        Phase::Work
    }
}

/// An action with its types erased, as the registry and the runner hold it.
pub trait DynAction: Send + Sync {
    /// See [`Action::meta`].
    fn meta(&self) -> ActionMeta;
    /// JSON Schema of the input.
    fn input_schema(&self) -> Schema;
    /// JSON Schema of the output.
    fn output_schema(&self) -> Schema;
    /// See [`Action::plan`].
    fn plan(&self, with: &serde_json::Value, context: &mut Context<'_>) -> Result<Plan, Failure>;
    /// See [`Action::observe`].
    fn observe(
        &self,
        with: &serde_json::Value,
        context: &mut Context<'_>,
    ) -> Result<Observed<serde_json::Value>, Failure>;
    /// See [`Action::apply`].
    fn apply(
        &self,
        with: &serde_json::Value,
        context: &mut Context<'_>,
    ) -> Result<serde_json::Value, Failure>;
    /// See [`Action::verify`].
    fn verify(
        &self,
        with: &serde_json::Value,
        output: &serde_json::Value,
        context: &mut Context<'_>,
    ) -> Result<Verdict, Failure>;
    /// See [`Action::undo`].
    fn undo(&self, with: &serde_json::Value, context: &mut Context<'_>) -> Result<Verdict, Failure>;
    /// See [`Action::violation_exit`].
    fn violation_exit(&self) -> Exit;
    /// See [`Action::phase`].
    fn phase(&self) -> Phase;
}

impl<A: Action> DynAction for A {
    fn meta(&self) -> ActionMeta {
        Action::meta(self)
    }
    fn input_schema(&self) -> Schema {
        schemars::schema_for!(A::Input)
    }
    fn output_schema(&self) -> Schema {
        schemars::schema_for!(A::Output)
    }
    fn plan(&self, with: &serde_json::Value, context: &mut Context<'_>) -> Result<Plan, Failure> {
        Action::plan(self, &typed(Action::meta(self).id, with)?, context)
    }
    fn observe(
        &self,
        with: &serde_json::Value,
        context: &mut Context<'_>,
    ) -> Result<Observed<serde_json::Value>, Failure> {
        Ok(match Action::observe(self, &typed(Action::meta(self).id, with)?, context)? {
            Observed::Done(output) => Observed::Done(untyped(Action::meta(self).id, &output)?),
            Observed::NotDone => Observed::NotDone,
            Observed::Unknown(why) => Observed::Unknown(why),
        })
    }
    fn apply(
        &self,
        with: &serde_json::Value,
        context: &mut Context<'_>,
    ) -> Result<serde_json::Value, Failure> {
        let id = Action::meta(self).id;
        untyped(id, &Action::apply(self, &typed(id, with)?, context)?)
    }
    fn verify(
        &self,
        with: &serde_json::Value,
        output: &serde_json::Value,
        context: &mut Context<'_>,
    ) -> Result<Verdict, Failure> {
        let id = Action::meta(self).id;
        Action::verify(self, &typed(id, with)?, &typed(id, output)?, context)
    }
    fn undo(&self, with: &serde_json::Value, context: &mut Context<'_>) -> Result<Verdict, Failure> {
        Action::undo(self, &typed(Action::meta(self).id, with)?, context)
    }
    fn violation_exit(&self) -> Exit {
        Action::violation_exit(self)
    }
    fn phase(&self) -> Phase {
        Action::phase(self)
    }
}

/// Reads a step's `with:` into its typed input.
pub(crate) fn typed<T: DeserializeOwned>(id: &str, value: &serde_json::Value) -> Result<T, Failure> {
    T::deserialize(value).map_err(|error| {
        Failure::because(format!("the input of `{id}` does not fit"), error).exit(crate::Exit::Usage)
    })
}

/// Turns a typed output into the value that later steps see.
pub(crate) fn untyped<T: Serialize>(id: &str, value: &T) -> Result<serde_json::Value, Failure> {
    serde_json::to_value(value)
        .map_err(|error| Failure::because(format!("the output of `{id}` cannot be written as JSON"), error))
}
