//! What `bbsec-ir scan` finds in the scenario, held against the truth that was written before anything was parsed.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use xtask::scenario::truth::{Exposed, Touched, Truth};

use crate::harness::{Scenario, bbsec_ir, scenario, temporary};

/// Verbs after which content has left.
const TAKING: [&str; 5] = ["clone", "fetch", "archive", "raw", "push"];

fn scan(scenario: &Scenario, what: &str, more: &[&str]) -> Vec<Value> {
    let folder = temporary();
    let home = scenario.home.display().to_string();
    let mut arguments = vec!["scan", what, "--home", &home, "--format", "jsonl"];
    arguments.extend(more);
    // 4: the home may hold things that cannot be read; what they are is not this test's matter.
    bbsec_ir(folder.path(), arguments).ended(&[0, 4]).rows()
}

fn text<'a>(row: &'a Value, pointer: &str) -> Option<&'a str> {
    row.pointer(pointer).and_then(Value::as_str)
}

fn strings(row: &Value, pointer: &str) -> Vec<String> {
    let list = row.pointer(pointer).and_then(Value::as_array).cloned().unwrap_or_default();
    list.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// `PAY/ledger`, from a row's project and slug.
fn repository(row: &Value) -> String {
    let project = text(row, "/project").unwrap_or("?");
    let project = if project.starts_with('~') { project.to_lowercase() } else { project.to_uppercase() };
    format!("{project}/{}", text(row, "/slug").unwrap_or("?"))
}

fn report(problems: &[String]) {
    assert!(problems.is_empty(), "{} differences from the truth:\n{}", problems.len(), problems.join("\n"));
}

#[test]
fn every_exposed_credential_is_found_where_it_stands() {
    let scenario = scenario("bitbucket-node");
    let rows = scan(&scenario, "secrets", &[]);
    let mut found: BTreeMap<(String, String), &Value> = BTreeMap::new();
    for row in &rows {
        found.insert((repository(row), text(row, "/fingerprint").unwrap_or_default().to_owned()), row);
    }
    let mut problems = Vec::new();
    for expected in &scenario.truth.exposed {
        let key = (expected.repository.clone(), expected.fingerprint.clone());
        match found.get(&key) {
            None => problems.push(format!(
                "{} ({}) in {}: not found",
                expected.name, expected.placement, expected.repository
            )),
            Some(row) => compare(expected, row, &mut problems),
        }
    }
    report(&problems);
}

fn compare(expected: &Exposed, row: &Value, problems: &mut Vec<String>) {
    let mut differs = |what: &str, expected_value: String, found: String| {
        if expected_value != found {
            problems.push(format!(
                "{} ({}) in {}: {what} is {found}, truth {expected_value}",
                expected.name, expected.placement, expected.repository
            ));
        }
    };
    let show = |value: Option<&str>| value.unwrap_or("null").to_owned();
    if expected.public_id.is_some() {
        differs("public_id", show(expected.public_id.as_deref()), show(text(row, "/public_id")));
    }
    differs("provider", expected.provider.clone(), show(text(row, "/provider")));
    differs("object.kind", expected.object.clone(), show(text(row, "/object/kind")));
    if let Some(path) = &expected.path {
        differs("path", path.clone(), show(text(row, "/path")));
    }
    if expected.object != "tag" {
        differs("commit", show(expected.commit.as_deref()), show(text(row, "/commit")));
        differs("author", show(expected.author.as_deref()), show(text(row, "/author")));
        differs("email", show(expected.email.as_deref()), show(text(row, "/email")));
    }
    differs("at_head", expected.at_head.to_string(), row["at_head"].to_string());
    let reachable: BTreeSet<&str> = row
        .pointer("/reachable")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|reach| text(reach, "/ref"))
        .collect();
    let truth: BTreeSet<&str> = expected.reachable.iter().map(String::as_str).collect();
    differs("reachable", format!("{truth:?}"), format!("{reachable:?}"));
}

#[test]
fn nothing_else_in_the_repositories_is_called_a_secret_with_confidence() {
    let scenario = scenario("bitbucket-node");
    let truth: BTreeSet<&str> =
        scenario.truth.exposed.iter().map(|exposed| exposed.fingerprint.as_str()).collect();
    let names: BTreeSet<&str> =
        scenario.truth.exposed.iter().filter_map(|exposed| exposed.public_id.as_deref()).collect();
    let rows = scan(&scenario, "secrets", &[]);
    let wrong: Vec<String> = rows
        .iter()
        .filter(|row| text(row, "/confidence") == Some("high"))
        .filter(|row| text(row, "/project").is_some())
        .filter(|row| !truth.contains(text(row, "/fingerprint").unwrap_or_default()))
        // The name of a key, told beside the key.
        .filter(|row| !names.contains(text(row, "/public_id").unwrap_or_default()))
        .map(|row| format!("{} {:?} {:?}", repository(row), text(row, "/rule"), text(row, "/path")))
        .collect();
    report(&wrong);
}

/// Rows of `scan access` about repositories, by repository, user, token and key.
fn touches(rows: &[Value]) -> BTreeMap<(String, String, String), &Value> {
    let mut out = BTreeMap::new();
    for row in rows.iter().filter(|row| text(row, "/target/kind") == Some("repository")) {
        let means = strings(row, "/actor/tokens").into_iter().chain(strings(row, "/actor/ssh_keys"));
        let key = (
            text(row, "/target/id").unwrap_or_default().to_owned(),
            text(row, "/actor/user").unwrap_or_default().to_owned(),
            means.collect::<Vec<_>>().join(","),
        );
        out.insert(key, row);
    }
    out
}

fn key(expected: &Touched) -> (String, String, String) {
    let means = expected.token.clone().or_else(|| expected.ssh_key.clone()).unwrap_or_default();
    (expected.repository.clone(), expected.user.clone().unwrap_or_default(), means)
}

#[test]
fn what_the_actor_touched_is_found_with_verbs_and_volumes() {
    let scenario = scenario("bitbucket-node");
    let rows = scan(&scenario, "access", &["--suspect", &scenario.truth.known[0]]);
    let suspect: Vec<Value> = rows.iter().filter(|row| row["suspect"] == true).cloned().collect();
    let found = touches(&suspect);
    let mut problems = Vec::new();
    for expected in &scenario.truth.touched {
        let key = key(expected);
        let Some(row) = found.get(&key) else {
            problems.push(format!("{key:?}: no suspect row"));
            continue;
        };
        for (verb, count) in &expected.verbs {
            let said = row["verbs"][verb].as_u64().unwrap_or_default();
            if said != *count {
                problems.push(format!("{key:?}: {verb} {said} times, truth {count}"));
            }
        }
        if row["bytes_out"].as_u64() != Some(expected.bytes_out) {
            problems.push(format!("{key:?}: {} bytes, truth {}", row["bytes_out"], expected.bytes_out));
        }
    }
    // An exploit reached its repository, whatever it did there.
    let touched = scenario.truth.touched.iter().map(|touched| touched.repository.as_str());
    let truth: BTreeSet<&str> = touched.chain(scenario.truth.exploited.iter().map(String::as_str)).collect();
    let named: BTreeSet<&str> = suspect
        .iter()
        .filter(|row| text(row, "/target/kind") == Some("repository"))
        .filter_map(|row| text(row, "/target/id"))
        .collect();
    if truth != named {
        problems.push(format!("suspect repositories {named:?}, truth {truth:?}"));
    }
    report(&problems);
}

#[test]
fn the_stolen_accounts_own_work_is_not_suspected() {
    let scenario = scenario("bitbucket-node");
    let rows = scan(&scenario, "access", &["--suspect", &scenario.truth.known[0]]);
    let usual: BTreeSet<&str> =
        scenario.truth.innocent.iter().flat_map(|row| row.ips.iter().map(String::as_str)).collect();
    let mut problems = Vec::new();
    for row in rows.iter().filter(|row| row["suspect"] == true) {
        let shared: Vec<String> =
            strings(row, "/actor/ips").into_iter().filter(|ip| usual.contains(ip.as_str())).collect();
        if !shared.is_empty() {
            problems.push(format!("suspect row from {shared:?}: {}", row["target"]));
        }
    }
    let innocent = |row: &&Touched| TAKING.iter().any(|verb| row.verbs.contains_key(*verb));
    let found = touches(&rows);
    for expected in scenario.truth.innocent.iter().filter(innocent).filter(|row| row.token.is_some()) {
        match found.get(&key(expected)) {
            Some(row) if row["suspect"] == false => {}
            other => problems.push(format!("{:?}: {:?}", key(expected), other.map(|row| &row["suspect"]))),
        }
    }
    report(&problems);
}

/// Everything that findings of at least medium severity say, in one text.
fn said(rows: &[Value]) -> String {
    let loud = |row: &&Value| matches!(text(row, "/severity"), Some("medium" | "high" | "critical"));
    rows.iter().filter(loud).map(|row| row.to_string() + "\n").collect()
}

#[test]
fn what_the_actor_planted_is_found() {
    let scenario = scenario("bitbucket-node");
    let planted = &scenario.truth.planted;
    let said = said(&scan(&scenario, "accounts", &[]));
    let mut problems = Vec::new();
    let keys = planted.ssh_keys.iter().map(|(number, _)| number);
    for thing in planted.users.iter().chain(&planted.tokens).chain(keys) {
        if !said.contains(thing.as_str()) {
            problems.push(format!("no finding about {thing}"));
        }
    }
    report(&problems);
}

#[test]
fn the_web_shell_is_found_and_no_other_plugin_is_called_one() {
    let scenario = scenario("bitbucket-node");
    let rows = scan(&scenario, "plugins", &[]);
    let grave = |row: &&Value| matches!(text(row, "/severity"), Some("high" | "critical"));
    let grave: String = rows.iter().filter(grave).map(|row| row.to_string() + "\n").collect();
    let mut problems = Vec::new();
    for plugin in &scenario.truth.plugins {
        let file = plugin.file.rsplit('/').next().unwrap_or_default();
        if (grave.contains(file) || grave.contains(&plugin.key)) != plugin.bad {
            problems.push(format!("{file}: bad is {}, found otherwise", plugin.bad));
        }
    }
    report(&problems);
}

#[test]
fn what_the_hosts_configuration_holds_is_found() {
    let scenario = scenario("bitbucket-node");
    let rows = scan(&scenario, "config", &[]);
    let all: String = rows.iter().map(|row| row.to_string() + "\n").collect();
    let mut problems = Vec::new();
    for held in &scenario.truth.configuration {
        let file = held.file.rsplit('/').next().unwrap_or_default();
        if !all.contains(if held.key.is_empty() { file } else { &held.key }) {
            problems.push(format!("{} {}: not mentioned", held.file, held.key));
        }
    }
    report(&problems);
}

#[test]
fn uses_of_stolen_keys_are_found_in_the_trail() {
    let scenario = scenario("bitbucket-node");
    let folder = temporary();
    let trail = scenario.folder.join("cloudtrail").display().to_string();
    let arguments = ["scan", "cloudtrail", "--path", &trail, "--format", "jsonl"];
    let rows = bbsec_ir(folder.path(), arguments).ended(&[0, 4]).rows();
    let mut problems = Vec::new();
    for used in &scenario.truth.cloudtrail {
        // One row per credential and API call.
        for name in used.events.keys() {
            let told = rows.iter().map(ToString::to_string).any(|row| {
                row.contains(&used.access_key_id)
                    && row.contains(&format!(":{name}"))
                    && used.ips.iter().all(|ip| row.contains(ip.as_str()))
            });
            if !told {
                problems.push(format!("{} ({}): {name} is not told", used.access_key_id, used.name));
            }
        }
    }
    let grave = |row: &&Value| matches!(text(row, "/severity"), Some("high" | "critical"));
    let instance = "i-0a1b2c3d4e5f60718";
    if !rows.iter().filter(grave).any(|row| row.to_string().contains(instance)) {
        problems.push(format!("the role of {instance} was used elsewhere: no grave finding"));
    }
    report(&problems);
}

#[test]
fn no_output_shows_a_secret_in_the_clear() {
    let scenario = scenario("bitbucket-node");
    let values = values(&scenario.truth, &scenario);
    assert!(!values.is_empty());
    for what in ["secrets", "access", "accounts", "plugins", "config"] {
        let folder = temporary();
        let home = scenario.home.display().to_string();
        for format in ["jsonl", "json", "csv", "table"] {
            let run = bbsec_ir(folder.path(), ["scan", what, "--home", &home, "--format", format, "-vv"]);
            for value in &values {
                let shown = run.stdout.contains(value) || run.stderr.contains(value);
                assert!(!shown, "scan {what} --format {format} shows a secret");
            }
        }
    }
}

/// Values that stand in the home's properties: the only ones that can be read back without the generator.
fn values(truth: &Truth, scenario: &Scenario) -> Vec<String> {
    let text = std::fs::read_to_string(scenario.home.join("shared/bitbucket.properties")).unwrap();
    let keys: BTreeSet<&str> = truth.configuration.iter().map(|held| held.key.as_str()).collect();
    text.lines()
        .filter_map(|line| line.split_once('='))
        .filter(|(key, _)| keys.contains(key))
        .map(|(_, value)| value.to_owned())
        .collect()
}

#[test]
fn the_commits_that_the_actor_pushed_are_found() {
    let scenario = scenario("bitbucket-node");
    let rows = scan(&scenario, "commits", &["--suspect", &scenario.truth.known[0]]);
    assert!(!scenario.truth.pushed.is_empty());
    let mut problems = Vec::new();
    for pushed in &scenario.truth.pushed {
        let row = rows.iter().find(|row| text(row, "/subject/id") == Some(&pushed.commit));
        match row {
            Some(row) if text(row, "/severity") == Some("critical") => {}
            other => problems.push(format!("{pushed:?}: {other:?}")),
        }
    }
    let grave = rows.iter().filter(|row| text(row, "/severity") == Some("critical")).count();
    if grave != scenario.truth.pushed.len() {
        problems.push(format!("{grave} critical commits, truth {}", scenario.truth.pushed.len()));
    }
    report(&problems);
}
