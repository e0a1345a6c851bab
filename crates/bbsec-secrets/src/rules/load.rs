//! Reading rule files: ours, and people's gitleaks configurations with `extend`.

use std::path::{Path, PathBuf};

use super::{
    Rule, Rules, builtin, compile,
    raw::{RawAllow, RawConfig, RawRule},
};
use crate::SecretsError;

/// How deep `extend.path` may nest; gitleaks allows two.
const DEPTH: usize = 5;

/// A rule that was not loaded, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Its id, or its place in the file when it has none.
    pub rule: String,
    /// Why, in words.
    pub why: String,
}

/// Rules as they are gathered from a file and what it extends.
#[derive(Default)]
struct Gathered {
    rules: Vec<RawRule>,
    allow: Vec<RawAllow>,
    disabled: Vec<String>,
    use_default: bool,
}

impl Rules {
    /// Reads a gitleaks configuration. Rules that cannot be used are named and left out; the others load.
    pub fn load(file: &Path) -> Result<(Self, Vec<Refused>), SecretsError> {
        let mut gathered = Gathered::default();
        gather(file, DEPTH, &mut gathered)?;
        let mut refused = Vec::new();
        let mut rules = Vec::new();
        if gathered.use_default {
            let (own, not) = own_rules();
            refused.extend(not);
            rules.extend(own);
        }
        for (number, raw) in gathered.rules.iter().enumerate() {
            match compile::rule(raw, &RawConfig::default()) {
                Ok(rule) => {
                    rules.retain(|known: &Rule| known.id != rule.id);
                    rules.push(rule);
                }
                Err(why) => refused.push(Refused { rule: name(raw, number), why }),
            }
        }
        rules.retain(|rule| !gathered.disabled.contains(&rule.id));
        let mut allow = Vec::new();
        for raw in &gathered.allow {
            match super::Allowlist::compile(raw) {
                Ok(list) if list.target_rules.is_empty() => allow.push(list),
                Ok(list) => {
                    for rule in &mut rules {
                        if list.target_rules.contains(&rule.id) {
                            rule.allow.push(list.clone());
                        }
                    }
                }
                Err(why) => refused.push(Refused { rule: "allowlist".into(), why }),
            }
        }
        Ok((compile::set(rules, allow)?, refused))
    }

    /// What of a gitleaks configuration would load: the ids, and what would not and why.
    pub fn check(file: &Path) -> Result<(Vec<String>, Vec<Refused>), SecretsError> {
        let (rules, refused) = Self::load(file)?;
        Ok((rules.list.into_iter().map(|rule| rule.id).collect(), refused))
    }
}

fn gather(file: &Path, depth: usize, into: &mut Gathered) -> Result<(), SecretsError> {
    if depth == 0 {
        return Err(SecretsError::ExtendDepth { path: file.into() });
    }
    let text = std::fs::read_to_string(file)
        .map_err(|source| SecretsError::ReadRules { path: file.into(), source })?;
    let raw: RawConfig = toml::from_str(&text)
        .map_err(|source| SecretsError::ParseRules { path: file.into(), source: Box::new(source) })?;
    into.use_default |= raw.extend.use_default;
    if let Some(path) = &raw.extend.path {
        // gitleaks takes the path from the working directory; beside the file is what people mean.
        let beside = file.parent().map_or_else(|| PathBuf::from(path), |folder| folder.join(path));
        gather(if beside.exists() { &beside } else { Path::new(path) }, depth - 1, into)?;
    }
    for rule in raw.rules {
        match into.rules.iter_mut().find(|known| !rule.id.is_empty() && known.id == rule.id) {
            Some(known) => overlay(known, rule),
            None => into.rules.push(rule),
        }
    }
    into.allow.extend(raw.allowlist);
    into.allow.extend(raw.allowlists);
    into.disabled.extend(raw.extend.disabled_rules);
    Ok(())
}

/// A rule that extends one with the same id replaces what it gives and adds to lists.
fn overlay(known: &mut RawRule, new: RawRule) {
    if !new.description.is_empty() {
        known.description = new.description;
    }
    known.regex = new.regex.or(known.regex.take());
    known.path = new.path.or(known.path.take());
    known.secret_group = new.secret_group.or(known.secret_group);
    known.entropy = new.entropy.or(known.entropy);
    known.keywords.extend(new.keywords);
    known.allowlists.extend(new.allowlist);
    known.allowlists.extend(new.allowlists);
}

fn name(raw: &RawRule, number: usize) -> String {
    if raw.id.is_empty() { format!("rule {}", number + 1) } else { raw.id.clone() }
}

fn own_rules() -> (Vec<Rule>, Vec<Refused>) {
    let (mut rules, mut refused) = (Vec::new(), Vec::new());
    for (file, text) in builtin::FILES {
        match toml::from_str::<RawConfig>(text) {
            Err(error) => refused.push(Refused { rule: (*file).into(), why: error.to_string() }),
            Ok(raw) => {
                for (number, rule) in raw.rules.iter().enumerate() {
                    match compile::rule(rule, &raw) {
                        Ok(rule) => rules.push(rule),
                        Err(why) => refused.push(Refused { rule: name(rule, number), why }),
                    }
                }
            }
        }
    }
    (rules, refused)
}

/// Our own rules, and those that did not compile: none, which a test shows.
pub(super) fn builtin() -> (Rules, Vec<Refused>) {
    let (rules, mut refused) = own_rules();
    match compile::set(rules, Vec::new()) {
        Ok(set) => (set, refused),
        Err(error) => {
            refused.push(Refused { rule: "all".into(), why: error.to_string() });
            (compile::empty(), refused)
        }
    }
}
