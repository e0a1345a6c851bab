//! zlib streams, inflated into buffers whose size is known and checked. Pure Rust.

use zlib_rs::{Inflate, InflateError, InflateFlush, Status};

use crate::Damage;

/// No stream inflates to more than this many times its size (RFC 1951: 258 bytes from two bits, less the codes).
const MAX_RATIO: u64 = 1032;

/// One decompressor, used again and again.
pub(crate) struct Inflater(Inflate);

impl Inflater {
    pub(crate) fn new() -> Self {
        Self(Inflate::new(true, 15))
    }

    /// Inflates `input` into exactly `size` bytes of `out`; returns how much of the input the stream took.
    ///
    /// `out` keeps its allocation, and bytes that are overwritten anyway are not cleared first.
    pub(crate) fn exactly(&mut self, input: &[u8], size: u64, out: &mut Vec<u8>) -> Result<usize, Damage> {
        plausible(input.len() as u64, size)?;
        let size = size as usize;
        if out.len() < size {
            out.resize(size, 0);
        } else {
            out.truncate(size);
        }
        self.0.reset(true);
        let mut spare = [0_u8; 1];
        loop {
            let taken = self.0.total_in() as usize;
            let made = self.0.total_out() as usize;
            let rest = input.get(taken..).unwrap_or_default();
            // With the output full, one byte more tells a stream that ends from one that goes on.
            let room = match out.get_mut(made..) {
                Some(room) if !room.is_empty() => room,
                _ => spare.as_mut_slice(),
            };
            let status = self.0.decompress(rest, room, InflateFlush::NoFlush).map_err(damage)?;
            let (taken_now, made_now) = (self.0.total_in() as usize, self.0.total_out() as usize);
            if made_now > size {
                return Err(Damage::Size { declared: size as u64 });
            }
            match status {
                Status::StreamEnd if made_now == size => return Ok(taken_now),
                Status::StreamEnd => return Err(Damage::Size { declared: size as u64 }),
                Status::Ok | Status::BufError if taken_now == taken && made_now == made => {
                    return Err(Damage::Truncated);
                }
                Status::Ok | Status::BufError => {}
            }
        }
    }

    /// Starts a stream that is fed in pieces.
    pub(crate) fn start(&mut self) {
        self.0.reset(true);
    }

    /// Feeds one piece: how much was taken, how much was made, whether the stream ended.
    pub(crate) fn step(&mut self, input: &[u8], out: &mut [u8]) -> Result<(usize, usize, bool), Damage> {
        let (taken, made) = (self.0.total_in(), self.0.total_out());
        let status = self.0.decompress(input, out, InflateFlush::NoFlush).map_err(damage)?;
        Ok((
            (self.0.total_in() - taken) as usize,
            (self.0.total_out() - made) as usize,
            status == Status::StreamEnd,
        ))
    }
}

/// Refuses a declared size that no stream of this length can have, before anything is allocated for it.
pub(crate) fn plausible(compressed: u64, size: u64) -> Result<(), Damage> {
    if size > compressed.saturating_mul(MAX_RATIO).saturating_add(64) {
        return Err(Damage::Size { declared: size });
    }
    Ok(())
}

fn damage(error: InflateError) -> Damage {
    match error {
        InflateError::MemError => Damage::Io("out of memory".to_owned()),
        InflateError::NeedDict { .. } | InflateError::StreamError | InflateError::DataError => Damage::Zlib,
    }
}
