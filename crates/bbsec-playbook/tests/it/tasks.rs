//! What people do: open, done with evidence, left out.

use bbsec_core::{Exit, Silent};
use bbsec_playbook::{Mode, task, task_done, task_skipped, tasks};

use crate::world::{World, state, states, yes};

const PLAYBOOK: &str = "\
schema: bbsec-ir.playbook/v1
name: people
inputs:
  dir: { type: path }
steps:
  - id: call
    manual:
      text: Call the owner of ${{ inputs.dir }}.
      owner: incident lead
      evidence: the note of the call
  - id: after
    uses: file.write
    needs: [call]
    with:
      path: ${{ inputs.dir }}/after
      text: ${{ steps.call.outputs.result }}
";

#[test]
fn what_needs_a_task_waits_for_it_and_sees_what_came_of_it() {
    let mut world = World::new();
    let report = world.run(PLAYBOOK, yes(), Mode::Run, None).unwrap();
    assert_eq!(states(&report), [("call", "open"), ("after", "skipped")]);
    assert_eq!(report.exit, Exit::Partial, "something was not done");
    let open = task(&world.case, "call").unwrap();
    assert!(open.text.starts_with("Call the owner of /"));
    assert_eq!((open.owner.as_deref(), open.state), (Some("incident lead"), "open"));

    let note = world.path("note.txt");
    std::fs::write(&note, "they agreed").unwrap();
    task_done(&mut world.case, &open, "jo@example.org", "agreed", &[note]).unwrap();
    let done = task(&world.case, "call").unwrap();
    assert_eq!((done.state, done.by.as_deref()), ("done", Some("jo@example.org")));
    let item = world.case.items().iter().find(|item| item.path == done.attached[0]).unwrap();
    assert_eq!(item.size, 11);

    let report = world.run(PLAYBOOK, yes(), Mode::Run, Some(report.run)).unwrap();
    assert_eq!(states(&report), [("call", "succeeded"), ("after", "succeeded")]);
    assert_eq!(std::fs::read_to_string(world.path("after")).unwrap(), "agreed");
    drop(world.case);
    assert!(bbsec_case::verify(&world.folder.path().join("case"), false, &Silent).unwrap().ok);
}

#[test]
fn a_task_that_is_left_out_says_why_and_holds_nobody_up() {
    let text = PLAYBOOK.replace("${{ steps.call.outputs.result }}", "x");
    let mut world = World::new();
    let first = world.run(&text, yes(), Mode::Run, None).unwrap();
    let open = task(&world.case, "call").unwrap();
    task_skipped(&world.case, &open, "jo@example.org", "the owner is on the bridge already").unwrap();
    let report = world.run(&text, yes(), Mode::Run, Some(first.run)).unwrap();
    assert_eq!(states(&report), [("call", "skipped"), ("after", "succeeded")]);
    assert!(state(&report, "call").notes[0].contains("on the bridge already"));
    assert_eq!(report.exit, Exit::Done);
}

#[test]
fn a_later_run_replaces_the_open_task_of_an_earlier_one() {
    let mut world = World::new();
    world.run(PLAYBOOK, yes(), Mode::Run, None).unwrap();
    let second = world.run(PLAYBOOK, yes(), Mode::Run, None).unwrap();
    let open = tasks(&world.case).unwrap();
    assert_eq!(open.iter().map(|task| task.run.as_str()).collect::<Vec<_>>(), [second.run]);
    assert!(task(&world.case, "cal").unwrap_err().help.unwrap().contains("call"));
}
