//! Bytes in memory: a log line, a configuration value, a test's example.

use std::sync::Arc;

use super::Match;
use crate::{
    Limits, Rules,
    engine::{Engine, resolve},
    scan::collect::by_path,
};

/// Everything in `bytes`; `name` is the file name, where there is one, and weighs in the confidence.
pub fn scan_bytes(rules: &Arc<Rules>, name: &str, bytes: &[u8]) -> Vec<Match> {
    let mut engine = Engine::new(rules.clone(), Limits::default());
    let marks = engine.full(bytes);
    let kept = resolve(rules, &engine.found, &marks.hits);
    kept.iter()
        .filter_map(|hit| {
            let found = engine.found.get(hit.found as usize)?;
            let rule = rules.at(found.rule)?;
            if rule.path.as_ref().is_some_and(|path| !path.is_match(name.as_bytes())) {
                return None;
            }
            let (confidence, note) = by_path(rule, found.verdict.confidence, name);
            let mut notes = found.verdict.notes.clone();
            notes.extend(note);
            if !found.via.is_empty() {
                notes.push(format!("encoded: {}", found.via.join(", ")));
            }
            Some(Match {
                rule: rule.id.clone(),
                span: hit.span,
                secret: found.secret.clone(),
                public_id: found.verdict.public_id.clone(),
                severity: found.verdict.severity,
                confidence,
                provider: found.verdict.provider.clone().unwrap_or_else(|| rule.provider.clone()),
                notes,
            })
        })
        .collect()
}

/// The ids of all rules that match, also those that give way to a better one.
#[cfg(test)]
pub(crate) fn rules_in(rules: &Arc<Rules>, bytes: &[u8]) -> Vec<String> {
    let mut engine = Engine::new(rules.clone(), Limits::default());
    let marks = engine.full(bytes);
    let found = marks.hits.iter().filter_map(|hit| engine.found.get(hit.found as usize));
    found.filter_map(|found| rules.at(found.rule)).map(|rule| rule.id.clone()).collect()
}
