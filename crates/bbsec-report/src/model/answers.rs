//! The five answers on the first page, in sentences that a person without the details understands.

use super::{
    Answers, Claim, Done, Happened, Recovery, Rotation, Touched, Unknown, sources::Register, story::things,
};
use crate::{CaseData, Class, RotationItem, Use, words};

/// What the answers are made of.
pub(super) struct Parts<'a> {
    pub happened: &'a Happened,
    pub touched: &'a Touched,
    pub rotation: &'a Rotation,
    pub done: &'a Done,
    pub recovery: &'a Recovery,
    pub unknown: &'a [Unknown],
}

pub(super) fn answers(data: &CaseData, parts: &Parts<'_>, sources: &mut Register) -> Answers {
    Answers {
        headline: headline(data, parts),
        happened: happened(parts, sources),
        touched: touched(parts),
        rotate: rotate(parts, sources),
        done: done(parts),
        unknown: unknown(parts),
    }
}

fn used(rotation: &Rotation) -> impl Iterator<Item = &RotationItem> {
    // What the actor logged in with is how they came, not what they took.
    rotation.items.iter().filter(|item| item.class == Class::Used && !item.found_at.is_empty())
}

/// What was taken whole or in part, by kind: `14 repositories and 2 pages`.
pub(super) fn taken(touched: &Touched) -> String {
    let mut kinds: Vec<(&str, usize)> = Vec::new();
    for target in touched.targets.iter().filter(|target| target.taken != "none") {
        match kinds.iter_mut().find(|(kind, _)| *kind == target.kind) {
            Some((_, n)) => *n += 1,
            None => kinds.push((target.kind, 1)),
        }
    }
    list(&kinds.into_iter().map(|(kind, n)| things(kind, n)).collect::<Vec<_>>())
}

/// `a`, `a and b`, `a, b and c`.
fn list(parts: &[String]) -> String {
    match parts {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}

fn headline(data: &CaseData, parts: &Parts<'_>) -> String {
    let product = data.product.as_deref().map_or_else(|| "the product".into(), super::product_name);
    let (Some(first), Some(last)) = (parts.happened.first, parts.happened.last) else {
        return "Nothing in the evidence that was read ties to a suspect. That is not proof that nothing happened."
            .into();
    };
    let what = taken(parts.touched);
    let span = words::spelled(first.until(last));
    let users: std::collections::BTreeSet<&str> =
        parts.happened.actors.iter().filter_map(|actor| actor.user.as_deref()).collect();
    let who = match users.len() {
        0 => "somebody without a user name".to_owned(),
        1..=3 => format!(
            "somebody working as {}",
            list(&users.iter().map(|u| words::brief(u).into_owned()).collect::<Vec<_>>())
        ),
        n => format!("somebody working as {n} users"),
    };
    let took = if what.is_empty() {
        format!("{who} acted on {product} without taking content that the logs show")
    } else {
        format!("{who} took content of {what} from {product}")
    };
    let n = used(parts.rotation).count();
    let then = match n {
        0 => String::new(),
        1 => ", and used a credential found there".into(),
        n => format!(", and used {n} credentials found there"),
    };
    format!("Over {span}, {took}{then}.")
}

fn happened(parts: &Parts<'_>, sources: &mut Register) -> Vec<Claim> {
    let happened = parts.happened;
    let (Some(first), Some(last)) = (happened.first, happened.last) else {
        return vec![Claim::plain("No malicious activity was found in the evidence that was read.")];
    };
    let mut claims = vec![Claim {
        text: format!("Malicious activity from {} to {}.", words::when(first), words::when(last)),
        sources: happened
            .marks
            .iter()
            .find(|mark| !mark.sources.is_empty())
            .map_or_else(Vec::new, |m| m.sources.clone()),
        see: Some("happened"),
    }];
    let mut shown: Vec<String> = happened.actors.iter().take(3).map(|actor| actor.label.clone()).collect();
    if happened.actors.len() > 3 {
        shown.push(format!("{} more", happened.actors.len() - 3));
    }
    if !shown.is_empty() {
        let cited =
            happened.actors.iter().flat_map(|actor| actor.sources.iter().take(1)).take(4).copied().collect();
        claims.push(Claim::cited(format!("By {}.", list(&shown)), cited));
    }
    for item in used(parts.rotation).take(2) {
        let uses: Vec<&Use> = item.used.iter().filter(|used| used.by_actor).collect();
        let mut calls: Vec<String> = uses.iter().map(|used| used.action.clone()).collect();
        calls.dedup();
        let more = calls.len().saturating_sub(3);
        calls.truncate(3);
        if more > 0 {
            calls.push(format!("{more} other calls"));
        }
        let at = uses.iter().filter_map(|used| used.first).min();
        let at = at.map(|t| format!(" from {}", words::when(t))).unwrap_or_default();
        let numbers = sources.cite(uses.iter().flat_map(|used| &used.evidence));
        claims.push(Claim::cited(format!("{} was used{at} for {}.", item.name, list(&calls)), numbers));
    }
    claims
}

fn touched(parts: &Parts<'_>) -> Vec<Claim> {
    let touched = parts.touched;
    if touched.targets.is_empty() {
        return vec![Claim::plain("No access by a suspect was found.")];
    }
    let whole = touched.targets.iter().filter(|target| target.taken == "whole").count();
    let part = touched.targets.iter().filter(|target| target.taken == "part").count();
    let none = touched.targets.len() - whole - part;
    let mut claims = vec![Claim {
        text: format!(
            "{} left, by the logs' count: {whole} of {} taken whole, {part} read in part, {none} reached without content leaving.",
            words::bytes(touched.bytes_out),
            words::many(touched.targets.len(), "thing", "things")
        ),
        sources: Vec::new(),
        see: Some("touched"),
    }];
    let most: Vec<_> = touched.targets.iter().filter(|target| target.taken != "none").take(3).collect();
    if !most.is_empty() {
        let named: Vec<String> = most
            .iter()
            .map(|target| format!("{} ({})", words::brief(&target.id), words::bytes(target.bytes_out)))
            .collect();
        let cited = most.iter().flat_map(|target| target.sources.iter().take(1)).copied().collect();
        claims.push(Claim::cited(format!("Most from {}.", list(&named)), cited));
    }
    claims
}

fn rotate(parts: &Parts<'_>, sources: &mut Register) -> Vec<Claim> {
    let rotation = parts.rotation;
    let total = rotation.open + rotation.done;
    if total == 0 {
        return vec![Claim::plain("No credential was found to rotate.")];
    }
    let classes: Vec<String> =
        rotation.classes.iter().map(|class| format!("{} {}", class.count, lower(class.title))).collect();
    let mut claims = vec![Claim {
        text: format!(
            "{} to rotate, {} done: {}.",
            words::many(total, "credential", "credentials"),
            rotation.done,
            classes.join("; ")
        ),
        sources: Vec::new(),
        see: Some("rotate"),
    }];
    for item in rotation.items.iter().filter(|item| !item.is_done() && !item.is_dismissed()).take(3) {
        let why = item.why.first().cloned().unwrap_or_default();
        let numbers = sources.cite(&item.evidence);
        claims.push(Claim::cited(format!("{}. {} ({}): {why}", item.rank, item.name, item.kind), numbers));
    }
    claims
}

fn lower(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_lowercase().chain(chars).collect())
}

fn done(parts: &Parts<'_>) -> Vec<Claim> {
    let done = parts.done;
    let containment = match done.containment.holds {
        Some(true) => "The host is cut off; this was read back after the change.".to_owned(),
        Some(false) => format!(
            "The host is not cut off: {}.",
            words::many(done.containment.remaining.len(), "path remains", "paths remain")
        ),
        None => "Whether the host is cut off is not known: nobody asked.".into(),
    };
    let failed = done.steps.iter().filter(|step| step.state == "failed").count();
    let changed = done.changes.iter().filter(|change| change.state == "done").count();
    let failing = if failed == 0 { String::new() } else { format!(", {failed} failed") };
    vec![
        Claim { text: containment, sources: Vec::new(), see: Some("done") },
        Claim::plain(format!(
            "{} of evidence kept ({}), each with its SHA-256. {} run{failing}. {} made to the world, each journalled before it was made.",
            words::many(done.evidence_items, "item", "items"),
            words::bytes(done.evidence_bytes),
            words::many(done.steps.len(), "step", "steps"),
            words::many(changed, "change", "changes"),
        )),
        Claim::plain(format!("Last clean restore point: {}", parts.recovery.words)),
    ]
}

fn unknown(parts: &Parts<'_>) -> Vec<Claim> {
    if parts.unknown.is_empty() {
        return vec![Claim::plain(
            "Every source that was asked for was read, and left no open question of its own.",
        )];
    }
    let unread = parts.unknown.iter().filter(|unknown| unknown.unread).count();
    let mut claims: Vec<Claim> = parts
        .unknown
        .iter()
        .take(4)
        .map(|unknown| {
            // The first sentence here; the rest stands in the chapter.
            let why = unknown.why.first().map(String::as_str).unwrap_or_default();
            let why = why.split_once(". ").map_or(why, |(first, _)| first);
            let n =
                if unknown.count > 1 { format!(" ({})", words::count(unknown.count)) } else { String::new() };
            Claim::plain(format!("{}{n}: {}.", unknown.what, why.trim_end_matches('.')))
        })
        .collect();
    if let Some(first) = claims.first_mut() {
        first.see = Some("unknown");
    }
    let more = parts.unknown.len().saturating_sub(4);
    if more > 0 {
        claims.push(Claim::plain(format!(
            "{more} more; {} of all concern evidence that is there and could not be read.",
            words::many(unread, "kind", "kinds")
        )));
    }
    claims
}
