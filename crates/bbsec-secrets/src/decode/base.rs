//! Base64 (RFC 4648, both alphabets, lines broken or not) and hexadecimal.

use base64::{
    Engine as _,
    alphabet::{STANDARD, URL_SAFE},
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};

use super::{EDGE, readable, worth};
use crate::{
    bytes::{at, sub},
    engine::{Engine, Marks},
};

const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_allow_trailing_bits(true)
    .with_decode_padding_mode(DecodePaddingMode::Indifferent);
const PLAIN: GeneralPurpose = GeneralPurpose::new(&STANDARD, LENIENT);
const URL: GeneralPurpose = GeneralPurpose::new(&URL_SAFE, LENIENT);

/// Shorter runs hold no credential of interest.
const SHORTEST: usize = 20;
/// A line this long may go on in the next line.
const FULL_LINE: usize = 48;
/// Blanks before a line that goes on.
const INDENT: usize = 32;

const fn table() -> [bool; 256] {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        #[allow(clippy::indexing_slicing, reason = "the index counts to the table's length, at compile time")]
        {
            table[byte] =
                matches!(byte as u8, b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'+' | b'/' | b'-' | b'_');
        }
        byte += 1;
    }
    table
}

static IN_RUN: [bool; 256] = table();

fn in_run(data: &[u8], index: usize) -> bool {
    data.get(index).and_then(|byte| IN_RUN.get(usize::from(*byte))).copied().unwrap_or(false)
}

/// Between places that are looked at: any run worth undoing covers two of them.
const STEP: usize = SHORTEST / 2;

/// Finds runs by looking at every tenth byte.
pub(super) fn stretches(engine: &mut Engine, data: &[u8], low: usize, high: usize, marks: &mut Marks) {
    if high <= low {
        return;
    }
    let (mut look, mut done) = (low, 0);
    loop {
        // At the edges one place is enough, as the run may lie beyond them.
        let edge = look == low || look + STEP >= high;
        if look >= done && in_run(data, look) && (edge || in_run(data, look + STEP)) {
            let (start, end) = (run_start(data, look), run_end(data, look));
            if end - start >= SHORTEST {
                let stretch = (joined_start(data, start, end), joined_end(data, start, end));
                if stretch.1 > done {
                    undo(engine, data, stretch, marks);
                    done = stretch.1;
                }
            }
            look = look.max(end);
        }
        // The last byte is looked at too, whatever the step.
        look = match look + STEP {
            next if next < high => next,
            _ if look + 1 < high => high - 1,
            _ => return,
        };
    }
}

fn run_start(data: &[u8], mut index: usize) -> usize {
    while index > 0 && in_run(data, index - 1) {
        index -= 1;
    }
    index
}

fn run_end(data: &[u8], mut index: usize) -> usize {
    while in_run(data, index) {
        index += 1;
    }
    index
}

/// The start of the next line's run when a full line ends at `end`.
fn next_line(data: &[u8], end: usize) -> Option<usize> {
    let mut index = end;
    if at(data, index) == Some(b'\r') {
        index += 1;
    }
    if at(data, index) != Some(b'\n') {
        return None;
    }
    index += 1;
    let first = index;
    while index < first + INDENT && matches!(at(data, index), Some(b' ' | b'\t')) {
        index += 1;
    }
    in_run(data, index).then_some(index)
}

/// The end of the previous line's run when one that may go on here stands above.
fn previous_line(data: &[u8], start: usize) -> Option<usize> {
    let mut index = start;
    while index + INDENT > start
        && matches!(index.checked_sub(1).and_then(|i| at(data, i)), Some(b' ' | b'\t'))
    {
        index -= 1;
    }
    index = index.checked_sub(1)?;
    if at(data, index) != Some(b'\n') {
        return None;
    }
    if index.checked_sub(1).and_then(|i| at(data, i)) == Some(b'\r') {
        index -= 1;
    }
    (index > 0 && in_run(data, index - 1)).then_some(index)
}

fn joined_start(data: &[u8], mut start: usize, _end: usize) -> usize {
    while let Some(end) = previous_line(data, start) {
        let above = run_start(data, end - 1);
        if end - above < FULL_LINE {
            break;
        }
        start = above;
    }
    start
}

fn joined_end(data: &[u8], mut start: usize, mut end: usize) -> usize {
    while end - start >= FULL_LINE
        && let Some(next) = next_line(data, end)
    {
        start = next;
        end = run_end(data, next);
    }
    end
}

fn undo(engine: &mut Engine, data: &[u8], stretch: (usize, usize), marks: &mut Marks) {
    let (start, end) = stretch;
    let window = (start.saturating_sub(EDGE), (end + EDGE).min(data.len()));
    let raw = sub(data, start, end);
    let joined: Vec<u8>;
    let text = if memchr::memchr(b'\n', raw).is_some() {
        joined = raw.iter().copied().filter(|b| !matches!(b, b'\r' | b'\n' | b' ' | b'\t')).collect();
        &joined
    } else {
        raw
    };
    if text.len() >= 32 && text.iter().take(32).all(u8::is_ascii_hexdigit) {
        hexadecimal(engine, text, stretch, window, marks);
    }
    if text.len() == end - start {
        engine.id_token(data, (start, end), window, marks);
    }
    let url = memchr::memchr2(b'-', b'_', text).is_some();
    if !url || memchr::memchr2(b'+', b'/', text).is_none() {
        base64_at(engine, if url { &URL } else { &PLAIN }, text, stretch, window, marks);
    }
    if url {
        // A name may stand before the value: `token_aGVsbG8…`.
        for part in text.split(|b| matches!(b, b'-' | b'_')).filter(|part| part.len() >= SHORTEST) {
            if part.len() < text.len() {
                base64_at(engine, &PLAIN, part, stretch, window, marks);
            }
        }
    }
    // `path/aGVsbG8…` and `…/aGVsbG8…`.
    if let Some(slash) = memchr::memchr(b'/', text)
        && let Some(rest) = text.get(slash + 1..)
        && rest.len() >= SHORTEST
    {
        base64_at(engine, &PLAIN, rest, stretch, window, marks);
    }
}

fn base64_at(
    engine: &mut Engine,
    alphabet: &GeneralPurpose,
    text: &[u8],
    stretch: (usize, usize),
    window: (usize, usize),
    marks: &mut Marks,
) {
    // The first bytes tell nearly always: twelve random bytes are not readable.
    let mut head = [0u8; 12];
    let first = text.get(..16).unwrap_or_default();
    let Ok(length) = alphabet.decode_slice(first, &mut head) else { return };
    let head = head.get(..length).unwrap_or_default();
    if !(readable(head) || super::is_container(head)) {
        return;
    }
    // One digit too many is cut off; padding is not part of the run.
    let whole = if text.len() % 4 == 1 { text.len() - 1 } else { text.len() };
    let Some(Ok(decoded)) = text.get(..whole).map(|text| alphabet.decode(text)) else { return };
    if worth(&decoded) {
        engine.inner(&decoded, "base64", stretch, window, marks);
    }
}

fn hexadecimal(
    engine: &mut Engine,
    text: &[u8],
    stretch: (usize, usize),
    window: (usize, usize),
    marks: &mut Marks,
) {
    let digits: Vec<u8> = text
        .iter()
        .map_while(|b| char::from(*b).to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
        .collect();
    let decoded: Vec<u8> = digits
        .chunks_exact(2)
        .map(|pair| pair.iter().fold(0u8, |byte, nibble| (byte << 4) | nibble))
        .collect();
    if worth(&decoded) {
        engine.inner(&decoded, "hex", stretch, window, marks);
    }
}
