//! Termination and stop protection, shutdown behaviour, volumes that die with the instance.

use super::{
    Past, sent,
    step::{Step, states},
};
use crate::{
    facts::NodeFacts,
    isolate::protect::{protective, settings},
};

pub(super) fn steps(before: &NodeFacts, now: &NodeFacts, past: &Past) -> Vec<Step> {
    let found = settings(now);
    let mut steps = Vec::new();
    for setting in settings(before) {
        let ours = protective(&setting);
        let was_set = sent(past, "ec2:ModifyInstanceAttribute")
            .any(|c| c.subject == before.instance && c.after.get(setting.name()) == Some(&ours.value()));
        let current = found.iter().find(|s| s.name() == setting.name()).filter(|_| was_set);
        let Some(current) = current else { continue };
        let (id, back) = (before.instance.clone(), setting.clone());
        steps.push(Step::new(
            "ec2:ModifyInstanceAttribute",
            &before.instance,
            format!("{} of {id}", setting.name()),
            &setting.name(),
            states(current.value(), ours.value(), setting.value()),
            move |aws| back.set(aws, &id),
        ));
    }
    steps
}
