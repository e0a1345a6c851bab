//! The playbook file, `bbsec-ir.playbook/v1`: what may stand in it.

use std::{borrow::Cow, collections::BTreeMap};

use indexmap::IndexMap;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;
use serde_json::Value;

use crate::{InputType, Period, Sp};

/// The first line of every playbook: `schema: bbsec-ir.playbook/v1`.
pub const SCHEMA: &str = "bbsec-ir.playbook/v1";

/// A whole playbook.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Playbook {
    /// `bbsec-ir.playbook/v1`.
    pub schema: Sp<String>,
    /// Short name, as in `compromised-bitbucket`.
    pub name: Sp<String>,
    /// What it is for and what will happen.
    #[schemars(default)]
    pub description: String,
    /// What the responder gives with `--set NAME=VALUE`.
    #[schemars(default)]
    pub inputs: IndexMap<String, InputSpec>,
    /// What holds for every step that does not say otherwise.
    #[schemars(default)]
    pub defaults: Defaults,
    /// The steps. `needs` is their only order; what does not need each other runs side by side.
    pub steps: Vec<Step>,
    /// What the run hands on, by name.
    #[schemars(default)]
    pub outputs: IndexMap<String, Sp<String>>,
    /// What must happen for given inputs; tried by `playbook validate`, without network.
    #[schemars(default)]
    pub tests: Vec<TestCase>,
}

/// What holds for every step that does not say otherwise.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Defaults {
    /// See [`Step::on_failure`].
    #[schemars(default)]
    pub on_failure: OnFailure,
    /// See [`Step::retry`].
    pub retry: Option<Retry>,
    /// See [`Step::timeout`].
    pub timeout: Option<Sp<Period>>,
}

/// One input.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct InputSpec {
    /// Its type.
    #[serde(rename = "type")]
    pub kind: Sp<InputType>,
    /// What it is, in words.
    #[schemars(default)]
    pub description: String,
    /// Its value when none is given; without it the input is required.
    pub default: Option<Sp<Value>>,
    /// Values that it may have.
    #[schemars(default)]
    pub one_of: Vec<Value>,
    /// A regular expression that its text must match, as a whole.
    pub pattern: Option<Sp<String>>,
    /// The least value: a number, a time, a duration, or a text's length.
    pub min: Option<Sp<Value>>,
    /// The greatest value.
    pub max: Option<Sp<Value>>,
}

/// What a step's failure means for the rest.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum OnFailure {
    /// Nothing more is started. What was done stays done; containment is never undone by itself.
    #[default]
    Halt,
    /// Recorded, exit code 4; what needs the step starts all the same, once it has ended.
    Continue,
    /// Only the named step, and what needs it, is still started. Without a failure it is not.
    Goto(String),
    /// What the step itself had done is taken back, then nothing more is started. Never for containment.
    Undo,
}

impl Serialize for OnFailure {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Halt => serializer.serialize_str("halt"),
            Self::Continue => serializer.serialize_str("continue"),
            Self::Undo => serializer.serialize_str("undo"),
            Self::Goto(step) => serializer.collect_str(&format_args!("goto:{step}")),
        }
    }
}

impl JsonSchema for OnFailure {
    fn schema_name() -> Cow<'static, str> {
        "OnFailure".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "halt: nothing more is started. continue: recorded, the rest goes on. goto:STEP: only STEP, \
                            and what needs it. undo: what the step itself had done is taken back, then halt.",
            "anyOf": [
                {"type": "string", "enum": ["halt", "continue", "undo"]},
                {"type": "string", "pattern": "^goto:[A-Za-z0-9_-]+$"},
            ],
        })
    }
}

/// How often a failed step is tried.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Retry {
    /// Tries in all, 1 to 10.
    #[schemars(range(min = 1, max = 10))]
    pub attempts: u32,
    /// Before the second try; doubled before each further one. 1s when left out.
    pub delay: Option<Period>,
    /// The longest wait between two tries. 5m when left out.
    pub max_delay: Option<Period>,
}

/// One step: an action, an analysis, a question, or something that a person does.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Step {
    /// Its name within the playbook.
    #[schemars(regex(pattern = r"^[A-Za-z0-9_-]+$"))]
    pub id: Sp<String>,
    /// The action or analysis: `isolate`, `collect.volumes`, `scan.secrets`.
    pub uses: Option<Sp<String>>,
    /// Its input. A value that is one `${{ … }}` keeps its type.
    #[schemars(default)]
    pub with: IndexMap<String, Sp<Value>>,
    /// Steps that must have ended before this one starts.
    #[schemars(default)]
    pub needs: Vec<Sp<String>>,
    /// An expression; the step is skipped when it is false.
    pub when: Option<Sp<String>>,
    /// Asks a person before the step starts, showing its plan.
    pub approve: Option<Approve>,
    /// Something that a person does.
    pub manual: Option<Manual>,
    /// How long it may take; then it is asked to stop, and has failed.
    pub timeout: Option<Sp<Period>>,
    /// What a failure means for the rest.
    pub on_failure: Option<Sp<OnFailure>>,
    /// How often a failed step is tried.
    pub retry: Option<Retry>,
    /// Ids of the coverage table that the step carries.
    #[schemars(default)]
    pub covers: Vec<Sp<String>>,
}

/// A question to a person.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Approve {
    /// The question. May hold `${{ … }}`.
    pub message: Sp<String>,
    /// Who must agree, as the list of allowed signers names them. With it only their signatures count: neither the
    /// terminal nor `--yes-to` answers for them.
    #[schemars(default)]
    pub by: Vec<String>,
    /// How many different people must agree. 1 when left out.
    #[schemars(range(min = 1, max = 10))]
    pub min: Option<u32>,
    /// How long the question stands. 1h when left out.
    pub expires: Option<Period>,
}

/// Something that a person does.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Manual {
    /// What to do. May hold `${{ … }}`.
    pub text: Sp<String>,
    /// Whose task it is: `incident lead`, `Jira administrator`.
    pub owner: Option<String>,
    /// What to attach when it is done.
    pub evidence: Option<String>,
}

/// What must happen for given inputs.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct TestCase {
    /// What it shows, in words.
    pub name: Sp<String>,
    /// The inputs, as with `--set`.
    #[schemars(default)]
    pub inputs: IndexMap<String, Value>,
    /// Steps that end otherwise than well: `failed`, `violated`, `refused`, `open`.
    #[schemars(default)]
    pub given: IndexMap<String, Sp<String>>,
    /// What steps hand on.
    #[schemars(default)]
    pub outputs: IndexMap<String, Value>,
    /// How steps must end: `succeeded`, `failed`, `violated`, `refused`, `skipped`, `open`.
    #[schemars(default)]
    pub expect: IndexMap<String, Sp<String>>,
    /// Inputs that steps must be given.
    #[schemars(default)]
    pub with: IndexMap<String, Sp<Value>>,
    /// Steps each of which must have ended before the next starts.
    #[schemars(default)]
    pub order: Vec<Sp<String>>,
    /// Steps that must ask a person first; no other step may.
    pub asks: Option<Vec<Sp<String>>>,
    /// The inputs must be refused, with this in the message.
    pub refused: Option<Sp<String>>,
    /// The exit code.
    pub exit: Option<Sp<u8>>,
}

impl Playbook {
    /// A playbook of one step: what a single command is.
    pub fn single(uses: &str, with: serde_json::Map<String, Value>, approve: Option<String>) -> Self {
        let ask =
            |message| Approve { message: Sp::unplaced(message), by: Vec::new(), min: None, expires: None };
        let mut step = Step::new(uses);
        step.uses = Some(Sp::unplaced(uses.to_owned()));
        step.with = with.into_iter().map(|(key, value)| (key, Sp::unplaced(value))).collect();
        step.approve = approve.map(ask);
        Self {
            schema: Sp::unplaced(SCHEMA.into()),
            name: Sp::unplaced(uses.to_owned()),
            description: String::new(),
            inputs: IndexMap::new(),
            defaults: Defaults::default(),
            steps: vec![step],
            outputs: IndexMap::new(),
            tests: Vec::new(),
        }
    }

    /// Which ids of the coverage table the steps carry, and by which step.
    pub fn coverage(&self) -> BTreeMap<&str, Vec<&str>> {
        let mut carried: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for step in &self.steps {
            for id in &step.covers {
                carried.entry(id.value()).or_default().push(step.id.value());
            }
        }
        carried
    }

    /// What a step's failure means.
    pub fn on_failure<'p>(&'p self, step: &'p Step) -> &'p OnFailure {
        step.on_failure.as_ref().map_or(&self.defaults.on_failure, Sp::value)
    }
}

impl Step {
    pub(crate) fn new(id: &str) -> Self {
        Self {
            id: Sp::unplaced(id.to_owned()),
            uses: None,
            with: IndexMap::new(),
            needs: Vec::new(),
            when: None,
            approve: None,
            manual: None,
            timeout: None,
            on_failure: None,
            retry: None,
            covers: Vec::new(),
        }
    }

    /// Its input as it stands in the file.
    pub(crate) fn input(&self) -> Value {
        Value::Object(self.with.iter().map(|(name, value)| (name.clone(), value.value().clone())).collect())
    }
}
