//! The join: actor, what they read, the credentials in it, and what was done with those in AWS.

use std::{collections::BTreeMap, fmt::Write as _};

use bbsec_core::escape;

use super::label;
use crate::{Class, Report, RotationItem, words};

const MOST: [usize; 4] = [6, 9, 11, 9];
const WIDTH: f64 = 1120.0;
const COLUMN: [f64; 4] = [0.0, 292.0, 584.0, 876.0];
const BOX: f64 = 232.0;
const TALL: f64 = 38.0;
const STEP: f64 = 50.0;
const TOP: f64 = 34.0;

/// One thing in a column.
struct Node {
    /// The item that it leads to.
    rank: Option<usize>,
    text: String,
    sub: String,
    class: &'static str,
}

/// Columns of nodes, and the lines between neighbouring columns.
#[derive(Default)]
struct Picture {
    columns: [Vec<Node>; 4],
    index: [BTreeMap<String, usize>; 4],
    left_out: [usize; 4],
    lines: Vec<(usize, usize, usize, bool)>,
}

impl Picture {
    /// The node of that key, made where there is room.
    fn node(&mut self, column: usize, key: &str, make: impl FnOnce() -> Node) -> Option<usize> {
        let (index, nodes, most, out) = (
            self.index.get_mut(column)?,
            self.columns.get_mut(column)?,
            *MOST.get(column)?,
            self.left_out.get_mut(column)?,
        );
        if let Some(at) = index.get(key) {
            return (*at != usize::MAX).then_some(*at);
        }
        if nodes.len() == most {
            index.insert(key.to_owned(), usize::MAX);
            *out += 1;
            return None;
        }
        index.insert(key.to_owned(), nodes.len());
        nodes.push(make());
        Some(nodes.len() - 1)
    }

    fn line(&mut self, column: usize, from: Option<usize>, to: Option<usize>, hot: bool) {
        let (Some(from), Some(to)) = (from, to) else { return };
        match self.lines.iter_mut().find(|line| (line.0, line.1, line.2) == (column, from, to)) {
            Some(line) => line.3 |= hot,
            None => self.lines.push((column, from, to, hot)),
        }
    }
}

/// Items that the picture shows: reached or used by the actor.
fn shown(report: &Report) -> impl Iterator<Item = &RotationItem> {
    report
        .rotation
        .items
        .iter()
        .filter(|item| !item.is_dismissed() && !item.found_at.is_empty())
        .filter(|item| item.class <= Class::Exposed)
}

/// The picture; `None` when no credential was within the actor's reach.
pub(crate) fn join(report: &Report) -> Option<String> {
    let mut picture = Picture::default();
    for item in shown(report) {
        add(&mut picture, item);
    }
    if picture.columns.get(2).is_none_or(Vec::is_empty) {
        return None;
    }
    let rows = picture
        .columns
        .iter()
        .zip(picture.left_out)
        .map(|(nodes, out)| nodes.len() + usize::from(out > 0))
        .max()
        .unwrap_or(1);
    let height = TOP + rows as f64 * STEP;
    let mut body = String::new();
    draw(&mut body, &picture, height);
    Some(format!(
        "<svg class=\"join\" viewBox=\"0 0 {WIDTH} {height:.0}\" role=\"img\" aria-label=\"The actor, what they read, the credentials in it, and what was done with those. The list below says the same in words.\">{body}</svg>"
    ))
}

fn add(picture: &mut Picture, item: &RotationItem) {
    let hot = item.class == Class::Used;
    let credential = picture.node(2, &item.id, || Node {
        rank: Some(item.rank),
        text: item.name.clone(),
        sub: format!("{} · {}", item.rank, item.kind),
        class: if hot { "hot" } else { "warm" },
    });
    for exposure in &item.exposed_to {
        let actor = picture.node(0, &exposure.actor, || {
            let (who, from) = exposure.actor.split_once(" from ").unwrap_or((&exposure.actor, ""));
            Node { rank: None, text: who.to_owned(), sub: from.to_owned(), class: "actor" }
        });
        let target = picture.node(1, &exposure.target, || Node {
            rank: None,
            text: exposure.target.clone(),
            sub: format!(
                "{}, {}",
                if exposure.how == "whole" { "taken whole" } else { "read in part" },
                words::bytes(exposure.bytes_out)
            ),
            class: "plain",
        });
        picture.line(0, actor, target, hot);
        picture.line(1, target, credential, hot);
    }
    for used in item.used.iter().filter(|used| used.finding.is_some()) {
        let key = format!("{}\u{0}{}", used.action, used.by_actor);
        let call = picture.node(3, &key, || Node {
            rank: None,
            text: used.action.clone(),
            sub: match used.ips.as_slice() {
                [] => format!("×{}", words::count(used.count)),
                [ip, ..] => format!("×{} from {ip}", words::count(used.count)),
            },
            class: if used.by_actor { "hot" } else { "plain" },
        });
        picture.line(2, credential, call, used.by_actor);
    }
}

/// Where a node's box begins: columns are centred against each other.
fn y(picture: &Picture, column: usize, row: usize, height: f64) -> f64 {
    let count = picture.columns.get(column).map_or(0, Vec::len)
        + usize::from(picture.left_out.get(column).is_some_and(|out| *out > 0));
    let free = (height - TOP - count as f64 * STEP).max(0.0);
    TOP + free / 2.0 + row as f64 * STEP + (STEP - TALL) / 2.0
}

fn draw(body: &mut String, picture: &Picture, height: f64) {
    let mut lines = picture.lines.clone();
    lines.sort_by_key(|line| line.3);
    for (column, from, to, hot) in lines {
        let (Some(x1), Some(x2)) = (COLUMN.get(column).map(|x| x + BOX), COLUMN.get(column + 1)) else {
            continue;
        };
        let (y1, y2) =
            (y(picture, column, from, height) + TALL / 2.0, y(picture, column + 1, to, height) + TALL / 2.0);
        let middle = f64::midpoint(x1, *x2);
        let class = if hot { "flow hot" } else { "flow" };
        let _ = write!(
            body,
            "<path class=\"{class}\" d=\"M{x1:.0} {y1:.1}C{middle:.0} {y1:.1} {middle:.0} {y2:.1} {x2:.0} {y2:.1}\"/>"
        );
    }
    let titles = ["Who", "What they read", "Credentials in it", "What was done with them"];
    for (column, ((nodes, title), x)) in picture.columns.iter().zip(titles).zip(COLUMN).enumerate() {
        let _ = write!(body, "<text class=\"head\" x=\"{x:.0}\" y=\"14\">{title}</text>");
        if nodes.is_empty() {
            let at = y(picture, column, 0, height) + TALL / 2.0;
            let none = if column == 3 { "no use seen" } else { "not known" };
            let _ = write!(body, "<text class=\"none\" x=\"{x:.0}\" y=\"{at:.1}\">{none}</text>");
        }
        for (row, node) in nodes.iter().enumerate() {
            let top = y(picture, column, row, height);
            // Cards are written out for the first items only; the rest is in the table.
            let (open, close) = match node.rank {
                Some(rank) if rank <= crate::render::CARDS => (format!("<a href=\"#r{rank}\">"), "</a>"),
                _ => (String::new(), ""),
            };
            let _ = write!(
                body,
                "{open}<g class=\"node {}\"><title>{}</title><rect x=\"{x:.0}\" y=\"{top:.1}\" width=\"{BOX}\" height=\"{TALL}\" rx=\"4\"/><text x=\"{:.0}\" y=\"{:.1}\">{}</text><text class=\"sub\" x=\"{:.0}\" y=\"{:.1}\">{}</text></g>{close}",
                node.class,
                escape::html(&format!("{} ({})", node.text, node.sub)),
                x + 10.0,
                top + 16.0,
                label(&node.text, 29),
                x + 10.0,
                top + 30.0,
                label(&node.sub, 36)
            );
        }
        let out = picture.left_out.get(column).copied().unwrap_or(0);
        if out > 0 {
            let top = y(picture, column, nodes.len(), height) + TALL / 2.0;
            let _ = write!(
                body,
                "<text class=\"none\" x=\"{x:.0}\" y=\"{top:.1}\">and {} more, in the tables</text>",
                words::count(out as u64)
            );
        }
    }
}

/// The join in words: one line for each credential.
pub(crate) fn chains(report: &Report) -> Vec<String> {
    shown(report)
        .take(40)
        .map(|item| {
            let from = item.exposed_to.first().map_or_else(
                || "The actor".to_owned(),
                |exposure| format!("{} → {}", exposure.actor, exposure.target),
            );
            let more = match item.exposed_to.len() {
                0 | 1 => String::new(),
                n => format!(" (and {} more ways)", n - 1),
            };
            let calls: Vec<String> = item
                .used
                .iter()
                .filter(|used| used.finding.is_some())
                .take(4)
                .map(|used| format!("{} ×{}", used.action, used.count))
                .collect();
            let to = if calls.is_empty() { "no use seen".into() } else { calls.join(", ") };
            format!("{from}{more} → {} → {to}", item.name)
        })
        .collect()
}
