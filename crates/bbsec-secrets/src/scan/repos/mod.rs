//! Repositories: every object of packs and loose files, whoever reaches it, and every file beside them.
//!
//! Forks that share objects are one family: each object is matched once, and its findings are attributed to every
//! repository that holds it.

mod attribute;
mod plain;
mod visitor;

use std::{collections::BTreeMap, path::PathBuf};

use bbsec_core::{Fingerprinter, Gap, Progress, Sink, Unit, escape};
use bbsec_git::{Family, History, Limits, Problems};

use super::{Options, RepoInput, Summary, files::container_gaps};
use crate::SecretsError;

/// Scans repositories. Whatever cannot be read is a gap in the sink; findings of the rest come all the same.
pub fn scan_repositories(
    repos: &[RepoInput],
    options: &Options,
    fingerprinter: &Fingerprinter,
    sink: &mut dyn Sink,
    progress: &dyn Progress,
) -> Result<Summary, SecretsError> {
    let mut summary = Summary::default();
    let task = progress.task("repositories", Unit::Items, Some(repos.len() as u64));
    let mut by_fence: BTreeMap<Option<PathBuf>, Vec<PathBuf>> = BTreeMap::new();
    for repo in repos {
        by_fence.entry(repo.within.clone()).or_default().push(repo.git_dir.clone());
    }
    for (within, paths) in by_fence {
        let mut problems = Problems::default();
        let (families, refused) = Family::group(&paths, within.as_deref(), &mut problems);
        give(problems.gaps(), sink, &mut summary)?;
        for (path, error) in refused {
            let gap = Gap::unread("repository", path.display().to_string(), error.to_string(), 1);
            give(vec![gap], sink, &mut summary)?;
            task.advance(1);
        }
        for family in families {
            if progress.cancelled() {
                summary.cancelled = true;
                return Ok(summary);
            }
            let members: Vec<&RepoInput> = family
                .repositories
                .iter()
                .filter_map(|path| repos.iter().find(|repo| repo.git_dir == *path && repo.within == within))
                .collect();
            if let Some(first) = members.first() {
                task.at(&escape::terminal(&first.shown_as));
            }
            scan_family(family, &members, options, fingerprinter, sink, progress, &mut summary)?;
            task.advance(members.len() as u64);
        }
    }
    summary.cancelled = progress.cancelled();
    Ok(summary)
}

fn scan_family(
    family: Family,
    members: &[&RepoInput],
    options: &Options,
    fingerprinter: &Fingerprinter,
    sink: &mut dyn Sink,
    progress: &dyn Progress,
    summary: &mut Summary,
) -> Result<(), SecretsError> {
    let limits = Limits::default();
    let mut problems = Problems::default();
    let family = family.open(&mut problems);
    let dirs = family.dirs();
    let threads = options.threads();
    let visitor = visitor::Secrets::new(options, threads);
    let report = bbsec_git::walk(&dirs, &visitor, threads, &limits, progress);
    summary.objects += report.read.total();
    let mut gaps = problems.gaps();
    gaps.extend(report.problems.gaps());
    let gathered = visitor.gathered();
    summary.bytes_scanned += gathered.stats.scanned;
    let name = members.first().map_or("", |first| first.shown_as.as_str());
    let bounded = gathered.stats.not_decoded + gathered.stats.dropped_hits;
    gaps.extend(container_gaps(name, gathered.stats.damaged, bounded));
    let (history, _) = if gathered.objects.is_empty() {
        (History::default(), bbsec_git::WalkReport::default())
    } else {
        // The walk has named what cannot be read; this one reads less.
        History::build(&dirs, &gathered.oids(), threads, &limits, progress)
    };
    for (index, repo) in members.iter().enumerate() {
        summary.sources += 1;
        let here = attribute::Here { family: &family, dirs: &dirs, index, repo, history: &history };
        gaps.extend(here.report(&gathered, options, fingerprinter, sink, summary)?);
    }
    give(gaps, sink, summary)
}

/// Hands gaps on, each once.
fn give(gaps: Vec<Gap>, sink: &mut dyn Sink, summary: &mut Summary) -> Result<(), SecretsError> {
    for gap in gaps {
        summary.unread += if gap.unread { gap.count } else { 0 };
        sink.gap(gap).map_err(SecretsError::Sink)?;
    }
    Ok(())
}
