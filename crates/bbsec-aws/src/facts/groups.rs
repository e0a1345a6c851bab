//! The security groups of an instance's interfaces, with their rules.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ec2::types::IpPermission;

use super::{NodeFacts, Permission, SecurityGroup, instance::filter};
use crate::{client::Aws, error::AwsError};

/// Groups that the interfaces have, as they are now.
pub(crate) fn security_groups(aws: &Aws, facts: &NodeFacts) -> Result<Vec<SecurityGroup>, AwsError> {
    let ids: BTreeSet<&str> = facts.interfaces.iter().flat_map(|i| &i.groups).map(String::as_str).collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<&str> = ids.into_iter().collect();
    let pages = aws
        .ec2()?
        .describe_security_groups()
        .filters(filter("group-id", &ids))
        .into_paginator()
        .items()
        .send();
    let found =
        aws.run("ec2:DescribeSecurityGroups", &facts.instance, pages.collect::<Result<Vec<_>, _>>())?;
    let text = |value: Option<&str>| value.unwrap_or_default().to_owned();
    Ok(found
        .iter()
        .map(|group| SecurityGroup {
            group_id: text(group.group_id()),
            group_name: text(group.group_name()),
            tags: group
                .tags()
                .iter()
                .filter_map(|t| Some((t.key()?.to_owned(), text(t.value()))))
                .collect::<BTreeMap<_, _>>(),
            ip_permissions: permissions(group.ip_permissions()),
            ip_permissions_egress: permissions(group.ip_permissions_egress()),
        })
        .collect())
}

/// One entry per peer: AWS puts all peers of the same ports into one.
fn permissions(found: &[IpPermission]) -> Vec<Permission> {
    let mut all = Vec::new();
    for rule in found {
        let base = Permission {
            ip_protocol: rule.ip_protocol().unwrap_or_default().to_owned(),
            from_port: rule.from_port(),
            to_port: rule.to_port(),
            ..Permission::default()
        };
        all.extend(
            rule.ip_ranges()
                .iter()
                .map(|range| Permission { cidr_ip: range.cidr_ip().map(str::to_owned), ..base.clone() }),
        );
        all.extend(
            rule.ipv6_ranges()
                .iter()
                .map(|range| Permission { cidr_ipv6: range.cidr_ipv6().map(str::to_owned), ..base.clone() }),
        );
        all.extend(rule.prefix_list_ids().iter().map(|list| Permission {
            prefix_list_id: list.prefix_list_id().map(str::to_owned),
            ..base.clone()
        }));
        all.extend(
            rule.user_id_group_pairs().iter().map(|pair| Permission {
                source_group_id: pair.group_id().map(str::to_owned),
                ..base.clone()
            }),
        );
    }
    all
}
