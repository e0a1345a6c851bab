//! The logs' own time: hours in which nothing was written, and clocks that jump.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use bbsec_core::{Confidence, Event, Finding, Place, Scope, Severity, Subject, Time};

const HOUR: i64 = 3_600_000_000;
/// A clock that goes back less is a queue between threads.
const JUMP: i64 = 5 * 60 * 1_000_000;
const MOST_JUMPS: usize = 50;

/// Hours per source, and jumps per file.
#[derive(Debug, Default)]
pub(super) struct LogTime {
    hours: BTreeMap<String, BTreeSet<i64>>,
    last: Option<(Arc<str>, Time)>,
    jumps: Vec<(Place, Time, Time)>,
}

impl LogTime {
    pub(super) fn add(&mut self, event: &Event) {
        if !(event.source.ends_with(".access") || event.source.ends_with(".audit")) {
            return;
        }
        let hour = event.time.micros().div_euclid(HOUR);
        match self.hours.get_mut(event.source.as_ref()) {
            Some(hours) => {
                hours.insert(hour);
            }
            None => {
                self.hours.insert(event.source.to_string(), BTreeSet::from([hour]));
            }
        }
        if event.extra.contains_key("unanswered") {
            return;
        }
        if let Some((file, last)) = &self.last
            && *file == event.at.file
            && event.time.until(*last) > JUMP
            && self.jumps.len() < MOST_JUMPS
        {
            self.jumps.push((event.at.clone(), *last, event.time));
        }
        self.last = Some((Arc::clone(&event.at.file), event.time));
    }

    pub(super) fn findings(&self, scope: &Scope) -> Vec<Finding> {
        let mut found = Vec::new();
        for (at, before, after) in &self.jumps {
            let finding = Finding::new(
                "access",
                "clock-jump",
                format!("{} goes back in time from {} to {}", at.file, before.short(), after.short()),
                Severity::Low,
                Confidence::Medium,
                Subject::new("log", at.file.to_string()),
                Some(*after),
            )
            .because("the host's clock was set, its time zone changed, or lines were put in")
            .because("the order of events around this place is not certain")
            .seen_at(at.clone());
            found.push(finding);
        }
        for (source, hours) in &self.hours {
            found.extend(gaps(source, hours, scope));
        }
        found
    }
}

/// Stretches without any line. How long one must be depends on how busy the instance is otherwise.
fn gaps(source: &str, hours: &BTreeSet<i64>, scope: &Scope) -> Vec<Finding> {
    // Audit logs are quiet for days on a small instance; access logs are not.
    if !source.ends_with(".access") {
        return Vec::new();
    }
    let (Some(first), Some(last)) = (hours.first().copied(), hours.last().copied()) else {
        return Vec::new();
    };
    let span = last.saturating_sub(first).saturating_add(1);
    let filled = hours.len() as i64;
    // Nine hours of ten have lines: every empty hour tells. Else nights and weekends are quiet.
    let least = if filled.saturating_mul(10) >= span.saturating_mul(9) { 1 } else { 60 };
    let mut found = Vec::new();
    let mut tell = |from: i64, to: i64, title: String, severity: Severity, why: &str| {
        let at = Time::from_micros(from.saturating_mul(HOUR));
        let inside = scope.to.is_none_or(|end| at <= end)
            && scope.from.is_none_or(|start| to.saturating_mul(HOUR) >= start.micros());
        if inside {
            let subject = Subject::new("log", source);
            found.push(
                Finding::new("access", "log-gap", title, severity, Confidence::Medium, subject, Some(at))
                    .because(why),
            );
        }
    };
    let time = |hour: i64| Time::from_micros(hour.saturating_mul(HOUR));
    for (before, after) in hours.iter().zip(hours.iter().skip(1)) {
        let empty = after.saturating_sub(*before).saturating_sub(1);
        if empty >= least {
            let (from, to) = (before.saturating_add(1), *after);
            let title = format!(
                "{source} has no line for {empty} h, from {} to {}",
                time(from).short(),
                time(to).short()
            );
            let why = "what happened then is not in this log: rotated away, deleted, the product down, or the clock set";
            tell(from, to, title, Severity::Medium, why);
        }
    }
    if let Some(from) = scope.from
        && from.micros().saturating_add(HOUR) < first.saturating_mul(HOUR)
    {
        let title = format!(
            "{source} begins at {}, after the window begins at {}",
            time(first).short(),
            from.short()
        );
        let start = from.micros().div_euclid(HOUR);
        let why = "the log does not reach back: by default it is kept for ten days. Touches before then are only known from audit log and database";
        tell(start, first, title, Severity::Medium, why);
    }
    found
}
