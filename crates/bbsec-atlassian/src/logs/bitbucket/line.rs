//! One line of `atlassian-bitbucket-access.log`, split without copying.
//!
//! The format, after Atlassian's "How to read the Bitbucket Data Center Log Formats":
//! `address | protocol | request id | user | time | action | "referer" "agent" | status | in | out | labels | ms | session |`
//! Stash prints no status and volumes, Mesh a second id and two more counters, and the lines for SSH on Atlassian's
//! own page lack one column or five. Action, referer and agent are the client's to write and may contain the
//! separator, so that a line is split from both ends and they are what remains in the middle.

use memchr::{memchr_iter, memmem, memrchr};

use crate::read::{Stamp, StampReader};

/// Whether a line tells of the request or of its response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    /// The request came in.
    In,
    /// The response went out.
    Out,
}

/// The columns of one line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct AccessLine<'a> {
    pub addresses: &'a [u8],
    pub protocol: &'a [u8],
    pub side: Side,
    /// Without the marks in front: `i` or `o`, then `@` or `*`.
    pub request: &'a [u8],
    /// Execution id on a Mesh node.
    pub mesh: &'a [u8],
    pub user: &'a [u8],
    pub stamp: Stamp,
    /// Action, referer and agent: what the columns at both ends left.
    middle: &'a [u8],
    pub status: &'a [u8],
    pub bytes_in: &'a [u8],
    pub bytes_out: &'a [u8],
    pub labels: &'a [u8],
    pub duration: &'a [u8],
    pub session: &'a [u8],
}

const PROTOCOLS: [&[u8]; 4] = [b"https", b"http", b"ssh", b"grpc"];
const SEPARATOR: &[u8] = b" | ";

/// Why a line is no access line, in words that go into the quarantine file.
pub(crate) type Why = &'static str;

/// Splits one line.
pub(crate) fn parse<'a>(line: &'a [u8], stamps: &mut StampReader) -> Result<AccessLine<'a>, Why> {
    let line = line.trim_ascii();
    let body =
        line.strip_suffix(b"|").ok_or("the line is cut off: it does not end with a column separator")?;
    let head = Head::parse(body, stamps)?;
    if head.protocol == b"grpc" && !head.mesh.is_empty() {
        return mesh_tail(head);
    }
    let tail = Tail::parse(head.rest).ok_or("the columns after the action do not fit any known layout")?;
    Ok(head.with(tail))
}

/// Whether a line begins like an access line: enough to recognise the format.
pub(crate) fn is_access_line(line: &[u8]) -> bool {
    Head::parse(line.trim_ascii(), &mut StampReader::default()).is_ok()
}

struct Head<'a> {
    addresses: &'a [u8],
    protocol: &'a [u8],
    request: &'a [u8],
    mesh: &'a [u8],
    user: &'a [u8],
    stamp: Stamp,
    rest: &'a [u8],
}

/// Cuts at the first ` | `.
fn cut(text: &[u8]) -> Option<(&[u8], &[u8])> {
    for at in memchr_iter(b'|', text) {
        let before = at.checked_sub(1)?;
        if text.get(before..at + 2) == Some(SEPARATOR) {
            return Some((text.get(..before)?, text.get(at + 2..)?));
        }
    }
    None
}

/// Cuts at the last ` | `; a column at the very end may be empty.
fn cut_last(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut end = text.len();
    while let Some(at) = memrchr(b'|', text.get(..end)?) {
        if at > 0 && text.get(at - 1) == Some(&b' ') && matches!(text.get(at + 1), Some(b' ') | None) {
            return Some((text.get(..at - 1)?.trim_ascii_end(), text.get(at + 1..)?.trim_ascii()));
        }
        end = at;
    }
    None
}

impl<'a> Head<'a> {
    fn parse(line: &'a [u8], stamps: &mut StampReader) -> Result<Self, Why> {
        let (addresses, rest) = cut(line).ok_or("no column separator")?;
        let (protocol, rest) = cut(rest).ok_or("fewer than two columns")?;
        // The address column comes from X-Forwarded-For, so it may hold separators as well.
        let (addresses, protocol, rest) = if PROTOCOLS.contains(&protocol) {
            (addresses, protocol, rest)
        } else {
            Self::protocol_further_on(line).ok_or("no protocol column")?
        };
        let (request, rest) = cut(rest).ok_or("no request id column")?;
        let (mesh, rest) = if protocol == b"grpc" && matches!(rest.first(), Some(b'@' | b'*' | b'-')) {
            // On a Mesh node the execution id comes before the user; `-` alone may be either.
            let (mesh, after) = cut(rest).ok_or("no user column")?;
            if stamps.iso(after).is_some() { (&[][..], rest) } else { (mesh, after) }
        } else {
            (&[][..], rest)
        };
        // The user is everything up to the time, since names may hold anything.
        let mut from = 0;
        loop {
            let (before, after) = cut(rest.get(from..).unwrap_or_default()).ok_or("no time column")?;
            let user_end = from + before.len();
            if let Some((stamp, taken)) = stamps.iso(after)
                && let Some(rest_after) = after.get(taken..).and_then(|rest| rest.strip_prefix(SEPARATOR))
            {
                let user = rest.get(..user_end).unwrap_or_default();
                return Ok(Self { addresses, protocol, request, mesh, user, stamp, rest: rest_after });
            }
            from = user_end + SEPARATOR.len();
        }
    }

    fn protocol_further_on(line: &'a [u8]) -> Option<(&'a [u8], &'a [u8], &'a [u8])> {
        memchr_iter(b'|', line).find_map(|at| {
            let addresses = line.get(..at.checked_sub(1)?)?;
            let (protocol, rest) = cut(line.get(at + 2..)?)?;
            PROTOCOLS.contains(&protocol).then_some((addresses, protocol, rest))
        })
    }

    fn with(self, tail: Tail<'a>) -> AccessLine<'a> {
        let (side, request) = match self.request {
            [b'i', rest @ ..] => (Side::In, rest),
            [b'o', rest @ ..] => (Side::Out, rest),
            other => (Side::Out, other),
        };
        AccessLine {
            addresses: self.addresses,
            protocol: self.protocol,
            side,
            request: bare_id(request),
            mesh: value(self.mesh),
            user: value(self.user),
            stamp: self.stamp,
            middle: tail.rest,
            status: tail.status,
            bytes_in: tail.bytes_in,
            bytes_out: tail.bytes_out,
            labels: value(tail.labels),
            duration: tail.duration,
            session: value(tail.session),
        }
    }
}

/// A column, with `-` as nothing.
fn value(column: &[u8]) -> &[u8] {
    match column.trim_ascii() {
        b"-" => &[],
        other => other,
    }
}

/// A request id without the mark that tells a single node from a cluster: that is how the other logs print it.
fn bare_id(id: &[u8]) -> &[u8] {
    match value(id) {
        [b'@' | b'*', rest @ ..] => rest,
        other => other,
    }
}

/// A number or `-`.
fn counts(column: &[u8]) -> bool {
    column == b"-" || (!column.is_empty() && column.iter().all(u8::is_ascii_digit))
}

/// A status: a number or `-`; SSH commands may end with a negative code.
fn is_status(column: &[u8]) -> bool {
    counts(column) || column.strip_prefix(b"-").is_some_and(|rest| !rest.is_empty() && counts(rest))
}

#[derive(Default)]
struct Tail<'a> {
    rest: &'a [u8],
    status: &'a [u8],
    bytes_in: &'a [u8],
    bytes_out: &'a [u8],
    labels: &'a [u8],
    duration: &'a [u8],
    session: &'a [u8],
}

impl<'a> Tail<'a> {
    fn parse(rest: &'a [u8]) -> Option<Self> {
        let (rest, session) = cut_last(rest.trim_ascii_end())?;
        let (before_first, first) = cut_last(rest)?;
        if !counts(first) {
            // The KB's SSH lines: labels, but no duration.
            let (rest, status, bytes_in, bytes_out) = volumes(before_first)?;
            return Some(Self { rest, status, bytes_in, bytes_out, labels: first, duration: b"-", session });
        }
        let (before, labels) = cut_last(before_first)?;
        if let Some((rest, status, bytes_in, bytes_out)) = volumes(before) {
            return Some(Self { rest, status, bytes_in, bytes_out, labels, duration: first, session });
        }
        // The label of an SSH key is its owner's to write and may hold separators.
        if let Some(tail) = Self::with_split_labels(before_first, first, session) {
            return Some(tail);
        }
        // Stash prints neither status nor volumes.
        (before.ends_with(b"\"") || before.ends_with(b"-") || before.ends_with(b"'")).then_some(Self {
            rest: before,
            labels,
            duration: first,
            session,
            ..Self::default()
        })
    }

    fn with_split_labels(text: &'a [u8], duration: &'a [u8], session: &'a [u8]) -> Option<Self> {
        let marker = memmem::rfind(text, b"ssh:label:'")?;
        let (before, start_of_labels) = cut_last(text.get(..marker)?)?;
        let (rest, status, bytes_in, bytes_out) = volumes(before)?;
        let from = text.len().checked_sub(text.len() - marker + start_of_labels.len())?;
        // `cut_last` trims, so that the label's column is taken from where its first word stands.
        let from = memrchr(b'|', text.get(..marker)?).map_or(from, |at| at + 1);
        let labels = text.get(from..)?.trim_ascii();
        Some(Self { rest, status, bytes_in, bytes_out, labels, duration, session })
    }
}

type Volumes<'a> = (&'a [u8], &'a [u8], &'a [u8], &'a [u8]);

/// `… | status | in | out` off the end.
fn volumes(text: &[u8]) -> Option<Volumes<'_>> {
    let (text, bytes_out) = cut_last(text).filter(|(_, column)| counts(column))?;
    let (text, bytes_in) = cut_last(text).filter(|(_, column)| counts(column))?;
    let (text, status) = cut_last(text).filter(|(_, column)| is_status(column))?;
    // What remains must still hold an action and an agent.
    (!text.is_empty()).then_some((text, status, bytes_in, bytes_out))
}

/// A Mesh node's line: `… | "action" | - | status | in | out | mesh in | mesh out | ns | labels | session |`, of which
/// the sample seen has one column less than its description. What lies behind `out` is kept as labels.
fn mesh_tail(head: Head<'_>) -> Result<AccessLine<'_>, Why> {
    let why = "the columns after the action do not fit the Mesh layout";
    let (rest, session) = cut_last(head.rest.trim_ascii_end()).ok_or(why)?;
    let end = memmem::find(rest, b"\" | ").ok_or(why)?;
    let (_, columns) = cut(rest.get(end..).unwrap_or_default()).ok_or(why)?;
    let mut fields = [&[][..]; 8];
    let mut used = 0;
    let mut left = columns;
    while let Some(slot) = fields.get_mut(used) {
        used += 1;
        if let Some((column, after)) = cut(left) {
            *slot = column;
            left = after;
        } else {
            *slot = left;
            break;
        }
    }
    let [_agent, status, bytes_in, bytes_out, _mesh_in, nanos_or_out, labels_or_nanos, labels] = fields;
    if !(is_status(status) && counts(bytes_in) && counts(bytes_out)) {
        return Err(why);
    }
    // With all columns the seventh is the duration, else the sixth.
    let (duration, labels) =
        if used == 8 { (labels_or_nanos, labels) } else { (nanos_or_out, labels_or_nanos) };
    let rest = rest.get(..=end).unwrap_or_default();
    let tail = Tail { rest, status, bytes_in, bytes_out, labels, duration, session };
    Ok(head.with(tail))
}

impl<'a> AccessLine<'a> {
    /// Action (without quotes), referer and agent.
    pub(crate) fn middle(&self) -> (&'a [u8], &'a [u8], &'a [u8]) {
        middle(self.middle, self.protocol)
    }
}

fn middle<'a>(text: &'a [u8], protocol: &[u8]) -> (&'a [u8], &'a [u8], &'a [u8]) {
    let (action, agents) = if let Some(action) = text.strip_suffix(b" | -") {
        (action, &[][..])
    } else if protocol == b"ssh" {
        split_ssh(text)
    } else {
        split_http(text)
    };
    let action = action.strip_prefix(b"\"").and_then(|action| action.strip_suffix(b"\"")).unwrap_or(action);
    let agents = agents.strip_prefix(b"\"").and_then(|agents| agents.strip_suffix(b"\"")).unwrap_or(agents);
    match quote_followed_by(agents, b" \"").next() {
        Some(at) => {
            (action, agents.get(..at).unwrap_or_default(), value(agents.get(at + 3..).unwrap_or_default()))
        }
        None => (action, &[], value(agents)),
    }
}

/// A request line ends with its protocol version; only headers come after that, and a client that puts a quote or a
/// blank into the request line itself is refused by the web server.
fn split_http(text: &[u8]) -> (&[u8], &[u8]) {
    for at in quote_followed_by(text, b" | ") {
        let action = text.get(..at).unwrap_or_default();
        let version = memrchr(b' ', action).and_then(|from| action.get(from + 1..)?.strip_prefix(b"HTTP/"));
        if version.is_some_and(|version| (1..=3).contains(&version.len())) {
            return (text.get(..=at).unwrap_or_default(), text.get(at + 4..).unwrap_or_default());
        }
    }
    match memmem::find(text, b" | \"") {
        Some(at) => (text.get(..at).unwrap_or_default(), text.get(at + 3..).unwrap_or_default()),
        None => (text, &[]),
    }
}

/// Where a quote stands with this behind it.
fn quote_followed_by<'t>(text: &'t [u8], behind: &'t [u8]) -> impl Iterator<Item = usize> + 't {
    memchr_iter(b'"', text).filter(move |at| text.get(at + 1..).is_some_and(|rest| rest.starts_with(behind)))
}

/// An SSH command ends with its quoted path.
fn split_ssh(text: &[u8]) -> (&[u8], &[u8]) {
    for end in [&b"'\" | \""[..], b"' | \"", b" | \""] {
        if let Some(at) = memmem::find(text, end) {
            let cut = at + end.len() - 1;
            let action =
                text.get(..cut).and_then(|action| action.strip_suffix(SEPARATOR)).unwrap_or_default();
            return (action, text.get(cut..).unwrap_or_default());
        }
    }
    (text, &[])
}
