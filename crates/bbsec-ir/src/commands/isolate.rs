//! `isolate` and `release`.

use bbsec_aws::State;
use bbsec_aws::{IsolateInput, Isolation};
use bbsec_case::Access;
use bbsec_core::{Exit, Failure};
use clap::Args;
use serde_json::Value;

use crate::{
    cli::{AwsFlags, Confirm},
    documents,
    output::Format,
    session::Session,
    show,
};

/// `isolate`
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  bbsec-ir isolate --instance i-0123456789abcdef0 --dry-run
  bbsec-ir isolate --instance i-0123456789abcdef0 --allow 198.51.100.7/32
  bbsec-ir isolate --instance i-0123456789abcdef0 --cluster --cut-tracked --yes

The instance is neither stopped nor rebooted. `release` puts everything back.")]
pub(crate) struct IsolateArgs {
    #[command(flatten)]
    input: IsolateInput,
    #[command(flatten)]
    confirm: Confirm,
    #[command(flatten)]
    aws: AwsFlags,
}

/// `release`
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  bbsec-ir release --dry-run
  bbsec-ir release --instance i-0123456789abcdef0 --yes")]
pub(crate) struct ReleaseArgs {
    /// Only these instances
    #[arg(long, value_name = "ID", num_args = 1..)]
    instance: Vec<String>,
    #[command(flatten)]
    confirm: Confirm,
    #[command(flatten)]
    aws: AwsFlags,
}

pub(crate) fn isolate(session: &Session, args: IsolateArgs) -> Result<Exit, Failure> {
    let question = (!args.confirm.dry_run).then(|| {
        format!(
            "Cut {} off from the network? Its users lose access until `bbsec-ir release`.",
            args.input.instance.join(", ")
        )
    });
    let (report, _case) = session.single("isolate", &args.input, question, &args.aws, args.confirm)?;
    let output = report.steps.first().map(|step| step.output.clone()).unwrap_or_default();
    if session.output.format_or(Format::Table) == Format::Table {
        session.output.write(plain(&output).as_bytes())?;
    } else {
        session.output.named(&documents::of_step("isolate", args.confirm.dry_run), &output)?;
    }
    Ok(report.exit)
}

/// The verdict, or the plan, in plain words.
fn plain(output: &Value) -> String {
    let mut text = String::new();
    if let Some(summary) = output.get("summary").and_then(Value::as_str) {
        text.push_str(&format!("{}\n", bbsec_core::escape::terminal(summary)));
    }
    for change in output.get("changes").and_then(Value::as_array).into_iter().flatten() {
        if let Ok(change) = serde_json::from_value::<bbsec_core::Change>(change.clone()) {
            text.push_str(&format!("  would change {}\n", show::change(&change)));
        }
    }
    if let Ok(isolation) = serde_json::from_value::<Isolation>(output.clone())
        && !isolation.instances.is_empty()
    {
        text.push_str(&verdict(&isolation));
    }
    text
}

/// Every path, cut or not, in plain words: what is open first.
fn verdict(isolation: &Isolation) -> String {
    let mut text = String::new();
    let mut line = |indent: usize, words: &str| {
        text.push_str(&format!("{:indent$}{}\n", "", bbsec_core::escape::terminal(words)));
    };
    for node in &isolation.instances {
        let word = if node.established { "ISOLATED" } else { "NOT ISOLATED" };
        line(0, &format!("{}: {word}", node.instance));
        for (state, title) in
            [(State::Open, "still open"), (State::Allowed, "allowed by you"), (State::Cut, "cut")]
        {
            let paths: Vec<_> = node.paths.iter().filter(|path| path.state == state).collect();
            if paths.is_empty() {
                continue;
            }
            line(2, &format!("{title} ({}):", paths.len()));
            for path in paths {
                let through =
                    if path.through.is_empty() { String::new() } else { format!(" ({})", path.through) };
                line(
                    4,
                    &format!(
                        "{} {} {} via {}{through}, {} connections: {}",
                        path.interface, path.family, path.direction, path.via, path.connections, path.why
                    ),
                );
            }
        }
        for setting in node.settings.iter().filter(|setting| !setting.holds) {
            line(
                2,
                &format!("not as wanted: {} is {}, wanted {}", setting.name, setting.found, setting.wanted),
            );
        }
        for problem in &node.problems {
            line(2, &format!("problem: {problem}"));
        }
        if !node.cannot_cut.is_empty() {
            line(2, "neither groups nor network ACLs can cut:");
            for limit in &node.cannot_cut {
                line(4, &format!("{}: {}", limit.path, limit.why));
                if !limit.help.is_empty() {
                    line(6, &limit.help);
                }
            }
        }
    }
    for warning in &isolation.warnings {
        line(0, &format!("warning: {warning}"));
    }
    line(0, &format!("basis: {}", isolation.basis));
    text
}

pub(crate) fn release(session: &Session, args: ReleaseArgs) -> Result<Exit, Failure> {
    let mut case = session.case(Access::Write)?;
    let entries = case.journal().entries()?;
    // Every run whose `isolate` step is still in place, newest first.
    let mut runs: Vec<(String, String)> = Vec::new();
    for entry in entries.iter().rev() {
        let (Some(run), Some(step)) = (&entry.run, &entry.step) else { continue };
        let isolates = entry.kind == "step-started"
            && entry.body.get("uses").and_then(Value::as_str) == Some("isolate")
            && instances_match(&entry.body, &args.instance);
        let undone = entries.iter().any(|later| {
            later.kind == "step-undone"
                && later.seq > entry.seq
                && later.run.as_ref() == Some(run)
                && later.step.as_ref() == Some(step)
        });
        let pair = (run.clone(), step.clone());
        if isolates && !undone && !runs.contains(&pair) {
            runs.push(pair);
        }
    }
    if runs.is_empty() {
        return Err(Failure::new(
            Exit::Nothing,
            "the journal knows nothing that is isolated and not yet released",
        )
        .help("was it isolated from another case folder? name that one with --case"));
    }
    if args.confirm.dry_run {
        for (run, step) in &runs {
            for (_, change, _) in bbsec_core::ChangeLog::past(&case.journal().change_log(run, step)?)? {
                session.output.write(
                    format!("would restore {} {}\n", change.subject, show::short(&change.before)).as_bytes(),
                )?;
            }
        }
        return Ok(Exit::Done);
    }
    confirm(session, args.confirm, &runs)?;
    let registry = session.registry(&args.aws, &case)?;
    let mut exit = Exit::Done;
    for (run, step) in runs {
        for undone in bbsec_playbook::undo(&mut case, &registry, &run, Some(&step), session.bars.as_ref())? {
            for line in &undone.verdict.checked {
                session.output.write(format!("{}\n", bbsec_core::escape::terminal(line)).as_bytes())?;
            }
            for line in &undone.verdict.violated {
                session.say(&format!("not restored: {}", bbsec_core::escape::terminal(line)));
                exit = Exit::Failed;
            }
        }
    }
    Ok(exit)
}

fn instances_match(body: &Value, wanted: &[String]) -> bool {
    wanted.is_empty()
        || body.pointer("/with/instance").and_then(Value::as_array).is_some_and(|ids| {
            ids.iter().filter_map(Value::as_str).any(|id| wanted.iter().any(|want| want == id))
        })
}

fn confirm(session: &Session, confirm: Confirm, runs: &[(String, String)]) -> Result<(), Failure> {
    use std::io::{BufRead as _, IsTerminal as _};
    if confirm.yes {
        return Ok(());
    }
    if !std::io::stdin().is_terminal() {
        return Err(Failure::new(Exit::Refused, "nobody can be asked here").help("confirm with --yes"));
    }
    session.bars.suspend(|| {
        let names: Vec<&str> = runs.iter().map(|(run, _)| run.as_str()).collect();
        anstream::eprintln!("Put back what {} changed? Type yes:", names.join(", "));
        let mut line = String::new();
        match std::io::stdin().lock().read_line(&mut line) {
            Ok(_) if line.trim() == "yes" => Ok(()),
            _ => Err(Failure::new(Exit::Refused, "the answer was not yes")),
        }
    })
}
