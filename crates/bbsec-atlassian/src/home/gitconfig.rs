//! Git's configuration file format, read tolerantly: `git-config(1)`, "Syntax".
//!
//! The file may be the attacker's. Nothing is included, expanded or executed; what does not parse is counted.

/// The most that one file may hold; git's own files are a few hundred bytes.
pub(crate) const MAX_BYTES: u64 = 1 << 20;

/// One `key = value`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Section, lower case.
    pub(crate) section: String,
    /// Subsection, as written.
    pub(crate) subsection: Option<String>,
    /// Key, lower case.
    pub(crate) key: String,
    /// Value, unquoted; a key alone means `true`.
    pub(crate) value: String,
    /// Byte offset of the line.
    pub(crate) offset: u64,
    /// Length of the line.
    pub(crate) length: u32,
}

impl Entry {
    /// `section.subsection.key`, as `git config` prints it.
    pub(crate) fn name(&self) -> String {
        match &self.subsection {
            Some(subsection) => format!("{}.{subsection}.{}", self.section, self.key),
            None => format!("{}.{}", self.section, self.key),
        }
    }
}

/// Entries in order, and how many lines were neither entry, section, comment nor blank.
pub(crate) fn parse(bytes: &[u8]) -> (Vec<Entry>, u64) {
    let mut entries = Vec::new();
    let mut bad = 0;
    let mut section = (String::new(), None);
    let mut lines = Lines { bytes, at: 0 };
    while let Some((offset, line)) = lines.next_logical() {
        let text = String::from_utf8_lossy(&line);
        let mut rest = text.trim();
        if let Some(header) = rest.strip_prefix('[') {
            let Some((name, after)) = header_end(header) else {
                bad += 1;
                continue;
            };
            section = section_of(name);
            rest = after.trim();
        }
        if rest.is_empty() || rest.starts_with(['#', ';']) {
            continue;
        }
        let (key, value) = match rest.split_once('=') {
            Some((key, value)) => (key.trim(), unquote(value.trim())),
            None => (rest.split(['#', ';']).next().unwrap_or_default().trim(), "true".to_owned()),
        };
        if key.is_empty()
            || !key.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
            || section.0.is_empty()
        {
            bad += 1;
            continue;
        }
        entries.push(Entry {
            section: section.0.clone(),
            subsection: section.1.clone(),
            key: key.to_ascii_lowercase(),
            value,
            offset,
            length: u32::try_from(line.len()).unwrap_or(u32::MAX),
        });
    }
    (entries, bad)
}

struct Lines<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Lines<'_> {
    /// A line, joined with those that it continues on.
    fn next_logical(&mut self) -> Option<(u64, Vec<u8>)> {
        let start = self.at;
        let mut line = Vec::new();
        loop {
            let rest = self.bytes.get(self.at..).filter(|rest| !rest.is_empty());
            let Some(rest) = rest else {
                return (start < self.at).then_some((start as u64, line));
            };
            let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
            let piece = rest.get(..end).unwrap_or_default();
            self.at = self.at.saturating_add(end).saturating_add(1).min(self.bytes.len());
            let piece = piece.strip_suffix(b"\r").unwrap_or(piece);
            let escapes = piece.iter().rev().take_while(|byte| **byte == b'\\').count();
            if escapes % 2 == 1 && self.at < self.bytes.len() {
                line.extend_from_slice(piece.get(..piece.len().saturating_sub(1)).unwrap_or_default());
                continue;
            }
            line.extend_from_slice(piece);
            return Some((start as u64, line));
        }
    }
}

/// Splits after the `]` that is not within quotes.
fn header_end(header: &str) -> Option<(&str, &str)> {
    let (mut quoted, mut escaped) = (false, false);
    for (at, c) in header.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            ']' if !quoted => return Some((header.get(..at)?, header.get(at + 1..)?)),
            _ => {}
        }
    }
    None
}

fn section_of(header: &str) -> (String, Option<String>) {
    match header.trim().split_once(char::is_whitespace) {
        Some((name, subsection)) => (name.to_ascii_lowercase(), Some(unquote(subsection.trim()))),
        None => match header.trim().split_once('.') {
            Some((name, subsection)) => (name.to_ascii_lowercase(), Some(subsection.to_owned())),
            None => (header.trim().to_ascii_lowercase(), None),
        },
    }
}

fn unquote(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    let mut quoted = false;
    let mut chars = value.chars();
    while let Some(c) = chars.next() {
        match c {
            '"' => quoted = !quoted,
            '#' | ';' if !quoted => break,
            '\\' => match chars.next() {
                Some('n') => out.push('\n'),
                Some('t') => out.push('\t'),
                Some('b') => out.push('\u{8}'),
                Some(other) => out.push(other),
                None => {}
            },
            c => out.push(c),
        }
    }
    if quoted || value.ends_with('"') { out } else { out.trim_end().to_owned() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn reads_what_git_reads() {
        let (entries, bad) = parse(
            b"# c\n[bitbucket]\n\thierarchy = 8597e1f8\n[http \"https://a.b/]\"]\n sslVerify = \"false\" ; no\n\
              [core] fsmonitor = a\\\nb\n[x.y]\nbare\n!!\n",
        );
        let shown: Vec<_> = entries.iter().map(|e| format!("{}={}", e.name(), e.value)).collect();
        assert_eq!(
            shown,
            [
                "bitbucket.hierarchy=8597e1f8",
                "http.https://a.b/].sslverify=false",
                "core.fsmonitor=ab",
                "x.y.bare=true"
            ]
        );
        assert_eq!(bad, 1);
        assert_eq!(entries[0].offset, 16);
    }

    proptest! {
        #[test]
        fn never_panics_and_ends(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let (entries, _) = parse(&bytes);
            prop_assert!(entries.len() <= bytes.len());
        }
    }
}
