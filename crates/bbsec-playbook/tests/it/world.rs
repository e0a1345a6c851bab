//! A case, a registry whose one action really changes a folder, and somebody who answers.

use std::{
    path::PathBuf,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use bbsec_case::{Case, NewCase};
use bbsec_core::{
    Action, ActionMeta, Change, ChangeResult, Context, Effect, Exit, Failure, Idempotency, Observed, Phase,
    Plan, Silent, Undo, Verdict,
};
use bbsec_playbook::{
    Answer, Approval, Approver, Mode, Observer, Registry, Request, RunReport, RunRequest, Step, StepReport,
    check, run,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// How many applies run, and the most that ever ran at once.
static RUNNING: AtomicUsize = AtomicUsize::new(0);
pub(crate) static MOST: AtomicUsize = AtomicUsize::new(0);

/// Writes a text into a file, and can take it back.
pub(crate) struct WriteFile;

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WriteInput {
    path: PathBuf,
    text: String,
    /// Fails after it has written.
    #[serde(default)]
    fail: bool,
    /// Milliseconds that it takes, unless it is asked to stop.
    #[serde(default)]
    slow: u64,
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub(crate) struct WriteOutput {
    bytes: usize,
}

impl Action for WriteFile {
    type Input = WriteInput;
    type Output = WriteOutput;

    fn meta(&self) -> ActionMeta {
        ActionMeta {
            id: "file.write",
            summary: "Write a file",
            version: 1,
            effect: Effect::Changes,
            undo: Undo::FromJournal,
            idempotency: Idempotency::Natural,
            permissions: &[],
        }
    }

    fn plan(&self, input: &WriteInput, _: &mut Context<'_>) -> Result<Plan, Failure> {
        let change = change(input);
        Ok(Plan { summary: "write a file".into(), changes: vec![change], ..Plan::default() })
    }

    fn observe(&self, input: &WriteInput, _: &mut Context<'_>) -> Result<Observed<WriteOutput>, Failure> {
        let there = std::fs::read_to_string(&input.path).is_ok_and(|text| text == input.text);
        Ok(if there { Observed::Done(WriteOutput { bytes: input.text.len() }) } else { Observed::NotDone })
    }

    fn apply(&self, input: &WriteInput, context: &mut Context<'_>) -> Result<WriteOutput, Failure> {
        RUNNING.fetch_add(1, Ordering::SeqCst);
        MOST.fetch_max(RUNNING.load(Ordering::SeqCst), Ordering::SeqCst);
        let mut left = input.slow;
        while left > 0 && !context.progress.cancelled() {
            std::thread::sleep(Duration::from_millis(left.min(20)));
            left = left.saturating_sub(20);
        }
        RUNNING.fetch_sub(1, Ordering::SeqCst);
        if left > 0 {
            return Err(Failure::new(Exit::Interrupted, "asked to stop"));
        }
        let id = context.changes.intent(&change(input))?;
        std::fs::write(&input.path, &input.text).map_err(|error| Failure::because("cannot write", error))?;
        context.changes.outcome(id, &ChangeResult::Done { answer: Value::Null })?;
        if input.fail {
            return Err(Failure::new(Exit::Failed, "it was told to fail"));
        }
        Ok(WriteOutput { bytes: input.text.len() })
    }

    fn verify(&self, input: &WriteInput, _: &WriteOutput, _: &mut Context<'_>) -> Result<Verdict, Failure> {
        let holds = std::fs::read_to_string(&input.path).is_ok_and(|text| text == input.text);
        Ok(Verdict { holds, checked: vec!["read back".into()], violated: Vec::new() })
    }

    fn undo(&self, input: &WriteInput, context: &mut Context<'_>) -> Result<Verdict, Failure> {
        for (_, change, _) in context.changes.past()?.iter().rev() {
            match change.before.as_str() {
                Some(text) => std::fs::write(&input.path, text),
                None => std::fs::remove_file(&input.path),
            }
            .map_err(|error| Failure::because("cannot take back", error))?;
        }
        Ok(Verdict { holds: true, ..Verdict::default() })
    }
}

fn change(input: &WriteInput) -> Change {
    Change {
        operation: "write".into(),
        subject: input.path.display().to_string(),
        before: std::fs::read_to_string(&input.path).map_or(Value::Null, Value::from),
        after: Value::from(input.text.clone()),
        undo: Some("write the old text".into()),
    }
}

/// The same, as containment.
pub(crate) struct Cut;

impl Action for Cut {
    type Input = WriteInput;
    type Output = WriteOutput;
    fn meta(&self) -> ActionMeta {
        ActionMeta { id: "cut", summary: "Cut something off", ..WriteFile.meta() }
    }
    fn plan(&self, input: &WriteInput, context: &mut Context<'_>) -> Result<Plan, Failure> {
        WriteFile.plan(input, context)
    }
    fn observe(
        &self,
        input: &WriteInput,
        context: &mut Context<'_>,
    ) -> Result<Observed<WriteOutput>, Failure> {
        WriteFile.observe(input, context)
    }
    fn apply(&self, input: &WriteInput, context: &mut Context<'_>) -> Result<WriteOutput, Failure> {
        WriteFile.apply(input, context)
    }
    fn verify(
        &self,
        input: &WriteInput,
        output: &WriteOutput,
        context: &mut Context<'_>,
    ) -> Result<Verdict, Failure> {
        WriteFile.verify(input, output, context)
    }
    fn undo(&self, input: &WriteInput, context: &mut Context<'_>) -> Result<Verdict, Failure> {
        WriteFile.undo(input, context)
    }
    fn phase(&self) -> Phase {
        Phase::Contain
    }
}

/// Always the same answer.
pub(crate) struct Says(pub(crate) Answer, pub(crate) Mutex<Vec<String>>);

impl Approver for Says {
    fn ask(&self, request: &Request<'_>) -> Answer {
        self.1.lock().unwrap().push(format!("{}: {}", request.step, request.message));
        self.0.clone()
    }
}

pub(crate) struct Unwatched;

impl Observer for Unwatched {
    fn begins(&self, _: &str, _: &str, _: &[Step]) {}
    fn starts(&self, _: &str, _: Option<&str>) {}
    fn waits(&self, _: &str, _: Option<&str>) {}
    fn ended(&self, _: &StepReport) {}
}

pub(crate) struct World {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) case: Case,
    pub(crate) registry: Registry,
}

impl World {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let new = NewCase { title: "test".into(), responder: "tester".into(), ..NewCase::default() };
        let case = Case::create(&folder.path().join("case"), new).unwrap();
        Self { folder, case, registry: registry() }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn run(
        &mut self,
        text: &str,
        answer: Answer,
        mode: Mode,
        resume: Option<String>,
    ) -> Result<RunReport, Failure> {
        self.run_with(text, &Says(answer, Mutex::default()), mode, resume, false)
    }

    pub(crate) fn run_with(
        &mut self,
        text: &str,
        approver: &dyn Approver,
        mode: Mode,
        resume: Option<String>,
        accept_changes: bool,
    ) -> Result<RunReport, Failure> {
        let checked = check(text, &self.registry);
        assert_eq!(checked.errors(), 0, "{:#?}", checked.found);
        let playbook = checked.playbook.unwrap();
        let mut given = Map::new();
        given.insert("dir".into(), json!(self.folder.path()));
        let request = RunRequest { playbook: &playbook, text, given, mode, resume, accept_changes, jobs: 4 };
        run(&request, &mut self.case, &self.registry, approver, &Unwatched, &Silent)
    }

    /// The kinds of the journal's lines about a step.
    pub(crate) fn told(&self, step: &str) -> Vec<String> {
        let entries = self.case.journal().entries().unwrap();
        entries
            .into_iter()
            .filter(|entry| entry.step.as_deref() == Some(step))
            .map(|entry| entry.kind)
            .collect()
    }
}

pub(crate) fn registry() -> Registry {
    let mut registry = Registry::default();
    registry.action(WriteFile).action(Cut);
    registry
}

pub(crate) fn yes() -> Answer {
    Answer::Yes(vec![Approval { by: "somebody".into(), how: "terminal".into() }])
}

pub(crate) fn states(report: &RunReport) -> Vec<(&str, &'static str)> {
    report.steps.iter().map(|step| (step.id.as_str(), step.state.name())).collect()
}

pub(crate) fn state<'r>(report: &'r RunReport, id: &str) -> &'r StepReport {
    report.steps.iter().find(|step| step.id == id).unwrap()
}
