//! How an error looks: what failed, why, and what to do next.

use std::{error::Error, io};

use anstyle::{AnsiColor, Style};
use bbsec_core::{Failure, escape};

const RED: Style = AnsiColor::Red.on_default().bold();
const CYAN: Style = AnsiColor::Cyan.on_default().bold();
const YELLOW: Style = AnsiColor::Yellow.on_default().bold();

/// What the operating system's word means for the person, where nobody nearer said it.
fn next_step(failure: &Failure) -> Option<String> {
    let mut cause = failure.source();
    let kind = loop {
        let error = cause?;
        if let Some(error) = error.downcast_ref::<io::Error>() {
            break error.kind();
        }
        cause = error.source();
    };
    let step = match kind {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "the disk is full: free some space and run it again"
        }
        io::ErrorKind::ReadOnlyFilesystem => {
            "the disk is mounted read-only: name a file on another disk with -o FILE"
        }
        io::ErrorKind::PermissionDenied => "run it as a user that may, or name another path",
        io::ErrorKind::NotFound => "check the path",
        io::ErrorKind::IsADirectory => "name a file, not a folder",
        io::ErrorKind::NotADirectory => "name a folder, not a file",
        _ => return None,
    };
    Some(step.into())
}

/// Prints a failure to standard error: what failed, the deepest cause, the next step; every cause with `-v`.
pub(crate) fn print(failure: &Failure, verbose: bool) {
    anstream::eprintln!("{RED}error{RED:#}: {}", escape::terminal(&failure.message));
    let mut causes: Vec<String> = Vec::new();
    let mut cause = failure.source();
    while let Some(error) = cause {
        let text = error.to_string();
        // A room's own error often says the same as the failure that it became.
        if text != failure.message && causes.last() != Some(&text) {
            causes.push(text);
        }
        cause = error.source();
    }
    // Between what failed and why lie layers of libraries; the last one says why.
    let hidden = if verbose { 0 } else { causes.len().saturating_sub(1) };
    for text in causes.iter().skip(hidden) {
        anstream::eprintln!("  {YELLOW}cause{YELLOW:#}: {}", escape::terminal(text));
    }
    if let Some(help) = failure.help.clone().or_else(|| next_step(failure)) {
        anstream::eprintln!("   {CYAN}help{CYAN:#}: {}", escape::terminal(&help));
    }
    if hidden > 0 {
        let causes = if hidden == 1 { "cause" } else { "causes" };
        anstream::eprintln!("         ({hidden} more {causes} with -v)");
    }
}
