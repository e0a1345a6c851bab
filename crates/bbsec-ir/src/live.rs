//! What a run looks like while it runs: one line a step, on standard error.

use std::sync::Arc;

use anstyle::{AnsiColor, Style};
use bbsec_core::escape;
use bbsec_playbook::{Observer, StepReport, StepState};

use crate::{progress::Bars, show};

const GREEN: Style = AnsiColor::Green.on_default();
const YELLOW: Style = AnsiColor::Yellow.on_default();
const RED: Style = AnsiColor::Red.on_default();
const DIM: Style = Style::new().dimmed();

/// Prints steps as they start and end.
pub(crate) struct Live {
    pub(crate) bars: Arc<Bars>,
    /// A single command needs no list of its one step.
    pub(crate) single: bool,
}

impl Observer for Live {
    fn begins(&self, run: &str, steps: &[&str]) {
        if !self.single {
            self.bars.line(&format!("{DIM}run {run}, {} steps{DIM:#}", steps.len()));
        }
    }

    fn starts(&self, step: &str, uses: Option<&str>) {
        if !self.single {
            let uses = uses.filter(|uses| *uses != step).map(|uses| format!(" ({uses})")).unwrap_or_default();
            self.bars.line(&format!("{DIM}  · {step}{uses}{DIM:#}"));
        }
    }

    fn ended(&self, report: &StepReport) {
        let (style, sign) = match report.state {
            StepState::Succeeded if report.gaps.iter().any(|gap| gap.unread) => (YELLOW, "✓"),
            StepState::Succeeded => (GREEN, "✓"),
            StepState::Planned => (GREEN, "~"),
            StepState::Skipped => (DIM, "-"),
            StepState::Open => (YELLOW, "?"),
            StepState::Violated => (YELLOW, "!"),
            StepState::Failed | StepState::Refused => (RED, "✗"),
        };
        if !self.single {
            let state = report.state.name();
            let elapsed = report.elapsed;
            self.bars
                .line(&format!("{style}  {sign} {:<28} {state:<10} {elapsed:>7.1} s{style:#}", report.id));
        }
        for note in report.notes.iter().take(12) {
            self.bars.line(&format!("      {}", escape::terminal(&show::clip(note, 400))));
        }
        let unread: Vec<_> = report.gaps.iter().filter(|gap| gap.unread).collect();
        for gap in unread.iter().take(8) {
            let line = format!("not read: {} {} ({}): {}", gap.count, gap.kind, gap.subject, gap.why);
            self.bars.line(&format!("      {YELLOW}{}{YELLOW:#}", escape::terminal(&show::clip(&line, 400))));
        }
        if unread.len() > 8 {
            self.bars.line(&format!(
                "      {YELLOW}… and {} more gaps, all in the case{YELLOW:#}",
                unread.len() - 8
            ));
        }
        if !self.single
            && let Some(failure) = &report.failure
        {
            crate::failure_output::print(failure, false);
        }
    }
}
