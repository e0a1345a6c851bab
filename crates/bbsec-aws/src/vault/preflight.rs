//! Whether a bucket can keep evidence from an administrator of the compromised account, before anything is copied.

use aws_sdk_s3::types::{BucketVersioningStatus, ObjectLockEnabled};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    client::Aws,
    error::{AwsError, Kind},
};

/// One thing that was looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Check {
    /// What.
    pub name: String,
    /// What was found.
    pub found: String,
    /// Whether it is good enough.
    pub holds: bool,
    /// What to do when it is not.
    pub help: String,
}

fn check(name: &str, found: String, holds: bool, help: &str) -> Check {
    Check { name: name.to_owned(), found, holds, help: if holds { String::new() } else { help.to_owned() } }
}

/// Looks at a bucket. A question that is refused is a check that does not hold; a bucket that is not there is an error.
pub(super) fn preflight(aws: &Aws, bucket: &str) -> Result<Vec<Check>, AwsError> {
    let s3 = aws.vault_s3()?;
    let missing = || AwsError::Missing {
        what: "bucket",
        id: bucket.to_owned(),
        region: aws.region().unwrap_or_default(),
    };
    match aws.run("s3:ListBucket", bucket, s3.head_bucket().bucket(bucket).send()) {
        Err(error) if error.kind() == Kind::NotFound => return Err(missing()),
        other => other?,
    };
    Ok(vec![
        owner(aws, bucket)?,
        versioning(aws, bucket)?,
        object_lock(aws, bucket)?,
        public_access(aws, bucket)?,
    ])
}

/// Asks for the bucket as if the compromised account owned it: only if that is so, AWS says yes.
fn owner(aws: &Aws, bucket: &str) -> Result<Check, AwsError> {
    let account = aws.identity()?.account.clone();
    let call = aws.vault_s3()?.head_bucket().bucket(bucket).expected_bucket_owner(&account);
    let same = aws.run("s3:ListBucket", bucket, call.send()).is_ok();
    let found = if same {
        format!("owned by {account}, the compromised account")
    } else {
        format!("not owned by {account}")
    };
    Ok(check(
        "other account",
        found,
        !same,
        "use a bucket of an account that the compromised one's administrators cannot enter (--vault-profile, --vault-role-arn)",
    ))
}

fn versioning(aws: &Aws, bucket: &str) -> Result<Check, AwsError> {
    let call = aws.vault_s3()?.get_bucket_versioning().bucket(bucket);
    let (found, holds) = match aws.run("s3:GetBucketVersioning", bucket, call.send()) {
        Ok(answer) => (
            answer.status().map_or("off", BucketVersioningStatus::as_str).to_owned(),
            answer.status() == Some(&BucketVersioningStatus::Enabled),
        ),
        Err(error) => (error.chain(), false),
    };
    Ok(check("versioning", found, holds, "turn versioning on: Object Lock needs it"))
}

fn object_lock(aws: &Aws, bucket: &str) -> Result<Check, AwsError> {
    let call = aws.vault_s3()?.get_object_lock_configuration().bucket(bucket);
    let (found, holds) = match aws.run("s3:GetBucketObjectLockConfiguration", bucket, call.send()) {
        Ok(answer) => {
            let on = answer.object_lock_configuration().and_then(|c| c.object_lock_enabled());
            (on.map_or("off", ObjectLockEnabled::as_str).to_owned(), on == Some(&ObjectLockEnabled::Enabled))
        }
        Err(error) if error.kind() == Kind::NotFound => ("off".to_owned(), false),
        Err(error) => (error.chain(), false),
    };
    Ok(check(
        "Object Lock",
        found,
        holds,
        "make a bucket with Object Lock; on an old one AWS turns it on with versioning",
    ))
}

fn public_access(aws: &Aws, bucket: &str) -> Result<Check, AwsError> {
    let call = aws.vault_s3()?.get_public_access_block().bucket(bucket);
    let (found, holds) = match aws.run("s3:GetBucketPublicAccessBlock", bucket, call.send()) {
        Ok(answer) => {
            let all = answer.public_access_block_configuration().is_some_and(|c| {
                c.block_public_acls() == Some(true)
                    && c.ignore_public_acls() == Some(true)
                    && c.block_public_policy() == Some(true)
                    && c.restrict_public_buckets() == Some(true)
            });
            (if all { "blocked" } else { "partly open" }.to_owned(), all)
        }
        Err(error) if error.kind() == Kind::NotFound => ("not blocked".to_owned(), false),
        Err(error) => (error.chain(), false),
    };
    Ok(check("public access", found, holds, "turn on all four settings of Block Public Access"))
}
