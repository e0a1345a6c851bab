//! `collect.instance`: everything that AWS says about an instance, into evidence, byte for byte as AWS answered.

use std::sync::Arc;

use aws_sdk_ec2::types::InstanceAttributeName;
use base64::Engine as _;
use bbsec_core::{
    Action, ActionMeta, Context, Effect, Exit, Failure, Gap, Idempotency, Observed, Phase, Plan, Provenance,
    Time, Undo, Verdict,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    client::Aws,
    error::AwsError,
    facts::{NodeFacts, Reader, instance::filter},
    restore_points::{self, RestorePoint},
    tape::{self, Exchange},
};

/// Collects what AWS says about instances.
#[derive(Debug, Clone)]
pub struct CollectInstance(pub Arc<Aws>);

/// Bring everything that AWS says about instances into the case.
#[derive(Debug, Clone, Default, PartialEq, Eq, clap::Args, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct InstanceInput {
    /// Instance; repeat for several. The case's instances when none is given
    #[arg(long = "instance", value_name = "ID", num_args = 1..)]
    pub instance: Vec<String>,
}

/// What was collected.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct InstanceOutput {
    /// `bbsec-ir.collect-instance/v1`.
    pub schema: String,
    /// Facts of each instance: paths below `evidence/data/`.
    pub facts: Vec<String>,
    /// Every item stored.
    pub evidence: Vec<String>,
    /// Other nodes of the clusters.
    pub peers: Vec<String>,
    /// Snapshots of their volumes from before this response.
    pub restore_points: Vec<RestorePoint>,
}

const PERMISSIONS: &[&str] = &[
    "autoscaling:DescribeAutoScalingGroups",
    "autoscaling:DescribeAutoScalingInstances",
    "ec2:DescribeAddresses",
    "ec2:DescribeFlowLogs",
    "ec2:DescribeIamInstanceProfileAssociations",
    "ec2:DescribeInstanceAttribute",
    "ec2:DescribeInstances",
    "ec2:DescribeNatGateways",
    "ec2:DescribeNetworkAcls",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeRouteTables",
    "ec2:DescribeSecurityGroupRules",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSnapshots",
    "ec2:DescribeSubnets",
    "ec2:DescribeTransitGatewayVpcAttachments",
    "ec2:DescribeVolumes",
    "ec2:DescribeVpcEndpoints",
    "ec2:DescribeVpcs",
    "ec2:GetConsoleOutput",
    "ec2:GetConsoleScreenshot",
    "elasticloadbalancing:DescribeLoadBalancers",
    "elasticloadbalancing:DescribeTargetGroups",
    "elasticloadbalancing:DescribeTargetHealth",
    "sts:GetCallerIdentity",
];

/// Facts of one instance, stored as evidence. Hands back the facts, the paths, the facts' own path first, and from
/// what its volumes could be rebuilt.
pub(crate) fn collect(
    aws: &Aws,
    id: &str,
    context: &mut Context<'_>,
) -> Result<(NodeFacts, Vec<String>, Vec<RestorePoint>), Failure> {
    let mut reader = Reader::new(aws);
    let (result, exchanges) = tape::record(|| -> Result<_, AwsError> {
        let facts = reader.node(id)?;
        let rest = around(aws, &facts);
        reader.soft("volumes, groups, subnets, addresses and flow logs", rest);
        let mut points = Vec::new();
        let read = restore_points::of(aws, &facts).map(|found| points = found);
        reader.soft("snapshots of the volumes", read);
        Ok((facts, points))
    });
    let (facts, points) = result?;
    let gaps_of_extras = extras(aws, id);
    context.gaps.append(&mut reader.gaps);
    let folder = folder(&facts, Time::now());
    let mut paths = Vec::new();
    let text = serde_json::to_vec_pretty(&facts)
        .map_err(|e| Failure::because("the facts cannot be written as JSON", e))?;
    paths.push(store(
        context,
        &format!("{folder}/facts.json"),
        id,
        "read through the AWS API",
        "instance facts",
        &text,
    )?);
    for (name, exchange) in numbered(&exchanges) {
        let path = format!("{folder}/{name}");
        paths.push(store(context, &path, id, exchange.operation, "AWS API answer", &exchange.body)?);
    }
    for extra in gaps_of_extras {
        match extra {
            Ok((name, operation, what, bytes)) => {
                paths.push(store(context, &format!("{folder}/{name}"), id, operation, what, &bytes)?);
            }
            Err(gap) => context.gaps.push(gap),
        }
    }
    Ok((facts, paths, points))
}

/// `aws/<account>/<region>/<instance>/<time>`: a second collection never meets the first.
pub(crate) fn folder(facts: &NodeFacts, time: Time) -> String {
    let part = |text: &str| bbsec_core::escape::terminal(text).replace(['/', '\\'], "_");
    format!(
        "aws/{}/{}/{}/{}",
        part(if facts.account.is_empty() { "unknown-account" } else { &facts.account }),
        part(&facts.region),
        part(&facts.instance),
        time.to_chrono().format("%Y%m%dT%H%M%S%.6fZ")
    )
}

/// Stores one item and hands back its path.
pub(crate) fn store(
    context: &mut Context<'_>,
    path: &str,
    source: &str,
    how: &str,
    what: &str,
    bytes: &[u8],
) -> Result<String, Failure> {
    let provenance = Provenance { source: source.to_owned(), how: how.to_owned(), what: what.to_owned() };
    let mut reader = bytes;
    Ok(context.case.put(path, provenance, &mut reader)?.path)
}

/// File names for answers: the call, and a number where it was asked more than once.
pub(crate) fn numbered(exchanges: &[Exchange]) -> Vec<(String, &Exchange)> {
    let mut seen: std::collections::BTreeMap<&str, u32> = std::collections::BTreeMap::new();
    exchanges
        .iter()
        .map(|exchange| {
            let count = seen.entry(exchange.operation).or_default();
            *count += 1;
            let end = if exchange.body.first() == Some(&b'{') { "json" } else { "xml" };
            (format!("{}-{count:03}.{end}", exchange.operation.replace(':', ".")), exchange)
        })
        .collect()
}

/// What stands around the instance: recorded for evidence, not needed for the cut.
fn around(aws: &Aws, facts: &NodeFacts) -> Result<(), AwsError> {
    let ec2 = aws.ec2()?;
    let id = facts.instance.as_str();
    let vpc = facts.vpc.as_str();
    let call = ec2
        .describe_volumes()
        .filters(filter("attachment.instance-id", &[id]))
        .into_paginator()
        .items()
        .send();
    aws.run("ec2:DescribeVolumes", id, call.collect::<Result<Vec<_>, _>>())?;
    let call =
        ec2.describe_security_groups().filters(filter("vpc-id", &[vpc])).into_paginator().items().send();
    aws.run("ec2:DescribeSecurityGroups", vpc, call.collect::<Result<Vec<_>, _>>())?;
    let groups: Vec<&str> = facts.interfaces.iter().flat_map(|i| &i.groups).map(String::as_str).collect();
    if !groups.is_empty() {
        let call = ec2
            .describe_security_group_rules()
            .filters(filter("group-id", &groups))
            .into_paginator()
            .items()
            .send();
        aws.run("ec2:DescribeSecurityGroupRules", id, call.collect::<Result<Vec<_>, _>>())?;
    }
    let call = ec2.describe_subnets().filters(filter("vpc-id", &[vpc])).into_paginator().items().send();
    aws.run("ec2:DescribeSubnets", vpc, call.collect::<Result<Vec<_>, _>>())?;
    aws.run("ec2:DescribeVpcs", vpc, ec2.describe_vpcs().vpc_ids(vpc).send())?;
    aws.run(
        "ec2:DescribeAddresses",
        id,
        ec2.describe_addresses().filters(filter("instance-id", &[id])).send(),
    )?;
    let call = ec2.describe_flow_logs().into_paginator().items().send();
    aws.run("ec2:DescribeFlowLogs", vpc, call.collect::<Result<Vec<_>, _>>())?;
    Ok(())
}

type Extra = Result<(&'static str, &'static str, &'static str, Vec<u8>), Gap>;

/// Console output, screenshot, user data: decoded, because that is what a reader wants.
fn extras(aws: &Aws, id: &str) -> Vec<Extra> {
    let decode = |text: &str| base64::engine::general_purpose::STANDARD.decode(text.trim());
    let take = |name, operation, what, answer: Result<Option<String>, AwsError>| match answer {
        Ok(Some(text)) if !text.is_empty() => match decode(&text) {
            Ok(bytes) => Some(Ok((name, operation, what, bytes))),
            Err(_) => Some(Ok((name, operation, what, text.into_bytes()))),
        },
        Ok(_) => None,
        Err(error) => Some(Err(Gap::unread(what, id, error.chain(), 1))),
    };
    let ec2 = match aws.ec2() {
        Ok(ec2) => ec2,
        Err(error) => return vec![Err(Gap::unread("AWS facts", id, error.chain(), 1))],
    };
    let latest =
        aws.run("ec2:GetConsoleOutput", id, ec2.get_console_output().instance_id(id).latest(true).send());
    // Older instance types only keep the output of the last boot.
    let console = latest
        .or_else(|_| aws.run("ec2:GetConsoleOutput", id, ec2.get_console_output().instance_id(id).send()));
    let screenshot =
        aws.run("ec2:GetConsoleScreenshot", id, ec2.get_console_screenshot().instance_id(id).send());
    let user_data = aws.run(
        "ec2:DescribeInstanceAttribute",
        id,
        ec2.describe_instance_attribute().instance_id(id).attribute(InstanceAttributeName::UserData).send(),
    );
    [
        take(
            "console.txt",
            "ec2:GetConsoleOutput",
            "console output",
            console.map(|c| c.output().map(str::to_owned)),
        ),
        take(
            "console.jpg",
            "ec2:GetConsoleScreenshot",
            "console screenshot",
            screenshot.map(|c| c.image_data().map(str::to_owned)),
        ),
        take(
            "user-data",
            "ec2:DescribeInstanceAttribute",
            "user data",
            user_data.map(|c| c.user_data().and_then(|v| v.value()).map(str::to_owned)),
        ),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The instances given, or the case's.
pub(crate) fn instances(given: &[String], context: &Context<'_>) -> Result<Vec<String>, Failure> {
    let all = if given.is_empty() { context.case.scope().instances.clone() } else { given.to_vec() };
    if all.is_empty() {
        return Err(Failure::new(Exit::Usage, "no instance is given")
            .help("name it with --instance i-…, or put it into the case"));
    }
    Ok(all)
}

impl Action for CollectInstance {
    type Input = InstanceInput;
    type Output = InstanceOutput;

    fn meta(&self) -> ActionMeta {
        ActionMeta {
            id: "collect.instance",
            summary: "Bring everything that AWS says about instances into the case",
            version: 1,
            effect: Effect::Acquires,
            undo: Undo::NotNeeded,
            idempotency: Idempotency::Natural,
            permissions: PERMISSIONS,
        }
    }

    fn plan(&self, input: &InstanceInput, context: &mut Context<'_>) -> Result<Plan, Failure> {
        let all = instances(&input.instance, context)?;
        Ok(Plan { summary: format!("read what AWS says about {}", all.join(", ")), ..Plan::default() })
    }

    fn observe(&self, _: &InstanceInput, _: &mut Context<'_>) -> Result<Observed<InstanceOutput>, Failure> {
        Ok(Observed::NotDone)
    }

    fn apply(&self, input: &InstanceInput, context: &mut Context<'_>) -> Result<InstanceOutput, Failure> {
        let mut output =
            InstanceOutput { schema: "bbsec-ir.collect-instance/v1".to_owned(), ..InstanceOutput::default() };
        for id in instances(&input.instance, context)? {
            if context.progress.cancelled() {
                return Err(Failure::new(Exit::Interrupted, "stopped before every instance was read"));
            }
            let (facts, paths, points) = collect(&self.0, &id, context)?;
            output.restore_points.extend(points);
            output.facts.extend(paths.first().cloned());
            output.evidence.extend(paths);
            output.peers.extend(facts.peers.into_iter().map(|p| p.instance));
        }
        output.peers.sort();
        output.peers.dedup();
        Ok(output)
    }

    fn verify(
        &self,
        _: &InstanceInput,
        output: &InstanceOutput,
        context: &mut Context<'_>,
    ) -> Result<Verdict, Failure> {
        let held: std::collections::BTreeSet<String> =
            context.case.evidence()?.into_iter().map(|i| i.path).collect();
        let (checked, violated): (Vec<_>, Vec<_>) =
            output.evidence.iter().cloned().partition(|p| held.contains(p));
        Ok(Verdict { holds: violated.is_empty(), checked, violated })
    }

    fn undo(&self, _: &InstanceInput, _: &mut Context<'_>) -> Result<Verdict, Failure> {
        Ok(Verdict {
            holds: true,
            checked: vec!["nothing outside the case was changed".to_owned()],
            violated: vec![],
        })
    }

    fn phase(&self) -> Phase {
        Phase::Facts
    }
}
