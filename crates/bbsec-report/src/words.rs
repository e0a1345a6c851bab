//! Small phrases that more than one part of a report uses.

use std::collections::BTreeMap;

use bbsec_core::{Actor, Time};

/// As much of a name as fits into a sentence. The whole stands in the tables and in the JSON form.
pub(crate) fn brief(text: &str) -> std::borrow::Cow<'_, str> {
    match text.char_indices().nth(80) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()).into(),
        None => text.into(),
    }
}

/// An actor in a few words: who, with what, from where.
pub(crate) fn actor(actor: &Actor) -> String {
    let user = brief(actor.user.as_deref().unwrap_or("an anonymous client"));
    let with = match (actor.tokens.first(), actor.ssh_keys.first()) {
        (Some(token), _) => format!(" with token {}", brief(token)),
        (None, Some(key)) => format!(" with SSH key {}", brief(key)),
        (None, None) => String::new(),
    };
    let from = match actor.ips.as_slice() {
        [] => String::new(),
        [ip] => format!(" from {}", brief(ip)),
        [ip, rest @ ..] => format!(" from {} and {} more", brief(ip), rest.len()),
    };
    format!("{user}{with}{from}")
}

/// `clone ×3, browse ×12`.
pub(crate) fn verbs(verbs: &BTreeMap<String, u64>) -> String {
    verbs.iter().map(|(verb, n)| format!("{} ×{}", brief(verb), count(*n))).collect::<Vec<_>>().join(", ")
}

/// `1 repository`, `14 repositories`.
pub(crate) fn many(n: usize, one: &str, more: &str) -> String {
    if n == 1 { format!("1 {one}") } else { format!("{} {more}", count(n as u64)) }
}

/// With a comma every three digits.
pub(crate) fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Bytes in decimal units, as far as a person reads them.
pub(crate) fn bytes(n: u64) -> String {
    const UNITS: [&str; 6] = ["B", "kB", "MB", "GB", "TB", "PB"];
    let mut value = n as f64;
    let mut unit = 0;
    while value >= 999.5 && unit + 1 < UNITS.len() {
        value /= 1000.0;
        unit += 1;
    }
    let name = UNITS.get(unit).copied().unwrap_or("B");
    if unit == 0 || value >= 99.5 { format!("{value:.0} {name}") } else { format!("{value:.1} {name}") }
}

/// `18 Nov 2026, 03:14:05 UTC`.
pub(crate) fn when(time: Time) -> String {
    time.to_chrono().format("%-d %b %Y, %H:%M:%S UTC").to_string()
}

/// A stretch of time, with the day said once where it is the same.
pub(crate) fn span(first: Time, last: Time) -> String {
    if first.date() == last.date() {
        let (a, b) = (first.to_chrono(), last.to_chrono());
        format!("{}, {} to {} UTC", a.format("%-d %b %Y"), a.format("%H:%M"), b.format("%H:%M"))
    } else {
        let (a, b) = (first.to_chrono(), last.to_chrono());
        format!("{} to {} UTC", a.format("%-d %b %Y, %H:%M"), b.format("%-d %b %Y, %H:%M"))
    }
}

/// `2 h 5 min`, `3 d 4 h`: two units at most.
pub(crate) fn duration(micros: i64) -> String {
    let seconds = micros.unsigned_abs() / 1_000_000;
    let (d, h, m, s) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    match (d, h, m) {
        (0, 0, 0) => format!("{s} s"),
        (0, 0, _) => format!("{m} min"),
        (0, _, 0) => format!("{h} h"),
        (0, _, _) => format!("{h} h {m} min"),
        (_, 0, _) => format!("{d} d"),
        _ => format!("{d} d {h} h"),
    }
}

/// `25 minutes`, `9 days`: one unit, spelled out, for the middle of a sentence.
pub(crate) fn spelled(micros: i64) -> String {
    let seconds = micros.unsigned_abs() / 1_000_000;
    let (count, unit) = match seconds {
        0..60 => (seconds, "second"),
        60..7_200 => (seconds / 60, "minute"),
        7_200..172_800 => (seconds / 3600, "hour"),
        _ => (seconds / 86_400, "day"),
    };
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        assert_eq!([0, 999, 1000, 1_234_567].map(count), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!(
            [0, 999, 1500, 12_345_678, u64::MAX].map(bytes),
            ["0 B", "999 B", "1.5 kB", "12.3 MB", "18447 PB"]
        );
        assert_eq!(duration(7_500_000_000), "2 h 5 min");
        assert_eq!(
            [1, 90, 3_600, 89_893, 777_600].map(|seconds| spelled(seconds * 1_000_000)),
            ["1 second", "1 minute", "60 minutes", "24 hours", "9 days"]
        );
    }
}
