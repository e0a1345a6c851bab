//! Every rule of ours finds its true examples and leaves its false ones.

use std::time::Instant;

use super::*;
use crate::scan_bytes;

#[test]
fn every_rule_loads_with_provider_examples_and_keywords_that_every_match_holds() {
    let (rules, refused) = load::builtin();
    assert!(refused.is_empty(), "{refused:?}");
    assert!(
        rules.wide.is_empty(),
        "{:?}",
        rules.wide.iter().map(|i| &rules.list[*i as usize].id).collect::<Vec<_>>()
    );
    assert!(rules.keywords.sieved(), "a keyword of less than three bytes makes every scan slower");
    let mut seen = std::collections::HashSet::new();
    for rule in rules.iter() {
        assert!(seen.insert(rule.id.clone()), "{} twice", rule.id);
        assert!(!rule.examples.is_empty(), "{} has no example", rule.id);
        assert!(!rule.title.is_empty() && !rule.provider.is_empty(), "{}", rule.id);
        let hand_written = crate::generic::is_generic_id(&rule.id);
        assert!(
            hand_written || rule.pattern.as_ref().unwrap().regex().is_some(),
            "{} does not compile",
            rule.id
        );
    }
}

#[test]
fn every_rule_finds_its_examples_and_leaves_its_negatives() {
    let rules = Rules::builtin();
    let mut wrong = Vec::new();
    for rule in rules.iter() {
        for example in &rule.examples {
            let found = crate::scan::rules_in(&rules, example.as_bytes());
            if !found.contains(&rule.id) {
                wrong.push(format!("{} misses {example:?}: {found:?}", rule.id));
            }
        }
        for negative in &rule.negatives {
            if crate::scan::rules_in(&rules, negative.as_bytes()).contains(&rule.id) {
                wrong.push(format!("{} takes {negative:?}", rule.id));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_format_without_a_source_is_medium_at_most() {
    let rules = Rules::builtin();
    for rule in rules.iter().filter(|rule| rule.source.is_none()) {
        for example in &rule.examples {
            for found in
                scan_bytes(&rules, "", example.as_bytes()).iter().filter(|found| found.rule == rule.id)
            {
                assert!(
                    found.confidence <= Confidence::Medium
                        || found.notes.iter().any(|n| n.contains("fits") || n.contains("holds")),
                    "{}: {:?}",
                    rule.id,
                    found.notes
                );
            }
        }
    }
}

#[test]
fn start_up_takes_less_than_fifty_milliseconds_when_optimised() {
    let start = Instant::now();
    let (rules, _) = load::builtin();
    let took = start.elapsed();
    println!("{} rules in {took:?}, margin {:?}", rules.list.len(), rules.margin);
    // Debug builds of the TOML reader are slow; the release figure is in the benchmark.
    assert!(took.as_millis() < if cfg!(debug_assertions) { 1500 } else { 50 }, "{took:?}");
}
