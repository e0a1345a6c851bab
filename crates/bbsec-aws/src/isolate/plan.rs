//! What `isolate` would change, what a person should know before, and which permissions it needs.

use bbsec_core::Plan;
use serde_json::json;

use super::{
    acl,
    input::IsolateInput,
    protect::{protective, settings},
    sessions, ways,
};
use crate::{client::Aws, facts::NodeFacts, journal::planned};

/// IAM actions of `isolate` and `release`, and of waiting for the snapshots and locking them, which the command does after
/// the verdict.
pub(super) const PERMISSIONS: &[&str] = &[
    "autoscaling:DescribeAutoScalingGroups",
    "autoscaling:DescribeAutoScalingInstances",
    "autoscaling:EnterStandby",
    "autoscaling:ExitStandby",
    "autoscaling:ResumeProcesses",
    "autoscaling:SuspendProcesses",
    "autoscaling:UpdateAutoScalingGroup",
    "ec2:AssociateIamInstanceProfile",
    "ec2:AuthorizeSecurityGroupEgress",
    "ec2:AuthorizeSecurityGroupIngress",
    "ec2:CreateNetworkAclEntry",
    "ec2:CreateSecurityGroup",
    "ec2:CreateSnapshots",
    "ec2:CreateTags",
    "ec2:DeleteNetworkAclEntry",
    "ec2:DeleteSecurityGroup",
    "ec2:DescribeIamInstanceProfileAssociations",
    "ec2:DescribeInstanceAttribute",
    "ec2:DescribeInstances",
    "ec2:DescribeLockedSnapshots",
    "ec2:DescribeNatGateways",
    "ec2:DescribeNetworkAcls",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeRegions",
    "ec2:DescribeRouteTables",
    "ec2:DescribeSecurityGroupRules",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSnapshots",
    "ec2:DescribeTransitGatewayVpcAttachments",
    "ec2:DescribeVolumes",
    "ec2:DescribeVpcEndpoints",
    "ec2:DescribeVpcs",
    "ec2:DescribeSubnets",
    "ec2:DisassociateIamInstanceProfile",
    "ec2:GetConsoleOutput",
    "ec2:GetConsoleScreenshot",
    "ec2:LockSnapshot",
    "ec2:ModifyInstanceAttribute",
    "ec2:ModifyNetworkInterfaceAttribute",
    "ec2:RevokeSecurityGroupEgress",
    "ec2:RevokeSecurityGroupIngress",
    "elasticloadbalancing:DeregisterInstancesFromLoadBalancer",
    "elasticloadbalancing:DeregisterTargets",
    "elasticloadbalancing:DescribeLoadBalancers",
    "elasticloadbalancing:DescribeTargetGroupAttributes",
    "elasticloadbalancing:DescribeTargetGroups",
    "elasticloadbalancing:DescribeTargetHealth",
    "elasticloadbalancing:ModifyTargetGroupAttributes",
    "elasticloadbalancing:RegisterInstancesWithLoadBalancer",
    "elasticloadbalancing:RegisterTargets",
    "iam:DeleteRolePolicy",
    "iam:GetInstanceProfile",
    "iam:GetRole",
    "iam:GetRolePolicy",
    "iam:ListInstanceProfilesForRole",
    "iam:PassRole",
    "iam:PutRolePolicy",
    "iam:SimulatePrincipalPolicy",
    "sts:GetCallerIdentity",
];

/// Who else would lose the role's sessions.
pub(super) fn role_users(aws: &Aws, facts: &NodeFacts) -> Vec<String> {
    let Some(profile) = &facts.profile_arn else { return Vec::new() };
    match sessions::other_users(aws, facts) {
        Ok(others) if others.is_empty() => Vec::new(),
        Ok(others) => vec![format!(
            "sessions of the role of {profile} are revoked for all who use it: {}; instances get new ones by themselves",
            others.join(", ")
        )],
        Err(error) => vec![format!("who else uses {profile} is unknown: {}", error.chain())],
    }
}

/// The plan for some nodes.
pub(super) fn plan(aws: &Aws, nodes: &[NodeFacts], input: &IsolateInput) -> Plan {
    let mut plan = Plan { summary: summary(nodes), ..Plan::default() };
    for node in nodes {
        of_node(node, input, &mut plan);
        if input.revoke_role_sessions {
            plan.warnings.extend(role_users(aws, node));
        }
        let peers: Vec<&str> = node
            .peers
            .iter()
            .map(|p| p.instance.as_str())
            .filter(|p| !nodes.iter().any(|n| n.instance == *p))
            .collect();
        if !peers.is_empty() {
            plan.warnings.push(format!(
                "{} shares home, database and credentials with {}; --cluster isolates these too",
                node.instance,
                peers.join(", ")
            ));
        }
        if node.state != "running" {
            plan.warnings.push(format!("{} is {}", node.instance, node.state));
        }
        if !input.cut_tracked {
            let mut kept: Vec<String> = ways::ways(node)
                .into_iter()
                .filter(|w| w.always_tracked)
                .map(|w| format!("{} {}", w.via, w.through))
                .collect();
            kept.sort();
            kept.dedup();
            if !kept.is_empty() {
                plan.warnings.push(format!(
                    "established connections of {} may live on through {}; --cut-tracked cuts those that an ACL can reach",
                    node.instance,
                    kept.join(", ")
                ));
            }
        }
    }
    if input.cut_now {
        plan.warnings.push("--cut-now: no snapshot is requested before the cut".to_owned());
    }
    plan
}

fn summary(nodes: &[NodeFacts]) -> String {
    let names: Vec<&str> = nodes.iter().map(|n| n.instance.as_str()).collect();
    let interfaces: usize = nodes.iter().map(|n| n.interfaces.len()).sum();
    format!("cut off {} ({interfaces} interfaces); nothing is stopped or rebooted", names.join(", "))
}

fn of_node(node: &NodeFacts, input: &IsolateInput, plan: &mut Plan) {
    let mut add = |operation, subject: &str, before, after, undo: &str| {
        plan.changes.push(planned(operation, subject, before, after, Some(undo.to_owned())));
    };
    let id = node.instance.as_str();
    if !input.cut_now {
        let volumes: Vec<&str> = node.volumes.iter().map(|v| v.id.as_str()).collect();
        add(
            "ec2:CreateSnapshots",
            id,
            json!(null),
            json!({ "volumes": volumes }),
            "kept: snapshots are evidence",
        );
    }
    if let Some(scaling) = &node.scaling {
        add(
            "autoscaling:SuspendProcesses",
            &scaling.group,
            json!({ "suspended": scaling.suspended }),
            json!({ "suspend": "Terminate" }),
            "resume the process",
        );
    }
    for interface in &node.interfaces {
        add(
            "ec2:ModifyNetworkInterfaceAttribute",
            &interface.id,
            json!({ "groups": interface.groups }),
            json!({ "groups": ["(open group, for a moment)", "(quarantine group)"], "allow": input.allow }),
            "put back the groups",
        );
    }
    for target in &node.targets {
        add(
            "elasticloadbalancing:DeregisterTargets",
            &target.group,
            json!({ "target": target.id }),
            json!({ "target": null }),
            "register the target again",
        );
    }
    for balancer in &node.classic {
        add(
            "elasticloadbalancing:DeregisterInstancesFromLoadBalancer",
            &balancer.name,
            json!({ "instance": id }),
            json!({ "instance": null }),
            "register the instance again",
        );
    }
    if let Some(scaling) = &node.scaling {
        add(
            "autoscaling:EnterStandby",
            &scaling.group,
            json!({ "lifecycle": scaling.lifecycle }),
            json!({ "lifecycle": "Standby" }),
            "leave standby",
        );
    }
    rest(node, input, plan);
}

fn rest(node: &NodeFacts, input: &IsolateInput, plan: &mut Plan) {
    let mut add = |operation, subject: &str, before, after, undo: &str| {
        plan.changes.push(planned(operation, subject, before, after, Some(undo.to_owned())));
    };
    let id = node.instance.as_str();
    for before in settings(node) {
        let after = protective(&before);
        if before != after {
            add(
                "ec2:ModifyInstanceAttribute",
                id,
                json!({ before.name(): before.value() }),
                json!({ after.name(): after.value() }),
                "put it back",
            );
        }
    }
    if input.cut_tracked {
        for acl in node.acls.iter().filter(|a| !a.subnets.is_empty()) {
            add(
                "ec2:CreateNetworkAclEntry",
                &acl.id,
                json!({ "denied": [] }),
                json!({ "denied": acl::addresses(node), "directions": ["in", "out"] }),
                "delete the entries",
            );
        }
    }
    if let Some(profile) = node.profile_arn.as_deref().filter(|_| input.revoke_role_sessions) {
        add(
            "ec2:DisassociateIamInstanceProfile",
            id,
            json!({ "profile": profile }),
            json!({ "profile": null }),
            "associate the profile again",
        );
        add(
            "iam:PutRolePolicy",
            profile,
            json!(null),
            json!({ "deny": "sessions issued before now" }),
            "delete the inline policy",
        );
    }
}
