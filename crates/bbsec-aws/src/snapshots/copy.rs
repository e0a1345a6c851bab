//! Copies of snapshots under another KMS key, and sharing with a forensic account.

use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_sdk_ec2::types::{OperationType, ResourceType, SnapshotAttributeName};
use bbsec_core::{Context, Exit, Failure, Gap};
use serde_json::json;

use super::{Snapshot, VolumesInput};
use crate::{
    client::Aws,
    error::{AwsError, Kind},
    facts::instance::filter,
    isolate::tags,
    journal::{self, planned},
};

/// The copy of a snapshot that this case has made: its id and state.
fn existing(aws: &Aws, case: &str, source: &str) -> Result<Option<(String, String)>, AwsError> {
    let call = aws
        .ec2()?
        .describe_snapshots()
        .owner_ids("self")
        .filters(filter("tag:bbsec-ir:case", &[case]))
        .filters(filter("tag:bbsec-ir:copy-of", &[source]));
    let found = aws.run("ec2:DescribeSnapshots", source, call.send())?;
    Ok(found
        .snapshots()
        .iter()
        .map(|s| {
            let state = s.state().map(|v| v.as_str().to_owned()).unwrap_or_default();
            (s.snapshot_id().unwrap_or_default().to_owned(), state)
        })
        .find(|(_, state)| state != "error"))
}

/// Copies and shares what is completed, as far as it was asked for.
pub(super) fn copy_and_share(
    aws: &Aws,
    snapshots: &mut [Snapshot],
    input: &VolumesInput,
    context: &mut Context<'_>,
) -> Result<(), Failure> {
    for snapshot in snapshots.iter_mut().filter(|s| s.state == "completed") {
        if let Some(key) = &input.copy_kms_key {
            match copy(aws, snapshot, key, context)? {
                Ok(id) => snapshot.copy = Some(id),
                Err(error) => {
                    context.gaps.push(Gap::unread("snapshot copy", &snapshot.id, error.chain(), 1));
                    continue;
                }
            }
        }
        if let Some(account) = &input.share_with {
            let id = snapshot.copy.clone().unwrap_or_else(|| snapshot.id.clone());
            match share(aws, &id, account, context)? {
                Ok(()) => snapshot.shared_with = Some(account.clone()),
                Err(error) => context.gaps.push(Gap::unread("snapshot sharing", &id, error.chain(), 1)),
            }
        }
    }
    Ok(())
}

/// CopySnapshot has no idempotency token either: the copy's tag tells whether it was made.
fn copy(
    aws: &Aws,
    snapshot: &Snapshot,
    key: &str,
    context: &mut Context<'_>,
) -> Result<Result<String, AwsError>, Failure> {
    let case = context.case.id().to_owned();
    let run = context.run.to_owned();
    let source = snapshot.id.clone();
    match existing(aws, &case, &source) {
        Err(error) => return Ok(Err(error)),
        Ok(Some(_)) => {}
        Ok(None) => {
            let change = planned("ec2:CopySnapshot", &source, json!(null), json!({ "kms_key": key }), None);
            let made = journal::change(context, change, || {
                let spec = tags(
                    ResourceType::Snapshot,
                    &[("bbsec-ir:case", &case), ("bbsec-ir:run", &run), ("bbsec-ir:copy-of", &source)],
                );
                let call = aws
                    .ec2()?
                    .copy_snapshot()
                    .source_region(aws.region()?)
                    .source_snapshot_id(&source)
                    .description(format!("bbsec-ir case {case}, copy of {source}"))
                    .encrypted(true)
                    .kms_key_id(key)
                    .tag_specifications(spec)
                    .customize()
                    .config_override(
                        aws_sdk_ec2::config::Config::builder().retry_config(RetryConfig::disabled()),
                    );
                match aws.run("ec2:CopySnapshot", &source, call.send()) {
                    Ok(answer) => Ok(json!({ "id": answer.snapshot_id() })),
                    Err(error) if matches!(error.kind(), Kind::Unauthorized | Kind::NotFound) => Err(error),
                    Err(error) => {
                        std::thread::sleep(Duration::from_secs(1));
                        existing(aws, &case, &source)?.map(|(id, _)| json!({ "id": id })).ok_or(error)
                    }
                }
            })?;
            if let Err(error) = made {
                return Ok(Err(error));
            }
        }
    }
    wait(aws, &case, &source, context)
}

fn wait(
    aws: &Aws,
    case: &str,
    source: &str,
    context: &Context<'_>,
) -> Result<Result<String, AwsError>, Failure> {
    let mut pause = Duration::from_millis(500);
    loop {
        match existing(aws, case, source) {
            Err(error) => return Ok(Err(error)),
            Ok(Some((id, state))) if state == "completed" => return Ok(Ok(id)),
            Ok(Some(_)) => {}
            Ok(None) => {
                let subject = source.to_owned();
                return Ok(Err(AwsError::Strange {
                    operation: "ec2:CopySnapshot",
                    subject,
                    missing: "a usable copy",
                }));
            }
        }
        if context.progress.cancelled() {
            return Err(Failure::new(Exit::Interrupted, "stopped while a copy was pending")
                .help("resume the run to go on waiting; the copy goes on by itself"));
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_secs(15));
    }
}

fn share(
    aws: &Aws,
    id: &str,
    account: &str,
    context: &mut Context<'_>,
) -> Result<Result<(), AwsError>, Failure> {
    let change = planned(
        "ec2:ModifySnapshotAttribute",
        id,
        json!({ "shared_with": null }),
        json!({ "shared_with": account }),
        Some("remove the account from the snapshot's permissions".to_owned()),
    );
    let done = journal::change(context, change, || {
        let call = aws
            .ec2()?
            .modify_snapshot_attribute()
            .snapshot_id(id)
            .attribute(SnapshotAttributeName::CreateVolumePermission)
            .operation_type(OperationType::Add)
            .user_ids(account);
        aws.run("ec2:ModifySnapshotAttribute", id, call.send())?;
        let call = aws
            .ec2()?
            .describe_snapshot_attribute()
            .snapshot_id(id)
            .attribute(SnapshotAttributeName::CreateVolumePermission);
        let now = aws.run("ec2:DescribeSnapshotAttribute", id, call.send())?;
        if !now.create_volume_permissions().iter().any(|p| p.user_id() == Some(account)) {
            let subject = id.to_owned();
            let missing = "the account that it was shared with";
            return Err(AwsError::Strange { operation: "ec2:DescribeSnapshotAttribute", subject, missing });
        }
        Ok(json!({}))
    })?;
    Ok(done.map(|_| ()))
}
