//! What is scanned and how findings leave: bytes, folders, repositories.

mod bytes;
mod collect;
mod files;
mod repos;

use std::{num::NonZeroUsize, path::PathBuf, sync::Arc};

use bbsec_core::{Confidence, SecretBytes, Severity};

#[cfg(test)]
pub(crate) use bytes::rules_in;
pub use bytes::scan_bytes;
pub use files::scan_paths;
pub use repos::scan_repositories;

use crate::{Limits, Rules};

/// How to scan.
#[derive(Debug, Clone)]
pub struct Options {
    /// Threads; 0 takes as many as there are processors.
    pub jobs: usize,
    /// Bounds for encodings and containers.
    pub limits: Limits,
    /// Show values in the clear.
    pub reveal: bool,
    /// What was known before and is left out.
    pub baseline: Option<crate::Baseline>,
    /// Places that somebody has looked at already.
    pub ignore: Option<crate::Ignore>,
    /// Match every object as a whole, without its delta: slower, and finds the same. For comparing.
    pub full_scan: bool,
    /// What credentials look like.
    pub rules: Arc<Rules>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            jobs: 0,
            limits: Limits::default(),
            reveal: false,
            baseline: None,
            ignore: None,
            full_scan: false,
            rules: Rules::builtin(),
        }
    }
}

impl Options {
    pub(crate) fn threads(&self) -> usize {
        match NonZeroUsize::new(self.jobs) {
            Some(jobs) => jobs.get(),
            None => std::thread::available_parallelism().map_or(1, NonZeroUsize::get),
        }
    }
}

/// One repository to scan.
#[derive(Debug, Clone)]
pub struct RepoInput {
    /// The folder that holds `objects` and `refs`.
    pub git_dir: PathBuf,
    /// Its path as given or as the home lays it out: what reports show.
    pub shown_as: String,
    /// Project key.
    pub project: Option<String>,
    /// Repository slug.
    pub slug: Option<String>,
    /// Nothing outside this folder is read, whatever alternates say.
    pub within: Option<PathBuf>,
}

/// What a scan did.
#[derive(Debug, Clone, Default, serde::Serialize)]
pub struct Summary {
    /// Credentials handed to the sink.
    pub findings: u64,
    /// Left out because the baseline or an ignore file knows them.
    pub known: u64,
    /// Places, over all findings.
    pub occurrences: u64,
    /// Repositories or roots.
    pub sources: u64,
    /// Objects or files.
    pub objects: u64,
    /// Bytes that were matched.
    pub bytes_scanned: u64,
    /// Things that could not be read; each is a gap in the sink.
    pub unread: u64,
    /// Whether the person stopped it.
    pub cancelled: bool,
}

impl Summary {
    pub(crate) fn add(&mut self, other: &Self) {
        self.findings += other.findings;
        self.known += other.known;
        self.occurrences = self.occurrences.saturating_add(other.occurrences);
        self.sources += other.sources;
        self.objects += other.objects;
        self.bytes_scanned += other.bytes_scanned;
        self.unread += other.unread;
        self.cancelled |= other.cancelled;
    }
}

/// One credential in a piece of memory.
#[derive(Debug, Clone)]
pub struct Match {
    /// Rule id.
    pub rule: String,
    /// Where the match stands; for an encoded one, where the encoded stretch stands.
    pub span: (usize, usize),
    /// The value.
    pub secret: SecretBytes,
    /// Its name that is no secret.
    pub public_id: Option<String>,
    /// How bad.
    pub severity: Severity,
    /// How sure.
    pub confidence: Confidence,
    /// Who can revoke it.
    pub provider: String,
    /// What speaks for and against it.
    pub notes: Vec<String>,
}
