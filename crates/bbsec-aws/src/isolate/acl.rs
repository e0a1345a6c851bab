//! Network ACL denies for the instance's own addresses, against connections that no security group can cut.
//!
//! An inbound ACL rule names a source and an outbound one a destination. In the instance's own subnet its address is
//! neither for what goes out and comes back, so the denies only work on the far side: in the subnet of the NAT gateway,
//! load balancer, endpoint or attachment, where the instance's packets come in and the answers go out. They are therefore
//! put into every network ACL of the VPC that guards a subnet.

use bbsec_core::Failure;
use serde_json::json;

use super::{cidr, cut::Cut};
use crate::{
    client::Aws,
    error::AwsError,
    facts::{Acl, AclEntry, NodeFacts, network},
    journal::planned,
};

/// Every address of an instance, as ranges.
pub(crate) fn addresses(facts: &NodeFacts) -> Vec<String> {
    facts
        .interfaces
        .iter()
        .flat_map(|i| i.ipv4.iter().chain(&i.ipv6).chain(&i.prefixes))
        .filter_map(|a| cidr::full(a))
        .collect()
}

/// Whether an ACL drops everything from (in) or to (out) an address: the first rule that could match it decides.
pub(crate) fn denies(acl: &Acl, egress: bool, address: &str) -> bool {
    let mut entries: Vec<&AclEntry> =
        acl.entries.iter().filter(|e| e.egress == egress && cidr::holds(&e.cidr, address)).collect();
    entries.sort_by_key(|e| e.number);
    entries.first().is_none_or(|e| !e.allow && e.protocol == "-1")
}

/// Adds or deletes an entry.
pub(crate) fn set(aws: &Aws, acl: &str, entry: &AclEntry, present: bool) -> Result<(), AwsError> {
    let ec2 = aws.ec2()?;
    if !present {
        let call =
            ec2.delete_network_acl_entry().network_acl_id(acl).rule_number(entry.number).egress(entry.egress);
        return aws.run("ec2:DeleteNetworkAclEntry", acl, call.send()).map(|_| ());
    }
    let call = ec2
        .create_network_acl_entry()
        .network_acl_id(acl)
        .rule_number(entry.number)
        .egress(entry.egress)
        .protocol(&entry.protocol)
        .rule_action(if entry.allow {
            aws_sdk_ec2::types::RuleAction::Allow
        } else {
            aws_sdk_ec2::types::RuleAction::Deny
        });
    let call = if entry.cidr.contains(':') {
        call.ipv6_cidr_block(&entry.cidr)
    } else {
        call.cidr_block(&entry.cidr)
    };
    aws.run("ec2:CreateNetworkAclEntry", acl, call.send()).map(|_| ())
}

/// The lowest free rule number before every rule that lets something through.
fn free_number(acl: &Acl, egress: bool) -> Option<i32> {
    let used: Vec<&AclEntry> = acl.entries.iter().filter(|e| e.egress == egress).collect();
    let first_allow = used.iter().filter(|e| e.allow).map(|e| e.number).min().unwrap_or(32_766);
    (1..first_allow).find(|n| used.iter().all(|e| e.number != *n))
}

impl Cut<'_, '_> {
    pub(super) fn deny_addresses(&mut self, facts: &NodeFacts) -> Result<(), Failure> {
        let aws = self.aws;
        let Some(mut acls) = self.ask(|| network::acls(aws, &facts.vpc))? else { return Ok(()) };
        for acl in acls.iter_mut().filter(|a| !a.subnets.is_empty()) {
            for range in addresses(facts) {
                for egress in [false, true] {
                    if denies(acl, egress, &range) {
                        continue;
                    }
                    let Some(number) = free_number(acl, egress) else {
                        self.problem(format!(
                            "{}: no rule number is free before its first allow rule",
                            acl.id
                        ));
                        continue;
                    };
                    let entry = AclEntry {
                        number,
                        egress,
                        allow: false,
                        protocol: "-1".to_owned(),
                        cidr: range.clone(),
                    };
                    let change = planned(
                        "ec2:CreateNetworkAclEntry",
                        &acl.id,
                        json!({ "entry": null }),
                        json!({ "entry": entry }),
                        Some("delete the entry".to_owned()),
                    );
                    let id = acl.id.clone();
                    let made = self.change(change, || match set(aws, &id, &entry, true) {
                        // A lost answer is repeated by the client, which then meets its own entry.
                        Err(error) if error.code() == Some("NetworkAclEntryAlreadyExists") => {
                            let now = network::acls(aws, &facts.vpc)?;
                            let is_there = now.iter().any(|a| a.id == id && a.entries.contains(&entry));
                            if is_there { Ok(json!({ "already": true })) } else { Err(error) }
                        }
                        other => other.map(|()| json!({})),
                    })?;
                    if made.is_some() {
                        acl.entries.push(entry);
                    }
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(number: i32, allow: bool, cidr: &str) -> AclEntry {
        AclEntry { number, egress: true, allow, protocol: "-1".into(), cidr: cidr.into() }
    }

    #[test]
    fn the_first_matching_rule_decides() {
        let acl = |entries| Acl { id: "acl-1".into(), subnets: vec![], entries };
        let open = entry(100, true, "0.0.0.0/0");
        assert!(!denies(&acl(vec![open.clone()]), true, "10.0.0.1"));
        assert!(denies(&acl(vec![open.clone(), entry(1, false, "10.0.0.1/32")]), true, "10.0.0.1"));
        assert!(!denies(&acl(vec![open.clone(), entry(101, false, "10.0.0.1/32")]), true, "10.0.0.1"));
        assert!(!denies(&acl(vec![open, entry(1, false, "10.0.0.2/32")]), true, "10.0.0.1"));
        assert!(denies(&acl(vec![]), true, "10.0.0.1"), "without a rule nothing passes");
    }

    #[test]
    fn denies_come_before_every_allow() {
        let acl = Acl { id: "acl-1".into(), subnets: vec![], entries: vec![entry(2, true, "0.0.0.0/0")] };
        assert_eq!(free_number(&acl, true), Some(1));
        let full = Acl { entries: vec![entry(1, true, "0.0.0.0/0")], ..acl };
        assert_eq!(free_number(&full, true), None);
    }
}
