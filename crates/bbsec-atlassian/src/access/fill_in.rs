//! What audit log and database say of touches that the access log does not show: because it has rotated away, was lost,
//! or never had them.

use std::collections::{BTreeSet, HashSet};

use bbsec_core::Time;

use super::builder::{AccessBuilder, Cell, CellKey};

const DAY: i64 = 86_400_000_000;

/// A cell that fills in, and the words that say so.
pub(super) struct FillIn {
    pub key: CellKey,
    pub cell: Cell,
    pub note: String,
}

/// Those that say something which the access log does not.
pub(super) fn fill_ins(of: &AccessBuilder) -> Vec<FillIn> {
    let user = |number: u32| of.idents.all.get(number as usize).and_then(|ident| ident.user.as_deref());
    let known: HashSet<(Option<&str>, u32)> = of
        .cells
        .iter()
        .filter(|(_, cell)| !cell.verbs.is_empty())
        .map(|((ident, _, target), _)| (user(*ident), *target))
        .collect();
    let logged = of.log_time.access_days();
    of.fill_ins
        .iter()
        .filter_map(|(key, cell)| {
            let (ident, _, target) = *key;
            let also_logged = known.contains(&(user(ident), target));
            fill_in(*key, cell, &logged, also_logged, of.from_database.contains(&ident))
        })
        .collect()
}

fn fill_in(
    key: CellKey,
    cell: &Cell,
    logged: &BTreeSet<i64>,
    also_logged: bool,
    database: bool,
) -> Option<FillIn> {
    let source = if database { "the database" } else { "the audit log" };
    let gone: Vec<(i64, u64)> = cell
        .days
        .iter()
        .filter(|(day, _)| !logged.contains(day))
        .map(|(day, count)| (*day, *count))
        .collect();
    if also_logged && gone.is_empty() {
        return None;
    }
    let mut cell = cell.clone();
    if also_logged
        && let (Some((first, _)), Some((last, _)), Some(verb)) =
            (gone.first().copied(), gone.last().copied(), cell.verbs.keys().next().copied())
    {
        // Only what the access log lacks: the rest is counted there.
        cell.verbs = [(verb, gone.iter().map(|(_, count)| count).sum())].into();
        cell.first = cell.first.max(Time::from_micros(first.saturating_mul(DAY)));
        cell.last = cell.last.min(Time::from_micros(last.saturating_add(1).saturating_mul(DAY) - 1));
    }
    let why = if gone.len() == cell.days.len() || also_logged {
        "the access log has no line of that day"
    } else if gone.is_empty() {
        "the access log has lines of that day and does not show it"
    } else {
        "the access log lacks some of those days and does not show it on the others"
    };
    let only = if database { "; only the last visit is known, not how often nor how much left" } else { "" };
    Some(FillIn { key, cell, note: format!("from {source} alone: {why}{only}") })
}
