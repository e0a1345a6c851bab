//! The groups of every interface.

use bbsec_core::Change;
use serde_json::json;

use super::{
    Past, sent,
    step::{Step, states},
};
use crate::facts::NodeFacts;

pub(super) fn steps(before: &NodeFacts, now: &NodeFacts, past: &Past) -> Vec<Step> {
    let mut steps = Vec::new();
    for interface in &before.interfaces {
        // Any group that we set counts: an interface that stands in the open one after a crash is ours too.
        let ours: Vec<&Change> = sent(past, "ec2:ModifyNetworkInterfaceAttribute")
            .filter(|c| c.subject == interface.id && c.after.get("role").is_some())
            .collect();
        let Some(last) = ours.last() else { continue };
        let Some(found) = now.interfaces.iter().find(|i| i.id == interface.id) else { continue };
        let current = json!(found.groups);
        let left = ours.iter().filter_map(|c| c.after.get("groups")).find(|g| **g == current);
        let left = left.or(last.after.get("groups")).cloned().unwrap_or_default();
        let (id, groups) = (interface.id.clone(), interface.groups.clone());
        steps.push(Step::new(
            "ec2:ModifyNetworkInterfaceAttribute",
            &interface.id,
            format!("groups of {id}"),
            "groups",
            states(current, left, &interface.groups),
            move |aws| {
                let call = aws
                    .ec2()?
                    .modify_network_interface_attribute()
                    .network_interface_id(&id)
                    .set_groups(Some(groups.clone()));
                aws.run("ec2:ModifyNetworkInterfaceAttribute", &id, call.send()).map(drop)
            },
        ));
    }
    steps
}
