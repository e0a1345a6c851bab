//! How an error looks: what failed, why, and what to do next.

use std::error::Error;

use anstyle::{AnsiColor, Style};
use bbsec_core::{Failure, escape};

const RED: Style = AnsiColor::Red.on_default().bold();
const CYAN: Style = AnsiColor::Cyan.on_default().bold();
const YELLOW: Style = AnsiColor::Yellow.on_default().bold();

/// Prints a failure to standard error: one line, the nearest cause, the next step; every cause with `-v`.
pub(crate) fn print(failure: &Failure, verbose: bool) {
    anstream::eprintln!("{RED}error{RED:#}: {}", escape::terminal(&failure.message));
    let mut cause = failure.source();
    let mut shown = 0;
    while let Some(error) = cause {
        if shown == 0 || verbose {
            anstream::eprintln!("  {YELLOW}cause{YELLOW:#}: {}", escape::terminal(&error.to_string()));
        }
        shown += 1;
        cause = error.source();
    }
    if let Some(help) = &failure.help {
        anstream::eprintln!("   {CYAN}help{CYAN:#}: {}", escape::terminal(help));
    }
    if shown > 1 && !verbose {
        anstream::eprintln!("         ({} more causes with -v)", shown - 1);
    }
}
