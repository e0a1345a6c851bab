//! What a regular expression tells about itself: whether every match contains a keyword, and how long a match can be.
//!
//! When both are known, only the surroundings of keywords need to be matched, and a match cannot depend on bytes
//! further away.

use regex_automata::{meta, util::syntax};
use regex_syntax::hir::{Class, Hir, HirKind};

/// Sets of strings larger than this are not followed.
const MOST_STRINGS: usize = 600;
/// Strings longer than this are cut: keywords are shorter.
const LONGEST: usize = 40;

/// Parses a pattern as Go's RE2 reads it: classes such as `\w` are ASCII. Unicode is the second try.
pub(crate) fn parse(pattern: &str) -> Result<(Hir, bool), Box<regex_syntax::Error>> {
    let build = |unicode| {
        let parsed = regex_syntax::ParserBuilder::new().unicode(unicode).utf8(false).build().parse(pattern);
        parsed.map(|hir| (hir, unicode)).map_err(Box::new)
    };
    build(false).or_else(|_| build(true))
}

/// Compiles a pattern for bytes.
pub(crate) fn compile(pattern: &str, unicode: bool) -> Result<meta::Regex, Box<meta::BuildError>> {
    meta::Regex::builder()
        .syntax(syntax::Config::new().utf8(false).unicode(unicode))
        .configure(
            meta::Config::new()
                .utf8_empty(false)
                .nfa_size_limit(Some(20 << 20))
                .onepass_size_limit(Some(256 << 10))
                .hybrid_cache_capacity(1 << 20),
        )
        .build(pattern)
        .map_err(Box::new)
}

/// Whether every match of `hir` contains one of the lower-case `keywords`, ASCII case ignored.
pub(crate) fn contains_keyword(hir: &Hir, keywords: &[String]) -> bool {
    let has = |text: &[u8]| keywords.iter().any(|k| memchr::memmem::find(text, k.as_bytes()).is_some());
    match hir.kind() {
        HirKind::Capture(capture) => contains_keyword(&capture.sub, keywords),
        HirKind::Repetition(repetition) => repetition.min >= 1 && contains_keyword(&repetition.sub, keywords),
        HirKind::Alternation(branches) => branches.iter().all(|branch| contains_keyword(branch, keywords)),
        HirKind::Concat(parts) => {
            let mut ends: Vec<Vec<u8>> = vec![Vec::new()];
            for part in parts {
                if contains_keyword(part, keywords) {
                    return true;
                }
                match strings(part).and_then(|set| product(&ends, &set)) {
                    Some(longer) => ends = longer,
                    None => ends = vec![Vec::new()],
                }
                if ends.iter().all(|end| has(end)) {
                    return true;
                }
            }
            false
        }
        _ => strings(hir).is_some_and(|set| !set.is_empty() && set.iter().all(|text| has(text))),
    }
}

/// Whether every match of `hir` begins with one of the lower-case `keywords`, ASCII case ignored. `false` when in doubt.
pub(crate) fn begins_with_keyword(hir: &Hir, keywords: &[String]) -> bool {
    let begins = |text: &[u8]| keywords.iter().any(|keyword| text.starts_with(keyword.as_bytes()));
    match hir.kind() {
        HirKind::Capture(capture) => begins_with_keyword(&capture.sub, keywords),
        HirKind::Alternation(branches) => branches.iter().all(|branch| begins_with_keyword(branch, keywords)),
        HirKind::Concat(parts) => {
            let mut so_far: Vec<Vec<u8>> = vec![Vec::new()];
            for part in parts {
                if so_far.iter().all(Vec::is_empty) && begins_with_keyword(part, keywords) {
                    return true;
                }
                match strings(part).and_then(|set| product(&so_far, &set)) {
                    Some(longer) => so_far = longer,
                    None => return false,
                }
                if so_far.iter().all(|text| begins(text)) {
                    return true;
                }
            }
            false
        }
        _ => strings(hir).is_some_and(|set| !set.is_empty() && set.iter().all(|text| begins(text))),
    }
}

/// How many bytes of a match can stand before the start of a keyword, at most; `None` when that is not bounded.
pub(crate) fn lead(hir: &Hir, keywords: &[String]) -> Option<usize> {
    let longest = |hir: &Hir| hir.properties().maximum_len();
    match hir.kind() {
        HirKind::Capture(capture) => lead(&capture.sub, keywords),
        HirKind::Alternation(branches) => {
            branches.iter().map(|branch| lead(branch, keywords)).try_fold(0, |most, one| Some(most.max(one?)))
        }
        HirKind::Concat(parts) => {
            let mut before = 0usize;
            for part in parts {
                if contains_keyword(part, keywords) {
                    return Some(before.saturating_add(lead(part, keywords)?));
                }
                before = before.saturating_add(longest(part)?);
            }
            Some(before)
        }
        _ => longest(hir),
    }
}

/// Every string that `hir` matches, in lower case, when they are few.
fn strings(hir: &Hir) -> Option<Vec<Vec<u8>>> {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => Some(vec![Vec::new()]),
        HirKind::Literal(literal) => Some(vec![literal.0.to_ascii_lowercase()]),
        HirKind::Class(class) => class_strings(class),
        HirKind::Capture(capture) => strings(&capture.sub),
        HirKind::Repetition(repetition) => {
            let one = strings(&repetition.sub)?;
            let most = repetition.max.filter(|max| *max <= 4)?;
            let mut all = if repetition.min == 0 { vec![Vec::new()] } else { Vec::new() };
            let mut now = vec![Vec::new()];
            for count in 1..=most {
                now = product(&now, &one)?;
                if count >= repetition.min {
                    all.extend(now.iter().cloned());
                }
            }
            (all.len() <= MOST_STRINGS).then_some(all)
        }
        HirKind::Concat(parts) => {
            let mut all = vec![Vec::new()];
            for part in parts {
                all = product(&all, &strings(part)?)?;
            }
            Some(all)
        }
        HirKind::Alternation(branches) => {
            let mut all = Vec::new();
            for branch in branches {
                all.extend(strings(branch)?);
            }
            (all.len() <= MOST_STRINGS).then_some(all)
        }
    }
}

fn class_strings(class: &Class) -> Option<Vec<Vec<u8>>> {
    let mut bytes: Vec<u8> = match class {
        Class::Bytes(class) => {
            let total: usize = class.ranges().iter().map(|r| usize::from(r.end() - r.start()) + 1).sum();
            if total > 24 {
                return None;
            }
            class.ranges().iter().flat_map(|r| r.start()..=r.end()).collect()
        }
        Class::Unicode(class) => {
            let ascii: Option<Vec<(u8, u8)>> = class
                .ranges()
                .iter()
                .map(|r| Some((u8::try_from(r.start()).ok()?, u8::try_from(r.end()).ok()?)))
                .collect();
            let ascii = ascii?;
            if ascii.iter().map(|(a, b)| usize::from(b - a) + 1).sum::<usize>() > 24 {
                return None;
            }
            ascii.into_iter().flat_map(|(a, b)| a..=b).collect()
        }
    };
    bytes.make_ascii_lowercase();
    bytes.sort_unstable();
    bytes.dedup();
    Some(bytes.into_iter().map(|byte| vec![byte]).collect())
}

fn product(left: &[Vec<u8>], right: &[Vec<u8>]) -> Option<Vec<Vec<u8>>> {
    if left.len().saturating_mul(right.len()) > MOST_STRINGS {
        return None;
    }
    let mut all = Vec::with_capacity(left.len() * right.len());
    for a in left {
        for b in right {
            if a.len() + b.len() > LONGEST * 4 {
                return None;
            }
            all.push([a.as_slice(), b.as_slice()].concat());
        }
    }
    Some(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proves(pattern: &str, keywords: &[&str]) -> bool {
        let keywords: Vec<String> = keywords.iter().map(ToString::to_string).collect();
        contains_keyword(&parse(pattern).unwrap().0, &keywords)
    }

    #[test]
    fn a_keyword_is_proved_only_when_every_match_has_it() {
        assert!(proves(r"\b(gh[pousr]_[A-Za-z0-9]{36})\b", &["ghp_", "gho_", "ghu_", "ghs_", "ghr_"]));
        assert!(!proves(r"\b(gh[pousr]_[A-Za-z0-9]{36})\b", &["ghp_"]));
        assert!(proves(r"(?i)[\w.-]{0,50}?(?:adafruit)(?:[ \t\w.-]{0,20})([a-z0-9]{32})", &["adafruit"]));
        assert!(proves(r"\b((?:A3T[A-Z0-9]|AKIA|ASIA)[A-Z2-7]{16})\b", &["a3t", "akia", "asia"]));
        assert!(proves(r"(?i)(?:key|token)\s*=", &["key", "token"]));
        assert!(!proves(r"(?:key)?\s*=", &["key"]));
        assert!(!proves(r"[a-z]{20}", &["company"]));
    }

    #[test]
    fn a_match_begins_with_a_keyword_only_when_every_one_does() {
        let begins = |pattern: &str, keywords: &[&str]| {
            let keywords: Vec<String> = keywords.iter().map(ToString::to_string).collect();
            begins_with_keyword(&parse(pattern).unwrap().0, &keywords)
        };
        assert!(begins(r"\b(gh[pousr]_[A-Za-z0-9]{36})\b", &["ghp_", "gho_", "ghu_", "ghs_", "ghr_"]));
        assert!(begins(r"(?i)\b(?:pat|PATH)[a-z]{3}", &["pat"]));
        assert!(begins(r"(?:xox[bp]-|xapp-)[0-9]+", &["xoxb-", "xoxp-", "xapp-"]));
        assert!(!begins(r"x?ghp_[A-Za-z0-9]{36}", &["ghp_"]));
        assert!(!begins(r"[a-z]{0,9}?=(foo_[a-z]{3})", &["foo_"]));
        assert!(!begins(r"gh[po]_[a-z]{3}", &["ghp_"]));
    }

    #[test]
    fn what_stands_before_a_keyword_is_bounded() {
        let lead = |pattern: &str, keyword: &str| lead(&parse(pattern).unwrap().0, &[keyword.to_string()]);
        assert_eq!(lead(r"[a-z]{0,9}?=(foo_[a-z]{3})", "foo_"), Some(10 + 4));
        assert_eq!(lead(r"[a-z]*foo", "foo"), None);
        assert!(lead(r"\b(ghp_[A-Za-z0-9]{36})\b", "ghp_").is_some_and(|lead| lead <= 8));
    }
}
