//! From rules as written to rules as matched: keywords into one automaton, expressions measured.

use std::{collections::BTreeMap, sync::OnceLock};

use bbsec_core::{Confidence, Severity};

use super::{
    Allowlist, Assignment, Lead, Pattern, Rule, Rules,
    guard::Guard,
    pattern,
    raw::{RawConfig, RawRule},
    words::Words,
};
use crate::{SecretsError, generic, judge::Check};

/// How far a match without a bound of its own may reach from its keyword.
const DEFAULT_REACH: usize = 512;
/// Beyond these a rule's keywords are remembered by delta scans, so that the margin stays small.
const LONG_REACH: usize = 300;
/// See [`LONG_REACH`].
const LONG_LEAD: usize = 110;

/// Compiles one rule; `file` gives what the rule leaves out.
pub(super) fn rule(raw: &RawRule, file: &RawConfig) -> Result<Rule, String> {
    if raw.id.is_empty() {
        return Err("it has no id".into());
    }
    if raw.regex.is_none() && !generic::is_generic_id(&raw.id) {
        return Err(if raw.path.is_some() {
            "a path alone is not matched: give it a regex for the file's content".into()
        } else {
            "it has neither regex nor path".into()
        });
    }
    let keywords: Vec<String> =
        raw.keywords.iter().filter(|k| !k.is_empty()).map(|k| k.to_ascii_lowercase()).collect();
    let mut allow = Vec::new();
    for list in raw.allowlist.iter().chain(&raw.allowlists) {
        allow.push(Allowlist::compile(list)?);
    }
    let pattern = raw.regex.as_deref().map(|text| measure(text, &keywords, raw)).transpose()?;
    let path = raw
        .path
        .as_deref()
        .map(|text| {
            let (_, unicode) = pattern::parse(text).map_err(|error| error.to_string())?;
            pattern::compile(text, unicode).map_err(|error| error.to_string())
        })
        .transpose()?;
    let severity = raw.severity.as_deref().map_or(Ok(Severity::High), str::parse)?;
    let confidence = match raw.confidence.as_deref() {
        Some("high") => Confidence::High,
        Some("low") => Confidence::Low,
        None if raw.source.is_some() => Confidence::High,
        Some("medium") | None => Confidence::Medium,
        Some(other) => return Err(format!("unknown confidence {other:?}")),
    };
    Ok(Rule {
        id: raw.id.clone(),
        title: if raw.description.is_empty() { raw.id.clone() } else { raw.description.clone() },
        provider: raw.provider.clone().or(file.provider.clone()).unwrap_or_else(|| "generic".into()),
        severity,
        confidence,
        source: raw.source.clone(),
        revoke: raw.revoke.clone().or(file.revoke.clone()),
        link: raw.link.clone().or(file.link.clone()),
        examples: raw.examples.clone(),
        negatives: raw.negatives.clone(),
        keywords,
        group: raw.secret_group,
        entropy: raw.entropy.unwrap_or(0.0),
        check: raw.check.as_deref().map(Check::named).transpose()?,
        generic: raw.generic,
        allow,
        path,
        pattern,
    })
}

/// Measures an expression: how far a match can stand from its keyword. Without proof, `lead` is `usize::MAX`: wide.
fn measure(text: &str, keywords: &[String], raw: &RawRule) -> Result<Pattern, String> {
    let (hir, unicode) = pattern::parse(text).map_err(|error| error.to_string())?;
    if hir.properties().minimum_len() == Some(0) {
        return Err("it matches the empty string".into());
    }
    let proved = !keywords.is_empty() && pattern::contains_keyword(&hir, keywords);
    let cap = raw.reach.unwrap_or(DEFAULT_REACH);
    let reach = hir.properties().maximum_len().map_or(cap, |most| most.min(cap));
    let begins = proved && pattern::begins_with_keyword(&hir, keywords);
    let lead = match (proved, begins) {
        (_, true) => 0,
        (true, false) => pattern::lead(&hir, keywords).unwrap_or(reach).min(reach),
        (false, false) => usize::MAX,
    };
    let guard = raw.guard.as_deref().map(Guard::named).transpose()?;
    let made = Pattern { text: text.into(), unicode, compiled: OnceLock::new(), lead, reach, begins, guard };
    // What comes from outside may be too large to compile: find out now, not in the middle of a scan.
    if raw.source.is_none() && made.regex().is_none() {
        return Err("its expression is too large".into());
    }
    Ok(made)
}

/// Puts rules together.
pub(super) fn set(rules: Vec<Rule>, allow: Vec<Allowlist>) -> Result<Rules, SecretsError> {
    let mut words: BTreeMap<&str, Vec<Lead>> = BTreeMap::new();
    let (mut wide, mut back, mut ahead) = (Vec::new(), 64, 64);
    for (index, rule) in (0u32..).zip(&rules) {
        let Some(pattern) = &rule.pattern else { continue };
        if pattern.lead == usize::MAX {
            wide.push(index);
            continue;
        }
        let line = if allow.is_empty() && rule.allow.is_empty() { 0 } else { crate::engine::LINE };
        let long = pattern.reach > LONG_REACH || pattern.lead > LONG_LEAD;
        if !long {
            back = back.max(pattern.reach + line);
            ahead = ahead.max(pattern.lead + line);
        }
        for keyword in &rule.keywords {
            words.entry(keyword).or_default().push(if long { Lead::Long(index) } else { Lead::Rule(index) });
        }
    }
    let find = |id: &str| (0u32..).zip(&rules).find(|(_, rule)| rule.id == id).map(|(index, _)| index);
    let assignment = Assignment {
        secret: find(generic::SECRET),
        password: find(generic::PASSWORD),
        named: find(generic::NAMED),
        id_token: find(generic::ID_TOKEN),
    };
    if assignment.secret.is_some() || assignment.password.is_some() || assignment.named.is_some() {
        let line = if allow.is_empty() { 0 } else { crate::engine::LINE };
        back = back.max(generic::REACH + line);
        ahead = ahead.max(generic::BACK + line);
        for word in generic::KEYWORDS {
            words.entry(word).or_default().push(Lead::Assignment);
        }
    }
    let longest_keyword = words.keys().map(|word| word.len()).max().unwrap_or(0);
    let texts: Vec<&str> = words.keys().copied().collect();
    let keywords = Words::new(&texts).map_err(|error| SecretsError::Keywords(Box::new(error)))?;
    let leads = words.into_values().collect();
    // A keyword is found only when it lies in the range as a whole.
    let margin = (back + 2, ahead + longest_keyword + 2);
    Ok(Rules { list: rules, keywords, leads, wide, allow, margin, assignment })
}

/// A set without rules.
pub(super) fn empty() -> Rules {
    let none = Assignment { secret: None, password: None, named: None, id_token: None };
    Rules {
        list: Vec::new(),
        keywords: Words::default(),
        leads: Vec::new(),
        wide: Vec::new(),
        allow: Vec::new(),
        margin: (64, 64),
        assignment: none,
    }
}
