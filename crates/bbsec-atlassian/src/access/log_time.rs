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

    /// Days, since the epoch, of which an access log has lines.
    pub(super) fn access_days(&self) -> BTreeSet<i64> {
        let hours =
            self.hours.iter().filter(|(source, _)| source.ends_with(".access")).flat_map(|(_, hours)| hours);
        hours.map(|hour| hour.div_euclid(24)).collect()
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
            for silence in silences(source, hours, scope) {
                let at = Time::from_micros(silence.from.saturating_mul(HOUR));
                let subject = Subject::new("log", source);
                let grade = (Severity::Medium, Confidence::Medium);
                found.push(
                    Finding::new("access", "log-gap", silence.title, grade.0, grade.1, subject, Some(at))
                        .because(silence.why),
                );
            }
        }
        found
    }

    /// The same in short, for the rows that are worth less for it.
    pub(super) fn doubts(&self, scope: &Scope) -> Vec<String> {
        const MOST: usize = 3;
        let all = self.hours.iter().flat_map(|(source, hours)| silences(source, hours, scope));
        let mut doubts: Vec<String> = all.map(|silence| format!("doubt: {}", silence.title)).collect();
        if doubts.len() > MOST {
            let more = doubts.len() - MOST;
            doubts.truncate(MOST);
            doubts.push(format!("doubt: {more} more stretches without a line"));
        }
        doubts
    }
}

/// A stretch of which a log says nothing.
struct Silence {
    from: i64,
    to: i64,
    title: String,
    why: &'static str,
}

/// Stretches without any line. How long one must be depends on how busy the instance is otherwise.
fn silences(source: &str, hours: &BTreeSet<i64>, scope: &Scope) -> Vec<Silence> {
    // Audit logs are quiet for days on a small instance; access logs are not.
    if !source.ends_with(".access") {
        return Vec::new();
    }
    let (Some(first), Some(last)) = (hours.first().copied(), hours.last().copied()) else {
        return Vec::new();
    };
    let time = |hour: i64| Time::from_micros(hour.saturating_mul(HOUR));
    let usual = usual_silence(hours);
    let mut found = Vec::new();
    for (before, after) in hours.iter().zip(hours.iter().skip(1)) {
        let (from, to) = (before.saturating_add(1), *after);
        let empty = to.saturating_sub(from);
        if empty > 0 && empty >= least(usual, from, to) {
            let title = format!(
                "{source} has no line for {empty} h, from {} to {}",
                time(from).short(),
                time(to).short()
            );
            let why = "what happened then is not in this log: rotated away, deleted, the product down, or the clock set";
            found.push(Silence { from, to, title, why });
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
        let why = "the log does not reach back: by default it is kept for ten days. Touches before then are only known from audit log and database";
        found.push(Silence { from: from.micros().div_euclid(HOUR), to: first, title, why });
    }
    let end = last.saturating_add(1);
    if let Some(to) = scope.to
        && to.micros().saturating_sub(HOUR) > end.saturating_mul(HOUR)
    {
        let title =
            format!("{source} ends at {}, before the window ends at {}", time(end).short(), to.short());
        let why = "collected before then, stopped, or cut off: what came later is not in it";
        found.push(Silence { from: end, to: to.micros().div_euclid(HOUR), title, why });
    }
    found.retain(|silence| {
        scope.to.is_none_or(|end| time(silence.from) <= end)
            && scope.from.is_none_or(|start| time(silence.to) >= start)
    });
    found
}

/// The longest silence of an ordinary day, in hours: the median over the days.
fn usual_silence(hours: &BTreeSet<i64>) -> i64 {
    let mut longest: BTreeMap<i64, i64> = hours.iter().map(|hour| (hour.div_euclid(24), 0)).collect();
    for (before, after) in hours.iter().zip(hours.iter().skip(1)) {
        let empty = after.saturating_sub(*before).saturating_sub(1);
        let day = longest.entry(before.div_euclid(24)).or_default();
        *day = (*day).max(empty);
    }
    let mut all: Vec<i64> = longest.into_values().collect();
    all.sort_unstable();
    all.get(all.len() / 2).copied().unwrap_or(0)
}

/// How long a silence must be to say something. Where nights are quiet, weekends are as well.
fn least(usual: i64, from: i64, to: i64) -> i64 {
    const NIGHT: i64 = 6;
    if usual < NIGHT {
        return usual.saturating_mul(2).saturating_add(1);
    }
    // 1970-01-01 was a Thursday: days 2 and 3 of each week since are Saturday and Sunday.
    let weekend =
        (from.div_euclid(24)..=to.div_euclid(24)).take(8).any(|day| matches!(day.rem_euclid(7), 2 | 3));
    if weekend { 68 } else { 30 }
}
