//! What stands at a keyword.

use regex_automata::{Anchored, Input};

use super::{Anchor, Engine, Hit, Marks, Scratch};
use crate::{
    bytes::{self, sub},
    generic, judge,
    rules::{Lead, Rules},
};

impl Engine {
    /// Everything at keywords that lie in `low..high`.
    pub(super) fn near(&mut self, data: &[u8], low: usize, high: usize, marks: &mut Marks) {
        if low >= high {
            return;
        }
        self.stats.scanned += (high - low) as u64;
        let rules = self.rules.clone();
        rules.keywords.each(data, low, high, |start, end, word| {
            for lead in rules.leads.get(word as usize).into_iter().flatten() {
                match *lead {
                    Lead::Rule(rule) => self.at_keyword(&rules, data, start, end, rule, marks),
                    Lead::Long(rule) => {
                        marks.anchors.push(Anchor { start, end, rule });
                        self.at_keyword(&rules, data, start, end, rule, marks);
                    }
                    Lead::Assignment => self.assignment(&rules, data, start, end, marks),
                }
            }
        });
    }

    /// The match of one rule that contains the keyword at `start..end`, if there is one.
    pub(super) fn at_keyword(
        &mut self,
        rules: &Rules,
        data: &[u8],
        start: usize,
        end: usize,
        rule: u32,
        marks: &mut Marks,
    ) {
        let Some(pattern) = rules.at(rule).and_then(|rule| rule.pattern.as_ref()) else { return };
        if pattern.guard.is_some_and(|guard| !guard.passes(data, end)) {
            return;
        }
        let Some(regex) = pattern.regex() else { return };
        let low = start.saturating_sub(pattern.lead.min(pattern.reach));
        let high = start.saturating_add(pattern.reach).min(data.len()).max(end);
        let Some(slot) = self.scratch.get_mut(rule as usize) else { return };
        let scratch = slot.get_or_insert_with(|| Scratch {
            cache: regex.create_cache(),
            captures: regex.create_captures(),
        });
        let anchored = if pattern.begins { Anchored::Yes } else { Anchored::No };
        let mut from = low;
        while from <= start {
            let input = Input::new(data).range(from..high).anchored(anchored);
            let Some(hit) = regex.search_with(&mut scratch.cache, &input) else { return };
            if hit.start() > start {
                return;
            }
            if hit.end() < end {
                from = if hit.end() <= start && hit.end() > from { hit.end() } else { hit.start() + 1 };
                continue;
            }
            regex.search_captures_with(
                &mut scratch.cache,
                &Input::new(data).range(hit.start()..high).anchored(Anchored::Yes),
                &mut scratch.captures,
            );
            let wanted = rules.at(rule).and_then(|rule| rule.group);
            let secret = secret_group(&scratch.captures, wanted).unwrap_or((hit.start(), hit.end()));
            let window = (low.saturating_sub(1), (high + 1).min(data.len()));
            self.accept(rules, rule, data, (hit.start(), hit.end()), secret, window, marks);
            return;
        }
    }

    #[allow(clippy::too_many_arguments, reason = "a match has this many sides")]
    fn accept(
        &mut self,
        rules: &Rules,
        index: u32,
        data: &[u8],
        span: (usize, usize),
        secret: (usize, usize),
        window: (usize, usize),
        marks: &mut Marks,
    ) {
        let Some(rule) = rules.at(index) else { return };
        let value = sub(data, secret.0, secret.1);
        if value.is_empty() || (rule.entropy > 0.0 && judge::entropy(value) < rule.entropy) {
            return;
        }
        let mut window = window;
        if !rule.allow.is_empty() || !rules.allow.is_empty() {
            let line = bytes::line_around(data, span.0, span.1, super::LINE);
            let seen = crate::rules::Seen { secret: value, matched: sub(data, span.0, span.1), line };
            if rule.allow.iter().chain(&rules.allow).any(|list| list.allows_bytes(&seen)) {
                return;
            }
            window.0 = window.0.min(span.0.saturating_sub(super::LINE + 1));
            window.1 = window.1.max((span.1 + super::LINE + 1).min(data.len()));
        }
        let found = self.intern(index, value, |_| judge::verdict(rule, data, span, secret));
        if let Some(found) = found {
            marks.hits.push(Hit { window, span, secret, found });
        }
    }

    /// A value that is assigned to something called password, token, key and the like.
    fn assignment(&mut self, rules: &Rules, data: &[u8], start: usize, end: usize, marks: &mut Marks) {
        let Some(value) = generic::assigned(data, start, end) else { return };
        let Some((index, verdict)) = generic::judge(rules, data, &value) else { return };
        let bytes = sub(data, value.secret.0, value.secret.1);
        if !rules.allow.is_empty() {
            let line = bytes::line_around(data, value.span.0, value.span.1, super::LINE);
            let seen = crate::rules::Seen { secret: bytes, matched: bytes, line };
            if rules.allow.iter().any(|list| list.allows_bytes(&seen)) {
                return;
            }
        }
        let line = if rules.allow.is_empty() { 0 } else { super::LINE };
        let window = (
            start.saturating_sub(generic::BACK + line),
            start.saturating_add(generic::REACH + line).min(data.len()),
        );
        if let Some(found) = self.intern(index, bytes, |_| Some(verdict)) {
            marks.hits.push(Hit { window, span: value.span, secret: value.secret, found });
        }
    }

    /// A run of base64 that holds a decimal id, a colon and random bytes, as Data Center tokens do.
    pub(crate) fn id_token(
        &mut self,
        data: &[u8],
        (start, end): (usize, usize),
        window: (usize, usize),
        marks: &mut Marks,
    ) {
        let rules = self.rules.clone();
        let Some(index) = rules.assignment.id_token else { return };
        let padding = sub(data, end, (end + 2).min(data.len())).iter().take_while(|b| **b == b'=').count();
        let span = (start, end + padding);
        // Ids begin with a digit, so the first letter is one of three.
        let likely = (40..=52).contains(&(span.1 - span.0))
            && matches!(bytes::at(data, start), Some(b'M' | b'N' | b'O'));
        if likely {
            self.accept(&rules, index, data, span, span, window, marks);
        }
    }

    /// Rules from outside whose keywords need not stand in the match: the whole object, when it has a keyword.
    pub(super) fn everything_wide(&mut self, rules: &Rules, data: &[u8], marks: &mut Marks) {
        for &index in &rules.wide {
            let Some(rule) = rules.at(index) else { continue };
            let wanted = rule.keywords.is_empty()
                || rule.keywords.iter().any(|word| bytes::contains_ignore_case(data, word.as_bytes()));
            let Some(regex) = rule.pattern.as_ref().and_then(|pattern| pattern.regex()) else { continue };
            if !wanted {
                continue;
            }
            for captures in regex.captures_iter(data) {
                let Some(all) = captures.get_match() else { continue };
                let secret = secret_group(&captures, rule.group).unwrap_or((all.start(), all.end()));
                let window = (0, data.len());
                self.accept(rules, index, data, (all.start(), all.end()), secret, window, marks);
            }
        }
    }
}

/// The group that holds the secret: the one that is named, else the first that took part, else none.
fn secret_group(
    captures: &regex_automata::util::captures::Captures,
    wanted: Option<usize>,
) -> Option<(usize, usize)> {
    let group = |number| captures.get_group(number).map(|span| (span.start, span.end));
    match wanted {
        Some(0) => None,
        Some(number) => group(number),
        None => (1..captures.group_len()).find_map(group),
    }
}
