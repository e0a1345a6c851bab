//! The valve's `pattern` as a parser for the lines that it writes.
//!
//! Referer, user agent and forwarded-for are the client's to write and mostly stand there without quotes, names have
//! blanks: so every field has a shape, and the fields are fitted to the line from the left, the shortest first.

use crate::read::{Stamp, StampReader};

/// What a field of the pattern holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Field {
    /// `%t`
    Time,
    /// `%{X-AUSERNAME}o`, `%u`, `%{jira.request.username}r`
    User,
    /// `%h`, `%a`
    Remote,
    /// `%{X-Forwarded-For}i`
    Forwarded,
    /// `%I`
    Thread,
    /// `%r`, `%m %U%q %H`
    Request,
    /// `%U`: the path once more
    Path,
    /// `%s`
    Status,
    /// `%b`, `%B`
    Bytes,
    /// `%D` in milliseconds (microseconds since Tomcat 10.1), `%T`, `%F`
    Duration,
    /// `%{Referer}i`
    Referer,
    /// `%{User-Agent}i`
    Agent,
    /// `%{jira.request.id}r`
    RequestId,
    /// `%S`, `%{jira.request.assession.id}r`
    Session,
    /// Anything else: one word, or what stands in its quotes.
    Other,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(Vec<u8>),
    Field(Field),
}

/// A compiled pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pattern(Vec<Part>);

/// How many fields a pattern may have.
pub(crate) const FIELDS: usize = 24;
/// How many attempts one line is worth.
const STEPS: u32 = 20_000;

/// What the fields hold on one line, in the order of the pattern.
pub(crate) type Fields<'a> = [(Field, &'a [u8]); FIELDS];

/// Patterns that the products come with, the one with the most fields first where two could fit.
const BUILT_IN: [&str; 5] = [
    "%t %{X-Forwarded-For}i %{X-AUSERNAME}o %I %h %r %s %Dms %b %{Referer}i %{User-Agent}i",
    "%t %{X-AUSERNAME}o %I %h %r %s %Dms %b %{Referer}i %{User-Agent}i",
    "%a %{jira.request.id}r %{jira.request.username}r %t \"%m %U%q %H\" %s %b %D \"%{Referer}i\" \"%{User-Agent}i\" \"%{jira.request.assession.id}r\"",
    "%h %{X-AUSERNAME}o %t \"%r\" %s %b %D %U %I \"%{User-Agent}i\"",
    "%h %l %u %t \"%r\" %s %b \"%{Referer}i\" \"%{User-Agent}i\"",
];

impl Pattern {
    /// The patterns to try when none was found in the configuration.
    pub(crate) fn built_in() -> Vec<Self> {
        BUILT_IN.iter().filter_map(|pattern| Self::compile(pattern)).collect()
    }

    /// Compiles a pattern; `None` when it has something that cannot be read back, such as a time in a form of its own.
    pub(crate) fn compile(pattern: &str) -> Option<Self> {
        let pattern = match pattern {
            "common" => "%h %l %u %t \"%r\" %s %b",
            "combined" => "%h %l %u %t \"%r\" %s %b \"%{Referer}i\" \"%{User-Agent}i\"",
            other => other,
        };
        let pattern = pattern.replace("%m %U%q %H", "%r").replace("%m %U %H", "%r").replace("%U%q", "%U");
        let mut parts: Vec<Part> = Vec::new();
        let mut rest = pattern.as_str();
        while let Some(c) = rest.chars().next() {
            let after = rest.get(c.len_utf8()..)?;
            if c == '%' {
                let (field, after) = field(after)?;
                // Two fields without anything between them cannot be told apart.
                if matches!(parts.last(), Some(Part::Field(_))) {
                    return None;
                }
                parts.push(Part::Field(field));
                rest = after;
                continue;
            }
            if !matches!(parts.last(), Some(Part::Text(_))) {
                parts.push(Part::Text(Vec::new()));
            }
            if let Some(Part::Text(text)) = parts.last_mut() {
                text.extend_from_slice(c.to_string().as_bytes());
            }
            rest = after;
        }
        let fields = parts.iter().filter(|part| matches!(part, Part::Field(_))).count();
        let has = |field| parts.contains(&Part::Field(field));
        (fields <= FIELDS && has(Field::Time) && has(Field::Request)).then_some(Self(parts))
    }

    /// Fits the pattern to a line.
    pub(crate) fn fit<'a>(&self, line: &'a [u8], stamps: &mut StampReader) -> Option<(Stamp, Fields<'a>)> {
        let mut fit = Fit {
            parts: &self.0,
            line,
            stamps,
            steps: 0,
            stamp: Stamp { local: 0, offset: None },
            found: [(Field::Other, &[]); FIELDS],
        };
        fit.part(0, 0, 0).then_some((fit.stamp, fit.found))
    }
}

/// Reads one `%…`.
fn field(after: &str) -> Option<(Field, &str)> {
    if let Some(inside) = after.strip_prefix('{') {
        let (name, rest) = inside.split_once('}')?;
        let kind = rest.chars().next()?;
        let rest = rest.get(kind.len_utf8()..)?;
        let name = name.to_ascii_lowercase();
        let field = match (kind, name.as_str()) {
            ('t', _) => return None,
            (_, "x-ausername" | "jira.request.username" | "username") => Field::User,
            ('i', "x-forwarded-for") => Field::Forwarded,
            ('i', "referer") => Field::Referer,
            ('i', "user-agent") => Field::Agent,
            ('r', "jira.request.id") => Field::RequestId,
            ('r', "jira.request.assession.id") | ('c', "jsessionid") => Field::Session,
            _ => Field::Other,
        };
        return Some((field, rest));
    }
    let kind = after.chars().next()?;
    let field = match kind {
        't' => Field::Time,
        'h' | 'a' => Field::Remote,
        'r' => Field::Request,
        's' => Field::Status,
        'b' | 'B' => Field::Bytes,
        'D' | 'T' | 'F' => Field::Duration,
        'I' => Field::Thread,
        'u' => Field::User,
        'U' => Field::Path,
        'S' => Field::Session,
        'A' | 'H' | 'l' | 'm' | 'p' | 'q' | 'v' | 'X' => Field::Other,
        _ => return None,
    };
    Some((field, after.get(kind.len_utf8()..)?))
}

struct Fit<'p, 'a> {
    parts: &'p [Part],
    line: &'a [u8],
    stamps: &'p mut StampReader,
    steps: u32,
    stamp: Stamp,
    found: Fields<'a>,
}

impl Fit<'_, '_> {
    /// Fits the parts from `part` on to the line from `at` on.
    fn part(&mut self, part: usize, at: usize, filled: usize) -> bool {
        self.steps += 1;
        if self.steps > STEPS {
            return false;
        }
        let rest = self.line.get(at..).unwrap_or_default();
        match self.parts.get(part) {
            None => rest.trim_ascii().is_empty(),
            Some(Part::Text(text)) => rest.starts_with(text) && self.part(part + 1, at + text.len(), filled),
            Some(Part::Field(field)) => self.field(*field, part, at, filled),
        }
    }

    fn field(&mut self, field: Field, part: usize, at: usize, filled: usize) -> bool {
        let rest = self.line.get(at..).unwrap_or_default();
        let next: &[u8] = match self.parts.get(part + 1) {
            Some(Part::Text(text)) => text,
            _ => &[],
        };
        if next.is_empty() {
            return self.take(field, part, at, self.line.len(), filled);
        }
        // A line may end before its last, empty, column does.
        let mut from = 0;
        while let Some(found) = memchr::memmem::find(rest.get(from..).unwrap_or_default(), next) {
            let end = at + from + found;
            if end - at > field.longest() {
                return false;
            }
            // Looking at a long stretch costs more.
            self.steps = self.steps.saturating_add(u32::try_from((end - at) / 64).unwrap_or(STEPS));
            if self.steps > STEPS {
                return false;
            }
            if self.take(field, part, at, end, filled) {
                return true;
            }
            from += found + 1;
            if !field.may_hold_blanks() {
                return false;
            }
        }
        false
    }

    fn take(&mut self, field: Field, part: usize, at: usize, end: usize, filled: usize) -> bool {
        let Some(value) = self.line.get(at..end) else { return false };
        if field == Field::Time {
            let inside = value.strip_prefix(b"[").and_then(|value| value.strip_suffix(b"]"));
            let Some((stamp, _)) = inside.and_then(|inside| self.stamps.clf(inside)) else { return false };
            self.stamp = stamp;
        } else if !field.fits(value) {
            return false;
        }
        if let Some(slot) = self.found.get_mut(filled) {
            *slot = (field, value);
        }
        self.part(part + 1, end, filled + 1)
    }
}

impl Field {
    /// How long a value may be; Tomcat takes request heads of 64 KiB at most.
    fn longest(self) -> usize {
        match self {
            Self::Request | Self::Path | Self::Referer | Self::Agent | Self::Other | Self::Forwarded => {
                70_000
            }
            _ => 1024,
        }
    }

    fn may_hold_blanks(self) -> bool {
        !matches!(self, Self::Status | Self::Bytes | Self::Duration | Self::RequestId)
    }

    /// Whether a stretch of the line can be this field.
    fn fits(self, value: &[u8]) -> bool {
        let blank = value.contains(&b' ');
        match self {
            Self::Status => value == b"-" || (value.len() == 3 && value.iter().all(u8::is_ascii_digit)),
            Self::Bytes => value == b"-" || (!value.is_empty() && value.iter().all(u8::is_ascii_digit)),
            Self::Duration => {
                value == b"-"
                    || (!value.is_empty() && value.iter().all(|byte| byte.is_ascii_digit() || *byte == b'.'))
            }
            Self::Remote | Self::Thread | Self::RequestId | Self::Session => !value.is_empty() && !blank,
            Self::Forwarded => value == b"-" || is_chain(value),
            Self::Request => is_request(value),
            Self::User => !value.is_empty(),
            Self::Time | Self::Path | Self::Referer | Self::Agent | Self::Other => true,
        }
    }
}

/// Addresses with commas between them; the client writes the header, so that any word with a digit and a dot or colon
/// is taken for one.
fn is_chain(value: &[u8]) -> bool {
    !value.is_empty()
        && value.split(|byte| *byte == b',').map(<[u8]>::trim_ascii).all(|part| {
            !part.is_empty()
                && !part.contains(&b' ')
                && (part == b"unknown" || part.iter().any(|byte| matches!(byte, b'.' | b':')))
                && part.iter().all(|byte| {
                    byte.is_ascii_hexdigit()
                        || matches!(byte, b'.' | b':' | b'[' | b']')
                        || part == b"unknown"
                })
        })
}

/// `METHOD uri HTTP/1.1`; `-` or nulls where the request could not be read.
fn is_request(value: &[u8]) -> bool {
    if matches!(value, b"-" | b"null null null" | b"null") {
        return true;
    }
    let Some(blank) = memchr::memchr(b' ', value) else { return false };
    let method = value.get(..blank).unwrap_or_default();
    let version = memchr::memmem::rfind(value, b" HTTP/").and_then(|at| value.get(at + 6..));
    !method.is_empty()
        && method.iter().all(u8::is_ascii_uppercase)
        && version.is_some_and(|version| {
            (1..=3).contains(&version.len())
                && version.iter().all(|byte| byte.is_ascii_digit() || *byte == b'.')
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fit(patterns: &[Pattern], line: &str) -> Option<String> {
        let (_, fields) =
            patterns.iter().find_map(|pattern| pattern.fit(line.as_bytes(), &mut StampReader::default()))?;
        let shown: Vec<String> = fields
            .iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(field, value)| format!("{field:?}={}", String::from_utf8_lossy(value)))
            .collect();
        Some(shown.join("; "))
    }

    #[test]
    fn the_built_in_patterns_tell_each_other_apart() {
        let lines = [
            "[17/Jun/2021:12:57:26 +0200] 192.168.1.15 testuser http-nio-8080-exec-6 0:0:0:0:0:0:0:1 GET /index.action HTTP/1.1 200 1020ms 7881 http://localhost/ Mozilla/5.0 (X)",
            "[03/Oct/2022:09:00:15 +0000] - http-nio-8080-exec-2 192.168.1.11 GET /rest/api/2/issue/PROJ-1 HTTP/1.1 200 98ms 4201 - curl",
            "[03/Oct/2022:09:00:15 +0000] Jörg von Müller http-nio-8080-exec-2 proxy.example GET /x HTTP/1.1 200 98ms - - x",
            "10.0.0.1 600x12x1 admin [03/Oct/2022:09:00:15 +0000] \"GET /browse/A-1?x=\"y HTTP/1.1\" 200 4201 98 \"-\" \"evil\" \" x\" \"1abc\"",
            "10.0.0.1 admin [03/Oct/2022:09:00:15 +0000] \"GET /x HTTP/1.1\" 200 4201 98 /x http-nio-8090-exec-1 \"curl/7\"",
        ];
        let shown: Vec<String> = lines.iter().map(|line| fit(&Pattern::built_in(), line).unwrap()).collect();
        insta::assert_snapshot!(shown.join("\n"), @r#"
        Time=[17/Jun/2021:12:57:26 +0200]; Forwarded=192.168.1.15; User=testuser; Thread=http-nio-8080-exec-6; Remote=0:0:0:0:0:0:0:1; Request=GET /index.action HTTP/1.1; Status=200; Duration=1020; Bytes=7881; Referer=http://localhost/; Agent=Mozilla/5.0 (X)
        Time=[03/Oct/2022:09:00:15 +0000]; User=-; Thread=http-nio-8080-exec-2; Remote=192.168.1.11; Request=GET /rest/api/2/issue/PROJ-1 HTTP/1.1; Status=200; Duration=98; Bytes=4201; Referer=-; Agent=curl
        Time=[03/Oct/2022:09:00:15 +0000]; User=Jörg von Müller; Thread=http-nio-8080-exec-2; Remote=proxy.example; Request=GET /x HTTP/1.1; Status=200; Duration=98; Bytes=-; Referer=-; Agent=x
        Remote=10.0.0.1; RequestId=600x12x1; User=admin; Time=[03/Oct/2022:09:00:15 +0000]; Request=GET /browse/A-1?x="y HTTP/1.1; Status=200; Bytes=4201; Duration=98; Referer=-; Agent=evil" " x; Session=1abc
        Remote=10.0.0.1; User=admin; Time=[03/Oct/2022:09:00:15 +0000]; Request=GET /x HTTP/1.1; Status=200; Bytes=4201; Duration=98; Path=/x; Thread=http-nio-8090-exec-1; Agent=curl/7
        "#);
    }

    #[test]
    fn a_pattern_out_of_the_configuration_is_read_back() {
        let pattern = Pattern::compile("%h|%{X-AUSERNAME}o|%t|%r|%s|%{Cookie}i|%D").unwrap();
        assert_eq!(
            fit(&[pattern], "1.2.3.4|ann|[03/Oct/2022:09:00:15 +0000]|GET /a|b HTTP/1.1|200|c=1|2|7")
                .as_deref(),
            Some(
                "Remote=1.2.3.4; User=ann; Time=[03/Oct/2022:09:00:15 +0000]; Request=GET /a|b HTTP/1.1; Status=200; Other=c=1|2; Duration=7"
            )
        );
        for bad in ["%h %r", "%t %s", "%{yyyy}t %r", "%t%r", "%t %r %"] {
            assert_eq!(Pattern::compile(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_line_made_to_be_slow_ends_soon() {
        let line = format!("[03/Oct/2022:09:00:15 +0000] {}", "a GET /x HTTP/1.1 200 1ms ".repeat(20_000));
        let begun = std::time::Instant::now();
        assert_eq!(fit(&Pattern::built_in(), &line), None);
        assert!(begun.elapsed().as_secs() < 5);
    }
}
