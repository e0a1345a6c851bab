//! Rules for web logs, made ready for many millions of lines.

use std::{borrow::Cow, collections::BTreeSet, sync::Arc};

use aho_corasick::{AhoCorasick, MatchKind};
use bbsec_core::Event;
use percent_encoding::percent_decode_str;

use crate::{LoadedRule, RuleSet, Source, fields};

/// The web rules of several sets, asked together.
#[derive(Debug)]
pub struct WebMatcher {
    rules: Vec<Arc<LoadedRule>>,
    /// Rules of which no word is known that must be there.
    always: Vec<usize>,
    words: Option<AhoCorasick>,
    /// The rule of each word.
    rule_of: Vec<usize>,
}

impl WebMatcher {
    /// Takes the rules for web servers and proxies out of the sets; an id that comes twice is asked once.
    pub fn new(sets: &[&RuleSet]) -> Self {
        let mut known = BTreeSet::new();
        let rules: Vec<Arc<LoadedRule>> = sets
            .iter()
            .flat_map(|set| set.rules())
            .filter(|rule| rule.source == Source::Web && known.insert(rule.id.clone()))
            .cloned()
            .collect();
        let (mut always, mut rule_of, mut words) = (Vec::new(), Vec::new(), Vec::new());
        for (at, rule) in rules.iter().enumerate() {
            match &rule.anchors {
                None => always.push(at),
                Some(anchors) => {
                    for word in anchors {
                        words.push(word.as_str());
                        rule_of.push(at);
                    }
                }
            }
        }
        let words =
            AhoCorasick::builder().ascii_case_insensitive(true).match_kind(MatchKind::Standard).build(&words);
        let Ok(words) = words else {
            // Too many words for one automaton: slower, and not wrong.
            return Self { always: (0..rules.len()).collect(), rules, words: None, rule_of: Vec::new() };
        };
        Self { rules, always, words: Some(words), rule_of }
    }

    /// How many rules there are.
    pub fn len(&self) -> usize {
        self.rules.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// The rules that match an event.
    pub fn matching(&self, event: &Event) -> Vec<&LoadedRule> {
        let mut candidates: Vec<usize> = self.always.clone();
        self.look(&event.action, &mut candidates);
        if event.action.contains('%') {
            let once = decode(&event.action);
            self.look(&once, &mut candidates);
            if once.contains('%') {
                self.look(&decode(&once), &mut candidates);
            }
        }
        let referer = event.extra.get("http_request_referer");
        for text in [event.user_agent.as_ref(), referer].into_iter().flatten() {
            self.look(text, &mut candidates);
        }
        if candidates.is_empty() {
            return Vec::new();
        }
        candidates.sort_unstable();
        candidates.dedup();
        let Some(fields) = fields::sigma_event(&fields::web_fields(event)) else { return Vec::new() };
        candidates
            .into_iter()
            .filter_map(|at| self.rules.get(at))
            .filter(|rule| rule.matches(&fields))
            .map(Arc::as_ref)
            .collect()
    }

    fn look(&self, text: &str, candidates: &mut Vec<usize>) {
        let found = self.words.iter().flat_map(|words| words.find_overlapping_iter(text));
        candidates.extend(found.filter_map(|found| self.rule_of.get(found.pattern().as_usize())));
    }
}

fn decode(text: &str) -> Cow<'_, str> {
    percent_decode_str(text).decode_utf8_lossy()
}
