//! What a run looks like while it runs, on standard error: a list that moves on a terminal, plain lines elsewhere; and
//! on standard output, for programs, one JSON event a line.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::Write,
    sync::{Arc, Mutex, PoisonError},
};

use anstyle::{AnsiColor, Style};
use bbsec_core::{Time, escape};
use bbsec_playbook::{Observer, Step, StepReport, StepState};
use indicatif::ProgressBar;
use serde_json::{Value, json};

use crate::{progress::Bars, show};

const GREEN: Style = AnsiColor::Green.on_default();
const YELLOW: Style = AnsiColor::Yellow.on_default();
const RED: Style = AnsiColor::Red.on_default();
const DIM: Style = Style::new().dimmed();

/// Shows steps as they start, wait and end.
pub(crate) struct Live {
    bars: Arc<Bars>,
    /// A single command needs no list of its one step.
    single: bool,
    /// Where events go, for programs.
    events: Option<Mutex<Box<dyn Write + Send>>>,
    view: Mutex<View>,
}

/// The part that moves.
#[derive(Default)]
struct View {
    /// Steps that have not started, with what they need.
    waiting: Vec<(String, Vec<String>)>,
    ended: BTreeSet<String>,
    running: BTreeMap<String, ProgressBar>,
    /// What waits for what.
    foot: Option<ProgressBar>,
}

impl Live {
    pub(crate) fn new(bars: Arc<Bars>, single: bool, events: Option<Box<dyn Write + Send>>) -> Self {
        Self { bars, single, events: events.map(Mutex::new), view: Mutex::default() }
    }

    fn event(&self, name: &str, mut body: Value) {
        let Some(events) = &self.events else { return };
        if let Value::Object(fields) = &mut body {
            fields.insert("schema".into(), "bbsec-ir.run-event/v1".into());
            fields.insert("event".into(), name.into());
            fields.insert("at".into(), Time::now().to_string().into());
        }
        let mut out = events.lock().unwrap_or_else(PoisonError::into_inner);
        // A reader that went away does not end the run.
        let _ = writeln!(out, "{body}").and_then(|()| out.flush());
    }

    /// The run's end, for programs.
    pub(crate) fn finished(&self, report: &bbsec_playbook::RunReport) {
        self.event(
            "run-ended",
            json!({"run": report.run, "exit": report.exit.code(), "outputs": report.outputs}),
        );
    }

    /// Draws the foot anew: what has not started, and what it waits for.
    fn foot(view: &View) {
        let Some(foot) = &view.foot else { return };
        let unmet = |needs: &[String]| -> Vec<String> {
            needs.iter().filter(|need| !view.ended.contains(*need)).cloned().collect()
        };
        let lines: Vec<String> = view
            .waiting
            .iter()
            .map(|(step, needs)| (step, unmet(needs)))
            .map(
                |(step, needs)| {
                    if needs.is_empty() { step.clone() } else { format!("{step} ← {}", needs.join(", ")) }
                },
            )
            .collect();
        foot.set_message(match lines.len() {
            0 => String::new(),
            1..=3 => format!("next: {}", lines.join("; ")),
            more => format!(
                "next: {}; … {} more",
                lines.iter().take(3).cloned().collect::<Vec<_>>().join("; "),
                more - 3
            ),
        });
    }
}

impl Observer for Live {
    fn begins(&self, run: &str, playbook: &str, steps: &[Step]) {
        let ids: Vec<&str> = steps.iter().map(|step| step.id.as_str()).collect();
        self.event("run-started", json!({"run": run, "playbook": playbook, "steps": ids}));
        if self.single {
            return;
        }
        self.bars.line(&format!("{DIM}run {run}, {} steps{DIM:#}", steps.len()));
        let mut view = self.view.lock().unwrap_or_else(PoisonError::into_inner);
        let needs = |step: &Step| step.needs.iter().map(|need| need.value().clone()).collect();
        view.waiting = steps.iter().map(|step| (step.id.value().clone(), needs(step))).collect();
        view.foot = self.bars.visible().then(|| self.bars.foot());
        Self::foot(&view);
    }

    fn starts(&self, step: &str, uses: Option<&str>) {
        self.event("step-started", json!({"step": step, "uses": uses}));
        if self.single {
            return;
        }
        let uses = uses.filter(|uses| *uses != step).map(|uses| format!(" ({uses})")).unwrap_or_default();
        let mut view = self.view.lock().unwrap_or_else(PoisonError::into_inner);
        view.waiting.retain(|(waiting, _)| waiting != step);
        if self.bars.visible() {
            let bar = self.bars.step(&format!("{step}{uses}"), view.foot.as_ref());
            view.running.insert(step.to_owned(), bar);
        } else {
            self.bars.line(&format!("{DIM}  · {step}{uses}{DIM:#}"));
        }
        Self::foot(&view);
    }

    fn waits(&self, step: &str, whom: Option<&str>) {
        self.event("step-waits", json!({"step": step, "for": whom}));
        let view = self.view.lock().unwrap_or_else(PoisonError::into_inner);
        match (view.running.get(step), whom) {
            (Some(bar), Some(whom)) => bar.set_message(format!("waits for {}", escape::terminal(whom))),
            (Some(bar), None) => bar.set_message(""),
            (None, Some(whom)) if !self.single => {
                self.bars.line(&format!("{YELLOW}  … {step} waits for {}{YELLOW:#}", escape::terminal(whom)));
            }
            (None, _) => {}
        }
    }

    fn ended(&self, report: &StepReport) {
        self.event(
            "step-ended",
            json!({
                "step": report.id, "uses": report.uses, "state": report.state, "elapsed": report.elapsed,
                "gaps": report.gaps, "notes": report.notes,
                "error": report.failure.as_ref().map(|failure| &failure.message),
            }),
        );
        let bar = {
            let mut view = self.view.lock().unwrap_or_else(PoisonError::into_inner);
            view.waiting.retain(|(waiting, _)| *waiting != report.id);
            view.ended.insert(report.id.clone());
            Self::foot(&view);
            if view.waiting.is_empty() && view.running.len() <= 1 {
                view.foot.take().iter().for_each(ProgressBar::finish_and_clear);
            }
            view.running.remove(&report.id)
        };
        if let Some(bar) = bar {
            bar.finish_and_clear();
        }
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
        self.details(report);
    }
}

impl Live {
    /// Notes, gaps and the failure of a step that has ended.
    fn details(&self, report: &StepReport) {
        let room = usize::from(crate::output::width()).saturating_sub(8);
        for line in report.notes.iter().take(12).flat_map(|note| show::wrap(&show::clip(note, 400), room)) {
            self.bars.line(&format!("      {}", escape::terminal(&line)));
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
            self.bars.suspend(|| crate::failure_output::print(failure, false));
        }
    }
}
