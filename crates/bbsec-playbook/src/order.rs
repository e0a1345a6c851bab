//! The order of steps: `needs` alone decides; what is free keeps the order of the file.

use std::collections::BTreeSet;

use crate::Step;

/// Indices of the steps in an order that honours `needs`, or the ids of a cycle, each needing the one before.
pub(crate) fn order(steps: &[Step]) -> Result<Vec<usize>, Vec<String>> {
    let known: BTreeSet<&str> = steps.iter().map(|step| step.id.as_str()).collect();
    let mut done: BTreeSet<&str> = BTreeSet::new();
    let mut sorted = Vec::with_capacity(steps.len());
    let mut left: Vec<(usize, &Step)> = steps.iter().enumerate().collect();
    while !left.is_empty() {
        // A need that does not exist is reported by `validate`; here it holds nobody up.
        let ready = left.iter().position(|(_, step)| {
            step.needs.iter().all(|need| done.contains(need.as_str()) || !known.contains(need.as_str()))
        });
        let Some(position) = ready else { return Err(cycle(&left)) };
        let (index, step) = left.remove(position);
        done.insert(step.id.as_str());
        sorted.push(index);
    }
    Ok(sorted)
}

/// One cycle among steps each of which needs another of them.
fn cycle(left: &[(usize, &Step)]) -> Vec<String> {
    let Some((_, first)) = left.first() else { return Vec::new() };
    let mut path = vec![first.id.as_str()];
    while let Some(here) = path.last().and_then(|id| left.iter().find(|(_, step)| step.id.as_str() == *id)) {
        let waits_for = |need: &&str| left.iter().any(|(_, step)| step.id.as_str() == *need);
        let Some(next) = here.1.needs.iter().map(|need| need.as_str()).find(waits_for) else { break };
        if let Some(start) = path.iter().position(|id| *id == next) {
            path.drain(..start);
            path.push(next);
            break;
        }
        path.push(next);
    }
    path.into_iter().rev().map(str::to_owned).collect()
}

/// The steps that a step needs, directly or through others.
pub(crate) fn closure<'a>(steps: &'a [Step], of: &'a str) -> BTreeSet<&'a str> {
    let mut found = BTreeSet::new();
    let mut open = vec![of];
    while let Some(id) = open.pop() {
        for step in steps.iter().filter(|step| step.id.as_str() == id) {
            for need in &step.needs {
                if found.insert(need.as_str()) {
                    open.push(need.as_str());
                }
            }
        }
    }
    found
}
