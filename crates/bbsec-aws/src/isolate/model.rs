//! The verdict document: every path in and out, cut or not, and how that was read back.

use bbsec_core::Time;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::facts::Peer;

/// The name of the document.
pub(crate) const SCHEMA: &str = "bbsec-ir.isolation/v1";

/// What the words of the verdict rest on.
pub(crate) const BASIS: &str =
    "configuration read back from the AWS API; packets were not observed, so nothing here is proof";

/// What came of an isolation.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Isolation {
    /// `bbsec-ir.isolation/v1`.
    pub schema: String,
    /// Case id.
    pub case: String,
    /// Run id.
    pub run: String,
    /// Account.
    pub account: String,
    /// Region.
    pub region: String,
    /// When the configuration was read back.
    pub at: Time,
    /// True when no path remains.
    pub established: bool,
    /// What these words rest on.
    pub basis: String,
    /// One per instance.
    pub instances: Vec<NodeVerdict>,
    /// What a person should know.
    pub warnings: Vec<String>,
    /// Snapshots requested before the cut.
    pub snapshots: Vec<String>,
    /// Evidence taken before the cut: paths below `evidence/data/`.
    pub evidence: Vec<String>,
}

/// What came of it for one instance.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct NodeVerdict {
    /// Instance id.
    pub instance: String,
    /// True when no path remains.
    pub established: bool,
    /// Every path in and out.
    pub paths: Vec<Path>,
    /// Protections and registrations, wanted and read back.
    pub settings: Vec<Setting>,
    /// What neither security groups nor network ACLs can cut.
    pub cannot_cut: Vec<Limit>,
    /// What failed on the way.
    pub problems: Vec<String>,
    /// Other nodes of the cluster, which were not isolated by this run.
    pub peers: Vec<Peer>,
}

/// Whether a path is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// The configuration lets nothing through.
    Cut,
    /// The configuration, or the tracking rules, may still let it through.
    #[default]
    Open,
    /// Left open because the responder asked for it.
    Allowed,
}

/// One way in or out.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Path {
    /// `internet-gateway`, `nat-gateway`, `network-load-balancer`, `same-vpc`, …
    pub via: String,
    /// Id or name of it, where it has one.
    pub through: String,
    /// Interface.
    pub interface: String,
    /// `ipv4` or `ipv6`.
    pub family: String,
    /// `in`, `out` or `both`.
    pub direction: String,
    /// `new` connections, or `established` ones.
    pub connections: String,
    /// Cut or not.
    pub state: State,
    /// Why.
    pub why: String,
    /// How that was read back.
    pub read_back: String,
}

impl Path {
    /// One line for a person.
    pub(crate) fn line(&self) -> String {
        let through = if self.through.is_empty() { String::new() } else { format!(" {}", self.through) };
        format!(
            "{} {} connections {} through {}{through} on {}: {}",
            self.connections, self.family, self.direction, self.via, self.interface, self.why
        )
    }
}

/// A setting that protects the evidence or keeps traffic away.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Setting {
    /// What.
    pub name: String,
    /// What was wanted.
    pub wanted: String,
    /// What AWS says now.
    pub found: String,
    /// Whether they are the same.
    pub holds: bool,
}

/// What cannot be cut this way.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Limit {
    /// The path.
    pub path: String,
    /// Why it stays.
    pub why: String,
    /// What can help.
    pub help: String,
}
