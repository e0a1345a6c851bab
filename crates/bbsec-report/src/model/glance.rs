//! The case at a glance: six figures for the top of the first page, each with where it is shown in full.

use schemars::JsonSchema;
use serde::Serialize;

use super::{
    Deadline,
    answers::{Parts, taken},
};
use crate::{Class, words};

/// How a figure is to be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Tone {
    /// It calls for action.
    Bad,
    /// It is as it should be.
    Good,
    /// It is not known.
    Unknown,
    /// It only tells.
    Plain,
}

/// One figure.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Figure {
    /// What it is.
    pub label: &'static str,
    /// The figure, in a few characters.
    pub value: String,
    /// What stands behind it.
    pub note: String,
    /// How to take it.
    pub tone: Tone,
    /// The part of the report that shows it in full.
    pub see: &'static str,
}

pub(super) fn glance(parts: &Parts<'_>, deadlines: &[Deadline]) -> Vec<Figure> {
    let mut figures =
        vec![activity(parts), content(parts), credentials(parts), containment(parts), questions(parts)];
    figures.extend(deadlines.first().map(deadline));
    figures
}

fn figure(
    label: &'static str,
    see: &'static str,
    tone: Tone,
    value: impl Into<String>,
    note: impl Into<String>,
) -> Figure {
    Figure { label, see, tone, value: value.into(), note: note.into() }
}

fn activity(parts: &Parts<'_>) -> Figure {
    match (parts.happened.first, parts.happened.last) {
        (Some(first), Some(last)) => figure(
            "Known activity",
            "happened",
            Tone::Plain,
            words::duration(first.until(last)),
            words::span(first, last),
        ),
        _ => {
            figure("Known activity", "happened", Tone::Unknown, "none found", "in the evidence that was read")
        }
    }
}

fn content(parts: &Parts<'_>) -> Figure {
    let what = taken(parts.touched);
    if what.is_empty() {
        let tone = if parts.touched.targets.is_empty() { Tone::Unknown } else { Tone::Plain };
        return figure("Content taken", "touched", tone, "none seen", "in the logs that were read");
    }
    let uncounted = parts.touched.targets.iter().any(|t| t.bytes_out == 0 && t.taken != "none");
    let least = if uncounted { "≥ " } else { "" };
    figure(
        "Content taken",
        "touched",
        Tone::Bad,
        format!("{least}{}", words::bytes(parts.touched.bytes_out)),
        what,
    )
}

fn credentials(parts: &Parts<'_>) -> Figure {
    let rotation = parts.rotation;
    let total = rotation.open + rotation.done;
    if total == 0 {
        return figure("To rotate", "rotate", Tone::Unknown, "none found", "see what is not known");
    }
    let of = |class: Class| {
        rotation.classes.iter().find(|count| count.class == class.name()).map_or(0, |count| count.count)
    };
    let exposed = of(Class::ExposedLive) + of(Class::Exposed);
    let note = match (of(Class::Used), exposed) {
        (0, 0) => "none within the actor's reach".to_owned(),
        (0, exposed) => format!("{} exposed to the actor", words::count(exposed as u64)),
        (used, exposed) => format!(
            "{} used by the actor, {} exposed to them",
            words::count(used as u64),
            words::count(exposed as u64)
        ),
    };
    let tone = if rotation.open == 0 { Tone::Good } else { Tone::Bad };
    let value = if rotation.done == 0 {
        words::count(total as u64)
    } else {
        format!("{} of {}", words::count(rotation.open as u64), words::count(total as u64))
    };
    figure("To rotate", "rotate", tone, value, note)
}

fn containment(parts: &Parts<'_>) -> Figure {
    let containment = &parts.done.containment;
    match containment.holds {
        Some(true) => figure("The host", "done", Tone::Good, "cut off", "read back after the change"),
        Some(false) => {
            let paths = words::many(containment.remaining.len(), "path remains", "paths remain");
            figure("The host", "done", Tone::Bad, "not cut off", paths)
        }
        None => figure("The host", "done", Tone::Unknown, "not known", "nobody asked whether it is cut off"),
    }
}

fn questions(parts: &Parts<'_>) -> Figure {
    let unread = parts.unknown.iter().filter(|unknown| unknown.unread).count();
    let n = parts.unknown.len();
    let tone = if n == 0 { Tone::Good } else { Tone::Unknown };
    let note = match unread {
        0 => "nothing that is there was left unread".to_owned(),
        unread => format!("{} of evidence could not be read", words::many(unread, "kind", "kinds")),
    };
    figure("Not known", "unknown", tone, words::many(n, "question", "questions"), note)
}

fn deadline(deadline: &Deadline) -> Figure {
    let tone = match deadline.due {
        None => Tone::Unknown,
        Some(_) if deadline.over => Tone::Bad,
        Some(_) => Tone::Plain,
    };
    let (value, note) = match deadline.due {
        None => ("not known".to_owned(), format!("{}: when we became aware is not set", deadline.name)),
        Some(due) if deadline.over => ("over".into(), format!("{}, {}", deadline.name, words::when(due))),
        Some(due) => (deadline.left.clone(), format!("{}, {}", deadline.name, words::when(due))),
    };
    figure("First deadline", "deadlines", tone, value, note)
}
