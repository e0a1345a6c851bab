//! The two security groups: an open one, through which tracked connections lose their state, and a quarantine one
//! without any rule. A group is used only after its rules were read; its name proves nothing.

use aws_sdk_ec2::types::{IpPermission, IpRange, Ipv6Range, ResourceType, Tag, TagSpecification};
use bbsec_core::Failure;
use serde_json::json;

use super::{cidr, cut::Cut};
use crate::{client::Aws, error::AwsError, facts::instance::filter, journal::planned};

/// A rule of a group, as AWS lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rule {
    pub(crate) id: String,
    pub(crate) egress: bool,
    pub(crate) protocol: String,
    /// CIDR, group or prefix list.
    pub(crate) peer: String,
}

/// Which of the two groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Open,
    Quarantine,
    /// The groups that were there before.
    Before,
}

impl Role {
    /// As tags and the journal write it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Quarantine => "quarantine",
            Self::Before => "before",
        }
    }
}

/// The rules of a group, as they are now.
pub(crate) fn rules(aws: &Aws, group: &str) -> Result<Vec<Rule>, AwsError> {
    let pages = aws
        .ec2()?
        .describe_security_group_rules()
        .filters(filter("group-id", &[group]))
        .into_paginator()
        .items()
        .send();
    let found = aws.run("ec2:DescribeSecurityGroupRules", group, pages.collect::<Result<Vec<_>, _>>())?;
    Ok(found
        .iter()
        .map(|rule| Rule {
            id: rule.security_group_rule_id().unwrap_or_default().to_owned(),
            egress: rule.is_egress().unwrap_or(false),
            protocol: rule.ip_protocol().unwrap_or_default().to_owned(),
            peer: rule
                .cidr_ipv4()
                .or(rule.cidr_ipv6())
                .or(rule.prefix_list_id())
                .or(rule.referenced_group_info().and_then(|g| g.group_id()))
                .unwrap_or_default()
                .to_owned(),
        })
        .collect())
}

/// What a group of this role must hold: (egress, range) with every protocol.
fn wanted(role: Role, allow: &[String]) -> Vec<(bool, String)> {
    match role {
        Role::Quarantine => allow.iter().map(|range| (false, range.clone())).collect(),
        Role::Before => Vec::new(),
        Role::Open => [false, true]
            .into_iter()
            .flat_map(|egress| [(egress, "0.0.0.0/0".to_owned()), (egress, "::/0".to_owned())])
            .collect(),
    }
}

/// Whether rules are exactly those that let in what is allowed and nothing else.
pub(crate) fn quarantines(rules: &[Rule], allow: &[String]) -> bool {
    rules.iter().all(|rule| {
        !rule.egress && allow.iter().any(|range| cidr::full(range).as_deref() == Some(rule.peer.as_str()))
    })
}

fn fits(rules: &[Rule], wanted: &[(bool, String)]) -> bool {
    rules.len() == wanted.len()
        && wanted.iter().all(|(egress, peer)| {
            rules.iter().any(|r| r.egress == *egress && r.protocol == "-1" && r.peer == *peer)
        })
}

/// Every protocol, from or to a range.
pub(super) fn permission(range: &str) -> IpPermission {
    let permission = IpPermission::builder().ip_protocol("-1");
    if range.contains(':') {
        permission.ipv6_ranges(Ipv6Range::builder().cidr_ipv6(range).build()).build()
    } else {
        permission.ip_ranges(IpRange::builder().cidr_ip(range).build()).build()
    }
}

/// Tags that every thing of ours carries.
pub(crate) fn tags(kind: ResourceType, pairs: &[(&str, &str)]) -> TagSpecification {
    pairs
        .iter()
        .fold(TagSpecification::builder().resource_type(kind), |spec, (key, value)| {
            spec.tags(Tag::builder().key(*key).value(*value).build())
        })
        .build()
}

/// A stable short mark of the allowed ranges, so that two runs with other ranges do not share a group.
fn mark(allow: &[String]) -> String {
    use sha2::{Digest, Sha256};
    if allow.is_empty() {
        return String::new();
    }
    let digest = bbsec_core::hex::encode(Sha256::digest(allow.join(",").as_bytes()));
    format!("-{}", digest.chars().take(8).collect::<String>())
}

/// The group of this name that this case has made.
fn ours(aws: &Aws, vpc: &str, name: &str, case: &str) -> Result<Option<String>, AwsError> {
    let call = aws
        .ec2()?
        .describe_security_groups()
        .filters(filter("vpc-id", &[vpc]))
        .filters(filter("group-name", &[name]))
        .filters(filter("tag:bbsec-ir:case", &[case]));
    let found = aws.run("ec2:DescribeSecurityGroups", name, call.send())?;
    Ok(found.security_groups().first().and_then(|g| g.group_id().map(str::to_owned)))
}

impl Cut<'_, '_> {
    /// The id of a group of this role in a VPC whose rules were just read and fit. Looks for one of this case first;
    /// one whose rules cannot be put right is left alone and another is made.
    pub(super) fn group(
        &mut self,
        role: Role,
        vpc: &str,
        allow: &[String],
    ) -> Result<Option<String>, Failure> {
        let wanted = wanted(role, allow);
        let base = self.group_name(role, allow);
        for attempt in 1..=3 {
            let name = if attempt == 1 { base.clone() } else { format!("{base}-{attempt}") };
            let Some(id) = self.find_or_make(role, vpc, &name)? else { continue };
            if self.put_right(&id, &wanted)? {
                return Ok(Some(id));
            }
        }
        self.problem(format!("no {} group in {vpc} holds exactly the rules that it should", role.name()));
        Ok(None)
    }

    fn group_name(&self, role: Role, allow: &[String]) -> String {
        format!(
            "bbsec-ir-{}-{}{}",
            role.name(),
            self.case,
            mark(if role == Role::Open { &[] } else { allow })
        )
    }

    /// The group of this role that this case has, if it has one.
    pub(super) fn existing(&mut self, role: Role, vpc: &str) -> Result<Option<String>, Failure> {
        let (aws, name, case) = (self.aws, self.group_name(role, &[]), self.case.clone());
        Ok(self.ask(|| ours(aws, vpc, &name, &case))?.flatten())
    }

    fn find_or_make(&mut self, role: Role, vpc: &str, name: &str) -> Result<Option<String>, Failure> {
        let aws = self.aws;
        let found = self.ask(|| {
            let pages = aws
                .ec2()?
                .describe_security_groups()
                .filters(filter("vpc-id", &[vpc]))
                .filters(filter("group-name", &[name]))
                .into_paginator()
                .items()
                .send();
            aws.run("ec2:DescribeSecurityGroups", name, pages.collect::<Result<Vec<_>, _>>())
        })?;
        if let Some(group) = found.unwrap_or_default().first() {
            let case = self.case.clone();
            let ours = group
                .tags()
                .iter()
                .any(|t| t.key() == Some("bbsec-ir:case") && t.value() == Some(case.as_str()));
            return Ok(if ours { group.group_id().map(str::to_owned) } else { None });
        }
        let (case, run) = (self.case.clone(), self.context.run.to_owned());
        let change = planned(
            "ec2:CreateSecurityGroup",
            format!("{vpc}/{name}"),
            json!(null),
            json!({ "name": name, "vpc": vpc }),
            Some("delete the group".to_owned()),
        );
        let made = self.change(change, || {
            let spec = tags(
                ResourceType::SecurityGroup,
                &[("bbsec-ir:case", &case), ("bbsec-ir:run", &run), ("bbsec-ir:role", role.name())],
            );
            let call = aws
                .ec2()?
                .create_security_group()
                .group_name(name)
                .description(format!("bbsec-ir {} group; delete when the case is closed", role.name()))
                .vpc_id(vpc)
                .tag_specifications(spec);
            // The answer may have been lost after the group was made: its name and tag then tell.
            match aws.run("ec2:CreateSecurityGroup", vpc, call.send()) {
                Ok(answer) => Ok(json!({ "id": answer.group_id() })),
                Err(error) => ours(aws, vpc, name, &case)?.map(|id| json!({ "id": id })).ok_or(error),
            }
        })?;
        Ok(made.and_then(|a| a.get("id").and_then(|v| v.as_str()).map(str::to_owned)))
    }

    /// Revokes every rule that should not be there, by its id, adds those that should, and reads back.
    fn put_right(&mut self, group: &str, wanted: &[(bool, String)]) -> Result<bool, Failure> {
        let aws = self.aws;
        let Some(now) = self.ask(|| rules(aws, group))? else { return Ok(false) };
        let is_wanted = |rule: &Rule| {
            wanted.iter().any(|(e, p)| *e == rule.egress && rule.protocol == "-1" && *p == rule.peer)
        };
        for egress in [true, false] {
            let extra: Vec<String> =
                now.iter().filter(|r| r.egress == egress && !is_wanted(r)).map(|r| r.id.clone()).collect();
            if !extra.is_empty() {
                self.revoke(group, egress, &extra)?;
            }
            let missing: Vec<String> = wanted
                .iter()
                .filter(|(e, p)| {
                    *e == egress
                        && !now.iter().any(|r| r.egress == egress && r.protocol == "-1" && r.peer == *p)
                })
                .map(|(_, p)| p.clone())
                .collect();
            if !missing.is_empty() {
                self.authorize(group, egress, &missing)?;
            }
        }
        let read = self.ask(|| rules(aws, group))?;
        Ok(read.is_some_and(|read| fits(&read, wanted)))
    }

    fn revoke(&mut self, group: &str, egress: bool, ids: &[String]) -> Result<(), Failure> {
        let aws = self.aws;
        let operation =
            if egress { "ec2:RevokeSecurityGroupEgress" } else { "ec2:RevokeSecurityGroupIngress" };
        let change = planned(operation, group, json!({ "rules": ids }), json!({ "rules": [] }), None);
        let ids = Some(ids.to_vec());
        self.change(change, || {
            let ec2 = aws.ec2()?;
            if egress {
                let call =
                    ec2.revoke_security_group_egress().group_id(group).set_security_group_rule_ids(ids);
                aws.run(operation, group, call.send())?;
            } else {
                let call =
                    ec2.revoke_security_group_ingress().group_id(group).set_security_group_rule_ids(ids);
                aws.run(operation, group, call.send())?;
            }
            Ok(json!({}))
        })?;
        Ok(())
    }

    fn authorize(&mut self, group: &str, egress: bool, ranges: &[String]) -> Result<(), Failure> {
        let aws = self.aws;
        let operation =
            if egress { "ec2:AuthorizeSecurityGroupEgress" } else { "ec2:AuthorizeSecurityGroupIngress" };
        let change = planned(operation, group, json!({ "ranges": [] }), json!({ "ranges": ranges }), None);
        let permissions = Some(ranges.iter().map(|r| permission(r)).collect::<Vec<_>>());
        self.change(change, || {
            let ec2 = aws.ec2()?;
            if egress {
                let call =
                    ec2.authorize_security_group_egress().group_id(group).set_ip_permissions(permissions);
                aws.run(operation, group, call.send())?;
            } else {
                let call =
                    ec2.authorize_security_group_ingress().group_id(group).set_ip_permissions(permissions);
                aws.run(operation, group, call.send())?;
            }
            Ok(json!({}))
        })?;
        Ok(())
    }

    /// Deletes a group of ours that nothing uses any more.
    pub(super) fn delete_group(&mut self, group: &str) -> Result<(), Failure> {
        let aws = self.aws;
        let change = planned("ec2:DeleteSecurityGroup", group, json!({ "id": group }), json!(null), None);
        self.change(change, || {
            aws.run(
                "ec2:DeleteSecurityGroup",
                group,
                aws.ec2()?.delete_security_group().group_id(group).send(),
            )?;
            Ok(json!({}))
        })?;
        Ok(())
    }
}

impl Cut<'_, '_> {
    /// Whether any interface still has a group. Unknown counts as used.
    pub(super) fn group_in_use(&mut self, group: &str) -> Result<bool, Failure> {
        let aws = self.aws;
        let found = self.ask(|| {
            let call = aws.ec2()?.describe_network_interfaces().filters(filter("group-id", &[group]));
            aws.run("ec2:DescribeNetworkInterfaces", group, call.send())
        })?;
        Ok(found.is_none_or(|f| !f.network_interfaces().is_empty()))
    }

    /// Deletes the groups that this run made and nothing uses any more, found by their tags: the answer to a creation
    /// may have been lost, and with it the id.
    pub(super) fn remove_groups(&mut self) -> Result<(), Failure> {
        let aws = self.aws;
        let (case, run) = (self.case.clone(), self.context.run.to_owned());
        let found = self.ask(|| {
            let pages = aws
                .ec2()?
                .describe_security_groups()
                .filters(filter("tag:bbsec-ir:case", &[&case]))
                .filters(filter("tag:bbsec-ir:run", &[&run]))
                .into_paginator()
                .items()
                .send();
            aws.run("ec2:DescribeSecurityGroups", &run, pages.collect::<Result<Vec<_>, _>>())
        })?;
        for group in found.unwrap_or_default() {
            let ours = group.group_name().is_some_and(|name| name.starts_with("bbsec-ir-"));
            let Some(id) = group.group_id().filter(|_| ours) else { continue };
            if !self.group_in_use(id)? {
                self.delete_group(id)?;
            }
        }
        Ok(())
    }
}
