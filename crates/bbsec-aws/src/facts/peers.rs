//! Other nodes of the same Data Center cluster: they share home, database and credentials with the compromised one.

use std::collections::BTreeMap;

use super::{NodeFacts, Peer, Reader, instance::filter};
use crate::error::AwsError;

/// Tags whose equal value says "same cluster".
const CLUSTER_TAGS: &[&str] = &["cluster", "clustername", "cluster-name", "application"];

impl Reader<'_> {
    /// Peers by scaling group, target group, CloudFormation stack and cluster tags.
    pub(super) fn peers(&mut self, facts: &NodeFacts) -> Result<Vec<Peer>, AwsError> {
        let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let mut note = |instance: &str, why: String| {
            if instance != facts.instance && instance.starts_with("i-") {
                let reasons = found.entry(instance.to_owned()).or_default();
                if !reasons.contains(&why) {
                    reasons.push(why);
                }
            }
        };
        if let Some(scaling) = &facts.scaling {
            let answer = self.aws.run(
                "autoscaling:DescribeAutoScalingGroups",
                &scaling.group,
                self.aws
                    .autoscaling()?
                    .describe_auto_scaling_groups()
                    .auto_scaling_group_names(&scaling.group)
                    .send(),
            )?;
            for member in answer
                .auto_scaling_groups()
                .iter()
                .flat_map(aws_sdk_autoscaling::types::AutoScalingGroup::instances)
            {
                note(member.instance_id().unwrap_or_default(), format!("scaling group {}", scaling.group));
            }
        }
        for target in &facts.targets {
            let answer = self.aws.run(
                "elasticloadbalancing:DescribeTargetHealth",
                &target.group,
                self.aws.elbv2()?.describe_target_health().target_group_arn(&target.group).send(),
            )?;
            let name = target.group.rsplit('/').nth(1).unwrap_or(&target.group).to_owned();
            for health in answer.target_health_descriptions() {
                note(
                    health.target().and_then(|t| t.id()).unwrap_or_default(),
                    format!("target group {name}"),
                );
            }
        }
        let mut names: BTreeMap<String, String> = BTreeMap::new();
        for (key, value) in cluster_tags(facts) {
            let pages = self
                .aws
                .ec2()?
                .describe_instances()
                .filters(filter(&format!("tag:{key}"), &[value]))
                .filters(filter("vpc-id", &[&facts.vpc]))
                .filters(filter("instance-state-name", &["pending", "running", "stopping", "stopped"]))
                .into_paginator()
                .items()
                .send();
            let reservations =
                self.aws.run("ec2:DescribeInstances", key, pages.collect::<Result<Vec<_>, _>>())?;
            for instance in reservations.iter().flat_map(aws_sdk_ec2::types::Reservation::instances) {
                let id = instance.instance_id().unwrap_or_default();
                if let Some(name) = instance.tags().iter().find(|t| t.key() == Some("Name")) {
                    names.insert(id.to_owned(), name.value().unwrap_or_default().to_owned());
                }
                note(id, format!("tag {key}={value}"));
            }
        }
        Ok(found
            .into_iter()
            .map(|(instance, why)| Peer { name: names.get(&instance).cloned(), instance, why })
            .collect())
    }
}

/// The instance's tags that name a cluster or a stack.
fn cluster_tags(facts: &NodeFacts) -> impl Iterator<Item = (&String, &String)> {
    facts.tags.iter().filter(|(key, value)| {
        !value.is_empty()
            && (key.as_str() == "aws:cloudformation:stack-name"
                || CLUSTER_TAGS.contains(&key.to_ascii_lowercase().as_str()))
    })
}
