//! `run --plan`: every change from what to what, before anything happens.

use anstyle::{AnsiColor, Style};
use bbsec_core::{Exit, Failure, escape};
use bbsec_playbook::{PlannedStep, RunPlan};

use crate::{commands::playbook::count, output::Format, session::Session, show};

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();
const YELLOW: Style = AnsiColor::Yellow.on_default();
const RED: Style = AnsiColor::Red.on_default();
const GREEN: Style = AnsiColor::Green.on_default();

pub(crate) fn show(session: &Session, plan: &RunPlan) -> Result<Exit, Failure> {
    if session.output.format_or(Format::Table) != Format::Table {
        session.output.named("plan", plan)?;
        return Ok(Exit::Done);
    }
    let mut text = String::new();
    for (number, step) in plan.steps.iter().enumerate() {
        text.push_str(&one(number + 1, step));
    }
    let changes: usize =
        plan.steps.iter().filter_map(|step| step.plan.as_ref()).map(|plan| plan.changes.len()).sum();
    let asks = plan.steps.iter().filter(|step| step.asks.is_some() && !step.skipped).count();
    text.push_str(&format!(
        "\n{}, {} known now, {}, {}\n",
        count(plan.steps.len(), "step"),
        count(changes, "change"),
        count(asks, "question"),
        count(plan.permissions.len(), "AWS permission")
    ));
    for (permission, steps) in &plan.missing {
        text.push_str(&format!(
            "{RED}missing: {}{RED:#} (step {})\n",
            escape::terminal(permission),
            steps.join(", ")
        ));
    }
    if !plan.permissions.is_empty() {
        text.push_str(&format!("{DIM}print them all: bbsec-ir aws policy {}{DIM:#}\n", plan.playbook));
    }
    text.push_str(&format!("plan sha256:{}\n", plan.digest));
    session.output.write(plain_unless_terminal(session, &text).as_bytes())?;
    Ok(Exit::Done)
}

/// Data in a file or a pipe carries no colour.
fn plain_unless_terminal(session: &Session, text: &str) -> String {
    let coloured = session.output.file.is_none()
        && anstream::AutoStream::choice(&std::io::stdout()) != anstream::ColorChoice::Never;
    if coloured { text.to_owned() } else { anstream::adapter::strip_str(text).to_string() }
}

fn one(number: usize, step: &PlannedStep) -> String {
    let width = usize::from(crate::output::width());
    let uses = match &step.uses {
        Some(uses) if *uses == step.id => String::new(),
        Some(uses) => format!(" {DIM}({uses}){DIM:#}"),
        None if step.note.is_some() => format!(" {DIM}(a person){DIM:#}"),
        None => String::new(),
    };
    let mut text = format!("{number:>2}. {BOLD}{}{BOLD:#}{uses}\n", step.id);
    let mut line = |style: Style, sign: &str, words: &str| {
        for (number, part) in show::wrap(words, width.saturating_sub(8)).iter().enumerate() {
            let sign = if number == 0 { sign } else { " " };
            text.push_str(&format!("    {style}{sign} {}{style:#}\n", escape::terminal(part)));
        }
    };
    if !step.needs.is_empty() {
        line(DIM, "←", &step.needs.join(", "));
    }
    if let Some(asks) = step.asks.as_ref().filter(|_| !step.skipped) {
        line(YELLOW, "?", asks);
    }
    if let Some(note) = &step.note {
        line(DIM, "-", &show::clip(note.trim(), 160));
    }
    let Some(plan) = &step.plan else { return text };
    line(Style::new(), "·", &plan.summary);
    for warning in &plan.warnings {
        line(YELLOW, "!", warning);
    }
    for change in &plan.changes {
        text.push_str(&format!("{GREEN}{}{GREEN:#}", show::change_lines(change, 6, width)));
    }
    text
}
