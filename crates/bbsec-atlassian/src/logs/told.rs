//! Which audit events were told already. The audit's database table and its REST answers repeat what the audit log
//! says; an event counts once, and the log, which an administrator cannot edit in the product, goes first.

use std::{collections::HashSet, hash::BuildHasher as _};

use bbsec_core::Event;
use hashbrown::DefaultHashBuilder;

use super::Format;

/// Events that are remembered. What comes after that many is told even if it is repeated.
const MOST: usize = 1_000_000;

/// Remembers audit events by what they say.
#[derive(Debug, Default)]
pub(crate) struct Told {
    known: HashSet<u64>,
    hasher: DefaultHashBuilder,
}

impl Told {
    /// Whether an event out of a log of this format repeats one that was told.
    pub(crate) fn repeats(&mut self, format: Option<Format>, event: &Event) -> bool {
        let Some(format) = format.filter(|format| *format == Format::JsonAudit || format.is_second_hand())
        else {
            return false;
        };
        let object = event.target.as_ref().map(|target| (target.kind, &target.id));
        // The database keeps milliseconds.
        let millis = event.time.micros().div_euclid(1000);
        let what = (millis, &event.action, &event.user, event.ips.first(), object);
        let hash = self.hasher.hash_one(what);
        let new = if self.known.len() < MOST { self.known.insert(hash) } else { !self.known.contains(&hash) };
        !new && format.is_second_hand()
    }
}
