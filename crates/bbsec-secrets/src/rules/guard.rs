//! Looks at a few bytes behind a keyword that is everywhere, before the expression is asked.

use crate::bytes::{at, sub};

/// The longest user and password that an address may have.
const USERINFO: usize = 320;

/// What must follow a rule's keyword. A rule names one with `guard = "…"`; every match of it passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Guard {
    /// After `://`, an `@` before anything that ends the user and password of an address (RFC 3986).
    Userinfo,
    /// The word `secret`, after blanks and a quote.
    Secret,
}

impl Guard {
    pub(crate) fn named(name: &str) -> Result<Self, String> {
        match name {
            "userinfo" => Ok(Self::Userinfo),
            "secret" => Ok(Self::Secret),
            other => Err(format!("unknown guard {other:?}")),
        }
    }

    /// Whether a match is possible at a keyword that ends at `end`.
    #[inline]
    pub(crate) fn passes(self, data: &[u8], end: usize) -> bool {
        let rest = data.get(end..).unwrap_or_default();
        match self {
            Self::Userinfo => {
                let stop = rest.iter().take(USERINFO).position(|byte| {
                    matches!(byte, b'@' | b'/' | b'"' | b'\'' | b'`' | b'<' | b'>')
                        || byte.is_ascii_whitespace()
                });
                stop.is_some_and(|stop| at(rest, stop) == Some(b'@'))
            }
            Self::Secret => {
                let blanks =
                    rest.iter().take_while(|byte| byte.is_ascii_whitespace() || **byte == 0x0b).count();
                let quote = usize::from(matches!(at(rest, blanks), Some(b'"' | b'\'')));
                let word = blanks + quote;
                sub(rest, word, word + 6).eq_ignore_ascii_case(b"secret")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_may_match_passes() {
        for (text, passes) in
            [("://user:pw@host", true), ("://host:8080/path@x", false), ("://host\n@", false), ("://", false)]
        {
            assert_eq!(Guard::Userinfo.passes(text.as_bytes(), 3), passes, "{text}");
        }
        for (text, passes) in [("kind: Secret", true), ("kind:\n 'secret'", true), ("kind: Pod", false)] {
            assert_eq!(Guard::Secret.passes(text.as_bytes(), 5), passes, "{text}");
        }
    }
}
