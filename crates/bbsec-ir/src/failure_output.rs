//! How an error looks: what failed, why, and what to do next.

use std::error::Error;

use anstyle::{AnsiColor, Style};
use bbsec_core::{Failure, escape};

const RED: Style = AnsiColor::Red.on_default().bold();
const CYAN: Style = AnsiColor::Cyan.on_default().bold();
const YELLOW: Style = AnsiColor::Yellow.on_default().bold();

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
    if let Some(help) = &failure.help {
        anstream::eprintln!("   {CYAN}help{CYAN:#}: {}", escape::terminal(help));
    }
    if hidden > 0 {
        let causes = if hidden == 1 { "cause" } else { "causes" };
        anstream::eprintln!("         ({hidden} more {causes} with -v)");
    }
}
