//! Evidence: bytes with a hash, a source, a time and a custodian; and the case that holds them, as the rooms see it.

use std::{
    io::Read,
    path::{Path, PathBuf},
};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Failure, Fingerprinter, Progress, Scope, Time};

/// Where an item of evidence came from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Provenance {
    /// The thing itself: a path on the host, an ARN, a URL.
    pub source: String,
    /// How it was taken: `copied`, `ec2:DescribeInstances`, `SELECT … FROM repository`.
    pub how: String,
    /// What it is, for a reader of the list: `access log`, `restore point`, `installed plugin`.
    pub what: String,
}

/// One item in the bag, or registered in place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EvidenceItem {
    /// Path below `evidence/data/`; for what is registered in place, the path of its hash list there.
    pub path: String,
    /// Bytes; for what is registered in place, of all its files.
    pub size: u64,
    /// Hex SHA-256 of the bytes (of the hash list, for what is registered in place).
    pub sha256: String,
    /// Where it came from.
    pub provenance: Provenance,
    /// When it was taken.
    pub acquired: Time,
    /// Who took it.
    pub by: String,
    /// The program and version that took it.
    pub tool: String,
    /// Set when the bytes stay where they are: the folder that was hashed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_place: Option<PathBuf>,
}

/// The case as actions and analyses see it. Evidence is written once and never changed.
pub trait CaseStore {
    /// The case folder.
    fn root(&self) -> &Path;
    /// The case id.
    fn id(&self) -> &str;
    /// Window, suspects, instances, own traces.
    fn scope(&self) -> &Scope;
    /// Makes fingerprints under the case's key.
    fn fingerprinter(&self) -> Fingerprinter;
    /// Every item of evidence, in the order in which it was taken.
    fn evidence(&self) -> Result<Vec<EvidenceItem>, Failure>;
    /// The file behind an item that is in the bag.
    fn evidence_path(&self, item: &EvidenceItem) -> PathBuf;
    /// Copies `bytes` into the bag under `path` (relative, forward slashes), hashing while writing. An item of the
    /// same path and the same hash is left as it is; another hash is an error.
    fn put(
        &mut self,
        path: &str,
        provenance: Provenance,
        bytes: &mut dyn Read,
    ) -> Result<EvidenceItem, Failure>;
    /// Registers a folder that is too large to copy: hashes every file below it, stores the list in the bag.
    fn register(
        &mut self,
        name: &str,
        provenance: Provenance,
        folder: &Path,
        progress: &dyn Progress,
    ) -> Result<EvidenceItem, Failure>;
}
