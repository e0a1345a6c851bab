//! Touches: who touched what, by verb, with volumes. One row per actor and thing.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Place, Time};

/// A user with one token or key, or with one origin.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Actor {
    /// The user name; `None` for anonymous.
    pub user: Option<String>,
    /// Originating addresses.
    pub ips: Vec<String>,
    /// Session ids.
    pub sessions: Vec<String>,
    /// Access token ids.
    pub tokens: Vec<String>,
    /// SSH key ids.
    pub ssh_keys: Vec<String>,
}

/// What sort of thing was touched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum TargetKind {
    /// A Bitbucket repository.
    Repository,
    /// A Confluence page.
    Page,
    /// A Jira issue.
    Issue,
    /// An attachment.
    Attachment,
    /// A Confluence space.
    Space,
    /// A Bitbucket or Jira project.
    Project,
    /// An export or backup.
    Export,
    /// The product itself: administration, search over everything.
    Instance,
}

impl TargetKind {
    /// The name in machine output.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Repository => "repository",
            Self::Page => "page",
            Self::Issue => "issue",
            Self::Attachment => "attachment",
            Self::Space => "space",
            Self::Project => "project",
            Self::Export => "export",
            Self::Instance => "instance",
        }
    }
}

/// What was touched.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Target {
    /// What sort of thing.
    pub kind: TargetKind,
    /// `PROJECT/slug` for a repository (project upper-case, `~user` for a personal one), the page id or `SPACE:Title`,
    /// the issue key.
    pub id: String,
    /// What people call it, where that differs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

impl Target {
    /// A target without a separate name.
    pub fn new(kind: TargetKind, id: impl Into<String>) -> Self {
        Self { kind, id: id.into(), name: None }
    }
}

/// One row of `scan access`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Touch {
    /// Who.
    pub actor: Actor,
    /// What.
    pub target: Target,
    /// How often, by verb name.
    pub verbs: BTreeMap<String, u64>,
    /// Bytes that left.
    pub bytes_out: u64,
    /// First time.
    pub first: Time,
    /// Last time.
    pub last: Time,
    /// True when this ties to a given or inferred indicator.
    pub suspect: bool,
    /// Each hop from the indicator to this row, with its proof; notes on rows that are not suspect.
    pub why: Vec<String>,
    /// Where it stands, at most a handful of places.
    pub evidence: Vec<Place>,
}
