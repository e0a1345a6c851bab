//! Where keywords stand in a text.
//!
//! An automaton takes one step for each byte, and each step waits for the one before it. Here a sieve is asked about
//! the three bytes at each place instead; these look-ups do not wait for each other. What passes must pass a second
//! sieve with its fourth byte, and is then compared with the few words that begin so. Words too short for the sieve,
//! which only people's own files have, get the automaton.

use aho_corasick::{AhoCorasick, Input, MatchKind};

/// Bits of a slot: one byte for each keeps the sieve within the first cache.
const BITS: u32 = 14;
const SLOTS: usize = 1 << BITS;
/// Words of this length and more go through the sieve.
const SHORTEST: usize = 3;
/// Bytes that are read at each place.
const HEAD: usize = 4;
/// Sets this bit in every byte: upper-case letters become lower-case ones, and other bytes fall together, which only
/// costs a comparison.
const FOLD: u32 = 0x2020_2020;
/// In the first sieve: a word of three bytes begins so.
const SHORT: u8 = 1;
/// In the first sieve: a longer word begins so, if the second sieve agrees.
const LONGER: u8 = 2;

/// A set of words, matched with ASCII case ignored.
#[derive(Debug)]
pub(crate) struct Words {
    first: Box<[u8; SLOTS]>,
    second: Box<[bool; SLOTS]>,
    /// Where the words of each slot of the first sieve begin in `entries`.
    start: Vec<u32>,
    /// Words and their numbers.
    entries: Vec<(Box<[u8]>, u32)>,
    automaton: Option<AhoCorasick>,
}

impl Words {
    /// Takes lower-case words; they are numbered as they come.
    pub(crate) fn new(words: &[&str]) -> Result<Self, aho_corasick::BuildError> {
        if words.iter().any(|word| word.len() < SHORTEST) {
            let automaton = AhoCorasick::builder()
                .ascii_case_insensitive(true)
                .match_kind(MatchKind::Standard)
                .build(words)?;
            return Ok(Self { automaton: Some(automaton), ..Self::default() });
        }
        let mut made = Self::default();
        let mut slots: Vec<(usize, u32)> = Vec::new();
        for (number, word) in (0u32..).zip(words) {
            let (head, mark) = match *word.as_bytes() {
                [a, b, c] => ([a, b, c, 0], SHORT),
                [a, b, c, d, ..] => ([a, b, c, d], LONGER),
                _ => continue,
            };
            slots.push((three(head), number));
            if let Some(marks) = made.first.get_mut(three(head)) {
                *marks |= mark;
            }
            if mark == LONGER
                && let Some(passes) = made.second.get_mut(four(head))
            {
                *passes = true;
            }
        }
        slots.sort_unstable();
        let mut slots = slots.into_iter().peekable();
        for slot in 0..SLOTS {
            made.start.push(made.entries.len() as u32);
            while let Some((_, number)) = slots.next_if(|&(other, _)| other == slot) {
                made.entries.extend(words.get(number as usize).map(|word| (word.as_bytes().into(), number)));
            }
        }
        made.start.push(made.entries.len() as u32);
        Ok(made)
    }

    /// Whether the sieve is used.
    #[cfg(test)]
    pub(crate) fn sieved(&self) -> bool {
        self.automaton.is_none()
    }

    /// Calls `each` with start, end and number of every word that lies in `low..high`.
    pub(crate) fn each(&self, data: &[u8], low: usize, high: usize, mut each: impl FnMut(usize, usize, u32)) {
        let high = high.min(data.len());
        if let Some(automaton) = &self.automaton {
            // Only a search that is anchored can fail here, and this one is not.
            let Ok(found) = automaton.try_find_overlapping_iter(Input::new(data).range(low..high)) else {
                return;
            };
            return found.for_each(|word| each(word.start(), word.end(), word.pattern().as_u32()));
        }
        let part = data.get(low..high.saturating_add(HEAD - 1).min(data.len())).unwrap_or_default();
        for (at, head) in part.windows(HEAD).enumerate() {
            let &[a, b, c, d] = head else { continue };
            let head = [a, b, c, d];
            let marks = self.first.get(three(head)).copied().unwrap_or(0);
            if marks != 0 && (marks & SHORT != 0 || self.second.get(four(head)).is_some_and(|passes| *passes))
            {
                self.compare(data, low + at, high, head, &mut each);
            }
        }
        // At the very end there are no four bytes, but a word of three may stand there.
        if let Some(&[a, b, c]) = data.last_chunk::<{ HEAD - 1 }>()
            && data.len() - (HEAD - 1) >= low
        {
            self.compare(data, data.len() - (HEAD - 1), high, [a, b, c, 0], &mut each);
        }
    }

    #[inline(never)]
    fn compare(
        &self,
        data: &[u8],
        at: usize,
        high: usize,
        head: [u8; HEAD],
        each: &mut impl FnMut(usize, usize, u32),
    ) {
        let bound = |slot: usize| self.start.get(slot).copied().unwrap_or(0) as usize;
        let slot = three(head);
        for (word, number) in self.entries.get(bound(slot)..bound(slot + 1)).unwrap_or_default() {
            let end = at + word.len();
            if end <= high && data.get(at..end).is_some_and(|here| here.eq_ignore_ascii_case(word)) {
                each(at, end, *number);
            }
        }
    }
}

impl Default for Words {
    fn default() -> Self {
        Self {
            first: Box::new([0; SLOTS]),
            second: Box::new([false; SLOTS]),
            start: Vec::new(),
            entries: Vec::new(),
            automaton: None,
        }
    }
}

/// The slot of the first three bytes.
#[inline]
fn three(head: [u8; HEAD]) -> usize {
    slot((u32::from_le_bytes(head) | FOLD) << 8)
}

/// The slot of all four.
#[inline]
fn four(head: [u8; HEAD]) -> usize {
    slot(u32::from_le_bytes(head) | FOLD)
}

/// Fibonacci hashing.
#[inline]
fn slot(head: u32) -> usize {
    (head.wrapping_mul(0x9E37_79B1) >> (32 - BITS)) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const WORDS: [&str; 9] = ["key", "keys", "monkey", "token", "_token", "ghp_", "://", "key-", "aaaa"];

    fn found(words: &Words, data: &[u8], low: usize, high: usize) -> Vec<(usize, usize, u32)> {
        let mut all = Vec::new();
        words.each(data, low, high, |start, end, number| all.push((start, end, number)));
        all.sort_unstable();
        all
    }

    fn by_hand(words: &[&str], data: &[u8], low: usize, high: usize) -> Vec<(usize, usize, u32)> {
        let mut all = Vec::new();
        for start in low..high {
            for (number, word) in (0u32..).zip(words) {
                let end = start + word.len();
                if end <= high && data[start..end].eq_ignore_ascii_case(word.as_bytes()) {
                    all.push((start, end, number));
                }
            }
        }
        all.sort_unstable();
        all
    }

    proptest! {
        #[test]
        fn every_word_is_found_wherever_it_stands(
            parts in prop::collection::vec(prop_oneof![
                prop::sample::select(WORDS.to_vec()).prop_map(str::to_owned),
                "[a-zA-Z_: \n]{0,6}",
                Just("Key".to_owned()),
                Just("TOKEN".to_owned()),
            ], 0..12),
            cut in any::<(prop::sample::Index, prop::sample::Index)>(),
        ) {
            let data = parts.concat().into_bytes();
            let (a, b) = (cut.0.index(data.len() + 1), cut.1.index(data.len() + 1));
            let (low, high) = (a.min(b), a.max(b));
            let sieved = Words::new(&WORDS).unwrap();
            prop_assert!(sieved.automaton.is_none());
            prop_assert_eq!(found(&sieved, &data, low, high), by_hand(&WORDS, &data, low, high));
            let short: Vec<&str> = WORDS.into_iter().chain(["b_"]).collect();
            let walked = Words::new(&short).unwrap();
            prop_assert!(walked.automaton.is_some());
            prop_assert_eq!(found(&walked, &data, low, high), by_hand(&short, &data, low, high));
        }
    }
}
