//! Repositories: every object of packs and loose files, whoever reaches it, and every file beside them.
//!
//! Forks that share objects are one family: each object is matched once, and its findings are attributed to every
//! repository that holds it.

mod attribute;
mod plain;
mod visitor;

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{Mutex, PoisonError, mpsc},
};

use bbsec_core::{Collected, Fingerprinter, Gap, Progress, Sink, Task, Unit, escape};
use bbsec_git::{Family, History, Kind, Limits, Problem, ProblemKind, Problems};

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
        let families: Vec<(Family, Vec<&RepoInput>)> = families
            .into_iter()
            .map(|family| {
                let input = |path: &PathBuf| repos.iter().find(|r| r.git_dir == *path && r.within == within);
                let members = family.repositories.iter().filter_map(input).collect();
                (family, members)
            })
            .collect();
        let scan = Scan { options, fingerprinter, progress, task: task.as_ref() };
        if families.len() >= options.threads().saturating_mul(2) {
            scan.side_by_side(families, sink, &mut summary)?;
        } else {
            for (family, members) in families {
                scan.family(family, &members, options.threads(), sink, &mut summary)?;
            }
        }
    }
    summary.cancelled = progress.cancelled();
    Ok(summary)
}

/// What all families are scanned with.
#[derive(Clone, Copy)]
struct Scan<'a> {
    options: &'a Options,
    fingerprinter: &'a Fingerprinter,
    progress: &'a dyn Progress,
    task: &'a dyn Task,
}

impl Scan<'_> {
    /// Many families: one thread each. What they bring is handed on in their order.
    fn side_by_side(
        self,
        families: Vec<(Family, Vec<&RepoInput>)>,
        sink: &mut dyn Sink,
        summary: &mut Summary,
    ) -> Result<(), SecretsError> {
        let queue = Mutex::new(families.into_iter().enumerate());
        let (give, take) = mpsc::channel();
        std::thread::scope(|scope| {
            for _ in 0..self.options.threads() {
                let (queue, give) = (&queue, give.clone());
                scope.spawn(move || {
                    loop {
                        let next = queue.lock().unwrap_or_else(PoisonError::into_inner).next();
                        let Some((number, (family, members))) = next else { return };
                        let (mut own, mut counts) = (Collected::default(), Summary::default());
                        let done = self.family(family, &members, 1, &mut own, &mut counts);
                        if give.send((number, done.map(|()| (own, counts)))).is_err() {
                            return;
                        }
                    }
                });
            }
            drop(give);
            let mut waiting = BTreeMap::new();
            let mut next = 0;
            for (number, brought) in take {
                waiting.insert(number, brought);
                while let Some(brought) = waiting.remove(&next) {
                    next += 1;
                    let (own, counts) = brought?;
                    for secret in own.secrets {
                        sink.secret(secret).map_err(SecretsError::Sink)?;
                    }
                    for gap in own.gaps {
                        sink.gap(gap).map_err(SecretsError::Sink)?;
                    }
                    summary.add(&counts);
                }
            }
            Ok(())
        })
    }

    /// One family.
    fn family(
        self,
        family: Family,
        members: &[&RepoInput],
        threads: usize,
        sink: &mut dyn Sink,
        summary: &mut Summary,
    ) -> Result<(), SecretsError> {
        if self.progress.cancelled() {
            summary.cancelled = true;
            return Ok(());
        }
        if let Some(first) = members.first() {
            self.task.at(&escape::terminal(&first.shown_as));
        }
        let limits = Limits::default();
        let mut problems = Problems::default();
        let family = family.open(&mut problems);
        let dirs = family.dirs();
        let visitor = visitor::Secrets::new(self.options, threads);
        let report = bbsec_git::walk(&dirs, &visitor, threads, &limits, self.progress);
        summary.objects += report.read.total();
        let mut gaps = problems.gaps();
        gaps.extend(report.problems.gaps());
        // Read without hits too: only it knows which objects commits and trees name that are not here, and a repository
        // that lacks objects must not pass for clean.
        let blobs = visitor.oids(&[Kind::Blob]);
        let (mut history, report) = History::read(&dirs, &blobs, &visitor, threads, &limits, self.progress);
        summary.objects += report.read.total();
        // What is wrong with blobs and with packs as such was named by the first walk.
        let of_these = |problem: &Problem| {
            !matches!(problem.kind, ProblemKind::Missing { .. })
                && problem.object.is_some_and(|kind| kind != Kind::Blob)
        };
        gaps.extend(report.problems.only(of_these).gaps());
        gaps.extend(history.missing().gaps());
        let mut gathered = visitor.gathered();
        if gathered.has_names() {
            let names = visitor::Names::of(&gathered);
            bbsec_git::walk(&dirs, &names, threads, &limits, self.progress);
            let trees = names.trees();
            gathered.add(trees);
            history = History::build(&dirs, &gathered.oids(), threads, &limits, self.progress).0;
        }
        summary.bytes_scanned += gathered.stats.scanned;
        let name = members.first().map_or("", |first| first.shown_as.as_str());
        let bounded = gathered.stats.not_decoded + gathered.stats.dropped_hits;
        gaps.extend(container_gaps(name, gathered.stats.damaged, bounded));
        for (index, repo) in members.iter().enumerate() {
            summary.sources += 1;
            let here = attribute::Here { family: &family, dirs: &dirs, index, repo, history: &history };
            gaps.extend(here.report(&gathered, self.options, self.fingerprinter, sink, summary)?);
        }
        self.task.advance(members.len() as u64);
        give(gaps, sink, summary)
    }
}

/// Hands gaps on, each once.
fn give(gaps: Vec<Gap>, sink: &mut dyn Sink, summary: &mut Summary) -> Result<(), SecretsError> {
    for gap in gaps {
        summary.unread += if gap.unread { gap.count } else { 0 };
        sink.gap(gap).map_err(SecretsError::Sink)?;
    }
    Ok(())
}
