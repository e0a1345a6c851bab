//! JSON documents and rows as the program prints them, held against the schemas that it prints.

use std::path::Path;

use jsonschema::Validator;
use serde_json::Value;

use crate::harness::{bbsec_ir, finish, program, scenario, temporary};

/// A schema as the program prints it.
fn schema(at: &Path, name: &str) -> Validator {
    let printed = bbsec_ir(at, ["schema", name]).ended(&[0]).stdout;
    jsonschema::validator_for(&serde_json::from_str(&printed).unwrap()).unwrap()
}

/// What a schema finds wrong with a value.
fn wrong(schema: &Validator, value: &Value) -> Vec<String> {
    schema.iter_errors(value).map(|error| format!("{} at {}", error, error.instance_path())).collect()
}

/// Runs a command, and holds its document against the schema that it names.
fn document(at: &Path, words: &[&str], codes: &[i32]) -> String {
    let run = finish(program(at).args(words).args(["--format", "json"])).ended(codes);
    let value: Value = serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{words:?}: {error}"));
    let id = value["schema"].as_str().unwrap_or_else(|| panic!("{words:?} names no schema: {}", run.stdout));
    let name = id.strip_prefix("bbsec-ir.").and_then(|id| id.strip_suffix("/v1")).unwrap_or(id);
    let wrong = wrong(&schema(at, name), &value);
    assert!(wrong.is_empty(), "{words:?} is no {id}: {wrong:#?}");
    if let Some(rows) = value.get("rows").and_then(Value::as_array) {
        assert!(!rows.is_empty(), "{words:?}: a listing without rows shows nothing");
    }
    name.to_owned()
}

#[test]
fn every_document_holds_against_the_schema_that_it_names() {
    let folder = temporary();
    let at = folder.path();
    let scenario = scenario("bitbucket-node");
    let home = scenario.home.display().to_string();
    bbsec_ir(at, ["case", "new", "case", "--product", "bitbucket"]).ended(&[0]);
    let case = at.join("case").display().to_string();
    let playbook = crate::harness::root().join("playbooks/offline-triage.yaml").display().to_string();
    let set = format!("home={home}");
    let suspect = format!("suspect={}", scenario.truth.known[0]);
    bbsec_ir(at, ["case", "set", &suspect, "--case", &case]).ended(&[0]);
    let in_case = |words: &[&str]| -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).chain(["--case".to_owned(), case.clone()]).collect()
    };
    let mut seen = Vec::new();
    let mut hold = |words: &[&str], codes: &[i32]| {
        let words = in_case(words);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        seen.push(document(at, &words, codes));
    };
    hold(&["run", &playbook, "--set", &set, "--plan"], &[0]);
    hold(&["run", &playbook, "--set", &set], &[0, 4]);
    hold(&["case", "show"], &[0]);
    hold(&["case", "show", "--origin"], &[0]);
    hold(&["findings", "list"], &[0]);
    hold(&["timeline", "--limit", "50"], &[0]);
    hold(&["pivot", &scenario.truth.known[0]], &[0]);
    hold(&["rotate", "list"], &[0]);
    hold(&["rotate", "status"], &[0]);
    hold(&["verify"], &[0]);
    hold(&["report"], &[0]);
    hold(&["playbook", "list"], &[0]);
    hold(&["playbook", "show", &playbook], &[0]);
    hold(&["schema"], &[0]);
    hold(&["collect", "home", "--home", &home, "--dry-run"], &[0]);
    let bare = |words: &[&str]| document(at, words, &[0, 4]);
    seen.push(bare(&["scan", "secrets", "--path", &format!("{home}/shared/bitbucket.properties")]));
    seen.push(bare(&["scan", "access", "--home", &home]));
    seen.push(bare(&["scan", "accounts", "--home", &home]));
    seen.push(bare(&["scan", "config", "--home", &home]));
    seen.sort();
    seen.dedup();
    assert!(seen.len() >= 16, "{seen:?}");

    // Rows of JSON Lines, each against the schema of its kind.
    for (name, words) in [
        ("finding", vec!["findings", "list", "--case", &case]),
        ("event", vec!["timeline", "--limit", "50", "--case", &case]),
        ("secret", vec!["scan", "secrets", "--path", &home]),
        ("touch", vec!["scan", "access", "--home", &home]),
    ] {
        let run = finish(program(at).args(words).args(["--format", "jsonl"])).ended(&[0, 4]);
        let rows = run.rows();
        assert!(!rows.is_empty(), "{name}");
        let schema = schema(at, name);
        for row in rows.iter().take(200) {
            let wrong = wrong(&schema, row);
            assert!(wrong.is_empty(), "{name}: {wrong:#?}\n{row}");
        }
    }
    let journal = std::fs::read_to_string(at.join("case/journal.jsonl")).unwrap();
    let schema = schema(at, "journal");
    for line in journal.lines().take(50) {
        assert!(wrong(&schema, &serde_json::from_str(line).unwrap()).is_empty(), "{line}");
    }
}
