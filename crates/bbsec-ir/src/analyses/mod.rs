//! The analyses: each adapts a room to the traits, and joins rooms where one needs what another reads.

mod audit_rules;
mod collected_logs;
mod commits;
mod database;
pub(crate) mod digests;
pub(crate) mod scan_access;
pub(crate) mod scan_accounts;
pub(crate) mod scan_cloudtrail;
pub(crate) mod scan_commits;
pub(crate) mod scan_config;
pub(crate) mod scan_plugins;
pub(crate) mod scan_secrets;
mod second_opinion;
mod watching;
mod web_rules;

use std::path::{Path, PathBuf};

use bbsec_atlassian::home::Home;
use bbsec_case::{Access, Case};
use bbsec_core::{CaseStore, Exit, Failure, Gap, Sink};
use bbsec_detect::RuleSet;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What `collect instance` calls the facts that it keeps.
pub(crate) const FACTS: &str = "instance facts";
/// What `collect cloudtrail` calls the events that it keeps.
pub(crate) const TRAIL: &str = "CloudTrail events";
/// What it calls the logs of a trail.
pub(crate) const LOG: &str = "CloudTrail log";

/// A home alone: what `scan all` takes.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema, clap::Args)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct HomeInput {
    /// Home of the product, or its mounted snapshot
    #[arg(long, value_name = "DIR")]
    pub(crate) home: Option<PathBuf>,
}

/// The home that is meant: the given one, or the one that the case's evidence was collected from.
pub(crate) fn home(given: Option<&Path>, case: Option<&dyn CaseStore>) -> Result<Home, Failure> {
    let path = match given {
        Some(path) => path.to_owned(),
        None => home_of(case)?.ok_or_else(|| {
            Failure::new(Exit::Usage, "no home is given and the case holds none").help(
                "name it with --home DIR, or bring it into the case with `bbsec-ir collect home --home DIR`",
            )
        })?,
    };
    Home::open(&path).map_err(Failure::from)
}

/// The home that the newest `collect home` of a case read, if any.
fn home_of(case: Option<&dyn CaseStore>) -> Result<Option<PathBuf>, Failure> {
    let Some(case) = case else { return Ok(None) };
    let entries = Case::open(case.root(), Access::Read)?.journal().entries()?;
    let collected = entries.iter().rev().filter(|entry| {
        entry.kind == "step-started"
            && entry.body.get("uses").and_then(|uses| uses.as_str()) == Some("collect.home")
    });
    Ok(collected.filter_map(|entry| entry.body.pointer("/with/home")?.as_str()).map(PathBuf::from).next())
}

/// The responder's own rules; what does not load is named.
pub(crate) fn own_rules(folders: &[PathBuf], sink: &mut dyn Sink) -> Result<RuleSet, Failure> {
    let mut own = RuleSet::default();
    for folder in folders {
        let (set, refused) = RuleSet::load(folder)?;
        own.extend(set);
        for rule in refused {
            let why = rule.refused.unwrap_or_default();
            sink.gap(Gap::unknown("rule", format!("{} ({})", rule.rule, rule.file), why))?;
        }
    }
    Ok(own)
}

/// Passes gaps on.
pub(crate) fn gaps(found: Vec<Gap>, sink: &mut dyn Sink) -> Result<(), Failure> {
    found.into_iter().try_for_each(|gap| sink.gap(gap))
}
