//! `collect …`: evidence into the case.

use bbsec_atlassian::collect::CollectHomeInput;
use bbsec_aws::{CloudtrailInput, CredentialsUseInput, InstanceInput, VaultInput, VolumesInput};
use bbsec_core::{Exit, Failure};
use clap::{Args, Subcommand};
use serde::Serialize;
use serde_json::json;

use crate::{
    cli::{AwsFlags, Confirm},
    documents,
    output::Format,
    session::Session,
    show,
};

/// `collect …`
#[derive(Debug, Subcommand)]
pub(crate) enum CollectCommand {
    /// Facts of instances: interfaces, groups, routes, console, screenshot
    #[command(after_help = "Examples:
  bbsec-ir collect instance --instance i-0123456789abcdef0
  bbsec-ir collect instance --instance i-0123456789abcdef0 --dry-run")]
    Instance(With<InstanceInput>),
    /// Snapshots of all volumes, verified and locked
    #[command(after_help = "Examples:
  bbsec-ir collect volumes --instance i-0123456789abcdef0
  bbsec-ir collect volumes --instance i-0123456789abcdef0 --wait --lock-days 90")]
    Volumes(With<VolumesInput>),
    /// CloudTrail events and trail logs
    #[command(after_help = "Examples:
  bbsec-ir collect cloudtrail --from 2026-11-18T00:00Z
  bbsec-ir collect cloudtrail --trail-region eu-west-1 --bucket trail-logs/AWSLogs")]
    Cloudtrail(With<CloudtrailInput>),
    /// What IAM says of access keys and the instance's roles: owner, last use
    #[command(
        name = "credentials-use",
        after_help = "Examples:
  bbsec-ir collect credentials-use --instance i-0123456789abcdef0
  bbsec-ir collect credentials-use --access-key AKIAIOSFODNN7EXAMPLE"
    )]
    CredentialsUse(With<CredentialsUseInput>),
    /// Logs, configuration, plugins of a home; repositories are registered in place
    #[command(after_help = "Examples:
  bbsec-ir collect home --home /mnt/bitbucket-home
  bbsec-ir collect home --home /mnt/node2 --node node2")]
    Home(With<CollectHomeInput>),
    /// Copy the evidence bag to S3 under Object Lock
    #[command(after_help = "Examples:
  bbsec-ir collect vault --bucket evidence --vault-profile forensics --dry-run
  bbsec-ir collect vault --bucket evidence --vault-role-arn arn:aws:iam::111122223333:role/vault --yes")]
    Vault(With<VaultInput>),
}

/// An action's input with what every AWS command takes.
#[derive(Debug, Args)]
pub(crate) struct With<I: Args> {
    #[command(flatten)]
    input: I,
    #[command(flatten)]
    confirm: Confirm,
    #[command(flatten)]
    aws: AwsFlags,
}

pub(crate) fn run(session: &Session, command: CollectCommand) -> Result<Exit, Failure> {
    match command {
        CollectCommand::Instance(args) => one(session, "collect.instance", &args, None),
        CollectCommand::Volumes(args) => one(session, "collect.volumes", &args, Some("Create snapshots?")),
        CollectCommand::Cloudtrail(args) => one(session, "collect.cloudtrail", &args, None),
        CollectCommand::CredentialsUse(args) => one(session, "collect.credentials-use", &args, None),
        CollectCommand::Home(args) => one(session, "collect.home", &args, None),
        CollectCommand::Vault(args) => {
            one(session, "collect.vault", &args, Some("Copy the evidence to the bucket, under retention?"))
        }
    }
}

fn one<I: Args + Serialize>(
    session: &Session,
    uses: &str,
    args: &With<I>,
    question: Option<&str>,
) -> Result<Exit, Failure> {
    let question = question.map(str::to_owned);
    let (output, exit) = if args.confirm.dry_run {
        (json!(session.plan(uses, &args.input, &args.aws)?), Exit::Done)
    } else {
        let (report, _case) = session.single(uses, &args.input, question, &args.aws, args.confirm)?;
        let output = report.steps.first().map(|step| step.output.clone()).unwrap_or_default();
        (output, report.exit)
    };
    if session.output.format_or(Format::Table) == Format::Table {
        let mut text = String::new();
        for (name, value) in output.as_object().into_iter().flatten() {
            let line = format!("{name}: {}", show::short(value));
            text.push_str(&format!("{}\n", bbsec_core::escape::terminal(&line)));
        }
        session.output.write(text.as_bytes())?;
    } else {
        session.output.named(&documents::of_step(uses, args.confirm.dry_run), &output)?;
    }
    Ok(exit)
}
