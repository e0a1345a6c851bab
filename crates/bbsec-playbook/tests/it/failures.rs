//! What a failure means for the rest, in every word that a playbook has for it.

use bbsec_core::Exit;
use bbsec_playbook::{Answer, Mode};

use crate::world::{World, state, states, yes};

/// Three steps in a row, the second of which fails in the given way.
fn three(uses: &str, second: &str, more: &str) -> String {
    format!(
        "schema: bbsec-ir.playbook/v1\nname: three\ninputs:\n  dir: {{ type: path }}\nsteps:\n\
         \x20 - id: one\n    uses: file.write\n    with:\n      path: ${{{{ inputs.dir }}}}/one\n      text: x\n\
         \x20 - id: two\n    uses: {uses}\n    needs: [one]\n{second}    with:\n      path: ${{{{ inputs.dir }}}}/two\n      text: x\n{more}\
         \x20 - id: three\n    uses: file.write\n    needs: [two]\n    with:\n      path: ${{{{ inputs.dir }}}}/three\n      text: x\n"
    )
}

const FAILS: &str = "      fail: true\n";

#[test]
fn halt_starts_nothing_more_and_undoes_nothing() {
    let mut world = World::new();
    let report = world.run(&three("file.write", "", FAILS), yes(), Mode::Run, None).unwrap();
    assert_eq!(states(&report), [("one", "succeeded"), ("two", "failed"), ("three", "skipped")]);
    assert_eq!(report.exit, Exit::Failed);
    assert!(world.path("one").exists() && world.path("two").exists());
}

#[test]
fn continue_goes_on_and_ends_as_partial() {
    let mut world = World::new();
    let text = three("file.write", "    on_failure: continue\n", FAILS);
    let report = world.run(&text, yes(), Mode::Run, None).unwrap();
    assert_eq!(states(&report), [("one", "succeeded"), ("two", "failed"), ("three", "succeeded")]);
    assert_eq!(report.exit, Exit::Partial);
}

#[test]
fn undo_takes_back_the_step_alone_and_journals_it() {
    let mut world = World::new();
    let text = three("file.write", "    on_failure: undo\n", FAILS);
    let report = world.run(&text, yes(), Mode::Run, None).unwrap();
    assert_eq!(states(&report), [("one", "succeeded"), ("two", "failed"), ("three", "skipped")]);
    assert!(world.path("one").exists() && !world.path("two").exists());
    assert!(world.told("two").contains(&"step-undone".to_owned()));
}

#[test]
fn containment_is_never_undone_by_itself() {
    let text = three("cut", "    on_failure: undo\n", FAILS);
    let world = World::new();
    let found = bbsec_playbook::check(&text, &world.registry).found;
    assert!(found.iter().any(|diagnostic| diagnostic.code == "PB019"), "{found:#?}");
    // Nor where the default says so, and validation was not asked.
    let playbook = bbsec_playbook::parse(&text).unwrap();
    let mut given = serde_json::Map::new();
    given.insert("dir".into(), serde_json::json!(world.folder.path()));
    let request = bbsec_playbook::RunRequest {
        playbook: &playbook,
        text: &text,
        given,
        mode: Mode::Run,
        resume: None,
        accept_changes: false,
        jobs: 1,
    };
    let says = crate::world::Says(yes(), std::sync::Mutex::default());
    let World { mut case, registry, folder } = world;
    bbsec_playbook::run(&request, &mut case, &registry, &says, &crate::world::Unwatched, &bbsec_core::Silent)
        .unwrap();
    assert!(folder.path().join("two").exists());
}

#[test]
fn goto_leads_to_a_step_that_otherwise_does_not_happen() {
    let handler = "  - id: call\n    manual:\n      text: call somebody\n";
    let failing = three("file.write", "    on_failure: goto:call\n", FAILS) + handler;
    let mut world = World::new();
    let report = world.run(&failing, yes(), Mode::Run, None).unwrap();
    assert_eq!(state(&report, "call").state.name(), "open");
    assert_eq!(state(&report, "three").state.name(), "skipped");
    let fine = three("file.write", "    on_failure: goto:call\n", "") + handler;
    let mut world = World::new();
    let report = world.run(&fine, yes(), Mode::Run, None).unwrap();
    assert_eq!(state(&report, "call").notes, ["no failure led to it"]);
    assert_eq!(report.exit, Exit::Done);
}

#[test]
fn a_timeout_asks_the_step_to_stop_and_fails_it() {
    let mut world = World::new();
    let text = three("file.write", "    timeout: 1s\n", "      slow: 60000\n");
    let began = std::time::Instant::now();
    let report = world.run(&text, yes(), Mode::Run, None).unwrap();
    assert!(began.elapsed().as_secs() < 30);
    let failure = state(&report, "two").failure.as_ref().unwrap();
    assert!(failure.message.contains("did not end within 1s"), "{failure}");
    assert_eq!(report.exit, Exit::Failed);
}

#[test]
fn retry_tries_again_after_looking() {
    let mut world = World::new();
    let text = three("file.write", "    retry: { attempts: 2, delay: 0 }\n", FAILS);
    let report = world.run(&text, yes(), Mode::Run, None).unwrap();
    // The first try had written the file before it failed: the second finds it done.
    assert_eq!(state(&report, "two").state.name(), "succeeded");
    assert_eq!(world.told("two").iter().filter(|kind| *kind == "retry").count(), 1);
}

#[test]
fn a_refusal_is_told_apart_from_a_failure() {
    let mut world = World::new();
    let ask = "    approve: { message: really }\n    on_failure: continue\n";
    let text = three("file.write", ask, "");
    let report = world.run(&text, Answer::No { why: "not now".into() }, Mode::Run, None).unwrap();
    assert_eq!(states(&report), [("one", "succeeded"), ("two", "refused"), ("three", "succeeded")]);
    assert_eq!(report.exit, Exit::Refused);
    assert!(!world.path("two").exists());
}
