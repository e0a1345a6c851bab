//! Pack indexes, versions 1 and 2, with 64-bit offsets.
//!
//! Format: `gitformat-pack(5)`, section "Original (version 1) pack-*.idx files" and the one after it.

use sha1::{Digest, Sha1};

use crate::Oid;

const MAGIC: [u8; 8] = *b"\xfftOc\0\0\0\x02";
const FANOUT: usize = 256 * 4;

/// Where the columns of the tables lie.
#[derive(Debug, Clone, Copy)]
enum Layout {
    /// Offset and id side by side.
    V1,
    /// Ids, checksums, offsets, large offsets.
    V2 { crcs: usize, offsets: usize, large: usize },
    /// Made by us from a pack without a readable index: offset (8), checksum (4), id (20).
    Ours,
}

/// An index held in memory. Every access is checked.
#[derive(Debug)]
pub(crate) struct Index {
    raw: Vec<u8>,
    layout: Layout,
    count: u32,
}

const OURS: usize = 32;

impl Index {
    /// Reads a file's bytes. The reason is returned in words when it cannot be used.
    pub(crate) fn parse(raw: Vec<u8>) -> Result<Self, String> {
        let v2 = raw.starts_with(&MAGIC);
        if !v2 && raw.starts_with(b"\xfftOc") {
            return Err("its version is not known".to_owned());
        }
        let header = if v2 { 8 } else { 0 };
        let count = be32(&raw, header + FANOUT - 4).ok_or("it is cut off")?;
        let n = count as usize;
        let body = header + FANOUT;
        let cut = || format!("it is too short for the {count} objects that it names");
        let layout = if v2 {
            let crcs = table(body, n, 20).ok_or_else(cut)?;
            let offsets = table(crcs, n, 4).ok_or_else(cut)?;
            let large = table(offsets, n, 4).ok_or_else(cut)?;
            if raw.len() < large.saturating_add(40) {
                return Err(cut());
            }
            Layout::V2 { crcs, offsets, large }
        } else {
            if table(body, n, 24).is_none_or(|end| raw.len() < end.saturating_add(40)) {
                return Err(cut());
            }
            Layout::V1
        };
        let (content, checksum) = raw.split_at_checked(raw.len() - 20).ok_or_else(cut)?;
        if Sha1::digest(content).as_slice() != checksum {
            return Err("its own checksum does not hold".to_owned());
        }
        let index = Self { raw, layout, count };
        if (1..count).any(|i| index.oid(i - 1) > index.oid(i)) {
            return Err("its names are not sorted".to_owned());
        }
        Ok(index)
    }

    /// From entries found by reading a pack.
    pub(crate) fn from_entries(mut entries: Vec<(Oid, u64, u32)>) -> Self {
        entries.sort_unstable();
        let mut raw = Vec::with_capacity(entries.len() * OURS);
        for (oid, offset, crc) in &entries {
            raw.extend_from_slice(&offset.to_be_bytes());
            raw.extend_from_slice(&crc.to_be_bytes());
            raw.extend_from_slice(oid.as_bytes());
        }
        Self { raw, layout: Layout::Ours, count: entries.len() as u32 }
    }

    pub(crate) fn len(&self) -> u32 {
        self.count
    }

    /// The name of the `i`th object, in order of names.
    #[inline]
    pub(crate) fn oid(&self, i: u32) -> Option<Oid> {
        if i >= self.count {
            return None;
        }
        let i = i as usize;
        let at = match self.layout {
            Layout::V1 => FANOUT + i * 24 + 4,
            Layout::V2 { .. } => 8 + FANOUT + i * 20,
            Layout::Ours => i * OURS + 12,
        };
        Oid::from_bytes(self.raw.get(at..at + 20)?)
    }

    /// Where in the pack the `i`th object's entry begins.
    pub(crate) fn offset(&self, i: u32) -> Option<u64> {
        if i >= self.count {
            return None;
        }
        let i = i as usize;
        match self.layout {
            Layout::V1 => be32(&self.raw, FANOUT + i * 24).map(u64::from),
            Layout::Ours => be64(&self.raw, i * OURS),
            Layout::V2 { offsets, large, .. } => {
                let small = be32(&self.raw, offsets + i * 4)?;
                if small & 0x8000_0000 == 0 {
                    return Some(u64::from(small));
                }
                let at = table(large, (small & 0x7fff_ffff) as usize, 8)?;
                // The last forty bytes are checksums, not offsets.
                if at.saturating_add(48) > self.raw.len() { None } else { be64(&self.raw, at) }
            }
        }
    }

    /// The CRC-32 of the `i`th object's entry; version 1 has none.
    pub(crate) fn crc(&self, i: u32) -> Option<u32> {
        match self.layout {
            Layout::V1 => None,
            Layout::V2 { crcs, .. } => be32(&self.raw, crcs + i as usize * 4),
            Layout::Ours => be32(&self.raw, i as usize * OURS + 8),
        }
    }

    /// Which number an object has.
    pub(crate) fn find(&self, oid: &Oid) -> Option<u32> {
        let (mut low, mut high) = (0, self.count);
        while low < high {
            let middle = low + (high - low) / 2;
            match self.oid(middle)?.cmp(oid) {
                std::cmp::Ordering::Equal => return Some(middle),
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
            }
        }
        None
    }
}

fn table(start: usize, rows: usize, width: usize) -> Option<usize> {
    rows.checked_mul(width)?.checked_add(start)
}

pub(crate) fn be32(data: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(data.get(at..at.checked_add(4)?)?.try_into().ok()?))
}

fn be64(data: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_be_bytes(data.get(at..at.checked_add(8)?)?.try_into().ok()?))
}
