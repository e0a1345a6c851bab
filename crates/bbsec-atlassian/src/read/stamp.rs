//! Timestamps as logs print them, read without allocating. The day is kept from line to line.

/// A point in time as printed: local microseconds since 1970-01-01T00:00:00, and the offset where one is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    /// Microseconds of the local time, read as if it were UTC.
    pub local: i64,
    /// Seconds east of UTC, when the log prints them.
    pub offset: Option<i32>,
}

const DAY: i64 = 86_400;

fn digits(bytes: &[u8]) -> Option<i64> {
    let mut value = 0_i64;
    for byte in bytes {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        value = value * 10 + i64::from(digit);
    }
    Some(value)
}

/// Days from 1970-01-01 to a day of the Gregorian calendar; `None` for a day that does not exist.
fn days(year: i64, month: i64, day: i64) -> Option<i64> {
    let date = chrono::NaiveDate::from_ymd_opt(
        i32::try_from(year).ok()?,
        u32::try_from(month).ok()?,
        u32::try_from(day).ok()?,
    )?;
    Some(date.signed_duration_since(chrono::NaiveDate::default()).num_days())
}

fn clock(hms: &[u8]) -> Option<i64> {
    let [h1, h2, b':', m1, m2, b':', s1, s2] = hms else { return None };
    let (hour, minute, second) = (digits(&[*h1, *h2])?, digits(&[*m1, *m2])?, digits(&[*s1, *s2])?);
    // A leap second is printed as 60.
    (hour < 24 && minute < 60 && second <= 60).then_some(hour * 3600 + minute * 60 + second)
}

/// Reads stamps and keeps the last day that it computed.
#[derive(Debug, Clone, Copy, Default)]
pub struct StampReader {
    day: [u8; 11],
    seconds: i64,
}

impl StampReader {
    /// `2015-09-09 15:21:08,431` and its variants: `T` for the blank, `.` for the comma, no milliseconds.
    /// Returns how many bytes it took.
    pub fn iso(&mut self, text: &[u8]) -> Option<(Stamp, usize)> {
        let day = text.get(..10)?;
        let start = if self.day.get(..10) == Some(day) {
            self.seconds
        } else {
            let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = day else { return None };
            let days = days(digits(&[*y1, *y2, *y3, *y4])?, digits(&[*m1, *m2])?, digits(&[*d1, *d2])?)?;
            self.seconds = days * DAY;
            self.day.get_mut(..10)?.copy_from_slice(day);
            self.seconds
        };
        if !matches!(text.get(10), Some(b' ' | b'T')) {
            return None;
        }
        let second = clock(text.get(11..19)?)?;
        let mut micros = (start + second) * 1_000_000;
        let mut taken = 19;
        if matches!(text.get(19), Some(b',' | b'.')) {
            let fraction = text.get(20..).unwrap_or_default();
            let length = fraction.iter().take(9).take_while(|byte| byte.is_ascii_digit()).count();
            if length > 0 {
                let value = digits(fraction.get(..length)?)?;
                micros += value * 1_000_000 / 10_i64.pow(u32::try_from(length).ok()?);
                taken += 1 + length;
            }
        }
        // Jira prints the offset right after the milliseconds: `09:00:45,317+0000`.
        let mut offset = None;
        if let Some([sign @ (b'+' | b'-'), h1, h2, m1, m2]) = text.get(taken..taken + 5)
            && let (Some(hours), Some(minutes)) = (digits(&[*h1, *h2]), digits(&[*m1, *m2]))
        {
            let seconds = i32::try_from(hours * 3600 + minutes * 60).ok()?;
            offset = Some(if *sign == b'-' { -seconds } else { seconds });
            taken += 5;
        }
        Some((Stamp { local: micros, offset }, taken))
    }

    /// `17/Jun/2021:12:57:26 +0200`, without the brackets. Returns how many bytes it took.
    pub fn clf(&mut self, text: &[u8]) -> Option<(Stamp, usize)> {
        let day = text.get(..11)?;
        let start = if self.day == day {
            self.seconds
        } else {
            let [d1, d2, b'/', a, b, c, b'/', y1, y2, y3, y4] = day else { return None };
            let name = [a.to_ascii_lowercase(), b.to_ascii_lowercase(), c.to_ascii_lowercase()];
            let months: [&[u8; 3]; 12] = [
                b"jan", b"feb", b"mar", b"apr", b"may", b"jun", b"jul", b"aug", b"sep", b"oct", b"nov",
                b"dec",
            ];
            let month = months.iter().position(|month| **month == name)? as i64 + 1;
            let days = days(digits(&[*y1, *y2, *y3, *y4])?, month, digits(&[*d1, *d2])?)?;
            self.seconds = days * DAY;
            self.day.copy_from_slice(day);
            self.seconds
        };
        if text.get(11) != Some(&b':') {
            return None;
        }
        let second = clock(text.get(12..20)?)?;
        let mut stamp = Stamp { local: (start + second) * 1_000_000, offset: None };
        if let Some([b' ', sign @ (b'+' | b'-'), h1, h2, m1, m2]) = text.get(20..26) {
            let seconds = digits(&[*h1, *h2])? * 3600 + digits(&[*m1, *m2])? * 60;
            let seconds = i32::try_from(seconds).ok()?;
            stamp.offset = Some(if *sign == b'-' { -seconds } else { seconds });
            return Some((stamp, 26));
        }
        Some((stamp, 20))
    }
}

/// One stamp of the `2015-09-09 15:21:08,431` kind.
pub fn iso(text: &[u8]) -> Option<(Stamp, usize)> {
    StampReader::default().iso(text)
}

/// One stamp of the `17/Jun/2021:12:57:26 +0200` kind.
pub fn clf(text: &[u8]) -> Option<(Stamp, usize)> {
    StampReader::default().clf(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utc(stamp: Stamp) -> String {
        bbsec_core::Time::from_micros(stamp.local - i64::from(stamp.offset.unwrap_or(0)) * 1_000_000)
            .to_string()
    }

    #[test]
    fn reads_what_the_products_print() {
        let mut reader = StampReader::default();
        for (text, time, taken) in [
            ("2015-09-09 15:21:08,431 |", "2015-09-09T15:21:08.431000Z", 23),
            ("2015-09-09 15:21:09,002", "2015-09-09T15:21:09.002000Z", 23),
            ("2016-02-29T00:00:00", "2016-02-29T00:00:00.000000Z", 19),
            ("2016-12-31 23:59:60,5", "2017-01-01T00:00:00.500000Z", 21),
        ] {
            let (stamp, length) = reader.iso(text.as_bytes()).unwrap();
            assert_eq!((utc(stamp).as_str(), length), (time, taken), "{text}");
        }
        let (stamp, length) = clf(b"17/Jun/2021:12:57:26 +0200] user").unwrap();
        assert_eq!((utc(stamp).as_str(), length), ("2021-06-17T10:57:26.000000Z", 26));
        let (stamp, _) = clf(b"03/Oct/2022:09:02:00 -0500").unwrap();
        assert_eq!(utc(stamp), "2022-10-03T14:02:00.000000Z");
    }

    #[test]
    fn refuses_what_is_no_time() {
        for text in
            ["2015-02-30 00:00:00,000", "2015-13-01 00:00:00", "2015-01-01 24:00:00", "2015-01-01", "", "x"]
        {
            assert_eq!(iso(text.as_bytes()), None, "{text}");
        }
        for text in ["31/Feb/2021:00:00:00 +0000", "01/Foo/2021:00:00:00", "01/Jan/2021 00:00:00"] {
            assert_eq!(clf(text.as_bytes()), None, "{text}");
        }
    }
}
