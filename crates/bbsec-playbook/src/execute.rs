//! Running a playbook: one step after the other, every state journalled before the next thing happens.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};

use bbsec_case::{Case, Journal};
use bbsec_core::{Context, DynAction, DynAnalysis, Effect, Exit, Failure, Gap, Observed, Progress, Sink};
use serde::Serialize;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::{
    Answer, Approver, Capability, OnFailure, Playbook, Registry, Request, Step, expression,
    inputs::resolve_inputs,
    order::order,
    plan::{digest, plan_action},
    state::{self, Told},
};

/// How much of the world a run may touch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// Everything is done.
    Run,
    /// The whole order of steps, with changes replaced by their plans.
    DryRun,
}

/// What to run.
#[derive(Debug, Clone)]
pub struct RunRequest<'a> {
    /// The playbook, already validated.
    pub playbook: &'a Playbook,
    /// Its text: its SHA-256 binds a resumed run to it.
    pub text: &'a str,
    /// What the responder gave.
    pub given: Map<String, Value>,
    /// How much of the world may be touched.
    pub mode: Mode,
    /// A run to go on with.
    pub resume: Option<String>,
    /// Go on although the playbook has changed.
    pub accept_changes: bool,
}

/// How a step ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum StepState {
    /// Done, and what the world says agrees.
    Succeeded,
    /// Done, but the world does not agree: each point is named.
    Violated,
    /// Not done.
    Failed,
    /// Not wanted, or what it needs was not done.
    Skipped,
    /// Only planned.
    Planned,
    /// A person's task, still open.
    Open,
    /// A person said no.
    Refused,
}

impl StepState {
    /// The name in the journal and in machine output.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Violated => "violated",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
            Self::Planned => "planned",
            Self::Open => "open",
            Self::Refused => "refused",
        }
    }
}

/// One step's end.
#[derive(Debug, Serialize)]
pub struct StepReport {
    /// The step.
    pub id: String,
    /// What it used.
    pub uses: Option<String>,
    /// How it ended.
    pub state: StepState,
    /// Its output.
    pub output: Value,
    /// What could not be read or done.
    pub gaps: Vec<Gap>,
    /// Points that do not hold, or why it was skipped.
    pub notes: Vec<String>,
    /// Seconds.
    pub elapsed: f64,
    /// Why it failed.
    #[serde(skip)]
    pub failure: Option<Failure>,
}

/// A run's end.
#[derive(Debug, Serialize)]
pub struct RunReport {
    /// The run.
    pub run: String,
    /// The steps, in the order in which they ended.
    pub steps: Vec<StepReport>,
    /// The playbook's outputs.
    pub outputs: Map<String, Value>,
    /// How the process should end.
    pub exit: Exit,
}

/// Watches a run, for the live view.
pub trait Observer {
    /// A run begins, with its steps in order.
    fn begins(&self, run: &str, steps: &[&str]);
    /// A step starts.
    fn starts(&self, step: &str, uses: Option<&str>);
    /// A step ended.
    fn ended(&self, report: &StepReport);
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
    let order = order(&request.playbook.steps).map_err(|cycle| {
        Failure::new(Exit::Usage, format!("these steps wait for each other: {}", cycle.join(", ")))
    })?;
    let (run, inputs, told) = begin(request, case)?;
    let mut runner = Runner {
        request,
        journal: case.journal(),
        case,
        registry,
        approver,
        progress,
        run,
        inputs,
        told,
        ended: BTreeMap::new(),
        outputs: Map::new(),
        blocked: BTreeSet::new(),
    };
    let steps: Vec<&Step> = order.iter().filter_map(|index| request.playbook.steps.get(*index)).collect();
    observer.begins(&runner.run, &steps.iter().map(|step| step.id.as_str()).collect::<Vec<_>>());
    let mut reports: Vec<StepReport> = Vec::new();
    let mut halted = false;
    for step in steps {
        let report = if progress.cancelled() {
            runner.skip(step, "interrupted")
        } else if halted {
            runner.skip(step, "an earlier step failed")
        } else {
            observer.starts(&step.id, step.uses.as_ref().map(|uses| uses.as_str()));
            runner.step(step)?
        };
        halted |= runner.halts(step, &report);
        observer.ended(&report);
        reports.push(report);
    }
    runner.end(reports)
}

/// The run id, its inputs, and what the journal tells of its steps.
type Begun = (String, Map<String, Value>, BTreeMap<String, Told>);

fn begin(request: &RunRequest<'_>, case: &mut Case) -> Result<Begun, Failure> {
    let sha256 = bbsec_core::hex::encode(Sha256::digest(request.text.as_bytes()));
    let journal = case.journal();
    let failed = |error| Failure::because("the run cannot be written down", error);
    let Some(run) = &request.resume else {
        let inputs = resolve_inputs(&request.playbook.inputs, &request.given)?;
        let run = case.start_run(&request.playbook.name).map_err(failed)?.to_string();
        case.write_run_file(&run, "playbook.yaml", request.text.as_bytes()).map_err(failed)?;
        let body = json!({
            "playbook": request.playbook.name.value(), "playbook_sha256": sha256, "inputs": inputs,
            "mode": request.mode, "tool": concat!("bbsec-ir ", env!("CARGO_PKG_VERSION")),
        });
        journal.append("run-started", Some(&run), None, body).map_err(failed)?;
        return Ok((run, inputs, BTreeMap::new()));
    };
    let story = state::story(case, run)?;
    if story.playbook_sha256 != sha256 && !request.accept_changes {
        return Err(Failure::new(Exit::Usage, format!("the playbook has changed since run `{run}` began"))
            .help("look at the difference, then go on with --accept-changes"));
    }
    let mut inputs = story.inputs;
    inputs.extend(request.given.clone());
    let inputs = resolve_inputs(&request.playbook.inputs, &inputs)?;
    journal
        .append("run-resumed", Some(run), None, json!({"playbook_sha256": sha256, "inputs": inputs}))
        .map_err(failed)?;
    Ok((run.clone(), inputs, story.steps))
}

struct Runner<'a, 'r> {
    request: &'r RunRequest<'r>,
    case: &'a mut Case,
    journal: Journal,
    registry: &'r Registry,
    approver: &'r dyn Approver,
    progress: &'r dyn Progress,
    run: String,
    inputs: Map<String, Value>,
    told: BTreeMap<String, Told>,
    /// How each step ended.
    ended: BTreeMap<String, StepState>,
    /// `steps` of the expressions' scope.
    outputs: Map<String, Value>,
    /// Steps that did not happen, so that what needs them does not either.
    blocked: BTreeSet<String>,
}

/// What came of doing a step.
#[derive(Default)]
struct Done {
    state: Option<StepState>,
    output: Value,
    gaps: Vec<Gap>,
    notes: Vec<String>,
    failure: Option<Failure>,
}

impl Done {
    fn state(state: StepState) -> Self {
        Self { state: Some(state), ..Self::default() }
    }
    fn failed(failure: Failure) -> Self {
        Self { state: Some(StepState::Failed), failure: Some(failure), ..Self::default() }
    }
    fn noted(state: StepState, note: impl Into<String>) -> Self {
        Self { state: Some(state), notes: vec![note.into()], ..Self::default() }
    }
}

impl Runner<'_, '_> {
    fn log(&self, kind: &str, step: Option<&str>, body: Value) -> Result<(), Failure> {
        self.journal
            .append(kind, Some(&self.run), step, body)
            .map(|_| ())
            .map_err(|error| Failure::because("the journal cannot be written", error))
    }

    fn scope(&self) -> Value {
        let meta = self.case.meta();
        json!({
            "inputs": self.inputs, "steps": self.outputs, "run": {"id": self.run},
            "case": {"id": meta.id, "title": meta.title, "root": bbsec_core::CaseStore::root(self.case)},
        })
    }

    /// A step that does not start. It is not journalled as ended, so that a resumed run takes it up.
    fn skip(&mut self, step: &Step, why: &str) -> StepReport {
        self.blocked.insert(step.id.value().clone());
        self.report(step, Instant::now(), Done::noted(StepState::Skipped, why))
    }

    fn step(&mut self, step: &Step) -> Result<StepReport, Failure> {
        let began = Instant::now();
        if let Some(missing) = step.needs.iter().find(|need| self.blocked.contains(need.as_str())) {
            let why = format!("`{}` did not happen", **missing);
            return Ok(self.skip(step, &why));
        }
        if let Some(output) = self.reusable(step) {
            let mut done = Done::noted(StepState::Succeeded, "done before the run was resumed");
            done.output = output;
            return Ok(self.report(step, began, done));
        }
        let done = match self.wanted(step) {
            Ok(true) => self.start(step)?,
            Ok(false) => Done::noted(StepState::Skipped, "its condition is false"),
            Err(failure) => Done::failed(failure),
        };
        let report = self.report(step, began, done);
        for gap in &report.gaps {
            self.log("gap", Some(&step.id), json!(gap))?;
        }
        self.log(
            "step-ended",
            Some(&step.id),
            json!({
                "state": report.state.name(), "output": report.output, "notes": report.notes,
                "error": report.failure.as_ref().map(chain), "elapsed_ms": (report.elapsed * 1000.0) as u64,
            }),
        )?;
        Ok(report)
    }

    /// The output of a step that succeeded before the run was interrupted.
    fn reusable(&self, step: &Step) -> Option<Value> {
        let told = self.told.get(step.id.as_str())?;
        let done = told.ended.as_deref() == Some("succeeded") && !told.undone;
        done.then(|| told.output.clone().unwrap_or_default())
    }

    fn wanted(&self, step: &Step) -> Result<bool, Failure> {
        let Some(when) = &step.when else { return Ok(true) };
        let value = expression::evaluate(when, &self.scope()).map_err(|error| {
            Failure::because(format!("the condition of step `{}` has no value", *step.id), error)
        })?;
        Ok(!matches!(value, Value::Null | Value::Bool(false))
            && value != json!(0)
            && value != json!("")
            && value != json!([]))
    }

    fn start(&mut self, step: &Step) -> Result<Done, Failure> {
        if let Some(manual) = &step.manual {
            let text = expression::text_of(&manual.text, &self.scope())
                .unwrap_or_else(|_| manual.text.value().clone());
            self.log("manual", Some(&step.id), json!({"text": text, "owner": manual.owner}))?;
            return Ok(Done::noted(StepState::Open, text));
        }
        let uses = step.uses.as_ref().map(|uses| uses.value().clone()).unwrap_or_default();
        let registry = self.registry;
        let Some(capability) = registry.get(&uses) else {
            return Ok(Done::failed(Failure::new(Exit::Usage, format!("nothing is called `{uses}`"))));
        };
        let with = Value::Object(
            step.with.iter().map(|(name, value)| (name.clone(), value.value().clone())).collect(),
        );
        let with = match expression::interpolate(&with, &self.scope()) {
            Ok(with) => with,
            Err(error) if self.request.mode == Mode::DryRun => {
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
            Capability::Action(action) => self.action(step, action.as_ref(), &with),
            Capability::Analysis(analysis) => self.analysis(step, analysis.as_ref(), &with),
        }
    }

    fn action(&mut self, step: &Step, action: &dyn DynAction, with: &Value) -> Result<Done, Failure> {
        let meta = action.meta();
        let changes = meta.effect == Effect::Changes;
        let planned = if step.approve.is_some() || (changes && self.request.mode == Mode::DryRun) {
            match plan_action(action, with, self.case, self.progress, &step.id) {
                Ok(plan) => Some(plan),
                Err(failure) => return Ok(Done::failed(failure)),
            }
        } else {
            None
        };
        if changes && self.request.mode == Mode::DryRun {
            let plan = planned.unwrap_or_default();
            let mut done = Done::state(StepState::Planned);
            done.notes.clone_from(&plan.warnings);
            done.output = json!(plan);
            return Ok(done);
        }
        if let Some(approve) = &step.approve {
            let message = expression::text_of(&approve.message, &self.scope())
                .unwrap_or_else(|_| approve.message.value().clone());
            let digest = digest(&planned);
            let request =
                Request { step: &step.id, message: &message, plan: planned.as_ref(), digest: &digest };
            match self.approver.ask(&request) {
                Answer::Yes { by } => {
                    self.log(
                        "approved",
                        Some(&step.id),
                        json!({"by": by, "plan_sha256": digest, "message": message}),
                    )?;
                }
                Answer::No { why } => {
                    self.log("refused", Some(&step.id), json!({"why": why, "plan_sha256": digest}))?;
                    let failure =
                        Failure::new(Exit::Refused, format!("step `{}` was not approved: {why}", *step.id));
                    return Ok(Done {
                        state: Some(StepState::Refused),
                        failure: Some(failure),
                        ..Done::default()
                    });
                }
            }
        }
        let started_before = self.told.get(step.id.as_str()).is_some_and(|told| told.started);
        self.log(
            "step-started",
            Some(&step.id),
            json!({"uses": meta.id, "version": meta.version, "with": with}),
        )?;
        self.attempts(step, action, with, started_before)
    }

    /// Applies, observing first where an earlier try may have got somewhere, and tries again where the step says so.
    fn attempts(
        &mut self,
        step: &Step,
        action: &dyn DynAction,
        with: &Value,
        mut observe: bool,
    ) -> Result<Done, Failure> {
        let retry = step.retry.or(self.request.playbook.defaults.retry);
        let tries = retry.map_or(1, |retry| retry.attempts.clamp(1, 10));
        let mut wait = retry.map_or(1, |retry| retry.delay);
        let mut done = Done::default();
        for attempt in 1..=tries {
            done = self.attempt(step, action, with, observe);
            let again = done.failure.as_ref().is_some_and(|failure| failure.exit == Exit::Failed);
            if !again || attempt == tries || self.progress.cancelled() {
                break;
            }
            let error = done.failure.as_ref().map(chain);
            self.log("retry", Some(&step.id), json!({"attempt": attempt, "error": error, "wait_s": wait}))?;
            std::thread::sleep(Duration::from_secs(wait.min(300)));
            wait = wait.saturating_mul(2);
            observe = true;
        }
        Ok(done)
    }

    fn attempt(&mut self, step: &Step, action: &dyn DynAction, with: &Value, observe: bool) -> Done {
        let mut changes = match self.journal.change_log(&self.run, &step.id) {
            Ok(changes) => changes,
            Err(error) => return Done::failed(error.into()),
        };
        let mut gaps = Vec::new();
        let mut context = Context {
            case: self.case,
            changes: &mut changes,
            progress: self.progress,
            gaps: &mut gaps,
            run: &self.run,
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

    fn analysis(&mut self, step: &Step, analysis: &dyn DynAnalysis, with: &Value) -> Result<Done, Failure> {
        let meta = analysis.meta();
        self.log(
            "step-started",
            Some(&step.id),
            json!({"uses": meta.id, "version": meta.version, "with": with}),
        )?;
        let mut sink = self
            .case
            .sink(&self.run, &step.id, meta.id)
            .map_err(|error| Failure::because("the results cannot be written to the case", error))?;
        let mut tee = Tee { inner: &mut sink, gaps: Vec::new() };
        let result = analysis.run(with, Some(self.case), &mut tee, self.progress);
        // What was found before a failure or an interruption is kept.
        let gaps = tee.gaps;
        let summary = sink
            .finish()
            .map_err(|error| Failure::because("the results cannot be written to the case", error))?;
        let mut done = match result {
            Ok(output) => Done { output, ..Done::state(StepState::Succeeded) },
            Err(failure) => Done::failed(failure),
        };
        if let Value::Object(fields) = &mut done.output {
            fields.entry("results").or_insert_with(|| json!(summary));
        }
        done.gaps = gaps;
        Ok(done)
    }

    fn report(&mut self, step: &Step, began: Instant, done: Done) -> StepReport {
        let state = done.state.unwrap_or(StepState::Failed);
        self.ended.insert(step.id.value().clone(), state);
        self.outputs.insert(
            step.id.value().clone(),
            json!({"state": state.name(), "outputs": done.output, "ok": state == StepState::Succeeded}),
        );
        StepReport {
            id: step.id.value().clone(),
            uses: step.uses.as_ref().map(|uses| uses.value().clone()),
            state,
            output: done.output,
            gaps: done.gaps,
            notes: done.notes,
            elapsed: began.elapsed().as_secs_f64(),
            failure: done.failure,
        }
    }

    /// Whether a step's end stops the run; also marks what must not be built upon.
    fn halts(&mut self, step: &Step, report: &StepReport) -> bool {
        let goes_on =
            step.on_failure.unwrap_or(self.request.playbook.defaults.on_failure) == OnFailure::Continue;
        match report.state {
            StepState::Failed | StepState::Refused => {
                if !goes_on {
                    self.blocked.insert(step.id.value().clone());
                }
                !goes_on
            }
            StepState::Violated => !goes_on,
            _ => false,
        }
    }

    fn end(mut self, steps: Vec<StepReport>) -> Result<RunReport, Failure> {
        let mut exit = Exit::Done;
        for report in &steps {
            if report.gaps.iter().any(|gap| gap.unread) {
                exit = exit.worse(Exit::Partial);
            }
            if let Some(failure) = &report.failure {
                exit = exit.worse(failure.exit);
            }
        }
        if self.progress.cancelled() {
            exit = Exit::Interrupted;
        }
        let scope = self.scope();
        let mut outputs = Map::new();
        for (name, text) in &self.request.playbook.outputs {
            // An output of a step that did not happen is absent, not an error.
            if let Ok(value) = expression::interpolate(&Value::String(text.value().clone()), &scope) {
                outputs.insert(name.clone(), value);
            }
        }
        self.log("run-ended", None, json!({"exit": exit, "outputs": outputs}))?;
        Ok(RunReport { run: std::mem::take(&mut self.run), steps, outputs, exit })
    }
}

/// Remembers gaps for the step's report, and passes everything on.
struct Tee<'a> {
    inner: &'a mut dyn Sink,
    gaps: Vec<Gap>,
}

impl Sink for Tee<'_> {
    fn forward(&mut self) -> Option<&mut dyn Sink> {
        Some(self.inner)
    }
    fn gap(&mut self, gap: Gap) -> Result<(), Failure> {
        self.gaps.push(gap.clone());
        self.inner.gap(gap)
    }
}

/// An error with its causes, as one text for the journal.
fn chain(failure: &Failure) -> String {
    let mut text = failure.message.clone();
    let mut source = std::error::Error::source(failure);
    while let Some(error) = source {
        text.push_str(": ");
        text.push_str(&error.to_string());
        source = error.source();
    }
    text
}
