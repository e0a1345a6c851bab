//! `scan.commits`: what was pushed in the window, and what is odd about it. The join between the pusher in a log and the
//! commit in a repository.

use std::{collections::BTreeSet, path::PathBuf};

use bbsec_core::{Analysis, AnalysisMeta, CaseStore, Failure, Gap, Indicator, Progress, Sink, Time, Unit};
use bbsec_git::{Limits, Problems, Store};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::commits::{
    pushes,
    repository::{self, MOST},
    review,
};
use crate::analyses::{gaps, home};

/// Where repositories and logs are.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema, clap::Args)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct CommitsInput {
    /// Home of Bitbucket
    #[arg(long, value_name = "DIR")]
    pub(crate) home: Option<PathBuf>,
    /// Log file, folder of logs, or support zip; by default those of the home
    #[arg(long, value_name = "FILE")]
    pub(crate) log: Vec<PathBuf>,
    /// Time zone of logs that print none, such as Europe/Berlin or +02:00
    #[arg(long, value_name = "ZONE")]
    pub(crate) log_tz: Option<String>,
    /// KIND:VALUE; kinds: ip, user, session, token, ssh-key, user-agent
    #[arg(long, value_name = "KIND:VALUE")]
    pub(crate) suspect: Vec<Indicator>,
    /// First moment that matters; default: the first push in the logs
    #[arg(long, value_name = "TIME")]
    pub(crate) from: Option<Time>,
    /// Last moment that matters; default: the last push in the logs
    #[arg(long, value_name = "TIME")]
    pub(crate) to: Option<Time>,
}

/// Counts.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub(crate) struct CommitsOutput {
    /// Repositories that were read.
    repositories: u64,
    /// Commits of the window.
    commits: u64,
    /// Pushes in the logs.
    pushes: u64,
    /// Findings.
    findings: u64,
}

/// The analysis.
pub(crate) struct ScanCommits;

impl Analysis for ScanCommits {
    type Input = CommitsInput;
    type Output = CommitsOutput;

    fn meta(&self) -> AnalysisMeta {
        AnalysisMeta {
            id: "scan.commits",
            summary: "Pushes of the window: unsigned, by another than the author, forced, or changing what runs by itself",
            version: 1,
        }
    }

    fn run(
        &self,
        input: &CommitsInput,
        case: Option<&dyn CaseStore>,
        sink: &mut dyn Sink,
        progress: &dyn Progress,
    ) -> Result<CommitsOutput, Failure> {
        let as_access = super::scan_access::AccessInput {
            log_tz: input.log_tz.clone(),
            suspect: input.suspect.clone(),
            from: input.from,
            to: input.to,
            ..Default::default()
        };
        let scope = as_access.scope(case);
        let home = home(input.home.as_deref(), case)?;
        let (repositories, missing) = home.repositories()?;
        gaps(missing, sink)?;
        let pushes = pushes::read(input, &scope, case, sink, progress)?;
        let span = pushes.span();
        if span.is_none() {
            let why = "no push is in the logs: who brought which commit is not known, only what the commits say themselves";
            sink.gap(Gap::unknown("pushes", "access log", why))?;
        }
        if pushes.untold > 0 {
            sink.gap(Gap::unread("pushes", "access log", "too many to keep", pushes.untold))?;
        }
        // Before the first push of the log lies what nobody can assign.
        let from = scope.from.or(span.map(|(first, _)| first)).unwrap_or(Time::from_micros(0));
        let to = scope.to.or(span.map(|(_, last)| last)).unwrap_or_else(Time::now);
        let mut output = CommitsOutput {
            pushes: pushes.by_repository.values().map(|list| list.len() as u64).sum(),
            ..CommitsOutput::default()
        };
        let mut there = BTreeSet::new();
        let task = progress.task("repositories", Unit::Items, Some(repositories.len() as u64));
        for found in repositories {
            if progress.cancelled() {
                break;
            }
            let name = match (&found.project, &found.slug) {
                (Some(project), Some(slug)) => format!("{project}/{slug}"),
                _ => found.git_dir.display().to_string(),
            };
            there.insert(name.clone());
            task.at(&bbsec_core::escape::terminal(&name));
            task.advance(1);
            let pushed = pushes.by_repository.get(&name).map(Vec::as_slice).unwrap_or_default();
            // A repository that nobody pushed to has nothing new, unless pushes are not known at all.
            if span.is_none() || pushed.iter().any(|push| (from..=to).contains(&push.time)) {
                one(&found, home.root(), &name, pushed, (from, to), sink, &mut output)?;
            }
        }
        for (name, list) in pushes.by_repository.iter().filter(|(name, _)| !there.contains(*name)) {
            if list.iter().any(|push| (from..=to).contains(&push.time)) {
                let why = "it was pushed to in the window and is not in this home: deleted, renamed or stored elsewhere";
                sink.gap(Gap::unknown("repository", name.clone(), why))?;
            }
        }
        Ok(output)
    }
}

/// Reads one repository.
fn one(
    found: &bbsec_atlassian::home::Repository,
    root: &std::path::Path,
    name: &str,
    pushed: &[pushes::Push],
    window: (Time, Time),
    sink: &mut dyn Sink,
    output: &mut CommitsOutput,
) -> Result<(), Failure> {
    let limits = Limits::default();
    let mut problems = Problems::default();
    let store = match Store::open(&found.git_dir, Some(root), &mut problems) {
        Ok(store) => store,
        Err(error) => return sink.gap(Gap::unread("repository", name, error.to_string(), 1)),
    };
    let mut commits =
        repository::read(&found.git_dir, Some(root), &store, window, &limits, &bbsec_core::Silent);
    commits.problems.extend(problems);
    gaps(commits.problems.gaps(), sink)?;
    if commits.untold > 0 {
        let why = format!("more than {MOST} commits in the window; narrow it with --from and --to");
        sink.gap(Gap::unread("commits", name, why, commits.untold))?;
    }
    output.repositories += 1;
    output.commits += commits.found.len() as u64;
    let review = review::Case { name, pushes: pushed, store: &store, limits: &limits, window };
    for finding in review.findings(&commits) {
        output.findings += 1;
        sink.finding(finding)?;
    }
    Ok(())
}
