#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]
//! Runs of real playbooks whose actions really change a folder.

use std::{cell::RefCell, path::PathBuf};

use bbsec_case::{Access, Case, NewCase};
use bbsec_core::{
    Action, ActionMeta, Change, ChangeResult, Context, Effect, Exit, Failure, Idempotency, Observed, Plan,
    Silent, Undo, Verdict,
};
use bbsec_playbook::{
    Answer, Approver, Mode, Observer, Registry, Request, RunReport, RunRequest, StepReport, parse, render,
    run, undo, validate,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// Writes a text into a file, and can take it back.
struct WriteFile;

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct WriteInput {
    path: PathBuf,
    text: String,
    #[serde(default)]
    fail: bool,
}

#[derive(Serialize, Deserialize, JsonSchema)]
struct WriteOutput {
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
        if input.fail {
            return Err(Failure::new(Exit::Failed, "it was told to fail"));
        }
        let id = context.changes.intent(&change(input))?;
        std::fs::write(&input.path, &input.text).map_err(|error| Failure::because("cannot write", error))?;
        context.changes.outcome(id, &ChangeResult::Done { answer: Value::Null })?;
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

struct Says(Answer, RefCell<Vec<String>>);

impl Approver for Says {
    fn ask(&self, request: &Request<'_>) -> Answer {
        self.1.borrow_mut().push(format!("{}: {}", request.step, request.message));
        self.0.clone()
    }
}

struct Unwatched;

impl Observer for Unwatched {
    fn begins(&self, _: &str, _: &[&str]) {}
    fn starts(&self, _: &str, _: Option<&str>) {}
    fn ended(&self, _: &StepReport) {}
}

struct World {
    folder: tempfile::TempDir,
    case: Case,
    registry: Registry,
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let new = NewCase { title: "test".into(), responder: "tester".into(), ..NewCase::default() };
        let case = Case::create(&folder.path().join("case"), new).unwrap();
        let mut registry = Registry::default();
        registry.action(WriteFile);
        Self { folder, case, registry }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn run(
        &mut self,
        text: &str,
        answer: Answer,
        mode: Mode,
        resume: Option<String>,
    ) -> Result<RunReport, Failure> {
        let playbook = parse(text).unwrap();
        let mut given = Map::new();
        given.insert("dir".into(), json!(self.folder.path()));
        let request = RunRequest { playbook: &playbook, text, given, mode, resume, accept_changes: false };
        let says = Says(answer, RefCell::default());
        run(&request, &mut self.case, &self.registry, &says, &Unwatched, &Silent)
    }
}

const TWO: &str = "\
schema: bbsec-ir.playbook/v1
name: two
inputs:
  dir: { type: path }
steps:
  - id: second
    uses: file.write
    needs: [first]
    approve:
      message: write the second into ${{ inputs.dir }}?
    with:
      path: ${{ inputs.dir }}/second
      text: ${{ steps.first.outputs.bytes }} bytes
  - id: first
    uses: file.write
    with:
      path: ${{ inputs.dir }}/first
      text: one
";

fn yes() -> Answer {
    Answer::Yes { by: "somebody".into() }
}

fn states(report: &RunReport) -> Vec<(&str, &'static str)> {
    report.steps.iter().map(|step| (step.id.as_str(), step.state.name())).collect()
}

#[test]
fn needs_decide_the_order_and_outputs_flow_on() {
    let mut world = World::new();
    let report = world.run(TWO, yes(), Mode::Run, None).unwrap();
    assert_eq!(states(&report), [("first", "succeeded"), ("second", "succeeded")]);
    assert_eq!(report.exit, Exit::Done);
    assert_eq!(std::fs::read_to_string(world.path("second")).unwrap(), "3 bytes");
}

#[test]
fn a_refusal_ends_with_its_exit_code_and_changes_nothing() {
    let mut world = World::new();
    let report = world.run(TWO, Answer::No { why: "not now".into() }, Mode::Run, None).unwrap();
    assert_eq!(states(&report), [("first", "succeeded"), ("second", "refused")]);
    assert_eq!(report.exit, Exit::Refused);
    assert!(!world.path("second").exists());
}

#[test]
fn a_dry_run_changes_nothing() {
    let mut world = World::new();
    let report = world.run(TWO, yes(), Mode::DryRun, None).unwrap();
    assert_eq!(states(&report), [("first", "planned"), ("second", "planned")]);
    assert!(!world.path("first").exists());
}

#[test]
fn a_resumed_run_repeats_nothing_and_finishes_the_rest() {
    let mut world = World::new();
    let first = world.run(TWO, Answer::No { why: "later".into() }, Mode::Run, None).unwrap();
    // If the first step were done again, this would be overwritten.
    std::fs::write(world.path("first"), "changed since").unwrap();
    let report = world.run(TWO, yes(), Mode::Run, Some(first.run.clone())).unwrap();
    assert_eq!(states(&report), [("first", "succeeded"), ("second", "succeeded")]);
    assert_eq!(std::fs::read_to_string(world.path("first")).unwrap(), "changed since");
    assert_eq!(report.run, first.run);
}

#[test]
fn a_changed_playbook_is_not_resumed_without_a_word() {
    let mut world = World::new();
    let first = world.run(TWO, Answer::No { why: "later".into() }, Mode::Run, None).unwrap();
    let changed = TWO.replace("text: one", "text: other");
    let failure = world.run(&changed, yes(), Mode::Run, Some(first.run)).unwrap_err();
    assert_eq!(failure.exit, Exit::Usage);
}

#[test]
fn undo_goes_backwards_and_puts_back_what_was_there() {
    let mut world = World::new();
    std::fs::write(world.path("first"), "before").unwrap();
    let report = world.run(TWO, yes(), Mode::Run, None).unwrap();
    let undone = undo(&mut world.case, &world.registry, &report.run, None, &Silent).unwrap();
    assert_eq!(undone.iter().map(|step| step.id.as_str()).collect::<Vec<_>>(), ["second", "first"]);
    assert_eq!(std::fs::read_to_string(world.path("first")).unwrap(), "before");
    assert!(!world.path("second").exists());
    let again = undo(&mut world.case, &world.registry, &report.run, None, &Silent).unwrap_err();
    assert_eq!(again.exit, Exit::Nothing);
}

#[test]
fn a_failed_step_halts_what_follows_unless_told_otherwise() {
    let text = TWO.replace("      text: one", "      text: one\n      fail: true");
    let mut world = World::new();
    let report = world.run(&text, yes(), Mode::Run, None).unwrap();
    assert_eq!(states(&report), [("first", "failed"), ("second", "skipped")]);
    assert_eq!(report.exit, Exit::Failed);
    drop(Case::open(&world.path("case"), Access::Read).unwrap());
}

#[test]
fn everything_wrong_is_told_at_once_with_its_place() {
    let text = "\
schema: bbsec-ir.playbook/v1
name: wrong
inputs:
  dir: { type: path }
steps:
  - id: a
    uses: file.wrte
    needs: [b]
  - id: b
    uses: file.write
    needs: [a]
    when: inputs.dri
    with:
      pth: x
      text: 3
";
    let world = World::new();
    let playbook = parse(text).unwrap();
    let found = validate(&playbook, &world.registry);
    insta::assert_snapshot!(render(&found, "wrong.yaml", text, false));
}

#[test]
fn hostile_yaml_ends_in_a_message() {
    let bomb = "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\n\
                d: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: [*d,*d,*d,*d,*d,*d,*d,*d,*d]\n";
    for (what, text) in [
        ("alias bomb", bomb.to_owned()),
        ("ten megabytes", "x".repeat(10_000_000)),
        ("duplicate key", "schema: a\nschema: b\n".to_owned()),
        ("yes for true", TWO.replace("path: ${{ inputs.dir }}/first", "fail: yes")),
        ("tab", "schema:\n\t- x\n".to_owned()),
        ("deep nesting", "[".repeat(10_000)),
        (
            "expression in a flow collection",
            "schema: bbsec-ir.playbook/v1\nname: x\nsteps: [${{ x }}]\n".to_owned(),
        ),
    ] {
        let began = std::time::Instant::now();
        let world = World::new();
        let wrong = match parse(&text) {
            Err(diagnostic) => !diagnostic.message.is_empty(),
            Ok(playbook) => !validate(&playbook, &world.registry).is_empty(),
        };
        assert!(wrong, "{what}");
        assert!(began.elapsed().as_secs() < 5, "{what}");
    }
}
