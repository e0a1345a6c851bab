//! Running a playbook: independent steps side by side, every state journalled before the next thing happens.
//!
//! The traits are synchronous, so a step is a scoped thread. All of them write to one journal, which takes a line at a
//! time, and to one case, of which [`shared::Shared`] lets one writer in at a time.

mod action;
mod analysis;
mod approval;
mod begin;
pub(crate) mod model;
pub(crate) mod shared;
mod step;
mod stop;

use std::{
    collections::{BTreeMap, BTreeSet},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::mpsc::{Receiver, Sender, channel},
    thread::Scope,
    time::Instant,
};

use bbsec_case::{Case, Journal};
use bbsec_core::{Exit, Failure, Progress};
use serde_json::{Map, Value, json};

use self::{
    model::{Done, Mode, Observer, RunReport, RunRequest, StepReport, StepState},
    shared::Shared,
};
use crate::{
    Approver, OnFailure, Registry, Step, expression,
    order::order,
    schedule::{Next, Schedule},
    state::Told,
};

/// What the steps of a run share.
pub(crate) struct Run<'r> {
    pub(crate) request: &'r RunRequest<'r>,
    pub(crate) journal: Journal,
    pub(crate) case: &'r Shared<'r>,
    pub(crate) registry: &'r Registry,
    pub(crate) approver: &'r dyn Approver,
    pub(crate) observer: &'r dyn Observer,
    pub(crate) progress: &'r dyn Progress,
    /// The run's id.
    pub(crate) id: &'r str,
    pub(crate) told: &'r BTreeMap<String, Told>,
}

impl Run<'_> {
    pub(crate) fn log(&self, kind: &str, step: Option<&str>, body: Value) -> Result<(), Failure> {
        self.journal
            .append(kind, Some(self.id), step, body)
            .map(|_| ())
            .map_err(|error| Failure::because("the journal cannot be written", error))
    }
}

/// What a step's thread tells the one that hands out steps.
pub(crate) enum Message<'p> {
    /// It waits for a person and needs no place meanwhile.
    Waits,
    /// It goes on.
    GoesOn,
    /// It has ended; an error means that the journal could not be written.
    Ended(&'p Step, Box<Result<StepReport, Failure>>),
}

/// Runs, or goes on with, a playbook.
pub fn run(
    request: &RunRequest<'_>,
    case: &mut Case,
    registry: &Registry,
    approver: &dyn Approver,
    observer: &dyn Observer,
    progress: &dyn Progress,
) -> Result<RunReport, Failure> {
    order(&request.playbook.steps).map_err(|cycle| {
        Failure::new(Exit::Usage, format!("these steps wait for each other: {}", cycle.join(" → ")))
    })?;
    let (run, inputs, told) = begin::begin(request, case)?;
    let meta = json!({"id": case.meta().id, "title": case.meta().title, "root": case.root()});
    let journal = case.journal();
    let shared = Shared::new(case)?;
    let ground = Run {
        request,
        journal,
        case: &shared,
        registry,
        approver,
        observer,
        progress,
        id: &run,
        told: &told,
    };
    observer.begins(&run, &request.playbook.name, &request.playbook.steps);
    let (sender, receiver) = channel();
    let mut hand = Hand {
        run: &ground,
        sender,
        receiver,
        schedule: Schedule::new(request.playbook),
        scope: json!({"inputs": inputs, "steps": {}, "run": {"id": run}, "case": meta}),
        reports: Vec::new(),
        busy: 0,
        waiting: 0,
        broken: None,
    };
    std::thread::scope(|scope| hand.all(scope));
    hand.end()
}

/// Hands out steps and takes in their ends.
struct Hand<'p, 'r> {
    run: &'r Run<'r>,
    sender: Sender<Message<'p>>,
    receiver: Receiver<Message<'p>>,
    schedule: Schedule<'p>,
    /// What expressions see.
    scope: Value,
    reports: Vec<StepReport>,
    /// Threads that run.
    busy: usize,
    /// Those of them that wait for a person.
    waiting: usize,
    /// Why the run cannot go on at all.
    broken: Option<Failure>,
}

impl<'p, 'r> Hand<'p, 'r>
where
    'r: 'p,
{
    fn all<'s>(&mut self, scope: &'s Scope<'s, '_>)
    where
        'p: 's,
        'r: 's,
    {
        loop {
            if self.run.progress.cancelled() {
                self.schedule.halt("interrupted");
            }
            if self.busy.saturating_sub(self.waiting) >= self.run.request.jobs.max(1) {
                self.receive();
                continue;
            }
            match self.schedule.next() {
                Next::Start(step) => self.start(scope, step),
                // A skipped step is not journalled as ended, so that a resumed run takes it up.
                Next::Skip(step, why) => {
                    let report = Done::noted(StepState::Skipped, why).report(step, Instant::now());
                    self.take(report);
                }
                Next::Wait => self.receive(),
                Next::End => return,
            }
        }
    }

    fn start<'s>(&mut self, scope: &'s Scope<'s, '_>, step: &'p Step)
    where
        'p: 's,
        'r: 's,
    {
        self.run.observer.starts(&step.id, step.uses.as_ref().map(|uses| uses.as_str()));
        self.busy += 1;
        let (run, sender, seen) = (self.run, self.sender.clone(), self.scope.clone());
        scope.spawn(move || {
            let began = Instant::now();
            let work = AssertUnwindSafe(|| step::step(run, step, &seen, began, &sender));
            let ended = catch_unwind(work).unwrap_or_else(|_| {
                let message = format!("step `{}` stopped at a mistake in this program", *step.id);
                let failure = Failure::new(Exit::Failed, message).help("the other steps are not affected");
                Ok(Done::failed(failure).report(step, began))
            });
            // The receiver lives until every thread has ended.
            let _ = sender.send(Message::Ended(step, Box::new(ended)));
        });
    }

    fn receive(&mut self) {
        match self.receiver.recv() {
            Ok(Message::Waits) => self.waiting += 1,
            Ok(Message::GoesOn) => self.waiting = self.waiting.saturating_sub(1),
            Ok(Message::Ended(step, ended)) => {
                self.busy = self.busy.saturating_sub(1);
                match *ended {
                    Ok(report) => {
                        self.schedule.ended(step, report.state);
                        self.take(report);
                    }
                    Err(failure) => {
                        self.schedule.ended(step, StepState::Failed);
                        self.schedule.halt("the journal cannot be written");
                        self.broken.get_or_insert(failure);
                    }
                }
            }
            // Cannot be: `self.sender` is alive.
            Err(_) => self.schedule.halt("interrupted"),
        }
    }

    fn take(&mut self, report: StepReport) {
        let entry = json!({
            "state": report.state.name(), "outputs": report.output, "ok": report.state == StepState::Succeeded,
        });
        if let Some(steps) = self.scope.get_mut("steps").and_then(Value::as_object_mut) {
            steps.insert(report.id.clone(), entry);
        }
        self.run.observer.ended(&report);
        self.reports.push(report);
    }

    fn end(mut self) -> Result<RunReport, Failure> {
        if let Some(failure) = self.broken.take() {
            return Err(failure);
        }
        let playbook = self.run.request.playbook;
        let ends: Vec<End<'_>> = self
            .reports
            .iter()
            .map(|report| (report.id.as_str(), report.state, report.failure.as_ref().map(|f| f.exit)))
            .collect();
        let mut exit = exit_of(&ends, playbook);
        if self.reports.iter().any(|report| report.gaps.iter().any(|gap| gap.unread)) {
            exit = exit.worse(Exit::Partial);
        }
        if self.run.progress.cancelled() {
            exit = Exit::Interrupted;
        }
        let mut outputs = Map::new();
        for (name, text) in &playbook.outputs {
            // An output of a step that did not happen is absent, not an error.
            if let Ok(value) = expression::interpolate(&Value::String(text.value().clone()), &self.scope) {
                outputs.insert(name.clone(), value);
            }
        }
        self.run.log("run-ended", None, json!({"exit": exit, "outputs": outputs}))?;
        Ok(RunReport { run: self.run.id.to_owned(), steps: self.reports, outputs, exit })
    }
}

/// How a step ended, and the exit code of its failure.
pub(crate) type End<'e> = (&'e str, StepState, Option<Exit>);

/// What the steps' ends mean for the process.
pub(crate) fn exit_of(ends: &[End<'_>], playbook: &crate::Playbook) -> Exit {
    let open: BTreeSet<&str> =
        ends.iter().filter(|(_, state, _)| *state == StepState::Open).map(|(id, ..)| *id).collect();
    let mut exit = Exit::Done;
    for (id, state, failure) in ends {
        let Some(step) = playbook.steps.iter().find(|step| step.id.as_str() == *id) else { continue };
        // A step that waits for a person's open task was not done.
        if *state == StepState::Skipped && step.needs.iter().any(|need| open.contains(need.as_str())) {
            exit = exit.worse(Exit::Partial);
        }
        if let Some(failure) = failure {
            let goes_on = *playbook.on_failure(step) == OnFailure::Continue && playbook.steps.len() > 1;
            exit = exit.worse(ended_as(*failure, goes_on));
        }
    }
    exit
}

/// A failure after which the rest went on leaves a finished run with something missing.
fn ended_as(exit: Exit, goes_on: bool) -> Exit {
    match exit {
        Exit::Failed | Exit::Nothing | Exit::Usage if goes_on => Exit::Partial,
        other => other,
    }
}

impl Mode {
    pub(crate) fn dry(self) -> bool {
        self == Self::DryRun
    }
}
