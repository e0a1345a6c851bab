//! What was touched: each repository, page, issue and export, with volumes; and the sums per project and space.

use std::collections::{BTreeMap, BTreeSet};

use bbsec_core::{Time, Touch};
use schemars::JsonSchema;
use serde::Serialize;

use super::sources::Register;
use crate::{CaseData, RotationItem, rotation::content, words};

/// What was touched.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Touched {
    /// Each thing, the most taken first.
    pub targets: Vec<TargetView>,
    /// Sums by kind and by project or space.
    pub volumes: Vec<Volume>,
    /// Bytes that left to suspects in all.
    pub bytes_out: u64,
    /// Rows of ordinary work that were set apart.
    pub ordinary: usize,
}

/// One thing that was touched.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct TargetView {
    /// `repository`, `page`, …
    pub kind: &'static str,
    /// Its id.
    pub id: String,
    /// What people call it.
    pub name: Option<String>,
    /// Who.
    pub actors: Vec<String>,
    /// How often, by verb.
    pub verbs: BTreeMap<String, u64>,
    /// `whole`, `part` or `none`.
    pub taken: &'static str,
    /// Bytes that left.
    pub bytes_out: u64,
    /// First time.
    pub first: Time,
    /// Last time.
    pub last: Time,
    /// Ranks of the credentials that stand in it.
    pub credentials: Vec<usize>,
    /// Numbers in the register of evidence.
    pub sources: Vec<usize>,
}

/// Sums over the things of one kind in one project or space.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Volume {
    /// `repository`, `page`, …
    pub kind: &'static str,
    /// The project or space; empty where things have none.
    pub group: String,
    /// How many things.
    pub targets: usize,
    /// Bytes that left.
    pub bytes_out: u64,
    /// Clones and fetches.
    pub clones: u64,
    /// Archives and exports.
    pub exports: u64,
    /// Attachments and large files.
    pub attachments: u64,
}

pub(super) fn touched(data: &CaseData, items: &[RotationItem], sources: &mut Register) -> Touched {
    let mut credentials: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
    for item in items {
        for location in &item.found_at {
            credentials.entry(location.target.to_lowercase()).or_default().insert(item.rank);
        }
    }
    let mut groups: BTreeMap<_, Vec<&Touch>> = BTreeMap::new();
    for touch in data.touches.iter().filter(|touch| touch.suspect) {
        groups.entry((touch.target.kind, touch.target.id.as_str())).or_default().push(touch);
    }
    let mut targets: Vec<TargetView> = groups
        .into_iter()
        .filter_map(|((kind, id), touches)| {
            let mut verbs = BTreeMap::new();
            for (verb, n) in touches.iter().flat_map(|touch| &touch.verbs) {
                let sum: &mut u64 = verbs.entry(verb.clone()).or_default();
                *sum = sum.saturating_add(*n);
            }
            let taken = touches.iter().filter_map(|touch| content(touch)).max().unwrap_or("none");
            let actors: BTreeSet<String> = touches.iter().map(|touch| words::actor(&touch.actor)).collect();
            Some(TargetView {
                kind: kind.name(),
                id: id.to_owned(),
                name: touches.iter().find_map(|touch| touch.target.name.clone()),
                actors: actors.into_iter().collect(),
                verbs,
                taken,
                bytes_out: touches.iter().map(|t| t.bytes_out).fold(0, u64::saturating_add),
                first: touches.iter().map(|touch| touch.first).min()?,
                last: touches.iter().map(|touch| touch.last).max()?,
                credentials: credentials
                    .get(&id.to_lowercase())
                    .map(|ranks| ranks.iter().copied().collect())
                    .unwrap_or_default(),
                sources: sources.cite(touches.iter().flat_map(|touch| &touch.evidence)),
            })
        })
        .collect();
    let volumes = volumes(&targets);
    targets.sort_by(|a, b| {
        (b.taken, b.bytes_out)
            .cmp(&(a.taken, a.bytes_out))
            .then_with(|| (a.kind, &a.id).cmp(&(b.kind, &b.id)))
    });
    Touched {
        bytes_out: targets.iter().map(|target| target.bytes_out).fold(0, u64::saturating_add),
        ordinary: data.touches.iter().filter(|touch| !touch.suspect).count(),
        volumes,
        targets,
    }
}

fn volumes(targets: &[TargetView]) -> Vec<Volume> {
    let mut sums: BTreeMap<(&'static str, String), Volume> = BTreeMap::new();
    for target in targets {
        let group = group(target.kind, &target.id);
        let sum = sums.entry((target.kind, group.clone())).or_insert_with(|| Volume {
            kind: target.kind,
            group,
            targets: 0,
            bytes_out: 0,
            clones: 0,
            exports: 0,
            attachments: 0,
        });
        let of = |verbs: &[&str]| {
            verbs.iter().filter_map(|verb| target.verbs.get(*verb)).fold(0_u64, |a, b| a.saturating_add(*b))
        };
        sum.targets += 1;
        sum.bytes_out = sum.bytes_out.saturating_add(target.bytes_out);
        sum.clones = sum.clones.saturating_add(of(&["clone", "fetch"]));
        sum.exports = sum.exports.saturating_add(of(&["archive", "export"]));
        sum.attachments = sum.attachments.saturating_add(of(&["attachment", "lfs"]));
    }
    let mut volumes: Vec<Volume> = sums.into_values().collect();
    volumes.sort_by(|a, b| {
        b.bytes_out.cmp(&a.bytes_out).then_with(|| (a.kind, &a.group).cmp(&(b.kind, &b.group)))
    });
    volumes
}

/// The project of a repository, the space of a page, the project of an issue.
fn group(kind: &str, id: &str) -> String {
    let before = |mark: char| id.split_once(mark).map(|(group, _)| group.to_owned());
    match kind {
        "repository" => before('/'),
        "page" => before(':'),
        "issue" => id.rsplit_once('-').map(|(project, _)| project.to_owned()),
        "space" | "project" => Some(id.to_owned()),
        _ => None,
    }
    .unwrap_or_default()
}
