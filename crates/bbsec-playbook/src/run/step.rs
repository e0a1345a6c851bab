//! One step, in its own thread: reused, skipped, asked about, done, and written down.

use std::{sync::mpsc::Sender, time::Instant};

use bbsec_core::{Exit, Failure};
use serde_json::{Value, json};

use super::{
    Message, Run,
    model::{Done, StepReport, StepState, chain},
};
use crate::{Capability, Step, expression, state::Task};

/// Does a step and journals its end.
pub(super) fn step<'p>(
    run: &Run<'_>,
    step: &'p Step,
    scope: &Value,
    began: Instant,
    sender: &Sender<Message<'p>>,
) -> Result<StepReport, Failure> {
    let wanted = match &step.when {
        Some(when) => expression::holds(when, scope).map_err(|error| {
            Failure::because(format!("the condition of step `{}` has no value", *step.id), error)
                .exit(Exit::Usage)
        }),
        None => Ok(true),
    };
    let mut reused = false;
    let done = match wanted {
        Ok(true) => match reusable(run, step, scope) {
            Some(done) => {
                reused = true;
                done
            }
            None => start(run, step, scope, sender)?,
        },
        Ok(false) => Done::noted(StepState::Skipped, "its condition is false"),
        Err(failure) => Done::failed(failure),
    };
    let report = done.report(step, began);
    if reused {
        return Ok(report);
    }
    for gap in &report.gaps {
        run.log("gap", Some(&step.id), json!(gap))?;
    }
    run.log(
        "step-ended",
        Some(&step.id),
        json!({
            "state": report.state.name(), "output": report.output, "notes": report.notes,
            "error": report.failure.as_ref().map(chain), "elapsed_ms": (report.elapsed * 1000.0) as u64,
        }),
    )?;
    Ok(report)
}

/// A step that succeeded before the run was interrupted, with the same input; or a task that a person has done since.
fn reusable(run: &Run<'_>, step: &Step, scope: &Value) -> Option<Done> {
    let told = run.told.get(step.id.as_str())?;
    if step.manual.is_some() {
        return match told.task.as_ref()? {
            Task::Done(what) => {
                let mut done = Done::noted(StepState::Succeeded, format!("done by {}", text(what, "by")));
                done.output = what.clone();
                Some(done)
            }
            Task::Skipped(what) => {
                let why = format!("left out by {}: {}", text(what, "by"), text(what, "why"));
                Some(Done::noted(StepState::Skipped, why))
            }
        };
    }
    let with = expression::interpolate(&step.input(), scope).ok()?;
    let same = step.uses.is_none() || told.with == with;
    if told.ended.as_deref() != Some("succeeded") || told.undone || !same {
        return None;
    }
    let mut done = Done::noted(StepState::Succeeded, "done before the run was resumed");
    done.output = told.output.clone().unwrap_or_default();
    Some(done)
}

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value.get(name).and_then(Value::as_str).unwrap_or("somebody")
}

fn start<'p>(
    run: &Run<'_>,
    step: &'p Step,
    scope: &Value,
    sender: &Sender<Message<'p>>,
) -> Result<Done, Failure> {
    let dry = run.request.mode.dry();
    if let Some(manual) = &step.manual {
        let text = expression::text_of(&manual.text, scope).unwrap_or_else(|_| manual.text.value().clone());
        if dry {
            return Ok(Done::noted(StepState::Planned, text));
        }
        run.log(
            "manual",
            Some(&step.id),
            json!({"text": text, "owner": manual.owner, "evidence": manual.evidence}),
        )?;
        let mut done = Done::noted(StepState::Open, text);
        done.output = json!({"owner": manual.owner, "evidence": manual.evidence});
        return Ok(done);
    }
    let Some(uses) = &step.uses else {
        if dry {
            return Ok(Done::noted(StepState::Planned, "asks a person"));
        }
        let refused = run.approve(step, scope, None, sender)?;
        return Ok(refused.unwrap_or_else(|| Done::state(StepState::Succeeded)));
    };
    let Some(capability) = run.registry.get(uses) else {
        let failure = Failure::new(Exit::Usage, format!("nothing is called `{}`", **uses));
        return Ok(Done::failed(failure));
    };
    let with = match expression::interpolate(&step.input(), scope) {
        Ok(with) => with,
        Err(error) if dry => {
            return Ok(Done::noted(
                StepState::Planned,
                format!("its input comes out of an earlier step: {error}"),
            ));
        }
        Err(error) => {
            return Ok(Done::failed(Failure::because("its input has no value", error).exit(Exit::Usage)));
        }
    };
    match capability {
        Capability::Action(action) => run.action(step, action.as_ref(), &with, scope, sender),
        Capability::Analysis(analysis) => {
            if let Some(refused) = if dry { None } else { run.approve(step, scope, None, sender)? } {
                return Ok(refused);
            }
            run.analysis(step, analysis.as_ref(), &with)
        }
    }
}
