//! Deadlines, counted from when we became aware. Reminders, not legal advice; which apply, a person decides.

use bbsec_core::Time;
use schemars::JsonSchema;
use serde::Serialize;

use crate::{CaseData, words};

/// One deadline.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Deadline {
    /// Its name.
    pub name: String,
    /// Who must be told, and what.
    pub what: String,
    /// How long, in words.
    pub within: String,
    /// When it ends; `None` when the moment that it is counted from is not known.
    pub due: Option<Time>,
    /// How long is left, or since when it is over, at the time of rendering.
    pub left: String,
    /// Whether it is over.
    pub over: bool,
}

const HOUR: i64 = 3600 * 1_000_000;

/// Id, name, hours, and what. The first applies unless `deadlines` says otherwise; the others when it names them.
const KNOWN: [(&str, &str, i64, &str); 6] = [
    (
        "gdpr-33",
        "GDPR Art. 33",
        72,
        "Notify the supervisory authority, unless a risk to people is unlikely. Whoever processes for others tells them without undue delay (Art. 33(2)).",
    ),
    (
        "nis2-early",
        "NIS2 early warning",
        24,
        "Early warning to the CSIRT or competent authority (Art. 23(4)(a)).",
    ),
    ("nis2", "NIS2 notification", 72, "Incident notification with a first assessment (Art. 23(4)(b))."),
    (
        "nis2-final",
        "NIS2 final report",
        24 * 30,
        "Final report within one month of the notification; counted here as 30 days from awareness, which is stricter.",
    ),
    (
        "hipaa",
        "HIPAA breach notification",
        24 * 60,
        "Affected people, without unreasonable delay and within 60 days of discovery (45 CFR 164.404).",
    ),
    (
        "dora",
        "DORA initial notification",
        24,
        "Major ICT incident: initial notification no later than 24 hours from awareness.",
    ),
];

/// `deadlines = "gdpr-33, nis2"` chooses among the known; `deadline.NAME = "72h what to do"` adds one.
pub(super) fn deadlines(data: &CaseData) -> Vec<Deadline> {
    let aware: Option<Time> = data.settings.get("awareness_at").and_then(|time| time.parse().ok());
    let chosen: Vec<&str> = data
        .settings
        .get("deadlines")
        .map_or_else(|| vec!["gdpr-33"], |list| list.split([',', ' ']).filter(|id| !id.is_empty()).collect());
    let known = KNOWN
        .iter()
        .filter(|(id, ..)| chosen.contains(id))
        .map(|(_, name, hours, what)| deadline(data, aware, (*name).into(), *hours, (*what).into()));
    let own = data.settings.iter().filter_map(|(key, value)| {
        let name = key.strip_prefix("deadline.")?;
        let (length, what) = value.trim().split_once(' ').unwrap_or((value.trim(), ""));
        Some(deadline(data, aware, name.to_owned(), hours(length)?, what.to_owned()))
    });
    let mut all: Vec<Deadline> = known.chain(own).collect();
    all.sort_by(|a, b| (a.due, &a.name).cmp(&(b.due, &b.name)));
    all
}

/// `72h`, `3d`.
fn hours(text: &str) -> Option<i64> {
    let number = |unit: char| text.strip_suffix(unit).and_then(|n| n.parse::<i64>().ok());
    number('h')
        .or_else(|| number('d').and_then(|days| days.checked_mul(24)))
        .filter(|n| (1..=24 * 3660).contains(n))
}

fn deadline(data: &CaseData, aware: Option<Time>, name: String, hours: i64, what: String) -> Deadline {
    let due = aware.map(|aware| Time::from_micros(aware.micros().saturating_add(hours.saturating_mul(HOUR))));
    let over = due.is_some_and(|due| due < data.rendered_at);
    let left = match due {
        None => "not known: when we became aware is not set".into(),
        Some(due) if over => format!("over since {}", words::duration(due.until(data.rendered_at))),
        Some(due) => format!("{} left", words::duration(data.rendered_at.until(due))),
    };
    let within =
        if hours % 24 == 0 && hours > 72 { format!("{} days", hours / 24) } else { format!("{hours} hours") };
    Deadline { name, what, within, due, left, over }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deadlines_are_counted_from_awareness_and_never_assumed() {
        let mut data = CaseData { rendered_at: "2026-11-20T12:00Z".parse().unwrap(), ..CaseData::default() };
        let unknown = deadlines(&data);
        assert_eq!(unknown.len(), 1);
        assert!(unknown[0].due.is_none() && unknown[0].left.starts_with("not known"));

        data.settings.insert("awareness_at".into(), "2026-11-18T10:00Z".into());
        data.settings.insert("deadlines".into(), "gdpr-33, nis2-early".into());
        data.settings.insert("deadline.Bank".into(), "2d Tell the bank".into());
        data.settings.insert("deadline.Bad".into(), "soon".into());
        let told: Vec<String> = deadlines(&data).iter().map(|d| format!("{}: {}", d.name, d.left)).collect();
        assert_eq!(
            told,
            ["NIS2 early warning: over since 1 d 2 h", "Bank: over since 2 h", "GDPR Art. 33: 22 h left"]
        );
    }
}
