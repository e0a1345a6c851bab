//! The index: what was staged, with every version of a conflict.
//!
//! Format: `gitformat-index(5)`, versions 2 to 4.

use std::path::Path;

use crate::{
    ByteString, Limits, Oid, Problem, ProblemKind, Problems, fence::Denied, idx::be32, parse::Mode,
    refs::Place,
};

/// One entry of an index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexEntry {
    /// The path in the work tree.
    pub path: ByteString,
    /// Its content.
    pub oid: Oid,
    /// What it is.
    pub mode: Mode,
    /// 0, or which side of a conflict.
    pub stage: u8,
}

/// What is staged in a repository and in its worktrees. A bare repository has no index.
pub fn index_entries(git_dir: &Path, within: Option<&Path>, problems: &mut Problems) -> Vec<IndexEntry> {
    let limits = Limits::default();
    let Some(place) = Place::of(git_dir, within, &limits, problems) else { return Vec::new() };
    let mut out = Vec::new();
    for (dir, _) in &place.dirs {
        let path = dir.join("index");
        match place.fence.read(&path, limits.max_file) {
            Ok(data) => {
                if parse(&data, limits.max_names, &mut out).is_none() {
                    problems.push(Problem::at(ProblemKind::File("the index is damaged".to_owned()), path));
                }
            }
            Err(Denied::Missing) => {}
            Err(denied) => problems.push(denied.problem(&path)),
        }
    }
    out
}

/// Adds the entries; `None` when it ends before all were read.
fn parse(data: &[u8], most: usize, out: &mut Vec<IndexEntry>) -> Option<()> {
    let (version, count) = (be32(data, 4)?, be32(data, 8)?);
    if !data.starts_with(b"DIRC") || !(2..=4).contains(&version) {
        return None;
    }
    let mut at = 12_usize;
    let mut previous: Vec<u8> = Vec::new();
    for _ in 0..count {
        if out.len() >= most {
            return None;
        }
        let start = at;
        let mode = Mode(be32(data, at + 24)?);
        let oid = Oid::from_bytes(data.get(at + 40..at + 60)?)?;
        let flags = u16::from_be_bytes(data.get(at + 60..at + 62)?.try_into().ok()?);
        at += if version >= 3 && flags & 0x4000 != 0 { 64 } else { 62 };
        if version == 4 {
            let strip = varint(data, &mut at)?;
            previous.truncate(previous.len().checked_sub(strip)?);
        } else {
            previous.clear();
        }
        let rest = data.get(at..)?;
        let end = memchr::memchr(0, rest)?;
        previous.extend_from_slice(rest.get(..end)?);
        at += end + 1;
        if version < 4 {
            // One to eight NULs make the entry's length a multiple of eight.
            at = start + (at - start).next_multiple_of(8);
        }
        let stage = ((flags >> 12) & 3) as u8;
        out.push(IndexEntry { path: ByteString(previous.clone()), oid, mode, stage });
    }
    Some(())
}

/// A number as in a pack's offset deltas.
fn varint(data: &[u8], at: &mut usize) -> Option<usize> {
    let mut byte = *data.get(*at)?;
    *at += 1;
    let mut value = usize::from(byte & 0x7f);
    while byte & 0x80 != 0 {
        byte = *data.get(*at)?;
        *at += 1;
        value = value.checked_add(1)?.checked_mul(128)? | usize::from(byte & 0x7f);
    }
    Some(value)
}
