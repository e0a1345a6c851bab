//! Asking a person: at the terminal, by a flag that was given beforehand, or elsewhere by a signature.

use std::{
    collections::BTreeSet,
    io::{BufRead as _, IsTerminal as _, Write as _},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        mpsc::{Receiver, RecvTimeoutError, channel},
    },
    time::Duration,
};

use bbsec_core::{Progress as _, Time, escape};
use bbsec_playbook::{Answer, Approval, Approver, Request, signed};

use crate::{progress::Bars, show};

/// How often signatures, the clock and the wish to stop are looked at.
const GLANCE: Duration = Duration::from_millis(250);

/// Answers from the command line where it holds one, and asks otherwise.
pub(crate) struct Terminal {
    /// Steps approved by `--yes-to`.
    pub(crate) yes_to: BTreeSet<String>,
    /// `--yes` on a single command.
    pub(crate) yes: bool,
    /// Who is answering.
    pub(crate) by: String,
    /// Whose signatures count.
    pub(crate) allowed_signers: Option<PathBuf>,
    /// The bars to keep out of the way of.
    pub(crate) bars: Arc<Bars>,
    /// One question at a time.
    pub(crate) asking: Mutex<()>,
}

impl Approver for Terminal {
    fn ask(&self, request: &Request<'_>) -> Answer {
        let mut given: Vec<Approval> = Vec::new();
        let flag = if self.yes {
            Some("--yes".to_owned())
        } else {
            self.yes_to.contains(request.step).then(|| format!("--yes-to {}", request.step))
        };
        match flag {
            // Who must agree is named: nobody answers for them.
            Some(flag) if !request.by.is_empty() && self.allowed_signers.is_none() => {
                return Answer::No { why: format!("{flag} does not answer for {}", request.by.join(" or ")) };
            }
            Some(how) if request.by.is_empty() => given.push(Approval { by: self.by.clone(), how }),
            _ => {}
        }
        if enough(&given, request) {
            return Answer::Yes(given);
        }
        let terminal = std::io::stdin().is_terminal() && request.by.is_empty() && given.is_empty();
        if !terminal && self.allowed_signers.is_none() {
            return Answer::No { why: nobody(request) };
        }
        let _one = self.asking.lock().unwrap_or_else(PoisonError::into_inner);
        if terminal {
            self.bars.hide(|| self.wait(request, given, true))
        } else {
            self.wait(request, given, false)
        }
    }

    fn prepared(&self, step: &str) -> bool {
        self.yes || self.yes_to.contains(step)
    }

    fn elsewhere(&self) -> bool {
        self.allowed_signers.is_some()
    }
}

fn enough(given: &[Approval], request: &Request<'_>) -> bool {
    given.len() >= request.min as usize
}

fn nobody(request: &Request<'_>) -> String {
    if request.by.is_empty() {
        format!("nobody can be asked here; approve with --yes-to {}", request.step)
    } else {
        format!("it takes a signature of {}; run with --allowed-signers FILE", request.by.join(" or "))
    }
}

impl Terminal {
    /// Shows the question and waits for the terminal, for signatures, for its end.
    fn wait(&self, request: &Request<'_>, mut given: Vec<Approval>, terminal: bool) -> Answer {
        self.show(request, terminal);
        let mut refused: BTreeSet<String> = BTreeSet::new();
        loop {
            if let (Some(question), Some(allowed)) = (request.file, &self.allowed_signers) {
                self.collect(question, allowed, request, &mut given, &mut refused);
            }
            if enough(&given, request) {
                return Answer::Yes(given);
            }
            if Time::now() >= request.expires {
                return Answer::No { why: "nobody answered in time".into() };
            }
            if self.bars.cancelled() {
                return Answer::No { why: "interrupted".into() };
            }
            let here = given.iter().any(|approval| approval.how == "terminal");
            match (terminal && !here).then(|| typed(GLANCE)) {
                None => std::thread::sleep(GLANCE),
                Some(None) => {}
                Some(Some(line)) if line.trim() == "yes" => {
                    given.push(Approval { by: self.by.clone(), how: "terminal".into() });
                    if !enough(&given, request) {
                        let left = request.min as usize - given.len();
                        self.bars.always(&format!("{left} more must agree; waiting for a signature"));
                    }
                }
                Some(Some(_)) => return Answer::No { why: "the answer was not yes".into() },
            }
        }
    }

    fn collect(
        &self,
        question: &Path,
        allowed: &Path,
        request: &Request<'_>,
        given: &mut Vec<Approval>,
        refused: &mut BTreeSet<String>,
    ) {
        let (approvals, bad) = signed(question, allowed, request.by);
        for approval in approvals {
            if !given.iter().any(|known| known.by == approval.by) {
                let by = escape::terminal(&approval.by).into_owned();
                self.bars.always(&format!("approved by {by} ({})", approval.how));
                given.push(approval);
            }
        }
        for why in bad {
            if refused.insert(why.clone()) {
                self.bars.always(&format!("a signature does not count: {}", escape::terminal(&why)));
            }
        }
    }

    fn show(&self, request: &Request<'_>, terminal: bool) {
        let mut text = format!("\n{}\n", escape::terminal(request.message));
        if let Some(plan) = request.plan {
            text.push_str(&plan_text(plan));
        }
        let short: String = request.digest.chars().take(12).collect();
        let step = escape::terminal(request.step).into_owned();
        text.push_str(&format!("\nplan {short}, the question stands until {}\n", request.expires.short()));
        if let Some(file) = request.file {
            let file = escape::terminal(&file.display().to_string()).into_owned();
            text.push_str(&format!(
                "Elsewhere: bbsec-ir approve {step} --key KEY\n       or: ssh-keygen -Y sign -f KEY -n {} {file}\n",
                bbsec_playbook::APPROVAL_NAMESPACE
            ));
        }
        if terminal {
            text.push_str(&format!("Approve step `{step}`? Type yes: "));
        }
        self.bars.suspend(|| {
            anstream::eprint!("{text}");
            let _ = std::io::stderr().flush();
        });
    }
}

/// A plan as a person reads it before saying yes.
pub(crate) fn plan_text(plan: &bbsec_core::Plan) -> String {
    let width = usize::from(crate::output::width());
    let mut text = format!("\n  {}\n", escape::terminal(&plan.summary));
    for change in &plan.changes {
        text.push_str(&show::change_lines(change, 2, width));
    }
    for warning in &plan.warnings {
        for (number, line) in show::wrap(warning, width.saturating_sub(6)).iter().enumerate() {
            text.push_str(&format!("  {} {}\n", if number == 0 { "!" } else { " " }, escape::terminal(line)));
        }
    }
    text
}

/// A line from the terminal, when one comes in time. One thread reads for the whole program, since a read cannot be
/// taken back.
fn typed(patience: Duration) -> Option<String> {
    static LINES: OnceLock<Mutex<Receiver<String>>> = OnceLock::new();
    let lines = LINES.get_or_init(|| {
        let (sender, receiver) = channel();
        std::thread::spawn(move || {
            for line in std::io::stdin().lock().lines() {
                if line.is_err() || line.is_ok_and(|line| sender.send(line).is_err()) {
                    return;
                }
            }
        });
        Mutex::new(receiver)
    });
    let lines = lines.lock().unwrap_or_else(PoisonError::into_inner);
    match lines.recv_timeout(patience) {
        Ok(line) => Some(line),
        Err(RecvTimeoutError::Timeout) => None,
        // The terminal is gone: that is no yes.
        Err(RecvTimeoutError::Disconnected) => Some(String::new()),
    }
}
