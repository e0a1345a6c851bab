#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
//! Every rule of the program beside its examples: what it must find, and what looks alike and is harmless.

use std::{fs, path::Path};

use bbsec_core::{Event, Place, Verb};
use bbsec_detect::{LoadedRule, Source, WebMatcher, builtin, web_fields};
use serde_json::Value;

fn web_event(example: &Value) -> Event {
    let place = Place::new("access.log", 0, 0);
    let time = "2024-01-01T00:00:00Z".parse().unwrap();
    let (method, uri) = (example["method"].as_str().unwrap(), example["uri"].as_str().unwrap());
    let mut event = Event::new(time, "test", "test", Verb::Browse, format!("{method} {uri} HTTP/1.1"), place);
    event.status = example["status"].as_i64().and_then(|status| i32::try_from(status).ok());
    event.user = example["user"].as_str().map(str::to_owned);
    event
}

#[test]
fn every_rule_finds_its_true_examples_and_no_false_one() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules");
    let web = WebMatcher::new(&[builtin()]);
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
                let hits = if rule.source == Source::Web {
                    web.matching(&web_event(&example))
                } else {
                    builtin().matching(rule.source, &example)
                };
                let found = hits.iter().any(|hit| hit.id == rule.id);
                if found != wanted {
                    wrong.push(format!("{}: {kind} example, found = {found}: {example}", rule.file));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The search for words that comes first leaves out nothing that the rules themselves would find.
#[test]
fn the_words_that_are_looked_for_first_lose_no_match() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules/web");
    let web = WebMatcher::new(&[builtin()]);
    let mut compared = 0;
    for file in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if !file.to_string_lossy().ends_with(".examples.json") {
            continue;
        }
        let examples: Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
        for example in
            ["true", "false"].iter().flat_map(|kind| examples[*kind].as_array().cloned().unwrap_or_default())
        {
            let event = web_event(&example);
            let ids = |mut hits: Vec<&LoadedRule>| {
                hits.sort_by(|a, b| a.id.cmp(&b.id));
                hits.into_iter().map(|rule| rule.id.clone()).collect::<Vec<_>>()
            };
            assert_eq!(
                ids(web.matching(&event)),
                ids(builtin().matching(Source::Web, &web_fields(&event))),
                "{example}"
            );
            compared += 1;
        }
    }
    assert!(compared > 40, "{compared}");
}
