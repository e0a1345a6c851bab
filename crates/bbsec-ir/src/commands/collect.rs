//! `collect …`: evidence into the case.

use bbsec_atlassian::collect::CollectHomeInput;
use bbsec_aws::{CloudtrailInput, CredentialsUseInput, InstanceInput, VaultInput, VolumesInput};
use bbsec_core::{Exit, Failure};
use clap::{Args, Subcommand};
use serde::Serialize;

use crate::{
    cli::{AwsFlags, Confirm},
    output::Format,
    session::Session,
    show,
};

/// `collect …`
#[derive(Debug, Subcommand)]
pub(crate) enum CollectCommand {
    /// Facts of instances: interfaces, groups, routes, console, screenshot
    Instance(With<InstanceInput>),
    /// Snapshots of all volumes, verified and locked
    #[command(after_help = "Examples:
  bbsec-ir collect volumes --instance i-0123456789abcdef0
  bbsec-ir collect volumes --instance i-0123456789abcdef0 --wait --lock-days 90")]
    Volumes(With<VolumesInput>),
    /// CloudTrail events and trail logs
    Cloudtrail(With<CloudtrailInput>),
    /// What IAM says of access keys and the instance's roles: owner, last use
    #[command(name = "credentials-use")]
    CredentialsUse(With<CredentialsUseInput>),
    /// Logs, configuration, plugins of a home; repositories are registered in place
    Home(With<CollectHomeInput>),
    /// Copy the evidence bag to S3 under Object Lock
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
    let question = question.filter(|_| !args.confirm.dry_run).map(str::to_owned);
    let (report, _case) = session.single(uses, &args.input, question, &args.aws, args.confirm)?;
    let output = report.steps.first().map(|step| step.output.clone()).unwrap_or_default();
    if session.output.format_or(Format::Table) == Format::Table {
        let mut text = String::new();
        for (name, value) in output.as_object().into_iter().flatten() {
            let line = format!("{name}: {}", show::short(value));
            text.push_str(&format!("{}\n", bbsec_core::escape::terminal(&line)));
        }
        session.output.write(text.as_bytes())?;
    } else {
        session.output.document(&output)?;
    }
    Ok(report.exit)
}
