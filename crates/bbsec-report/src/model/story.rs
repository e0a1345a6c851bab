//! What happened and when: the actors, the marks on the timeline, and the first and last malicious moment.

use std::collections::{BTreeMap, BTreeSet};

use bbsec_core::{Finding, Severity, Time, Touch};
use schemars::JsonSchema;
use serde::Serialize;

use super::sources::Register;
use crate::{CaseData, RotationItem, rotation::content, words};

/// Marks on the picture.
const MARKS: usize = 40;
/// Findings this long before the first access may be its preparation.
const BEFORE: i64 = 24 * 3600 * 1_000_000;
/// And this long after the last, its traces.
const AFTER: i64 = 72 * 3600 * 1_000_000;

/// What happened and when.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Happened {
    /// The first moment that ties to a suspect.
    pub first: Option<Time>,
    /// The last.
    pub last: Option<Time>,
    /// Who, as far as the evidence tells them apart.
    pub actors: Vec<ActorView>,
    /// What stands out, in order of time.
    pub marks: Vec<Mark>,
    /// How many more there are than are shown.
    pub more_marks: usize,
    /// Stretches of time that the record does not cover.
    pub missing: Vec<Period>,
}

/// One actor.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ActorView {
    /// In words.
    pub label: String,
    /// The user name.
    pub user: Option<String>,
    /// Addresses.
    pub ips: Vec<String>,
    /// Access token ids.
    pub tokens: Vec<String>,
    /// SSH key ids.
    pub ssh_keys: Vec<String>,
    /// How many sessions.
    pub sessions: usize,
    /// First access.
    pub first: Time,
    /// Last access.
    pub last: Time,
    /// How many things were touched.
    pub targets: usize,
    /// Bytes that left.
    pub bytes_out: u64,
    /// Why they are suspect, each hop once.
    pub why: Vec<String>,
    /// Numbers in the register of evidence.
    pub sources: Vec<usize>,
}

/// Who did what is marked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Lane {
    /// The actor.
    Attack,
    /// Us.
    Response,
}

/// One moment that stands out.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Mark {
    /// Its number on the picture, from 1.
    pub number: usize,
    /// When.
    pub time: Time,
    /// Until when, for what lasted.
    pub end: Option<Time>,
    /// Whose doing.
    pub lane: Lane,
    /// One line.
    pub title: String,
    /// By whom or from where.
    pub actor: Option<String>,
    /// How bad, for what an analysis rated.
    pub severity: Option<Severity>,
    /// The finding that says so.
    pub finding: Option<String>,
    /// Numbers in the register of evidence.
    pub sources: Vec<usize>,
}

/// A stretch of time.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Period {
    /// From.
    pub from: Time,
    /// To.
    pub to: Time,
    /// What is missing.
    pub what: String,
    /// Why.
    pub why: String,
}

pub(super) fn happened(data: &CaseData, items: &[RotationItem], sources: &mut Register) -> Happened {
    let suspect: Vec<&Touch> = data.touches.iter().filter(|touch| touch.suspect).collect();
    let uses = || items.iter().flat_map(|item| &item.used).filter(|used| used.by_actor);
    let mut first = suspect.iter().map(|t| t.first).chain(uses().filter_map(|u| u.first)).min();
    let mut last = suspect.iter().map(|t| t.last).chain(uses().filter_map(|u| u.last)).max();
    let grave = grave(data, first, last);
    first = first.into_iter().chain(grave.iter().filter_map(|finding| finding.at)).min();
    last = last.into_iter().chain(grave.iter().filter_map(|finding| finding.at)).max();
    let actors = actors(&suspect, sources);
    let (marks, more_marks) = marks(data, &suspect, items, &grave, sources);
    Happened { first, last, actors, marks, more_marks, missing: missing(data) }
}

/// Findings that belong to the attack: grave, dated, not posture, and near a suspect's doing where there is any.
fn grave(data: &CaseData, first: Option<Time>, last: Option<Time>) -> Vec<&Finding> {
    let near = |at: Time| match (first, last) {
        (Some(first), Some(last)) => at.until(first) <= BEFORE && last.until(at) <= AFTER,
        _ => data.scope.contains(at),
    };
    data.findings
        .iter()
        .filter(|finding| finding.severity >= Severity::High && !data.dismissed.contains_key(&finding.id))
        .filter(|finding| !finding.rule.starts_with("P-") && !finding.data.contains_key("credential"))
        .filter(|finding| finding.at.is_some_and(|at| data.scope.contains(at) && near(at)))
        .collect()
}

fn actors(suspect: &[&Touch], sources: &mut Register) -> Vec<ActorView> {
    let mut groups: BTreeMap<String, Vec<&Touch>> = BTreeMap::new();
    for touch in suspect {
        groups.entry(words::actor(&touch.actor)).or_default().push(touch);
    }
    let all = |touches: &[&Touch], of: fn(&Touch) -> &Vec<String>| -> Vec<String> {
        touches.iter().flat_map(|touch| of(touch)).cloned().collect::<BTreeSet<_>>().into_iter().collect()
    };
    let mut actors: Vec<ActorView> = groups
        .into_iter()
        .filter_map(|(label, touches)| {
            let targets: BTreeSet<_> = touches.iter().map(|touch| &touch.target).collect();
            let mut why = Vec::new();
            for hop in touches.iter().flat_map(|touch| &touch.why) {
                if !why.contains(hop) && why.len() < 6 {
                    why.push(hop.clone());
                }
            }
            Some(ActorView {
                user: touches.first()?.actor.user.clone(),
                ips: all(&touches, |t| &t.actor.ips),
                tokens: all(&touches, |t| &t.actor.tokens),
                ssh_keys: all(&touches, |t| &t.actor.ssh_keys),
                sessions: all(&touches, |t| &t.actor.sessions).len(),
                first: touches.iter().map(|touch| touch.first).min()?,
                last: touches.iter().map(|touch| touch.last).max()?,
                targets: targets.len(),
                bytes_out: touches.iter().map(|t| t.bytes_out).fold(0, u64::saturating_add),
                sources: sources.cite(touches.iter().flat_map(|touch| &touch.evidence)),
                why,
                label,
            })
        })
        .collect();
    actors.sort_by(|a, b| (a.first, &a.label).cmp(&(b.first, &b.label)));
    actors
}

fn marks(
    data: &CaseData,
    suspect: &[&Touch],
    items: &[RotationItem],
    grave: &[&Finding],
    sources: &mut Register,
) -> (Vec<Mark>, usize) {
    let mut marks = access_marks(suspect, sources);
    marks.extend(use_marks(items, sources));
    marks.extend(grave.iter().filter_map(|finding| {
        let mut mark = mark(finding.at?, Lane::Attack, finding.title.clone());
        mark.actor.clone_from(&finding.actor);
        mark.severity = Some(finding.severity);
        mark.finding = Some(finding.id.clone());
        mark.sources = sources.cite(&finding.evidence);
        Some(mark)
    }));
    // Of too many, the gravest stay.
    marks.sort_by_key(|mark| (std::cmp::Reverse(mark.severity.unwrap_or(Severity::Critical)), mark.time));
    let more = marks.len().saturating_sub(MARKS);
    marks.truncate(MARKS);
    marks.extend(response_marks(data));
    marks.sort_by(|a, b| (a.time, a.lane, &a.title).cmp(&(b.time, b.lane, &b.title)));
    for (index, mark) in marks.iter_mut().enumerate() {
        mark.number = index + 1;
    }
    (marks, more)
}

fn mark(time: Time, lane: Lane, title: String) -> Mark {
    Mark {
        number: 0,
        time,
        end: None,
        lane,
        title,
        actor: None,
        severity: None,
        finding: None,
        sources: Vec::new(),
    }
}

/// One mark for each actor and way of reading: what they took whole, what they looked at.
fn access_marks(suspect: &[&Touch], sources: &mut Register) -> Vec<Mark> {
    let mut groups: BTreeMap<(String, &'static str, &'static str), Vec<&Touch>> = BTreeMap::new();
    for touch in suspect {
        let how = content(touch).unwrap_or("none");
        groups.entry((words::actor(&touch.actor), touch.target.kind.name(), how)).or_default().push(touch);
    }
    let mut marks = Vec::new();
    for ((actor, kind, how), touches) in groups {
        let (Some(first), Some(last)) =
            (touches.iter().map(|t| t.first).min(), touches.iter().map(|t| t.last).max())
        else {
            continue;
        };
        let bytes = touches.iter().map(|t| t.bytes_out).fold(0, u64::saturating_add);
        let what = things(kind, touches.len());
        let title = match how {
            "whole" => format!("Took the whole of {what} ({} left)", words::bytes(bytes)),
            "part" => format!("Read in {what} ({} left)", words::bytes(bytes)),
            _ => format!("Reached {what} without taking content"),
        };
        let mut mark = mark(first, Lane::Attack, title);
        mark.end = (last > first).then_some(last);
        mark.actor = Some(actor);
        mark.severity = (how == "none").then_some(Severity::Low);
        mark.sources = sources.cite(touches.iter().flat_map(|touch| &touch.evidence));
        marks.push(mark);
    }
    marks
}

/// `3 repositories`, `1 page`.
pub(crate) fn things(kind: &str, n: usize) -> String {
    match kind {
        "repository" => words::many(n, "repository", "repositories"),
        "instance" => "the product itself".into(),
        other => words::many(n, other, &format!("{other}s")),
    }
}

/// One mark for each credential that the actor used.
fn use_marks(items: &[RotationItem], sources: &mut Register) -> Vec<Mark> {
    let mut marks = Vec::new();
    for item in items {
        let uses: Vec<_> = item.used.iter().filter(|used| used.by_actor && used.finding.is_some()).collect();
        let Some(first) = uses.iter().filter_map(|used| used.first).min() else { continue };
        let mut calls: Vec<&str> = uses.iter().map(|used| used.action.as_str()).collect();
        calls.dedup();
        let shown = calls.iter().take(4).copied().collect::<Vec<_>>().join(", ");
        let more = if calls.len() > 4 { format!(" and {} more", calls.len() - 4) } else { String::new() };
        let mut mark = mark(first, Lane::Attack, format!("Used {}: {shown}{more}", item.name));
        mark.end = uses.iter().filter_map(|used| used.last).max().filter(|last| *last > first);
        let ips: BTreeSet<&str> = uses.iter().flat_map(|used| &used.ips).map(String::as_str).collect();
        mark.actor = (!ips.is_empty()).then(|| ips.into_iter().take(3).collect::<Vec<_>>().join(", "));
        mark.severity = Some(Severity::Critical);
        mark.finding = uses.first().and_then(|used| used.finding.clone());
        mark.sources = sources.cite(uses.iter().flat_map(|used| &used.evidence));
        marks.push(mark);
    }
    marks
}

/// What we did that changed the world.
fn response_marks(data: &CaseData) -> Vec<Mark> {
    let changed: BTreeSet<(&str, &str)> =
        data.changes.iter().map(|change| (change.run.as_str(), change.step.as_str())).collect();
    let telling =
        |uses: &str| uses.starts_with("isolate") || uses.starts_with("release") || uses.contains("volumes");
    data.steps
        .iter()
        .filter(|step| changed.contains(&(step.run.as_str(), step.step.as_str())) || telling(&step.uses))
        .take(12)
        .map(|step| {
            let title = match (step.uses.as_str(), step.state.as_str()) {
                ("isolate", "done") => "Cut the host off".to_owned(),
                ("release", "done") => "Let the host back on the network".into(),
                ("collect.volumes", "done") => "Took snapshots of the host's volumes".into(),
                (uses, state) => format!("{uses} ({state})"),
            };
            let mut mark = mark(step.started, Lane::Response, title);
            mark.end = step.ended.filter(|end| *end > step.started);
            mark
        })
        .collect()
}

/// Gaps that name a stretch of time as `FROM/TO` or `FROM..TO`.
fn missing(data: &CaseData) -> Vec<Period> {
    let mut periods: Vec<Period> = data
        .gaps
        .iter()
        .filter_map(|gap| {
            let (from, to) = period(&gap.subject)?;
            Some(Period { from, to, what: gap.kind.clone(), why: gap.why.clone() })
        })
        .collect();
    periods.sort_by_key(|period| (period.from, period.to));
    periods.truncate(200);
    periods
}

/// The first two points in time of a text that stand on both sides of `/` or `..`.
fn period(text: &str) -> Option<(Time, Time)> {
    text.split_whitespace().find_map(|word| {
        let (from, to) = word.split_once("..").or_else(|| word.split_once('/'))?;
        let (from, to): (Time, Time) = (from.parse().ok()?, to.trim_end_matches([',', ')']).parse().ok()?);
        (from < to).then_some((from, to))
    })
}
