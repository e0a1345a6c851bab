//! OpenSSH's `allowed_signers` file (ssh-keygen(1), ALLOWED SIGNERS): who may sign what, with which key, and when.

use bbsec_core::Time;
use chrono::{Local, NaiveDateTime, TimeZone as _, Utc};
use ssh_key::{PublicKey, public::KeyData};

/// One line.
struct Allowed {
    principals: String,
    key: KeyData,
    namespaces: Option<String>,
    after: Option<Time>,
    before: Option<Time>,
}

/// The file.
pub(crate) struct AllowedSigners {
    lines: Vec<Allowed>,
    /// Numbers of lines that were not understood, which therefore allow nobody.
    pub(crate) ignored: Vec<u64>,
}

impl AllowedSigners {
    pub(crate) fn parse(text: &str) -> Self {
        let mut out = Self { lines: Vec::new(), ignored: Vec::new() };
        for (number, line) in (1_u64..).zip(text.lines()) {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            match parse_line(line) {
                Some(allowed) => out.lines.push(allowed),
                None => out.ignored.push(number),
            }
        }
        out
    }

    /// The principals for whom a key may sign at a time in a namespace.
    pub(crate) fn principals(&self, key: &KeyData, namespace: &str, at: Time) -> Option<&str> {
        let mut lines = self.lines.iter().filter(|line| {
            line.key == *key
                && line.namespaces.as_ref().is_none_or(|list| list_matches(list, namespace))
                && line.after.is_none_or(|after| at >= after)
                && line.before.is_none_or(|before| at < before)
        });
        lines.next().map(|line| line.principals.as_str())
    }
}

fn parse_line(line: &str) -> Option<Allowed> {
    let mut words = words(line);
    let principals = words.next()?.trim_matches('"').to_owned();
    let rest: Vec<&str> = words.collect();
    let mut allowed =
        Allowed { principals, key: parse_key(&rest)?, namespaces: None, after: None, before: None };
    // The key stands at the end; what comes before its type are options.
    let first = *rest.first()?;
    if is_key_type(first) {
        return Some(allowed);
    }
    for option in split_outside_quotes(first, ',') {
        let (name, value) = option.split_once('=').unwrap_or((option, ""));
        let value = value.trim_matches('"');
        match name.to_ascii_lowercase().as_str() {
            "namespaces" => allowed.namespaces = Some(value.into()),
            "valid-after" => allowed.after = Some(timestamp(value)?),
            "valid-before" => allowed.before = Some(timestamp(value)?),
            // A certificate authority vouches for certificates, which are not checked here.
            _ => return None,
        }
    }
    Some(allowed)
}

fn is_key_type(word: &str) -> bool {
    word.starts_with("ssh-") || word.starts_with("ecdsa-") || word.starts_with("sk-")
}

fn parse_key(words: &[&str]) -> Option<KeyData> {
    let at = words.iter().position(|word| is_key_type(word)).filter(|at| *at <= 1)?;
    let text = format!("{} {}", words.get(at)?, words.get(at + 1)?);
    PublicKey::from_openssh(&text).ok().map(|key| key.key_data().clone())
}

/// Words of a line; quoted text is one word.
fn words(line: &str) -> impl Iterator<Item = &str> {
    split_outside_quotes(line, ' ')
        .flat_map(|part| split_outside_quotes(part, '\t'))
        .filter(|word| !word.is_empty())
}

fn split_outside_quotes(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    text.split(move |c: char| {
        quoted ^= c == '"';
        c == separator && !quoted
    })
}

/// A comma-separated list of patterns with `*` and `?`; one that begins with `!` excludes.
fn list_matches(list: &str, text: &str) -> bool {
    let mut found = false;
    for pattern in list.split(',') {
        match pattern.strip_prefix('!') {
            Some(pattern) if glob(pattern.as_bytes(), text.as_bytes()) => return false,
            Some(_) => {}
            None => found |= glob(pattern.as_bytes(), text.as_bytes()),
        }
    }
    found
}

fn glob(pattern: &[u8], text: &[u8]) -> bool {
    let (mut p, mut t, mut star) = (0, 0, None);
    while t < text.len() {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(c) if *c == b'?' || text.get(t) == Some(c) => {
                p += 1;
                t += 1;
            }
            _ => {
                let Some((at, from)) = star else { return false };
                star = Some((at, from + 1));
                p = at + 1;
                t = from + 1;
            }
        }
    }
    pattern.get(p..).unwrap_or_default().iter().all(|c| *c == b'*')
}

/// `YYYYMMDD[HHMM[SS]][Z]`; without the `Z` in local time.
fn timestamp(text: &str) -> Option<Time> {
    let (digits, utc) = match text.strip_suffix('Z') {
        Some(digits) => (digits, true),
        None => (text, false),
    };
    let full = match digits.len() {
        8 => format!("{digits}000000"),
        12 => format!("{digits}00"),
        14 => digits.to_owned(),
        _ => return None,
    };
    let time = NaiveDateTime::parse_from_str(&full, "%Y%m%d%H%M%S").ok()?;
    if utc {
        Some(time.and_utc().into())
    } else {
        Some(Local.from_local_datetime(&time).earliest()?.with_timezone(&Utc).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILM+rvN+ot98qgEN796jTiQfZfG1KaT0PtFDJ/XFSqti";

    #[test]
    fn lines_allow_by_key_namespace_and_time() {
        let key = PublicKey::from_openssh(KEY).unwrap();
        let at = "2026-11-20T12:00:00Z".parse().unwrap();
        for (line, expected) in [
            (format!("ada@example.org {KEY} comment"), Some("ada@example.org")),
            (format!("ada,\"b c\"  {KEY}"), Some("ada,\"b c")),
            (format!("ada namespaces=\"git,bbsec-ir-*\" {KEY}"), Some("ada")),
            (format!("ada namespaces=\"git\" {KEY}"), None),
            (format!("ada namespaces=\"*,!bbsec*\" {KEY}"), None),
            (format!("ada valid-after=\"20261120\",valid-before=\"20261121Z\" {KEY}"), Some("ada")),
            (format!("ada valid-before=\"20261120115959Z\" {KEY}"), None),
            (format!("ada valid-after=\"202611201201Z\" {KEY}"), None),
            (format!("*@example.org cert-authority {KEY}"), None),
            (format!("# {KEY}"), None),
            ("ada ssh-ed25519 AAAA".into(), None),
        ] {
            let allowed = AllowedSigners::parse(&line);
            assert_eq!(allowed.principals(key.key_data(), "bbsec-ir-journal", at), expected, "{line}");
        }
        assert_eq!(AllowedSigners::parse("\n# x\nnonsense\n").ignored, [3]);
    }
}
