//! How it may have begun, and from what one could rebuild. Candidates, never verdicts.

use bbsec_core::{Confidence, Finding, Severity, Time};
use schemars::JsonSchema;
use serde::Serialize;

use super::{Happened, sources::Register};
use crate::{CaseData, RestorePoint, words};

/// Findings this long before the first malicious moment may show how it began.
const BEFORE: i64 = 7 * 24 * 3600 * 1_000_000;
/// And this long after it.
const AFTER: i64 = 3600 * 1_000_000;
/// Posture that lets somebody in, or lets them go on.
const DOORS: [&str; 12] = [
    "P-VERSION",
    "P-SG-OPEN",
    "P-IMDS2",
    "P-CONF-SECRET",
    "P-BASIC",
    "P-PAT",
    "P-SSO",
    "P-SHARED",
    "P-WEBSUDO",
    "P-HTTP",
    "P-ALLOWLIST",
    "P-LEAVERS",
];

/// How it may have begun, and from what one could rebuild.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Recovery {
    /// Ways in, likeliest first.
    pub candidates: Vec<Candidate>,
    /// The newest restore point before the first malicious moment.
    pub last_clean: Option<RestorePoint>,
    /// Newer ones, which may hold what the actor left.
    pub tainted: Vec<RestorePoint>,
    /// What can be said about it.
    pub words: String,
}

/// One way in.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Candidate {
    /// One line.
    pub title: String,
    /// What speaks for it.
    pub why: Vec<String>,
    /// When, where it is dated.
    pub at: Option<Time>,
    /// How sure.
    pub confidence: Confidence,
    /// The finding, where one says so.
    pub finding: Option<String>,
    /// Numbers in the register of evidence.
    pub sources: Vec<usize>,
}

pub(super) fn recovery(data: &CaseData, happened: &Happened, sources: &mut Register) -> Recovery {
    let mut before: Vec<&RestorePoint> = Vec::new();
    let mut tainted: Vec<RestorePoint> = Vec::new();
    for point in &data.restore_points {
        match happened.first {
            Some(first) if point.time < first => before.push(point),
            Some(_) => tainted.push(point.clone()),
            None => {}
        }
    }
    let last_clean = before.into_iter().max_by_key(|point| (point.time, point.id.clone())).cloned();
    tainted.sort_by_key(|point| point.time);
    let words = match (&last_clean, happened.first) {
        (Some(point), Some(first)) => format!(
            "{} {} of {}, {} before the first malicious moment that the evidence shows. An earlier beginning is possible.",
            point.kind,
            point.id,
            words::when(point.time),
            words::duration(point.time.until(first))
        ),
        (None, Some(_)) if data.restore_points.is_empty() => {
            "Not known: the case holds no list of backups or snapshots.".into()
        }
        (None, Some(_)) => {
            "None: every backup and snapshot in the case is newer than the first malicious moment.".into()
        }
        (_, None) => "Not known: no first malicious moment was found.".into(),
    };
    Recovery { candidates: candidates(data, happened, sources), last_clean, tainted, words }
}

fn candidates(data: &CaseData, happened: &Happened, sources: &mut Register) -> Vec<Candidate> {
    let mut scored: Vec<(u32, &Finding)> = data
        .findings
        .iter()
        .filter(|finding| {
            !data.dismissed.contains_key(&finding.id) && !finding.data.contains_key("credential")
        })
        .filter_map(|finding| Some((score(finding, happened.first)?, finding)))
        .collect();
    scored.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| (a.1.at, &a.1.id).cmp(&(b.1.at, &b.1.id))));
    let mut candidates: Vec<Candidate> = scored
        .into_iter()
        .take(8)
        .map(|(_, finding)| Candidate {
            title: finding.title.clone(),
            why: reasons(finding, happened.first),
            at: finding.at,
            confidence: finding.confidence,
            finding: Some(finding.id.clone()),
            sources: sources.cite(&finding.evidence),
        })
        .collect();
    if let Some(actor) = happened.actors.first() {
        let at = candidates.iter().position(|c| c.at.is_none_or(|at| at > actor.first));
        let first = Candidate {
            title: format!("A credential of {} was in the actor's hands before the first access", actor.label),
            why: vec![
                "The earliest access that ties to a suspect used it; how it was obtained is not shown by that access."
                    .into(),
            ],
            at: Some(actor.first),
            confidence: Confidence::Low,
            finding: None,
            sources: actor.sources.clone(),
        };
        candidates.insert(at.unwrap_or(candidates.len()), first);
    }
    candidates
}

/// How likely a finding shows the way in; `None` when it does not bear on it.
fn score(finding: &Finding, first: Option<Time>) -> Option<u32> {
    if finding.rule.starts_with("P-") {
        let door = DOORS.iter().position(|rule| *rule == finding.rule)?;
        return (finding.severity >= Severity::Medium).then(|| 20 - door as u32);
    }
    let (at, first) = (finding.at?, first?);
    if finding.severity < Severity::Medium || at.until(first) > BEFORE || first.until(at) > AFTER {
        return None;
    }
    let near = if at <= first { 30 } else { 10 };
    Some(40 + near + 10 * finding.severity as u32 + 5 * finding.confidence as u32)
}

fn reasons(finding: &Finding, first: Option<Time>) -> Vec<String> {
    let mut why: Vec<String> = finding.why.iter().take(3).cloned().collect();
    match (finding.at, first) {
        (Some(at), Some(first)) if at < first => {
            why.push(format!(
                "{} before the first access that ties to a suspect.",
                words::duration(at.until(first))
            ));
        }
        (Some(at), Some(first)) if at > first => {
            why.push(format!(
                "{} after the first access that ties to a suspect.",
                words::duration(first.until(at))
            ));
        }
        (None, _) => why.push("It is a weakness that was open; nothing shows that it was used.".into()),
        _ => {}
    }
    why
}
