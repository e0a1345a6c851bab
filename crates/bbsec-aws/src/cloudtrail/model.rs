//! What `collect.cloudtrail` is given and what it hands on.

use bbsec_core::Time;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::TrailLogs;

/// Bring CloudTrail's events into the case: from its API, and from the trails' buckets with their digests.
#[derive(Debug, Clone, Default, PartialEq, Eq, clap::Args, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CloudtrailInput {
    /// First moment; the case's window when absent, else ninety days ago
    #[arg(long, value_name = "TIME")]
    pub from: Option<Time>,
    /// Last moment; the case's window when absent, else now
    #[arg(long, value_name = "TIME")]
    pub to: Option<Time>,
    /// Region to ask; repeat for several; `all` for every enabled one. The configured one and us-east-1 when absent
    #[arg(long = "trail-region", value_name = "REGION")]
    pub region: Vec<String>,
    /// Do not ask the LookupEvents API
    #[arg(long)]
    pub no_lookup: bool,
    /// Do not copy the trails' logs from S3
    #[arg(long)]
    pub no_logs: bool,
    /// Bucket with trail logs, where DescribeTrails does not name it; repeat for several
    #[arg(long = "bucket", value_name = "NAME[/PREFIX]")]
    pub bucket: Vec<String>,
}

/// What one region's events lack.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Completeness {
    /// Region.
    pub region: String,
    /// Asked from.
    pub from: Time,
    /// Asked to.
    pub to: Time,
    /// Pages stored.
    pub pages: u64,
    /// Events in them; a page that was asked for twice counts twice.
    pub events: u64,
    /// Newest event.
    pub newest: Option<Time>,
    /// Oldest event.
    pub oldest: Option<Time>,
    /// How often AWS said "too much"; none of these pages is lost.
    pub throttled: u64,
    /// Whether the API was read to its end.
    pub complete: bool,
    /// Spans that are not covered, and why.
    pub missing: Vec<Missing>,
}

/// A span that is not covered.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Missing {
    /// From.
    pub from: Time,
    /// To.
    pub to: Time,
    /// Why.
    pub why: String,
}

/// What was collected.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct CloudtrailOutput {
    /// `bbsec-ir.cloudtrail/v1`.
    pub schema: String,
    /// The account that was asked.
    pub account: String,
    /// One per region asked.
    pub lookups: Vec<Completeness>,
    /// Logs and digests from S3.
    pub logs: Vec<TrailLogs>,
    /// What these words mean, for a reader.
    pub notes: Vec<String>,
    /// The completeness statement: a path below `evidence/data/`, once the program has judged all of it.
    pub statement: Option<String>,
}
