//! `run` and `undo`.

use std::{
    io::{BufRead as _, IsTerminal as _},
    path::{Path, PathBuf},
    sync::Arc,
};

use bbsec_case::Access;
use bbsec_core::{Exit, Failure, escape};
use bbsec_playbook::{Mode, Playbook, RunReport, RunRequest, StepState};
use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::{
    cli::AwsFlags,
    commands::{plan, playbook::shipped},
    live::Live,
    output::{Format, Listing},
    session::{Answers, Session},
    show,
};

/// `run`
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  bbsec-ir run playbooks/offline-triage.yaml --set home=/mnt/bitbucket-home
  bbsec-ir run playbooks/compromised-bitbucket.yaml --set instance=i-0123456789abcdef0 \\
      --set home=/mnt/bitbucket-home --set bucket=evidence --plan
  bbsec-ir run playbooks/compromised-bitbucket.yaml --resume 20261120T031500Z-…
  bbsec-ir run compromised-bitbucket --set … --allowed-signers signers

Approve at the terminal, beforehand with --yes-to STEP, or from elsewhere with
`bbsec-ir approve` or ssh-keygen; whose signatures count says --allowed-signers.")]
pub(crate) struct RunArgs {
    /// The playbook: a file, or a name that `playbook list` prints
    playbook: PathBuf,
    /// An input, NAME=VALUE
    #[arg(long = "set", value_name = "NAME=VALUE")]
    set: Vec<String>,
    /// Show every change from what to what; read only
    #[arg(long)]
    plan: bool,
    /// Go through all steps with changes replaced by their plans
    #[arg(long, conflicts_with = "plan")]
    dry_run: bool,
    /// Go on with a run that was interrupted
    #[arg(long, value_name = "RUN")]
    resume: Option<String>,
    /// Approve this step beforehand
    #[arg(long, value_name = "STEP")]
    yes_to: Vec<String>,
    /// Resume although the playbook has changed
    #[arg(long, requires = "resume")]
    accept_changes: bool,
    /// OpenSSH's list of whose signatures approve steps
    #[arg(long, value_name = "FILE")]
    allowed_signers: Option<PathBuf>,
    /// Steps side by side, at most
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=64))]
    jobs: u16,
    #[command(flatten)]
    aws: AwsFlags,
}

/// `undo`
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  bbsec-ir undo 20261120T031500Z-compromised-bitbucket-1a2b
  bbsec-ir undo 20261120T031500Z-compromised-bitbucket-1a2b --step isolate")]
pub(crate) struct UndoArgs {
    /// The run, as `case show` names it
    run: String,
    /// Only this step
    #[arg(long, value_name = "ID")]
    step: Option<String>,
    /// Show what would be taken back, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Do not ask at the terminal
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    aws: AwsFlags,
}

/// A step that was taken back.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Undone {
    /// The step.
    step: String,
    /// What the world says afterwards.
    #[serde(flatten)]
    verdict: bbsec_core::Verdict,
}

/// Reads and validates a playbook; prints what is wrong with it.
pub(crate) fn load(
    session: &Session,
    path: &Path,
    registry: &bbsec_playbook::Registry,
) -> Result<(Playbook, String), Failure> {
    let text = read(path)?;
    let shown = path.display().to_string();
    let colour = anstream::AutoStream::choice(&std::io::stderr()) != anstream::ColorChoice::Never;
    let checked = bbsec_playbook::check(&text, registry);
    if !checked.found.is_empty() {
        let rendered = bbsec_playbook::render(&checked.found, &shown, &text, colour);
        session.bars.suspend(|| anstream::eprint!("{rendered}"));
    }
    let errors = checked.errors();
    match checked.playbook {
        Some(playbook) if errors == 0 => Ok((playbook, text)),
        _ => {
            let errors = if errors == 1 { "1 error".into() } else { format!("{errors} errors") };
            Err(Failure::new(Exit::Usage, format!("{shown} does not validate: {errors}"))
                .help("nothing was run"))
        }
    }
}

/// The text of a file, or of a playbook that comes with the program.
pub(crate) fn read(path: &Path) -> Result<String, Failure> {
    if let Some(text) = path.to_str().filter(|_| !path.exists()).and_then(shipped) {
        return Ok(text.to_owned());
    }
    let bytes = std::fs::read(path).map_err(|error| {
        Failure::because(format!("cannot read the playbook {}", path.display()), error)
            .exit(Exit::Usage)
            .help("list the playbooks that come with the program with `bbsec-ir playbook list`")
    })?;
    String::from_utf8(bytes).map_err(|error| {
        Failure::because(format!("the playbook {} is not UTF-8", path.display()), error).exit(Exit::Usage)
    })
}

pub(crate) fn run(session: &Session, args: RunArgs) -> Result<Exit, Failure> {
    let given = given(&args.set)?;
    let mut case = session.case(if args.plan { Access::Read } else { Access::Write })?;
    let registry = session.registry(&args.aws, &case)?;
    let (playbook, text) = load(session, &args.playbook, &registry)?;
    for step in &args.yes_to {
        known_step(&playbook, step)?;
    }
    if let Some(file) = args.allowed_signers.as_ref().filter(|file| !file.is_file()) {
        return Err(Failure::new(
            Exit::Usage,
            format!("--allowed-signers: there is no file {}", file.display()),
        ));
    }
    if args.plan {
        let plan = bbsec_playbook::plan(&playbook, &given, &mut case, &registry, session.bars.as_ref())?;
        return plan::show(session, &plan);
    }
    let request = RunRequest {
        playbook: &playbook,
        text: &text,
        given,
        mode: if args.dry_run { Mode::DryRun } else { Mode::Run },
        resume: args.resume.clone(),
        accept_changes: args.accept_changes,
        jobs: usize::from(args.jobs),
    };
    let answers = Answers {
        yes: false,
        yes_to: args.yes_to.into_iter().collect(),
        allowed_signers: args.allowed_signers,
    };
    let format = session.output.format_or(Format::Table);
    let events = if format == Format::Jsonl { Some(session.output.stream()?) } else { None };
    let live = Live::new(Arc::clone(&session.bars), false, events);
    let mut report = session.run(&request, &mut case, &args.aws, answers, &live)?;
    report.exit = report.exit.worse(session.fail_on(&case.findings()?));
    live.finished(&report);
    printed(session, format, &report)?;
    closing(session, &args.playbook, &report);
    Ok(report.exit)
}

fn known_step(playbook: &Playbook, step: &str) -> Result<(), Failure> {
    let Some(known) = playbook.steps.iter().find(|known| known.id.as_str() == step) else {
        return Err(Failure::new(Exit::Usage, format!("--yes-to {step}: the playbook has no such step")));
    };
    match &known.approve {
        None => Err(Failure::new(Exit::Usage, format!("--yes-to {step}: the step asks nobody"))
            .help("leave the flag out")),
        Some(approve) if !approve.by.is_empty() => {
            let who = approve.by.join(" or ");
            Err(Failure::new(Exit::Refused, format!("--yes-to {step}: the step takes a signature of {who}"))
                .help("run with --allowed-signers FILE and let them approve with `bbsec-ir approve`"))
        }
        Some(_) => Ok(()),
    }
}

fn printed(session: &Session, format: Format, report: &RunReport) -> Result<(), Failure> {
    match format {
        Format::Jsonl => Ok(()),
        Format::Json => session.output.named("run", report),
        _ => {
            let mut text = String::new();
            for (name, value) in &report.outputs {
                text.push_str(&format!("{name}: {}\n", escape::terminal(&show::short(value))));
            }
            session.output.write(text.as_bytes())
        }
    }
}

/// The last lines: how it ended, what is left to people, how to go on.
fn closing(session: &Session, playbook: &Path, report: &RunReport) {
    let open = report.steps.iter().filter(|step| step.state == StepState::Open).count();
    if open > 0 {
        let tasks = if open == 1 { "1 task is".into() } else { format!("{open} tasks are") };
        session.say(&format!("{tasks} left to people: bbsec-ir tasks list"));
    }
    session.say(&format!("run {} ended: {}", report.run, report.exit.meaning()));
    let stopped =
        report.steps.iter().any(|step| step.state == StepState::Skipped && report.exit != Exit::Done);
    if stopped || matches!(report.exit, Exit::Interrupted | Exit::Refused | Exit::Failed) {
        session.say(&format!("go on with: bbsec-ir run {} --resume {}", playbook.display(), report.run));
    }
}

fn given(set: &[String]) -> Result<Map<String, Value>, Failure> {
    let mut given = Map::new();
    for setting in set {
        let Some((name, value)) = setting.split_once('=') else {
            return Err(Failure::new(Exit::Usage, format!("--set {setting} is not NAME=VALUE")));
        };
        let name = name.trim().to_owned();
        // `--set instance=a --set instance=b` is a list.
        let value = match given.remove(&name) {
            Some(Value::String(before)) => format!("{before},{value}"),
            _ => value.to_owned(),
        };
        given.insert(name, Value::String(value));
    }
    Ok(given)
}

pub(crate) fn undo(session: &Session, args: UndoArgs) -> Result<Exit, Failure> {
    let mut case = session.case(if args.dry_run { Access::Read } else { Access::Write })?;
    let registry = session.registry(&args.aws, &case)?;
    let only = args.step.as_deref();
    let steps = bbsec_playbook::undoable(&case, &registry, &args.run, only)?;
    let mut text = String::new();
    for step in &steps {
        text.push_str(&format!("{} ({})\n", step.id, step.uses));
        for change in step.changes.iter().rev() {
            let subject = escape::terminal(&change.subject).into_owned();
            text.push_str(&format!("  would restore {subject} to {}\n", show::short(&change.before)));
        }
    }
    if args.dry_run {
        session.output.write(text.as_bytes())?;
        return Ok(Exit::Done);
    }
    if !args.yes && std::io::stdin().is_terminal() {
        let answer = session.bars.suspend(|| {
            anstream::eprint!("{text}\nTake {} back, last step first? Type yes: ", args.run);
            let mut line = String::new();
            std::io::stdin().lock().read_line(&mut line).map(|_| line)
        });
        if !answer.is_ok_and(|line| line.trim() == "yes") {
            return Err(Failure::new(Exit::Refused, "the answer was not yes"));
        }
    }
    let undone = bbsec_playbook::undo(&mut case, &registry, &args.run, only, session.bars.as_ref())?;
    let mut exit = Exit::Done;
    let (mut cells, mut rows) = (Vec::new(), Vec::new());
    for step in undone {
        let state = if step.verdict.holds { "undone" } else { "not wholly undone" };
        cells.push(vec![step.id.clone(), state.to_owned(), step.verdict.violated.join("; ")]);
        if !step.verdict.violated.is_empty() {
            exit = Exit::Failed;
        }
        rows.push(json!(Undone { step: step.id, verdict: step.verdict }));
    }
    session.output.rows(&Listing {
        name: "undo",
        heads: vec!["step", "state", "what is not"],
        cells,
        rows,
    })?;
    Ok(exit)
}
