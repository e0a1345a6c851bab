//! How a library tells how far it is, and learns that it should stop. The binary draws; libraries never print.

/// What a task counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Bytes, shown as KiB, MiB, …
    Bytes,
    /// Things: repositories, objects, events.
    Items,
}

/// Where progress is reported. Implementations are cheap to call and safe to share between threads.
pub trait Progress: Send + Sync {
    /// Begins a task that lasts until the returned value is dropped. `total` where it is known.
    fn task(&self, name: &str, unit: Unit, total: Option<u64>) -> Box<dyn Task>;

    /// One line that a person should see now, such as a warning. Data from evidence must be escaped before.
    fn say(&self, line: &str);

    /// True once the person has asked to stop: finish what is being written, keep what was found, return.
    fn cancelled(&self) -> bool;
}

/// One running task.
pub trait Task: Send + Sync {
    /// Counts `n` more.
    fn advance(&self, n: u64);
    /// Sets the total once it is known.
    fn total(&self, n: u64);
    /// What is being worked on now.
    fn at(&self, what: &str);
}

/// Progress for tests and for `--no-progress`: says nothing and is never cancelled.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Progress for Silent {
    fn task(&self, _: &str, _: Unit, _: Option<u64>) -> Box<dyn Task> {
        Box::new(Self)
    }
    fn say(&self, _: &str) {}
    fn cancelled(&self) -> bool {
        false
    }
}

impl Task for Silent {
    fn advance(&self, _: u64) {}
    fn total(&self, _: u64) {}
    fn at(&self, _: &str) {}
}
