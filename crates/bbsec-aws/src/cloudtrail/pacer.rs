//! LookupEvents' own pace: two a second per account and region. The SDK's retries lose pages at this limit and its
//! adaptive mode wastes most of the time, so the pace is kept here.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, OnceLock, PoisonError},
    thread,
    time::{Duration, Instant},
};

/// Half a second and a little: a third call then stays out of the second of the first, even when that one was slow to
/// arrive. A refused call costs more time than this margin.
const STEP: Duration = Duration::from_millis(520);

/// When the next call of one account and region may start.
#[derive(Debug, Clone, Default)]
pub(super) struct Pacer(Arc<Mutex<Option<Instant>>>);

impl Pacer {
    /// The pacer of an account and region: one in the whole process, whoever asks.
    pub(super) fn of(account: &str, region: &str) -> Self {
        static ALL: OnceLock<Mutex<BTreeMap<String, Pacer>>> = OnceLock::new();
        let mut all = ALL.get_or_init(Mutex::default).lock().unwrap_or_else(PoisonError::into_inner);
        all.entry(format!("{account}/{region}")).or_default().clone()
    }

    /// Waits for its turn.
    pub(super) fn wait(&self) {
        let pause = {
            let mut next = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let now = Instant::now();
            let turn = next.unwrap_or(now).max(now);
            *next = turn.checked_add(STEP);
            turn.saturating_duration_since(now)
        };
        thread::sleep(pause);
    }

    /// Puts the next turn off, after AWS said that it was too much.
    pub(super) fn back_off(&self, pause: Duration) {
        let mut next = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *next = Instant::now().checked_add(pause).max(*next);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_are_half_a_second_apart_for_one_region_and_free_for_another() {
        let begun = Instant::now();
        for _ in 0..3 {
            Pacer::of("1", "here").wait();
        }
        assert!(begun.elapsed() >= STEP * 2);
        let begun = Instant::now();
        Pacer::of("1", "there").wait();
        assert!(begun.elapsed() < STEP);
    }
}
