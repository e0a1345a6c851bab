//! `scan …`: with a case the results go into it; without one they go to standard output alone.

use std::collections::BTreeSet;

use bbsec_core::{Collected, Exit, Failure, Severity};
use bbsec_playbook::Capability;
use bbsec_report::{
    Redactor,
    export::{gitleaks_json, sarif},
};
use clap::Subcommand;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

use crate::{
    analyses::{
        scan_access::AccessInput, scan_accounts::AccountsInput, scan_cloudtrail::CloudtrailInput,
        scan_commits::CommitsInput, scan_config::ConfigInput, scan_plugins::PluginsInput,
        scan_secrets::SecretsInput,
    },
    cli::{AwsFlags, Confirm},
    commands::explain::Explained,
    output::{self, Format, Listing},
    registry,
    session::Session,
    show,
};

/// `scan …`
#[derive(Debug, Subcommand)]
pub(crate) enum ScanCommand {
    /// Credentials anywhere in repositories' history, a home, or files
    #[command(after_help = "Examples:
  bbsec-ir scan secrets --repo /srv/git/app.git
  bbsec-ir scan secrets --home /mnt/bitbucket-home --format jsonl -o secrets.jsonl
  bbsec-ir scan secrets --path ./src --format sarif
  bbsec-ir scan secrets --repo /srv/git/app.git --explain config/app.env:12")]
    Secrets(SecretsInput),
    /// Which repositories, pages and tickets each actor touched
    #[command(after_help = "Examples:
  bbsec-ir scan access --home /mnt/bitbucket-home --suspect ip:203.0.113.7
  bbsec-ir scan access --log atlassian-bitbucket-access.log --log-tz Europe/Berlin")]
    Access(Explained<AccessInput>),
    /// New, changed and privileged accounts, tokens and keys
    #[command(after_help = "Examples:
  bbsec-ir scan accounts --home /mnt/bitbucket-home
  bbsec-ir scan accounts --home /mnt/bitbucket-home --database bitbucket.sql.gz --rules ./sigma/rules/application/bitbucket")]
    Accounts(Explained<AccountsInput>),
    /// Plugins that should not be there
    #[command(after_help = "Examples:
  bbsec-ir scan plugins --home /mnt/bitbucket-home
  bbsec-ir scan plugins --home /mnt/bitbucket-home --baseline /srv/clean/atlassian-bitbucket-8.19.2")]
    Plugins(Explained<PluginsInput>),
    /// Weak configuration, each with its fix
    #[command(after_help = "Examples:
  bbsec-ir scan config --home /mnt/bitbucket-home
  bbsec-ir scan config --home /mnt/bitbucket-home --facts case/evidence/data/aws/facts.json --fail-on high")]
    Config(Explained<ConfigInput>),
    /// Pushed commits that are unsigned, by another than the pusher, forced, or change what runs by itself
    #[command(after_help = "Examples:
  bbsec-ir scan commits --home /mnt/bitbucket-home --from 2026-11-14 --to 2026-11-16
  bbsec-ir scan commits --home /mnt/bitbucket-home --log-tz Europe/Berlin --suspect token:263466287238")]
    Commits(Explained<CommitsInput>),
    /// Attacks and credential use in CloudTrail
    #[command(after_help = "Examples:
  bbsec-ir scan cloudtrail --path ./cloudtrail-logs
  bbsec-ir scan cloudtrail --path events.json.gz --rules ./sigma/cloud/aws")]
    Cloudtrail(Explained<CloudtrailInput>),
    /// All of it, on a home
    #[command(after_help = "Examples:
  bbsec-ir scan all --home /mnt/bitbucket-home --case ./incident")]
    All(crate::analyses::HomeInput),
}

pub(crate) fn run(session: &Session, command: ScanCommand) -> Result<Exit, Failure> {
    match command {
        ScanCommand::Secrets(input) => {
            let reveal = input.reveal;
            if reveal && session.case_folder().is_some() && session.global.output.is_some() {
                return Err(Failure::new(Exit::Usage, "--reveal prints secrets on standard output only")
                    .help("leave -o out"));
            }
            scan(session, "scan.secrets", &input, reveal, input.explain.as_deref())
        }
        ScanCommand::Access(of) => with_reasons(session, "scan.access", &of),
        ScanCommand::Accounts(of) => with_reasons(session, "scan.accounts", &of),
        ScanCommand::Plugins(of) => with_reasons(session, "scan.plugins", &of),
        ScanCommand::Config(of) => with_reasons(session, "scan.config", &of),
        ScanCommand::Commits(of) => with_reasons(session, "scan.commits", &of),
        ScanCommand::Cloudtrail(of) => with_reasons(session, "scan.cloudtrail", &of),
        ScanCommand::All(input) => {
            let mut exit = Exit::Done;
            let all = [
                "scan.access",
                "scan.accounts",
                "scan.plugins",
                "scan.config",
                "scan.secrets",
                "scan.commits",
            ];
            for id in all {
                session.say(id);
                match one(session, id, &input, false) {
                    Ok(ended) => exit = exit.worse(ended),
                    // Confluence keeps no repositories: the other parts tell what there is.
                    Err(failure) if failure.exit == Exit::Nothing => {
                        session.say(&bbsec_core::escape::terminal(&failure.to_string()));
                    }
                    Err(failure) => return Err(failure),
                }
            }
            Ok(exit)
        }
    }
}

fn with_reasons<I: clap::Args + Serialize>(
    session: &Session,
    id: &str,
    of: &Explained<I>,
) -> Result<Exit, Failure> {
    scan(session, id, &of.input, false, of.explain.as_deref())
}

fn one(session: &Session, id: &str, input: &impl Serialize, reveal: bool) -> Result<Exit, Failure> {
    scan(session, id, input, reveal, None)
}

fn scan(
    session: &Session,
    id: &str,
    input: &impl Serialize,
    reveal: bool,
    explain: Option<&str>,
) -> Result<Exit, Failure> {
    // Revealed values must not reach the case.
    let in_case = !reveal && session.case_folder().is_some();
    let (mut collected, mut exit, summary) = if in_case {
        let (report, case) = session.single(id, input, None, &AwsFlags::default(), Confirm::default())?;
        let step = report.steps.first();
        let output = step.map(|step| step.output.clone()).unwrap_or_default();
        let results = crate::session::results(&case, &report.run)?;
        (results, report.exit, output)
    } else {
        let registry = registry::all(&AwsFlags::default(), "none")?;
        let Some(Capability::Analysis(analysis)) = registry.get(id) else {
            return Err(Failure::new(Exit::Usage, format!("nothing is called `{id}`")));
        };
        let with = serde_json::to_value(input).map_err(|error| {
            Failure::because(format!("the input of `{id}` cannot be written as JSON"), error)
        })?;
        let mut sink = WithoutEvents(Collected::default());
        let output = analysis.run(&with, None, &mut sink, session.bars.as_ref())?;
        let mut exit = Exit::Done;
        for gap in sink.0.gaps.iter().filter(|gap| gap.unread) {
            exit = Exit::Partial;
            let line = format!("not read: {} {} ({}): {}", gap.count, gap.kind, gap.subject, gap.why);
            session.say(&bbsec_core::escape::terminal(&line));
        }
        (sink.0, exit, output)
    };
    collected.secrets.sort_by_key(|secret| {
        std::cmp::Reverse((secret.severity, secret.confidence, secret.at_head, secret.reachable.len()))
    });
    collected.findings.sort_by(|a, b| b.severity.cmp(&a.severity).then(a.at.cmp(&b.at)));
    match explain {
        Some(wanted) if id == "scan.secrets" => {
            super::explain_secret::explain(session, collected.secrets.clone(), wanted)?;
        }
        Some(finding) => super::explain::explain(session, &collected, finding)?,
        None => print(session, id, &collected)?,
    }
    if session.global.verbose > 0 {
        session.say(&summary.to_string());
    }
    let severities =
        collected.findings.iter().map(|f| f.severity).chain(collected.secrets.iter().map(|s| s.severity));
    exit = exit.worse(session.fail_on_severity(severities));
    if bbsec_core::Progress::cancelled(session.bars.as_ref()) {
        exit = Exit::Interrupted;
    }
    Ok(exit)
}

pub(super) fn print(session: &Session, id: &str, collected: &Collected) -> Result<(), Failure> {
    match (id, session.output.format_or(Format::Table)) {
        (_, Format::Sarif) => {
            let version = env!("CARGO_PKG_VERSION");
            let text = sarif(&collected.secrets, &collected.findings, version, &Redactor::shapes_only())?;
            session.output.write(text.as_bytes())
        }
        ("scan.secrets", Format::Gitleaks) => {
            session.output.write(gitleaks_json(&collected.secrets, &Redactor::shapes_only())?.as_bytes())
        }
        ("scan.secrets", _) => session.output.rows(&secrets(collected)),
        ("scan.access", format) => access(session, format, collected),
        (_, Format::Table) => {
            // Facts for the join, such as what each key was used for, are for machines; people get what was concluded.
            let concluded: Vec<_> =
                collected.findings.iter().filter(|found| found.severity > Severity::Info).cloned().collect();
            let facts = collected.findings.len() - concluded.len();
            if facts > 0 {
                session.say(&format!("{facts} facts of severity info are not shown; --format json has them"));
            }
            session.output.rows(&findings(&concluded))
        }
        _ => session.output.rows(&findings(&collected.findings)),
    }
}

/// Who touched what, and what was concluded from the logs.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Access {
    rows: Vec<bbsec_core::Touch>,
    findings: Vec<bbsec_core::Finding>,
}

/// Rows are who touched what; what was concluded from the logs stands beside them where the format has room.
fn access(session: &Session, format: Format, collected: &Collected) -> Result<(), Failure> {
    let told: Vec<_> =
        collected.findings.iter().filter(|found| found.severity > Severity::Info).cloned().collect();
    match format {
        Format::Json => session.output.named(
            "access",
            &Access { rows: collected.touches.clone(), findings: collected.findings.clone() },
        ),
        Format::Table => {
            let mut text = output::table(&touches(collected));
            if !told.is_empty() {
                text.push_str("\nWhat stands out:\n\n");
                text.push_str(&output::table(&findings(&told)));
            }
            session.output.write(text.as_bytes())
        }
        _ => {
            for finding in told.iter().filter(|found| found.severity >= Severity::High).take(20) {
                let line = format!("{}: {} ({})", finding.severity.name(), finding.title, finding.rule);
                session.say(&bbsec_core::escape::terminal(&show::clip(&line, 200)));
            }
            if !told.is_empty() {
                session
                    .say(&format!("{} findings stand beside these rows; --format json has them", told.len()));
            }
            session.output.rows(&touches(collected))
        }
    }
}

fn secrets(collected: &Collected) -> Listing {
    let repos: BTreeSet<_> = collected.secrets.iter().map(|secret| (&secret.repo, &secret.slug)).collect();
    let several = repos.len() > 1;
    let cells = collected
        .secrets
        .iter()
        .map(|secret| {
            let place = match (&secret.path, secret.line) {
                (Some(path), Some(line)) => format!("{path}:{line}"),
                (Some(path), None) => path.clone(),
                _ => format!("{} {}", secret.object.kind, show::clip(&secret.object.id, 12)),
            };
            let repo = match (&secret.project, &secret.slug) {
                (Some(project), Some(slug)) => format!("{project}/{slug}"),
                _ => secret.repo.clone().unwrap_or_default(),
            };
            let what = secret.public_id.clone().unwrap_or_else(|| secret.secret.clone());
            let live = match (secret.at_head, secret.reachable.is_empty()) {
                (true, _) => "tip",
                (false, false) => "history",
                (false, true) => "unreachable",
            };
            let grade = format!("{}/{}", secret.severity.name(), secret.confidence.name());
            let place = if several { format!("{repo} {place}") } else { place };
            vec![grade, format!("{}: {what}", secret.rule), place, live.to_owned()]
        })
        .collect();
    let rows = collected.secrets.iter().map(|secret| json!(secret)).collect();
    Listing { name: "secrets", heads: vec!["severity", "credential", "where", "live"], cells, rows }
}

fn touches(collected: &Collected) -> Listing {
    let cells = collected
        .touches
        .iter()
        .map(|touch| {
            vec![
                if touch.suspect { "suspect" } else { "" }.to_owned(),
                show::actor(touch),
                touch.target.id.clone(),
                show::verbs(touch),
                show::bytes(touch.bytes_out),
                touch.first.short(),
            ]
        })
        .collect();
    let rows = collected.touches.iter().map(|touch| json!(touch)).collect();
    Listing { name: "access", heads: vec!["", "actor", "touched", "how", "sent", "first"], cells, rows }
}

/// Findings as rows, for `scan` and `findings list`.
pub(crate) fn findings(found: &[bbsec_core::Finding]) -> Listing {
    let cells = found
        .iter()
        .map(|finding| {
            vec![
                show::severity(finding.severity),
                // Enough to name it in `findings show` and `findings dismiss`.
                finding.id.chars().take(8).collect(),
                finding.at.map(bbsec_core::Time::short).unwrap_or_default(),
                show::clip(&finding.title, 160),
            ]
        })
        .collect();
    let rows: Vec<Value> = found.iter().map(|finding| json!(finding)).collect();
    Listing { name: "findings", heads: vec!["severity", "id", "when", "finding"], cells, rows }
}

/// Events are for the case; without one nobody reads them, and they would fill the memory.
struct WithoutEvents(Collected);

impl bbsec_core::Sink for WithoutEvents {
    fn forward(&mut self) -> Option<&mut dyn bbsec_core::Sink> {
        Some(&mut self.0)
    }
    fn event(&mut self, _: &bbsec_core::Event) -> Result<(), Failure> {
        Ok(())
    }
}
