//! One pack: its file, its index, and the headers of its entries.
//!
//! Format: `gitformat-pack(5)`.

use std::{
    fs::File,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

use crate::{
    Damage, Kind, Oid,
    fence::read_up_to,
    idx::{Index, be32},
};

/// Signature, version, count.
pub(crate) const PACK_HEADER: u64 = 12;
/// The checksum over the whole pack.
pub(crate) const PACK_TRAILER: u64 = 20;

/// What an entry is, by its header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EntryKind {
    /// A whole object.
    Whole(Kind),
    /// A delta to the entry that begins at this offset of the same pack.
    OffsetDelta(u64),
    /// A delta to the object with this name.
    RefDelta(Oid),
}

/// An entry's header.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Header {
    pub(crate) kind: EntryKind,
    /// Size of what the entry's data inflates to.
    pub(crate) size: u64,
    /// How long the header is.
    pub(crate) len: u8,
}

/// Longest header: ten bytes of size and twenty of an id, or ten of an offset.
pub(crate) const MAX_HEADER: usize = 32;

impl Header {
    /// Reads the header of the entry at `offset` from its first bytes.
    pub(crate) fn parse(data: &[u8], offset: u64) -> Result<Self, Damage> {
        let mut bytes = data.iter().copied();
        let mut next = || bytes.next().ok_or(Damage::Truncated);
        let first = next()?;
        let mut len = 1_u8;
        let mut size = u64::from(first & 15);
        let mut shift = 4;
        let mut byte = first;
        while byte & 0x80 != 0 {
            if shift > 57 {
                return Err(Damage::Header);
            }
            byte = next()?;
            len += 1;
            size |= u64::from(byte & 0x7f) << shift;
            shift += 7;
        }
        let kind = match (first >> 4) & 7 {
            1 => EntryKind::Whole(Kind::Commit),
            2 => EntryKind::Whole(Kind::Tree),
            3 => EntryKind::Whole(Kind::Blob),
            4 => EntryKind::Whole(Kind::Tag),
            6 => {
                byte = next()?;
                len += 1;
                let mut back = u64::from(byte & 0x7f);
                while byte & 0x80 != 0 {
                    byte = next()?;
                    len += 1;
                    back = back
                        .checked_add(1)
                        .filter(|back| back.leading_zeros() > 7)
                        .map(|back| (back << 7) | u64::from(byte & 0x7f))
                        .ok_or(Damage::Header)?;
                }
                let base = offset.checked_sub(back).filter(|&base| back > 0 && base >= PACK_HEADER);
                EntryKind::OffsetDelta(base.ok_or(Damage::Header)?)
            }
            7 => {
                let at = usize::from(len);
                len += 20;
                EntryKind::RefDelta(data.get(at..at + 20).and_then(Oid::from_bytes).ok_or(Damage::Truncated)?)
            }
            _ => return Err(Damage::Header),
        };
        Ok(Self { kind, size, len })
    }
}

/// A pack that can be read. Its file is opened by whoever reads it, so that a thousand forks hold no thousand files open.
#[derive(Debug)]
pub(crate) struct Pack {
    /// Tells packs apart within this process.
    pub(crate) id: u64,
    /// Every link in it is resolved.
    pub(crate) path: PathBuf,
    pub(crate) len: u64,
    pub(crate) index: Index,
    /// Offsets of entries, ascending.
    pub(crate) starts: Vec<u64>,
    /// For each of them, its number in the index.
    pub(crate) order: Vec<u32>,
}

impl Pack {
    /// Joins a pack's file with its index.
    pub(crate) fn new(path: &Path, len: u64, index: Index) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let mut pairs: Vec<(u64, u32)> =
            (0..index.len()).map(|i| (index.offset(i).unwrap_or(u64::MAX), i)).collect();
        pairs.sort_unstable();
        let (starts, order) = pairs.into_iter().unzip();
        Self { id: NEXT.fetch_add(1, Ordering::Relaxed), path: path.to_owned(), len, index, starts, order }
    }

    /// How many objects the pack itself declares.
    pub(crate) fn declared(file: &File) -> Result<u32, String> {
        let mut header = [0; PACK_HEADER as usize];
        let read = read_up_to(file, &mut header, 0).map_err(|error| error.to_string())?;
        match (read, be32(&header, 4), be32(&header, 8)) {
            (12, Some(2 | 3), Some(count)) if header.starts_with(b"PACK") => Ok(count),
            (12, Some(version), _) if header.starts_with(b"PACK") => {
                Err(format!("version {version} is not known"))
            }
            _ => Err("it does not begin as a pack does".to_owned()),
        }
    }

    /// The number of entries.
    pub(crate) fn entries(&self) -> u32 {
        self.starts.len() as u32
    }

    /// The name of the object in the `entry`th place of the file.
    pub(crate) fn oid(&self, entry: u32) -> Option<Oid> {
        self.index.oid(*self.order.get(entry as usize)?)
    }

    /// The entry that begins at `offset`.
    pub(crate) fn entry_at(&self, offset: u64) -> Option<u32> {
        let at = self.starts.partition_point(|&start| start < offset);
        (self.starts.get(at) == Some(&offset)).then_some(at as u32)
    }

    /// The entry that holds an object.
    pub(crate) fn find(&self, oid: &Oid) -> Option<u32> {
        self.entry_of(self.index.find(oid)?)
    }

    /// The entry of the `i`th object, in order of names.
    pub(crate) fn entry_of(&self, i: u32) -> Option<u32> {
        let at = self.entry_at(self.index.offset(i)?)?;
        // Two names may claim one offset.
        (at..self.entries()).find(|&entry| self.order.get(entry as usize) == Some(&i))
    }

    /// Where the `entry`th entry begins, and where the next one does.
    pub(crate) fn span(&self, entry: u32) -> Result<(u64, u64), Damage> {
        let start = *self.starts.get(entry as usize).ok_or(Damage::Header)?;
        let end = self.len.saturating_sub(PACK_TRAILER);
        if start < PACK_HEADER || start >= end {
            return Err(Damage::Truncated);
        }
        let later = self.starts.get(entry as usize + 1..).unwrap_or_default();
        let next = later.iter().copied().find(|&next| next > start).unwrap_or(end);
        Ok((start, next.min(end)))
    }
}
