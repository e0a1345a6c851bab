#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
//! Every rule of the program beside its examples: what it must find, and what looks alike and is harmless.

use std::{fs, path::Path};

use bbsec_core::{Event, Place, Verb};
use bbsec_detect::{Source, builtin, web_fields};
use serde_json::Value;

fn web_event(example: &Value) -> Event {
    let place = Place::new("access.log", 0, 0);
    let mut event =
        Event::new("2024-01-01T00:00:00Z".parse().unwrap(), "test", "test", Verb::Browse, "GET", place);
    event.extra.insert("http_request_method".into(), example["method"].as_str().unwrap().into());
    event.extra.insert("http_request_uri".into(), example["uri"].as_str().unwrap().into());
    event.status = example["status"].as_i64().and_then(|status| i32::try_from(status).ok());
    event.user = example["user"].as_str().map(str::to_owned);
    event
}

#[test]
fn every_rule_finds_its_true_examples_and_no_false_one() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules");
    let mut wrong = Vec::new();
    for rule in builtin().rules() {
        let file = folder.join(&rule.file).with_extension("examples.json");
        let text = fs::read_to_string(&file).unwrap_or_else(|error| format!("{{\"why\": \"{error}\"}}"));
        let examples: Value = serde_json::from_str(&text).unwrap();
        for (kind, wanted) in [("true", true), ("false", false)] {
            let list = examples[kind].as_array().cloned().unwrap_or_default();
            if list.is_empty() {
                wrong.push(format!("{}: has no {kind} example", rule.file));
            }
            for example in list {
                let fields = if rule.source == Source::Web {
                    web_fields(&web_event(&example))
                } else {
                    example.clone()
                };
                let found = builtin().matching(rule.source, &fields).iter().any(|hit| hit.id == rule.id);
                if found != wanted {
                    wrong.push(format!("{}: {kind} example, found = {found}: {example}", rule.file));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
