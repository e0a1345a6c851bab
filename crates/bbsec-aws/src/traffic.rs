//! `collect.traffic`: what the network has written down: VPC flow logs and load balancers' access logs, where they lie in S3.
//! What is configured otherwise, or not at all, is named.

use std::{collections::BTreeSet, sync::Arc};

use aws_sdk_ec2::types::{DestinationOptionsResponse, FlowLog};
use bbsec_core::{
    Action, ActionMeta, Context, Effect, Failure, Gap, Idempotency, Observed, Plan, Time, Undo, Verdict,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    client::Aws,
    cloudtrail::{TrailLogs, copy_days, window},
    collect_instance,
    error::AwsError,
    facts::{NodeFacts, Reader, instance::filter},
};

/// Copies traffic logs.
#[derive(Debug, Clone)]
pub struct CollectTraffic(pub Arc<Aws>);

/// Bring flow logs and load balancers' logs of the instances' network into the case.
#[derive(Debug, Clone, Default, PartialEq, Eq, clap::Args, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TrafficInput {
    /// Instance; repeat for several. The case's instances when none is given
    #[arg(long = "instance", value_name = "ID")]
    pub instance: Vec<String>,
    /// First moment; the case's window when absent, else a week ago
    #[arg(long, value_name = "TIME")]
    pub from: Option<Time>,
    /// Last moment; the case's window when absent, else now
    #[arg(long, value_name = "TIME")]
    pub to: Option<Time>,
}

/// What was copied.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct TrafficOutput {
    /// `bbsec-ir.traffic/v1`.
    pub schema: String,
    /// Objects of each place in S3.
    pub logs: Vec<TrailLogs>,
}

/// A folder of logs in S3: days follow.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Folder {
    bucket: String,
    prefix: String,
    kind: &'static str,
    /// How a day is written in keys.
    day: &'static str,
}

const WEEK: i64 = 7 * 86_400 * 1_000_000;

impl CollectTraffic {
    /// Flow logs of the network interfaces, their subnets and the VPC.
    fn flow_logs(&self, facts: &NodeFacts) -> Result<Vec<FlowLog>, AwsError> {
        let mut ids: Vec<&str> = vec![&facts.vpc];
        ids.extend(facts.interfaces.iter().flat_map(|i| [i.id.as_str(), i.subnet.as_str()]));
        let call =
            self.0.ec2()?.describe_flow_logs().filter(filter("resource-id", &ids)).into_paginator().items();
        self.0
            .block(call.send().collect::<Result<Vec<_>, _>>())
            .map_err(|error| AwsError::call("ec2:DescribeFlowLogs", &facts.vpc, error))
    }

    fn flow_folders(&self, facts: &NodeFacts, into: &mut BTreeSet<Folder>, context: &mut Context<'_>) {
        let found = match self.flow_logs(facts) {
            Ok(found) => found,
            Err(error) => {
                context.gaps.push(Gap::unread("flow logs", &facts.vpc, error.chain(), 1));
                return;
            }
        };
        if found.is_empty() {
            let why = "none are configured: which addresses the instance spoke to is not written down here";
            context.gaps.push(Gap::unknown("flow logs", &facts.vpc, why));
        }
        for log in &found {
            let id = log.flow_log_id().unwrap_or_default();
            if let Some(folder) = flow_folder(log, facts) {
                into.insert(folder);
            } else {
                let place = log.log_group_name().or(log.log_destination()).unwrap_or("an unnamed place");
                let why = format!(
                    "they go to {place}, which is not copied here: aws logs create-export-task --log-group-name {place}"
                );
                context.gaps.push(Gap::unread("flow logs", id, why, 1));
            }
        }
    }

    fn balancer_folders(&self, facts: &NodeFacts, into: &mut BTreeSet<Folder>, context: &mut Context<'_>) {
        let arns: BTreeSet<&str> =
            facts.targets.iter().flat_map(|target| &target.balancers).map(String::as_str).collect();
        for arn in arns {
            match self.modern(arn) {
                Ok(Some((bucket, prefix))) => drop(into.insert(balancer_folder(bucket, &prefix, facts))),
                Ok(None) => {
                    context.gaps.push(Gap::unknown(
                        "load balancer logs",
                        arn,
                        "access logs are not turned on",
                    ));
                }
                Err(error) => context.gaps.push(Gap::unread("load balancer logs", arn, error.chain(), 1)),
            }
        }
        for classic in &facts.classic {
            match self.classic(&classic.name) {
                Ok(Some((bucket, prefix))) => drop(into.insert(balancer_folder(bucket, &prefix, facts))),
                Ok(None) => {
                    let why = "access logs are not turned on";
                    context.gaps.push(Gap::unknown("load balancer logs", &classic.name, why));
                }
                Err(error) => {
                    context.gaps.push(Gap::unread("load balancer logs", &classic.name, error.chain(), 1));
                }
            }
        }
    }

    /// Bucket and prefix of an application or network load balancer's logs.
    fn modern(&self, arn: &str) -> Result<Option<(String, String)>, AwsError> {
        let call = self.0.elbv2()?.describe_load_balancer_attributes().load_balancer_arn(arn);
        let answer = self.0.run("elasticloadbalancing:DescribeLoadBalancerAttributes", arn, call.send())?;
        let value = |key: &str| {
            let found = answer.attributes().iter().find(|attribute| attribute.key() == Some(key));
            found.and_then(|attribute| attribute.value()).unwrap_or_default().to_owned()
        };
        let is_on = value("access_logs.s3.enabled") == "true";
        Ok(is_on.then(|| (value("access_logs.s3.bucket"), value("access_logs.s3.prefix"))))
    }

    fn classic(&self, name: &str) -> Result<Option<(String, String)>, AwsError> {
        let call = self.0.elb()?.describe_load_balancer_attributes().load_balancer_name(name);
        let answer = self.0.run("elasticloadbalancing:DescribeLoadBalancerAttributes", name, call.send())?;
        let log = answer.load_balancer_attributes().and_then(|attributes| attributes.access_log());
        Ok(log.filter(|log| log.enabled()).map(|log| {
            let text = |value: Option<&str>| value.unwrap_or_default().to_owned();
            (text(log.s3_bucket_name()), text(log.s3_bucket_prefix()))
        }))
    }
}

/// Where a flow log's files lie, when it goes to S3.
fn flow_folder(log: &FlowLog, facts: &NodeFacts) -> Option<Folder> {
    if log.log_destination_type()?.as_str() != "s3" {
        return None;
    }
    let (bucket, prefix) = log.log_destination()?.strip_prefix("arn:")?.split(":::").nth(1).map(split)?;
    let is_hive = log.destination_options().and_then(DestinationOptionsResponse::hive_compatible_partitions)
        == Some(true);
    let (account, region) = (&facts.account, &facts.region);
    let (below, day) = if is_hive {
        let below = format!("aws-account-id={account}/aws-service=vpcflowlogs/aws-region={region}/");
        (below, "year=%Y/month=%m/day=%d")
    } else {
        (format!("{account}/vpcflowlogs/{region}/"), "%Y/%m/%d")
    };
    Some(Folder { bucket, prefix: format!("{prefix}AWSLogs/{below}"), kind: "vpcflowlogs", day })
}

/// `bucket/prefix/` as bucket and prefix, the prefix empty or with a slash at its end.
fn split(place: &str) -> (String, String) {
    let (bucket, prefix) = place.split_once('/').unwrap_or((place, ""));
    let prefix = prefix.trim_matches('/');
    (bucket.to_owned(), if prefix.is_empty() { String::new() } else { format!("{prefix}/") })
}

fn balancer_folder(bucket: String, prefix: &str, facts: &NodeFacts) -> Folder {
    let (_, prefix) = split(&format!("{bucket}/{prefix}"));
    let prefix = format!("{prefix}AWSLogs/{}/elasticloadbalancing/{}/", facts.account, facts.region);
    Folder { bucket, prefix, kind: "elasticloadbalancing", day: "%Y/%m/%d" }
}

impl Action for CollectTraffic {
    type Input = TrafficInput;
    type Output = TrafficOutput;

    fn meta(&self) -> ActionMeta {
        ActionMeta {
            id: "collect.traffic",
            summary: "Copy VPC flow logs and load balancers' access logs, and name what is not configured",
            version: 1,
            effect: Effect::Acquires,
            undo: Undo::NotNeeded,
            idempotency: Idempotency::LooksFirst,
            permissions: &[
                "autoscaling:DescribeAutoScalingGroups",
                "autoscaling:DescribeAutoScalingInstances",
                "ec2:DescribeFlowLogs",
                "ec2:DescribeInstances",
                "ec2:DescribeNetworkInterfaces",
                "elasticloadbalancing:DescribeLoadBalancerAttributes",
                "elasticloadbalancing:DescribeLoadBalancers",
                "elasticloadbalancing:DescribeTargetGroups",
                "elasticloadbalancing:DescribeTargetHealth",
                "s3:GetObject",
                "s3:ListBucket",
            ],
        }
    }

    fn plan(&self, input: &TrafficInput, context: &mut Context<'_>) -> Result<Plan, Failure> {
        let all = collect_instance::instances(&input.instance, context)?;
        Ok(Plan {
            summary: format!("copy traffic logs of the networks of {}", all.join(", ")),
            ..Plan::default()
        })
    }

    fn observe(&self, _: &TrafficInput, _: &mut Context<'_>) -> Result<Observed<TrafficOutput>, Failure> {
        // Applying again passes by what is in the case.
        Ok(Observed::NotDone)
    }

    fn apply(&self, input: &TrafficInput, context: &mut Context<'_>) -> Result<TrafficOutput, Failure> {
        let window = window(input.from, input.to, WEEK, context)?;
        let mut folders = BTreeSet::new();
        for id in collect_instance::instances(&input.instance, context)? {
            let mut reader = Reader::new(&self.0);
            let mut facts = reader.node(&id)?;
            context.gaps.append(&mut reader.gaps);
            if facts.account.is_empty() {
                facts.account.clone_from(&self.0.identity()?.account);
            }
            self.flow_folders(&facts, &mut folders, context);
            self.balancer_folders(&facts, &mut folders, context);
        }
        let why = "its findings are not read here: aws guardduty list-detectors, then get-findings of each";
        context.gaps.push(Gap::unknown("GuardDuty", self.0.region()?, why));
        let mut output = TrafficOutput { schema: "bbsec-ir.traffic/v1".to_owned(), logs: Vec::new() };
        for Folder { bucket, prefix, kind, day } in folders {
            let mut logs = TrailLogs { bucket, prefix, kind: kind.to_owned(), ..TrailLogs::default() };
            copy_days(&self.0, window, day, &mut logs, context)?;
            if logs.objects == 0 && logs.failed == 0 {
                let place = format!("s3://{}/{}", logs.bucket, logs.prefix);
                context.gaps.push(Gap::unknown("traffic logs", place, "no object of the window lies there"));
            }
            output.logs.push(logs);
        }
        Ok(output)
    }

    fn verify(
        &self,
        _: &TrafficInput,
        output: &TrafficOutput,
        _: &mut Context<'_>,
    ) -> Result<Verdict, Failure> {
        let mut verdict = Verdict::default();
        for logs in &output.logs {
            let line = format!("s3://{}/{}: {} objects", logs.bucket, logs.prefix, logs.objects);
            if logs.failed == 0 {
                verdict.checked.push(line);
            } else {
                verdict.violated.push(format!("{line}, {} could not be copied", logs.failed));
            }
        }
        verdict.holds = verdict.violated.is_empty();
        Ok(verdict)
    }

    fn undo(&self, _: &TrafficInput, _: &mut Context<'_>) -> Result<Verdict, Failure> {
        Ok(Verdict {
            holds: true,
            checked: vec!["nothing outside the case was changed".to_owned()],
            violated: vec![],
        })
    }

    fn violation_exit(&self) -> bbsec_core::Exit {
        bbsec_core::Exit::Partial
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_ec2::types::LogDestinationType;

    use super::*;

    #[test]
    fn flow_logs_are_looked_for_where_they_are_written() {
        let facts = NodeFacts { account: "1".into(), region: "eu-west-1".into(), ..NodeFacts::default() };
        let log = FlowLog::builder().log_destination_type(LogDestinationType::S3);
        let plain = log.clone().log_destination("arn:aws:s3:::flows/net/").build();
        assert_eq!(flow_folder(&plain, &facts).unwrap().prefix, "net/AWSLogs/1/vpcflowlogs/eu-west-1/");
        let options = DestinationOptionsResponse::builder().hive_compatible_partitions(true).build();
        let hive = log.log_destination("arn:aws:s3:::flows").destination_options(options).build();
        let folder = flow_folder(&hive, &facts).unwrap();
        assert_eq!(folder.prefix, "AWSLogs/aws-account-id=1/aws-service=vpcflowlogs/aws-region=eu-west-1/");
        let other = FlowLog::builder().log_destination_type(LogDestinationType::CloudWatchLogs).build();
        assert_eq!(flow_folder(&other, &facts), None);
    }
}
