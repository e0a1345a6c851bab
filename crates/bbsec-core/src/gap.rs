//! What could not be read, done or known. A gap is never silent: it is in the exit code, the journal and the report.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Place;

/// One thing that is missing, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Gap {
    /// What is missing, in a word or two that group well: `log lines`, `repository`, `time range`, `permission`.
    pub kind: String,
    /// The thing: a path, repository, ARN, region or time range.
    pub subject: String,
    /// Why, and what it means for the conclusions.
    pub why: String,
    /// How many (lines, objects, pages); 1 for a thing.
    pub count: u64,
    /// True when evidence that exists could not be read (exit 4); false for what cannot be known whatever we do,
    /// such as a log that had already rotated away.
    pub unread: bool,
    /// Where, when there is a place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Place>,
}

impl Gap {
    /// Evidence that is there but could not be read: sets exit code 4.
    pub fn unread(
        kind: impl Into<String>,
        subject: impl Into<String>,
        why: impl Into<String>,
        count: u64,
    ) -> Self {
        Self { kind: kind.into(), subject: subject.into(), why: why.into(), count, unread: true, at: None }
    }

    /// Something that cannot be known from the evidence there is; it is said, and does not change the exit code.
    pub fn unknown(kind: impl Into<String>, subject: impl Into<String>, why: impl Into<String>) -> Self {
        Self {
            kind: kind.into(),
            subject: subject.into(),
            why: why.into(),
            count: 1,
            unread: false,
            at: None,
        }
    }
}
