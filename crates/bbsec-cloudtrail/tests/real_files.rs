#![allow(clippy::print_stderr, clippy::unwrap_used, reason = "a test says what it could not run")]
//! On CloudTrail that nobody here wrote, where it is at hand.

use std::path::PathBuf;

use bbsec_cloudtrail::{Conclusions, read};
use bbsec_core::{Scope, Silent};

fn corpus(name: &str) -> Option<PathBuf> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/cloudtrail").join(name);
    if path.is_dir() {
        return Some(path);
    }
    eprintln!("not run: {} is not here", path.display());
    None
}

#[test]
fn every_record_of_a_real_hour_is_read_once() {
    let Some(path) = corpus("invictus") else { return };
    let mut records = 0;
    let mut gaps = Vec::new();
    let summary = read(
        &[path],
        &mut |_| {
            records += 1;
            Ok(())
        },
        &mut |gap| {
            gaps.push(gap);
            Ok(())
        },
        &Silent,
    )
    .unwrap();
    assert_eq!((records, summary.records + summary.duplicates, gaps.len()), (summary.records, 2900, 0));
}

#[test]
fn stolen_instance_credentials_in_a_real_attack_are_found() {
    let Some(path) = corpus("otrf") else { return };
    let mut conclusions = Conclusions::new(&Scope::default(), std::collections::BTreeMap::new());
    let summary = read(
        &[path],
        &mut |record| {
            conclusions.add(&record);
            Ok(())
        },
        &mut |_| Ok(()),
        &Silent,
    )
    .unwrap();
    assert!(summary.records > 100, "{summary:?}");
    let found = conclusions.finish();
    assert!(found.iter().any(|finding| finding.rule == "credential-use"));
}

/// Two findings, beside the facts about credentials, and both are techniques of the attack: credentials of an instance
/// used from the attacker's address, and twenty secrets read in a row.
#[test]
fn a_real_hour_raises_few_conclusions() {
    let Some(path) = corpus("invictus") else { return };
    let mut conclusions = Conclusions::new(&Scope::default(), std::collections::BTreeMap::new());
    let mut take = |record| {
        conclusions.add(&record);
        Ok(())
    };
    read(&[path], &mut take, &mut |_| Ok(()), &Silent).unwrap();
    let found = conclusions.finish();
    let mut told: Vec<String> = found
        .iter()
        .filter(|finding| finding.rule != "credential-use")
        .map(|finding| format!("{}: {}", finding.rule, finding.title))
        .collect();
    told.sort();
    let rules: Vec<&str> = told.iter().filter_map(|told| told.split(':').next()).collect();
    assert_eq!(rules, ["instance-credentials-elsewhere", "secrets-read-in-bulk"], "{told:#?}");
}
