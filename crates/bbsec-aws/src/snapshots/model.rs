//! What `collect.volumes` is given and what it hands on.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How a snapshot is locked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum LockMode {
    /// Who has the permission can unlock.
    #[default]
    Governance,
    /// Nobody can unlock, not even the account's root, until the time is over.
    Compliance,
}

/// Snapshot every volume of instances at one moment, wait, check, and lock.
#[derive(Debug, Clone, Default, PartialEq, Eq, clap::Args, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct VolumesInput {
    /// Instance; repeat for several. The case's instances when none is given
    #[arg(long = "instance", value_name = "ID", num_args = 1..)]
    pub instance: Vec<String>,
    /// Wait until the snapshots are complete, check the set against what is attached, and lock them
    #[arg(long)]
    pub wait: bool,
    /// Lock the snapshots for so many days
    #[arg(long, value_name = "DAYS")]
    pub lock_days: Option<i32>,
    /// How they are locked
    #[arg(long, value_enum, default_value_t)]
    pub mode: LockMode,
    /// Copy the snapshots under this KMS key
    #[arg(long, value_name = "KEY")]
    pub copy_kms_key: Option<String>,
    /// Share the snapshots (their copies, where they are copied) with this account
    #[arg(long, value_name = "ACCOUNT")]
    pub share_with: Option<String>,
    /// Make a new set although this case has one already
    #[arg(long)]
    pub again: bool,
}

/// One snapshot.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Snapshot {
    /// `snap-…`.
    pub id: String,
    /// `vol-…`.
    pub volume: String,
    /// `pending`, `completed`, `error`.
    pub state: String,
    /// As AWS writes it.
    pub progress: String,
    /// When its content was fixed.
    pub started: Option<String>,
    /// GiB of the volume.
    pub size: i32,
    /// Whether it is encrypted.
    pub encrypted: bool,
    /// KMS key.
    pub kms_key: Option<String>,
    /// Which request made it.
    pub set: String,
    /// The copy under another KMS key.
    pub copy: Option<String>,
    /// The account that it, or its copy, is shared with.
    pub shared_with: Option<String>,
    /// `governance`, `compliance`, …
    pub lock: Option<String>,
    /// When the lock ends.
    pub locked_until: Option<String>,
}

/// The snapshots of one instance.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct VolumeSet {
    /// Instance.
    pub instance: String,
    /// Volumes that are attached.
    pub attached: Vec<String>,
    /// Their snapshots.
    pub snapshots: Vec<Snapshot>,
    /// Attached volumes without a snapshot.
    pub missing: Vec<String>,
    /// Whether every volume has a completed snapshot.
    pub complete: bool,
}

/// What was made.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct VolumesOutput {
    /// `bbsec-ir.volumes/v1`.
    pub schema: String,
    /// One per instance.
    pub sets: Vec<VolumeSet>,
    /// Whether completion was waited for.
    pub waited: bool,
    /// Lineage documents: paths below `evidence/data/`.
    pub evidence: Vec<String>,
}
