//! `collect …`: evidence into the case.

use std::{io::IsTerminal as _, path::Path};

use bbsec_atlassian::{
    collect::{self, CollectHomeInput, DatabaseInput, Login, RestInput},
    database::split_password,
};
use bbsec_aws::{
    AttachInput, CloudtrailInput, CredentialsUseInput, InstanceInput, TrafficInput, VaultInput, VolumesInput,
};
use bbsec_core::{Exit, Failure, SecretBytes};
use clap::{Args, Subcommand};
use serde::Serialize;
use serde_json::{Value, json};

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
    /// Volumes of the snapshots at a forensic instance, and the commands that mount them read-only
    #[command(after_help = "Examples:
  bbsec-ir collect attach --to i-0fedcba9876543210
  bbsec-ir collect attach --to i-0fedcba9876543210 --snapshot snap-0123456789abcdef0 --profile forensics

`bbsec-ir undo RUN` detaches and deletes the volumes; the snapshots stay.")]
    Attach(With<AttachInput>),
    /// CloudTrail events and trail logs, their digests verified, and what is missing
    #[command(after_help = "Examples:
  bbsec-ir collect cloudtrail --from 2026-11-14T00:00Z
  bbsec-ir collect cloudtrail --trail-region all --bucket central-trail/prefix --no-lookup

Exit code 4 when a span could not be read, 6 when logs or digests were altered.")]
    Cloudtrail(With<CloudtrailInput>),
    /// VPC flow logs and load balancers' access logs; what is not configured is named
    #[command(after_help = "Examples:
  bbsec-ir collect traffic --instance i-0123456789abcdef0 --from 2026-11-14T00:00Z")]
    Traffic(With<TrafficInput>),
    /// What IAM says of access keys and the instance's roles: owner, last use
    #[command(
        name = "credentials-use",
        after_help = "Examples:
  bbsec-ir collect credentials-use
  bbsec-ir collect credentials-use --format json"
    )]
    CredentialsUse(With<CredentialsUseInput>),
    /// Logs, configuration, plugins of a home; repositories are registered in place
    #[command(after_help = "Examples:
  bbsec-ir collect home --home /var/atlassian/application-data/bitbucket
  bbsec-ir collect home --home /mnt/vol-0123456789abcdef0 --snapshot snap-0123456789abcdef0 --node node-2")]
    Home(With<CollectHomeInput>),
    /// Logs and audit logs of a home alone: what rotates away first
    #[command(after_help = "Examples:
  bbsec-ir collect logs --home /var/atlassian/application-data/bitbucket")]
    Logs(With<CollectHomeInput>),
    /// The product's tables of accounts, keys, grants, plugins and audit, read-only
    #[command(after_help = "Examples:
  bbsec-ir collect database --url postgres://bitbucket@db.example.com:5432/bitbucket
  bbsec-ir collect database --dump bitbucket.sql.gz

The password is read from --password-file, PGPASSWORD, or the terminal. It is neither
journalled nor stored. Columns that hold secrets are left out and named.")]
    Database(With<DatabaseInput>),
    /// What an administrator may ask a running product: accounts, grants, tokens, plugins, audit
    #[command(after_help = "Examples:
  bbsec-ir collect rest --url https://bitbucket.example.com --token-file token.txt
  bbsec-ir collect rest --url https://jira.example.com/jira --user admin --rate 2

The token is read from --token-file, BBSEC_IR_REST_TOKEN, or the terminal. It is neither
journalled nor stored. Only GET is sent.")]
    Rest(With<RestInput>),
    /// Copy the evidence bag to S3 under Object Lock
    #[command(after_help = "Examples:
  bbsec-ir collect vault --bucket evidence-vault --vault-profile forensics
  bbsec-ir collect vault --bucket evidence-vault --vault-role-arn arn:aws:iam::999988887777:role/vault --dry-run")]
    Vault(With<VaultInput>),
    /// All of it, in the order in which evidence is lost; what is missing is said
    #[command(after_help = "Examples:
  bbsec-ir collect all --instance i-0123456789abcdef0 --home /mnt/bitbucket-home --vault evidence-vault
  bbsec-ir collect all --home /mnt/bitbucket-home --database postgres://bitbucket@db/bitbucket --without rest,vault

Exit code 4 when anything is missing that is not left out with --without.")]
    All(super::collect_all::AllArgs),
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
        CollectCommand::Attach(args) => {
            one(session, "collect.attach", &args, Some("Make volumes and attach them?"))
        }
        CollectCommand::Cloudtrail(args) => one(session, "collect.cloudtrail", &args, None),
        CollectCommand::Traffic(args) => one(session, "collect.traffic", &args, None),
        CollectCommand::CredentialsUse(args) => one(session, "collect.credentials-use", &args, None),
        CollectCommand::Home(args) => one(session, "collect.home", &args, None),
        CollectCommand::Logs(mut args) => {
            args.input.logs_only = true;
            one(session, "collect.home", &args, None)
        }
        CollectCommand::Database(mut args) => {
            if let Some(url) = &args.input.url {
                let (url, password) = split_password(url);
                args.input.url = Some(url.clone());
                match password {
                    Some(password) => collect::hold(Login::Database, password),
                    None => ask(
                        Login::Database,
                        args.input.password_file.as_deref(),
                        &format!("Password for {url}"),
                    )?,
                }
            }
            one(session, "collect.database", &args, None)
        }
        CollectCommand::Rest(args) => {
            collect::check_address(&args.input.url)?;
            let what = if args.input.user.is_some() { "Password" } else { "Access token" };
            ask(Login::Rest, args.input.token_file.as_deref(), &format!("{what} for {}", args.input.url))?;
            one(session, "collect.rest", &args, None)
        }
        CollectCommand::All(args) => super::collect_all::run(session, &args),
        CollectCommand::Vault(args) => {
            one(session, "collect.vault", &args, Some("Copy the evidence to the bucket, under retention?"))
        }
    }
}

/// Asks for a secret that neither a file nor the environment gives; without a terminal the product will say what it lacks.
pub(super) fn ask(login: Login, file: Option<&Path>, question: &str) -> Result<(), Failure> {
    if collect::secret(login, file)?.is_some() || !std::io::stdin().is_terminal() {
        return Ok(());
    }
    let typed = rpassword::prompt_password(format!("{}: ", bbsec_core::escape::terminal(question)))
        .map_err(|error| Failure::because("the secret could not be read from the terminal", error))?;
    if !typed.is_empty() {
        collect::hold(login, SecretBytes::new(typed.into_bytes()));
    }
    Ok(())
}

/// The sentences and commands in an output.
fn lines(output: &Value) -> Vec<String> {
    let texts = |value: Option<&Value>| -> Vec<String> {
        let list = value.and_then(Value::as_array).into_iter().flatten();
        list.filter_map(|line| line.as_str().map(str::to_owned)).collect()
    };
    let mut all = texts(output.get("statement_lines"));
    if output.get("schema").and_then(Value::as_str) == Some("bbsec-ir.attach/v1") {
        for volume in output.get("volumes").and_then(Value::as_array).into_iter().flatten() {
            all.push(format!("# {} at {}", show::short(&volume["snapshot"]), show::short(&output["to"])));
            all.extend(texts(volume.get("commands")));
        }
        all.extend(texts(output.get("next")));
    }
    all
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
        // What a person reads or pastes comes as lines of its own.
        for line in lines(&output) {
            text.push_str(&format!("{}\n", bbsec_core::escape::terminal(&line)));
        }
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
