//! Changes: what we did to the world, what it was before, and how it is undone.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Failure;

/// One change to the world, written down before it is made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Change {
    /// The API operation or act: `ec2:ModifyNetworkInterfaceAttribute`.
    pub operation: String,
    /// What is changed: an ARN, id or path.
    pub subject: String,
    /// The state before, as far as undo needs it.
    pub before: serde_json::Value,
    /// The state that is wanted.
    pub after: serde_json::Value,
    /// The change that takes it back, in words; `None` says that it cannot be taken back.
    pub undo: Option<String>,
}

/// What came of a change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "result")]
pub enum ChangeResult {
    /// Done; with what the world answered.
    Done {
        /// Ids and values that the world returned.
        answer: serde_json::Value,
    },
    /// It was already so; nothing was sent.
    Already,
    /// It failed, or it is not known whether it was done.
    Failed {
        /// The error, with its code.
        error: String,
    },
}

/// Where changes are written down. [`ChangeLog::intent`] returns only after the line is on the disk.
pub trait ChangeLog {
    /// Writes down what will be done. The number identifies the change in its outcome.
    fn intent(&mut self, change: &Change) -> Result<u64, Failure>;
    /// Writes down what came of it.
    fn outcome(&mut self, id: u64, result: &ChangeResult) -> Result<(), Failure>;
    /// Changes of this run's step, oldest first, with their outcomes where one is known: what undo and resume read.
    fn past(&self) -> Result<Vec<(u64, Change, Option<ChangeResult>)>, Failure>;
    /// Writes down something that is neither, such as a restore point or a verdict.
    fn note(&mut self, kind: &str, body: serde_json::Value) -> Result<(), Failure>;
    /// The newest note of a kind in this run's step.
    fn last_note(&self, kind: &str) -> Result<Option<serde_json::Value>, Failure>;
}
