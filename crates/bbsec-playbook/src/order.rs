//! The order of steps: `needs` alone decides; what is free keeps the order of the file.

use std::collections::BTreeSet;

use crate::Step;

/// Indices of the steps in an order that honours `needs`, or the ids of a cycle.
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
        let Some(position) = ready else {
            return Err(left.iter().map(|(_, step)| step.id.value().clone()).collect());
        };
        let (index, step) = left.remove(position);
        done.insert(step.id.as_str());
        sorted.push(index);
    }
    Ok(sorted)
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
