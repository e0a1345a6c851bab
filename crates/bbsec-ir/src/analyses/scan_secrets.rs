//! `scan.secrets`: credentials in repositories, homes and files.

use std::{collections::BTreeMap, path::PathBuf};

use bbsec_core::{Analysis, AnalysisMeta, CaseStore, Exit, Failure, Fingerprinter, Progress, Sink};
use bbsec_secrets::{Options, RepoInput, Rules};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::analyses::{
    gaps, home,
    second_opinion::{self, Remembering},
};

/// What is scanned, and how.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema, clap::Args)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct SecretsInput {
    /// Bare or ordinary repository; may be repeated
    #[arg(long, value_name = "DIR", num_args = 1..)]
    pub(crate) repo: Vec<PathBuf>,
    /// Home of Bitbucket: all its repositories, configuration and files
    #[arg(long, value_name = "DIR")]
    pub(crate) home: Option<PathBuf>,
    /// Plain folder or file; may be repeated
    #[arg(long, value_name = "PATH", num_args = 1..)]
    pub(crate) path: Vec<PathBuf>,
    /// Rules of your own, in gitleaks' TOML
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Leave out what an earlier report (JSON Lines) holds
    #[arg(long, value_name = "FILE")]
    pub(crate) baseline: Option<PathBuf>,
    /// Threads; by default one per processor
    #[arg(long, value_name = "N")]
    pub(crate) jobs: Option<usize>,
    /// Print secrets in the clear, on standard output only
    #[arg(long)]
    #[serde(skip)]
    pub(crate) reveal: bool,
    /// Show what speaks for and against one credential: the beginning of its fingerprint, its public name, path or path:line
    #[arg(long, value_name = "ID")]
    #[serde(skip)]
    pub(crate) explain: Option<String>,
}

/// Counts.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct SecretsOutput {
    /// Repositories that were read.
    repositories: usize,
    /// Credentials found, per repository.
    credentials: u64,
    /// Objects read.
    objects: u64,
    /// Objects and files that could not be read.
    unreadable: u64,
    /// Objects that findings rest on and that libgit2 decodes to the same bytes.
    confirmed: u64,
}

/// The analysis.
pub(crate) struct ScanSecrets;

impl Analysis for ScanSecrets {
    type Input = SecretsInput;
    type Output = SecretsOutput;

    fn meta(&self) -> AnalysisMeta {
        AnalysisMeta {
            id: "scan.secrets",
            summary: "Credentials anywhere in repositories' history, in a home, or in files",
            version: 1,
        }
    }

    fn run(
        &self,
        input: &SecretsInput,
        case: Option<&dyn CaseStore>,
        sink: &mut dyn Sink,
        progress: &dyn Progress,
    ) -> Result<SecretsOutput, Failure> {
        let options = options(input, sink)?;
        let fingerprinter = case.map_or_else(Fingerprinter::unkeyed, CaseStore::fingerprinter);
        let mut repos: Vec<RepoInput> = input
            .repo
            .iter()
            .map(|path| RepoInput {
                git_dir: git_dir(path),
                shown_as: path.display().to_string(),
                project: None,
                slug: None,
                within: None,
            })
            .collect();
        let nothing_given = repos.is_empty() && input.path.is_empty() && input.home.is_none();
        if nothing_given && case.is_none() {
            return Err(Failure::new(Exit::Usage, "nothing to scan is named")
                .help("name a repository with --repo, a home with --home, or files with --path"));
        }
        if input.home.is_some() || nothing_given {
            let home = home(input.home.as_deref(), case)?;
            let (found, missing) = home.repositories()?;
            gaps(missing, sink)?;
            repos.extend(found.into_iter().map(|repository| RepoInput {
                shown_as: repository.git_dir.display().to_string(),
                git_dir: repository.git_dir,
                project: repository.project,
                slug: repository.slug,
                within: Some(home.root().to_owned()),
            }));
            bbsec_atlassian::config::host_credentials(&home, &fingerprinter, sink)?;
        }
        let mut output = SecretsOutput {
            repositories: repos.len(),
            credentials: 0,
            objects: 0,
            unreadable: 0,
            confirmed: 0,
        };
        if !repos.is_empty() {
            let mut remembering = Remembering { sink, objects: BTreeMap::new() };
            let summary = bbsec_secrets::scan_repositories(
                &repos,
                &options,
                &fingerprinter,
                &mut remembering,
                progress,
            )?;
            let objects = remembering.objects;
            output.confirmed = second_opinion::compare(&repos, &objects, sink)?;
            output.credentials += summary.findings;
            output.objects += summary.objects;
            output.unreadable += summary.unread;
        }
        if !input.path.is_empty() {
            let summary = bbsec_secrets::scan_paths(&input.path, &options, &fingerprinter, sink, progress)?;
            output.credentials += summary.findings;
            output.objects += summary.objects;
            output.unreadable += summary.unread;
        }
        Ok(output)
    }
}

/// The repository itself: `.git` below a working tree, or the bare folder that was named. A `.git` that is a link or a
/// file is not followed: it may lead anywhere.
fn git_dir(path: &std::path::Path) -> PathBuf {
    let inner = path.join(".git");
    if std::fs::symlink_metadata(&inner).is_ok_and(|meta| meta.is_dir()) { inner } else { path.to_owned() }
}

fn options(input: &SecretsInput, sink: &mut dyn Sink) -> Result<Options, Failure> {
    let mut options = Options { reveal: input.reveal, ..Options::default() };
    if let Some(jobs) = input.jobs {
        options.jobs = jobs.clamp(1, 256);
    }
    if let Some(path) = &input.config {
        let (rules, refused) = Rules::load(path)?;
        options.rules = std::sync::Arc::new(rules);
        for rule in refused {
            sink.gap(bbsec_core::Gap::unread("rule", rule.rule, rule.why, 1))?;
        }
    }
    if let Some(path) = &input.baseline {
        options.baseline = Some(bbsec_secrets::Baseline::read(path)?);
    }
    Ok(options)
}
