//! Runs a program and tells what it took.

use std::{
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result};

use crate::shell;

/// What a run took.
#[derive(Debug, Clone, Copy)]
pub(super) struct Measured {
    /// From start to end.
    pub wall: Duration,
    /// Processor time of the program and its threads; without its children.
    pub cpu: Duration,
    /// Greatest resident size.
    pub peak_kib: u64,
    /// Exit code.
    pub code: i32,
}

/// Runs a program; its standard output goes to `out`, its standard error to `out` with `.err` behind.
pub(super) fn measure(command: &mut Command, out: &Path) -> Result<Measured> {
    let errors = std::fs::File::create(out.with_extension("err"))?;
    let started = Instant::now();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(std::fs::File::create(out)?)
        .stderr(errors)
        .spawn()
        .with_context(|| format!("cannot start `{}`", shell::show(command)))?;
    let (mut peak_kib, mut cpu) = (0, Duration::ZERO);
    loop {
        let (ended, spent) = state(&child);
        cpu = cpu.max(spent);
        if ended {
            break;
        }
        peak_kib = peak_kib.max(high_water(&child));
        std::thread::sleep(Duration::from_millis(2));
    }
    let wall = started.elapsed();
    let status = child.wait()?;
    Ok(Measured { wall, cpu, peak_kib, code: status.code().unwrap_or(-1) })
}

/// Whether a child has ended, and the processor time that Linux counts for it: still there until it is waited for.
fn state(child: &Child) -> (bool, Duration) {
    const TICKS: u64 = 100;
    let text = std::fs::read_to_string(format!("/proc/{}/stat", child.id())).unwrap_or_default();
    // The second field is the name, in parentheses, and may hold anything.
    let Some((_, rest)) = text.rsplit_once(") ") else { return (true, Duration::ZERO) };
    let mut fields = rest.split(' ');
    let ended = fields.next() == Some("Z");
    let ticks: u64 = fields.skip(10).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
    (ended, Duration::from_millis(ticks * 1000 / TICKS))
}

/// Linux keeps a process's greatest resident size.
fn high_water(child: &Child) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    line.split_whitespace().next().and_then(|number| number.parse().ok()).unwrap_or_default()
}
