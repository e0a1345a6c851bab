//! `%41`, `\u0041`, `\x41`, `\u{41}` and `&#65;`: characters written as numbers.

use super::EDGE;
use crate::{
    bytes::{at, sub},
    engine::{Engine, Marks},
};

/// Fewer escapes than this hide nothing.
const FEWEST: usize = 3;

fn hex(byte: Option<u8>) -> Option<u8> {
    byte.and_then(|byte| char::from(byte).to_digit(16)).and_then(|digit| u8::try_from(digit).ok())
}

fn in_address(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"%._~!$&'()*+,;=:@/?#-".contains(&byte)
}

/// Percent-encoding (RFC 3986), in runs of what an address is made of.
pub(super) fn percent(engine: &mut Engine, data: &[u8], low: usize, high: usize, marks: &mut Marks) {
    runs(engine, data, (low, high), b'%', in_address, marks, "percent-encoding", |text| {
        let mut out = Vec::with_capacity(text.len());
        let (mut index, mut count) = (0, 0);
        while let Some(byte) = at(text, index) {
            if byte == b'%'
                && let (Some(first), Some(second)) = (hex(at(text, index + 1)), hex(at(text, index + 2)))
            {
                out.push((first << 4) | second);
                index += 3;
                count += 1;
            } else {
                out.push(byte);
                index += 1;
            }
        }
        (count >= FEWEST).then_some(out)
    });
}

/// Backslash and character references, in lines.
pub(super) fn backslash(engine: &mut Engine, data: &[u8], low: usize, high: usize, marks: &mut Marks) {
    let line = |byte: u8| byte != b'\n';
    runs(engine, data, (low, high), b'\\', line, marks, "escapes", numbers);
    runs(engine, data, (low, high), b'&', line, marks, "character references", references);
}

#[allow(clippy::too_many_arguments, reason = "one loop for three notations")]
fn runs(
    engine: &mut Engine,
    data: &[u8],
    (low, high): (usize, usize),
    mark: u8,
    inside: impl Fn(u8) -> bool,
    marks: &mut Marks,
    how: &str,
    undo: impl Fn(&[u8]) -> Option<Vec<u8>>,
) {
    let mut from = low;
    while let Some(found) = memchr::memchr(mark, sub(data, from, high)) {
        let index = from + found;
        from = index + 1;
        let next = at(data, index + 1);
        let begins = match mark {
            b'%' => hex(next).is_some(),
            b'&' => next == Some(b'#'),
            _ => matches!(next, Some(b'u' | b'x' | b'U')),
        };
        if !begins {
            continue;
        }
        let mut start = index;
        while start > 0 && at(data, start - 1).is_some_and(&inside) {
            start -= 1;
        }
        let mut end = index;
        while at(data, end).is_some_and(&inside) {
            end += 1;
        }
        from = end.max(from);
        if let Some(decoded) = undo(sub(data, start, end)) {
            let window = (start.saturating_sub(EDGE), (end + EDGE).min(data.len()));
            engine.inner(&decoded, how, (start, end), window, marks);
        }
    }
}

/// Only escapes that stand for visible ASCII count: the others hide letters of other scripts.
fn numbers(text: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len());
    let (mut index, mut count) = (0, 0);
    while let Some(byte) = at(text, index) {
        let escape = if byte == b'\\' { escape(text, index) } else { None };
        let (value, length) = escape.unwrap_or((byte, 1));
        out.push(value);
        index += length;
        count += usize::from(escape.is_some());
    }
    (count >= FEWEST).then_some(out)
}

fn escape(text: &[u8], index: usize) -> Option<(u8, usize)> {
    let (digits, braced) = match (at(text, index + 1)?, at(text, index + 2)?) {
        (b'u' | b'x', b'{') => (6, true),
        (b'u', _) => (4, false),
        (b'x', _) => (2, false),
        (b'U', _) => (8, false),
        _ => return None,
    };
    let from = index + 2 + usize::from(braced);
    let mut value = 0u32;
    let mut used = 0;
    while used < digits
        && let Some(digit) = hex(at(text, from + used))
    {
        value = value.checked_mul(16)?.checked_add(u32::from(digit))?;
        used += 1;
    }
    let complete = if braced { used > 0 && at(text, from + used) == Some(b'}') } else { used == digits };
    let value = u8::try_from(value).ok().filter(|value| value.is_ascii_graphic() || *value == b' ')?;
    complete.then_some((value, from + used + usize::from(braced) - index))
}

fn references(text: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len());
    let (mut index, mut count) = (0, 0);
    while let Some(byte) = at(text, index) {
        let reference = if byte == b'&' { reference(text, index) } else { None };
        let (value, length) = reference.unwrap_or((byte, 1));
        out.push(value);
        index += length;
        count += usize::from(reference.is_some());
    }
    (count >= FEWEST).then_some(out)
}

fn reference(text: &[u8], index: usize) -> Option<(u8, usize)> {
    if at(text, index + 1)? != b'#' {
        return None;
    }
    let hexadecimal = matches!(at(text, index + 2)?, b'x' | b'X');
    let from = index + 2 + usize::from(hexadecimal);
    let radix = if hexadecimal { 16 } else { 10 };
    let mut value = 0u32;
    let mut used = 0;
    while used < 7
        && let Some(digit) = at(text, from + used).and_then(|byte| char::from(byte).to_digit(radix))
    {
        value = value * radix + digit;
        used += 1;
    }
    let value = u8::try_from(value).ok().filter(|value| value.is_ascii_graphic() || *value == b' ')?;
    (used > 0 && at(text, from + used) == Some(b';')).then_some((value, from + used + 1 - index))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_become_characters_and_other_scripts_stay() {
        assert_eq!(numbers(br"a\u0067\x68\u{70}_b").as_deref(), Some(b"aghp_b".as_slice()));
        assert_eq!(numbers(br"\u00e4\u00f6\u00fc\u4e2d"), None);
        assert_eq!(references(b"&#103;&#x68;&#112;_").as_deref(), Some(b"ghp_".as_slice()));
    }
}
