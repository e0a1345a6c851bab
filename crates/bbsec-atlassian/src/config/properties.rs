//! Java's properties format, as `java.util.Properties.load` reads it: escapes, continuation lines, three separators.

/// One property.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Property {
    /// Key, unescaped.
    pub(crate) key: String,
    /// Value, unescaped.
    pub(crate) value: String,
    /// Byte offset of its first line.
    pub(crate) offset: u64,
    /// Bytes, continuation lines included.
    pub(crate) length: u32,
    /// 1-based number of its first line.
    pub(crate) line: u64,
}

/// All properties in order; a key may stand twice, and then the last one counts.
pub(crate) fn parse(bytes: &[u8]) -> Vec<Property> {
    let mut properties = Vec::new();
    let (mut at, mut number) = (0_usize, 0_u64);
    while at < bytes.len() {
        let (start, first) = (at, number + 1);
        let mut logical = String::new();
        loop {
            let rest = bytes.get(at..).unwrap_or_default();
            let end = memchr::memchr2(b'\n', b'\r', rest).unwrap_or(rest.len());
            let natural = String::from_utf8_lossy(rest.get(..end).unwrap_or_default());
            let crlf = usize::from(rest.get(end..).is_some_and(|tail| tail.starts_with(b"\r\n")));
            at = at.saturating_add(end).saturating_add(1 + crlf).min(bytes.len());
            number += 1;
            let natural = natural.trim_start_matches([' ', '\t', '\u{c}']);
            let comment = logical.is_empty() && natural.starts_with(['#', '!']);
            let slashes = natural.chars().rev().take_while(|c| *c == '\\').count();
            if !comment && slashes % 2 == 1 && at < bytes.len() {
                logical.push_str(natural.get(..natural.len() - 1).unwrap_or_default());
                continue;
            }
            if !comment {
                logical.push_str(natural);
            }
            break;
        }
        if logical.is_empty() {
            continue;
        }
        let (key, value) = split(&logical);
        let length = u32::try_from(at - start).unwrap_or(u32::MAX);
        properties.push(Property { key, value, offset: start as u64, length, line: first });
    }
    properties
}

fn split(line: &str) -> (String, String) {
    let mut escaped = false;
    let end = line
        .char_indices()
        .find(|(_, c)| {
            let stops = !escaped && matches!(c, '=' | ':' | ' ' | '\t' | '\u{c}');
            escaped = !escaped && *c == '\\';
            stops
        })
        .map_or(line.len(), |(at, _)| at);
    let blank = [' ', '\t', '\u{c}'];
    let (key, rest) = line.split_at_checked(end).unwrap_or((line, ""));
    let rest = rest.trim_start_matches(blank);
    let rest = rest.strip_prefix(['=', ':']).unwrap_or(rest).trim_start_matches(blank);
    (unescape(key), unescape(rest))
}

fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match chars.next() {
            Some('t') => out.push('\t'),
            Some('n') => out.push('\n'),
            Some('r') => out.push('\r'),
            Some('f') => out.push('\u{c}'),
            Some('u') => {
                let digits: String = chars.clone().take(4).collect();
                match u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32) {
                    Some(c) if digits.len() == 4 => {
                        out.push(c);
                        chars.nth(3);
                    }
                    _ => out.push('u'),
                }
            }
            Some(other) => out.push(other),
            None => {}
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn reads_what_java_reads() {
        let text = b"# c\r\n! c\r\na=1\r\n b : 2 \nc\\=x 3\nlong=one,\\\n   two\nuni=\\u00e9\\u00zz\nempty\n\
jdbc.password={ENC}{\"region\":\"eu-west-1\",\"secretId\":\"db\"}\n";
        let found: Vec<_> = parse(text).into_iter().map(|p| (p.key, p.value, p.line)).collect();
        let expected = [
            ("a", "1", 3),
            ("b", "2 ", 4),
            ("c=x", "3", 5),
            ("long", "one,two", 6),
            ("uni", "éu00zz", 8),
            ("empty", "", 9),
            ("jdbc.password", "{ENC}{\"region\":\"eu-west-1\",\"secretId\":\"db\"}", 10),
        ];
        let expected: Vec<_> =
            expected.into_iter().map(|(k, v, n)| (k.to_owned(), v.to_owned(), n)).collect();
        assert_eq!(found, expected);
        assert_eq!(&text[parse(text)[0].offset as usize..][..4], b"a=1\r");
    }

    proptest! {
        #[test]
        fn never_panics_and_ends(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            prop_assert!(parse(&bytes).len() <= bytes.len());
        }
    }
}
