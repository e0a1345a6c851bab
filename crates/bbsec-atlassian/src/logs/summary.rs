//! What was read, per file: the counts that show that no line was lost.

use std::collections::{BTreeMap, BTreeSet};

use bbsec_core::Time;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Format;

/// One file, or one member of a zip.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FileSummary {
    /// As in a place: relative to the source, `archive!member` inside a zip.
    pub file: String,
    /// What it was read as; `None` when no format fits.
    pub format: Option<Format>,
    /// Unpacked bytes that were read.
    pub bytes: u64,
    /// Lines that are not blank: `parsed` + `quarantined`.
    pub read: u64,
    /// Lines that became an event or part of one.
    pub parsed: u64,
    /// Lines that did not.
    pub quarantined: u64,
    /// Blank lines: counted in nothing else.
    pub blank: u64,
    /// Events that came out of it; a request and its response are one.
    pub events: u64,
    /// Events that were told already: the audit's database and REST answers repeat what its log says.
    #[serde(default)]
    pub repeated: u64,
    /// Why lines went into quarantine, and how many.
    pub reasons: BTreeMap<String, u64>,
    /// Earliest time in it.
    pub first: Option<Time>,
    /// Latest time in it.
    pub last: Option<Time>,
    /// The time zone in which its times were read; `None` when it prints offsets or absolute times.
    pub zone: Option<String>,
    /// How the zone was found: given, inferred from what, or assumed.
    pub zone_how: Option<String>,
    /// What ended the reading before the end of the file, if anything did.
    pub broken: Option<String>,
}

/// All files.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LogSummary {
    /// Per file, in the order in which they were read.
    pub files: Vec<FileSummary>,
    /// Files that were left alone because they are no logs (images, archives of other things), by path.
    pub skipped: Vec<String>,
    /// Product versions that the logs name: `Bitbucket 7.4.0`.
    pub versions: BTreeSet<String>,
    /// True when the person stopped it.
    pub interrupted: bool,
}

impl LogSummary {
    /// Lines that were read, parsed, and put into quarantine, over all files.
    pub fn totals(&self) -> (u64, u64, u64) {
        self.files.iter().fold((0, 0, 0), |(read, parsed, quarantined), file| {
            (
                read.saturating_add(file.read),
                parsed.saturating_add(file.parsed),
                quarantined.saturating_add(file.quarantined),
            )
        })
    }

    /// Events that came out of all files.
    pub fn events(&self) -> u64 {
        self.files.iter().map(|file| file.events).sum()
    }
}
