//! Which permissions are missing, asked with EC2's dry run before anything starts. Other services have no dry run.

use aws_sdk_ec2::types::{AttributeBooleanValue, InstanceSpecification, RuleAction};

use super::{groups::permission, input::IsolateInput};
use crate::{
    client::Aws,
    error::{AwsError, Kind},
    facts::NodeFacts,
};

/// A permission that is missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Lacking {
    /// `ec2:CreateSecurityGroup`.
    pub(super) permission: &'static str,
    /// Whether nothing can be cut without it.
    pub(super) needed: bool,
}

/// AWS answers a dry run that would have worked with an error of its own.
fn refused(answer: &Result<(), AwsError>) -> bool {
    matches!(answer, Err(error) if error.kind() == Kind::Unauthorized)
}

/// Asks for every change that EC2 lets one try.
pub(super) fn preflight(aws: &Aws, node: &NodeFacts, input: &IsolateInput) -> Result<Vec<Lacking>, AwsError> {
    let mut lacking = Vec::new();
    let mut note = |permission, needed, answer: Result<(), AwsError>| {
        if refused(&answer) {
            lacking.push(Lacking { permission, needed });
        }
    };
    groups(aws, node, &mut note)?;
    let ec2 = aws.ec2()?;
    let id = node.instance.as_str();
    if let Some(interface) = node.interfaces.first() {
        let call = ec2
            .modify_network_interface_attribute()
            .network_interface_id(&interface.id)
            .set_groups(Some(interface.groups.clone()))
            .dry_run(true);
        let answer = aws.run("ec2:ModifyNetworkInterfaceAttribute", &interface.id, call.send()).map(drop);
        note("ec2:ModifyNetworkInterfaceAttribute", true, answer);
    }
    let switch = AttributeBooleanValue::builder().value(true).build();
    let call = ec2.modify_instance_attribute().instance_id(id).disable_api_termination(switch).dry_run(true);
    note(
        "ec2:ModifyInstanceAttribute",
        false,
        aws.run("ec2:ModifyInstanceAttribute", id, call.send()).map(drop),
    );
    if !input.cut_now {
        let spec = InstanceSpecification::builder().instance_id(id).build();
        let call = ec2.create_snapshots().instance_specification(spec).dry_run(true);
        note("ec2:CreateSnapshots", false, aws.run("ec2:CreateSnapshots", id, call.send()).map(drop));
    }
    if input.cut_tracked
        && let Some(acl) = node.acls.first()
    {
        let call = ec2
            .create_network_acl_entry()
            .network_acl_id(&acl.id)
            .rule_number(1)
            .egress(false)
            .protocol("-1")
            .rule_action(RuleAction::Deny)
            .cidr_block("192.0.2.1/32")
            .dry_run(true);
        note(
            "ec2:CreateNetworkAclEntry",
            false,
            aws.run("ec2:CreateNetworkAclEntry", &acl.id, call.send()).map(drop),
        );
    }
    Ok(lacking)
}

/// The calls that the quarantine needs, tried on a group that the instance has now.
fn groups(
    aws: &Aws,
    node: &NodeFacts,
    note: &mut impl FnMut(&'static str, bool, Result<(), AwsError>),
) -> Result<(), AwsError> {
    let ec2 = aws.ec2()?;
    let call = ec2
        .create_security_group()
        .group_name("bbsec-ir-preflight")
        .description("bbsec-ir preflight")
        .vpc_id(&node.vpc)
        .dry_run(true);
    note(
        "ec2:CreateSecurityGroup",
        true,
        aws.run("ec2:CreateSecurityGroup", &node.vpc, call.send()).map(drop),
    );
    let Some(group) = node.interfaces.iter().flat_map(|i| &i.groups).next() else { return Ok(()) };
    let range = || Some(vec![permission("192.0.2.1/32")]);
    let call =
        ec2.authorize_security_group_ingress().group_id(group).set_ip_permissions(range()).dry_run(true);
    let answer = aws.run("ec2:AuthorizeSecurityGroupIngress", group, call.send()).map(drop);
    note("ec2:AuthorizeSecurityGroupIngress", true, answer);
    let call =
        ec2.authorize_security_group_egress().group_id(group).set_ip_permissions(range()).dry_run(true);
    let answer = aws.run("ec2:AuthorizeSecurityGroupEgress", group, call.send()).map(drop);
    note("ec2:AuthorizeSecurityGroupEgress", true, answer);
    let call = ec2.revoke_security_group_ingress().group_id(group).set_ip_permissions(range()).dry_run(true);
    let answer = aws.run("ec2:RevokeSecurityGroupIngress", group, call.send()).map(drop);
    note("ec2:RevokeSecurityGroupIngress", true, answer);
    let call = ec2.revoke_security_group_egress().group_id(group).set_ip_permissions(range()).dry_run(true);
    let answer = aws.run("ec2:RevokeSecurityGroupEgress", group, call.send()).map(drop);
    note("ec2:RevokeSecurityGroupEgress", true, answer);
    Ok(())
}
