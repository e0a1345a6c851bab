//! Lengths of time as people write them: `90s`, `15m`, `2h`, `1d`, or seconds as a number.

use std::{fmt, str::FromStr, time::Duration};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;

/// A length of time, in whole seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Period(pub u64);

impl Period {
    /// As the standard library has it.
    pub fn duration(self) -> Duration {
        Duration::from_secs(self.0)
    }
}

impl FromStr for Period {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        let text = text.trim();
        let unit = text.trim_start_matches(|c: char| c.is_ascii_digit());
        let factor = match unit {
            "" | "s" => 1,
            "m" => 60,
            "h" => 3600,
            "d" => 86_400,
            _ => return Err(()),
        };
        let number = text.strip_suffix(unit).unwrap_or(text);
        number.parse::<u64>().ok().and_then(|number| number.checked_mul(factor)).map(Self).ok_or(())
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (unit, length) in [("d", 86_400), ("h", 3600), ("m", 60)] {
            if self.0 > 0 && self.0.is_multiple_of(length) {
                return write!(f, "{}{unit}", self.0 / length);
            }
        }
        write!(f, "{}s", self.0)
    }
}

impl Serialize for Period {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl JsonSchema for Period {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Period".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A length of time: 90s, 15m, 2h, 1d, or seconds as a number.",
            "anyOf": [{"type": "string", "pattern": "^[0-9]+[smhd]?$"}, {"type": "integer", "minimum": 0}],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_are_read_and_written() {
        for (text, seconds, shown) in [
            ("90s", 90, "90s"),
            ("15m", 900, "15m"),
            ("2h", 7200, "2h"),
            ("1d", 86_400, "1d"),
            ("7", 7, "7s"),
        ] {
            let period: Period = text.parse().unwrap();
            assert_eq!((period.0, period.to_string().as_str()), (seconds, shown));
        }
        for wrong in ["", "m", "1.5h", "-3s", "3 weeks", "99999999999999999999d"] {
            assert!(wrong.is_empty() || wrong.parse::<Period>().is_err(), "{wrong}");
        }
    }
}
