//! Order and failure: `needs`, `on_failure`, cycles.

use bbsec_core::Phase;

use super::unknown;
use crate::{
    Diagnostic, OnFailure, Playbook, Registry, Sp, Step,
    order::{closure, order},
};

pub(super) fn needs(playbook: &Playbook, step: &Step, found: &mut Vec<Diagnostic>) {
    let known: Vec<&str> = others(playbook, step);
    for need in step.needs.iter().filter(|need| !known.contains(&need.as_str())) {
        let message = if need.as_str() == step.id.as_str() {
            format!("step `{}` needs itself", *step.id)
        } else {
            format!("step `{}` needs unknown step `{}`", *step.id, **need)
        };
        found.push(unknown("PB013", message, need.span(), need, &known));
    }
}

fn others<'p>(playbook: &'p Playbook, step: &Step) -> Vec<&'p str> {
    playbook.steps.iter().map(|other| other.id.as_str()).filter(|id| *id != step.id.as_str()).collect()
}

pub(super) fn failure(playbook: &Playbook, step: &Step, registry: &Registry, found: &mut Vec<Diagnostic>) {
    let span = step.on_failure.as_ref().and_then(Sp::span).or(step.id.span());
    match playbook.on_failure(step) {
        OnFailure::Goto(target) => {
            let known = others(playbook, step);
            if !known.contains(&target.as_str()) {
                let message = format!("step `{}` leads to unknown step `{target}`", *step.id);
                found.push(unknown("PB018", message, span, target, &known));
            } else if closure(&playbook.steps, &step.id).contains(target.as_str()) {
                let message =
                    format!("step `{}` leads back to `{target}`, which has ended by then", *step.id);
                let help = "name a step that nothing else leads to, such as a person's task";
                found.push(Diagnostic::error("PB018", message, span).help(help));
            }
        }
        OnFailure::Undo => {
            let contains = |uses: &Sp<String>| {
                registry.get(uses).is_some_and(|capability| capability.phase() == Phase::Contain)
            };
            if step.uses.as_ref().is_some_and(contains) {
                found.push(
                    Diagnostic::error(
                        "PB019",
                        format!("`{}` would undo containment by itself", *step.id),
                        span,
                    )
                    .help("use halt or continue; a person releases with `bbsec-ir undo` or `release`"),
                );
            }
        }
        OnFailure::Halt | OnFailure::Continue => {}
    }
}

pub(super) fn cycle(playbook: &Playbook, found: &mut Vec<Diagnostic>) {
    let Err(cycle) = order(&playbook.steps) else { return };
    // A step that needs itself has been reported with its need.
    if cycle.len() <= 2 && cycle.first() == cycle.last() {
        return;
    }
    let span =
        playbook.steps.iter().find(|step| cycle.contains(step.id.value())).and_then(|step| step.id.span());
    let message = format!("these steps wait for each other: {}", cycle.join(" → "));
    found.push(Diagnostic::error("PB007", message, span).help("remove one of their `needs`"));
}
