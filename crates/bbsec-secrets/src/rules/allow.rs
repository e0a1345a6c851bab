//! Allowlists as gitleaks has them: what a rule file says is no finding.

use regex_automata::meta::Regex;

use super::{pattern, raw::RawAllow};
use crate::bytes;

/// On what an allowlist's regular expressions are tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target {
    Secret,
    Match,
    Line,
}

/// One list. It applies when any (or, with `condition = "AND"`, each kind) of its criteria matches.
#[derive(Debug, Clone)]
pub(crate) struct Allowlist {
    all: bool,
    pub(crate) target: Target,
    regexes: Vec<Regex>,
    paths: Vec<Regex>,
    commits: Vec<String>,
    stopwords: Vec<Vec<u8>>,
    pub(crate) target_rules: Vec<String>,
}

/// What is known of a match when its bytes are seen; paths and commits come later.
pub(crate) struct Seen<'a> {
    pub(crate) secret: &'a [u8],
    pub(crate) matched: &'a [u8],
    pub(crate) line: &'a [u8],
}

impl Allowlist {
    pub(crate) fn compile(raw: &RawAllow) -> Result<Self, String> {
        let compile = |patterns: &[String]| -> Result<Vec<Regex>, String> {
            patterns
                .iter()
                .map(|text| {
                    let (_, unicode) = pattern::parse(text).map_err(|error| error.to_string())?;
                    pattern::compile(text, unicode).map_err(|error| error.to_string())
                })
                .collect()
        };
        let all = match raw.condition.as_deref().map(str::to_ascii_uppercase).as_deref() {
            None | Some("" | "OR" | "||") => false,
            Some("AND" | "&&") => true,
            Some(other) => return Err(format!("unknown allowlist condition {other:?}")),
        };
        let target = match raw.regex_target.as_deref() {
            None | Some("" | "secret") => Target::Secret,
            Some("match") => Target::Match,
            Some("line") => Target::Line,
            Some(other) => return Err(format!("unknown regexTarget {other:?}")),
        };
        Ok(Self {
            all,
            target,
            regexes: compile(&raw.regexes)?,
            paths: compile(&raw.paths)?,
            commits: raw.commits.iter().map(|commit| commit.to_ascii_lowercase()).collect(),
            stopwords: raw.stopwords.iter().map(|word| word.to_ascii_lowercase().into_bytes()).collect(),
            target_rules: raw.target_rules.clone(),
        })
    }

    /// Whether the bytes alone decide: then the match is dropped where it is found.
    pub(crate) fn allows_bytes(&self, seen: &Seen<'_>) -> bool {
        let (regex, word) = (self.regex_allows(seen), self.word_allows(seen));
        if self.all {
            self.paths.is_empty()
                && self.commits.is_empty()
                && !(self.regexes.is_empty() && self.stopwords.is_empty())
                && (self.regexes.is_empty() || regex)
                && (self.stopwords.is_empty() || word)
        } else {
            regex || word
        }
    }

    /// Whether it applies at one place, once path and commit are known.
    pub(crate) fn allows_place(&self, seen: &Seen<'_>, path: &[u8], commit: Option<&str>) -> bool {
        let at_path = !path.is_empty() && self.paths.iter().any(|regex| regex.is_match(path));
        let in_commit = commit.is_some_and(|id| self.commits.iter().any(|known| known == id));
        if self.all {
            (!self.paths.is_empty() || !self.commits.is_empty())
                && (self.paths.is_empty() || at_path)
                && (self.commits.is_empty() || in_commit)
                && (self.regexes.is_empty() || self.regex_allows(seen))
                && (self.stopwords.is_empty() || self.word_allows(seen))
        } else {
            at_path || in_commit
        }
    }

    fn regex_allows(&self, seen: &Seen<'_>) -> bool {
        let text = match self.target {
            Target::Secret => seen.secret,
            Target::Match => seen.matched,
            Target::Line => seen.line,
        };
        self.regexes.iter().any(|regex| regex.is_match(text))
    }

    fn word_allows(&self, seen: &Seen<'_>) -> bool {
        self.stopwords.iter().any(|word| bytes::contains_ignore_case(seen.secret, word))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(toml: &str) -> Allowlist {
        Allowlist::compile(&toml::from_str(toml).unwrap()).unwrap()
    }

    #[test]
    fn or_needs_one_and_needs_each_kind() {
        let seen = Seen { secret: b"abcEXAMPLE", matched: b"key=abcEXAMPLE", line: b"key=abcEXAMPLE # test" };
        assert!(list("stopwords=['example']").allows_bytes(&seen));
        assert!(list("regexes=['# test$']\nregexTarget='line'").allows_bytes(&seen));
        assert!(!list("regexes=['# test$']").allows_bytes(&seen));
        let both = list("condition='AND'\nstopwords=['example']\npaths=['^docs/']");
        assert!(!both.allows_bytes(&seen));
        assert!(both.allows_place(&seen, b"docs/a.md", None));
        assert!(!both.allows_place(&seen, b"src/a.rs", None));
        assert!(list("commits=['ABC']").allows_place(&seen, b"", Some("abc")));
    }
}
