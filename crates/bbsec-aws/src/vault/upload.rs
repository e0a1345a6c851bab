//! One object: put with its checksum and retention if it is not there, then asked for and compared.

use std::{
    fs::File,
    io::Read,
    path::{Path, PathBuf},
};

use aws_sdk_s3::{
    primitives::{ByteStream, DateTime},
    types::{
        ChecksumAlgorithm, ChecksumMode, CompletedMultipartUpload, CompletedPart, ObjectLockMode,
        ObjectLockRetention, ObjectLockRetentionMode,
    },
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use sha2::{Digest, Sha256};

use crate::{
    client::Aws,
    error::{AwsError, Kind},
};

/// Above this an object goes in parts. S3 refuses parts below 5 MiB.
const PART: usize = 16 * 1024 * 1024;

/// What an object is put with.
#[derive(Debug, Clone)]
pub(super) struct Terms {
    pub(super) bucket: String,
    pub(super) case: String,
    pub(super) lock: Option<(ObjectLockMode, DateTime)>,
    /// False for what may have a newer version, such as the bag's manifests.
    pub(super) once: bool,
}

/// A local file, hashed as a whole and in parts.
#[derive(Debug, Clone)]
pub(super) struct Local {
    pub(super) path: PathBuf,
    pub(super) size: u64,
    pub(super) sha256: [u8; 32],
    pub(super) parts: Vec<[u8; 32]>,
}

impl Local {
    /// Reads a file once. Memory is one part.
    pub(super) fn read(path: &Path) -> std::io::Result<Self> {
        let mut file = File::open(path)?;
        let (mut whole, mut parts, mut size) = (Sha256::new(), Vec::new(), 0u64);
        loop {
            let part = next_part(&mut file)?;
            if part.is_empty() {
                break;
            }
            whole.update(&part);
            parts.push(Sha256::digest(&part).into());
            size = size.saturating_add(part.len() as u64);
        }
        Ok(Self { path: path.to_owned(), size, sha256: whole.finalize().into(), parts })
    }

    /// The checksum that S3 keeps: of the bytes, or of the parts' checksums.
    pub(super) fn checksum(&self) -> String {
        if self.parts.len() <= 1 {
            return STANDARD.encode(self.sha256);
        }
        let mut all = Sha256::new();
        for part in &self.parts {
            all.update(part);
        }
        format!("{}-{}", STANDARD.encode(all.finalize()), self.parts.len())
    }
}

fn next_part(file: &mut File) -> std::io::Result<Vec<u8>> {
    let mut part = Vec::new();
    file.take(PART as u64).read_to_end(&mut part)?;
    Ok(part)
}

/// What came of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Sent {
    /// It is there now, with this version.
    Put(Option<String>),
    /// It was there already, with the same bytes.
    Already(Option<String>),
    /// Something else is there under this key, or what is there is not what was sent.
    Differs(String),
}

/// Puts one object and compares.
pub(super) fn send(aws: &Aws, terms: &Terms, key: &str, local: &Local) -> Result<Sent, AwsError> {
    match compare(aws, terms, key, local)? {
        Some(Ok(version)) => return Ok(Sent::Already(version)),
        Some(Err(why)) if terms.once => return Ok(Sent::Differs(why)),
        _ => {}
    }
    let put =
        if local.parts.len() > 1 { parts(aws, terms, key, local) } else { whole(aws, terms, key, local) };
    match put {
        Ok(()) => {}
        // Somebody, or an earlier try whose answer was lost, was there first: what is there decides.
        Err(error)
            if error
                .code()
                .is_some_and(|c| c == "PreconditionFailed" || c == "ConditionalRequestConflict") => {}
        Err(error) => return Err(error),
    }
    let mut found = compare(aws, terms, key, local)?;
    if matches!(&found, Some(Err(why)) if why.contains(UNLOCKED)) {
        // Some servers forget the retention of an object that came in parts.
        retain(aws, terms, key)?;
        found = compare(aws, terms, key, local)?;
    }
    match found {
        Some(Ok(version)) => Ok(Sent::Put(version)),
        Some(Err(why)) => Ok(Sent::Differs(why)),
        None => Ok(Sent::Differs("it is not there after it was put".to_owned())),
    }
}

const UNLOCKED: &str = "it is not locked";

fn retain(aws: &Aws, terms: &Terms, key: &str) -> Result<(), AwsError> {
    let Some((mode, until)) = &terms.lock else { return Ok(()) };
    let retention = ObjectLockRetention::builder()
        .mode(match mode {
            ObjectLockMode::Compliance => ObjectLockRetentionMode::Compliance,
            _ => ObjectLockRetentionMode::Governance,
        })
        .retain_until_date(*until)
        .build();
    let call = aws.vault_s3()?.put_object_retention().bucket(&terms.bucket).key(key).retention(retention);
    aws.run("s3:PutObjectRetention", key, call.send()).map(|_| ())
}

/// Asks for what is under a key. `None`: nothing; `Some(Err)`: something else.
pub(super) fn compare(
    aws: &Aws,
    terms: &Terms,
    key: &str,
    local: &Local,
) -> Result<Option<Result<Option<String>, String>>, AwsError> {
    let call =
        aws.vault_s3()?.head_object().bucket(&terms.bucket).key(key).checksum_mode(ChecksumMode::Enabled);
    let found = match aws.run("s3:GetObject", key, call.send()) {
        Ok(found) => found,
        Err(error) if error.kind() == Kind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    if found.content_length() != i64::try_from(local.size).ok() {
        return Ok(Some(Err(format!(
            "it has {} bytes instead of {}",
            found.content_length().unwrap_or(-1),
            local.size
        ))));
    }
    let wanted = local.checksum();
    let kept = found.checksum_sha256().unwrap_or_default();
    // S3 answers a composite checksum with its number of parts; some servers leave that out.
    if kept != wanted && Some(kept) != wanted.split_once('-').map(|(head, _)| head) {
        return Ok(Some(Err(format!("its SHA-256 is {kept:?} instead of {wanted}"))));
    }
    if let Some((mode, _)) = &terms.lock
        && found.object_lock_mode().map(aws_sdk_s3::types::ObjectLockMode::as_str) != Some(mode.as_str())
    {
        return Ok(Some(Err(format!("{UNLOCKED} in {} mode", mode.as_str()))));
    }
    Ok(Some(Ok(found.version_id().map(str::to_owned))))
}

fn whole(aws: &Aws, terms: &Terms, key: &str, local: &Local) -> Result<(), AwsError> {
    let strange = || AwsError::Strange {
        operation: "s3:PutObject",
        subject: key.to_owned(),
        missing: "a readable file",
    };
    let bytes = std::fs::read(&local.path).map_err(|_| strange())?;
    let mut call = aws
        .vault_s3()?
        .put_object()
        .bucket(&terms.bucket)
        .key(key)
        .checksum_sha256(STANDARD.encode(local.sha256))
        .metadata("sha256", bbsec_core::hex::encode(local.sha256))
        .metadata("case", &terms.case)
        .body(ByteStream::from(bytes));
    if terms.once {
        call = call.if_none_match("*");
    }
    if let Some((mode, until)) = &terms.lock {
        call = call.object_lock_mode(mode.clone()).object_lock_retain_until_date(*until);
    }
    aws.run("s3:PutObject", key, call.send()).map(|_| ())
}

/// In parts; parts of an earlier try that are there already are not sent again.
fn parts(aws: &Aws, terms: &Terms, key: &str, local: &Local) -> Result<(), AwsError> {
    let s3 = aws.vault_s3()?;
    let strange = |missing| AwsError::Strange { operation: "s3:PutObject", subject: key.to_owned(), missing };
    let upload = match unfinished(aws, terms, key)? {
        Some(upload) => upload,
        None => begin(aws, terms, key, local)?,
    };
    let listed =
        s3.list_parts().bucket(&terms.bucket).key(key).upload_id(&upload).into_paginator().items().send();
    let there = aws.run("s3:ListMultipartUploadParts", key, listed.collect::<Result<Vec<_>, _>>())?;
    let mut file = File::open(&local.path).map_err(|_| strange("a readable file"))?;
    let mut completed = Vec::new();
    for (number, sha256) in (1i32..).zip(&local.parts) {
        let bytes = next_part(&mut file).map_err(|_| strange("a readable file"))?;
        let checksum = STANDARD.encode(sha256);
        let old = there.iter().find(|p| {
            p.part_number() == Some(number)
                && p.checksum_sha256() == Some(checksum.as_str())
                && p.size() == i64::try_from(bytes.len()).ok()
        });
        let tag = if let Some(part) = old {
            part.e_tag().map(str::to_owned)
        } else {
            let call = s3
                .upload_part()
                .bucket(&terms.bucket)
                .key(key)
                .upload_id(&upload)
                .part_number(number)
                .checksum_sha256(&checksum)
                .body(ByteStream::from(bytes));
            aws.run("s3:PutObject", key, call.send())?.e_tag().map(str::to_owned)
        };
        completed.push(
            CompletedPart::builder().part_number(number).checksum_sha256(checksum).set_e_tag(tag).build(),
        );
    }
    let done = CompletedMultipartUpload::builder().set_parts(Some(completed)).build();
    let mut call = s3
        .complete_multipart_upload()
        .bucket(&terms.bucket)
        .key(key)
        .upload_id(&upload)
        .multipart_upload(done);
    if terms.once {
        call = call.if_none_match("*");
    }
    aws.run("s3:PutObject", key, call.send()).map(|_| ())
}

fn begin(aws: &Aws, terms: &Terms, key: &str, local: &Local) -> Result<String, AwsError> {
    let mut call = aws
        .vault_s3()?
        .create_multipart_upload()
        .bucket(&terms.bucket)
        .key(key)
        .checksum_algorithm(ChecksumAlgorithm::Sha256)
        .metadata("sha256", bbsec_core::hex::encode(local.sha256))
        .metadata("case", &terms.case);
    if let Some((mode, until)) = &terms.lock {
        call = call.object_lock_mode(mode.clone()).object_lock_retain_until_date(*until);
    }
    let answer = aws.run("s3:PutObject", key, call.send())?;
    answer.upload_id().map(str::to_owned).ok_or(AwsError::Strange {
        operation: "s3:PutObject",
        subject: key.to_owned(),
        missing: "an upload id",
    })
}

fn unfinished(aws: &Aws, terms: &Terms, key: &str) -> Result<Option<String>, AwsError> {
    let call = aws.vault_s3()?.list_multipart_uploads().bucket(&terms.bucket).prefix(key);
    match aws.run("s3:ListBucketMultipartUploads", key, call.send()) {
        Ok(found) => Ok(found
            .uploads()
            .iter()
            .rfind(|u| u.key() == Some(key))
            .and_then(|u| u.upload_id().map(str::to_owned))),
        // Going on is a saving, not a need.
        Err(error) if error.kind() == Kind::Unauthorized => Ok(None),
        Err(error) => Err(error),
    }
}
