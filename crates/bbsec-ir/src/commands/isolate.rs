//! `isolate`.

use bbsec_aws::{IsolateInput, Isolation, VolumesInput};
use bbsec_case::Access;
use bbsec_core::{Exit, Failure};
use clap::Args;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::{
    cli::{AwsFlags, Confirm},
    commands::verdict,
    documents,
    output::Format,
    session::{Session, single_text},
};

/// `isolate`
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  bbsec-ir isolate --instance i-0123456789abcdef0 --dry-run
  bbsec-ir isolate --instance i-0123456789abcdef0 --allow 198.51.100.7/32
  bbsec-ir isolate --instance i-0123456789abcdef0 --cluster --cut-tracked --yes

The instance is neither stopped nor rebooted. `release` puts everything back.
After the verdict the snapshots are waited for, checked and locked; Ctrl-C
leaves them to go on by themselves (`collect volumes --wait` takes it up).")]
pub(crate) struct IsolateArgs {
    #[command(flatten)]
    input: IsolateInput,
    /// Do not wait, after the verdict, until the snapshots are complete
    #[arg(long)]
    no_wait: bool,
    /// Lock the complete snapshots against deletion for so many days; 0: not at all
    #[arg(long, value_name = "DAYS", default_value_t = 30)]
    lock_days: u16,
    #[command(flatten)]
    confirm: Confirm,
    #[command(flatten)]
    aws: AwsFlags,
}

pub(crate) fn isolate(session: &Session, args: IsolateArgs) -> Result<Exit, Failure> {
    let question = (!args.confirm.dry_run).then(|| {
        let named = args.input.instance.join(", ");
        let what = if named.is_empty() { "the case's instances" } else { &named };
        format!("Cut {what} off from the network? Its users lose access until `bbsec-ir release`.")
    });
    let earlier = if args.confirm.dry_run { None } else { earlier(session, &args.input)? };
    let (report, case) =
        session.single_again("isolate", &args.input, question, &args.aws, args.confirm, earlier)?;
    drop(case);
    let output = report.steps.first().map(|step| step.output.clone()).unwrap_or_default();
    if session.output.format_or(Format::Table) == Format::Table {
        session.output.write(verdict::plain(&output).as_bytes())?;
    } else {
        session.output.named(&documents::of_step("isolate", args.confirm.dry_run), &output)?;
    }
    let isolation = serde_json::from_value::<Isolation>(output).unwrap_or_default();
    if args.confirm.dry_run || isolation.snapshots.is_empty() {
        return Ok(report.exit);
    }
    if args.no_wait {
        session.say(
            "wait for the snapshots, check and lock them: bbsec-ir collect volumes --wait --lock-days 30",
        );
        return Ok(report.exit);
    }
    Ok(report.exit.worse(snapshots(session, &args, &isolation)?))
}

/// Waits for the snapshots, checks them against what is attached, and locks them. The cut and its verdict stand already.
fn snapshots(session: &Session, args: &IsolateArgs, isolation: &Isolation) -> Result<Exit, Failure> {
    session.say("the cut stands; waiting for the snapshots (Ctrl-C leaves them to go on by themselves)");
    let input = VolumesInput {
        instance: isolation.instances.iter().map(|node| node.instance.clone()).collect(),
        wait: true,
        lock_days: (args.lock_days > 0).then_some(i32::from(args.lock_days)),
        ..VolumesInput::default()
    };
    let (report, _case) = session.single("collect.volumes", &input, None, &args.aws, args.confirm)?;
    let output = report.steps.first().map(|step| step.output.clone()).unwrap_or_default();
    for set in output.get("sets").and_then(Value::as_array).into_iter().flatten() {
        for snapshot in set.get("snapshots").and_then(Value::as_array).into_iter().flatten() {
            let word = |key: &str| snapshot.get(key).and_then(Value::as_str).unwrap_or("none").to_owned();
            let line =
                format!("{} of {}: {}, lock {}", word("id"), word("volume"), word("state"), word("lock"));
            session.say(&bbsec_core::escape::terminal(&line));
        }
    }
    Ok(report.exit)
}

/// The run of an earlier `isolate` that this one goes on with, so that what it saved before its first change stays what
/// `release` restores, and nothing is opened or made a second time.
fn earlier(session: &Session, input: &IsolateInput) -> Result<Option<String>, Failure> {
    let case = session.case(Access::Read)?;
    let wanted = if input.instance.is_empty() { &case.meta().scope.instances } else { &input.instance };
    let found = in_place(&case.journal().entries()?);
    let Some(met) = found.iter().find(|run| run.instances.iter().any(|id| wanted.contains(id))) else {
        return Ok(None);
    };
    if met.single && met.instances.iter().all(|id| wanted.contains(id)) {
        session.say(&format!("going on with run {}, which isolated this already or began to", met.run));
        return Ok(Some(met.run.clone()));
    }
    if met.ended {
        return Ok(None);
    }
    let how = if met.single {
        format!("repeat it with --instance {}", met.instances.join(" --instance "))
    } else {
        format!("go on with it: bbsec-ir run PLAYBOOK --resume {}", met.run)
    };
    Err(Failure::new(
        Exit::Failed,
        format!("run {} began to isolate {} and did not end", met.run, met.instances.join(", ")),
    )
    .help(format!("{how}; or put everything back first: bbsec-ir release")))
}

/// An isolation that the journal knows and that is not released.
#[derive(Debug)]
pub(crate) struct InPlace {
    pub(crate) run: String,
    pub(crate) step: String,
    pub(crate) instances: Vec<String>,
    /// Begun by the command, not by a playbook.
    single: bool,
    /// It came to its end, whatever that was.
    ended: bool,
}

/// Every isolation that is in place, newest first.
pub(crate) fn in_place(entries: &[bbsec_case::Entry]) -> Vec<InPlace> {
    let text = bbsec_core::hex::encode(Sha256::digest(single_text("isolate").as_bytes()));
    let mut found: Vec<InPlace> = Vec::new();
    for entry in entries {
        let (Some(run), Some(step)) = (&entry.run, &entry.step) else { continue };
        let at = found.iter().position(|known| known.run == *run && known.step == *step);
        match (entry.kind.as_str(), at) {
            ("step-started", _) if entry.body.get("uses").is_some_and(|uses| uses == "isolate") => {
                let is_single = |e: &bbsec_case::Entry| {
                    e.kind == "run-started"
                        && e.run.as_ref() == Some(run)
                        && e.body.get("playbook_sha256").is_some_and(|sha| *sha == text)
                };
                let given = entry.body.pointer("/with/instance").and_then(Value::as_array);
                let now = InPlace {
                    run: run.clone(),
                    step: step.clone(),
                    instances: given
                        .into_iter()
                        .flatten()
                        .filter_map(Value::as_str)
                        .map(str::to_owned)
                        .collect(),
                    single: entries.iter().any(is_single),
                    ended: false,
                };
                if let Some(at) = at {
                    found.remove(at);
                }
                found.push(now);
            }
            // Peers that `--cluster` brought in, and instances that the case named, stand in the restore point alone.
            ("note", Some(at)) if entry.body.get("name").is_some_and(|name| name == "restore-point") => {
                let nodes = entry.body.pointer("/note/nodes").and_then(Value::as_array);
                if let (Some(known), Some(nodes)) = (found.get_mut(at), nodes) {
                    let ids = nodes.iter().filter_map(|node| node.get("instance").and_then(Value::as_str));
                    known.instances = ids.map(str::to_owned).collect();
                }
            }
            ("step-ended", Some(at)) => {
                if let Some(known) = found.get_mut(at) {
                    known.ended = true;
                }
            }
            ("step-undone", Some(at)) => drop(found.remove(at)),
            _ => {}
        }
    }
    found.reverse();
    found
}
