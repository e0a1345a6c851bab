//! Inflating one entry of a pack, with everything checked that can be checked without hashing.

use std::fs::File;

use crate::{
    Damage,
    fence::read_up_to,
    inflate::{Inflater, plausible},
    pack::{Header, MAX_HEADER, Pack},
};

/// How much is read at once when entries are read in the order of the file.
pub(crate) const READ_AHEAD: usize = 128 << 10;
/// How much is read at once when entries are read here and there.
pub(crate) const READ_LITTLE: usize = 4 << 10;
/// By how much room for a large object grows.
const PIECE: usize = 8 << 20;
/// A buffer that grew beyond this is given back after use.
const KEEP: usize = 4 << 20;

/// What one worker needs to read entries: one open pack, one buffer, one decompressor.
pub(crate) struct EntryReader {
    window: Window,
    pub(crate) inflater: Inflater,
}

/// Reads stretches of packs through one buffer: neighbours cost no system call.
struct Window {
    open: Option<(u64, File)>,
    buffer: Vec<u8>,
    start: u64,
    filled: usize,
    ahead: usize,
}

impl Window {
    /// The bytes from `start` to `end`, or fewer where the file ends.
    fn get(&mut self, pack: &Pack, start: u64, end: u64) -> Result<&[u8], Damage> {
        let io = |error: std::io::Error| Damage::Io(error.to_string());
        let want = usize::try_from(end.saturating_sub(start)).map_err(|_| Damage::Header)?;
        let file = match &mut self.open {
            Some((id, file)) if *id == pack.id => file,
            other => {
                self.filled = 0;
                &mut other.insert((pack.id, File::open(&pack.path).map_err(io)?)).1
            }
        };
        let inside = start >= self.start && end <= self.start.saturating_add(self.filled as u64);
        if !inside {
            // Whoever goes on where the last read ended reads the file in order; others jump, and little is read for them.
            let end = self.start.saturating_add(self.filled as u64);
            let in_order = start >= self.start && start <= end.saturating_add(READ_LITTLE as u64);
            let size = want.max(if in_order { self.ahead } else { READ_LITTLE });
            if self.buffer.len() > KEEP && size <= KEEP {
                self.buffer = Vec::new();
            }
            if self.buffer.len() < size {
                self.buffer.resize(size, 0);
            }
            self.start = start;
            self.filled = 0;
            self.filled =
                read_up_to(file, self.buffer.get_mut(..size).unwrap_or_default(), start).map_err(io)?;
        }
        let at = (start - self.start) as usize;
        Ok(self.buffer.get(at..self.filled.min(at.saturating_add(want))).unwrap_or_default())
    }
}

/// What was noticed about an entry that could be read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Notes {
    /// The bytes do not match the index's checksum.
    pub(crate) checksum: bool,
    /// So many bytes after the entry belong to nothing.
    pub(crate) hidden: u64,
}

impl EntryReader {
    pub(crate) fn new(ahead: usize) -> Self {
        let window = Window { open: None, buffer: Vec::new(), start: 0, filled: 0, ahead };
        Self { window, inflater: Inflater::new() }
    }

    /// The header of an entry.
    pub(crate) fn header(&mut self, pack: &Pack, entry: u32) -> Result<Header, Damage> {
        let (start, end) = pack.span(entry)?;
        let stop = end.min(start + MAX_HEADER as u64);
        Header::parse(self.window.get(pack, start, stop)?, start)
    }

    /// Inflates an entry's data into `out`.
    pub(crate) fn data(
        &mut self,
        pack: &Pack,
        entry: u32,
        header: Header,
        max: u64,
        out: &mut Vec<u8>,
    ) -> Result<Notes, Damage> {
        if header.size > max {
            return Err(Damage::TooLarge { size: header.size });
        }
        let (start, end) = pack.span(entry)?;
        let head = usize::from(header.len);
        // Deflate never makes data much longer; what lies beyond is no part of this entry.
        let most = header.size + header.size / 8 + 4096;
        let stop = end.min(start.saturating_add(most));
        plausible(stop - start, header.size)?;
        let (used, crc) = if stop - start > KEEP as u64 {
            self.pieces(pack, start, stop, header, out)?
        } else {
            let bytes = self.window.get(pack, start, stop)?;
            let input = bytes.get(head..).ok_or(Damage::Truncated)?;
            let taken = self.inflater.exactly(input, header.size, out)?;
            let raw = bytes.get(..head + taken).unwrap_or_default();
            (raw.len() as u64, crc32fast::hash(raw))
        };
        let expected = pack.order.get(entry as usize).and_then(|&i| pack.index.crc(i));
        let checksum = expected.is_some_and(|expected| expected != crc);
        Ok(Notes { checksum, hidden: end.saturating_sub(start).saturating_sub(used) })
    }

    /// Inflates a large entry piece by piece, so that its compressed form is never held whole.
    fn pieces(
        &mut self,
        pack: &Pack,
        start: u64,
        stop: u64,
        header: Header,
        out: &mut Vec<u8>,
    ) -> Result<(u64, u32), Damage> {
        let size = header.size as usize;
        let declared = || Damage::Size { declared: header.size };
        let mut crc = crc32fast::Hasher::new();
        let mut at = start + u64::from(header.len);
        crc.update(self.window.get(pack, start, at)?);
        out.clear();
        self.inflater.start();
        let mut made = 0;
        loop {
            // What is made so far bounds what is set aside: a lying size costs no memory.
            if made == out.len() && made < size {
                out.resize(size.min(made + PIECE), 0);
            }
            let mut spare = [0; 1];
            let room = match out.get_mut(made..) {
                Some(room) if !room.is_empty() => room,
                _ => spare.as_mut_slice(),
            };
            let input = self.window.get(pack, at, stop.min(at + READ_AHEAD as u64))?;
            let (taken, got, ended) = self.inflater.step(input, room)?;
            crc.update(input.get(..taken).unwrap_or_default());
            at += taken as u64;
            made += got;
            if made > size {
                return Err(declared());
            }
            if ended {
                return if made == size { Ok((at - start, crc.finalize())) } else { Err(declared()) };
            }
            if taken == 0 && got == 0 {
                return Err(Damage::Truncated);
            }
        }
    }
}
