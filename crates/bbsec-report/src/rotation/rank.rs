//! The order of the list.

use std::cmp::Ordering;

use super::RotationItem;

/// Set aside last; then by class, administrators, severity, confidence, how early it was exposed, and name, so that
/// the same case always gives the same list.
pub(super) fn compare(a: &RotationItem, b: &RotationItem) -> Ordering {
    let key = |item: &RotationItem| (item.is_dismissed(), item.class, item.administrator.is_none());
    key(a)
        .cmp(&key(b))
        .then_with(|| b.severity.cmp(&a.severity))
        .then_with(|| b.confidence.cmp(&a.confidence))
        .then_with(|| at_head(b).cmp(&at_head(a)))
        .then_with(|| late(a).cmp(&late(b)))
        .then_with(|| a.public_id.is_none().cmp(&b.public_id.is_none()))
        .then_with(|| a.public_id.cmp(&b.public_id))
        .then_with(|| a.id.cmp(&b.id))
}

fn at_head(item: &RotationItem) -> bool {
    item.found_at.iter().any(|location| location.at_head)
}

fn late(item: &RotationItem) -> i64 {
    item.first_exposed.map_or(i64::MAX, bbsec_core::Time::micros)
}
