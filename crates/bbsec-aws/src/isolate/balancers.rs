//! Load balancers: the node leaves its target groups and classic load balancers.

use aws_sdk_elasticloadbalancing::types::Instance;
use aws_sdk_elasticloadbalancingv2::types::{TargetDescription, TargetGroupAttribute};
use bbsec_core::Failure;
use serde_json::json;

use super::cut::Cut;
use crate::{
    facts::{NodeFacts, Target},
    journal::planned,
};

/// Attributes of an NLB target group that make deregistration close what is established.
pub(crate) const CLOSING: [(&str, &str); 2] = [
    ("deregistration_delay.connection_termination.enabled", "true"),
    ("deregistration_delay.timeout_seconds", "0"),
];

/// A target as the API wants it.
pub(crate) fn description(target: &Target) -> TargetDescription {
    TargetDescription::builder()
        .id(&target.id)
        .set_port(target.port)
        .set_availability_zone(target.zone.clone())
        .build()
}

impl Cut<'_, '_> {
    pub(super) fn leave_balancers(&mut self, facts: &NodeFacts, cut_tracked: bool) -> Result<(), Failure> {
        let aws = self.aws;
        let now = self.ask(|| crate::facts::balancers::targets(aws, facts))?;
        let now = now.unwrap_or_else(|| facts.targets.clone());
        for target in now.iter().filter(|t| t.state != "draining") {
            if cut_tracked && target.kind == "network" {
                self.close_on_deregistration(&target.group)?;
            }
            let change = planned(
                "elasticloadbalancing:DeregisterTargets",
                &target.group,
                json!({ "target": target }),
                json!({ "target": null }),
                Some("register the target again".to_owned()),
            );
            self.change(change, || {
                let call = aws
                    .elbv2()?
                    .deregister_targets()
                    .target_group_arn(&target.group)
                    .targets(description(target));
                aws.run("elasticloadbalancing:DeregisterTargets", &target.group, call.send())?;
                Ok(json!({}))
            })?;
        }
        let id = facts.instance.as_str();
        let classic = self.ask(|| crate::facts::balancers::classic(aws, id))?;
        for balancer in classic.unwrap_or_else(|| facts.classic.clone()) {
            let change = planned(
                "elasticloadbalancing:DeregisterInstancesFromLoadBalancer",
                &balancer.name,
                json!({ "instance": id }),
                json!({ "instance": null }),
                Some("register the instance again".to_owned()),
            );
            self.change(change, || {
                let call = aws
                    .elb()?
                    .deregister_instances_from_load_balancer()
                    .load_balancer_name(&balancer.name)
                    .instances(Instance::builder().instance_id(id).build());
                aws.run(
                    "elasticloadbalancing:DeregisterInstancesFromLoadBalancer",
                    &balancer.name,
                    call.send(),
                )?;
                Ok(json!({}))
            })?;
        }
        Ok(())
    }

    /// Lets deregistration close established connections at once, instead of after the delay or never.
    fn close_on_deregistration(&mut self, group: &str) -> Result<(), Failure> {
        let aws = self.aws;
        let before = self.ask(|| attributes(aws, group))?.unwrap_or_default();
        let same = CLOSING.iter().all(|(k, v)| before.iter().any(|(key, value)| key == k && value == v));
        if same {
            return Ok(());
        }
        let kept: Vec<_> = before.iter().filter(|(k, _)| CLOSING.iter().any(|(c, _)| c == k)).collect();
        let change = planned(
            "elasticloadbalancing:ModifyTargetGroupAttributes",
            group,
            json!({ "attributes": kept }),
            json!({ "attributes": CLOSING }),
            Some("put back the attributes of the target group".to_owned()),
        );
        self.change(change, || {
            set_attributes(aws, group, CLOSING.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())))?;
            Ok(json!({}))
        })?;
        Ok(())
    }
}

/// Attributes of a target group, as they are now.
pub(crate) fn attributes(
    aws: &crate::client::Aws,
    group: &str,
) -> Result<Vec<(String, String)>, crate::error::AwsError> {
    let call = aws.elbv2()?.describe_target_group_attributes().target_group_arn(group);
    let answer = aws.run("elasticloadbalancing:DescribeTargetGroupAttributes", group, call.send())?;
    Ok(answer
        .attributes()
        .iter()
        .filter_map(|a| Some((a.key()?.to_owned(), a.value().unwrap_or_default().to_owned())))
        .collect())
}

/// Sets attributes of a target group.
pub(crate) fn set_attributes(
    aws: &crate::client::Aws,
    group: &str,
    pairs: impl Iterator<Item = (String, String)>,
) -> Result<(), crate::error::AwsError> {
    let call = pairs
        .fold(aws.elbv2()?.modify_target_group_attributes().target_group_arn(group), |call, (key, value)| {
            call.attributes(TargetGroupAttribute::builder().key(key).value(value).build())
        });
    aws.run("elasticloadbalancing:ModifyTargetGroupAttributes", group, call.send())?;
    Ok(())
}
