//! CloudTrail's signed digests held against the logs that were kept: findings where something was altered, gaps where it
//! cannot be told.

use std::path::{Path, PathBuf};

use bbsec_cloudtrail::digest::{Kept, Object, What};
use bbsec_core::{CaseStore, Confidence, Failure, Finding, Gap, Progress, Severity, Subject};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Folders below a given one.
const MAX_DEPTH: usize = 16;
/// Problems that the summary names; findings name all.
const NAMED: usize = 50;

/// What the digests say.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub(crate) struct DigestReport {
    /// Digests that were kept.
    pub(crate) digests: u64,
    /// Digests whose signature and links hold.
    pub(crate) digests_valid: u64,
    /// Logs that they list.
    pub(crate) logs: u64,
    /// Logs whose hash holds.
    pub(crate) logs_valid: u64,
    /// Logs younger than the last digest.
    pub(crate) not_yet_listed: u64,
    /// What digests name of days before the first that was kept.
    pub(crate) outside: u64,
    /// Everything that is wrong: the object, and what.
    pub(crate) problems: Vec<String>,
}

/// The verdict, with the places of the files.
pub(crate) struct Digests {
    pub(crate) report: DigestReport,
    found: bbsec_cloudtrail::digest::Report,
    kept: Kept,
}

/// Verifies what there is; nothing when no digest was kept. `from` is the first day that was asked for, as `20260102`.
pub(crate) fn check(
    files: &[(PathBuf, String)],
    from: Option<&str>,
    progress: &dyn Progress,
) -> Result<Option<Digests>, Failure> {
    let mut kept = Kept::default();
    for (path, shown) in files {
        kept.add(path, shown)
            .map_err(|error| Failure::because(format!("cannot read {}", path.display()), error))?;
    }
    if kept.is_empty() {
        return Ok(None);
    }
    let found = kept.verify(from, progress);
    let problems = found.problems.iter().take(NAMED);
    let report = DigestReport {
        digests: found.digests,
        digests_valid: found.digests_valid,
        logs: found.logs,
        logs_valid: found.logs_valid,
        not_yet_listed: found.not_yet_listed,
        outside: found.outside,
        problems: problems.map(|problem| format!("{}: {}", problem.at.key, problem.what)).collect(),
    };
    Ok(Some(Digests { report, found, kept }))
}

impl Digests {
    /// Whether something was altered, removed or put there.
    pub(crate) fn is_tampered(&self) -> bool {
        self.found.is_tampered()
    }

    /// One finding per object that was altered.
    pub(crate) fn findings(&self) -> Vec<Finding> {
        let altered = self.found.problems.iter().filter(|problem| problem.what.is_tampering());
        altered.map(|problem| self.finding(&problem.at, &problem.what)).collect()
    }

    fn finding(&self, at: &Object, what: &What) -> Finding {
        let (rule, title) = match what {
            What::LogMissing => ("trail-log-missing", "a CloudTrail log was removed"),
            What::DigestMissing { .. } => ("trail-digest-missing", "a CloudTrail digest was removed"),
            What::Unlisted => ("trail-log-unlisted", "a CloudTrail log stands in no digest"),
            What::StartsAnew => ("trail-digests-interrupted", "the digests of a trail begin anew"),
            _ => ("trail-altered", "a CloudTrail object was altered"),
        };
        // Whoever turns validation off and on again begins a new chain; that alone shows no forgery.
        let severity = if *what == What::StartsAnew { Severity::High } else { Severity::Critical };
        let subject = Subject::new("s3-object", format!("s3://{}/{}", at.bucket, at.key));
        let name = at.key.rsplit('/').next().unwrap_or(&at.key);
        let title = format!("{title}: {}", bbsec_core::escape::terminal(name));
        let mut finding = Finding::new("cloudtrail", rule, title, severity, Confidence::High, subject, None)
            .because(what.to_string());
        finding.evidence.extend(self.kept.place(at));
        finding
    }

    /// What could not be verified, by reason.
    pub(crate) fn gaps(&self) -> Vec<Gap> {
        let mut gaps: Vec<Gap> = Vec::new();
        for problem in self.found.problems.iter().filter(|problem| !problem.what.is_tampering()) {
            let why = match &problem.what {
                What::NoKey(_) if !self.kept.has_keys() => {
                    "no public keys were kept: run `collect cloudtrail`, or put the answer of ListPublicKeys beside the \
                     logs as public-keys.json"
                        .to_owned()
                }
                what => what.to_string(),
            };
            match gaps.iter_mut().find(|gap| gap.why == why) {
                Some(gap) => gap.count += 1,
                None => gaps.push(Gap::unread("CloudTrail digest", &problem.at.key, why, 1)),
            }
        }
        gaps
    }
}

/// What `collect cloudtrail` kept in a case.
pub(crate) fn of_case(case: &dyn CaseStore) -> Result<Vec<(PathBuf, String)>, Failure> {
    let is_ours = |path: &str| path.contains("cloudtrail-logs/") || path.contains("cloudtrail-public-keys/");
    let items = case.evidence()?;
    Ok(items
        .iter()
        .filter(|item| is_ours(&item.path) && !item.path.ends_with(".metadata.json"))
        .map(|item| (case.evidence_path(item), item.path.clone()))
        .collect())
}

/// Files of folders that hold a trail's logs as they lay in the bucket.
pub(crate) fn of_folders(folders: &[PathBuf]) -> Vec<(PathBuf, String)> {
    let mut files = Vec::new();
    for folder in folders.iter().filter(|path| path.is_dir()) {
        list(folder, folder, 0, &mut files);
    }
    files
}

/// What cannot be listed is named by the reader of the records.
fn list(root: &Path, folder: &Path, depth: usize, files: &mut Vec<(PathBuf, String)>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        match entry.file_type() {
            Ok(kind) if kind.is_dir() && depth < MAX_DEPTH => list(root, &path, depth + 1, files),
            Ok(kind) if kind.is_file() => {
                let shown = path.strip_prefix(root).unwrap_or(&path).display().to_string();
                files.push((path, shown));
            }
            _ => {}
        }
    }
}
