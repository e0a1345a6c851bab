//! From a keyword to the value that is assigned: `name = "value"`, `"name": "value"`, `<name>value</name>`,
//! `name => value`, `f("name", "value")`, `--name value`, `name value`.

use crate::bytes::{at, sub};

/// Longest name, gap and value that are followed.
const NAME: usize = 40;
const GAP: usize = 28;
const VALUE: usize = 200;

/// An assignment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Assigned {
    /// From the name's first byte to the value's last.
    pub(crate) span: (usize, usize),
    /// The keyword.
    pub(crate) keyword: (usize, usize),
    /// The whole name.
    pub(crate) name: (usize, usize),
    /// The value.
    pub(crate) secret: (usize, usize),
    /// In quotes.
    pub(crate) quoted: bool,
    /// Only blanks or dashes stand between.
    pub(crate) loose: bool,
    /// The value ends where its line, element or argument ends.
    pub(crate) whole: bool,
}

fn in_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.')
}

fn in_value(byte: u8) -> bool {
    byte.is_ascii_graphic()
        && !matches!(
            byte,
            b'"' | b'\'' | b'`' | b'<' | b'>' | b',' | b';' | b'(' | b')' | b'\\' | b'|' | b'{' | b'}'
        )
}

/// The value assigned at a keyword, if there is one.
pub(crate) fn assigned(data: &[u8], start: usize, end: usize) -> Option<Assigned> {
    let mut name_start = start;
    while name_start > start.saturating_sub(NAME)
        && name_start.checked_sub(1).and_then(|i| at(data, i)).is_some_and(in_name)
    {
        name_start -= 1;
    }
    let mut name_end = end;
    while name_end < end + VALUE && at(data, name_end).is_some_and(in_name) {
        name_end += 1;
    }
    let made = |secret: (usize, usize), name_end: usize, quoted: bool, loose: bool, whole: bool| Assigned {
        span: (name_start, secret.1),
        keyword: (start, end),
        name: (name_start, name_end),
        secret,
        quoted,
        loose,
        whole,
    };
    // `service-token-9f86d081…`: the value hangs on the name.
    if name_end - end > 16
        && let Some(from) = joined_value(data, end, name_end)
    {
        return Some(made((from, name_end), from, false, true, true));
    }
    if name_end - end > NAME {
        return None;
    }
    let gap = gap(data, name_end)?;
    if gap.quoted {
        let quote = at(data, gap.end.checked_sub(1)?)?;
        let inside = sub(data, gap.end, (gap.end + VALUE).min(data.len()));
        let close = inside.iter().position(|b| *b == quote || *b == b'\n')?;
        if at(inside, close) != Some(quote) {
            return None;
        }
        // In `\"name\": \"value\"` the last backslash belongs to the quote.
        let close = if close > 0 && at(inside, close - 1) == Some(b'\\') { close - 1 } else { close };
        return (close > 0).then(|| made((gap.end, gap.end + close), name_end, true, gap.loose, true));
    }
    let mut stop = gap.end;
    while stop < gap.end + VALUE && at(data, stop).is_some_and(in_value) {
        stop += 1;
    }
    let next = at(data, stop);
    let whole = next
        .is_none_or(|b| b.is_ascii_whitespace() || matches!(b, b'<' | b'"' | b'\'' | b',' | b';' | b'\\'));
    (stop > gap.end).then(|| made((gap.end, stop), name_end, false, gap.loose, whole))
}

/// Where in a run of name characters a value begins: after a separator, long, with digits.
fn joined_value(data: &[u8], start: usize, end: usize) -> Option<usize> {
    let run = sub(data, start, end);
    let mut from = 0;
    while let Some(step) = run.get(from..)?.iter().position(|b| matches!(b, b'-' | b'_' | b'.')) {
        from += step + 1;
        let rest = run.get(from..)?;
        if rest.len() < 16 {
            return None;
        }
        let word = rest.iter().take_while(|b| b.is_ascii_alphanumeric()).count();
        let digits = rest.get(..word)?.iter().filter(|b| b.is_ascii_digit()).count();
        if word >= 5 && digits >= 2 {
            return Some(start + from);
        }
    }
    None
}

struct Gap {
    end: usize,
    quoted: bool,
    loose: bool,
}

/// What stands between name and value.
fn gap(data: &[u8], from: usize) -> Option<Gap> {
    let mut index = from;
    let (mut separated, mut blank, mut lines, mut words) = (false, false, 0, 0);
    let mut quoted = false;
    while index < from + GAP {
        let byte = at(data, index)?;
        match byte {
            b' ' | b'\t' => {
                // A quote and then a blank: that quote closed the name.
                quoted = false;
                blank = true;
            }
            b'\r' => {}
            b'\n' if separated && lines == 0 => {
                lines += 1;
                quoted = false;
            }
            // A quote within quotes belongs to the value.
            b'`' if quoted && index > from && matches!(at(data, index - 1), Some(b'"' | b'\'')) => break,
            b'"' | b'\'' | b'`' => quoted = true,
            b'=' | b':' | b'>' | b',' | b'(' | b'|' | b'~' => {
                separated = true;
                quoted = false;
            }
            // `.=` and `+=` of PHP, Perl and make.
            b'.' | b'+' if at(data, index + 1) == Some(b'=') => quoted = false,
            b'[' | b']' | b')' | b'{' | b'}' | b'\\' | b'?' | b'!' | b'@' => quoted = false,
            _ if in_value(byte) || byte == b'$' => {
                if quoted || words >= 2 {
                    break;
                }
                match filler(data, index, separated) {
                    Some(after) => {
                        words += 1;
                        index = after;
                        continue;
                    }
                    None => break,
                }
            }
            _ => return None,
        }
        index += 1;
    }
    if index >= from + GAP || index == from || !(separated || blank || quoted) {
        return None;
    }
    Some(Gap { end: index, quoted, loose: !separated })
}

/// Words between name and value: a type (`: string =`), `value=`, `is`.
fn filler(data: &[u8], from: usize, separated: bool) -> Option<usize> {
    let word_end =
        (from..from + 14).find(|i| !at(data, *i).is_some_and(|b| b.is_ascii_alphanumeric() || b == b'&'))?;
    let word = sub(data, from, word_end).to_ascii_lowercase();
    let next = (word_end..word_end + 3).find_map(|i| at(data, i).filter(|b| *b != b' '));
    let known: &[&[u8]] = &[
        b"string", b"str", b"&str", b"value", b"text", b"char", b"varchar", b"content", b"default",
        b"secret", b"key", b"token", b"access", b"private", b"api", b"code",
    ];
    if known.contains(&word.as_slice()) && (next == Some(b'=') || (!separated && next.is_some())) {
        return Some(word_end);
    }
    (word == b"is" && !separated).then_some(word_end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str, keyword: &str) -> Option<String> {
        let start = text.find(keyword).unwrap();
        let found = assigned(text.as_bytes(), start, start + keyword.len())?;
        Some(text[found.secret.0..found.secret.1].to_owned())
    }

    #[test]
    fn values_are_found_in_the_ways_people_write_them() {
        for text in [
            "api_key = \"VALUE1\"",
            "  \"api_key\": \"VALUE1\",",
            "api_key: VALUE1\n",
            "export API_key=VALUE1",
            "<api_key>VALUE1</api_key>",
            "<api_key>\n   VALUE1\n</api_key>",
            "'api_key' => 'VALUE1'",
            "var api_key: string = \"VALUE1\"",
            "put(\"api_key\", \"VALUE1\")",
            "{\\\"api_key\\\":\\\"VALUE1\\\"}",
            "<add key=\"my_key\" value=\"VALUE1\"/>",
            "--api-key VALUE1",
            "api_key := `VALUE1`",
            "api_key ?= VALUE1",
            "$api_key .= \"VALUE1\"",
        ] {
            let keyword = if text.contains("my_key") { "my_key" } else { "key" };
            assert_eq!(value(text, keyword).as_deref(), Some("VALUE1"), "{text}");
        }
        assert_eq!(
            value("svc-token-9f86d081884c7d659a2feaa0c55ad015", "token").as_deref(),
            Some("9f86d081884c7d659a2feaa0c55ad015")
        );
        assert_eq!(value("the token\n\nnext", "token"), None);
        assert_eq!(value("token;", "token"), None);
    }
}
