//! Credentials of cloud providers that come in parts.
//!
//! Source for AWS ids: IAM user guide, "unique identifiers" (AKIA long-lived, ASIA temporary).

use bbsec_core::Severity;

use super::Said;
use crate::bytes::sub;

/// How far the other half of a pair may stand.
const PAIR: usize = 400;

pub(super) fn aws_id(id: &[u8]) -> Said {
    let text = String::from_utf8_lossy(id).into_owned();
    let said = Said { public_id: Some(text), ..Said::default() };
    if id.starts_with(b"ASIA") {
        let said = said.note("temporary: of no use without its session token, and for at most 36 hours");
        return Said { severity: Some(Severity::Low), ..said };
    }
    Said { severity: Some(Severity::Medium), ..said }
        .note("an access key id is a name; the secret key beside it, if any, is a finding of its own")
}

/// A secret key's public name is the access key id that stands beside it.
pub(super) fn aws_secret(data: &[u8], span: (usize, usize), value: &[u8]) -> Said {
    if value.iter().all(u8::is_ascii_hexdigit) {
        return Said { cap: Some(bbsec_core::Confidence::Low), ..Said::default() }
            .note("it is hexadecimal: rather a hash than a secret key");
    }
    match nearest_id(data, span) {
        Some(id) => {
            let temporary = id.starts_with("ASIA");
            let said = Said { public_id: Some(id), ..Said::default() }
                .note("joined with the access key id beside it");
            if temporary { Said { severity: Some(Severity::Medium), ..said } } else { said }
        }
        None => Said::default().note("no access key id stands beside it"),
    }
}

fn nearest_id(data: &[u8], span: (usize, usize)) -> Option<String> {
    let low = span.0.saturating_sub(PAIR);
    let area = sub(data, low, span.1.saturating_add(PAIR).min(data.len()));
    let is_id = |at: usize| -> Option<String> {
        let id = area.get(at..at + 20)?;
        let body = id.get(4..)?;
        let edge = |b: Option<&u8>| b.is_none_or(|b| !b.is_ascii_alphanumeric());
        let whole = edge(at.checked_sub(1).and_then(|i| area.get(i))) && edge(area.get(at + 20));
        (whole && body.iter().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit()))
            .then(|| String::from_utf8_lossy(id).into_owned())
    };
    let middle = span.0 - low;
    memchr::memmem::find_iter(area, b"AKIA")
        .chain(memchr::memmem::find_iter(area, b"ASIA"))
        .filter_map(|at| Some((at.abs_diff(middle), is_id(at)?)))
        .min()
        .map(|(_, id)| id)
}

/// The address of the service account whose key stands here.
pub(super) fn google_account(data: &[u8], span: (usize, usize)) -> Said {
    let area = sub(data, span.0.saturating_sub(1000), span.1.saturating_add(1500).min(data.len()));
    let Some(at) = memchr::memmem::find(area, b"\"client_email\"") else { return Said::default() };
    let mut quoted = area.get(at..).unwrap_or_default().split(|b| *b == b'"').skip(3);
    match quoted.next() {
        Some(address) if address.len() < 200 && memchr::memchr(b'@', address).is_some() => {
            Said { public_id: Some(String::from_utf8_lossy(address).into_owned()), ..Said::default() }
        }
        _ => Said::default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_key_is_joined_with_the_nearest_id() {
        let text = b"AKIAAAAAAAAAAAAAAAAA\nid=AKIABBBBBBBBBBBBBBBB\nsecret=q8Zr2LxW0vB5nTjKq8Zr2LxW0vB5nTjKq8Zr2LxW\n";
        let at = memchr::memmem::find(text, b"q8Zr").unwrap();
        let said = aws_secret(text, (at, at + 40), &text[at..at + 40]);
        assert_eq!(said.public_id.as_deref(), Some("AKIABBBBBBBBBBBBBBBB"));
    }
}
