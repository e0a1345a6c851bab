//! The order of a response: facts first, then containment, then what takes its time.

use std::collections::BTreeMap;

use bbsec_core::Phase;
use serde_json::Value;

use crate::{Diagnostic, Playbook, Registry, Step, order::closure};

/// Containing before anything is recorded loses what the world looked like; waiting for preservation before containing
/// leaves the attacker in.
pub(super) fn order(playbook: &Playbook, registry: &Registry, found: &mut Vec<Diagnostic>) {
    let by_id: BTreeMap<&str, &Step> = playbook.steps.iter().map(|step| (step.id.as_str(), step)).collect();
    let phase =
        |step: &Step| step.uses.as_ref().and_then(|uses| registry.get(uses)).map(crate::Capability::phase);
    for step in playbook.steps.iter().filter(|step| phase(step) == Some(Phase::Contain)) {
        let before = closure(&playbook.steps, &step.id);
        let earlier: Vec<&Step> = before.iter().filter_map(|id| by_id.get(id).copied()).collect();
        if !earlier.iter().any(|other| phase(other) == Some(Phase::Facts)) {
            let message = format!("`{}` contains before any facts are kept", *step.id);
            let facts: Vec<&str> =
                registry.all().filter(|c| c.phase() == Phase::Facts).map(crate::Capability::id).collect();
            let help = format!("let it need a step that records them first: {}", facts.join(", "));
            found.push(Diagnostic::warning("PB020", message, step.id.span()).help(help));
        }
        for other in &earlier {
            let waits = other.with.get("wait").is_some_and(|wait| wait.value() == &Value::Bool(true));
            let (slow, help) = match phase(other) {
                Some(Phase::Work) => (true, "let it run after the containment"),
                Some(Phase::Request) => (waits, "request here, and wait for it after the containment"),
                None if other.manual.is_some() => (true, "a person's task can take hours"),
                _ => (false, ""),
            };
            if slow {
                let message = format!("`{}` waits for `{}` before it contains", *step.id, *other.id);
                let span = step.needs.iter().find(|need| need.value() == other.id.value());
                let span = span.and_then(crate::Sp::span).or(step.id.span());
                found.push(Diagnostic::warning("PB021", message, span).help(help));
            }
        }
        let asked = earlier.iter().any(|other| other.approve.is_some() && other.uses.is_none());
        if step.approve.is_none() && !asked {
            let message = format!("`{}` cuts off a system without asking", *step.id);
            found.push(
                Diagnostic::warning("PB022", message, step.id.span())
                    .help("add `approve:` with the question that a person answers"),
            );
        }
    }
}
