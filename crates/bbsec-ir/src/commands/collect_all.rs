//! `collect all`: every part in the order in which evidence is lost, and what is missing said at the end.
//!
//! Each part is a run of its own: what fails does not hold the others up, and each can be resumed.

use std::path::PathBuf;

use bbsec_atlassian::{
    collect::{self, CollectHomeInput, DatabaseInput, Login, RestInput},
    database::split_password,
};
use bbsec_aws::{
    CloudtrailInput, CredentialsUseInput, InstanceInput, TrafficInput, VaultInput, VolumesInput,
};
use bbsec_case::Access;
use bbsec_core::{CaseStore as _, Exit, Failure, Gap, escape};
use clap::Args;
use serde::Serialize;
use serde_json::{Value, json};

use super::collect::ask;
use crate::{
    cli::{AwsFlags, Confirm},
    output::Listing,
    session::Session,
};

/// `collect all`
#[derive(Debug, Args)]
pub(crate) struct AllArgs {
    /// Instance; repeat for several. The case's instances when none is given
    #[arg(long = "instance", value_name = "ID")]
    instance: Vec<String>,
    /// The home, or the mount point of a snapshot that holds one
    #[arg(long, value_name = "DIR")]
    home: Option<PathBuf>,
    /// The live database: postgres://USER@HOST:5432/DATABASE
    #[arg(long, value_name = "URL")]
    database: Option<String>,
    /// A pg_dump of the database instead
    #[arg(long, value_name = "FILE", conflicts_with = "database")]
    dump: Option<PathBuf>,
    /// The running product: https://HOST
    #[arg(long, value_name = "URL")]
    rest: Option<String>,
    /// The evidence bucket
    #[arg(long, value_name = "BUCKET")]
    vault: Option<String>,
    /// Lock the snapshots for so many days
    #[arg(long, value_name = "DAYS")]
    lock_days: Option<i32>,
    /// Leave a part out knowingly: instance, volumes, home, cloudtrail, credentials-use, traffic, database, rest, vault
    #[arg(long, value_name = "PART", value_delimiter = ',')]
    without: Vec<String>,
    #[command(flatten)]
    confirm: Confirm,
    #[command(flatten)]
    aws: AwsFlags,
}

/// The parts, in order: first what is quick and fixes evidence at its place, then what rotates away soonest, then what
/// waits; the vault last, since it takes everything.
const PARTS: [&str; 10] = [
    "instance",
    "volumes",
    "home",
    "cloudtrail",
    "credentials-use",
    "traffic",
    "database",
    "rest",
    "snapshots",
    "vault",
];

/// One part as it came out.
struct Part {
    name: &'static str,
    exit: Exit,
    missing: Vec<String>,
    run: Option<String>,
}

/// Collects everything that is given, and says what is missing.
pub(crate) fn run(session: &Session, args: &AllArgs) -> Result<Exit, Failure> {
    if let Some(unknown) = args.without.iter().find(|part| !PARTS.contains(&part.as_str())) {
        let message = format!("nothing is called {unknown:?} in `collect all`");
        return Err(Failure::new(Exit::Usage, message).help(format!("parts are: {}", PARTS.join(", "))));
    }
    let has_instances =
        !args.instance.is_empty() || !session.case(Access::Read)?.scope().instances.is_empty();
    secrets(args)?;
    let mut parts = Vec::new();
    for name in PARTS {
        if args.without.iter().any(|left| left == name || (left == "volumes" && name == "snapshots")) {
            continue;
        }
        if bbsec_core::Progress::cancelled(session.bars.as_ref()) {
            break;
        }
        parts.push(match given(name, args, has_instances) {
            Ok(input) => part(session, name, &input, args),
            Err(what) => Part { name, exit: Exit::Partial, missing: vec![what.to_owned()], run: None },
        });
    }
    let exit = parts.iter().fold(Exit::Done, |exit, part| exit.worse(part.exit));
    print(session, &parts)?;
    Ok(if bbsec_core::Progress::cancelled(session.bars.as_ref()) { Exit::Interrupted } else { exit })
}

/// Asks for passwords and tokens first, so that the rest runs unattended.
fn secrets(args: &AllArgs) -> Result<(), Failure> {
    if let Some(url) = &args.database {
        match split_password(url) {
            (_, Some(password)) => collect::hold(Login::Database, password),
            (url, None) => ask(Login::Database, None, &format!("Password for {url}"))?,
        }
    }
    if let Some(url) = &args.rest {
        collect::check_address(url)?;
        ask(Login::Rest, None, &format!("Access token for {url}"))?;
    }
    Ok(())
}

/// The action and input of a part, or what is not given.
fn given(name: &str, args: &AllArgs, has_instances: bool) -> Result<(&'static str, Value), &'static str> {
    let instance = || args.instance.clone();
    let no_instance = "no instance is given and the case names none (--instance)";
    match name {
        "instance" if has_instances => {
            Ok(("collect.instance", value(&InstanceInput { instance: instance() })))
        }
        "volumes" if has_instances => {
            let input = VolumesInput { instance: instance(), ..VolumesInput::default() };
            Ok(("collect.volumes", value(&input)))
        }
        "snapshots" if has_instances => {
            let lock_days = args.lock_days;
            let input =
                VolumesInput { instance: instance(), wait: true, lock_days, ..VolumesInput::default() };
            Ok(("collect.volumes", value(&input)))
        }
        "traffic" if has_instances => {
            let input = TrafficInput { instance: instance(), ..TrafficInput::default() };
            Ok(("collect.traffic", value(&input)))
        }
        "instance" | "volumes" | "snapshots" | "traffic" => Err(no_instance),
        "home" => {
            let home = args.home.clone().ok_or("no home is given (--home): logs rotate away within days")?;
            let node = "node".to_owned();
            Ok(("collect.home", value(&CollectHomeInput { home, node, ..CollectHomeInput::default() })))
        }
        "cloudtrail" => Ok(("collect.cloudtrail", value(&CloudtrailInput::default()))),
        "credentials-use" => Ok((
            "collect.credentials-use",
            value(&CredentialsUseInput { instance: instance(), ..CredentialsUseInput::default() }),
        )),
        "database" => {
            let url = args.database.as_deref().map(|url| split_password(url).0);
            let dump = args.dump.clone();
            if url.is_none() && dump.is_none() {
                return Err(
                    "no database is given (--database or --dump): planted tokens and keys stand there",
                );
            }
            Ok(("collect.database", value(&DatabaseInput { url, dump, ..DatabaseInput::default() })))
        }
        "rest" => {
            let url = args.rest.clone().ok_or("no address of the product is given (--rest)")?;
            Ok(("collect.rest", value(&RestInput { url, ..RestInput::default() })))
        }
        _ => {
            let bucket = args
                .vault
                .clone()
                .ok_or("no evidence bucket is given (--vault): the case lies here alone")?;
            Ok(("collect.vault", value(&VaultInput { bucket, ..VaultInput::default() })))
        }
    }
}

fn value(input: &impl Serialize) -> Value {
    serde_json::to_value(input).unwrap_or_default()
}

fn part(
    session: &Session,
    name: &'static str,
    (uses, input): &(&'static str, impl Serialize),
    args: &AllArgs,
) -> Part {
    session.say(&format!("collect {name}"));
    let question = match name {
        "volumes" if !args.confirm.dry_run => Some("Create snapshots?".to_owned()),
        "vault" if !args.confirm.dry_run => {
            Some("Copy the evidence to the bucket, under retention?".to_owned())
        }
        _ => None,
    };
    match session.single(uses, input, question, &args.aws, args.confirm) {
        Ok((report, _)) => {
            let gaps = report.steps.iter().flat_map(|step| &step.gaps).filter(|gap| gap.unread);
            let missing = gaps.map(shown).collect();
            Part { name, exit: report.exit, missing, run: Some(report.run) }
        }
        Err(failure) => {
            crate::failure_output::print(&failure, session.global.verbose > 0);
            Part { name, exit: failure.exit, missing: vec![failure.message], run: None }
        }
    }
}

fn shown(gap: &Gap) -> String {
    format!("{} {}: {}", gap.kind, gap.subject, gap.why)
}

fn print(session: &Session, parts: &[Part]) -> Result<(), Failure> {
    let cells = parts
        .iter()
        .map(|part| {
            let result = if part.exit == Exit::Done { "complete" } else { "NOT complete" };
            let missing = part.missing.iter().map(|line| escape::terminal(line).into_owned());
            vec![part.name.to_owned(), result.to_owned(), missing.collect::<Vec<_>>().join("\n")]
        })
        .collect();
    let rows = parts
        .iter()
        .map(|part| {
            json!({"part": part.name, "exit": part.exit.code(), "missing": part.missing, "run": part.run})
        })
        .collect();
    let heads = vec!["part", "", "what is missing"];
    session.output.rows(&Listing { name: "collect-all", heads, cells, rows })
}
