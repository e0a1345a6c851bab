//! From where each author usually works, by days, out of all audit events.

use std::collections::{BTreeMap, BTreeSet};

use bbsec_core::{Event, Time};

/// Authors and addresses that are remembered.
const MAX_PAIRS: usize = 200_000;
/// An address that was used on this many days is a usual one.
const USUAL_DAYS: usize = 3;

#[derive(Debug, Default)]
pub(super) struct Habits {
    days: BTreeMap<String, BTreeMap<String, BTreeSet<i64>>>,
    pairs: usize,
    first: Option<Time>,
    last: Option<Time>,
}

impl Habits {
    pub(super) fn see(&mut self, event: &Event) {
        self.first = Some(self.first.map_or(event.time, |first| first.min(event.time)));
        self.last = Some(self.last.map_or(event.time, |last| last.max(event.time)));
        let (Some(user), Some(ip)) = (&event.user, event.ips.first()) else { return };
        let known = self.days.get(user).is_some_and(|ips| ips.contains_key(ip));
        if !known {
            if self.pairs >= MAX_PAIRS {
                return;
            }
            self.pairs += 1;
        }
        let day = event.time.micros().div_euclid(86_400_000_000);
        self.days.entry(user.clone()).or_default().entry(ip.clone()).or_default().insert(day);
    }

    /// Whether the author usually works from elsewhere and this address is new to them.
    pub(super) fn unusual(&self, user: &str, ip: &str) -> bool {
        let Some(ips) = self.days.get(user) else { return false };
        let here = ips.get(ip).map_or(0, BTreeSet::len);
        here < USUAL_DAYS
            && ips.iter().any(|(other, days)| other != ip && days.len() >= USUAL_DAYS.max(2 * here))
    }

    /// The time between the first and the last audit event.
    pub(super) fn covers(&self, time: Time) -> bool {
        self.first.is_some_and(|first| time >= first) && self.last.is_some_and(|last| time <= last)
    }
}
