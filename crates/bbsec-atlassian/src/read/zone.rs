//! Time zones of logs that print none: which one is meant, and from local time to UTC.

use std::collections::BTreeMap;

use bbsec_core::Time;
use chrono::{DateTime, LocalResult, NaiveDateTime, Offset, TimeZone};

use super::Stamp;

/// A text that names no time zone.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{source_name}: not a time zone: {value:?} (write an IANA name like Europe/Berlin, UTC, or +02:00)")]
pub struct BadZone {
    /// The source for which it was given.
    pub source_name: String,
    /// What was given.
    pub value: String,
}

/// One time zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Zone {
    /// Seconds east of UTC, all year.
    Fixed(i32),
    /// A place with its rules for summer time.
    Named(chrono_tz::Tz),
}

impl Zone {
    /// Coordinated universal time.
    pub const UTC: Self = Self::Fixed(0);

    /// An IANA name, `UTC`, `Z`, or an offset: `+02:00`, `+0200`, `-5`, `UTC+2`.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.eq_ignore_ascii_case("utc")
            || text.eq_ignore_ascii_case("z")
            || text.eq_ignore_ascii_case("gmt")
        {
            return Some(Self::UTC);
        }
        let bare = ["UTC", "GMT"].iter().find_map(|prefix| text.strip_prefix(prefix)).unwrap_or(text);
        if let Some(sign) = bare.chars().next().filter(|c| matches!(c, '+' | '-')) {
            let digits = bare.get(1..)?.replace(':', "");
            if digits.is_empty() || digits.len() > 4 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
                return None;
            }
            let number: i32 = digits.parse().ok()?;
            let (hours, minutes) = if digits.len() <= 2 { (number, 0) } else { (number / 100, number % 100) };
            let seconds = hours * 3600 + minutes * 60;
            return (hours <= 18 && minutes < 60).then_some(Self::Fixed(if sign == '-' {
                -seconds
            } else {
                seconds
            }));
        }
        text.parse().ok().map(Self::Named)
    }

    /// The name: IANA or `UTC+02:00`.
    pub fn name(self) -> String {
        match self {
            Self::Fixed(0) => "UTC".into(),
            Self::Fixed(seconds) => {
                let sign = if seconds < 0 { '-' } else { '+' };
                let seconds = seconds.unsigned_abs();
                format!("UTC{sign}{:02}:{:02}", seconds / 3600, seconds / 60 % 60)
            }
            Self::Named(tz) => tz.name().into(),
        }
    }
}

/// Which zone each source is in, as the responder gave it: `default`, or the beginning of a log's file name or path,
/// or of a source (`bitbucket.access`), to a zone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Zones {
    given: BTreeMap<String, String>,
}

impl Zones {
    /// From the scope of a case or from the command line.
    pub fn new(given: BTreeMap<String, String>) -> Self {
        Self { given }
    }

    /// Checks every entry, so that a slip is told before hours of work.
    pub fn check(&self) -> Result<(), BadZone> {
        for (source, value) in &self.given {
            if Zone::parse(value).is_none() {
                return Err(BadZone { source_name: source.clone(), value: value.clone() });
            }
        }
        Ok(())
    }

    /// The zone given for a log, by the longest matching entry; with how it was found.
    pub fn find(&self, file: &str, source: &str) -> Option<(Zone, String)> {
        let name = file.rsplit(['/', '!']).next().unwrap_or(file);
        let fits = |key: &str| {
            file.starts_with(key) || name.starts_with(key) || (!key.is_empty() && source.starts_with(key))
        };
        let (key, value) = self
            .given
            .iter()
            .filter(|(key, _)| *key != "default" && fits(key))
            .max_by_key(|(key, _)| key.len())
            .or_else(|| self.given.get_key_value("default"))?;
        let how = if key == "default" { "given".to_owned() } else { format!("given for {key}") };
        Some((Zone::parse(value)?, how))
    }
}

/// Turns local times of one file into UTC. Keeps the offset from one quarter of an hour to the next, and uses the
/// order of the lines where summer time ends and an hour is printed twice.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    zone: Zone,
    quarter: i64,
    offset: i32,
    last: i64,
    /// Within an hour that is printed twice: its second time has begun.
    again: bool,
}

const QUARTER: i64 = 15 * 60 * 1_000_000;

impl Clock {
    /// A clock in that zone.
    pub fn new(zone: Zone) -> Self {
        Self { zone, quarter: i64::MIN, offset: 0, last: i64::MIN, again: false }
    }

    /// The zone.
    pub fn zone(&self) -> Zone {
        self.zone
    }

    /// UTC of a stamp; the offset that it prints goes first.
    pub fn utc(&mut self, stamp: Stamp) -> Time {
        let offset = match (stamp.offset, self.zone) {
            (Some(offset), _) | (None, Zone::Fixed(offset)) => offset,
            (None, Zone::Named(tz)) => {
                let quarter = stamp.local.div_euclid(QUARTER);
                if quarter != self.quarter {
                    (self.quarter, self.offset) = self.look_up(tz, stamp.local, quarter);
                }
                self.offset
            }
        };
        let utc = stamp.local.saturating_sub(i64::from(offset).saturating_mul(1_000_000));
        self.last = utc;
        Time::from_micros(utc)
    }

    fn look_up(&mut self, tz: chrono_tz::Tz, local: i64, quarter: i64) -> (i64, i32) {
        let naive: NaiveDateTime = DateTime::from_timestamp_micros(local).unwrap_or_default().naive_utc();
        let seconds = |at: DateTime<chrono_tz::Tz>| at.offset().fix().local_minus_utc();
        match tz.from_local_datetime(&naive) {
            LocalResult::Single(at) => {
                self.again = false;
                (quarter, seconds(at))
            }
            LocalResult::Ambiguous(early, late) => {
                // Both could be meant. Lines come in order: the early one, until that goes well back in time. Not
                // kept, since the answer changes within the quarter when the hour is printed again.
                let back = self.last.saturating_sub(early.timestamp_micros());
                self.again |= self.last != i64::MIN && back > 10 * 60 * 1_000_000;
                (i64::MIN, seconds(if self.again { late } else { early }))
            }
            LocalResult::None => {
                // The hour that summer time skips: a clock that had not switched yet.
                let before = naive - chrono::Duration::hours(3);
                let offset = tz.from_local_datetime(&before).earliest().map_or(0, seconds);
                (quarter, offset)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::iso;

    fn utc(clock: &mut Clock, text: &str) -> String {
        clock.utc(iso(text.as_bytes()).unwrap().0).short()
    }

    #[test]
    fn reads_names_and_offsets() {
        for (text, name) in [
            ("Europe/Berlin", Some("Europe/Berlin")),
            ("UTC", Some("UTC")),
            ("+02:00", Some("UTC+02:00")),
            ("-0330", Some("UTC-03:30")),
            ("UTC+2", Some("UTC+02:00")),
            ("+99", None),
            ("Middle/Earth", None),
            ("+", None),
        ] {
            assert_eq!(Zone::parse(text).map(Zone::name).as_deref(), name, "{text}");
        }
    }

    #[test]
    fn summer_time_is_followed_in_the_order_of_the_lines() {
        let mut clock = Clock::new(Zone::parse("Europe/Berlin").unwrap());
        assert_eq!(utc(&mut clock, "2026-03-29 01:59:59"), "2026-03-29 00:59:59Z");
        assert_eq!(utc(&mut clock, "2026-03-29 03:00:00"), "2026-03-29 01:00:00Z");
        assert_eq!(utc(&mut clock, "2026-10-25 02:10:00"), "2026-10-25 00:10:00Z");
        assert_eq!(utc(&mut clock, "2026-10-25 02:59:00"), "2026-10-25 00:59:00Z");
        assert_eq!(utc(&mut clock, "2026-10-25 02:01:00"), "2026-10-25 01:01:00Z");
        assert_eq!(utc(&mut clock, "2026-10-25 02:59:00"), "2026-10-25 01:59:00Z");
        assert_eq!(utc(&mut clock, "2026-10-25 03:00:00"), "2026-10-25 02:00:00Z");
    }

    #[test]
    fn the_longest_entry_wins() {
        let zones = Zones::new(BTreeMap::from([
            ("default".into(), "UTC".into()),
            ("atlassian-bitbucket".into(), "+01:00".into()),
            ("atlassian-bitbucket-access".into(), "+02:00".into()),
        ]));
        for (file, name) in [
            ("log/atlassian-bitbucket-access-2026-01-01.log.gz", "UTC+02:00"),
            ("log/atlassian-bitbucket.log", "UTC+01:00"),
            ("x.log", "UTC"),
        ] {
            assert_eq!(zones.find(file, "").unwrap().0.name(), name);
        }
        assert!(Zones::new(BTreeMap::from([("a".into(), "b".into())])).check().is_err());
    }
}
