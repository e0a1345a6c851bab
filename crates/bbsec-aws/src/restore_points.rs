//! Snapshots from which an instance's volumes could be rebuilt: the report says which is the last clean one.

use bbsec_core::Time;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    client::Aws,
    error::AwsError,
    facts::{NodeFacts, instance::filter},
};

/// One snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RestorePoint {
    /// `snap-…`.
    pub id: String,
    /// `EBS snapshot of vol-…`.
    pub kind: String,
    /// When its content was fixed.
    pub time: Time,
    /// Where that is known from.
    pub source: String,
}

/// Completed snapshots of the volumes that are attached, ours of any case left out.
pub(crate) fn of(aws: &Aws, facts: &NodeFacts) -> Result<Vec<RestorePoint>, AwsError> {
    let volumes: Vec<&str> = facts.volumes.iter().map(|volume| volume.id.as_str()).collect();
    if volumes.is_empty() {
        return Ok(Vec::new());
    }
    let call = aws
        .ec2()?
        .describe_snapshots()
        .owner_ids("self")
        .filters(filter("volume-id", &volumes))
        .filters(filter("status", &["completed"]))
        .into_paginator()
        .items()
        .send();
    let found = aws.run("ec2:DescribeSnapshots", &facts.instance, call.collect::<Result<Vec<_>, _>>())?;
    let ours = |snapshot: &aws_sdk_ec2::types::Snapshot| {
        snapshot.tags().iter().any(|tag| tag.key() == Some("bbsec-ir:case"))
    };
    let point = |snapshot: &aws_sdk_ec2::types::Snapshot| {
        let started = snapshot.start_time()?;
        Some(RestorePoint {
            id: snapshot.snapshot_id()?.to_owned(),
            kind: format!("EBS snapshot of {}", snapshot.volume_id().unwrap_or("a volume")),
            time: Time::from_micros(i64::try_from(started.as_nanos() / 1000).ok()?),
            source: "ec2:DescribeSnapshots".into(),
        })
    };
    Ok(found.iter().filter(|snapshot| !ours(snapshot)).filter_map(point).collect())
}
