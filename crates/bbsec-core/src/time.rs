//! Points in time: UTC, microseconds, written as RFC 3339 with `Z`.

use std::{fmt, str::FromStr};

use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Microseconds since 1970-01-01T00:00:00Z.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize, JsonSchema,
)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct Time(i64);

/// A text that is no point in time.
#[derive(Debug, Clone, thiserror::Error)]
#[error("not a time: {0:?} (write 2026-11-20, 2026-11-20T03:00Z or 2026-11-20T03:00:00.000000Z)")]
pub struct BadTime(pub String);

impl Time {
    /// The time of day, now.
    pub fn now() -> Self {
        Self(Utc::now().timestamp_micros())
    }

    /// From microseconds since the epoch.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// From milliseconds since the epoch, the unit in most Atlassian tables.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis.saturating_mul(1000))
    }

    /// Microseconds since the epoch.
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// As a chrono value. Values beyond chrono's range become the epoch.
    pub fn to_chrono(self) -> DateTime<Utc> {
        DateTime::from_timestamp_micros(self.0).unwrap_or_default()
    }

    /// The UTC day, as `YYYY-MM-DD`.
    pub fn date(self) -> String {
        self.to_chrono().format("%Y-%m-%d").to_string()
    }

    /// To the second, for tables that people read: `2026-11-20 03:00:00Z`.
    pub fn short(self) -> String {
        self.to_chrono().format("%Y-%m-%d %H:%M:%SZ").to_string()
    }

    /// The distance to a later time, in microseconds, saturating.
    pub const fn until(self, later: Self) -> i64 {
        later.0.saturating_sub(self.0)
    }
}

impl From<DateTime<Utc>> for Time {
    fn from(value: DateTime<Utc>) -> Self {
        Self(value.timestamp_micros())
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_chrono().to_rfc3339_opts(SecondsFormat::Micros, true))
    }
}

impl From<Time> for String {
    fn from(value: Time) -> Self {
        value.to_string()
    }
}

impl TryFrom<String> for Time {
    type Error = BadTime;
    fn try_from(value: String) -> Result<Self, BadTime> {
        value.parse()
    }
}

impl FromStr for Time {
    type Err = BadTime;

    /// RFC 3339; a missing zone means UTC, missing seconds or a missing time of day mean zero.
    fn from_str(text: &str) -> Result<Self, BadTime> {
        let bad = || BadTime(text.chars().take(60).collect());
        let trimmed = text.trim();
        if let Ok(date) = NaiveDate::parse_from_str(trimmed, "%Y-%m-%d") {
            return date.and_hms_opt(0, 0, 0).map(|t| t.and_utc().into()).ok_or_else(bad);
        }
        let iso = trimmed.replacen(' ', "T", 1);
        if let Ok(time) = DateTime::parse_from_rfc3339(&iso) {
            return Ok(time.with_timezone(&Utc).into());
        }
        let bare = iso.trim_end_matches(['Z', 'z']);
        for format in ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%dT%H:%M"] {
            if let Ok(time) = chrono::NaiveDateTime::parse_from_str(bare, format) {
                return Ok(time.and_utc().into());
            }
        }
        Err(bad())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_people_type_and_prints_rfc_3339() {
        for (typed, printed) in [
            ("2026-11-20", "2026-11-20T00:00:00.000000Z"),
            ("2026-11-20T03:00Z", "2026-11-20T03:00:00.000000Z"),
            ("2026-11-20 03:00", "2026-11-20T03:00:00.000000Z"),
            ("2026-11-20T03:00:01.5+01:00", "2026-11-20T02:00:01.500000Z"),
        ] {
            assert_eq!(typed.parse::<Time>().unwrap().to_string(), printed);
        }
        assert!("yesterday".parse::<Time>().is_err());
    }
}
