//! Compressed streams: gzip, bzip2, xz, zstd.

use std::io::Read;

use crate::engine::{Engine, Marks};

/// Which one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Gzip,
    Bzip2,
    Xz,
    Zstd,
}

/// By the first bytes.
pub(super) fn kind(data: &[u8]) -> Option<Kind> {
    match data {
        [0x1f, 0x8b, 8, ..] => Some(Kind::Gzip),
        [b'B', b'Z', b'h', b'1'..=b'9', 0x31 | 0x17, ..] => Some(Kind::Bzip2),
        [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Some(Kind::Xz),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => Some(Kind::Zstd),
        _ => None,
    }
}

pub(super) fn undo(engine: &mut Engine, kind: Kind, data: &[u8], marks: &mut Marks) {
    let all = (0, data.len());
    match kind {
        Kind::Gzip => read(engine, flate2::read::MultiGzDecoder::new(data), data.len(), "gzip", all, marks),
        Kind::Bzip2 => read(engine, bzip2::read::MultiBzDecoder::new(data), data.len(), "bzip2", all, marks),
        Kind::Xz => read(engine, lzma_rust2::XzReader::new(data, true), data.len(), "xz", all, marks),
        Kind::Zstd => match zstd::stream::read::Decoder::with_buffer(data) {
            Ok(mut reader) => {
                // A frame may ask for a window of gigabytes.
                let _ = reader.window_log_max(27);
                read(engine, reader, data.len(), "zstd", all, marks);
            }
            Err(_) => engine.stats.damaged += 1,
        },
    }
}

/// Reads as far as the bounds allow and scans what came, also when the end is damaged.
pub(super) fn read(
    engine: &mut Engine,
    reader: impl Read,
    size: usize,
    how: &str,
    span: (usize, usize),
    marks: &mut Marks,
) {
    let bound = engine.allowance(size as u64);
    let mut decoded = Vec::new();
    let end = reader.take(bound + 1).read_to_end(&mut decoded);
    if end.is_err() {
        engine.stats.damaged += 1;
    }
    if decoded.len() as u64 > bound {
        engine.stats.not_decoded += 1;
        decoded.truncate(bound as usize);
    }
    engine.spend(decoded.len() as u64);
    if !decoded.is_empty() {
        engine.inner(&decoded, how, span, span, marks);
    }
}
