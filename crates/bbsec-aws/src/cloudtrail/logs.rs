//! A trail's logs from S3 with what is needed to verify them offline: digests, the signatures that only stand in the
//! digests' object metadata, and CloudTrail's public keys.

use std::collections::BTreeSet;

use aws_sdk_cloudtrail::primitives::DateTime;
use bbsec_core::{Context, Failure, Gap, Time};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{client::Aws, collect_instance::store, error::AwsError, tape};

/// Objects of one trail and region that were copied.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct TrailLogs {
    /// Bucket.
    pub bucket: String,
    /// Key prefix up to the region.
    pub prefix: String,
    /// `CloudTrail` or `CloudTrail-Digest`.
    pub kind: String,
    /// Objects copied, or already in the case.
    pub objects: u64,
    /// Bytes.
    pub bytes: u64,
    /// Objects that could not be copied.
    pub failed: u64,
}

/// A trail that is visible from here.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Trail {
    pub(super) bucket: String,
    pub(super) prefix: String,
}

/// The trails of the account; their logs may lie in a bucket of another one.
pub(super) fn trails(aws: &Aws) -> Result<BTreeSet<Trail>, AwsError> {
    let call = aws.cloudtrail(None)?.describe_trails().include_shadow_trails(true);
    let answer = aws.run("cloudtrail:DescribeTrails", "trails", call.send())?;
    Ok(answer
        .trail_list()
        .iter()
        .filter_map(|t| {
            Some(Trail {
                bucket: t.s3_bucket_name()?.to_owned(),
                prefix: t.s3_key_prefix().unwrap_or_default().trim_matches('/').to_owned(),
            })
        })
        .collect())
}

/// The keys that signed digests in a window, as AWS sends them.
pub(super) fn public_keys(aws: &Aws, region: &str, from: Time, to: Time) -> Result<Vec<Vec<u8>>, AwsError> {
    let (answer, exchanges) = tape::record(|| -> Result<(), AwsError> {
        let mut token = None;
        loop {
            let call = aws
                .cloudtrail(Some(region))?
                .list_public_keys()
                .start_time(DateTime::from_secs(from.micros().div_euclid(1_000_000)))
                .end_time(DateTime::from_secs(to.micros().div_euclid(1_000_000)))
                .set_next_token(token);
            let answer = aws.run("cloudtrail:ListPublicKeys", region, call.send())?;
            token = answer.next_token().map(str::to_owned);
            if token.is_none() {
                return Ok(());
            }
        }
    });
    answer.map(|()| exchanges.into_iter().map(|e| e.body).collect())
}

/// Days of a window, as they stand in keys. At most a hundred: LookupEvents reaches ninety.
fn days(from: Time, to: Time, format: &str) -> Vec<String> {
    const DAY: i64 = 86_400_000_000;
    let mut all = Vec::new();
    let mut at = from.micros().div_euclid(DAY).saturating_mul(DAY);
    while at <= to.micros() && all.len() < 400 {
        all.push(Time::from_micros(at).to_chrono().format(format).to_string());
        at = at.saturating_add(DAY);
    }
    all
}

/// Where the account's folders lie below a trail's prefix: directly, and below an organisation's id.
fn roots(aws: &Aws, trail: &Trail) -> Result<Vec<String>, AwsError> {
    let head =
        if trail.prefix.is_empty() { "AWSLogs/".to_owned() } else { format!("{}/AWSLogs/", trail.prefix) };
    let pages = aws
        .s3()?
        .list_objects_v2()
        .bucket(&trail.bucket)
        .prefix(&head)
        .delimiter("/")
        .into_paginator()
        .send();
    let pages = aws.run("s3:ListBucket", &trail.bucket, pages.collect::<Result<Vec<_>, _>>())?;
    let mut all = vec![head];
    let folders = pages
        .iter()
        .flat_map(aws_sdk_s3::operation::list_objects_v2::ListObjectsV2Output::common_prefixes)
        .filter_map(|p| p.prefix());
    all.extend(
        folders.filter(|p| p.rsplit('/').nth(1).is_some_and(|n| n.starts_with("o-"))).map(str::to_owned),
    );
    Ok(all)
}

/// Copies a trail's logs and digests of a window.
pub(super) fn copy(
    aws: &Aws,
    trail: &Trail,
    account: &str,
    regions: &[String],
    window: (Time, Time),
    context: &mut Context<'_>,
) -> Result<Vec<TrailLogs>, Failure> {
    let mut all = Vec::new();
    let roots = match roots(aws, trail) {
        Ok(roots) => roots,
        Err(error) => {
            context.gaps.push(Gap::unread("trail bucket", &trail.bucket, error.chain(), 1));
            return Ok(all);
        }
    };
    for root in roots {
        for region in regions {
            for kind in ["CloudTrail", "CloudTrail-Digest"] {
                let prefix = format!("{root}{account}/{kind}/{region}/");
                let mut logs = TrailLogs {
                    bucket: trail.bucket.clone(),
                    prefix: prefix.clone(),
                    kind: kind.to_owned(),
                    ..TrailLogs::default()
                };
                copy_days(aws, window, "%Y/%m/%d", &mut logs, context)?;
                if logs.objects > 0 || logs.failed > 0 {
                    all.push(logs);
                }
            }
        }
    }
    Ok(all)
}

/// Copies everything below `logs.prefix` of the days of a window, as `format` writes them. What is in the case is not asked
/// for again.
pub(crate) fn copy_days(
    aws: &Aws,
    window: (Time, Time),
    format: &str,
    logs: &mut TrailLogs,
    context: &mut Context<'_>,
) -> Result<(), Failure> {
    let held: BTreeSet<String> = context.case.evidence()?.into_iter().map(|i| i.path).collect();
    for day in days(window.0, window.1, format) {
        if context.progress.cancelled() {
            break;
        }
        one_day(aws, &format!("{}{day}/", logs.prefix), logs, &held, context)?;
    }
    Ok(())
}

/// The folder of copies and what they are called, by the kind of log.
fn called(kind: &str) -> (&'static str, &'static str) {
    match kind {
        "CloudTrail" => ("aws/cloudtrail-logs", "CloudTrail log"),
        "CloudTrail-Digest" => ("aws/cloudtrail-logs", "CloudTrail digest"),
        "vpcflowlogs" => ("aws/flow-logs", "VPC flow log"),
        _ => ("aws/load-balancer-logs", "load balancer log"),
    }
}

fn one_day(
    aws: &Aws,
    prefix: &str,
    logs: &mut TrailLogs,
    held: &BTreeSet<String>,
    context: &mut Context<'_>,
) -> Result<(), Failure> {
    let bucket = logs.bucket.clone();
    let pages = aws.s3()?.list_objects_v2().bucket(&bucket).prefix(prefix).into_paginator().send();
    let pages = match aws.run("s3:ListBucket", &bucket, pages.collect::<Result<Vec<_>, _>>()) {
        Ok(pages) => pages,
        Err(error) => {
            context.gaps.push(Gap::unread("trail logs", prefix, error.chain(), 1));
            logs.failed += 1;
            return Ok(());
        }
    };
    for object in pages.iter().flat_map(aws_sdk_s3::operation::list_objects_v2::ListObjectsV2Output::contents)
    {
        let Some(key) = object.key() else { continue };
        let path = format!("{}/{bucket}/{key}", called(&logs.kind).0);
        logs.objects += 1;
        if held.contains(&path) && held.contains(&format!("{path}.metadata.json")) {
            continue;
        }
        if let Err(error) = one_object(aws, &bucket, key, &path, logs, context)? {
            logs.objects -= 1;
            logs.failed += 1;
            context.gaps.push(Gap::unread("trail log", key, error.chain(), 1));
        }
    }
    Ok(())
}

/// A log file is at most a few megabytes; more than this is no log file.
const MOST: usize = 256 * 1024 * 1024;

fn one_object(
    aws: &Aws,
    bucket: &str,
    key: &str,
    path: &str,
    logs: &mut TrailLogs,
    context: &mut Context<'_>,
) -> Result<Result<(), AwsError>, Failure> {
    let answer = match aws.run("s3:GetObject", key, aws.s3()?.get_object().bucket(bucket).key(key).send()) {
        Ok(answer) => answer,
        Err(error) => return Ok(Err(error)),
    };
    let metadata = json!({
        "schema": "bbsec-ir.s3-metadata/v1",
        "bucket": bucket,
        "key": key,
        "metadata": answer.metadata(),
        "etag": answer.e_tag(),
        "version_id": answer.version_id(),
        "last_modified": answer.last_modified().map(ToString::to_string),
        "content_length": answer.content_length(),
        "content_encoding": answer.content_encoding(),
        "sse": answer.server_side_encryption().map(aws_sdk_s3::types::ServerSideEncryption::as_str),
        "sse_kms_key": answer.ssekms_key_id(),
    });
    let strange = |missing| AwsError::Strange { operation: "s3:GetObject", subject: key.to_owned(), missing };
    if answer.content_length().is_some_and(|n| n > MOST as i64) {
        return Ok(Err(strange("a plausible size")));
    }
    let wanted = answer.content_length();
    let Ok(body) = aws.block(answer.body.collect()) else { return Ok(Err(strange("its whole body"))) };
    let bytes = body.into_bytes();
    if wanted.is_some_and(|n| n != bytes.len() as i64) {
        return Ok(Err(strange("its whole body")));
    }
    let source = format!("s3://{bucket}/{key}");
    let text = serde_json::to_vec_pretty(&metadata)
        .map_err(|e| Failure::because("metadata cannot be written as JSON", e))?;
    store(context, path, &source, "s3:GetObject", called(&logs.kind).1, &bytes)?;
    store(context, &format!("{path}.metadata.json"), &source, "s3:GetObject", "S3 object metadata", &text)?;
    logs.bytes = logs.bytes.saturating_add(bytes.len() as u64);
    Ok(Ok(()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_covers_each_of_its_days() {
        let time = |t: &str| t.parse::<Time>().unwrap();
        assert_eq!(
            days(time("2026-02-27T23:00Z"), time("2026-03-01T00:00Z"), "%Y/%m/%d"),
            ["2026/02/27", "2026/02/28", "2026/03/01"]
        );
    }
}
