//! `run` and `undo`.

use std::{collections::BTreeSet, path::PathBuf};

use bbsec_case::Access;
use bbsec_core::{Exit, Failure};
use bbsec_playbook::{Level, Mode, Playbook, RunRequest};
use clap::Args;
use serde_json::{Map, Value, json};

use crate::{
    cli::AwsFlags,
    output::{Format, Listing},
    registry,
    session::Session,
    show,
};

/// `run`
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  bbsec-ir run playbooks/offline-triage.yaml --set home=/mnt/bitbucket-home
  bbsec-ir run playbooks/compromised-bitbucket.yaml --set instance=i-0123456789abcdef0 \\
      --set home=/mnt/bitbucket-home --set bucket=evidence --plan
  bbsec-ir run playbooks/compromised-bitbucket.yaml --resume 20261120T031500Z-…")]
pub(crate) struct RunArgs {
    /// The playbook
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
    #[command(flatten)]
    aws: AwsFlags,
}

/// Reads and validates a playbook; prints what is wrong with it.
pub(crate) fn load(
    session: &Session,
    path: &std::path::Path,
    registry: &bbsec_playbook::Registry,
) -> Result<(Playbook, String), Failure> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        Failure::because(format!("cannot read the playbook {}", path.display()), error)
            .exit(Exit::Usage)
            .help("list the playbooks that come with the program with `bbsec-ir playbook list`")
    })?;
    let shown = path.display().to_string();
    let colour = anstream::AutoStream::choice(&std::io::stderr()) != anstream::ColorChoice::Never;
    let print = |diagnostics: &[bbsec_playbook::Diagnostic]| {
        session
            .bars
            .suspend(|| anstream::eprint!("{}", bbsec_playbook::render(diagnostics, &shown, &text, colour)));
    };
    let invalid = |count: usize| {
        let errors = if count == 1 { "1 error".into() } else { format!("{count} errors") };
        Failure::new(Exit::Usage, format!("{shown} does not validate: {errors}")).help("nothing was run")
    };
    let playbook = bbsec_playbook::parse(&text).map_err(|diagnostic| {
        print(&[diagnostic]);
        invalid(1)
    })?;
    let diagnostics = bbsec_playbook::validate(&playbook, registry);
    if !diagnostics.is_empty() {
        print(&diagnostics);
    }
    let errors = diagnostics.iter().filter(|diagnostic| diagnostic.level == Level::Error).count();
    if errors > 0 {
        return Err(invalid(errors));
    }
    Ok((playbook, text))
}

pub(crate) fn run(session: &Session, args: RunArgs) -> Result<Exit, Failure> {
    let given = given(&args.set)?;
    let mut case = session.case(if args.plan { Access::Read } else { Access::Write })?;
    let registry = registry::all(&args.aws, &case.meta().id)?;
    let (playbook, text) = load(session, &args.playbook, &registry)?;
    for step in &args.yes_to {
        if !playbook.steps.iter().any(|known| known.id.value() == step) {
            return Err(Failure::new(Exit::Usage, format!("--yes-to {step}: the playbook has no such step")));
        }
    }
    if args.plan {
        let plan = bbsec_playbook::plan(&playbook, &given, &mut case, &registry, session.bars.as_ref())?;
        return show_plan(session, &plan);
    }
    let request = RunRequest {
        playbook: &playbook,
        text: &text,
        given,
        mode: if args.dry_run { Mode::DryRun } else { Mode::Run },
        resume: args.resume.clone(),
        accept_changes: args.accept_changes,
    };
    let yes_to: BTreeSet<String> = args.yes_to.into_iter().collect();
    let report = session.run(&request, &mut case, &args.aws, false, yes_to, false)?;
    if matches!(session.output.format_or(Format::Table), Format::Json) {
        let mut document = json!(report);
        if let Value::Object(fields) = &mut document {
            fields.insert("schema".into(), "bbsec-ir.run/v1".into());
        }
        session.output.document(&document)?;
    } else {
        for (name, value) in &report.outputs {
            session.output.write(
                format!("{name}: {}\n", bbsec_core::escape::terminal(&show::short(value))).as_bytes(),
            )?;
        }
    }
    let exit = report.exit.worse(session.fail_on(&case.findings()?));
    session.say(&format!("run {} ended: {}", report.run, exit.meaning()));
    if exit == Exit::Interrupted {
        session.say(&format!("go on with: bbsec-ir run {} --resume {}", args.playbook.display(), report.run));
    }
    Ok(exit)
}

fn show_plan(session: &Session, plan: &bbsec_playbook::RunPlan) -> Result<Exit, Failure> {
    if session.output.format_or(Format::Table) != Format::Table {
        session.output.document(&json!(plan))?;
        return Ok(Exit::Done);
    }
    let mut cells = Vec::new();
    for step in &plan.steps {
        let asks = if step.approval { "asks first" } else { "" };
        let what = match (&step.plan, &step.note) {
            (Some(plan), _) => plan.summary.clone(),
            (None, Some(note)) => note.clone(),
            (None, None) => "reads evidence".into(),
        };
        cells.push(vec![step.id.clone(), asks.to_owned(), what]);
        for change in step.plan.iter().flat_map(|plan| &plan.changes) {
            cells.push(vec![String::new(), String::new(), show::change(change)]);
        }
    }
    session.output.rows(&Listing {
        name: "plan",
        heads: vec!["step", "", "what would happen"],
        cells,
        rows: Vec::new(),
    })?;
    session.say(&format!("plan {}", plan.digest));
    Ok(Exit::Done)
}

fn given(set: &[String]) -> Result<Map<String, Value>, Failure> {
    set.iter()
        .map(|setting| {
            setting
                .split_once('=')
                .map(|(name, value)| (name.trim().to_owned(), Value::String(value.to_owned())))
                .ok_or_else(|| Failure::new(Exit::Usage, format!("--set {setting} is not NAME=VALUE")))
        })
        .collect()
}

pub(crate) fn undo(session: &Session, args: UndoArgs) -> Result<Exit, Failure> {
    let mut case = session.case(Access::Write)?;
    let registry = registry::all(&args.aws, &case.meta().id)?;
    let undone =
        bbsec_playbook::undo(&mut case, &registry, &args.run, args.step.as_deref(), session.bars.as_ref())?;
    let mut exit = Exit::Done;
    for step in undone {
        let state = if step.verdict.holds { "undone" } else { "not wholly undone" };
        session.output.write(format!("{}: {state}\n", step.id).as_bytes())?;
        for line in &step.verdict.violated {
            session.say(&format!("  {}", bbsec_core::escape::terminal(line)));
            exit = Exit::Failed;
        }
    }
    Ok(exit)
}
