//! Request and response of the access log belong together by the request id. A request without a response is kept:
//! the process died, was killed, or hangs, as it does while an injected command runs.

use std::{collections::HashMap, sync::Arc};

use bbsec_core::Time;

/// How many bytes of open requests are kept; the oldest are given up as unanswered beyond that.
const MOST: usize = 16 << 20;

/// A request that waits for its response.
#[derive(Debug)]
pub(crate) struct Open {
    pub line: Vec<u8>,
    pub file: Arc<str>,
    pub offset: u64,
    pub time: Time,
    serial: u64,
}

/// Requests that wait, by id.
#[derive(Debug, Default)]
pub(crate) struct Pairs {
    open: HashMap<Vec<u8>, Open>,
    bytes: usize,
    serial: u64,
    spare: Vec<Vec<u8>>,
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
        let mut copy = self.spare.pop().unwrap_or_default();
        copy.clear();
        copy.extend_from_slice(line);
        self.serial = self.serial.wrapping_add(1);
        self.bytes = self.bytes.saturating_add(line.len());
        let open = Open { line: copy, file: Arc::clone(file), offset, time, serial: self.serial };
        let old = self.open.insert(id.to_vec(), open);
        if let Some(old) = &old {
            self.bytes = self.bytes.saturating_sub(old.line.len());
        }
        old
    }

    /// A response came: whether its request was seen.
    pub(crate) fn response(&mut self, id: &[u8]) -> Option<Time> {
        let open = self.open.remove(id)?;
        self.bytes = self.bytes.saturating_sub(open.line.len());
        if self.spare.len() < 64 && open.line.capacity() < 1 << 16 {
            self.spare.push(open.line);
        }
        Some(open.time)
    }

    /// The older half of what waits, when too much waits.
    pub(crate) fn overflow(&mut self) -> Vec<Open> {
        if self.bytes <= MOST {
            return Vec::new();
        }
        let mut serials: Vec<u64> = self.open.values().map(|open| open.serial).collect();
        serials.sort_unstable();
        let middle = serials.get(serials.len() / 2).copied().unwrap_or(u64::MAX);
        let mut old: Vec<Open> =
            self.open.extract_if(|_, open| open.serial <= middle).map(|(_, open)| open).collect();
        self.bytes = self.open.values().map(|open| open.line.len()).sum();
        old.sort_unstable_by_key(|open| open.serial);
        old
    }

    /// All that still wait, in order.
    pub(crate) fn rest(&mut self) -> Vec<Open> {
        let mut rest: Vec<Open> = self.open.drain().map(|(_, open)| open).collect();
        self.bytes = 0;
        rest.sort_unstable_by_key(|open| open.serial);
        rest
    }
}
