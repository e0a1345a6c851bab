//! Which permissions are missing, asked before anything starts: EC2's dry run for what EC2 changes, IAM's policy simulator
//! for everything, and what the facts could not read. Where neither can be asked, that is said too.

mod dry_run;
mod simulate;

use std::collections::BTreeSet;

use bbsec_core::{Failure, Gap};

use super::{input::IsolateInput, plan::PERMISSIONS};
use crate::{client::Aws, error::AwsError, facts::NodeFacts};

/// How much depends on a permission.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Weight {
    /// Nothing can be cut without it.
    Cut,
    /// The rest is done without it.
    Part,
    /// Isolating works; `release` cannot put everything back.
    Release,
    /// Something stays unread: the verdict, the evidence or the list of who else is concerned has a hole.
    Read,
}

impl Weight {
    /// What follows from lacking it.
    pub(super) const fn words(self) -> &'static str {
        match self {
            Self::Cut => "nothing can be cut without it",
            Self::Part => "the rest is done without it",
            Self::Release => "`release` cannot put everything back without it",
            Self::Read => "something stays unread without it",
        }
    }
}

/// What was found out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Preflight {
    /// Permissions that are missing.
    pub(super) lacking: BTreeSet<(Weight, &'static str)>,
    /// Permissions that could not be asked about.
    pub(super) unasked: BTreeSet<&'static str>,
    /// Why not.
    pub(super) why: Option<String>,
}

impl Preflight {
    /// What a person should read before they agree.
    pub(super) fn warnings(&self) -> Vec<String> {
        let mut all: Vec<String> = self
            .lacking
            .iter()
            .map(|(weight, permission)| format!("the identity lacks {permission}: {}", weight.words()))
            .collect();
        if let Some(why) = self.why.as_ref().filter(|_| !self.unasked.is_empty()) {
            let names: Vec<&str> = self.unasked.iter().copied().collect();
            all.push(format!(
                "{} permissions could not be asked about beforehand ({why}): {}",
                names.len(),
                names.join(", ")
            ));
        }
        all
    }

    /// Permissions without which nothing can be cut.
    pub(super) fn needed(&self) -> Vec<&'static str> {
        self.lacking.iter().filter(|(weight, _)| *weight == Weight::Cut).map(|(_, name)| *name).collect()
    }
}

/// Whether something that was asked for, or something that is there, makes a permission matter.
fn matters(permission: &str, nodes: &[NodeFacts], input: &IsolateInput) -> bool {
    let any = |test: &dyn Fn(&NodeFacts) -> bool| nodes.iter().any(test);
    match permission {
        "ec2:CreateSnapshots"
        | "ec2:DescribeSnapshots"
        | "ec2:DescribeLockedSnapshots"
        | "ec2:LockSnapshot" => !input.cut_now,
        "ec2:CreateNetworkAclEntry" | "ec2:DeleteNetworkAclEntry" => input.cut_tracked,
        "elasticloadbalancing:ModifyTargetGroupAttributes" => {
            input.cut_tracked && any(&|n| n.targets.iter().any(|t| t.kind == "network"))
        }
        "elasticloadbalancing:DeregisterTargets"
        | "elasticloadbalancing:RegisterTargets"
        | "elasticloadbalancing:DescribeTargetGroupAttributes" => any(&|n| !n.targets.is_empty()),
        "elasticloadbalancing:DeregisterInstancesFromLoadBalancer"
        | "elasticloadbalancing:RegisterInstancesWithLoadBalancer" => any(&|n| !n.classic.is_empty()),
        "autoscaling:EnterStandby"
        | "autoscaling:ExitStandby"
        | "autoscaling:ResumeProcesses"
        | "autoscaling:SuspendProcesses"
        | "autoscaling:UpdateAutoScalingGroup" => any(&|n| n.scaling.is_some()),
        "ec2:DisassociateIamInstanceProfile" | "ec2:AssociateIamInstanceProfile" => {
            input.revoke_role_sessions
        }
        // Its absence is what the simulator itself says.
        "iam:SimulatePrincipalPolicy" | "sts:GetCallerIdentity" => false,
        other if other.starts_with("iam:") => input.revoke_role_sessions && any(&|n| n.profile_arn.is_some()),
        _ => true,
    }
}

/// What depends on a permission of `isolate`.
fn weight(permission: &str) -> Weight {
    match permission {
        "ec2:CreateSecurityGroup"
        | "ec2:CreateTags"
        | "ec2:ModifyNetworkInterfaceAttribute"
        | "ec2:AuthorizeSecurityGroupIngress"
        | "ec2:AuthorizeSecurityGroupEgress"
        | "ec2:RevokeSecurityGroupIngress"
        | "ec2:RevokeSecurityGroupEgress"
        | "ec2:DescribeInstances"
        | "ec2:DescribeNetworkInterfaces"
        | "ec2:DescribeSecurityGroups"
        | "ec2:DescribeSecurityGroupRules" => Weight::Cut,
        "ec2:DeleteSecurityGroup"
        | "ec2:DeleteNetworkAclEntry"
        | "ec2:AssociateIamInstanceProfile"
        | "autoscaling:ExitStandby"
        | "autoscaling:ResumeProcesses"
        | "elasticloadbalancing:RegisterTargets"
        | "elasticloadbalancing:RegisterInstancesWithLoadBalancer"
        | "iam:DeleteRolePolicy"
        | "iam:PassRole" => Weight::Release,
        other => {
            let operation = other.split(':').nth(1).unwrap_or_default();
            let reads = ["Describe", "Get", "List"].iter().any(|verb| operation.starts_with(verb));
            if reads { Weight::Read } else { Weight::Part }
        }
    }
}

/// The permission that an error names, if lacking it is what the error says.
fn named(error: &AwsError) -> Option<&'static str> {
    error.lacks().and_then(|operation| PERMISSIONS.iter().copied().find(|p| *p == operation))
}

/// The permissions that the gaps of the facts name.
fn unread(gaps: &[Gap]) -> impl Iterator<Item = &'static str> {
    let refused = |gap: &&Gap| gap.why.contains("UnauthorizedOperation") || gap.why.contains("AccessDenied");
    gaps.iter().filter(refused).filter_map(|gap| {
        // `ec2:DescribeVolumes failed for …`: the first word is the permission.
        let operation = gap.why.split_whitespace().next()?;
        PERMISSIONS.iter().copied().find(|p| *p == operation)
    })
}

/// Asks for everything that isolating these nodes needs. `gaps` are those of reading the facts.
pub(super) fn preflight(
    aws: &Aws,
    nodes: &[NodeFacts],
    gaps: &[Gap],
    input: &IsolateInput,
) -> Result<Preflight, Failure> {
    let wanted: Vec<&'static str> =
        PERMISSIONS.iter().copied().filter(|p| matters(p, nodes, input)).collect();
    let mut found = Preflight::default();
    let mut tried: BTreeSet<&'static str> = BTreeSet::new();
    for node in nodes {
        for (permission, is_refused) in dry_run::ask(aws, node, input)? {
            tried.insert(permission);
            if is_refused {
                found.lacking.insert((weight(permission), permission));
            }
        }
    }
    match simulate::denied(aws, &wanted) {
        // What a dry run allowed is allowed: the simulator does not know the resources.
        Ok(denied) => {
            found.lacking.extend(denied.into_iter().filter(|p| !tried.contains(p)).map(|p| (weight(p), p)));
        }
        Err(error) => {
            found.why = Some(error.chain());
            found.unasked = wanted
                .iter()
                .copied()
                .filter(|p| !tried.contains(p) && weight(p) != Weight::Read && weight(p) != Weight::Cut)
                .collect();
            found.lacking.extend(named(&error).map(|p| (Weight::Read, p)));
        }
    }
    found.lacking.extend(unread(gaps).map(|p| (weight(p), p)));
    Ok(found)
}
