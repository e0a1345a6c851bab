//! Request and response of the access log belong together by the request id. A request without a response is kept:
//! the process died, was killed, or hangs, as it does while an injected command runs.

use std::{hash::BuildHasher as _, sync::Arc};

use bbsec_core::Time;
use hashbrown::{DefaultHashBuilder, HashTable};

/// How many bytes of open requests are kept; the oldest are given up as unanswered beyond that.
const MOST: usize = 16 << 20;
/// Requests that were answered, whose memory the next ones take.
const SPARE: usize = 256;

/// A request that waits for its response.
#[derive(Debug)]
pub(crate) struct Open {
    id: Vec<u8>,
    pub line: Vec<u8>,
    pub file: Arc<str>,
    pub offset: u64,
    pub time: Time,
    serial: u64,
}

/// Requests that wait, by id.
#[derive(Debug, Default)]
pub(crate) struct Pairs {
    open: HashTable<Open>,
    hasher: DefaultHashBuilder,
    bytes: usize,
    serial: u64,
    spare: Vec<Open>,
}

impl Pairs {
    /// Remembers a request. Gives back what had the same id and never got an answer.
    pub(crate) fn request(
        &mut self,
        id: &[u8],
        line: &[u8],
        file: &Arc<str>,
        offset: u64,
        time: Time,
    ) -> Option<Open> {
        let old = self.take(id);
        self.serial = self.serial.wrapping_add(1);
        self.bytes = self.bytes.saturating_add(line.len());
        let mut open = self.spare.pop().unwrap_or_else(|| {
            let (id, line) = (Vec::new(), Vec::new());
            Open { id, line, file: Arc::clone(file), offset, time, serial: 0 }
        });
        open.id.clear();
        open.id.extend_from_slice(id);
        open.line.clear();
        open.line.extend_from_slice(line);
        if !Arc::ptr_eq(&open.file, file) {
            open.file = Arc::clone(file);
        }
        (open.offset, open.time, open.serial) = (offset, time, self.serial);
        let hasher = &self.hasher;
        self.open.insert_unique(hasher.hash_one(id), open, |open| hasher.hash_one(&*open.id));
        old
    }

    fn take(&mut self, id: &[u8]) -> Option<Open> {
        let found = self.open.find_entry(self.hasher.hash_one(id), |open| open.id == id);
        let (open, _) = found.ok()?.remove();
        self.bytes = self.bytes.saturating_sub(open.line.len());
        Some(open)
    }

    /// A response came: whether its request was seen.
    pub(crate) fn response(&mut self, id: &[u8]) -> bool {
        let Some(open) = self.take(id) else { return false };
        if self.spare.len() < SPARE && open.line.capacity() < 1 << 12 {
            self.spare.push(open);
        }
        true
    }

    /// The older half of what waits, when too much waits.
    pub(crate) fn overflow(&mut self) -> Vec<Open> {
        if self.bytes <= MOST {
            return Vec::new();
        }
        let mut serials: Vec<u64> = self.open.iter().map(|open| open.serial).collect();
        serials.sort_unstable();
        let middle = serials.get(serials.len() / 2).copied().unwrap_or(u64::MAX);
        let mut old: Vec<Open> = self.open.extract_if(|open| open.serial <= middle).collect();
        self.bytes = self.open.iter().map(|open| open.line.len()).sum();
        old.sort_unstable_by_key(|open| open.serial);
        old
    }

    /// All that still wait, in order.
    pub(crate) fn rest(&mut self) -> Vec<Open> {
        let mut rest: Vec<Open> = self.open.drain().collect();
        self.bytes = 0;
        rest.sort_unstable_by_key(|open| open.serial);
        rest
    }
}
