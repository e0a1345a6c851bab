//! Lets `cargo xtask crash` cut a process short at a journal line. Not in release builds.

use std::{
    process::Command,
    sync::{
        LazyLock,
        atomic::{AtomicU64, Ordering},
    },
};

/// After how many lines of this process it is killed; 0: never.
static LIMIT: LazyLock<u64> = LazyLock::new(|| {
    let given = std::env::var("BBSEC_IR_KILL_AFTER_JOURNAL_LINE").ok();
    given.and_then(|text| text.parse().ok()).unwrap_or(0)
});
static WRITTEN: AtomicU64 = AtomicU64::new(0);

/// Called when a line is on the disk. A SIGKILL from outside leaves no destructor, no buffer and no thread the time to
/// tidy up, which ending by oneself would.
pub(super) fn after_line() {
    if WRITTEN.fetch_add(1, Ordering::SeqCst).saturating_add(1) != *LIMIT {
        return;
    }
    let _ = Command::new("kill").arg("-KILL").arg(std::process::id().to_string()).status();
    loop {
        std::thread::park();
    }
}
