//! What a report is made of: the contents of a case as plain words, filled in by whoever holds the case.
//!
//! Nothing here reads a disk or a clock. The time of rendering is an input, so that the same case gives the same bytes.

use std::collections::{BTreeMap, BTreeSet};

use bbsec_core::{
    Change, ChangeResult, Event, EvidenceItem, ExposedSecret, Finding, Fingerprinter, Gap, Scope, Time, Touch,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Everything that a report may say.
#[derive(Debug, Clone)]
pub struct CaseData {
    /// The case id.
    pub id: String,
    /// What the case is called.
    pub title: String,
    /// `bitbucket`, `jira`, `confluence` or `stash`; `None` when it is not known.
    pub product: Option<String>,
    /// The product's exact version.
    pub product_version: Option<String>,
    /// Who responds.
    pub responder: Option<String>,
    /// When the case was opened.
    pub created: Time,
    /// When this is rendered.
    pub rendered_at: Time,
    /// Window, suspects, instances, own traces.
    pub scope: Scope,
    /// Conclusions.
    pub findings: Vec<Finding>,
    /// Findings and rotation items that a person set aside, by id or fingerprint.
    pub dismissed: BTreeMap<String, Dismissal>,
    /// Credentials, one row per credential and repository.
    pub secrets: Vec<ExposedSecret>,
    /// Who touched what.
    pub touches: Vec<Touch>,
    /// What could not be read or known.
    pub gaps: Vec<Gap>,
    /// What is in the bag, or registered in place.
    pub evidence: Vec<EvidenceItem>,
    /// What was run.
    pub steps: Vec<StepRecord>,
    /// What was changed in the world.
    pub changes: Vec<ChangeRecord>,
    /// The newest verdict on isolation, as `bbsec-ir.isolation/v1`.
    pub isolation: Option<serde_json::Value>,
    /// Events counted over time, for the picture.
    pub activity: Vec<ActivityBucket>,
    /// Suspect and key events, bounded by the caller.
    pub timeline: Vec<Event>,
    /// How far the rotation is, by rotation id.
    pub rotation_state: BTreeMap<String, RotationState>,
    /// What a person told the case: `sen`, `server_id`, `contact`, `awareness_at`, `tlp`, …
    pub settings: BTreeMap<String, String>,
    /// The digest of the journal's last line.
    pub journal_head: Option<String>,
    /// The program and its version.
    pub tool_version: String,
    /// Fingerprints of credentials that the host itself held (its configuration, keys, tokens).
    pub host_fingerprints: BTreeSet<String>,
    /// Users, ARNs and public ids that are known to have administrator's rights.
    pub administrators: BTreeSet<String>,
    /// Backups and snapshots from which one could rebuild.
    pub restore_points: Vec<RestorePoint>,
    /// Makes the case's fingerprints: known credentials are recognised, and left out, wherever they stand.
    pub fingerprinter: Fingerprinter,
}

impl Default for CaseData {
    fn default() -> Self {
        Self {
            id: String::new(),
            title: String::new(),
            product: None,
            product_version: None,
            responder: None,
            created: Time::default(),
            rendered_at: Time::default(),
            scope: Scope::default(),
            findings: Vec::new(),
            dismissed: BTreeMap::new(),
            secrets: Vec::new(),
            touches: Vec::new(),
            gaps: Vec::new(),
            evidence: Vec::new(),
            steps: Vec::new(),
            changes: Vec::new(),
            isolation: None,
            activity: Vec::new(),
            timeline: Vec::new(),
            rotation_state: BTreeMap::new(),
            settings: BTreeMap::new(),
            journal_head: None,
            tool_version: String::new(),
            host_fingerprints: BTreeSet::new(),
            administrators: BTreeSet::new(),
            restore_points: Vec::new(),
            fingerprinter: Fingerprinter::unkeyed(),
        }
    }
}

/// Why and by whom something was set aside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Dismissal {
    /// The reason.
    pub why: String,
    /// The person.
    pub by: String,
    /// When.
    pub at: Time,
}

/// One step of a run, as the journal tells it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct StepRecord {
    /// The run.
    pub run: String,
    /// The step's id in the run.
    pub step: String,
    /// The action or analysis: `isolate`, `scan.secrets`.
    pub uses: String,
    /// When it started.
    pub started: Time,
    /// When it ended; `None` when it was cut short.
    pub ended: Option<Time>,
    /// `done`, `failed`, `skipped`, `refused`, `undone`, …
    pub state: String,
    /// What it handed on.
    pub output: serde_json::Value,
    /// Why it failed.
    pub error: Option<String>,
}

/// One change to the world, as the journal tells it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ChangeRecord {
    /// When the intent was written down.
    pub time: Time,
    /// The run.
    pub run: String,
    /// The step.
    pub step: String,
    /// What was to be changed.
    pub change: Change,
    /// What came of it; `None` when it is not known.
    pub result: Option<ChangeResult>,
    /// Whether it was taken back since.
    pub undone: bool,
}

/// Events of one source within a stretch of time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ActivityBucket {
    /// Where the stretch begins.
    pub start: Time,
    /// How long it is.
    pub width_micros: i64,
    /// The reader: `bitbucket.access`.
    pub source: String,
    /// All events.
    pub events: u64,
    /// Those that tie to a suspect.
    pub suspect_events: u64,
    /// Bytes that left.
    pub bytes_out: u64,
}

/// How far the rotation of one credential is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RotationState {
    /// `open`, `done` or `dismissed`.
    pub state: String,
    /// Who said so.
    pub by: String,
    /// When.
    pub at: Time,
    /// What they wrote.
    pub note: Option<String>,
}

/// Something from which one could rebuild.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RestorePoint {
    /// Its id: `snap-0abc…`, a file name.
    pub id: String,
    /// `EBS snapshot`, `RDS snapshot`, `backup`.
    pub kind: String,
    /// When it was taken.
    pub time: Time,
    /// Where that is known from.
    pub source: String,
}
