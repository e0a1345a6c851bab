//! Scanning an object through the delta that makes it from another: only what is new, and what touches it.
//!
//! A match is taken over when every byte that it depends on lies in one copied stretch (stretches that continue each
//! other are one). Keywords, encoded stretches and remembered anchors that touch a seam are tried again. Matches do not
//! depend on where a scan began, so the outcome is that of a full scan.

use super::{Anchor, Engine, Hit, Marks};
use crate::decode;

/// A stretch that was copied: `len` bytes from `from` in the base to `to` in the object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Copy {
    pub(crate) from: usize,
    pub(crate) to: usize,
    pub(crate) len: usize,
}

/// A delta in the form that scanning needs.
#[derive(Debug, Clone, Default)]
pub(crate) struct Edits {
    copies: Vec<Copy>,
    /// New bytes, or the empty range between two copies that do not continue each other.
    seams: Vec<(usize, usize)>,
    written: usize,
}

impl Edits {
    /// The next instruction copies.
    pub(crate) fn copy(&mut self, from: usize, len: usize) {
        if len == 0 {
            return;
        }
        match self.copies.last_mut() {
            Some(last) if last.from + last.len == from && last.to + last.len == self.written => {
                last.len += len;
            }
            _ => {
                if !(self.written == 0 && from == 0) {
                    self.seam(self.written, self.written);
                }
                self.copies.push(Copy { from, to: self.written, len });
            }
        }
        self.written += len;
    }

    /// The next instruction inserts.
    pub(crate) fn insert(&mut self, len: usize) {
        if len > 0 {
            self.seam(self.written, self.written + len);
            self.written += len;
        }
    }

    /// The end: what the base has beyond the last copy is gone, which is a seam too.
    pub(crate) fn end(&mut self, base_len: usize) {
        let ends_with_base = self
            .copies
            .last()
            .is_some_and(|last| last.from + last.len == base_len && last.to + last.len == self.written);
        if !ends_with_base {
            self.seam(self.written, self.written);
        }
    }

    fn seam(&mut self, start: usize, end: usize) {
        match self.seams.last_mut() {
            Some(last) if start <= last.1 => last.1 = last.1.max(end),
            _ => self.seams.push((start, end)),
        }
    }

    /// Seams widened by so much before and after, joined where they meet.
    fn widened(&self, (back, ahead): (usize, usize), len: usize) -> Vec<(usize, usize)> {
        let mut out: Vec<(usize, usize)> = Vec::with_capacity(self.seams.len());
        for &(start, end) in &self.seams {
            let (start, end) = (start.saturating_sub(back), end.saturating_add(ahead).min(len));
            match out.last_mut() {
                Some(last) if start <= last.1 => last.1 = last.1.max(end),
                _ => out.push((start, end)),
            }
        }
        out
    }

    /// Takes over what lies in copied stretches, by how far it moves. `all` is in the order of its windows.
    fn carry<'b, T>(
        &self,
        all: &'b [T],
        window: impl Fn(&T) -> (usize, usize),
        lens: (usize, usize),
        mut take: impl FnMut(&'b T, isize),
    ) {
        let (base_len, len) = lens;
        for copy in &self.copies {
            let end = copy.from + copy.len;
            let first = all.partition_point(|one| window(one).0 < copy.from);
            for one in all.get(first..).unwrap_or_default() {
                let (low, high) = window(one);
                if low > end {
                    break;
                }
                // A window that ends at the edge of a file knows that nothing follows: it must still be the edge.
                let edges = (low > 0 || copy.to == 0) && (high < base_len || copy.to + copy.len == len);
                if high <= end && edges {
                    take(one, copy.to.cast_signed() - copy.from.cast_signed());
                }
            }
        }
    }

    fn touches(&self, low: usize, high: usize) -> bool {
        let first = self.seams.partition_point(|&(_, end)| end < low);
        self.seams.get(first).is_some_and(|&(start, _)| start <= high)
    }
}

impl Engine {
    /// What [`Engine::full`] would find in `data`, from what was found in its base.
    pub(crate) fn delta(&mut self, data: &[u8], edits: &Edits, base: &Marks, base_len: usize) -> Marks {
        if decode::is_container(data) {
            return self.full(data);
        }
        if self.via.is_empty() {
            self.spent = 0;
        }
        let len = data.len();
        let mut marks = Marks::default();
        let shift = |value: usize, by: isize| value.saturating_add_signed(by);
        edits.carry(
            &base.hits,
            |hit| hit.window,
            (base_len, len),
            |hit, by| {
                let both = |(start, end): (usize, usize)| (shift(start, by), shift(end, by));
                marks.hits.push(Hit {
                    window: both(hit.window),
                    span: both(hit.span),
                    secret: both(hit.secret),
                    found: hit.found,
                });
            },
        );
        let whole = |anchor: &Anchor| (anchor.start, anchor.end);
        edits.carry(&base.anchors, whole, (usize::MAX, usize::MAX), |anchor, by| {
            let (start, end) = (shift(anchor.start, by), shift(anchor.end, by));
            marks.anchors.push(Anchor { start, end, rule: anchor.rule });
        });
        let rules = self.rules.clone();
        for (low, high) in edits.widened(rules.margin, len) {
            self.near(data, low, high, &mut marks);
        }
        self.anchors(data, edits, &mut marks);
        let mut done = 0;
        for (low, high) in edits.widened((decode::MARGIN, decode::MARGIN), len) {
            decode::stretches(self, data, low, high, &mut marks);
            if high > done {
                let (start, end) = whole_lines(data, low.max(done), high);
                decode::lines(self, data, start, end, &mut marks);
                done = end;
            }
        }
        if !rules.wide.is_empty() {
            self.everything_wide(&rules, data, &mut marks);
        }
        self.finish(&mut marks);
        marks
    }

    /// Long rules whose keyword stands far from a seam, but whose match may reach it.
    fn anchors(&mut self, data: &[u8], edits: &Edits, marks: &mut Marks) {
        marks.anchors.sort_unstable();
        marks.anchors.dedup();
        let rules = self.rules.clone();
        let anchors = std::mem::take(&mut marks.anchors);
        for anchor in &anchors {
            let Some(pattern) = rules.at(anchor.rule).and_then(|rule| rule.pattern.as_ref()) else {
                continue;
            };
            let low = anchor.start.saturating_sub(pattern.lead.min(pattern.reach) + super::LINE + 2);
            let high = anchor.start.saturating_add(pattern.reach + super::LINE + 2).max(anchor.end);
            if edits.touches(low, high) {
                self.at_keyword(&rules, data, anchor.start, anchor.end, anchor.rule, marks);
            }
        }
        marks.anchors = anchors;
    }
}

/// The lines that `low..high` touches.
fn whole_lines(data: &[u8], low: usize, high: usize) -> (usize, usize) {
    let start = memchr::memrchr(b'\n', data.get(..low).unwrap_or_default()).map_or(0, |at| at + 1);
    let end = memchr::memchr(b'\n', data.get(high..).unwrap_or_default()).map_or(data.len(), |at| high + at);
    (start, end)
}
