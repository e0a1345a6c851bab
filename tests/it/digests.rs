//! Chains of digests beside `aws cloudtrail validate-logs`: the same verdict on each, and three things that it does not see.

use std::{collections::BTreeMap, process::Command};

use bbsec_cloudtrail::digest::{Kept, What};
use bbsec_core::Silent;
use serde_json::Value;
use xtask::digests::{Damage, Maker};

use crate::harness::{bbsec_ir, finish, needs, python, root, temporary};

/// How many chains; `cargo xtask matrix` asks for a thousand.
fn count() -> u64 {
    std::env::var("BBSEC_MATRIX").ok().and_then(|count| count.parse().ok()).unwrap_or(50)
}

#[test]
fn matrix_damaged_chains_are_judged_as_awscli_judges_them() {
    let Some(python) = python("judging digests beside awscli") else { return };
    if !needs("openssl", "judging digests beside awscli") {
        return;
    }
    let folder = temporary();
    let maker = Maker::new().unwrap();
    let mut ours: BTreeMap<String, (Damage, Vec<What>)> = BTreeMap::new();
    for seed in 0..count() {
        let (damage, chain) = maker.make(seed).unwrap();
        let name = format!("{seed:04}");
        let mut kept = Kept::default();
        for (path, shown) in maker.write(&chain, &folder.path().join(&name)).unwrap() {
            kept.add(&path, &shown).unwrap();
        }
        let report = kept.verify(Some("20260101"), &Silent);
        ours.insert(name, (damage, report.problems.into_iter().map(|problem| problem.what).collect()));
    }
    let script = root().join("tests/digests/validate_logs.py");
    let theirs = finish(Command::new(&python).arg(script).arg(folder.path())).ended(&[0]);
    let theirs: BTreeMap<String, Value> = serde_json::from_str(&theirs.stdout).unwrap();
    assert_eq!(theirs.len(), ours.len());
    for (name, (damage, found)) in &ours {
        let their = &theirs[name];
        let they_object = their["digests"][1] != 0 || their["logs"][1] != 0;
        let alone = |what: &What| matches!(what, What::Unlisted | What::PreviousHash { .. });
        let we_object = found.iter().any(|what| !alone(what));
        if *damage != Damage::LogTrailer {
            assert_eq!(we_object, they_object, "chain {name}, {damage:?}: we say {found:?}, awscli {their}");
        }
        assert_eq!(
            they_object,
            *damage != Damage::None && !damage.is_ours_alone(),
            "chain {name}, {damage:?}"
        );
        assert_eq!(found.is_empty(), *damage == Damage::None, "chain {name}, {damage:?}");
        if matches!(damage, Damage::LogAdded | Damage::PreviousHash) {
            assert!(found.iter().any(alone), "chain {name}, {damage:?}: {found:?}");
        }
    }
    println!("{} chains, {} kinds of damage", ours.len(), Damage::ALL.len());
}

#[test]
fn scan_cloudtrail_names_what_was_altered_in_a_folder_of_logs() {
    if !needs("openssl", "finding altered logs") {
        return;
    }
    let folder = temporary();
    let maker = Maker::new().unwrap();
    for (damage, rule) in [
        (Damage::None, None),
        (Damage::LogRemoved, Some("trail-log-missing")),
        (Damage::LogAdded, Some("trail-log-unlisted")),
    ] {
        let seed = Damage::ALL.iter().position(|kind| *kind == damage).unwrap() as u64;
        let (_, chain) = maker.make(seed).unwrap();
        let logs = folder.path().join(format!("{seed}"));
        maker.write(&chain, &logs).unwrap();
        let run = bbsec_ir(
            folder.path(),
            ["scan", "cloudtrail", "--format", "jsonl", "--path", logs.to_str().unwrap()],
        );
        let rows = run.rows();
        let found: Vec<&str> = rows
            .iter()
            .filter_map(|row| row["rule"].as_str())
            .filter(|rule| rule.starts_with("trail-"))
            .collect();
        assert_eq!(found, rule.into_iter().collect::<Vec<_>>(), "{damage:?}: {}", run.stderr);
    }
}
