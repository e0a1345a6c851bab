//! EC2's dry run: the real call, with everything but the doing.

use aws_sdk_ec2::types::{AttributeBooleanValue, InstanceSpecification, RuleAction, Tag};

use crate::{
    client::Aws,
    error::{AwsError, Kind},
    facts::NodeFacts,
    isolate::{groups::permission, input::IsolateInput},
};

/// A permission, and whether AWS refused it.
type Asked = (&'static str, bool);

/// AWS answers a dry run that would have worked with an error of its own; only a refusal counts.
fn refused<T>(answer: &Result<T, AwsError>) -> bool {
    matches!(answer, Err(error) if error.kind() == Kind::Unauthorized)
}

macro_rules! ask {
    ($asked:ident, $aws:ident, $permission:literal, $subject:expr, $call:expr) => {{
        let answer = $aws.run($permission, $subject, $call.dry_run(true).send());
        $asked.push(($permission, refused(&answer)));
    }};
}

/// Tries every change of EC2 that has a dry run and that isolating this node makes.
pub(super) fn ask(aws: &Aws, node: &NodeFacts, input: &IsolateInput) -> Result<Vec<Asked>, AwsError> {
    let mut asked = groups(aws, node)?;
    let ec2 = aws.ec2()?;
    let id = node.instance.as_str();
    if let Some(interface) = node.interfaces.first() {
        let call = ec2
            .modify_network_interface_attribute()
            .network_interface_id(&interface.id)
            .set_groups(Some(interface.groups.clone()));
        ask!(asked, aws, "ec2:ModifyNetworkInterfaceAttribute", &interface.id, call);
    }
    let switch = AttributeBooleanValue::builder().value(true).build();
    let call = ec2.modify_instance_attribute().instance_id(id).disable_api_termination(switch);
    ask!(asked, aws, "ec2:ModifyInstanceAttribute", id, call);
    ask!(asked, aws, "ec2:GetConsoleOutput", id, ec2.get_console_output().instance_id(id));
    ask!(asked, aws, "ec2:GetConsoleScreenshot", id, ec2.get_console_screenshot().instance_id(id));
    if !input.cut_now {
        let spec = InstanceSpecification::builder().instance_id(id).build();
        ask!(asked, aws, "ec2:CreateSnapshots", id, ec2.create_snapshots().instance_specification(spec));
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
            .cidr_block("192.0.2.1/32");
        ask!(asked, aws, "ec2:CreateNetworkAclEntry", &acl.id, call);
        let call = ec2.delete_network_acl_entry().network_acl_id(&acl.id).rule_number(1).egress(false);
        ask!(asked, aws, "ec2:DeleteNetworkAclEntry", &acl.id, call);
    }
    Ok(asked)
}

/// The calls that the quarantine needs, tried on a group that the instance has now.
fn groups(aws: &Aws, node: &NodeFacts) -> Result<Vec<Asked>, AwsError> {
    let mut asked = Vec::new();
    let ec2 = aws.ec2()?;
    let call = ec2
        .create_security_group()
        .group_name("bbsec-ir-preflight")
        .description("bbsec-ir preflight")
        .vpc_id(&node.vpc);
    ask!(asked, aws, "ec2:CreateSecurityGroup", &node.vpc, call);
    let Some(group) = node.interfaces.iter().flat_map(|i| &i.groups).next() else { return Ok(asked) };
    let tag = Tag::builder().key("bbsec-ir:case").value("preflight").build();
    ask!(asked, aws, "ec2:CreateTags", group, ec2.create_tags().resources(group).tags(tag));
    let range = || Some(vec![permission("192.0.2.1/32")]);
    let call = ec2.authorize_security_group_ingress().group_id(group).set_ip_permissions(range());
    ask!(asked, aws, "ec2:AuthorizeSecurityGroupIngress", group, call);
    let call = ec2.authorize_security_group_egress().group_id(group).set_ip_permissions(range());
    ask!(asked, aws, "ec2:AuthorizeSecurityGroupEgress", group, call);
    let call = ec2.revoke_security_group_ingress().group_id(group).set_ip_permissions(range());
    ask!(asked, aws, "ec2:RevokeSecurityGroupIngress", group, call);
    let call = ec2.revoke_security_group_egress().group_id(group).set_ip_permissions(range());
    ask!(asked, aws, "ec2:RevokeSecurityGroupEgress", group, call);
    ask!(asked, aws, "ec2:DeleteSecurityGroup", group, ec2.delete_security_group().group_id(group));
    Ok(asked)
}
