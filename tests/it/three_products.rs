//! The second scenario, written by another hand from published formats alone: Confluence, Jira and a Bitbucket cluster,
//! a clock that jumps, an address that everybody shares, a day without a log. What is found must be its truth exactly.

use std::{collections::BTreeMap, path::PathBuf};

use serde_json::Value;
use xtask::script::{self, truth::Row};

use crate::harness::{bbsec_ir, root, temporary};

struct Made {
    folder: tempfile::TempDir,
    made: script::Made,
}

fn made() -> Made {
    let folder = temporary();
    let description = root().join("fixtures/scenarios/three-products.toml");
    let made = script::generate(&description, &folder.path().join("made")).expect("a scenario");
    Made { folder, made }
}

impl Made {
    fn path(&self, below: &str) -> String {
        self.made.folder.join(below).display().to_string()
    }

    /// `scan WHAT` on a product's logs.
    fn scan(&self, what: &str, product: &str, more: &[&str]) -> Value {
        let home = self.path(&format!("{product}/home"));
        let logs = self.path(&format!("{product}/install/logs"));
        let mut arguments = vec!["scan", what, "--format", "json"];
        match (product, what) {
            ("bitbucket", _) => arguments.extend(["--home", &home, "--log-tz", "America/New_York"]),
            (_, "access") => arguments.extend(["--log", &logs]),
            _ => arguments.extend(["--home", &home]),
        }
        arguments.extend(more);
        let run = bbsec_ir(self.folder.path(), arguments).ended(&[0, 4]);
        serde_json::from_str(&run.stdout).expect("a document")
    }
}

/// What identifies a row: user, token or key, kind, suspect.
type Key = (String, String, String, bool);

fn key(row: &Value) -> Key {
    let text = |pointer: &str| row.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
    let token = text("/actor/tokens/0");
    let with = if token.is_empty() { text("/actor/ssh_keys/0") } else { token };
    (text("/actor/user"), with, text("/target/kind"), row["suspect"] == true)
}

fn truth_key(row: &Row) -> Key {
    (
        row.user.clone().unwrap_or_default(),
        row.with.clone().unwrap_or_default(),
        row.kind.clone(),
        row.suspect,
    )
}

fn compare(product: &str, found: &Value, truth: &[Row]) {
    let rows: Vec<&Value> = found["rows"].as_array().expect("rows").iter().collect();
    let mut unexplained: Vec<&Value> =
        rows.iter().copied().filter(|row| row["target"]["kind"] != "instance").collect();
    let mut problems = Vec::new();
    for expected in truth.iter().filter(|row| row.product == product) {
        let at = unexplained.iter().position(|row| {
            key(row) == truth_key(expected)
                && expected.id.as_deref().is_none_or(|id| row["target"]["id"] == id)
        });
        let Some(at) = at else {
            problems.push(format!("not found: {expected:?}"));
            continue;
        };
        let row = unexplained.swap_remove(at);
        let verbs: BTreeMap<String, u64> = serde_json::from_value(row["verbs"].clone()).expect("verbs");
        // What an exploit did has no verb.
        if !expected.verbs.is_empty() && verbs != expected.verbs {
            problems.push(format!("{expected:?}: verbs {verbs:?}"));
        }
        if row["bytes_out"] != expected.bytes_out {
            problems.push(format!("{expected:?}: {} bytes", row["bytes_out"]));
        }
        let ips: Vec<&str> =
            row["actor"]["ips"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        if !expected.ips.iter().all(|ip| ips.contains(&ip.as_str())) || ips.len() != expected.ips.len() {
            problems.push(format!("{expected:?}: from {ips:?}"));
        }
    }
    problems.extend(unexplained.iter().map(|row| format!("not in the truth: {row}")));
    assert!(problems.is_empty(), "{} differences:\n{}", problems.len(), problems.join("\n"));
}

fn rules(found: &Value) -> Vec<String> {
    let findings = found["findings"].as_array().cloned().unwrap_or_default();
    findings.iter().filter_map(|finding| finding["rule"].as_str()).map(str::to_lowercase).collect()
}

#[test]
fn touches_are_the_truth_in_all_three_products() {
    let made = made();
    let truth = &made.made.truth;
    for product in ["bitbucket", "confluence", "jira"] {
        let found = made.scan("access", product, &["--suspect", &truth.known[0]]);
        compare(product, &found, &truth.rows);
        let rules = rules(&found);
        for detected in truth.detected.get(product).into_iter().flat_map(BTreeMap::keys) {
            assert!(
                rules.iter().any(|rule| rule.starts_with(detected)),
                "{product}: {detected} in {rules:?}"
            );
        }
    }
}

#[test]
fn the_exploit_alone_leads_to_the_actor_when_nobody_gives_an_indicator() {
    let made = made();
    let found = made.scan("access", "bitbucket", &[]);
    compare("bitbucket", &found, &made.made.truth.rows);
    let why = found["rows"].to_string();
    assert!(why.contains("detected: "), "the indicator is marked as inferred from a detection");
}

#[test]
fn what_is_missing_or_doubtful_is_said_in_rows_and_findings() {
    let made = made();
    let truth = &made.made.truth;
    let found = made.scan("access", "bitbucket", &["--suspect", &truth.known[0]]);
    let gap =
        found["findings"].as_array().expect("findings").iter().find(|finding| finding["rule"] == "log-gap");
    let gap = gap.expect("a day without a line is a finding").to_string();
    assert!(gap.contains(&truth.missing_day), "{gap}");
    let row = |id: &str, user: &str| {
        let of = |row: &&Value| row["target"]["id"] == id && row["actor"]["user"] == user;
        let rows = found["rows"].as_array().expect("rows");
        rows.iter().find(of).unwrap_or_else(|| panic!("no row of {user} and {id}"))["why"].to_string()
    };
    let deleted = row("OLD/legacy-billing", "jbuild");
    assert!(deleted.contains("deleted at 2026-03-09") && deleted.contains("doubt: "), "{deleted}");
    let renamed = row("WEB/shop", "d.lopez");
    assert!(renamed.contains("renamed from dlopez to d.lopez"), "{renamed}");
    // The address of the whole company is not held against the colleagues, even when it is given.
    let found = made.scan("access", "bitbucket", &["--suspect", "ip:198.51.100.200"]);
    let shared: Vec<&Value> = found["rows"]
        .as_array()
        .expect("rows")
        .iter()
        .filter(|row| {
            row["suspect"] == true && row["target"]["id"] == "PAY/gateway" && row["actor"]["user"] != "jbuild"
        })
        .collect();
    assert!(shared.is_empty(), "{shared:?}");
    assert!(rules(&found).contains(&"shared-indicator".to_owned()));
}

#[test]
fn accounts_are_the_truth_in_all_three_products() {
    let made = made();
    for (product, words) in &made.made.truth.accounts {
        let found = made.scan("accounts", product, &[]);
        let loud = found["rows"].as_array().expect("rows").iter().filter(|row| row["severity"] != "info");
        let said: String = loud.map(|row| row.to_string() + "\n").collect();
        for word in words {
            assert!(said.contains(word.as_str()), "{product}: nothing about {word} in\n{said}");
        }
    }
}

#[test]
fn the_description_gives_the_same_bytes_again() {
    let (one, two) = (made(), made());
    let hash = |made: &Made| xtask::scenario::tree_hash(&PathBuf::from(made.path(""))).expect("a tree");
    assert_eq!(hash(&one), hash(&two));
}
