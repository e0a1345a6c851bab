//! Splits a stream into lines in bounded memory. No byte is lost: a line that is too long to keep is told with its
//! place and length, and what was read before an error is still handed out.

use std::io::{self, Read};

use memchr::memchr;

/// The longest line that is kept; longer ones are skipped over and told.
pub const MAX_LINE: usize = 4 << 20;
const FIRST_BUFFER: usize = 256 << 10;
/// How much of a line that is too long is shown.
const HEAD: usize = 4 << 10;

/// One line, without its line end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Line<'a> {
    /// A whole line.
    Whole {
        /// The bytes, without `\n` or `\r\n`.
        bytes: &'a [u8],
        /// Where the first byte stands in the (unpacked) stream.
        offset: u64,
    },
    /// A line longer than [`MAX_LINE`].
    Long {
        /// Its first bytes.
        head: &'a [u8],
        /// Where the first byte stands.
        offset: u64,
        /// How many bytes it has.
        length: u64,
    },
}

/// A stream, line by line.
pub struct Lines<R> {
    from: R,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    /// Stream offset of `buffer[start]`.
    offset: u64,
    ended: bool,
    error: Option<io::Error>,
    limit: u64,
    max_line: usize,
}

impl<R: Read> Lines<R> {
    /// Lines of a stream; at most `limit` bytes of it are read, then an error stands in [`Lines::take_error`].
    pub fn new(from: R, limit: u64) -> Self {
        Self {
            from,
            buffer: vec![0; FIRST_BUFFER],
            start: 0,
            end: 0,
            offset: 0,
            ended: false,
            error: None,
            limit,
            max_line: MAX_LINE,
        }
    }

    /// The same with a smaller bound on the line's length.
    #[cfg(test)]
    pub(crate) fn with_max_line(mut self, max_line: usize) -> Self {
        self.max_line = max_line;
        self
    }

    /// What ended the stream before its end, if anything did.
    pub fn take_error(&mut self) -> Option<io::Error> {
        self.error.take()
    }

    /// How many bytes of the stream were handed out so far.
    pub fn position(&self) -> u64 {
        self.offset
    }

    /// The next line, or `None` at the end.
    pub fn next_line(&mut self) -> Option<Line<'_>> {
        let mut searched = 0;
        loop {
            let window = self.buffer.get(self.start..self.end).unwrap_or_default();
            let found = memchr(b'\n', window.get(searched..).unwrap_or_default());
            if let Some(at) = found {
                let length = searched.saturating_add(at);
                return Some(self.hand_out(length, length.saturating_add(1)));
            }
            searched = window.len();
            if searched > self.max_line {
                return Some(self.skip_long());
            }
            if !self.fill() {
                if searched == 0 {
                    return None;
                }
                return Some(self.hand_out(searched, searched));
            }
        }
    }

    fn hand_out(&mut self, length: usize, consumed: usize) -> Line<'_> {
        let (start, offset) = (self.start, self.offset);
        self.start = start.saturating_add(consumed);
        self.offset = offset.saturating_add(consumed as u64);
        let bytes = self.buffer.get(start..start.saturating_add(length)).unwrap_or_default();
        if bytes.len() > self.max_line {
            let head = bytes.get(..HEAD).unwrap_or(bytes);
            return Line::Long { head, offset, length: length as u64 };
        }
        Line::Whole { bytes: bytes.strip_suffix(b"\r").unwrap_or(bytes), offset }
    }

    /// Makes room and reads once; false at the end of the stream.
    fn fill(&mut self) -> bool {
        if self.ended {
            return false;
        }
        if self.start > 0 {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end = self.end.saturating_sub(self.start);
            self.start = 0;
        }
        if self.end == self.buffer.len() {
            self.buffer.resize(self.buffer.len().saturating_mul(2), 0);
        }
        self.read_into(self.end)
    }

    fn read_into(&mut self, at: usize) -> bool {
        loop {
            let Some(room) = self.buffer.get_mut(at..) else { return false };
            match self.from.read(room) {
                Ok(0) => self.ended = true,
                Ok(read) => {
                    self.end = at.saturating_add(read.min(room.len()));
                    if read as u64 > self.limit {
                        self.ended = true;
                        self.error = Some(io::Error::other("it unpacks to far more than a log would"));
                    }
                    self.limit = self.limit.saturating_sub(read as u64);
                    return true;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => {
                    self.error = Some(error);
                    self.ended = true;
                }
            }
            return false;
        }
    }

    /// Reads on to the end of a line that is too long, keeping only its head.
    fn skip_long(&mut self) -> Line<'_> {
        let offset = self.offset;
        let mut length = (self.end.saturating_sub(self.start)) as u64;
        self.buffer.copy_within(self.start..self.start.saturating_add(HEAD).min(self.end), 0);
        loop {
            self.start = HEAD;
            self.end = HEAD;
            if self.ended || !self.read_into(HEAD) {
                self.offset = offset.saturating_add(length);
                break;
            }
            let window = self.buffer.get(HEAD..self.end).unwrap_or_default();
            if let Some(at) = memchr(b'\n', window) {
                length = length.saturating_add(at as u64);
                self.start = HEAD.saturating_add(at).saturating_add(1);
                self.offset = offset.saturating_add(length).saturating_add(1);
                break;
            }
            length = length.saturating_add(window.len() as u64);
        }
        Line::Long { head: self.buffer.get(..HEAD).unwrap_or_default(), offset, length }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Hands out its bytes in small uneven pieces.
    struct Dribble<'a>(&'a [u8], usize);

    impl Read for Dribble<'_> {
        fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
            self.1 = self.1 % 7 + 1;
            let n = self.1.min(room.len()).min(self.0.len());
            room[..n].copy_from_slice(&self.0[..n]);
            self.0 = &self.0[n..];
            Ok(n)
        }
    }

    proptest! {
        #[test]
        fn every_byte_belongs_to_one_line(text in proptest::collection::vec(prop_oneof![Just(b'\n'), Just(b'\r'), any::<u8>()], 0..400)) {
            let mut lines = Lines::new(Dribble(&text, 0), u64::MAX);
            let mut rebuilt: Vec<u8> = Vec::new();
            while let Some(line) = lines.next_line() {
                let Line::Whole { bytes, offset } = line else { panic!("no line is long here") };
                prop_assert_eq!(offset as usize, rebuilt.len());
                prop_assert!(text[offset as usize..].starts_with(bytes));
                rebuilt.extend_from_slice(bytes);
                let rest = &text[rebuilt.len()..];
                if rest.starts_with(b"\r\n") { rebuilt.extend_from_slice(b"\r\n") }
                else if rest.starts_with(b"\n") { rebuilt.push(b'\n') }
                else if rest == b"\r" { rebuilt.push(b'\r') }
            }
            prop_assert_eq!(rebuilt, text);
        }
    }

    #[test]
    fn a_long_line_is_told_and_the_next_one_is_whole() {
        let mut text = vec![b'x'; 900_000];
        text.extend_from_slice(b"\nnext\n");
        let mut lines = Lines::new(text.as_slice(), u64::MAX).with_max_line(300_000);
        assert!(
            matches!(lines.next_line(), Some(Line::Long { offset: 0, length: 900_000, head }) if head.len() == HEAD)
        );
        assert_eq!(lines.next_line(), Some(Line::Whole { bytes: b"next", offset: 900_001 }));
        assert_eq!(lines.next_line(), None);
    }

    #[test]
    fn a_long_last_line_has_its_length() {
        let text = vec![b'x'; 900_000];
        let mut lines = Lines::new(text.as_slice(), u64::MAX).with_max_line(300_000);
        assert!(matches!(lines.next_line(), Some(Line::Long { offset: 0, length: 900_000, .. })));
        assert_eq!(lines.next_line(), None);
        assert_eq!(lines.position(), 900_000);
    }

    #[test]
    fn the_bytes_before_an_error_are_handed_out() {
        struct Breaks(bool);
        impl Read for Breaks {
            fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
                if self.0 {
                    return Err(io::Error::other("broken"));
                }
                self.0 = true;
                room[..5].copy_from_slice(b"a\nb\nc");
                Ok(5)
            }
        }
        let mut lines = Lines::new(Breaks(false), u64::MAX);
        let mut seen = 0;
        while lines.next_line().is_some() {
            seen += 1;
        }
        assert_eq!(seen, 3);
        assert!(lines.take_error().is_some());
    }

    #[test]
    fn a_stream_that_never_ends_is_cut_off() {
        let mut lines = Lines::new(io::repeat(b'x'), 50_000_000);
        assert!(matches!(lines.next_line(), Some(Line::Long { .. })));
        assert_eq!(lines.next_line(), None);
        assert!(lines.take_error().is_some());
    }
}
