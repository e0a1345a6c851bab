//! Small readers of byte slices that cannot panic.

/// The bytes from `start` to `end`; empty when that is not inside.
pub(crate) fn sub(data: &[u8], start: usize, end: usize) -> &[u8] {
    data.get(start..end).unwrap_or_default()
}

/// The byte at `index`, if there is one.
pub(crate) fn at(data: &[u8], index: usize) -> Option<u8> {
    data.get(index).copied()
}

/// The line around a span, at most `reach` bytes beyond it on either side.
pub(crate) fn line_around(data: &[u8], start: usize, end: usize, reach: usize) -> &[u8] {
    let low = start.saturating_sub(reach);
    let high = end.saturating_add(reach).min(data.len());
    let begin = memchr::memrchr(b'\n', sub(data, low, start)).map_or(low, |at| low + at + 1);
    let finish = memchr::memchr(b'\n', sub(data, end, high)).map_or(high, |at| end + at);
    sub(data, begin, finish)
}

/// Whether `needle` (lower case) stands in `hay`, ASCII case ignored. For short haystacks.
pub(crate) fn contains_ignore_case(hay: &[u8], needle: &[u8]) -> bool {
    let (Some(&first), true) = (needle.first(), hay.len() >= needle.len()) else {
        return needle.is_empty();
    };
    memchr::memchr2_iter(first, first.to_ascii_uppercase(), hay)
        .any(|at| hay.get(at..at + needle.len()).is_some_and(|part| part.eq_ignore_ascii_case(needle)))
}

/// Reads a big-endian length-prefixed string as SSH writes it; returns it and the rest.
pub(crate) fn ssh_string(data: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = data.split_at_checked(4)?;
    let length = u32::from_be_bytes(length.try_into().ok()?) as usize;
    rest.split_at_checked(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_found_and_bounded() {
        let data = b"one\ntwo three four\nfive";
        assert_eq!(line_around(data, 8, 13, 100), b"two three four");
        assert_eq!(line_around(data, 8, 13, 2), b"o three f");
        assert!(contains_ignore_case(b"My PassWord", b"password"));
        assert!(!contains_ignore_case(b"pass", b"password"));
    }
}
