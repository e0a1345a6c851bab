//! Which of several matches on the same bytes is the credential's name: a provider's rule goes before a generic one.

use std::{cmp::Reverse, collections::BTreeMap};

use super::{Found, Hit};
use crate::rules::Rules;

/// Leaves out matches whose bytes a better match holds.
pub(crate) fn resolve(rules: &Rules, found: &[Found], hits: &[Hit]) -> Vec<Hit> {
    let rank = |hit: &Hit| {
        let known = found.get(hit.found as usize);
        let generic = known.and_then(|k| rules.at(k.rule)).is_none_or(|rule| rule.generic);
        let encoded = known.is_some_and(|k| !k.via.is_empty());
        let confidence = Reverse(known.map(|k| k.verdict.confidence));
        (generic, encoded, confidence, known.map_or(u32::MAX, |k| k.rule))
    };
    let secret = |hit: &Hit| found.get(hit.found as usize).map(|known| known.secret.reveal());
    let mut order: Vec<(_, &Hit)> = hits.iter().map(|hit| (rank(hit), hit)).collect();
    order.sort_by(|a, b| a.0.cmp(&b.0).then_with(|| a.1.cmp(b.1)));
    let mut kept: Vec<Hit> = Vec::new();
    // Disjoint spans of what is kept as it stands, and the encoded stretches that held something.
    let mut plain: BTreeMap<usize, (usize, &Hit)> = BTreeMap::new();
    let mut encoded_spans: BTreeMap<usize, usize> = BTreeMap::new();
    for ((generic, encoded, ..), hit) in order {
        let (start, end) = hit.secret;
        let in_encoded = encoded_spans.range(..end).next_back().is_some_and(|(_, &high)| high > start);
        if encoded {
            let same = plain.range(start..end).any(|(_, (_, other))| secret(other) == secret(hit));
            if same || (generic && in_encoded) {
                continue;
            }
            let span = encoded_spans.entry(start).or_insert(end);
            *span = (*span).max(end);
        } else {
            let taken = plain.range(..end).next_back().is_some_and(|(_, &(high, _))| high > start);
            if taken || (generic && in_encoded) {
                continue;
            }
            plain.insert(start, (end, hit));
        }
        kept.push(hit.clone());
    }
    // In the order of the text; equal matches that lean on different bytes are one.
    let place = |hit: &Hit| (hit.secret, hit.span, hit.found);
    kept.sort_unstable_by_key(place);
    kept.dedup_by_key(|hit| place(hit));
    kept
}
