//! What bad input gets: one clear message with what to do next, and the contract's exit code.

use crate::harness::{Run, bbsec_ir, temporary};

fn explained(run: &Run) {
    assert!(!run.stderr.trim().is_empty(), "nothing was said");
    assert!(!run.stderr.contains("panicked"), "{}", run.stderr);
}

#[test]
fn a_home_that_is_not_there_fails_with_a_message() {
    let folder = temporary();
    for what in ["secrets", "access", "accounts", "plugins", "config"] {
        let run = bbsec_ir(folder.path(), ["scan", what, "--home", "no/such/home"]).ended(&[1, 2, 3]);
        explained(&run);
        assert!(run.stderr.contains("no/such/home"), "scan {what} does not name the path: {}", run.stderr);
    }
}

#[test]
fn an_empty_home_is_nothing_to_process() {
    let folder = temporary();
    std::fs::create_dir(folder.path().join("home")).unwrap();
    for what in ["secrets", "access", "accounts", "plugins", "config"] {
        let run = bbsec_ir(folder.path(), ["scan", what, "--home", "home"]).ended(&[3]);
        explained(&run);
    }
}

#[test]
fn a_file_instead_of_a_home_fails_with_a_message() {
    let folder = temporary();
    std::fs::write(folder.path().join("home"), "not a folder").unwrap();
    for what in ["secrets", "access", "accounts", "plugins", "config"] {
        explained(&bbsec_ir(folder.path(), ["scan", what, "--home", "home"]).ended(&[1, 2, 3]));
    }
}

#[test]
fn unknown_words_are_usage_errors() {
    let folder = temporary();
    for arguments in [
        vec!["frobnicate"],
        vec!["scan", "everything"],
        vec!["scan", "secrets", "--format", "poem", "--path", "."],
        vec!["scan", "access", "--log", "x", "--suspect", "nonsense"],
        vec!["scan", "access", "--log", "x", "--suspect", "ip:not-an-address"],
    ] {
        explained(&bbsec_ir(folder.path(), arguments).ended(&[2]));
    }
}

#[test]
fn a_playbook_that_is_none_does_not_validate() {
    let folder = temporary();
    for (name, content) in [
        ("empty.yaml", ""),
        ("binary.yaml", "\0\0\0"),
        ("other.yaml", "schema: something/v9\nsteps: []\n"),
        (
            "unknown.yaml",
            "schema: bbsec-ir.playbook/v1\nname: x\nsteps:\n  - id: a\n    uses: no.such.thing\n",
        ),
    ] {
        std::fs::write(folder.path().join(name), content).unwrap();
        explained(&bbsec_ir(folder.path(), ["playbook", "validate", name]).ended(&[2]));
    }
    explained(&bbsec_ir(folder.path(), ["playbook", "validate", "absent.yaml"]).ended(&[1, 2]));
}

#[test]
fn a_case_is_not_made_over_another() {
    let folder = temporary();
    bbsec_ir(folder.path(), ["case", "new", "incident"]).ended(&[0]);
    explained(&bbsec_ir(folder.path(), ["case", "new", "incident"]).ended(&[1, 2]));
    bbsec_ir(folder.path(), ["verify", "incident"]).ended(&[0]);
}
