//! The matcher: keywords first, expressions only around them, encodings undone on the way.
//!
//! What is found at a keyword depends on the bytes around that keyword alone, never on where a scan began. That is what
//! lets a delta scan take over matches from the object that the delta builds on.

pub(crate) mod delta;
mod keep;
mod keyword;
#[cfg(test)]
mod tests;

use std::{collections::HashMap, sync::Arc};

use bbsec_core::SecretBytes;
use regex_automata::{meta, util::captures::Captures};

pub(crate) use keep::resolve;

use crate::{
    decode::{self, Limits},
    judge::Verdict,
    rules::Rules,
};

/// How far a line is followed from a match.
pub(crate) const LINE: usize = 256;
/// Matches kept per object; what is beyond is counted.
const MOST_HITS: usize = 50_000;

/// One credential as found: equal rule, bytes and way of encoding are one.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    pub(crate) rule: u32,
    pub(crate) secret: SecretBytes,
    pub(crate) verdict: Verdict,
    /// How it was encoded, outermost first: `base64`, `gzip`, ….
    pub(crate) via: Vec<String>,
}

/// One place at which a credential stands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Hit {
    /// All bytes that the match depends on. First, so that hits are in the order of the text.
    pub(crate) window: (usize, usize),
    /// The whole match.
    pub(crate) span: (usize, usize),
    /// The secret within it; the encoded stretch when it was encoded.
    pub(crate) secret: (usize, usize),
    /// Index into the engine's findings.
    pub(crate) found: u32,
}

/// A keyword of a long rule: where, and the rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Anchor {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) rule: u32,
}

/// What a scan of one object leaves behind for the objects that are built on it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Marks {
    pub(crate) hits: Vec<Hit>,
    pub(crate) anchors: Vec<Anchor>,
}

/// What was done, for reports and benchmarks.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Stats {
    pub(crate) scanned: u64,
    pub(crate) dropped_hits: u64,
    /// Encoded stretches that were not undone because of a limit.
    pub(crate) not_decoded: u64,
    /// Containers or members that are damaged, encrypted or of an unknown kind.
    pub(crate) damaged: u64,
}

/// A worker's matcher: rules, scratch space, and what it has found so far.
pub(crate) struct Engine {
    pub(crate) rules: Arc<Rules>,
    pub(crate) limits: Limits,
    pub(crate) found: Vec<Found>,
    index: HashMap<(u32, Vec<u8>, Vec<String>), u32>,
    scratch: Vec<Option<Scratch>>,
    pub(crate) stats: Stats,
    via: Vec<String>,
    /// Bytes that the layers of the present object have given.
    spent: u64,
}

struct Scratch {
    cache: meta::Cache,
    captures: Captures,
}

impl Engine {
    pub(crate) fn new(rules: Arc<Rules>, limits: Limits) -> Self {
        let scratch = std::iter::repeat_with(|| None).take(rules.list.len()).collect();
        Self {
            rules,
            limits,
            found: Vec::new(),
            index: HashMap::new(),
            scratch,
            stats: Stats::default(),
            via: Vec::new(),
            spent: 0,
        }
    }

    /// How many bytes something of this size may give.
    pub(crate) fn allowance(&self, size: u64) -> u64 {
        let by_ratio = size.saturating_mul(self.limits.ratio).max(1 << 20);
        by_ratio.min(self.limits.bytes.saturating_sub(self.spent))
    }

    /// Counts bytes that a layer gave.
    pub(crate) fn spend(&mut self, bytes: u64) {
        self.spent = self.spent.saturating_add(bytes);
    }

    /// Everything in one object.
    pub(crate) fn full(&mut self, data: &[u8]) -> Marks {
        if self.via.is_empty() {
            self.spent = 0;
        }
        let mut marks = Marks::default();
        self.near(data, 0, data.len(), &mut marks);
        let rules = self.rules.clone();
        self.everything_wide(&rules, data, &mut marks);
        decode::whole(self, data, &mut marks);
        decode::stretches(self, data, 0, data.len(), &mut marks);
        decode::lines(self, data, 0, data.len(), &mut marks);
        self.finish(&mut marks);
        marks
    }

    fn finish(&mut self, marks: &mut Marks) {
        marks.hits.sort_unstable();
        marks.hits.dedup();
        marks.anchors.sort_unstable();
        marks.anchors.dedup();
        if marks.hits.len() > MOST_HITS {
            self.stats.dropped_hits += (marks.hits.len() - MOST_HITS) as u64;
            marks.hits.truncate(MOST_HITS);
        }
    }

    /// The number of a finding, judged when it is new.
    fn intern(
        &mut self,
        rule: u32,
        secret: &[u8],
        judge: impl FnOnce(&Rules) -> Option<Verdict>,
    ) -> Option<u32> {
        let key = (rule, secret.to_vec(), self.via.clone());
        if let Some(&known) = self.index.get(&key) {
            return (known != u32::MAX).then_some(known);
        }
        let Some(verdict) = judge(&self.rules) else {
            self.index.insert(key, u32::MAX);
            return None;
        };
        let number = u32::try_from(self.found.len()).ok().filter(|n| *n != u32::MAX)?;
        self.found.push(Found {
            rule,
            secret: SecretBytes::new(secret.to_vec()),
            verdict,
            via: self.via.clone(),
        });
        self.index.insert(key, number);
        Some(number)
    }

    /// Scans what an encoding hid; everything found stands where the encoded stretch stands.
    pub(crate) fn inner(
        &mut self,
        data: &[u8],
        how: &str,
        span: (usize, usize),
        window: (usize, usize),
        marks: &mut Marks,
    ) {
        if self.via.len() >= self.limits.depth {
            self.stats.not_decoded += 1;
            return;
        }
        self.via.push(how.to_owned());
        let inner = self.full(data);
        let kept = resolve(&self.rules, &self.found, &inner.hits);
        self.via.pop();
        marks.hits.extend(kept.into_iter().map(|hit| Hit { window, span, secret: span, found: hit.found }));
    }

    /// How deep the present bytes were hidden.
    pub(crate) fn depth(&self) -> usize {
        self.via.len()
    }
}
