//! The fixed slice of `cargo xtask crash`: every way of being cut short, spread over the places of a run.

use std::path::Path;

use xtask::crash::{Blow, Harness, Subject, places, subjects};

use crate::harness::{python, root};

/// Trials of a subject at places that are spread evenly over each kind of blow: `kills` for each way of being killed,
/// `faults` for each fault of a call.
fn slice(subject: &dyn Subject, kills: usize, faults: usize) {
    let Some(python) = python("cutting the program short on the AWS lab") else { return };
    let root = root();
    let harness = Harness::new(&root, Path::new(env!("CARGO_BIN_EXE_bbsec-ir")), &python);
    let lab = harness.lab(subject.name()).unwrap();
    let undisturbed = harness.undisturbed(subject, Some(&lab)).unwrap();
    let all = places(&undisturbed);
    let mut kinds: Vec<&str> = all.iter().map(Blow::kind).collect();
    kinds.sort_unstable();
    kinds.dedup();
    assert_eq!(kinds.len(), 7, "{kinds:?}");
    let mut bad = Vec::new();
    for kind in kinds {
        let of_kind: Vec<&Blow> = all.iter().filter(|blow| blow.kind() == kind).collect();
        let of_each = if of_kind.iter().any(|blow| blow.kills()) { kills } else { faults };
        if of_each == 0 {
            continue;
        }
        for blow in
            of_kind.iter().skip(of_kind.len() / (2 * of_each)).step_by(of_kind.len().div_ceil(of_each))
        {
            let row = harness.trial(subject, Some(&lab), &undisturbed, blow).unwrap();
            if !row.holds() {
                bad.push(format!("{blow}: {} then {}: {}", row.ended, row.closed, row.problems.join("; ")));
            }
        }
    }
    assert!(bad.is_empty(), "{}", bad.join("\n"));
}

#[test]
fn lab_isolate_cut_short_anywhere_ends_as_undisturbed() {
    slice(&subjects::Isolate, 2, 1);
}

#[test]
fn lab_release_cut_short_anywhere_ends_as_undisturbed() {
    slice(&subjects::Release, 1, 0);
}
