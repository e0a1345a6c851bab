//! The playbook file, `bbsec-ir.playbook/v1`: what may stand in it.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Sp;

/// The first line of every playbook: `schema: bbsec-ir.playbook/v1`.
pub const SCHEMA: &str = "bbsec-ir.playbook/v1";

/// A whole playbook.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Playbook {
    /// `bbsec-ir.playbook/v1`.
    pub schema: Sp<String>,
    /// Short name, as in `compromised-bitbucket`.
    pub name: Sp<String>,
    /// What it is for and what will happen.
    #[serde(default)]
    pub description: String,
    /// What the responder gives with `--set NAME=VALUE`.
    #[serde(default)]
    pub inputs: IndexMap<String, InputSpec>,
    /// What holds for every step that does not say otherwise.
    #[serde(default)]
    pub defaults: Defaults,
    /// The steps. `needs` is their only order.
    pub steps: Vec<Step>,
    /// What the run hands on, by name.
    #[serde(default)]
    pub outputs: IndexMap<String, Sp<String>>,
}

/// What holds for every step that does not say otherwise.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Defaults {
    /// See [`Step::on_failure`].
    pub on_failure: OnFailure,
    /// See [`Step::retry`].
    pub retry: Option<Retry>,
}

/// One input.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InputSpec {
    /// Its type.
    #[serde(rename = "type")]
    pub kind: Sp<InputType>,
    /// What it is, in words.
    #[serde(default)]
    pub description: String,
    /// Its value when none is given; without it the input is required.
    #[serde(default)]
    pub default: Option<serde_json::Value>,
    /// Values that it may have.
    #[serde(default)]
    pub one_of: Vec<serde_json::Value>,
}

/// The types of inputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum InputType {
    /// Text.
    #[serde(rename = "string")]
    String,
    /// A whole number.
    #[serde(rename = "int")]
    Int,
    /// `true` or `false`.
    #[serde(rename = "bool")]
    Bool,
    /// A file or folder on this machine.
    #[serde(rename = "path")]
    Path,
    /// An RFC 3339 time or date.
    #[serde(rename = "timestamp")]
    Timestamp,
    /// `i-` and hexadecimal digits.
    #[serde(rename = "ec2-instance-id")]
    InstanceId,
    /// An IPv4 or IPv6 network, `203.0.113.0/24`.
    #[serde(rename = "cidr")]
    Cidr,
    /// `KIND:VALUE`, as in `ip:203.0.113.7`.
    #[serde(rename = "indicator")]
    Indicator,
    /// Texts, on the command line divided by commas.
    #[serde(rename = "list<string>")]
    Strings,
    /// Instance ids, divided by commas.
    #[serde(rename = "list<ec2-instance-id>")]
    InstanceIds,
    /// Networks, divided by commas.
    #[serde(rename = "list<cidr>")]
    Cidrs,
    /// Indicators, divided by commas.
    #[serde(rename = "list<indicator>")]
    Indicators,
}

/// What a step's failure means for the rest.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum OnFailure {
    /// Nothing more is started. What was done stays done; containment is never undone by itself.
    #[default]
    Halt,
    /// Recorded, and the steps that do not need this one go on.
    Continue,
}

/// How often a failed step is tried.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Retry {
    /// Tries in all, 1 to 10.
    pub attempts: u32,
    /// Seconds before the second try; doubled before each further one.
    #[serde(default = "one")]
    pub delay: u64,
}

const fn one() -> u64 {
    1
}

/// One step: an action, an analysis, or something that a person does.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// Its name within the playbook.
    pub id: Sp<String>,
    /// The action or analysis: `isolate`, `collect.volumes`, `scan.secrets`.
    #[serde(default)]
    pub uses: Option<Sp<String>>,
    /// Its input. A value that is one `${{ … }}` keeps its type.
    #[serde(default)]
    pub with: IndexMap<String, Sp<serde_json::Value>>,
    /// Steps that must have ended before this one starts.
    #[serde(default)]
    pub needs: Vec<Sp<String>>,
    /// An expression; the step is skipped when it is false.
    #[serde(default)]
    pub when: Option<Sp<String>>,
    /// Asks a person before the step starts, showing its plan.
    #[serde(default)]
    pub approve: Option<Approve>,
    /// Something that a person does.
    #[serde(default)]
    pub manual: Option<Manual>,
    /// What a failure means for the rest.
    #[serde(default)]
    pub on_failure: Option<OnFailure>,
    /// How often a failed step is tried.
    #[serde(default)]
    pub retry: Option<Retry>,
    /// Ids of the coverage table that the step carries.
    #[serde(default)]
    pub covers: Vec<Sp<String>>,
}

/// A question to a person.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Approve {
    /// The question. May hold `${{ … }}`.
    pub message: Sp<String>,
}

/// Something that a person does.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Manual {
    /// What to do.
    pub text: Sp<String>,
    /// Whose task it is: `incident lead`, `Jira administrator`.
    #[serde(default)]
    pub owner: Option<String>,
}

impl Playbook {
    /// A playbook of one step: what a single command is.
    pub fn single(
        uses: &str,
        with: serde_json::Map<String, serde_json::Value>,
        approve: Option<String>,
    ) -> Self {
        let step = Step {
            id: Sp::unplaced(uses.to_owned()),
            uses: Some(Sp::unplaced(uses.to_owned())),
            with: with.into_iter().map(|(key, value)| (key, Sp::unplaced(value))).collect(),
            needs: Vec::new(),
            when: None,
            approve: approve.map(|message| Approve { message: Sp::unplaced(message) }),
            manual: None,
            on_failure: None,
            retry: None,
            covers: Vec::new(),
        };
        Self {
            schema: Sp::unplaced(SCHEMA.into()),
            name: Sp::unplaced(uses.to_owned()),
            description: String::new(),
            inputs: IndexMap::new(),
            defaults: Defaults::default(),
            steps: vec![step],
            outputs: IndexMap::new(),
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
}
