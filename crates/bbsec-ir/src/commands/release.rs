//! `release`: undo of `isolate`, from the journal.

use bbsec_case::{Access, Case};
use bbsec_core::{Context, Exit, Failure};
use bbsec_playbook::TakenBack;
use clap::Args;

use crate::{
    cli::{AwsFlags, Confirm},
    commands::isolate::{InPlace, in_place},
    registry,
    session::Session,
    show,
};

/// `release`
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  bbsec-ir release --dry-run
  bbsec-ir release --instance i-0123456789abcdef0 --yes
  bbsec-ir release --partial --yes

Where somebody changed something after the isolation, nothing is put back
and the difference is shown; --partial puts back the rest.")]
pub(crate) struct ReleaseArgs {
    /// Only these instances
    #[arg(long, value_name = "ID", num_args = 1..)]
    instance: Vec<String>,
    /// Leave alone what somebody changed meanwhile, and put back the rest
    #[arg(long)]
    partial: bool,
    #[command(flatten)]
    confirm: Confirm,
    #[command(flatten)]
    aws: AwsFlags,
}

pub(crate) fn release(session: &Session, args: ReleaseArgs) -> Result<Exit, Failure> {
    let mut case = session.case(Access::Write)?;
    let runs: Vec<InPlace> = in_place(&case.journal().entries()?)
        .into_iter()
        .filter(|found| {
            args.instance.is_empty() || found.instances.iter().any(|id| args.instance.contains(id))
        })
        .collect();
    if runs.is_empty() {
        return Err(Failure::new(
            Exit::Nothing,
            "the journal knows nothing that is isolated and not yet released",
        )
        .help("was it isolated from another case folder? name that one with --case"));
    }
    let isolate = bbsec_aws::Isolate(registry::aws(&session.aws(&args.aws), &case.meta().id)?);
    if args.confirm.dry_run {
        return plan(session, &mut case, &isolate, &runs, &args.instance);
    }
    confirm(session, args.confirm, &runs)?;
    let mut exit = Exit::Done;
    for InPlace { run, step, .. } in runs {
        let (journal, bars) = (case.journal(), session.bars.as_ref());
        let verdict =
            bbsec_playbook::take_back(&journal, &mut case, "isolate", &run, &step, bars, |context| {
                let verdict = isolate.release(&args.instance, args.partial, context)?;
                Ok(TakenBack { whole: verdict.holds && !isolate.holds_back(context)?, verdict })
            })?;
        for line in &verdict.checked {
            session.output.write(format!("{}\n", bbsec_core::escape::terminal(line)).as_bytes())?;
        }
        for line in &verdict.violated {
            session.say(&format!("not restored: {}", bbsec_core::escape::terminal(line)));
            exit = Exit::Failed;
        }
        // An older isolation's state lies under a newer one's: it is not what is there before the newer one is gone.
        if exit != Exit::Done && !args.partial {
            session.say("`release --partial` leaves these alone and puts back the rest");
            break;
        }
    }
    Ok(exit)
}

/// What would be put back, and what somebody changed meanwhile.
fn plan(
    session: &Session,
    case: &mut Case,
    isolate: &bbsec_aws::Isolate,
    runs: &[InPlace],
    instances: &[String],
) -> Result<Exit, Failure> {
    for InPlace { run, step, .. } in runs {
        let mut changes = case.journal().change_log(run, step)?;
        let mut gaps = Vec::new();
        let progress = session.bars.as_ref();
        let mut context = Context { case, changes: &mut changes, progress, gaps: &mut gaps, run, step };
        let plan = isolate.release_plan(instances, &mut context)?;
        session.output.write(format!("{}\n", bbsec_core::escape::terminal(&plan.summary)).as_bytes())?;
        for change in &plan.changes {
            let line = format!("  would restore {}\n", show::change(change));
            session.output.write(line.as_bytes())?;
        }
        for warning in &plan.warnings {
            session.say(&format!("warning: {}", bbsec_core::escape::terminal(warning)));
        }
    }
    Ok(Exit::Done)
}

fn confirm(session: &Session, confirm: Confirm, runs: &[InPlace]) -> Result<(), Failure> {
    use std::io::{BufRead as _, IsTerminal as _};
    if confirm.yes {
        return Ok(());
    }
    if !std::io::stdin().is_terminal() {
        return Err(Failure::new(Exit::Refused, "nobody can be asked here").help("confirm with --yes"));
    }
    session.bars.suspend(|| {
        let names: Vec<&str> = runs.iter().map(|found| found.run.as_str()).collect();
        anstream::eprintln!("Put back what {} changed? Type yes:", names.join(", "));
        let mut line = String::new();
        match std::io::stdin().lock().read_line(&mut line) {
            Ok(_) if line.trim() == "yes" => Ok(()),
            _ => Err(Failure::new(Exit::Refused, "the answer was not yes")),
        }
    })
}
