//! Load balancers that send traffic to the instance: ALB, NLB, gateway, classic; by instance id and by address.

use std::collections::{BTreeMap, BTreeSet};

use super::{Classic, NodeFacts, Reader, Target};
use crate::{client::Aws, error::AwsError};

/// Registrations of an instance (by id or any of its addresses), as they are now.
pub(crate) fn targets(aws: &Aws, facts: &NodeFacts) -> Result<Vec<Target>, AwsError> {
    let client = aws.elbv2()?;
    let pages = client.describe_target_groups().into_paginator().items().send();
    let groups = aws.run(
        "elasticloadbalancing:DescribeTargetGroups",
        &facts.vpc,
        pages.collect::<Result<Vec<_>, _>>(),
    )?;
    let groups: Vec<_> = groups.into_iter().filter(|g| g.vpc_id().is_none_or(|v| v == facts.vpc)).collect();
    if groups.is_empty() {
        return Ok(Vec::new());
    }
    let pages = client.describe_load_balancers().into_paginator().items().send();
    let balancers = aws.run(
        "elasticloadbalancing:DescribeLoadBalancers",
        &facts.vpc,
        pages.collect::<Result<Vec<_>, _>>(),
    )?;
    let places: BTreeMap<&str, (String, Vec<String>)> = balancers
        .iter()
        .filter_map(|b| {
            let subnets =
                b.availability_zones().iter().filter_map(|z| z.subnet_id().map(str::to_owned)).collect();
            let kind = b.r#type().map(|t| t.as_str().to_owned()).unwrap_or_default();
            Some((b.load_balancer_arn()?, (kind, subnets)))
        })
        .collect();
    let ours: BTreeSet<&str> = std::iter::once(facts.instance.as_str())
        .chain(facts.interfaces.iter().flat_map(|i| i.ipv4.iter().chain(&i.ipv6)).map(String::as_str))
        .collect();
    let mut found = Vec::new();
    for group in &groups {
        let Some(arn) = group.target_group_arn() else { continue };
        let answer = aws.run(
            "elasticloadbalancing:DescribeTargetHealth",
            arn,
            client.describe_target_health().target_group_arn(arn).send(),
        )?;
        let kind = group
            .load_balancer_arns()
            .iter()
            .find_map(|b| places.get(b.as_str()).map(|(kind, _)| kind.clone()))
            .unwrap_or_else(|| by_protocol(group.protocol().map_or("", |p| p.as_str())).to_owned());
        let subnets: BTreeSet<String> = group
            .load_balancer_arns()
            .iter()
            .filter_map(|b| places.get(b.as_str()))
            .flat_map(|(_, s)| s.iter().cloned())
            .collect();
        for health in answer.target_health_descriptions() {
            let Some(target) = health.target() else { continue };
            if !target.id().is_some_and(|id| ours.contains(id)) {
                continue;
            }
            found.push(Target {
                group: arn.to_owned(),
                kind: kind.clone(),
                id: target.id().unwrap_or_default().to_owned(),
                port: target.port(),
                zone: target.availability_zone().map(str::to_owned),
                state: health
                    .target_health()
                    .and_then(|h| h.state())
                    .map(|s| s.as_str().to_owned())
                    .unwrap_or_default(),
                balancers: group.load_balancer_arns().to_vec(),
                subnets: subnets.iter().cloned().collect(),
            });
        }
    }
    Ok(found)
}

/// Classic load balancers that an instance is registered with, as they are now.
pub(crate) fn classic(aws: &Aws, instance: &str) -> Result<Vec<Classic>, AwsError> {
    let pages = aws.elb()?.describe_load_balancers().into_paginator().items().send();
    let found = aws.run(
        "elasticloadbalancing:DescribeLoadBalancers",
        instance,
        pages.collect::<Result<Vec<_>, _>>(),
    )?;
    Ok(found
        .iter()
        .filter(|b| b.instances().iter().any(|i| i.instance_id() == Some(instance)))
        .map(|b| Classic {
            name: b.load_balancer_name().unwrap_or_default().to_owned(),
            subnets: b.subnets().to_vec(),
        })
        .collect())
}

fn by_protocol(protocol: &str) -> &'static str {
    match protocol {
        "HTTP" | "HTTPS" => "application",
        "GENEVE" => "gateway",
        _ => "network",
    }
}

impl Reader<'_> {
    pub(super) fn targets(&mut self, facts: &mut NodeFacts) -> Result<(), AwsError> {
        facts.targets = targets(self.aws, facts)?;
        Ok(())
    }

    pub(super) fn classic(&mut self, facts: &mut NodeFacts) -> Result<(), AwsError> {
        facts.classic = classic(self.aws, &facts.instance)?;
        Ok(())
    }
}
