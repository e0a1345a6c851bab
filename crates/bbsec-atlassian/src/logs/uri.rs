//! The path of a request's URI, part by part, decoded only where a part is encoded.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

/// Parts that are kept; a longer path says nothing more about its target.
const PARTS: usize = 12;

/// The parts of a path: empty and `.` parts, `;parameters` and the query are taken away.
#[derive(Debug, Clone)]
pub(crate) struct Path<'a> {
    parts: [&'a str; PARTS],
    decoded: Option<Box<[Cow<'a, str>; PARTS]>>,
    query: &'a str,
}

impl<'a> Path<'a> {
    /// Of a URI as a request line has it; `http://host/…` is understood as well.
    pub(crate) fn of(uri: &'a str) -> Self {
        let (path, query) = match memchr::memchr(b'?', uri.as_bytes()) {
            Some(at) => (uri.get(..at).unwrap_or_default(), uri.get(at + 1..).unwrap_or_default()),
            None => (uri, ""),
        };
        let path = match path.split_once("://").filter(|_| !path.starts_with('/')) {
            Some((scheme, rest)) if scheme.len() <= 5 && !scheme.contains('/') => {
                rest.split_once('/').map_or("", |(_, path)| path)
            }
            _ => path,
        };
        let mut parts = [""; PARTS];
        let mut slots = parts.iter_mut();
        let encoded = memchr::memchr(b'%', path.as_bytes()).is_some();
        let parameters = memchr::memchr(b';', path.as_bytes()).is_some();
        let mut from = 0;
        let ends = memchr::memchr_iter(b'/', path.as_bytes()).chain(std::iter::once(path.len()));
        for end in ends {
            let part = path.get(from..end).unwrap_or_default();
            from = end + 1;
            let part = if parameters { part.split(';').next().unwrap_or_default() } else { part };
            if part.is_empty() || part == "." {
                continue;
            }
            let Some(slot) = slots.next() else { break };
            *slot = part;
        }
        let decoded =
            encoded.then(|| Box::new(parts.map(|part| percent_decode_str(part).decode_utf8_lossy())));
        Self { parts, decoded, query }
    }

    /// A part, decoded; empty beyond the end.
    pub(crate) fn part(&self, at: usize) -> &str {
        match &self.decoded {
            Some(decoded) => decoded.get(at).map_or("", |part| part.as_ref()),
            None => self.parts.get(at).copied().unwrap_or(""),
        }
    }

    /// The same, owned.
    pub(crate) fn text(&self, at: usize) -> String {
        self.part(at).to_owned()
    }

    /// The value of a query parameter, decoded.
    pub(crate) fn query(&self, name: &str) -> Option<String> {
        self.query.split('&').find_map(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            key.eq_ignore_ascii_case(name).then(|| decode(value))
        })
    }
}

/// Decodes a form value: `%41` and `+`.
pub(crate) fn decode(value: &str) -> String {
    percent_decode_str(&value.replace('+', " ")).decode_utf8_lossy().into_owned()
}

/// The value of a query parameter of a request line.
pub(crate) fn query_of(action: &str, name: &str) -> Option<String> {
    Path::of(request_line(action).1).query(name).filter(|value| !value.is_empty())
}

/// Method and URI of a request line `GET /x HTTP/1.1`.
pub fn request_line(action: &str) -> (&str, &str) {
    let Some(blank) = memchr::memchr(b' ', action.as_bytes()) else { return ("", action) };
    let (method, rest) =
        (action.get(..blank).unwrap_or_default(), action.get(blank + 1..).unwrap_or_default());
    let uri = memchr::memrchr(b' ', rest.as_bytes())
        .filter(|at| rest.get(at + 1..).is_some_and(|version| version.starts_with("HTTP/")))
        .and_then(|at| rest.get(..at));
    (method, uri.unwrap_or(rest))
}

/// Compares without regard to case.
pub(crate) fn is(part: &str, name: &str) -> bool {
    part.eq_ignore_ascii_case(name)
}
