//! A step's own wish to stop: the person's, or its time is over.

use std::time::Instant;

use bbsec_core::{Progress, Task, Unit};

use crate::Period;

/// Progress that also asks to stop once the step's time is over.
pub(super) struct Stop<'a> {
    progress: &'a dyn Progress,
    deadline: Option<Instant>,
}

impl<'a> Stop<'a> {
    pub(super) fn new(progress: &'a dyn Progress, timeout: Option<Period>) -> Self {
        let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout.duration()));
        Self { progress, deadline }
    }

    /// Whether the step's time is over.
    pub(super) fn over(&self) -> bool {
        self.deadline.is_some_and(|deadline| Instant::now() >= deadline)
    }
}

impl Progress for Stop<'_> {
    fn task(&self, name: &str, unit: Unit, total: Option<u64>) -> Box<dyn Task> {
        self.progress.task(name, unit, total)
    }
    fn say(&self, line: &str) {
        self.progress.say(line);
    }
    fn cancelled(&self) -> bool {
        self.over() || self.progress.cancelled()
    }
}
