//! Registrations with load balancers, and attributes of target groups.

use std::collections::BTreeSet;

use bbsec_core::{Change, Failure};
use serde_json::{Value, json};

use super::{
    Past, sent,
    step::{Step, states},
};
use crate::{
    client::Aws,
    facts::{NodeFacts, Target},
    isolate::balancers::{CLOSING, attributes, description, set_attributes},
};

pub(super) fn steps(
    aws: &Aws,
    before: &NodeFacts,
    now: &NodeFacts,
    past: &Past,
) -> Result<Vec<Step>, Failure> {
    let mut steps = closing(aws, before, past)?;
    if now.is_gone() {
        return Ok(steps);
    }
    steps.extend(targets(before, now, past));
    steps.extend(classic(before, now, past));
    Ok(steps)
}

fn closing(aws: &Aws, before: &NodeFacts, past: &Past) -> Result<Vec<Step>, Failure> {
    let groups: BTreeSet<&String> = before.targets.iter().map(|t| &t.group).collect();
    let mut steps = Vec::new();
    for group in groups {
        // The first one knows how it was: a repeated one met what we had set.
        let first = sent(past, "elasticloadbalancing:ModifyTargetGroupAttributes")
            .find(|c| c.subject == **group && c.after.get("release").is_none());
        let Some(change) = first else { continue };
        let was: Vec<(String, String)> =
            serde_json::from_value(change.before.get("attributes").cloned().unwrap_or_default())
                .unwrap_or_default();
        // An attribute that was not listed had its default, which is what an absent one means.
        let wanted: Vec<(String, String)> = CLOSING
            .iter()
            .map(|(key, _)| {
                let default = if key.ends_with("enabled") { "false" } else { "300" };
                let value = was.iter().find(|(k, _)| k == key).map_or(default, |(_, v)| v.as_str());
                ((*key).to_owned(), value.to_owned())
            })
            .collect();
        let found = attributes(aws, group)?;
        let current: Vec<(String, String)> = wanted
            .iter()
            .map(|(key, value)| {
                let now = found.iter().find(|(k, _)| k == key).map_or(value, |(_, v)| v);
                (key.clone(), now.clone())
            })
            .collect();
        let (arn, back) = (group.clone(), wanted.clone());
        steps.push(Step::new(
            "elasticloadbalancing:ModifyTargetGroupAttributes",
            group,
            format!("attributes of {group}"),
            "attributes",
            states(current, CLOSING, wanted),
            move |aws| set_attributes(aws, &arn, back.iter().cloned()),
        ));
    }
    Ok(steps)
}

fn targets(before: &NodeFacts, now: &NodeFacts, past: &Past) -> Vec<Step> {
    let left = |target: &&Target| {
        sent(past, "elasticloadbalancing:DeregisterTargets")
            .any(|c| c.subject == target.group && names(c, target))
    };
    let step = |target: &Target| {
        let is = now.targets.iter().any(|t| {
            t.group == target.group && t.id == target.id && t.port == target.port && t.state != "draining"
        });
        let again = target.clone();
        Step::new(
            "elasticloadbalancing:RegisterTargets",
            &target.group,
            format!("registration of {} in {}", target.id, target.group),
            "registered",
            states(is, false, true),
            move |aws| {
                let call = aws
                    .elbv2()?
                    .register_targets()
                    .target_group_arn(&again.group)
                    .targets(description(&again));
                aws.run("elasticloadbalancing:RegisterTargets", &again.group, call.send()).map(drop)
            },
        )
    };
    before.targets.iter().filter(left).map(step).collect()
}

fn names(change: &Change, target: &Target) -> bool {
    let found = change.before.get("target");
    found.and_then(|t| t.get("id")).and_then(Value::as_str) == Some(target.id.as_str())
        && found.and_then(|t| t.get("port")).and_then(Value::as_i64) == target.port.map(i64::from)
}

fn classic(before: &NodeFacts, now: &NodeFacts, past: &Past) -> Vec<Step> {
    let mut steps = Vec::new();
    for balancer in &before.classic {
        let left = sent(past, "elasticloadbalancing:DeregisterInstancesFromLoadBalancer")
            .any(|c| c.subject == balancer.name && c.before.get("instance") == Some(&json!(before.instance)));
        if !left {
            continue;
        }
        let (name, id) = (balancer.name.clone(), before.instance.clone());
        steps.push(Step::new(
            "elasticloadbalancing:RegisterInstancesWithLoadBalancer",
            &balancer.name,
            format!("registration of {id} with {name}"),
            "registered",
            states(now.classic.iter().any(|c| c.name == name), false, true),
            move |aws| {
                let instance =
                    aws_sdk_elasticloadbalancing::types::Instance::builder().instance_id(&id).build();
                let call = aws
                    .elb()?
                    .register_instances_with_load_balancer()
                    .load_balancer_name(&name)
                    .instances(instance);
                aws.run("elasticloadbalancing:RegisterInstancesWithLoadBalancer", &name, call.send())
                    .map(drop)
            },
        ));
    }
    steps
}
