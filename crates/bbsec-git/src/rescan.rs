//! Indexing a pack whose index is missing or cannot be used, by reading it from start to end.
//!
//! Entries follow each other without a table: where one ends is known once its data is inflated. After damage, the next
//! byte is looked for at which an entry begins that inflates to the size it declares. Names are then computed by
//! decoding every object.

use std::{
    fs::File,
    path::Path,
    sync::{Mutex, PoisonError},
};

use bbsec_core::Silent;
use sha1::{Digest, Sha1};

use crate::{
    Damage, Kind, Limits, ObjectDir, ObjectView, Oid, Visitor,
    fence::{Fence, read_up_to},
    idx::Index,
    inflate::Inflater,
    pack::{Header, MAX_HEADER, PACK_HEADER, PACK_TRAILER, Pack},
    walk,
};

/// Deltas that name their base are resolved one level for each round.
const MAX_ROUNDS: usize = 128;
/// A piece of a file that is read, or of data that is inflated, at once.
const PIECE: usize = 64 << 10;

/// An index of the entries that can be found, and how many bytes belong to none.
pub(crate) fn index(path: &Path, len: u64, fence: &Fence, limits: &Limits) -> Result<(Index, u64), Damage> {
    let file = File::open(path).map_err(|error| Damage::Io(error.to_string()))?;
    // The last twenty bytes of a whole pack are its checksum. Of one that was cut off, they are read as entries too.
    let (entries, left) = Scan::new(&file, len, limits).run()?;
    let named = name(path, len, fence, limits, &entries);
    let mut lost = 0;
    let mut known = Vec::with_capacity(entries.len());
    for (entry, oid) in entries.iter().zip(named) {
        match oid {
            Some(oid) => known.push((oid, entry.start, entry.crc)),
            None => lost += entry.end - entry.start,
        }
    }
    Ok((Index::from_entries(known), left + lost))
}

/// An entry that was found.
struct Entry {
    start: u64,
    end: u64,
    crc: u32,
}

/// Reads a pack's entries one after the other.
struct Scan<'a> {
    file: &'a File,
    end: u64,
    limits: &'a Limits,
    inflater: Inflater,
    buffer: Vec<u8>,
    buffer_start: u64,
    out: Vec<u8>,
    /// How many bytes may still be inflated.
    budget: u64,
}

impl<'a> Scan<'a> {
    fn new(file: &'a File, len: u64, limits: &'a Limits) -> Self {
        Self {
            file,
            end: len.saturating_sub(PACK_TRAILER),
            limits,
            inflater: Inflater::new(),
            buffer: Vec::new(),
            buffer_start: 0,
            out: vec![0; PIECE],
            budget: limits.free_decoded.saturating_add(len.saturating_mul(limits.max_expansion)),
        }
    }

    fn run(mut self) -> Result<(Vec<Entry>, u64), Damage> {
        let (mut entries, mut left) = (Vec::new(), 0);
        let mut at = PACK_HEADER;
        while at < self.end {
            match self.entry(at) {
                Ok(entry) => {
                    at = entry.end;
                    entries.push(entry);
                }
                Err(Damage::Io(why)) => return Err(Damage::Io(why)),
                Err(Damage::Bomb) => return Ok((entries, left + self.end - at)),
                Err(_) => {
                    at += 1;
                    left += 1;
                }
            }
        }
        Ok((entries, left))
    }

    /// The bytes from `at` on, at least one unless the entries end there.
    fn bytes(&mut self, at: u64, want: usize) -> Result<&[u8], Damage> {
        let inside = at >= self.buffer_start
            && at.saturating_add(want as u64) <= self.buffer_start + self.buffer.len() as u64;
        if !inside {
            let size = (PIECE as u64).min(self.end.saturating_sub(at)) as usize;
            self.buffer.resize(size, 0);
            let read = read_up_to(self.file, &mut self.buffer, at);
            let read = read.map_err(|error| Damage::Io(error.to_string()))?;
            self.buffer.truncate(read);
            self.buffer_start = at;
        }
        Ok(self.buffer.get((at - self.buffer_start) as usize..).unwrap_or_default())
    }

    /// Reads one entry to its end.
    fn entry(&mut self, start: u64) -> Result<Entry, Damage> {
        let mut most = [0; MAX_HEADER + 2];
        let bytes = self.bytes(start, most.len())?;
        let head = most.get_mut(..bytes.len().min(MAX_HEADER + 2)).unwrap_or_default();
        head.copy_from_slice(bytes.get(..head.len()).unwrap_or_default());
        let header = Header::parse(head, start)?;
        let data = head.get(usize::from(header.len)..).unwrap_or_default();
        // A zlib stream begins with the method, deflate, and a check (RFC 1950); most other bytes are sorted out here.
        if let [method, flags, ..] = *data
            && (method & 15 != 8 || !(u16::from(method) << 8 | u16::from(flags)).is_multiple_of(31))
        {
            return Err(Damage::Zlib);
        }
        if header.size > self.limits.object() {
            return Err(Damage::TooLarge { size: header.size });
        }
        let mut crc = crc32fast::Hasher::new();
        crc.update(head.get(..usize::from(header.len)).unwrap_or_default());
        let mut at = start + u64::from(header.len);
        let mut made = 0_u64;
        self.inflater.start();
        loop {
            self.bytes(at, 1)?;
            let input = self.buffer.get((at - self.buffer_start) as usize..).unwrap_or_default();
            let (taken, got, ended) = self.inflater.step(input, &mut self.out)?;
            crc.update(input.get(..taken).unwrap_or_default());
            at += taken as u64;
            made += got as u64;
            self.budget = self.budget.checked_sub(got as u64).ok_or(Damage::Bomb)?;
            if made > header.size {
                return Err(Damage::Size { declared: header.size });
            }
            if ended {
                break;
            }
            if taken == 0 && got == 0 {
                return Err(Damage::Truncated);
            }
        }
        if made != header.size {
            return Err(Damage::Size { declared: header.size });
        }
        Ok(Entry { start, end: at, crc: crc.finalize() })
    }
}

/// Computes the names of entries; `None` for those that build on something that is not in the pack.
fn name(path: &Path, len: u64, fence: &Fence, limits: &Limits, entries: &[Entry]) -> Vec<Option<Oid>> {
    let mut names: Vec<Option<Oid>> = vec![None; entries.len()];
    for _ in 0..MAX_ROUNDS {
        let rows = entries.iter().zip(&names).enumerate();
        let rows =
            rows.map(|(i, (entry, name))| (name.unwrap_or_else(|| placeholder(i)), entry.start, entry.crc));
        let pack = Pack::new(path, len, Index::from_entries(rows.collect()));
        let dir = ObjectDir::of_pack(pack, fence);
        let namer = Namer { names: Mutex::new(Vec::new()) };
        walk(&[&dir], &namer, 2, limits, &Silent);
        let found = namer.names.into_inner().unwrap_or_else(PoisonError::into_inner);
        let before = names.iter().flatten().count();
        for (i, oid) in found {
            if let Some(place) = names.get_mut(i) {
                *place = Some(oid);
            }
        }
        let after = names.iter().flatten().count();
        if after == before || after == entries.len() {
            break;
        }
    }
    names
}

/// A name that no object has, with a number in it.
fn placeholder(i: usize) -> Oid {
    let mut bytes = [0xff; 20];
    if let Some(last) = bytes.last_chunk_mut() {
        *last = (i as u64).to_be_bytes();
    }
    Oid::new(bytes)
}

fn number(oid: &Oid) -> Option<usize> {
    let bytes = oid.as_bytes();
    let own = bytes.first_chunk::<12>()? == &[0xff; 12];
    bytes.last_chunk().filter(|_| own).map(|last| u64::from_be_bytes(*last) as usize)
}

struct Namer {
    names: Mutex<Vec<(usize, Oid)>>,
}

impl Visitor for Namer {
    type State = ();

    fn wants(&self, _: Kind) -> bool {
        true
    }

    fn visit(&self, _: usize, object: &ObjectView<'_>, _: Option<&()>) {
        if let Some(i) = number(&object.oid) {
            let oid = hash(object.kind, object.data);
            self.names.lock().unwrap_or_else(PoisonError::into_inner).push((i, oid));
        }
    }
}

/// The name of an object: SHA-1 over its header and content.
pub(crate) fn hash(kind: Kind, data: &[u8]) -> Oid {
    let mut sha = Sha1::new();
    sha.update(format!("{kind} {}\0", data.len()));
    sha.update(data);
    Oid::new(sha.finalize().into())
}
