//! Release: every attribute back to what the restore point says. Where somebody changed one meanwhile, nothing is touched
//! and the difference is shown.

mod acl;
mod balancers;
mod interfaces;
mod profile;
mod protections;
mod scaling;
mod step;

use bbsec_core::{Change, ChangeResult, Context, Exit, Failure, Plan, Verdict};
use serde_json::json;

use self::step::Step;
use super::cut::Cut;
use crate::{
    client::Aws,
    error::Kind,
    facts::{NodeFacts, Reader},
};

/// What a step did before, as the journal has it.
type Past = [(u64, Change, Option<ChangeResult>)];

/// Changes of an operation that were sent, whatever came of them.
fn sent<'p>(past: &'p Past, operation: &'p str) -> impl Iterator<Item = &'p Change> {
    past.iter().map(|(_, change, _)| change).filter(move |c| c.operation == operation)
}

/// Everything that the isolation changed of some nodes, beside what AWS says now.
#[derive(Default)]
struct ToDo {
    steps: Vec<Step>,
    /// Instances that were terminated meanwhile.
    gone: Vec<String>,
}

fn to_do(aws: &Aws, nodes: &[NodeFacts], past: &Past) -> Result<ToDo, Failure> {
    let ToDo { mut steps, mut gone } = ToDo::default();
    for before in nodes {
        let mut reader = Reader::new(aws);
        let now = match reader.node(&before.instance) {
            Ok(now) => now,
            Err(error) if error.kind() != Kind::NotFound => return Err(error.into()),
            Err(_) => {
                gone.push(before.instance.clone());
                reader.gaps.clear();
                reader.gone(before)
            }
        };
        // What could not be read must not look as if it were gone.
        if let Some(gap) = reader.gaps.first() {
            let message = format!("{} could not be read: {}", gap.subject, gap.why);
            return Err(Failure::new(Exit::Failed, message)
                .help("nothing was put back; try again when it can be read"));
        }
        steps.extend(protections::steps(before, &now, past));
        steps.extend(interfaces::steps(before, &now, past));
        steps.extend(acl::steps(before, &now, past));
        steps.extend(profile::steps(aws, before, &now, past)?);
        steps.extend(scaling::steps(before, &now, past));
        steps.extend(balancers::steps(aws, before, &now, past)?);
    }
    // A group's minimum goes back only when every node has left standby.
    steps.sort_by_key(|s| s.change.operation == "autoscaling:UpdateAutoScalingGroup");
    Ok(ToDo { steps, gone })
}

/// What releasing would put back, and what somebody changed meanwhile.
pub(super) fn plan(aws: &Aws, context: &Context<'_>, nodes: &[NodeFacts]) -> Result<Plan, Failure> {
    let ToDo { steps, gone } = to_do(aws, nodes, &context.changes.past()?)?;
    let names: Vec<&str> = nodes.iter().map(|n| n.instance.as_str()).collect();
    Ok(Plan {
        summary: format!("put back {} as before run {}", names.join(", "), context.run),
        changes: steps.iter().filter(|s| !s.is_back() && !s.drifted()).map(|s| s.change.clone()).collect(),
        warnings: steps
            .iter()
            .filter(|s| s.drifted())
            .map(Step::difference)
            .chain(gone.iter().map(|id| format!("{id} was terminated")))
            .collect(),
        ..Plan::default()
    })
}

/// Puts everything back for some nodes of a restore point.
pub(super) fn release(
    aws: &Aws,
    context: &mut Context<'_>,
    nodes: &[NodeFacts],
    partial: bool,
) -> Result<Verdict, Failure> {
    let past = context.changes.past()?;
    let todo = to_do(aws, nodes, &past)?;
    let drifted: Vec<String> = todo.steps.iter().filter(|s| s.drifted()).map(Step::difference).collect();
    let mut verdict = Verdict { holds: drifted.is_empty(), violated: drifted, ..Verdict::default() };
    if !verdict.holds && !partial {
        context.changes.note("release-refused", json!({ "differences": verdict.violated }))?;
        verdict.violated.push("nothing was put back: somebody changed these after the isolation".to_owned());
        return Ok(verdict);
    }
    let mut cut = Cut::new(aws, context);
    for step in todo.steps.iter().filter(|s| !s.is_back() && !s.drifted()) {
        cut.change(step.change.clone(), || (step.act)(aws).map(|()| json!({})))?;
    }
    cut.remove_groups()?;
    let gone = todo.gone.iter().map(|id| format!("{id} was terminated: of itself nothing can be put back"));
    verdict.violated.extend(gone);
    verdict.violated.extend(cut.problems.values().flatten().cloned());
    // Asks the world, not the return codes.
    for step in to_do(aws, nodes, &past)?.steps {
        if step.is_back() {
            verdict.checked.push(format!("{} is as before: {}", step.name, step.before));
        } else if !step.drifted() {
            verdict.violated.push(format!("{} is {} instead of {}", step.name, step.now, step.before));
        }
    }
    verdict.holds = verdict.violated.is_empty();
    Ok(verdict)
}
