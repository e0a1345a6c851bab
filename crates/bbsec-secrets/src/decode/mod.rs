//! Encodings and containers, undone within bounds: depth, size, ratio.
//!
//! A stretch of encoded text is found wherever it stands and depends on its own bytes and a few around it, so that a
//! delta scan can take its matches over. A container is recognised by its first bytes and depends on the whole object.

mod archive;
mod base;
mod escapes;
mod stream;
mod utf16;

use crate::engine::{Engine, Marks};

/// Bounds for what is undone.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// How many layers.
    pub depth: usize,
    /// How many bytes all layers of one object may give together.
    pub bytes: u64,
    /// How many times its size a compressed thing may grow.
    pub ratio: u64,
    /// How many members of one archive are looked at.
    pub members: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { depth: 5, bytes: 256 << 20, ratio: 250, members: 20_000 }
    }
}

/// How far beyond new bytes the edges of encoded stretches are looked for.
pub(crate) const EDGE: usize = 90;
/// How far around new bytes stretches are looked for: the last line of broken base64 may be short.
pub(crate) const MARGIN: usize = EDGE + 60;

/// Whether the object is a container that is undone as a whole.
pub(crate) fn is_container(data: &[u8]) -> bool {
    stream::kind(data).is_some() || archive::kind(data).is_some()
}

/// Undoes containers.
pub(crate) fn whole(engine: &mut Engine, data: &[u8], marks: &mut Marks) {
    if let Some(kind) = stream::kind(data) {
        stream::undo(engine, kind, data, marks);
    } else if let Some(kind) = archive::kind(data) {
        archive::undo(engine, kind, data, marks);
    }
}

/// Undoes encoded stretches that touch `low..high`.
pub(crate) fn stretches(engine: &mut Engine, data: &[u8], low: usize, high: usize, marks: &mut Marks) {
    if engine.depth() < engine.limits.depth {
        base::stretches(engine, data, low, high, marks);
        utf16::stretches(engine, data, low, high, marks);
    }
}

/// Undoes escapes; `low..high` must be whole lines.
pub(crate) fn lines(engine: &mut Engine, data: &[u8], low: usize, high: usize, marks: &mut Marks) {
    if engine.depth() < engine.limits.depth {
        escapes::percent(engine, data, low, high, marks);
        escapes::backslash(engine, data, low, high, marks);
    }
}

/// Whether decoded bytes are worth a look: text, UTF-16 text, or a container.
fn worth(decoded: &[u8]) -> bool {
    let first = decoded.get(..decoded.len().min(96)).unwrap_or_default();
    is_container(decoded) || readable(first)
}

/// Mostly printable; NULs in every other place are UTF-16.
fn readable(bytes: &[u8]) -> bool {
    if bytes.is_empty() {
        return false;
    }
    let nuls = memchr::memchr_iter(0, bytes).count();
    let text = bytes.iter().filter(|b| (32..127).contains(*b) || matches!(b, b'\n' | b'\r' | b'\t')).count();
    text * 100 >= bytes.len() * 92 || (nuls * 5 >= bytes.len() * 2 && (nuls + text) * 100 >= bytes.len() * 95)
}
