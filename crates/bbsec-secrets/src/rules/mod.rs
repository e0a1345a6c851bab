//! Rules: what a credential looks like, who can revoke it, and how bad it is.
//!
//! Our own rules stand in `rules/*.toml` beside this crate's sources, in gitleaks' schema with more keys; people's
//! gitleaks files load the same way.

mod allow;
mod builtin;
mod compile;
mod guard;
mod load;
pub(crate) mod pattern;
mod raw;
#[cfg(test)]
mod tests;
mod words;

use std::sync::{Arc, OnceLock};

use bbsec_core::{Confidence, Severity};
use regex_automata::meta::Regex;

pub(crate) use allow::{Allowlist, Seen};
pub use load::Refused;

use crate::judge::Check;

/// One rule, compiled as far as start-up needs it.
#[derive(Debug)]
pub struct Rule {
    /// Its id, in kebab case.
    pub id: String,
    /// One line.
    pub title: String,
    /// Who can revoke it.
    pub provider: String,
    /// How bad.
    pub severity: Severity,
    /// The most that the format alone can say.
    pub confidence: Confidence,
    /// Where the format was seen; `None` caps the confidence at medium.
    pub source: Option<String>,
    /// How it is revoked, in a sentence.
    pub revoke: Option<String>,
    /// The provider's page that tells how.
    pub link: Option<String>,
    /// Texts in which it must match.
    pub examples: Vec<String>,
    /// Texts in which it must not.
    pub negatives: Vec<String>,
    pub(crate) keywords: Vec<String>,
    pub(crate) group: Option<usize>,
    pub(crate) entropy: f64,
    pub(crate) check: Option<Check>,
    /// Gives way to any other rule on the same bytes.
    pub(crate) generic: bool,
    pub(crate) allow: Vec<Allowlist>,
    pub(crate) path: Option<Regex>,
    pub(crate) pattern: Option<Pattern>,
}

/// A rule's regular expression, compiled when it is first needed.
#[derive(Debug)]
pub(crate) struct Pattern {
    text: String,
    unicode: bool,
    compiled: OnceLock<Option<Regex>>,
    /// Bytes of a match before its keyword, at most.
    pub(crate) lead: usize,
    /// Bytes of a match, at most.
    pub(crate) reach: usize,
    /// Whether every match begins with a keyword.
    pub(crate) begins: bool,
    pub(crate) guard: Option<guard::Guard>,
}

impl Pattern {
    /// The compiled expression; `None` when it is too large, which loading has checked for rules from outside.
    pub(crate) fn regex(&self) -> Option<&Regex> {
        self.compiled.get_or_init(|| pattern::compile(&self.text, self.unicode).ok()).as_ref()
    }
}

/// What a keyword leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lead {
    /// A rule, by index.
    Rule(u32),
    /// A rule whose matches reach so far that delta scans must remember where its keywords stand.
    Long(u32),
    /// A word such as `password` or `token`, after which a value may be assigned.
    Assignment,
}

/// A set of rules, ready to match.
#[derive(Debug)]
pub struct Rules {
    pub(crate) list: Vec<Rule>,
    pub(crate) keywords: words::Words,
    pub(crate) leads: Vec<Vec<Lead>>,
    /// Rules that no keyword leads to with certainty: tried on whole objects.
    pub(crate) wide: Vec<u32>,
    pub(crate) allow: Vec<Allowlist>,
    /// How far before and after new bytes a delta scan looks for keywords: a keyword's match reaches far forward, but
    /// seldom far back.
    pub(crate) margin: (usize, usize),
    pub(crate) assignment: Assignment,
}

/// The indices of the rules under which assignments are reported.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Assignment {
    pub(crate) secret: Option<u32>,
    pub(crate) password: Option<u32>,
    pub(crate) named: Option<u32>,
    pub(crate) id_token: Option<u32>,
}

impl Rules {
    /// Our own rules.
    pub fn builtin() -> Arc<Self> {
        builtin::builtin()
    }

    /// Every rule.
    pub fn iter(&self) -> impl Iterator<Item = &Rule> {
        self.list.iter()
    }

    /// The rule with this id.
    pub fn get(&self, id: &str) -> Option<&Rule> {
        self.list.iter().find(|rule| rule.id == id)
    }

    /// Whether the tokens of a provider have a form of their own.
    pub(crate) fn knows(&self, provider: &str) -> bool {
        self.list.iter().any(|rule| !rule.generic && rule.provider == provider && rule.pattern.is_some())
    }

    pub(crate) fn at(&self, index: u32) -> Option<&Rule> {
        self.list.get(index as usize)
    }
}
