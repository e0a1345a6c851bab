//! Runs of real playbooks whose actions really change a folder.

use bbsec_case::{Access, Case};
use bbsec_core::{Exit, Silent};
use bbsec_playbook::{Answer, Mode, undo};

use crate::world::{World, state, states, yes};

pub(crate) const TWO: &str = "\
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
fn independent_steps_run_side_by_side() {
    let mut text =
        String::from("schema: bbsec-ir.playbook/v1\nname: many\ninputs: { dir: { type: path } }\nsteps:\n");
    for name in ["a", "b", "c"] {
        text.push_str(&format!(
            "  - id: {name}\n    uses: file.write\n    with:\n      path: ${{{{ inputs.dir }}}}/{name}\n      text: x\n      slow: 400\n"
        ));
    }
    let mut world = World::new();
    crate::world::MOST.store(0, std::sync::atomic::Ordering::SeqCst);
    let report = world.run(&text, yes(), Mode::Run, None).unwrap();
    assert_eq!(report.exit, Exit::Done);
    assert_eq!(report.steps.len(), 3);
    // nextest runs each test in a process of its own, `cargo test` does not: then it may even be more.
    assert!(crate::world::MOST.load(std::sync::atomic::Ordering::SeqCst) >= 3);
    // Three threads wrote to one journal and one bag.
    drop(world.case);
    assert!(bbsec_case::verify(&world.folder.path().join("case"), false, &Silent).unwrap().ok);
}

#[test]
fn an_accepted_change_runs_again_only_what_it_changed() {
    let mut world = World::new();
    let first = world.run(TWO, yes(), Mode::Run, None).unwrap();
    let changed = TWO.replace("/second", "/other");
    let says = crate::world::Says(yes(), std::sync::Mutex::default());
    let report = world.run_with(&changed, &says, Mode::Run, Some(first.run.clone()), true).unwrap();
    assert_eq!(states(&report), [("first", "succeeded"), ("second", "succeeded")]);
    assert_eq!(state(&report, "first").notes, ["done before the run was resumed"]);
    assert!(world.path("other").exists(), "its input has changed, so it is done");
    // From now on the accepted playbook is the one that belongs to the run.
    assert!(world.run(&changed, yes(), Mode::Run, Some(first.run)).is_ok());
}

#[test]
fn a_dry_run_names_every_change_and_permission() {
    let mut world = World::new();
    let playbook = bbsec_playbook::parse(TWO).unwrap();
    let mut given = serde_json::Map::new();
    given.insert("dir".into(), serde_json::json!(world.folder.path()));
    std::fs::write(world.path("first"), "before").unwrap();
    let plan = bbsec_playbook::plan(&playbook, &given, &mut world.case, &world.registry, &Silent).unwrap();
    let change = &plan.steps[0].plan.as_ref().unwrap().changes[0];
    assert_eq!((change.before.as_str(), change.after.as_str()), (Some("before"), Some("one")));
    assert_eq!(plan.digest.len(), 64);
    let again = bbsec_playbook::plan(&playbook, &given, &mut world.case, &world.registry, &Silent).unwrap();
    assert_eq!(plan.digest, again.digest, "the same plan has the same digest");
    std::fs::write(world.path("first"), "moved on").unwrap();
    let other = bbsec_playbook::plan(&playbook, &given, &mut world.case, &world.registry, &Silent).unwrap();
    assert_ne!(plan.digest, other.digest, "another world has another plan");
}
