//! The same attack in a home that fights back: found all the same, in bounded time, and nothing in it is executed.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use crate::harness::{Run, Scenario, bbsec_ir, scenario, temporary};

/// Far above what a scan of this small home takes, far below what an endless one would.
const LIMIT: Duration = Duration::from_mins(2);

fn scan(scenario: &Scenario, what: &str, more: &[&str]) -> Run {
    let _ = std::fs::remove_file(xtask::scenario::oddities::MARKER);
    let folder = temporary();
    let home = scenario.home.display().to_string();
    let mut arguments = vec!["scan", what, "--home", &home, "--format", "jsonl"];
    arguments.extend(more);
    let before = xtask::scenario::tree_hash(&scenario.home).unwrap();
    let started = Instant::now();
    let run = bbsec_ir(folder.path(), arguments);
    assert!(started.elapsed() < LIMIT, "scan {what} took {:?}", started.elapsed());
    assert!(!run.stderr.contains("panicked"), "{}", run.stderr);
    assert_eq!(before, xtask::scenario::tree_hash(&scenario.home).unwrap(), "scan {what} changed the home");
    for outside in [xtask::scenario::oddities::MARKER, "/tmp/bbsec-ir-climbed", "/tmp/bbsec-ir-absolute"] {
        assert!(!Path::new(outside).exists(), "scan {what} executed or unpacked something: {outside}");
    }
    run
}

/// No byte that a terminal would act on, and nothing of the files that links lead to.
fn harmless(run: &Run) {
    for output in [&run.stdout, &run.stderr] {
        assert!(!output.contains('\u{1b}'), "an escape sequence got through");
        assert!(!output.contains('\u{7}'), "a bell got through");
        assert!(!output.contains("root:x:0:0"), "a link out of the home was followed");
    }
}

#[test]
fn secrets_are_found_and_what_is_damaged_is_named() {
    let scenario = scenario("bitbucket-hostile");
    let run = scan(&scenario, "secrets", &[]).ended(&[4]);
    harmless(&run);
    let fingerprints: std::collections::BTreeSet<String> =
        run.rows().iter().filter_map(|row| Some(row["fingerprint"].as_str()?.to_owned())).collect();
    let missed: Vec<&str> = scenario
        .truth
        .exposed
        .iter()
        .filter(|exposed| !fingerprints.contains(&exposed.fingerprint))
        .map(|exposed| exposed.name.as_str())
        .collect();
    assert!(missed.is_empty(), "not found: {missed:?}");
    assert!(run.stderr.contains("9004"), "the damaged repository is not named:\n{}", run.stderr);
}

#[test]
fn forks_that_name_their_origin_by_the_hosts_path_are_still_read() {
    let scenario = scenario("bitbucket-hostile");
    let run = scan(&scenario, "secrets", &[]);
    let rows = run.rows();
    for exposed in scenario.truth.exposed.iter().filter(|exposed| exposed.inherited) {
        let folder = exposed.folder.as_str();
        let found = rows.iter().any(|row| {
            row["fingerprint"] == exposed.fingerprint.as_str()
                && row["repo"].as_str().is_some_and(|repo| repo.ends_with(folder))
        });
        assert!(found, "{} is not found in the fork {}", exposed.name, exposed.repository);
    }
}

#[test]
fn the_access_log_is_read_around_its_hostile_lines() {
    let scenario = scenario("bitbucket-hostile");
    let known = scenario.truth.known[0].as_str();
    let run = scan(&scenario, "access", &["--suspect", known, "--log-tz", "Etc/GMT+5"]).ended(&[4]);
    harmless(&run);
    let rows = run.rows();
    for touched in &scenario.truth.touched {
        let row = rows.iter().find(|row| {
            row["suspect"] == true
                && row["target"]["id"] == touched.repository.as_str()
                && row["actor"]["user"].as_str() == touched.user.as_deref()
        });
        let row = row.unwrap_or_else(|| panic!("no suspect row for {}", touched.repository));
        assert_eq!(row["bytes_out"].as_u64(), Some(touched.bytes_out), "{}", touched.repository);
        // The server's clock is five hours behind: with its zone, times fall into the window.
        let (from, to) = &scenario.truth.window;
        let first = row["first"].as_str().unwrap();
        let stamp = |time: &chrono::DateTime<chrono::Utc>| time.format("%Y-%m-%dT%H:%M").to_string();
        assert!(*first >= *stamp(from) && *first <= *stamp(to), "{first} is outside the window");
    }
}

#[test]
fn plugins_that_are_none_are_named_and_the_web_shell_is_found() {
    let scenario = scenario("bitbucket-hostile");
    let run = scan(&scenario, "plugins", &[]).ended(&[4]);
    harmless(&run);
    let planted = scenario.truth.plugins.iter().find(|plugin| plugin.bad).unwrap();
    let grave = |row: &&serde_json::Value| matches!(row["severity"].as_str(), Some("high" | "critical"));
    let rows = run.rows();
    assert!(rows.iter().filter(grave).any(|row| row.to_string().contains(&planted.key)));
    for jar in ["notes.jar", "cut.jar"] {
        assert!(
            run.stderr.contains(jar) || rows.iter().any(|row| row.to_string().contains(jar)),
            "{jar} is not named:\n{}",
            run.stderr
        );
    }
}

#[test]
fn accounts_and_configuration_are_read() {
    let scenario = scenario("bitbucket-hostile");
    for what in ["accounts", "config"] {
        let run = scan(&scenario, what, &[]).ended(&[0, 4]);
        harmless(&run);
        assert!(!run.rows().is_empty(), "scan {what} found nothing");
    }
}
