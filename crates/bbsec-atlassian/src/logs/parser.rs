//! What every log format offers the reader: take a line, give events.

use std::sync::Arc;

use bbsec_core::{Event, Failure, Place, Time};

use crate::read::Clock;

/// Where events go. What takes one may put another in its place, to be filled again.
pub(crate) type Emit<'a> = &'a mut dyn FnMut(&mut Event) -> Result<(), Failure>;

/// Why a line did not become part of an event.
#[derive(Debug)]
pub(crate) enum Bad {
    /// It is no line of this format: it goes into quarantine with this reason.
    Line(&'static str),
    /// The sink wants no more.
    Stop(Failure),
}

impl From<&'static str> for Bad {
    fn from(why: &'static str) -> Self {
        Self::Line(why)
    }
}

impl From<Failure> for Bad {
    fn from(failure: Failure) -> Self {
        Self::Stop(failure)
    }
}

/// One line and where it stands.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Raw<'a> {
    pub bytes: &'a [u8],
    pub file: &'a Arc<str>,
    pub offset: u64,
}

impl Raw<'_> {
    /// The line's place.
    pub(crate) fn place(&self) -> Place {
        Place {
            file: Arc::clone(self.file),
            offset: self.offset,
            length: u32::try_from(self.bytes.len()).unwrap_or(u32::MAX),
        }
    }
}

/// A reader of one format. It lives as long as the files of one folder and format, so that what begins in one rotated
/// file can end in the next.
pub(crate) trait LineParser {
    /// Takes one line that is not blank. The time, where the line has one.
    fn line(&mut self, raw: Raw<'_>, clock: &mut Clock, emit: Emit<'_>) -> Result<Option<Time>, Bad>;

    /// The end of a file.
    fn end_of_file(&mut self, _emit: Emit<'_>) -> Result<(), Failure> {
        Ok(())
    }

    /// The end of the last file.
    fn finish(&mut self, _emit: Emit<'_>) -> Result<(), Failure> {
        Ok(())
    }
}

/// Text out of evidence: what is no UTF-8 becomes the replacement character; the place tells the bytes.
pub(crate) fn text(bytes: &[u8]) -> String {
    // The check alone is many times faster than the replacing.
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => String::from_utf8_lossy(bytes).into_owned(),
    }
}

/// The same, with nothing for an empty column.
pub(crate) fn some_text(bytes: &[u8]) -> Option<String> {
    (!bytes.is_empty()).then(|| text(bytes))
}

/// A decimal number; `None` for `-`, nothing, or more than 64 bits.
pub(crate) fn number(bytes: &[u8]) -> Option<u64> {
    if bytes.is_empty() {
        return None;
    }
    bytes.iter().try_fold(0_u64, |value, byte| {
        let digit = byte.wrapping_sub(b'0');
        (digit <= 9).then_some(())?;
        value.checked_mul(10)?.checked_add(u64::from(digit))
    })
}

/// Addresses of a forwarded chain, originating client first, each in its canonical short form and without a port.
pub(crate) fn addresses(chain: &[u8]) -> Vec<String> {
    chain
        .split(|byte| *byte == b',')
        .map(<[u8]>::trim_ascii)
        .filter(|address| !address.is_empty() && *address != b"-")
        .map(address)
        .collect()
}

fn address(bytes: &[u8]) -> String {
    let text = text(bytes);
    if !text.contains(':') && !text.contains('[') {
        return text;
    }
    if let Ok(ip) = text.parse::<std::net::IpAddr>() {
        return ip.to_canonical().to_string();
    }
    if let Ok(socket) = text.parse::<std::net::SocketAddr>() {
        return socket.ip().to_canonical().to_string();
    }
    let bare = text.trim_start_matches('[').trim_end_matches(']');
    bare.parse::<std::net::IpAddr>().map_or(text.clone(), |ip| ip.to_canonical().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_have_one_form() {
        assert_eq!(addresses(b"63.246.22.199,172.16.1.187"), ["63.246.22.199", "172.16.1.187"]);
        assert_eq!(addresses(b"0:0:0:0:0:0:0:1"), ["::1"]);
        assert_eq!(
            addresses(b"::ffff:10.0.0.1, [2001:db8::1]:443, 10.0.0.2:80"),
            ["10.0.0.1", "2001:db8::1", "10.0.0.2"]
        );
        assert_eq!(addresses(b"-"), Vec::<String>::new());
        assert_eq!(addresses(b"unknown"), ["unknown"]);
    }

    #[test]
    fn numbers_do_not_overflow() {
        assert_eq!(number(b"18446744073709551615"), Some(u64::MAX));
        assert_eq!(number(b"18446744073709551616"), None);
        assert_eq!(number(b"-"), None);
        assert_eq!(number(b""), None);
    }
}
