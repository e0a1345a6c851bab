//! UTF-16 without asking for a mark at the start: a NUL beside every character, in either order.
//!
//! Credentials are ASCII, so only such stretches are undone; a byte-order mark is not needed and not trusted.

use crate::{
    bytes::{at, sub},
    engine::{Engine, Marks},
};

/// Fewer characters hold no credential.
const FEWEST: usize = 8;

fn text(byte: Option<u8>) -> bool {
    byte.is_some_and(|b| (32..127).contains(&b) || matches!(b, b'\n' | b'\r' | b'\t'))
}

fn nul(data: &[u8], index: usize) -> bool {
    at(data, index) == Some(0)
}

pub(super) fn stretches(engine: &mut Engine, data: &[u8], low: usize, high: usize, marks: &mut Marks) {
    let mut from = low;
    while let Some(found) = memchr::memchr(0, sub(data, from, high)) {
        let index = from + found;
        from = index + 1;
        if !(text(at(data, index + 1)) && nul(data, index + 2)
            || index >= 2 && nul(data, index - 2) && text(at(data, index - 1)))
        {
            continue;
        }
        let mut start = index;
        while start >= 2 && text(at(data, start - 1)) && nul(data, start - 2) {
            start -= 2;
        }
        let mut end = index;
        while text(at(data, end + 1)) && nul(data, end + 2) {
            end += 2;
        }
        // Little endian has its character before the first NUL, big endian after the last.
        let first = if start >= 1 && text(at(data, start - 1)) { start - 1 } else { start };
        let last = if text(at(data, end + 1)) { end + 2 } else { end + 1 };
        from = last.max(from);
        if (last - first) / 2 >= FEWEST {
            let decoded: Vec<u8> = sub(data, first, last).iter().copied().filter(|b| *b != 0).collect();
            let window = (first.saturating_sub(3), (last + 3).min(data.len()));
            engine.inner(&decoded, "UTF-16", (first, last), window, marks);
        }
    }
}
