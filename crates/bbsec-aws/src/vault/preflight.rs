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
        key(aws, bucket)?,
        policy(aws, bucket)?,
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

/// The account in an ARN, or nothing in an id or alias.
fn account_of(arn: &str) -> Option<&str> {
    arn.starts_with("arn:").then(|| arn.split(':').nth(4)).flatten().filter(|account| !account.is_empty())
}

/// Whoever may disable the key of the bucket can make the evidence unreadable. Of a key that is named without its account
/// S3 uses the caller's.
fn key(aws: &Aws, bucket: &str) -> Result<Check, AwsError> {
    let account = aws.identity()?.account.clone();
    let call = aws.vault_s3()?.get_bucket_encryption().bucket(bucket);
    let (found, holds) = match aws.run("s3:GetEncryptionConfiguration", bucket, call.send()) {
        Ok(answer) => {
            let config = answer.server_side_encryption_configuration();
            let named = config
                .into_iter()
                .flat_map(aws_sdk_s3::types::ServerSideEncryptionConfiguration::rules)
                .find_map(|rule| rule.apply_server_side_encryption_by_default()?.kms_master_key_id());
            match named.map(|key| (key, account_of(key))) {
                None => ("keys of S3 itself".to_owned(), true),
                Some((key, Some(owner))) => (key.to_owned(), owner != account),
                Some((key, None)) => (format!("{key}, of the account that writes"), true),
            }
        }
        Err(error) if error.code().is_some_and(|code| code.contains("NotFound")) => {
            ("keys of S3 itself".to_owned(), true)
        }
        Err(error) => (error.chain(), false),
    };
    Ok(check(
        "encryption key",
        found,
        holds,
        "encrypt the bucket with a key of the evidence account: who may disable the key makes the evidence unreadable",
    ))
}

/// Whether the bucket's policy lets the compromised account, or everybody, in.
fn policy(aws: &Aws, bucket: &str) -> Result<Check, AwsError> {
    let account = aws.identity()?.account.clone();
    let call = aws.vault_s3()?.get_bucket_policy().bucket(bucket);
    let (found, holds) = match aws.run("s3:GetBucketPolicy", bucket, call.send()) {
        Ok(answer) => match allowed(answer.policy().unwrap_or_default(), &account) {
            Some(open) if open.is_empty() => (format!("lets {account} in nowhere"), true),
            Some(open) => (format!("lets {} in: {}", account, open.join(", ")), false),
            None => ("a policy that cannot be read".to_owned(), false),
        },
        Err(error) if error.code().is_some_and(|code| code == "NoSuchBucketPolicy") => {
            ("none".to_owned(), true)
        }
        Err(error) => (error.chain(), false),
    };
    Ok(check(
        "bucket policy",
        found,
        holds,
        "take the compromised account out of the bucket's policy, but for s3:PutObject",
    ))
}

/// Actions other than putting that a policy allows an account or everybody; nothing for text that is no policy.
fn allowed(policy: &str, account: &str) -> Option<Vec<String>> {
    let policy: serde_json::Value = serde_json::from_str(policy).ok()?;
    let listed = |value: Option<&serde_json::Value>| -> Vec<String> {
        match value {
            Some(serde_json::Value::String(one)) => vec![one.clone()],
            Some(serde_json::Value::Array(many)) => {
                many.iter().filter_map(|one| one.as_str().map(str::to_owned)).collect()
            }
            _ => Vec::new(),
        }
    };
    let mut open = Vec::new();
    for statement in policy.get("Statement")?.as_array()? {
        let principal = statement.get("Principal");
        let who = [listed(principal), listed(principal.and_then(|who| who.get("AWS")))].concat();
        let is_meant = who.iter().any(|who| who == "*" || who == account || account_of(who) == Some(account));
        if is_meant && statement.get("Effect").and_then(|effect| effect.as_str()) == Some("Allow") {
            open.extend(
                listed(statement.get("Action")).into_iter().filter(|action| action != "s3:PutObject"),
            );
        }
    }
    Some(open)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policies_that_let_the_compromised_account_in_are_told() {
        let policy = r#"{"Statement":[
            {"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":["s3:PutObject","s3:DeleteObject"]},
            {"Effect":"Allow","Principal":{"AWS":"999988887777"},"Action":"s3:*"},
            {"Effect":"Deny","Principal":"*","Action":"s3:DeleteObject"}]}"#;
        assert_eq!(allowed(policy, "111122223333").unwrap(), ["s3:DeleteObject"]);
        assert_eq!(allowed(policy, "444455556666").unwrap(), Vec::<String>::new());
        assert_eq!(allowed("nonsense", "1"), None);
        assert_eq!(account_of("arn:aws:kms:eu-west-1:111122223333:key/1"), Some("111122223333"));
        assert_eq!(account_of("alias/x"), None);
    }
}
