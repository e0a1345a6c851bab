//! Checksums and structure inside tokens.
//!
//! Source for the CRC: GitHub's article "Behind GitHub's new authentication token formats": 30 base62 characters, then
//! the CRC-32 of them as 6 base62 digits; npm follows the same shape. The CRC is over the body without its prefix, as
//! the published example shows.

use base64::Engine as _;
use bbsec_core::Confidence;

use super::Said;

const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// `prefix_` + body + six base62 digits of the CRC-32.
pub(super) fn crc32_base62(token: &[u8]) -> Said {
    let Some(at) = memchr::memrchr(b'_', token) else { return Said::default() };
    let (Some(body), Some(digits)) =
        (token.get(at + 1..token.len().saturating_sub(6)), token.get(token.len().saturating_sub(6)..))
    else {
        return Said::default();
    };
    if base62(crc32fast::hash(body)) == digits {
        Said { holds: Some(true), ..Said::default() }.note("the checksum inside fits")
    } else {
        Said { holds: Some(false), ..Said::default() }
    }
}

/// Six base62 digits, padded with zeros.
fn base62(mut value: u32) -> [u8; 6] {
    let mut digits = [b'0'; 6];
    for digit in digits.iter_mut().rev() {
        *digit = BASE62.get((value % 62) as usize).copied().unwrap_or(b'0');
        value /= 62;
    }
    digits
}

/// Base64 of `<decimal id>:<random bytes>`: the id is the token's public name.
pub(super) fn id_colon_bytes(token: &[u8]) -> Said {
    // Newer tokens say by their prefix what they are; there the inner form only adds the id.
    let (token, otherwise) =
        token.strip_prefix(b"BBDC-").map_or_else(|| (token, Said::refuse()), |rest| (rest, Said::default()));
    let Ok(bytes) = base64::engine::general_purpose::STANDARD.decode(token) else { return otherwise };
    let Some(colon) = memchr::memchr(b':', &bytes) else { return otherwise };
    let (id, rest) = bytes.split_at(colon);
    if id.is_empty() || id.len() > 13 || !id.iter().all(u8::is_ascii_digit) || rest.len() < 17 {
        return otherwise;
    }
    // Text after the colon is somebody's `user:password`, not random bytes.
    if rest.iter().skip(1).all(|b| b.is_ascii_graphic() || *b == b' ') {
        return Said::refuse();
    }
    Said {
        holds: Some(true),
        cap: Some(Confidence::High),
        public_id: Some(String::from_utf8_lossy(id).into_owned()),
        ..Said::default()
    }
    .note("it decodes to a token id, a colon and random bytes")
    .note("the id is inferred to be the one in the access log's `access-token:id:` label")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn githubs_published_example_has_a_fitting_checksum() {
        // From GitHub's documentation of the format; the token was never valid.
        let said = crc32_base62(b"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");
        assert_eq!(said.holds, Some(true));
        assert_eq!(crc32_base62(b"ghp_zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ0mLq18").holds, Some(false));
    }

    #[test]
    fn a_token_of_id_and_bytes_gives_its_id() {
        let mut bytes = b"123456789012:".to_vec();
        bytes.extend((0..20u8).map(|n| n.wrapping_mul(37) ^ 0x5a));
        let token = base64::engine::general_purpose::STANDARD.encode(&bytes);
        assert_eq!(id_colon_bytes(token.as_bytes()).public_id.as_deref(), Some("123456789012"));
        let words = base64::engine::general_purpose::STANDARD.encode("1234:correct horse battery staple");
        assert!(id_colon_bytes(words.as_bytes()).refuse);
    }
}
