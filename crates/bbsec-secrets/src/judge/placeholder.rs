//! Values that stand where a credential would: variables, templates, words such as `changeme`.

use crate::bytes::contains_ignore_case;

/// Why a value is a placeholder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Placeholder {
    /// `${NAME}`, `{{ name }}`, `<name>`, `$NAME`, `os.environ[…]`.
    Expression,
    /// `example`, `changeme`, `your-token`.
    Word,
    /// The same few characters over and over.
    Monotonous,
    /// `1234567890`, `abcdefghij`.
    Sequence,
}

impl Placeholder {
    pub(crate) const fn reason(self) -> &'static str {
        match self {
            Self::Expression => "it is a variable or template, not a value",
            Self::Word => "it holds a word that stands for a credential (example, changeme, your…)",
            Self::Monotonous => "it repeats few characters",
            Self::Sequence => "it counts up, as made-up values do",
        }
    }

    /// Never a credential, whatever the rule.
    pub(crate) const fn expression(self) -> bool {
        matches!(self, Self::Expression)
    }
}

/// Words that real credentials hold by chance too rarely to matter.
const WORDS: &[&[u8]] = &[
    b"example",
    b"changeme",
    b"change_me",
    b"change-me",
    b"placeholder",
    b"your_",
    b"your-",
    b"yourtoken",
    b"yourkey",
    b"yoursecret",
    b"yourpass",
    b"yourapi",
    b"dummy",
    b"xxxxxx",
    b"insert",
    b"replace",
    b"redacted",
    b"goes_here",
    b"goes-here",
    b"goeshere",
    b"token_here",
    b"key_here",
    b"secret_here",
    b"notreal",
    b"not_real",
    b"sample",
    b"fake",
    b"testtest",
    b"deadbeef",
    b"foobar",
];

const SEQUENCES: &[&[u8]] = &[
    b"123456789",
    b"0123456789",
    b"abcdefgh",
    b"qwerty",
    b"987654321",
    b"abc123",
    b"a1b2c3d4",
    b"12345678",
    b"ghijklmn",
    b"qrstuvwx",
    b"mnopqrst",
];

/// Says why a value is a placeholder, if it is one.
pub(crate) fn placeholder(value: &[u8]) -> Option<Placeholder> {
    if expression(value) {
        return Some(Placeholder::Expression);
    }
    if WORDS.iter().any(|word| contains_ignore_case(value, word)) {
        return Some(Placeholder::Word);
    }
    // A token's prefix says nothing about the part that should be random.
    let tail = value.rsplit(|byte| matches!(byte, b'_' | b'-' | b'.')).find(|part| part.len() >= 16);
    if monotonous(value) || tail.is_some_and(monotonous) {
        return Some(Placeholder::Monotonous);
    }
    // A long random value may hold a short run by chance; a value that is mostly a run does not.
    let run: usize =
        SEQUENCES.iter().filter(|word| contains_ignore_case(value, word)).map(|word| word.len()).sum();
    let letters: Vec<u8> = value.iter().copied().filter(u8::is_ascii_alphabetic).collect();
    let digits: Vec<u8> = value.iter().copied().filter(u8::is_ascii_digit).collect();
    let climbing = climbs(value) >= 8 || longest_climb(&letters) >= 8 || longest_climb(&digits) >= 8;
    (run > 0 && run * 4 >= value.len() || climbing).then_some(Placeholder::Sequence)
}

/// Whether a value is made of very few characters.
fn monotonous(value: &[u8]) -> bool {
    let mut kinds = [false; 256];
    for byte in value {
        if let Some(kind) = kinds.get_mut(usize::from(*byte)) {
            *kind = true;
        }
    }
    let kinds = kinds.iter().filter(|kind| **kind).count();
    value.len() >= 8 && kinds * 6 <= value.len().min(30)
}

/// The longest stretch in which each character is the next after the one before.
fn longest_climb(value: &[u8]) -> usize {
    let (mut now, mut most) = (1, 1);
    for (before, after) in value.iter().zip(value.iter().skip(1)) {
        let next = after.eq_ignore_ascii_case(&before.wrapping_add(1)) || (*before == b'9' && *after == b'0');
        now = if next { now + 1 } else { 1 };
        most = most.max(now);
    }
    most
}

/// The longest stretch that counts up, as in `ABCDEFGH` and `a1b2c3d4`; separators do not end it.
fn climbs(value: &[u8]) -> usize {
    let signs: Vec<u8> =
        value.iter().filter(|b| b.is_ascii_alphanumeric()).map(u8::to_ascii_lowercase).collect();
    let longest = |step: usize| {
        let (mut now, mut most) = (0, 0);
        for (before, after) in signs.iter().zip(signs.iter().skip(step)) {
            let next = *after == before + 1 || (*before == b'9' && *after == b'0');
            now = if next { now + 1 } else { 0 };
            most = most.max(now);
        }
        most
    };
    (longest(1) + 1).max(longest(2) + 2)
}

/// Whether the value is filled in by something else.
fn expression(value: &[u8]) -> bool {
    let trimmed = value.trim_ascii();
    let pairs: &[(&[u8], &[u8])] = &[
        (b"${", b"}"),
        (b"$(", b")"),
        (b"{{", b"}}"),
        (b"<", b">"),
        (b"%(", b""),
        (b"#{", b"}"),
        (b"@@", b"@@"),
        (b"[", b"]"),
        (b"__", b"__"),
        (b"%{", b"}"),
        (b"<%", b"%>"),
    ];
    if pairs.iter().any(|(open, close)| trimmed.starts_with(open) && trimmed.ends_with(close)) {
        return true;
    }
    if [&b"${"[..], b"{{", b"$("].iter().any(|open| memchr::memmem::find(trimmed, open).is_some()) {
        return true;
    }
    let starts: &[&[u8]] = &[
        b"process.env",
        b"os.environ",
        b"os.getenv",
        b"getenv",
        b"system.getenv",
        b"env.",
        b"env[",
        b"secrets.",
        b"var.",
        b"config.",
        b"self.",
        b"this.",
        b"data.",
        b"params.",
        b"args.",
        b"options.",
        b"request.",
        b"req.",
        b"settings.",
        b"module.",
        b"local.",
        b"vault:",
        b"ssm:",
        b"arn:aws:",
        b"ref:",
    ];
    let lower = trimmed.get(..trimmed.len().min(14)).unwrap_or_default().to_ascii_lowercase();
    if starts.iter().any(|start| lower.starts_with(start)) {
        return true;
    }
    match trimmed.split_first() {
        Some((b'$', name)) => {
            !name.is_empty() && name.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'_')
        }
        Some((b'%', name)) => name.len() <= 2 || name.ends_with(b"%"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_known_and_values_are_not() {
        for value in ["${DB_PASSWORD}", "$TOKEN", "{{ token }}", "<password>", "%s", "process.env.KEY"] {
            assert_eq!(placeholder(value.as_bytes()), Some(Placeholder::Expression), "{value}");
        }
        assert_eq!(placeholder(b"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"), Some(Placeholder::Word));
        assert_eq!(placeholder(b"aaaaaaaaaaaaaaaaaaaa"), Some(Placeholder::Monotonous));
        assert_eq!(placeholder(b"1234567890abcdef"), Some(Placeholder::Sequence));
        for value in ["Gh7!kd92LmPq", "951bc382db9abad29c68634761dd6e19", "$ecret7h1ng!"] {
            assert_eq!(placeholder(value.as_bytes()), None, "{value}");
        }
    }
}
