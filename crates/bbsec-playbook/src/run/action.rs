//! An action: planned, approved, observed where an earlier try may have got somewhere, applied, verified.

use std::{sync::mpsc::Sender, time::Instant};

use bbsec_core::{CaseStore, Context, DynAction, Effect, Exit, Failure, Observed, Phase, Plan};
use serde_json::{Value, json};

use super::{
    Message, Run,
    model::{Done, StepState, chain},
    stop::Stop,
};
use crate::{OnFailure, Period, Step, plan::plan_action, undo};

/// The longest wait between two tries, unless the playbook says otherwise.
const LONGEST_WAIT: Period = Period(300);

impl Run<'_> {
    pub(super) fn action<'p>(
        &self,
        step: &'p Step,
        action: &dyn DynAction,
        with: &Value,
        scope: &Value,
        sender: &Sender<Message<'p>>,
    ) -> Result<Done, Failure> {
        let meta = action.meta();
        let dry = self.request.mode.dry() && meta.effect == Effect::Changes;
        let plan = || -> Result<Plan, Failure> {
            plan_action(action, with, &mut self.case.handle(), self.progress, &step.id)
        };
        if dry {
            return Ok(plan().map_or_else(Done::failed, planned));
        }
        if step.approve.is_some() {
            let plan: &dyn Fn() -> Result<Plan, Failure> = &plan;
            match self.approve(step, scope, Some(plan), sender) {
                Ok(None) => {}
                Ok(Some(refused)) => return Ok(refused),
                Err(failure) => return Err(failure),
            }
        }
        let started_before = self.told.get(step.id.as_str()).is_some_and(|told| told.started);
        self.log(
            "step-started",
            Some(&step.id),
            json!({"uses": meta.id, "version": meta.version, "with": with}),
        )?;
        let done = self.attempts(step, action, with, started_before)?;
        let failed = matches!(done.state, Some(StepState::Failed | StepState::Violated));
        if failed && *self.request.playbook.on_failure(step) == OnFailure::Undo {
            return Ok(self.take_back(step, action, with, done));
        }
        Ok(done)
    }

    /// Applies, and tries again where the step says so.
    fn attempts(
        &self,
        step: &Step,
        action: &dyn DynAction,
        with: &Value,
        mut observe: bool,
    ) -> Result<Done, Failure> {
        let defaults = &self.request.playbook.defaults;
        let retry = step.retry.or(defaults.retry);
        let tries = retry.map_or(1, |retry| retry.attempts.clamp(1, 10));
        let longest = retry.and_then(|retry| retry.max_delay).unwrap_or(LONGEST_WAIT).0;
        let mut wait = retry.and_then(|retry| retry.delay).unwrap_or(Period(1)).0;
        let timeout = step.timeout.as_ref().or(defaults.timeout.as_ref()).map(|timeout| *timeout.value());
        let stop = Stop::new(self.progress, timeout);
        let mut done = Done::default();
        for attempt in 1..=tries {
            done = self.attempt(step, action, with, observe, &stop);
            if let (Some(failure), Some(timeout)) = (&mut done.failure, timeout)
                && stop.over()
                && !self.progress.cancelled()
            {
                let late =
                    Failure::new(Exit::Failed, format!("step `{}` did not end within {timeout}", *step.id));
                let cause = std::mem::replace(failure, late);
                failure.source = Some(Box::new(cause));
                break;
            }
            let again = done.failure.as_ref().is_some_and(|failure| failure.exit == Exit::Failed);
            if !again || attempt == tries || self.progress.cancelled() {
                break;
            }
            wait = wait.min(longest);
            let error = done.failure.as_ref().map(chain);
            self.log("retry", Some(&step.id), json!({"attempt": attempt, "error": error, "wait_s": wait}))?;
            pause(wait, &stop);
            wait = wait.saturating_mul(2);
            observe = true;
        }
        Ok(done)
    }

    fn attempt(
        &self,
        step: &Step,
        action: &dyn DynAction,
        with: &Value,
        observe: bool,
        stop: &Stop<'_>,
    ) -> Done {
        let mut changes = match self.journal.change_log(self.id, &step.id) {
            Ok(changes) => changes,
            Err(error) => return Done::failed(error.into()),
        };
        let mut case = self.case.handle();
        let mut gaps = Vec::new();
        let mut context = Context {
            case: &mut case as &mut dyn CaseStore,
            changes: &mut changes,
            progress: stop,
            gaps: &mut gaps,
            run: self.id,
            step: &step.id,
        };
        let mut done = Done::default();
        let output = match observe.then(|| action.observe(with, &mut context)) {
            Some(Ok(Observed::Done(output))) => {
                done.notes.push("found done; nothing was repeated".into());
                Ok(output)
            }
            Some(Ok(Observed::Unknown(why))) => Err(Failure::new(
                Exit::Failed,
                format!("it cannot be told whether step `{}` was done: {why}", *step.id),
            )
            .help("look at the world, then undo the step or start a new run")),
            Some(Err(failure)) => Err(failure),
            Some(Ok(Observed::NotDone)) | None => action.apply(with, &mut context),
        };
        match output.and_then(|output| Ok((action.verify(with, &output, &mut context)?, output))) {
            Ok((verdict, output)) => {
                done.state = Some(if verdict.holds { StepState::Succeeded } else { StepState::Violated });
                done.output = output;
                done.notes.extend(verdict.violated.iter().cloned());
                if !verdict.holds {
                    let points = verdict.violated.len();
                    let message = format!(
                        "`{}`: {points} point{} not hold",
                        *step.id,
                        if points == 1 { " does" } else { "s do" }
                    );
                    done.failure = Some(Failure::new(action.violation_exit(), message));
                }
            }
            Err(failure) => {
                done.state = Some(StepState::Failed);
                done.failure = Some(failure);
            }
        }
        done.gaps = gaps;
        done
    }

    /// `on_failure: undo`. Containment stays, whatever the playbook says.
    fn take_back(&self, step: &Step, action: &dyn DynAction, with: &Value, mut done: Done) -> Done {
        if action.phase() == Phase::Contain {
            done.notes.push("containment is never undone by itself".into());
            return done;
        }
        let mut case = self.case.handle();
        match undo::undo_step(&self.journal, &mut case, action, self.id, &step.id, with, self.progress) {
            Ok(Some(verdict)) if verdict.holds => done.notes.push("what it had done was taken back".into()),
            Ok(Some(verdict)) => {
                done.notes.extend(verdict.violated.iter().map(|why| format!("not taken back: {why}")));
            }
            Ok(None) => {}
            Err(failure) => done.notes.push(format!("not taken back: {}", chain(&failure))),
        }
        done
    }
}

fn planned(plan: Plan) -> Done {
    let mut done = Done::state(StepState::Planned);
    done.notes.clone_from(&plan.warnings);
    done.output = json!(plan);
    done
}

/// Waits, in small pieces, so that a wish to stop is heard.
fn pause(seconds: u64, stop: &Stop<'_>) {
    use bbsec_core::Progress as _;
    let until = Instant::now() + std::time::Duration::from_secs(seconds);
    while Instant::now() < until && !stop.cancelled() {
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
}
