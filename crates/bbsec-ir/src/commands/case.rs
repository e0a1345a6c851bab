//! `case new`, `case show`, `case set`, `case custody`.

use std::path::PathBuf;

use bbsec_case::{Access, Case, CaseToml, NewCase, Signer};
use bbsec_core::{Exit, Failure, Indicator, Scope, Time};
use clap::{Args, Subcommand};
use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    cli::AwsFlags,
    commands::origin,
    output::{Format, Listing},
    session::Session,
    settings::key,
};

/// `case …`
#[derive(Debug, Subcommand)]
pub(crate) enum CaseCommand {
    /// Begin a case in a new folder
    #[command(after_help = "Examples:
  bbsec-ir case new ./incident --title 'Bitbucket node 1' --product bitbucket
  bbsec-ir case new ./incident --from 2026-11-18 --suspect ip:203.0.113.7")]
    New(NewArgs),
    /// What the case is about and what has been done
    #[command(after_help = "Examples:
  bbsec-ir case show
  bbsec-ir case show --format json | jq .case.scope
  bbsec-ir case show --origin              which setting holds, and where it stands")]
    Show(ShowArgs),
    /// Change title, window, suspects, contacts, …
    #[command(
        after_help = "Keys: title, product, product-version, from, to, suspect (adds), instance (adds),
zone.SOURCE, own-address (adds), own-arn (adds). Settings of the program: color, progress, profile, region, vault-profile, vault-role-arn. Any other key is told
to reports: sen, server-id, contact, awareness-at, tlp, … An empty value removes a
setting. A flag or the environment goes before the case, the case before
~/.config/bbsec-ir/config.toml.

Examples:
  bbsec-ir case set awareness-at=2026-11-20T03:10Z contact='Jo, +44 20 7946 0000'
  bbsec-ir case set suspect=user:jdoe zone.default=Europe/Berlin"
    )]
    Set {
        /// KEY=VALUE
        #[arg(required = true, value_name = "KEY=VALUE")]
        settings: Vec<String>,
    },
    /// Sign the journal as it stands now, and with it everything that it names
    #[command(after_help = "Examples:
  bbsec-ir case sign                          with ssh-agent's key
  bbsec-ir case sign --key ~/.ssh/id_ed25519")]
    Sign {
        /// OpenSSH private key to sign with; without it the ssh-agent is asked
        #[arg(long, value_name = "FILE")]
        key: Option<PathBuf>,
    },
    /// Hand the case to somebody else
    #[command(after_help = "Examples:
  bbsec-ir case custody --to 'Sam Doe, CERT' --why 'end of shift'   signs through ssh-agent
  bbsec-ir case custody --to 'Sam Doe, CERT' --key ~/.ssh/id_ed25519
  bbsec-ir verify --allowed-signers ./signers                  who signed, and what holds")]
    Custody {
        /// Who takes it over
        #[arg(long, value_name = "WHO")]
        to: String,
        /// Why
        #[arg(long, default_value = "")]
        why: String,
        /// OpenSSH private key to sign with; without it the ssh-agent is asked
        #[arg(long, value_name = "FILE")]
        key: Option<PathBuf>,
        /// Do not sign
        #[arg(long, conflicts_with = "key")]
        unsigned: bool,
    },
}

/// The case as `case show` prints it.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct CaseShow {
    /// `case.toml`.
    case: CaseToml,
    /// Items of evidence.
    evidence_items: usize,
    /// Their sizes together.
    evidence_bytes: u64,
    /// Lines of the journal.
    journal_lines: usize,
    /// What was run, the oldest first.
    runs: Vec<RunShown>,
}

/// A run of a case.
#[derive(Debug, Serialize, JsonSchema)]
struct RunShown {
    /// Its id, for `--resume` and `undo`.
    run: String,
    /// The playbook's name; empty for a single command.
    playbook: String,
    /// When.
    started: Time,
}

/// `case show`
#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    /// Every setting, and whether flag, environment, case, user file or default says it
    #[arg(long)]
    origin: bool,
    #[command(flatten)]
    aws: AwsFlags,
}

/// `case new`
#[derive(Debug, Args)]
pub(crate) struct NewArgs {
    /// The folder to make
    dir: PathBuf,
    /// One line that says which incident
    #[arg(long, default_value = "")]
    title: String,
    /// bitbucket, jira, confluence or stash
    #[arg(long)]
    product: Option<String>,
    /// The product's version
    #[arg(long, value_name = "V")]
    product_version: Option<String>,
    /// First moment that matters
    #[arg(long, value_name = "TIME")]
    from: Option<Time>,
    /// Last moment that matters
    #[arg(long, value_name = "TIME")]
    to: Option<Time>,
    /// KIND:VALUE; kinds: ip, user, session, token, ssh-key, user-agent
    #[arg(long, value_name = "KIND:VALUE")]
    suspect: Vec<Indicator>,
}

pub(crate) fn run(session: &Session, command: CaseCommand) -> Result<Exit, Failure> {
    match command {
        CaseCommand::New(args) => new(session, args),
        CaseCommand::Show(args) if args.origin => origin::run(session, &args.aws),
        CaseCommand::Show(_) => show(session),
        CaseCommand::Set { settings } => set(session, &settings),
        CaseCommand::Sign { key } => sign(session, key),
        CaseCommand::Custody { to, why, key, unsigned } => custody(session, &to, &why, key, unsigned),
    }
}

fn new(session: &Session, args: NewArgs) -> Result<Exit, Failure> {
    if let Some(product) = &args.product {
        known_product(product)?;
    }
    let title = if args.title.is_empty() {
        args.dir.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
    } else {
        args.title
    };
    let case = Case::create(
        &args.dir,
        NewCase {
            id: None,
            title,
            product: args.product,
            product_version: args.product_version,
            responder: session.person(),
            scope: Scope { from: args.from, to: args.to, suspects: args.suspect, ..Scope::default() },
        },
    )?;
    session.say(&format!("case {} begun in {}", case.meta().id, args.dir.display()));
    session.say(
        "next: bbsec-ir isolate --instance i-…, or bbsec-ir run PLAYBOOK; inside the folder, or with --case",
    );
    Ok(Exit::Done)
}

fn known_product(product: &str) -> Result<(), Failure> {
    if ["bitbucket", "jira", "confluence", "stash"].contains(&product) {
        return Ok(());
    }
    Err(Failure::new(Exit::Usage, format!("unknown product `{product}`"))
        .help("products: bitbucket, jira, confluence, stash"))
}

fn show(session: &Session) -> Result<Exit, Failure> {
    let case = session.case(Access::Read)?;
    let meta = case.meta();
    let entries = case.journal().entries()?;
    let evidence = bbsec_core::CaseStore::evidence(&case)?;
    let runs = entries.iter().filter(|entry| entry.kind == "run-started").map(|entry| {
        let text = |name| entry.body.get(name).and_then(serde_json::Value::as_str).unwrap_or_default();
        RunShown {
            run: entry.run.clone().unwrap_or_default(),
            playbook: text("playbook").to_owned(),
            started: entry.time,
        }
    });
    let document = CaseShow {
        case: meta.clone(),
        evidence_items: evidence.len(),
        evidence_bytes: evidence.iter().map(|item| item.size).sum(),
        journal_lines: entries.len(),
        runs: runs.collect(),
    };
    if session.output.format_or(Format::Table) != Format::Table {
        session.output.named("case-show", &document)?;
        return Ok(Exit::Done);
    }
    let scope = &meta.scope;
    let time = |time: Option<Time>| time.map_or_else(|| "open".to_owned(), Time::short);
    let mut cells: Vec<(&str, String)> = vec![
        ("id", meta.id.clone()),
        ("title", meta.title.clone()),
        (
            "product",
            [meta.product.clone(), meta.product_version.clone()]
                .into_iter()
                .flatten()
                .collect::<Vec<_>>()
                .join(" "),
        ),
        ("responder", meta.responder.clone()),
        ("begun", meta.created.short()),
        ("window", format!("{} – {}", time(scope.from), time(scope.to))),
        ("suspects", scope.suspects.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")),
        ("instances", scope.instances.join(", ")),
        ("evidence", format!("{} items", evidence.len())),
        ("journal", format!("{} lines", entries.len())),
    ];
    cells.extend(meta.settings.iter().map(|(key, value)| (key.as_str(), value.clone())));
    for run in &document.runs {
        // The id has the playbook's name in it.
        cells.push(("run", format!("{} ({})", run.run, run.started.short())));
    }
    session.output.rows(&Listing {
        name: "case",
        heads: vec!["what", "value"],
        cells: cells.into_iter().map(|(key, value)| vec![key.to_owned(), value]).collect(),
        rows: Vec::new(),
    })?;
    Ok(Exit::Done)
}

fn set(session: &Session, settings: &[String]) -> Result<Exit, Failure> {
    let mut parsed = Vec::new();
    for setting in settings {
        let (name, value) = setting
            .split_once('=')
            .ok_or_else(|| Failure::new(Exit::Usage, format!("`{setting}` is not KEY=VALUE")))?;
        parsed.push((name.trim().replace('_', "-"), value.trim().to_owned()));
    }
    let mut scope_check = Scope::default();
    for (key, value) in &parsed {
        if key == "product" {
            known_product(value)?;
        }
        if key == "responder" {
            return Err(Failure::new(Exit::Usage, "who works on the case is not set but handed over").help(
                "bbsec-ir case custody --to WHO; `responder` in your own settings file says who you are",
            ));
        }
        apply(&mut scope_check, key, value)?;
    }
    let mut case = session.case(Access::Write)?;
    case.update_meta(|meta| {
        for (name, value) in &parsed {
            match name.as_str() {
                "title" => meta.title.clone_from(value),
                "product" => meta.product = Some(value.clone()),
                "product-version" => meta.product_version = Some(value.clone()),
                // Checked above, on an empty scope.
                name if apply(&mut meta.scope, name, value).unwrap_or(false) => {}
                name if value.is_empty() => drop(meta.settings.remove(&key(name))),
                name => drop(meta.settings.insert(key(name), value.clone())),
            }
        }
    })?;
    session
        .say(&format!("{} set", parsed.iter().map(|(key, _)| key.as_str()).collect::<Vec<_>>().join(", ")));
    Ok(Exit::Done)
}

/// Sets a key of the scope; false when the key is none of the scope's.
fn apply(scope: &mut Scope, key: &str, value: &str) -> Result<bool, Failure> {
    let usage = |error: String| Failure::new(Exit::Usage, error);
    let time = |value: &str| value.parse::<Time>().map(Some).map_err(|error| usage(error.to_string()));
    match key {
        "from" => scope.from = time(value)?,
        "to" => scope.to = time(value)?,
        "suspect" => {
            let suspect: Indicator = value
                .parse()
                .map_err(|error: bbsec_core::indicator::BadIndicator| usage(error.to_string()))?;
            if !scope.suspects.contains(&suspect) {
                scope.suspects.push(suspect);
            }
        }
        "instance" => scope.instances.push(value.to_owned()),
        "own-address" => scope.own.addresses.push(value.to_owned()),
        "own-arn" => scope.own.arns.push(value.to_owned()),
        _ => match key.strip_prefix("zone.") {
            Some(source) => {
                scope.time_zones.insert(source.to_owned(), value.to_owned());
            }
            None => return Ok(false),
        },
    }
    Ok(true)
}

/// With a key file, else through ssh-agent.
fn signer(key: Option<PathBuf>) -> Signer {
    key.map_or(Signer::Agent { socket: None, key: None }, Signer::KeyFile)
}

fn sign(session: &Session, key: Option<PathBuf>) -> Result<Exit, Failure> {
    let case = session.case(Access::Write)?;
    let signed = case.sign(&signer(key))?;
    session.say(&format!("journal line {} signed with {}: {}", signed.seq, signed.fingerprint, signed.file));
    Ok(Exit::Done)
}

fn custody(
    session: &Session,
    to: &str,
    why: &str,
    key: Option<PathBuf>,
    unsigned: bool,
) -> Result<Exit, Failure> {
    let mut case = session.case(Access::Write)?;
    let signer = (!unsigned).then(|| signer(key));
    let line = case.custody(to, why, signer.as_ref())?;
    let how = if signer.is_some() { "signed" } else { "not signed" };
    session.say(&format!("custody handed to {to}: journal line {}, {how}", line.seq));
    Ok(Exit::Done)
}
