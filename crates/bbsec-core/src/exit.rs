//! Exit codes of `bbsec-ir`: what a script may rely on. The table in the documentation is generated from here.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How a command ended, as its process exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Exit {
    /// Done. Findings do not change this unless `--fail-on` is given.
    Done,
    /// The operation failed.
    Failed,
    /// Usage, configuration or playbook does not validate.
    Usage,
    /// There was nothing to process.
    Nothing,
    /// Finished, but some source, host, repository or line could not be read; each is named.
    Partial,
    /// An approval was refused or expired.
    Refused,
    /// A hash, signature or journal link does not hold.
    Integrity,
    /// Containment is not established, or paths remain that could not be cut; each is named.
    NotContained,
    /// `--fail-on` was reached.
    FailOn,
    /// Interrupted; the run can be resumed.
    Interrupted,
}

impl Exit {
    /// Every code, in the order of the table in the documentation.
    pub const ALL: [Self; 10] = [
        Self::Done,
        Self::Failed,
        Self::Usage,
        Self::Nothing,
        Self::Partial,
        Self::Refused,
        Self::Integrity,
        Self::NotContained,
        Self::FailOn,
        Self::Interrupted,
    ];

    /// The number given to the operating system.
    pub const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Nothing => 3,
            Self::Partial => 4,
            Self::Refused => 5,
            Self::Integrity => 6,
            Self::NotContained => 7,
            Self::FailOn => 10,
            Self::Interrupted => 130,
        }
    }

    /// One line for the table in the documentation and for `--help`.
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Done => "done (findings do not change it unless --fail-on SEVERITY is given)",
            Self::Failed => "the operation failed",
            Self::Usage => "usage, configuration or playbook does not validate",
            Self::Nothing => "nothing to process",
            Self::Partial => {
                "partial: finished, but some source, host, repository or line could not be read; each is named"
            }
            Self::Refused => "an approval was refused or expired",
            Self::Integrity => "integrity: a hash, signature or journal link does not hold",
            Self::NotContained => {
                "containment not established, or paths remain that could not be cut; each is named"
            }
            Self::FailOn => "--fail-on was reached",
            Self::Interrupted => "interrupted; the run can be resumed",
        }
    }

    /// Which of two results a run of several steps reports: the one that a responder must act on first.
    #[must_use]
    pub fn worse(self, other: Self) -> Self {
        if self.rank() >= other.rank() { self } else { other }
    }

    const fn rank(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Nothing => 1,
            Self::FailOn => 2,
            Self::Partial => 3,
            Self::NotContained => 4,
            Self::Failed => 5,
            Self::Refused => 6,
            Self::Usage => 7,
            Self::Integrity => 8,
            Self::Interrupted => 9,
        }
    }
}
