//! Release: every attribute back to what the restore point says. Where somebody changed one meanwhile, nothing is touched
//! and the difference is shown.

use bbsec_core::{Change, ChangeResult, Context, Failure, Verdict};
use serde_json::{Value, json};

use super::{
    acl, balancers,
    cut::Cut,
    protect::{protective, settings},
    sessions,
};
use crate::{
    client::Aws,
    error::AwsError,
    facts::{AclEntry, NodeFacts, Reader, Scaling, Target},
    journal::planned,
};

/// One thing to put back.
struct Step {
    name: String,
    /// What AWS says now.
    now: Value,
    /// What `isolate` made of it.
    ours: Value,
    /// What the restore point says.
    before: Value,
    change: Change,
    act: Act,
}

type Act = Box<dyn Fn(&Aws) -> Result<(), AwsError>>;

impl Step {
    fn is_back(&self) -> bool {
        self.now == self.before
    }

    fn drifted(&self) -> bool {
        self.now != self.before && self.now != self.ours
    }
}

/// Puts everything back for the nodes of a restore point.
pub(super) fn release(
    aws: &Aws,
    context: &mut Context<'_>,
    nodes: &[NodeFacts],
    partial: bool,
) -> Result<Verdict, Failure> {
    let past = context.changes.past()?;
    let mut steps = Vec::new();
    for before in nodes {
        let mut reader = Reader::new(aws);
        let now = reader.node(&before.instance)?;
        steps.extend(of_node(aws, before, &now, &past)?);
    }
    let mut verdict = Verdict { holds: true, ..Verdict::default() };
    let drifted: Vec<String> = steps
        .iter()
        .filter(|s| s.drifted())
        .map(|s| {
            format!("{}: isolate left {}, now {}; before the isolation {}", s.name, s.ours, s.now, s.before)
        })
        .collect();
    if !drifted.is_empty() && !partial {
        context.changes.note("release-refused", json!({ "differences": drifted }))?;
        verdict.holds = false;
        verdict.violated = drifted;
        verdict.violated.push("nothing was put back: somebody changed these after the isolation".to_owned());
        return Ok(verdict);
    }
    verdict.holds = drifted.is_empty();
    verdict.violated = drifted;
    // A group's minimum goes back only when every node has left standby.
    steps.sort_by_key(|s| s.change.operation == "autoscaling:UpdateAutoScalingGroup");
    let mut cut = Cut::new(aws, context);
    for step in steps.iter().filter(|s| !s.is_back() && !s.drifted()) {
        cut.change(step.change.clone(), || (step.act)(aws).map(|()| json!({})))?;
    }
    remove_groups(&mut cut, &past)?;
    let problems: Vec<String> = cut.problems.values().flatten().cloned().collect();
    verdict.violated.extend(problems);
    read_back(aws, nodes, &past, &mut verdict)?;
    verdict.holds = verdict.violated.is_empty();
    Ok(verdict)
}

/// Asks the world whether everything is as the restore point says.
fn read_back(
    aws: &Aws,
    nodes: &[NodeFacts],
    past: &[(u64, Change, Option<ChangeResult>)],
    verdict: &mut Verdict,
) -> Result<(), Failure> {
    for before in nodes {
        let mut reader = Reader::new(aws);
        let now = reader.node(&before.instance)?;
        for step in of_node(aws, before, &now, past)? {
            if step.is_back() {
                verdict.checked.push(format!("{} is as before: {}", step.name, step.before));
            } else if !step.drifted() {
                verdict.violated.push(format!("{} is {} instead of {}", step.name, step.now, step.before));
            }
        }
    }
    Ok(())
}

type Past = [(u64, Change, Option<ChangeResult>)];

/// Changes of an operation that were sent, whatever came of them.
fn sent<'p>(past: &'p Past, operation: &'p str) -> impl Iterator<Item = &'p Change> {
    past.iter().map(|(_, change, _)| change).filter(move |c| c.operation == operation)
}

fn of_node(aws: &Aws, before: &NodeFacts, now: &NodeFacts, past: &Past) -> Result<Vec<Step>, Failure> {
    let mut steps = Vec::new();
    protections(before, now, past, &mut steps);
    interfaces(before, now, past, &mut steps);
    acl_entries(before, now, past, &mut steps);
    profile(aws, before, now, past, &mut steps)?;
    scaling(before, now, past, &mut steps);
    registrations(aws, before, now, past, &mut steps)?;
    Ok(steps)
}

fn interfaces(before: &NodeFacts, now: &NodeFacts, past: &Past, steps: &mut Vec<Step>) {
    for interface in &before.interfaces {
        // Only the last group that we set counts: an interface that stands in the open one after a crash is ours too.
        let ours: Vec<&Change> = sent(past, "ec2:ModifyNetworkInterfaceAttribute")
            .filter(|c| c.subject == interface.id && c.after.get("role").is_some())
            .collect();
        let Some(last) = ours.last() else { continue };
        let Some(found) = now.interfaces.iter().find(|i| i.id == interface.id) else { continue };
        let current = json!(found.groups);
        let left = ours
            .iter()
            .filter_map(|c| c.after.get("groups"))
            .find(|g| **g == current)
            .or(last.after.get("groups"))
            .cloned()
            .unwrap_or_default();
        let (id, groups) = (interface.id.clone(), interface.groups.clone());
        steps.push(Step {
            name: format!("groups of {id}"),
            now: current.clone(),
            ours: left,
            before: json!(interface.groups),
            change: planned(
                "ec2:ModifyNetworkInterfaceAttribute",
                &id,
                json!({ "groups": current }),
                json!({ "groups": interface.groups, "release": true }),
                None,
            ),
            act: Box::new(move |aws| {
                let call = aws
                    .ec2()?
                    .modify_network_interface_attribute()
                    .network_interface_id(&id)
                    .set_groups(Some(groups.clone()));
                aws.run("ec2:ModifyNetworkInterfaceAttribute", &id, call.send()).map(|_| ())
            }),
        });
    }
}

fn protections(before: &NodeFacts, now: &NodeFacts, past: &Past, steps: &mut Vec<Step>) {
    let found = settings(now);
    for setting in settings(before) {
        let ours = protective(&setting);
        let was_set = sent(past, "ec2:ModifyInstanceAttribute")
            .any(|c| c.subject == before.instance && c.after.get(setting.name()) == Some(&ours.value()));
        let Some(current) = found.iter().find(|s| s.name() == setting.name()) else { continue };
        if !was_set {
            continue;
        }
        let (id, back) = (before.instance.clone(), setting.clone());
        steps.push(Step {
            name: format!("{} of {id}", setting.name()),
            now: current.value(),
            ours: ours.value(),
            before: setting.value(),
            change: planned(
                "ec2:ModifyInstanceAttribute",
                &id,
                json!({ setting.name(): current.value() }),
                json!({ setting.name(): setting.value(), "release": true }),
                None,
            ),
            act: Box::new(move |aws| back.set(aws, &id)),
        });
    }
}

fn acl_entries(before: &NodeFacts, now: &NodeFacts, past: &Past, steps: &mut Vec<Step>) {
    let ours = acl::addresses(before);
    for (_, change, result) in past.iter().filter(|(_, c, _)| c.operation == "ec2:CreateNetworkAclEntry") {
        let entry = change.after.get("entry").cloned().unwrap_or_default();
        let Ok(entry) = serde_json::from_value::<AclEntry>(entry) else { continue };
        if !ours.contains(&entry.cidr) {
            continue;
        }
        let Some(acl) = now.acls.iter().find(|a| a.id == change.subject) else { continue };
        let current = acl.entries.iter().find(|e| e.number == entry.number && e.egress == entry.egress);
        if matches!(result, Some(ChangeResult::Failed { .. })) && current != Some(&entry) {
            continue;
        }
        let (id, gone) = (acl.id.clone(), entry.clone());
        steps.push(Step {
            name: format!("{id} {} rule {}", if entry.egress { "outbound" } else { "inbound" }, entry.number),
            now: json!(current),
            ours: json!(entry),
            before: Value::Null,
            change: planned(
                "ec2:DeleteNetworkAclEntry",
                &id,
                json!({ "entry": entry }),
                json!({ "entry": null, "release": true }),
                None,
            ),
            act: Box::new(move |aws| acl::set(aws, &id, &gone, false)),
        });
    }
}

fn profile(
    aws: &Aws,
    before: &NodeFacts,
    now: &NodeFacts,
    past: &Past,
    steps: &mut Vec<Step>,
) -> Result<(), Failure> {
    for change in sent(past, "iam:PutRolePolicy") {
        let Some((role, policy)) = change.subject.split_once('/') else { continue };
        let roles = before.profile_arn.as_deref().map(|arn| sessions::roles(aws, arn)).transpose()?;
        if !roles.unwrap_or_default().iter().any(|r| r == role) {
            continue;
        }
        let present = aws.run(
            "iam:GetRolePolicy",
            role,
            aws.iam()?.get_role_policy().role_name(role).policy_name(policy).send(),
        );
        let (role, policy) = (role.to_owned(), policy.to_owned());
        steps.push(Step {
            name: format!("inline policy {policy} of {role}"),
            now: json!(present.is_ok()),
            ours: json!(true),
            before: json!(false),
            change: planned(
                "iam:DeleteRolePolicy",
                &change.subject,
                change.after.clone(),
                json!({ "policy": null, "release": true }),
                None,
            ),
            act: Box::new(move |aws| {
                let call = aws.iam()?.delete_role_policy().role_name(&role).policy_name(&policy);
                aws.run("iam:DeleteRolePolicy", &role, call.send()).map(|_| ())
            }),
        });
    }
    let detached = sent(past, "ec2:DisassociateIamInstanceProfile").any(|c| c.subject == before.instance);
    let Some(arn) = before.profile_arn.clone().filter(|_| detached) else { return Ok(()) };
    let id = before.instance.clone();
    let current = now.profile_association.as_ref().and(now.profile_arn.clone());
    steps.push(Step {
        name: format!("instance profile of {id}"),
        now: json!(current),
        ours: Value::Null,
        before: json!(arn),
        change: planned(
            "ec2:AssociateIamInstanceProfile",
            &id,
            json!({ "profile": current }),
            json!({ "profile": arn, "release": true }),
            None,
        ),
        act: Box::new(move |aws| {
            let profile = aws_sdk_ec2::types::IamInstanceProfileSpecification::builder().arn(&arn).build();
            let call =
                aws.ec2()?.associate_iam_instance_profile().instance_id(&id).iam_instance_profile(profile);
            aws.run("ec2:AssociateIamInstanceProfile", &id, call.send()).map(|_| ())
        }),
    });
    Ok(())
}

fn scaling(before: &NodeFacts, now: &NodeFacts, past: &Past, steps: &mut Vec<Step>) {
    let (Some(was), Some(is)) = (&before.scaling, &now.scaling) else { return };
    let subject = format!("{}/{}", was.group, before.instance);
    if sent(past, "autoscaling:EnterStandby").any(|c| c.subject == subject) {
        let (id, group) = (before.instance.clone(), was.group.clone());
        // While it is on its way back the group says "Pending".
        let lifecycle =
            if is.lifecycle.starts_with("Pending") { was.lifecycle.clone() } else { is.lifecycle.clone() };
        steps.push(Step {
            name: format!("lifecycle of {id} in {group}"),
            now: json!(lifecycle),
            ours: json!("Standby"),
            before: json!(was.lifecycle),
            change: planned(
                "autoscaling:ExitStandby",
                &subject,
                json!({ "lifecycle": is.lifecycle }),
                json!({ "lifecycle": was.lifecycle, "release": true }),
                None,
            ),
            act: Box::new(move |aws| {
                let call =
                    aws.autoscaling()?.exit_standby().auto_scaling_group_name(&group).instance_ids(&id);
                aws.run("autoscaling:ExitStandby", &id, call.send()).map(|_| ())
            }),
        });
    }
    minimum(before, was, is, past, steps);
    if sent(past, "autoscaling:SuspendProcesses").any(|c| c.subject == was.group) {
        let group = was.group.clone();
        let active = |s: &[String]| json!(!s.iter().any(|p| p == "Terminate"));
        steps.push(Step {
            name: format!("termination by {group}"),
            now: active(&is.suspended),
            ours: json!(false),
            before: active(&was.suspended),
            change: planned(
                "autoscaling:ResumeProcesses",
                &group,
                json!({ "suspended": is.suspended }),
                json!({ "resume": "Terminate", "release": true }),
                None,
            ),
            act: Box::new(move |aws| {
                let call = aws
                    .autoscaling()?
                    .resume_processes()
                    .auto_scaling_group_name(&group)
                    .scaling_processes("Terminate");
                aws.run("autoscaling:ResumeProcesses", &group, call.send()).map(|_| ())
            }),
        });
    }
}

fn minimum(before: &NodeFacts, was: &Scaling, is: &Scaling, past: &Past, steps: &mut Vec<Step>) {
    let lowest = sent(past, "autoscaling:UpdateAutoScalingGroup")
        .filter(|c| c.subject == was.group)
        .filter_map(|c| c.after.get("min").and_then(Value::as_i64))
        .min();
    let Some(lowest) = lowest else { return };
    // Anything between what we set and what it was came from us, node by node.
    let ours =
        if (lowest..=i64::from(was.min)).contains(&i64::from(is.min)) { i64::from(is.min) } else { lowest };
    let (group, min, id) = (was.group.clone(), was.min, before.instance.clone());
    steps.push(Step {
        name: format!("minimum size of {group}"),
        now: json!(is.min),
        ours: json!(ours),
        before: json!(min),
        change: planned(
            "autoscaling:UpdateAutoScalingGroup",
            &group,
            json!({ "min": is.min }),
            json!({ "min": min, "release": true }),
            None,
        ),
        act: Box::new(move |aws| {
            // A minimum above the desired capacity would make the group start a new node. While another node is still
            // in standby the minimum stays below, and the verdict says so.
            let now = crate::facts::scaling::scaling(aws, &id)?;
            let safe = now.map_or(min, |s| min.min(s.desired));
            let call =
                aws.autoscaling()?.update_auto_scaling_group().auto_scaling_group_name(&group).min_size(safe);
            aws.run("autoscaling:UpdateAutoScalingGroup", &group, call.send()).map(|_| ())
        }),
    });
}

fn registrations(
    aws: &Aws,
    before: &NodeFacts,
    now: &NodeFacts,
    past: &Past,
    steps: &mut Vec<Step>,
) -> Result<(), Failure> {
    for change in sent(past, "elasticloadbalancing:ModifyTargetGroupAttributes") {
        if !before.targets.iter().any(|t| t.group == change.subject) {
            continue;
        }
        let was: Vec<(String, String)> =
            serde_json::from_value(change.before.get("attributes").cloned().unwrap_or_default())
                .unwrap_or_default();
        // An attribute that was not listed had its default, which is what an absent one means.
        let wanted: Vec<(String, String)> = balancers::CLOSING
            .iter()
            .map(|(key, _)| {
                let default = if key.ends_with("enabled") { "false" } else { "300" };
                let value = was.iter().find(|(k, _)| k == key).map_or(default, |(_, v)| v.as_str());
                ((*key).to_owned(), value.to_owned())
            })
            .collect();
        let found = balancers::attributes(aws, &change.subject)?;
        let current: Vec<(String, String)> = wanted
            .iter()
            .map(|(key, value)| {
                let now = found.iter().find(|(k, _)| k == key).map_or(value, |(_, v)| v);
                (key.clone(), now.clone())
            })
            .collect();
        let (group, back) = (change.subject.clone(), wanted.clone());
        steps.push(Step {
            name: format!("attributes of {group}"),
            now: json!(current),
            ours: json!(balancers::CLOSING),
            before: json!(wanted),
            change: planned(
                "elasticloadbalancing:ModifyTargetGroupAttributes",
                &group,
                json!({ "attributes": current }),
                json!({ "attributes": wanted, "release": true }),
                None,
            ),
            act: Box::new(move |aws| balancers::set_attributes(aws, &group, back.iter().cloned())),
        });
    }
    memberships(before, now, past, steps);
    Ok(())
}

fn memberships(before: &NodeFacts, now: &NodeFacts, past: &Past, steps: &mut Vec<Step>) {
    for target in before.targets.iter().filter(|t| {
        sent(past, "elasticloadbalancing:DeregisterTargets").any(|c| c.subject == t.group && names(c, t))
    }) {
        let is = now.targets.iter().any(|t| {
            t.group == target.group && t.id == target.id && t.port == target.port && t.state != "draining"
        });
        let again = target.clone();
        steps.push(Step {
            name: format!("registration of {} in {}", target.id, target.group),
            now: json!(is),
            ours: json!(false),
            before: json!(true),
            change: planned(
                "elasticloadbalancing:RegisterTargets",
                &target.group,
                json!({ "target": null }),
                json!({ "target": target, "release": true }),
                None,
            ),
            act: Box::new(move |aws| {
                let call = aws
                    .elbv2()?
                    .register_targets()
                    .target_group_arn(&again.group)
                    .targets(balancers::description(&again));
                aws.run("elasticloadbalancing:RegisterTargets", &again.group, call.send()).map(|_| ())
            }),
        });
    }
    for balancer in before.classic.iter().filter(|b| {
        sent(past, "elasticloadbalancing:DeregisterInstancesFromLoadBalancer")
            .any(|c| c.subject == b.name && c.before.get("instance") == Some(&json!(before.instance)))
    }) {
        let (name, id) = (balancer.name.clone(), before.instance.clone());
        steps.push(Step {
            name: format!("registration of {id} with {name}"),
            now: json!(now.classic.iter().any(|c| c.name == name)),
            ours: json!(false),
            before: json!(true),
            change: planned(
                "elasticloadbalancing:RegisterInstancesWithLoadBalancer",
                &name,
                json!({ "instance": null }),
                json!({ "instance": id, "release": true }),
                None,
            ),
            act: Box::new(move |aws| {
                let instance =
                    aws_sdk_elasticloadbalancing::types::Instance::builder().instance_id(&id).build();
                let call = aws
                    .elb()?
                    .register_instances_with_load_balancer()
                    .load_balancer_name(&name)
                    .instances(instance);
                aws.run("elasticloadbalancing:RegisterInstancesWithLoadBalancer", &name, call.send())
                    .map(|_| ())
            }),
        });
    }
}

fn names(change: &Change, target: &Target) -> bool {
    let found = change.before.get("target");
    found.and_then(|t| t.get("id")).and_then(Value::as_str) == Some(target.id.as_str())
        && found.and_then(|t| t.get("port")).and_then(Value::as_i64) == target.port.map(i64::from)
}

/// Deletes the groups that the isolation made, once no interface uses them.
fn remove_groups(cut: &mut Cut<'_, '_>, past: &Past) -> Result<(), Failure> {
    let deleted: Vec<&str> = sent(past, "ec2:DeleteSecurityGroup").map(|c| c.subject.as_str()).collect();
    for (_, change, result) in past.iter().filter(|(_, c, _)| c.operation == "ec2:CreateSecurityGroup") {
        let _ = change;
        let Some(ChangeResult::Done { answer }) = result else { continue };
        let Some(id) = answer.get("id").and_then(Value::as_str) else { continue };
        if deleted.contains(&id) || cut.group_in_use(id)? {
            continue;
        }
        cut.delete_group(id)?;
    }
    Ok(())
}
