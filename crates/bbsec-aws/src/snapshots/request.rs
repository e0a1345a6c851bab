//! The request: one crash-consistent set per instance, never made twice.

use std::{collections::BTreeMap, time::Duration};

use aws_config::retry::RetryConfig;
use aws_sdk_ec2::types::{InstanceSpecification, ResourceType};
use bbsec_core::{ChangeResult, Context, Failure, Time};
use serde_json::json;

use super::Snapshot;
use crate::{
    client::Aws,
    error::{AwsError, Kind},
    facts::{NodeFacts, instance::filter},
    isolate::tags,
    journal::planned,
};

/// Snapshots of this case for an instance, the newest set only.
pub(super) fn existing(aws: &Aws, case: &str, instance: &str) -> Result<Vec<Snapshot>, AwsError> {
    let pages = aws
        .ec2()?
        .describe_snapshots()
        .owner_ids("self")
        .filters(filter("tag:bbsec-ir:case", &[case]))
        .filters(filter("tag:bbsec-ir:instance", &[instance]))
        .into_paginator()
        .items()
        .send();
    let found = aws.run("ec2:DescribeSnapshots", instance, pages.collect::<Result<Vec<_>, _>>())?;
    let mut sets: BTreeMap<String, Vec<Snapshot>> = BTreeMap::new();
    for s in &found {
        let set = s.tags().iter().find(|t| t.key() == Some("bbsec-ir:set")).and_then(|t| t.value());
        let set = set.unwrap_or_default().to_owned();
        sets.entry(set.clone()).or_default().push(Snapshot {
            id: s.snapshot_id().unwrap_or_default().to_owned(),
            volume: s.volume_id().unwrap_or_default().to_owned(),
            state: s.state().map(|v| v.as_str().to_owned()).unwrap_or_default(),
            progress: s.progress().unwrap_or_default().to_owned(),
            started: s.start_time().map(ToString::to_string),
            size: s.volume_size().unwrap_or(0),
            encrypted: s.encrypted().unwrap_or(false),
            kms_key: s.kms_key_id().map(str::to_owned),
            set,
            ..Snapshot::default()
        });
    }
    Ok(sets.pop_last().map(|(_, snapshots)| snapshots).unwrap_or_default())
}

/// Requests the snapshots of one instance, unless this case has a set that covers what is attached.
pub(crate) fn request(
    aws: &Aws,
    node: &NodeFacts,
    context: &mut Context<'_>,
) -> Result<Result<Vec<Snapshot>, AwsError>, Failure> {
    request_set(aws, node, context, false)
}

pub(super) fn covers(snapshots: &[Snapshot], node: &NodeFacts) -> bool {
    !snapshots.is_empty()
        && node.volumes.iter().all(|v| snapshots.iter().any(|s| s.volume == v.id && s.state != "error"))
}

pub(super) fn request_set(
    aws: &Aws,
    node: &NodeFacts,
    context: &mut Context<'_>,
    again: bool,
) -> Result<Result<Vec<Snapshot>, AwsError>, Failure> {
    let case = context.case.id().to_owned();
    let id = node.instance.as_str();
    match existing(aws, &case, id) {
        Err(error) => return Ok(Err(error)),
        // Asked for anew, a set that this very step has made already is still not made twice.
        Ok(found) if covers(&found, node) && (!again || made_here(context, id)?) => return Ok(Ok(found)),
        Ok(_) => {}
    }
    let set = Time::now().to_string();
    let change = planned(
        "ec2:CreateSnapshots",
        id,
        json!(null),
        json!({ "volumes": node.volumes.iter().map(|v| &v.id).collect::<Vec<_>>(), "set": set }),
        None,
    );
    let number = context.changes.intent(&change)?;
    let result = create(aws, node, &case, context.run, &set);
    let outcome = match &result {
        Ok(made) => ChangeResult::Done {
            answer: json!({ "snapshots": made.iter().map(|s| &s.id).collect::<Vec<_>>() }),
        },
        Err(error) => ChangeResult::Failed { error: error.chain() },
    };
    context.changes.outcome(number, &outcome)?;
    Ok(result)
}

pub(super) fn made_here(context: &Context<'_>, instance: &str) -> Result<bool, Failure> {
    Ok(context
        .changes
        .past()?
        .iter()
        .any(|(_, c, _)| c.operation == "ec2:CreateSnapshots" && c.subject == instance))
}

/// CreateSnapshots has no idempotency token. So it is never blindly repeated: after an answer that was lost, the set's
/// own tag says whether the snapshots were made.
fn create(aws: &Aws, node: &NodeFacts, case: &str, run: &str, set: &str) -> Result<Vec<Snapshot>, AwsError> {
    let id = node.instance.as_str();
    let mut tries = 0u32;
    loop {
        tries += 1;
        let spec = tags(
            ResourceType::Snapshot,
            &[
                ("bbsec-ir:case", case),
                ("bbsec-ir:run", run),
                ("bbsec-ir:instance", id),
                ("bbsec-ir:set", set),
                ("Name", &format!("bbsec-ir {case} {id}")),
            ],
        );
        let call = aws
            .ec2()?
            .create_snapshots()
            .instance_specification(InstanceSpecification::builder().instance_id(id).build())
            .description(format!("bbsec-ir case {case}, instance {id}"))
            .tag_specifications(spec)
            .customize()
            .config_override(aws_sdk_ec2::config::Config::builder().retry_config(RetryConfig::disabled()));
        let Err(error) = aws.run("ec2:CreateSnapshots", id, call.send()) else {
            return existing(aws, case, id);
        };
        let unclear = matches!(error.kind(), Kind::Timeout | Kind::Unreachable | Kind::Other)
            && !error.code().is_some_and(|c| c.starts_with("Invalid") || c.contains("LimitExceeded"));
        if unclear {
            for _ in 0..3 {
                std::thread::sleep(Duration::from_millis(700));
                let found = existing(aws, case, id)?;
                if found.first().is_some_and(|s| s.set == set) {
                    return Ok(found);
                }
            }
        }
        if tries >= 4 || !(unclear || error.kind() == Kind::Throttled) {
            return Err(error);
        }
        std::thread::sleep(Duration::from_secs(u64::from(tries)));
    }
}
