//! Recall and false positives on example sets that other scanners' authors wrote.
//!
//! The sets are not part of this repository. Name their folder in `BBSEC_SECRET_EXAMPLES`: `*.jsonl` with `kind`
//! (`tp` or `fp`), `rule_id` and `text` per line.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::too_many_lines,
    clippy::case_sensitive_file_extension_comparisons,
    reason = "helpers of tests may fail loudly"
)]

use std::{collections::BTreeMap, path::PathBuf};

use bbsec_core::Confidence;
use bbsec_secrets::{Rules, scan_bytes};

#[derive(serde::Deserialize)]
struct Example {
    rule_id: String,
    kind: String,
    text: String,
}

#[test]
fn recall_on_the_examples_of_others_is_at_least_that_of_all_of_them_together() {
    let Some(folder) = std::env::var_os("BBSEC_SECRET_EXAMPLES").map(PathBuf::from) else {
        println!("not run: BBSEC_SECRET_EXAMPLES names no folder with example sets");
        return;
    };
    let rules = Rules::builtin();
    let explain = std::env::var("BBSEC_SECRET_EXPLAIN").ok();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|e| e != "jsonl") {
            continue;
        }
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let examples: Vec<Example> = std::fs::read_to_string(&path)
            .unwrap()
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        // A text that another rule of the same set calls true is no false positive of a scanner that knows both.
        let true_texts: Vec<&str> =
            examples.iter().filter(|e| e.kind == "tp").map(|e| e.text.trim()).collect();
        let (mut found, mut sure, mut all) = (0, 0, 0);
        let (mut flagged, mut fair, mut negatives, mut fair_negatives) = (0, 0, 0, 0);
        let mut misses: BTreeMap<&str, u32> = BTreeMap::new();
        for example in &examples {
            let matches = scan_bytes(&rules, "", example.text.as_bytes());
            let best = matches.iter().map(|m| m.confidence).max();
            if example.kind == "tp" {
                all += 1;
                found += u32::from(best.is_some());
                sure += u32::from(best >= Some(Confidence::Medium));
                if best.is_none() {
                    *misses.entry(&example.rule_id).or_default() += 1;
                    if explain.as_deref() == Some("misses") {
                        println!("MISS {} {:?}", example.rule_id, example.text);
                    }
                }
            } else {
                negatives += 1;
                let bad = best >= Some(Confidence::Medium);
                flagged += u32::from(bad);
                let also_true = true_texts.iter().any(|text| *text == example.text.trim());
                if !also_true {
                    fair_negatives += 1;
                    fair += u32::from(bad);
                    if bad && explain.as_deref() == Some("flags") {
                        let which: Vec<&str> = matches
                            .iter()
                            .filter(|m| m.confidence >= Confidence::Medium)
                            .map(|m| m.rule.as_str())
                            .collect();
                        println!("FLAG {} by {which:?} {:?}", example.rule_id, example.text);
                    }
                }
            }
        }
        println!(
            "{name}: found {found}/{all} ({:.1} %), at medium or higher {sure}; negatives at medium or higher \
             {flagged}/{negatives}, without those that are another rule's true examples {fair}/{fair_negatives}",
            f64::from(found) * 100.0 / f64::from(all.max(1))
        );
        if !misses.is_empty() {
            println!("  missed: {misses:?}");
        }
        let bar = match name.as_str() {
            "noseyparker" => 0.89,
            "kingfisher" | "kingfisher-part" => 0.86,
            _ => 0.99,
        };
        assert!(f64::from(found) >= bar * f64::from(all), "{name}: recall below {bar}");
    }
}
