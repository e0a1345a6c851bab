//! One thing to put back: what it was, what the isolation made of it, and what it is now.

use bbsec_core::Change;
use serde::Serialize;
use serde_json::{Value, json};

use crate::{client::Aws, error::AwsError, journal::planned};

type Act = Box<dyn Fn(&Aws) -> Result<(), AwsError>>;

/// The three states of something that the isolation changed.
pub(super) struct States {
    now: Value,
    ours: Value,
    before: Value,
}

/// What AWS says now, what the isolation made of it, what the restore point says.
pub(super) fn states(now: impl Serialize, ours: impl Serialize, before: impl Serialize) -> States {
    States { now: json!(now), ours: json!(ours), before: json!(before) }
}

/// See the module.
pub(super) struct Step {
    pub(super) name: String,
    /// What AWS says now.
    pub(super) now: Value,
    /// What `isolate` made of it.
    ours: Value,
    /// What the restore point says.
    pub(super) before: Value,
    pub(super) change: Change,
    pub(super) act: Act,
}

impl Step {
    /// `key` names the state in the journalled change.
    pub(super) fn new(
        operation: &'static str,
        subject: &str,
        name: String,
        key: &str,
        states: States,
        act: impl Fn(&Aws) -> Result<(), AwsError> + 'static,
    ) -> Self {
        let States { now, ours, before } = states;
        let change =
            planned(operation, subject, json!({ key: now }), json!({ key: before, "release": true }), None);
        Self { name, now, ours, before, change, act: Box::new(act) }
    }

    pub(super) fn is_back(&self) -> bool {
        self.now == self.before
    }

    /// Somebody changed it after the isolation.
    pub(super) fn drifted(&self) -> bool {
        self.now != self.before && self.now != self.ours
    }

    /// The drift, in words.
    pub(super) fn difference(&self) -> String {
        format!(
            "{}: isolate left {}, now {}; before the isolation {}",
            self.name, self.ours, self.now, self.before
        )
    }
}
