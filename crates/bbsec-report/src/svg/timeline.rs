//! The timeline: activity, what the actor did, what we did, and what the record does not cover.

use std::fmt::Write as _;

use bbsec_core::{Time, escape};

use super::label;
use crate::{Lane, Mark, Report, words};

const MINUTE: i64 = 60_000_000;
/// Widths of a tick, in minutes.
const STEPS: [i64; 16] =
    [1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2 * 1440, 7 * 1440, 14 * 1440, 30 * 1440];
const LEFT: f64 = 12.0;
const BARS: f64 = 96.0;

/// From time to x.
struct Axis {
    from: i64,
    to: i64,
    width: f64,
}

impl Axis {
    fn x(&self, time: Time) -> f64 {
        let part = (time.micros().saturating_sub(self.from)) as f64 / (self.to - self.from).max(1) as f64;
        LEFT + part.clamp(0.0, 1.0) * (self.width - 2.0 * LEFT)
    }

    fn holds(&self, time: Time) -> bool {
        (self.from..=self.to).contains(&time.micros())
    }
}

/// The picture at one width; `None` when there is nothing to show.
pub(crate) fn timeline(report: &Report, width: u32) -> Option<String> {
    let axis = axis(report, f64::from(width))?;
    let mut body = String::new();
    let top = 22.0;
    bars(&mut body, report, &axis, top);
    let mut y = top + BARS + 14.0;
    y = lane(&mut body, report, &axis, Lane::Attack, y);
    y = lane(&mut body, report, &axis, Lane::Response, y);
    let bottom = y + 4.0;
    let mut back = String::new();
    gaps(&mut back, report, &axis, top, bottom);
    ticks(&mut body, &axis, top, bottom);
    let height = bottom + 34.0;
    Some(format!(
        "<svg class=\"timeline w{width}\" viewBox=\"0 0 {width} {height:.0}\" role=\"img\" aria-label=\"{}\">\
         <defs><pattern id=\"hatch{width}\" width=\"7\" height=\"7\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\"><path class=\"hatchline\" d=\"M0 0V7\"/></pattern></defs>{back}{body}</svg>",
        escape::html(&alt(report))
    ))
}

/// The picture in a sentence.
fn alt(report: &Report) -> String {
    let attack = report.happened.marks.iter().filter(|mark| mark.lane == Lane::Attack).count();
    format!(
        "Timeline: {attack} marks of the actor, {} of the response, {} stretches without a record. The list below says the same in words.",
        report.happened.marks.len() - attack,
        report.happened.missing.len()
    )
}

/// The stretch that is shown: from a little before the first malicious moment to a little after the last mark.
fn axis(report: &Report, width: f64) -> Option<Axis> {
    let marks = || report.happened.marks.iter();
    let points = || marks().map(|m| m.time.micros()).chain(marks().filter_map(|m| m.end.map(Time::micros)));
    let activity = || report.activity.iter().map(|bucket| bucket.start.micros());
    let from = points().min().or_else(|| activity().min())?;
    let to = points().max().or_else(|| activity().max())?;
    let pad = ((to - from) / 12).max(20 * MINUTE);
    Some(Axis { from: from.saturating_sub(pad), to: to.saturating_add(pad), width })
}

/// Events per stretch; the root keeps few suspect events visible beside many ordinary ones.
fn bars(body: &mut String, report: &Report, axis: &Axis, top: f64) {
    let span = (axis.to - axis.from).max(1);
    let widest = report.activity.iter().map(|bucket| bucket.width_micros).max().unwrap_or(0).max(1);
    let room = ((axis.width - 2.0 * LEFT) / 5.0) as usize;
    // No narrower than what was counted: a column then never stands empty between two halves of a bucket.
    let columns = usize::try_from(span / widest).unwrap_or(room).clamp(1, room.max(1));
    let pitch = (axis.width - 2.0 * LEFT) / columns as f64;
    let mut sums = vec![(0_u64, 0_u64); columns];
    for bucket in &report.activity {
        if !axis.holds(bucket.start) {
            continue;
        }
        let at = (bucket.start.micros() - axis.from) as f64 / span as f64 * columns as f64;
        // A bucket wider than a column is spread over the columns that it covers.
        let wide = (bucket.width_micros as f64 / span as f64 * columns as f64).clamp(1.0, 400.0) as usize;
        for column in (at as usize)..(at as usize + wide) {
            if let Some((all, suspect)) = sums.get_mut(column) {
                *all = all.saturating_add(bucket.events / wide as u64);
                *suspect = suspect.saturating_add(bucket.suspect_events.div_ceil(wide as u64));
            }
        }
    }
    let most = sums.iter().map(|(all, suspect)| *all.max(suspect)).max().unwrap_or(0).max(1) as f64;
    let scaled = |n: u64| if n == 0 { 0.0 } else { ((n as f64 / most).sqrt() * BARS).max(2.0) };
    for (class, pick) in [("all", 0), ("suspect", 1)] {
        let mut path = String::new();
        for (column, sum) in sums.iter().enumerate() {
            let height = scaled(if pick == 0 { sum.0 } else { sum.1 });
            if height > 0.0 {
                let x = LEFT + column as f64 * pitch;
                let _ = write!(
                    path,
                    "M{x:.1} {:.1}h{w:.1}v{height:.1}h-{w:.1}z",
                    top + BARS - height,
                    w = (pitch - 1.0).max(1.0)
                );
            }
        }
        let _ = write!(body, "<path class=\"bar-{class}\" d=\"{path}\"/>");
    }
    let _ = write!(
        body,
        "<path class=\"rule\" d=\"M{LEFT} {y:.1}H{:.1}\"/><text class=\"note\" x=\"{LEFT}\" y=\"14\">Logged requests (height: square root)</text>",
        axis.width - LEFT,
        y = top + BARS
    );
}

/// Marks of one side, stacked where they would lie on each other; returns where the next lane begins.
fn lane(body: &mut String, report: &Report, axis: &Axis, lane: Lane, top: f64) -> f64 {
    let marks: Vec<&Mark> = report.happened.marks.iter().filter(|mark| mark.lane == lane).collect();
    if marks.is_empty() {
        return top;
    }
    let (class, name) = match lane {
        Lane::Attack => ("attack", "The actor"),
        Lane::Response => ("response", "We"),
    };
    let _ = write!(body, "<text class=\"lane {class}\" x=\"{LEFT}\" y=\"{:.1}\">{name}</text>", top + 10.0);
    let mut rows = Rows::default();
    let first = top + 26.0;
    for mark in marks {
        let x = axis.x(mark.time);
        let end = mark.end.map_or(x, |end| axis.x(end));
        let named = Name::fitting(&mark.title, x, end, axis.width);
        let (from, to) = named.as_ref().map_or((x, end), |name| (name.from.min(x), name.to.max(end)));
        let (row, free) = rows.place(from - 12.0, to + 12.0);
        let y = first + row as f64 * 25.0;
        let _ = write!(
            body,
            "<a href=\"#m{n}\" class=\"mark {class}\"><title>{t}</title>",
            n = mark.number,
            t = label(&format!("{}: {}", words::when(mark.time), mark.title), 200)
        );
        if end > x + 2.0 {
            let _ = write!(body, "<path class=\"span\" d=\"M{x:.1} {y:.1}H{end:.1}\"/>");
        }
        match lane {
            Lane::Attack => {
                let _ = write!(body, "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"10\"/>");
            }
            Lane::Response => {
                let _ = write!(
                    body,
                    "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"20\" height=\"20\" rx=\"3\"/>",
                    x - 10.0,
                    y - 10.0
                );
            }
        }
        let _ = write!(body, "<text x=\"{x:.1}\" y=\"{:.1}\">{}</text>", y + 3.8, mark.number);
        if let Some(name) = named.filter(|_| free) {
            let at = name.from;
            let _ =
                write!(body, "<text class=\"name\" x=\"{at:.1}\" y=\"{:.1}\">{}</text>", y + 3.8, name.text);
        }
        body.push_str("</a>");
    }
    first + rows.taken.len() as f64 * 25.0 - 4.0
}

/// What stands beside a mark, and from where to where.
struct Name {
    from: f64,
    to: f64,
    text: String,
}

impl Name {
    /// Average width of a character at the size that the style sheet gives these names.
    const CHARACTER: f64 = 6.1;

    /// To the right of the mark and its span, else to its left; none where the picture is too narrow to read.
    fn fitting(title: &str, x: f64, end: f64, width: f64) -> Option<Self> {
        if width < 800.0 {
            return None;
        }
        let long = title.chars().count().min(46);
        let wide = long as f64 * Self::CHARACTER;
        let right = end + 16.0;
        let from = if right + wide <= width - LEFT { right } else { x - 16.0 - wide };
        (from >= LEFT).then(|| Self { from, to: from + wide, text: label(title, long) })
    }
}

/// Rows of a lane and what is taken in each.
#[derive(Default)]
struct Rows {
    taken: Vec<Vec<(f64, f64)>>,
}

impl Rows {
    const MOST: usize = 26;

    /// The first row in which the stretch is free, and whether there was one; beyond the last they lie on each other.
    fn place(&mut self, from: f64, to: f64) -> (usize, bool) {
        let free = |row: &Vec<(f64, f64)>| row.iter().all(|(a, b)| to <= *a || from >= *b);
        let room = self.taken.iter().position(free);
        if room.is_none() && self.taken.len() < Self::MOST {
            self.taken.push(vec![(from, to)]);
            return (self.taken.len() - 1, true);
        }
        let at = room.unwrap_or(self.taken.len() - 1);
        if let Some(row) = self.taken.get_mut(at) {
            row.push((from, to));
        }
        (at, room.is_some())
    }
}

fn gaps(back: &mut String, report: &Report, axis: &Axis, top: f64, bottom: f64) {
    for period in &report.happened.missing {
        let (from, to) = (axis.x(period.from), axis.x(period.to));
        if period.to.micros() < axis.from || period.from.micros() > axis.to {
            continue;
        }
        let width = (to - from).max(3.0);
        let _ = write!(
            back,
            "<g class=\"missing\"><title>{}</title><rect x=\"{from:.1}\" y=\"{top:.1}\" width=\"{width:.1}\" height=\"{:.1}\" fill=\"url(#hatch{:.0})\"/>",
            label(
                &format!(
                    "No record, {}: {}. {}",
                    words::span(period.from, period.to),
                    period.what,
                    period.why
                ),
                300
            ),
            bottom - top,
            axis.width
        );
        if width > 60.0 {
            let _ = write!(
                back,
                "<text x=\"{:.1}\" y=\"{:.1}\">no record</text>",
                from + width / 2.0,
                top + 14.0
            );
        }
        back.push_str("</g>");
    }
}

fn ticks(body: &mut String, axis: &Axis, top: f64, bottom: f64) {
    let span = axis.to - axis.from;
    let room = ((axis.width - 2.0 * LEFT) / 92.0).max(2.0) as i64;
    let step =
        STEPS.iter().map(|m| m * MINUTE).find(|step| span / step <= room).unwrap_or((span / room).max(1));
    let mut at = axis.from.div_euclid(step) * step + step;
    let mut day = String::new();
    while at <= axis.to {
        let time = Time::from_micros(at);
        let x = axis.x(time);
        let clock = time.to_chrono();
        let _ = write!(body, "<path class=\"tick\" d=\"M{x:.1} {top:.1}V{:.1}\"/>", bottom + 4.0);
        if step < 1440 * MINUTE {
            let _ = write!(
                body,
                "<text class=\"time\" x=\"{x:.1}\" y=\"{:.1}\">{}</text>",
                bottom + 16.0,
                clock.format("%H:%M")
            );
        }
        let date = clock.format("%-d %b").to_string();
        if date != day {
            let year = if day.is_empty() { clock.format(" %Y").to_string() } else { String::new() };
            let _ = write!(
                body,
                "<text class=\"date\" x=\"{x:.1}\" y=\"{:.1}\">{date}{year}</text>",
                bottom + 29.0
            );
            day = date;
        }
        at += step;
    }
}
