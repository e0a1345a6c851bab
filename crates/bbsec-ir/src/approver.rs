//! Asking the person at the terminal.

use std::{
    collections::BTreeSet,
    io::{BufRead as _, IsTerminal as _, Write as _},
    sync::Arc,
};

use bbsec_core::escape;
use bbsec_playbook::{Answer, Approver, Request};

use crate::progress::Bars;

/// Answers from the command line where it holds one, and asks otherwise.
pub(crate) struct Terminal {
    /// Steps approved by `--yes-to`.
    pub(crate) yes_to: BTreeSet<String>,
    /// `--yes` on a single command.
    pub(crate) yes: bool,
    /// Who is answering.
    pub(crate) by: String,
    /// The bars to keep out of the way of.
    pub(crate) bars: Arc<Bars>,
}

impl Approver for Terminal {
    fn ask(&self, request: &Request<'_>) -> Answer {
        if self.yes {
            return Answer::Yes { by: format!("{} (--yes)", self.by) };
        }
        if self.yes_to.contains(request.step) {
            return Answer::Yes { by: format!("{} (--yes-to {})", self.by, request.step) };
        }
        if !std::io::stdin().is_terminal() {
            return Answer::No {
                why: format!("nobody can be asked here; approve with --yes-to {}", request.step),
            };
        }
        self.bars.suspend(|| self.prompt(request))
    }
}

impl Terminal {
    fn prompt(&self, request: &Request<'_>) -> Answer {
        anstream::eprintln!("\n{}", escape::terminal(request.message));
        if let Some(plan) = request.plan {
            anstream::eprintln!("\n  {}", escape::terminal(&plan.summary));
            for change in &plan.changes {
                anstream::eprintln!("  {}", crate::show::change(change));
            }
            for warning in &plan.warnings {
                anstream::eprintln!("  ! {}", escape::terminal(warning));
            }
        }
        let short: String = request.digest.chars().take(12).collect();
        anstream::eprint!("\nApprove step `{}` (plan {short})? Type yes: ", escape::terminal(request.step));
        let _ = std::io::stderr().flush();
        let mut line = String::new();
        match std::io::stdin().lock().read_line(&mut line) {
            Ok(_) if line.trim() == "yes" => Answer::Yes { by: self.by.clone() },
            _ => Answer::No { why: "the answer was not yes".into() },
        }
    }
}
