//! The scaling group: out of standby, terminating again, with its minimum.

use serde_json::{Value, json};

use super::{
    Past, sent,
    step::{Step, states},
};
use crate::facts::{NodeFacts, Scaling, scaling};

pub(super) fn steps(before: &NodeFacts, now: &NodeFacts, past: &Past) -> Vec<Step> {
    let (Some(was), Some(is)) = (&before.scaling, &now.scaling) else { return Vec::new() };
    let mut steps = Vec::new();
    let subject = format!("{}/{}", was.group, before.instance);
    if sent(past, "autoscaling:EnterStandby").any(|c| c.subject == subject) && !now.is_gone() {
        let (id, group) = (before.instance.clone(), was.group.clone());
        // While it is on its way back the group says "Pending".
        let lifecycle = if is.lifecycle.starts_with("Pending") { &was.lifecycle } else { &is.lifecycle };
        // On its way out it says "EnteringStandby".
        let ours = if is.lifecycle.contains("Standby") { is.lifecycle.as_str() } else { "Standby" };
        steps.push(Step::new(
            "autoscaling:ExitStandby",
            &subject,
            format!("lifecycle of {id} in {group}"),
            "lifecycle",
            states(lifecycle, ours, &was.lifecycle),
            move |aws| {
                let call =
                    aws.autoscaling()?.exit_standby().auto_scaling_group_name(&group).instance_ids(&id);
                aws.run("autoscaling:ExitStandby", &id, call.send()).map(drop)
            },
        ));
    }
    steps.extend(minimum(was, is, past));
    if sent(past, "autoscaling:SuspendProcesses").any(|c| c.subject == was.group) {
        let group = was.group.clone();
        let active = |s: &[String]| json!(!s.iter().any(|p| p == "Terminate"));
        steps.push(Step::new(
            "autoscaling:ResumeProcesses",
            &was.group,
            format!("termination by {group}"),
            "active",
            states(active(&is.suspended), false, active(&was.suspended)),
            move |aws| {
                let call = aws
                    .autoscaling()?
                    .resume_processes()
                    .auto_scaling_group_name(&group)
                    .scaling_processes("Terminate");
                aws.run("autoscaling:ResumeProcesses", &group, call.send()).map(drop)
            },
        ));
    }
    steps
}

fn minimum(was: &Scaling, is: &Scaling, past: &Past) -> Option<Step> {
    let lowest = sent(past, "autoscaling:UpdateAutoScalingGroup")
        .filter(|c| c.subject == was.group)
        .filter_map(|c| c.after.get("min").and_then(Value::as_i64))
        .min()?;
    // Anything between what we set and what it was came from us, node by node.
    let ours =
        if (lowest..=i64::from(was.min)).contains(&i64::from(is.min)) { i64::from(is.min) } else { lowest };
    let (group, min) = (was.group.clone(), was.min);
    Some(Step::new(
        "autoscaling:UpdateAutoScalingGroup",
        &was.group,
        format!("minimum size of {group}"),
        "min",
        states(is.min, ours, was.min),
        move |aws| {
            // A minimum above the desired capacity would make the group start a new node. While another node is still
            // in standby the minimum stays below, and the verdict says so.
            let safe = min.min(scaling::group(aws, &group)?.desired);
            let call =
                aws.autoscaling()?.update_auto_scaling_group().auto_scaling_group_name(&group).min_size(safe);
            aws.run("autoscaling:UpdateAutoScalingGroup", &group, call.send()).map(drop)
        },
    ))
}
