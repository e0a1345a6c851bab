//! A digest as it stands in the bucket, and what can be wrong with a chain.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{gunzip, hex};

/// An object's place in S3.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Object {
    /// The bucket.
    pub bucket: String,
    /// The key.
    pub key: String,
}

impl Object {
    /// A place.
    pub fn new(bucket: &str, key: &str) -> Self {
        Self { bucket: bucket.to_owned(), key: key.to_owned() }
    }
}

/// A digest as it was fetched.
#[derive(Debug, Clone)]
pub struct StoredDigest {
    /// Where it was read.
    pub at: Object,
    /// Its bytes, gzipped as they stand there.
    pub bytes: Vec<u8>,
    /// `signature` of the object's metadata, hexadecimal.
    pub signature: Option<String>,
}

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// The object cannot be read.
    #[error("cannot be read: {0}")]
    Unreadable(String),
    /// Bytes behind the gzip stream.
    #[error("{0} bytes stand behind the compressed data")]
    Trailing(usize),
    /// The signature does not hold.
    #[error("the signature does not hold: the digest was changed")]
    BadSignature,
    /// Neither the object's metadata nor a later digest holds the signature.
    #[error("its signature is not kept, and no later digest holds it")]
    NoSignature,
    /// The metadata and the next digest tell different signatures.
    #[error("its own signature and the one in the next digest differ")]
    SignaturesDiffer,
    /// The key is not among the given ones.
    #[error("the public key {0} is not among the given ones")]
    NoKey(String),
    /// The digest names another place than where it was found.
    #[error("was moved: it says that it stands at {}/{}", .0.bucket, .0.key)]
    Moved(Object),
    /// A digest without a previous one, though older ones exist.
    #[error("the chain starts anew here, though older digests exist")]
    StartsAnew,
    /// A digest is not there.
    #[error("the digest is not there; {} names it", .told_by.key)]
    DigestMissing {
        /// The digest that names it.
        told_by: Object,
    },
    /// The next digest tells another hash.
    #[error("is not the digest that {} was made after: the hashes differ", .told_by.key)]
    PreviousHash {
        /// The digest that tells the hash.
        told_by: Object,
    },
    /// A log is not there.
    #[error("the log file is not there")]
    LogMissing,
    /// A log's hash differs.
    #[error("the log file was changed: its hash differs")]
    LogChanged,
    /// A log that no digest lists.
    #[error("no digest lists this log file: it may have been put there")]
    Unlisted,
    /// A log of a region without digests.
    #[error("no digest covers this log file's region")]
    NoDigests,
}

impl What {
    /// Whether it says that something was altered, removed or put there, and not merely not kept.
    pub fn is_tampering(&self) -> bool {
        !matches!(self, Self::NoSignature | Self::NoKey(_) | Self::NoDigests)
    }
}

/// Something wrong with an object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// The object.
    pub at: Object,
    /// What.
    pub what: What,
}

/// The verdict.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Report {
    /// Digests that were given.
    pub digests: u64,
    /// Digests whose signature and links hold.
    pub digests_valid: u64,
    /// Logs that digests list.
    pub logs: u64,
    /// Logs whose hash holds.
    pub logs_valid: u64,
    /// Logs younger than the last digest.
    pub not_yet_listed: u64,
    /// Logs and digests of days that were not kept, which others name.
    pub outside: u64,
    /// Cancelled before the end.
    pub stopped: bool,
    /// Everything that is wrong.
    pub problems: Vec<Problem>,
}

impl Report {
    /// Whether everything was looked at and holds.
    pub fn holds(&self) -> bool {
        self.problems.is_empty() && !self.stopped
    }

    /// Whether something was altered, and not merely not kept.
    pub fn is_tampered(&self) -> bool {
        self.problems.iter().any(|problem| problem.what.is_tampering())
    }

    /// Takes what is missing of days before the first that was kept out of the problems, and counts it.
    pub(super) fn within(mut self, first_day: &dyn Fn(&str) -> Option<String>) -> Self {
        let is_outside = |problem: &Problem| {
            matches!(problem.what, What::LogMissing | What::DigestMissing { .. })
                && first_day(&problem.at.key)
                    .is_none_or(|first| super::kept::day(&problem.at.key).is_some_and(|day| day < first))
        };
        for problem in self.problems.iter().filter(|problem| is_outside(problem)) {
            self.outside += 1;
            self.logs -= u64::from(problem.what == What::LogMissing);
        }
        self.problems.retain(|problem| !is_outside(problem));
        self
    }

    pub(super) fn problem(&mut self, at: &Object, what: What) {
        self.problems.push(Problem { at: at.clone(), what });
    }
}

/// The fields of a digest that are needed.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DigestJson {
    pub(super) digest_end_time: String,
    pub(super) digest_s3_bucket: String,
    pub(super) digest_s3_object: String,
    pub(super) digest_public_key_fingerprint: String,
    pub(super) previous_digest_s3_bucket: Option<String>,
    pub(super) previous_digest_s3_object: Option<String>,
    pub(super) previous_digest_hash_value: Option<String>,
    pub(super) previous_digest_signature: Option<String>,
    #[serde(default)]
    pub(super) log_files: Vec<LogFile>,
}

/// A log in a digest.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct LogFile {
    pub(super) s3_bucket: String,
    pub(super) s3_object: String,
    pub(super) hash_value: String,
    pub(super) hash_algorithm: String,
}

/// A digest that could be read.
pub(super) struct Digest {
    pub(super) json: DigestJson,
    pub(super) hash: String,
    pub(super) signature: Option<String>,
}

impl Digest {
    pub(super) fn read(stored: &StoredDigest) -> Result<Self, What> {
        let plain = gunzip(&stored.bytes)?;
        let json = serde_json::from_slice(&plain).map_err(|error| What::Unreadable(error.to_string()))?;
        let signature = stored.signature.clone();
        Ok(Self { json, hash: hex(&Sha256::digest(&plain)), signature })
    }

    pub(super) fn place(&self) -> Object {
        Object::new(&self.json.digest_s3_bucket, &self.json.digest_s3_object)
    }

    pub(super) fn previous(&self) -> Option<Object> {
        let key = self.json.previous_digest_s3_object.as_deref()?;
        Some(Object::new(self.json.previous_digest_s3_bucket.as_deref()?, key))
    }

    /// What CloudTrail signs.
    pub(super) fn string_to_sign(&self) -> String {
        let DigestJson { digest_end_time, digest_s3_bucket, digest_s3_object, .. } = &self.json;
        let previous = self.json.previous_digest_signature.as_deref().unwrap_or("null");
        format!("{digest_end_time}\n{digest_s3_bucket}/{digest_s3_object}\n{}\n{previous}", self.hash)
    }

    /// What the digests of one trail and region share: the folder before the date, and the trail in the name.
    pub(super) fn trail_folder(&self) -> (Option<String>, String) {
        let key = &self.json.digest_s3_object;
        let name = key.rsplit('/').next().unwrap_or_default();
        let trail = name.rsplit_once('_').map(|(trail, _)| trail).unwrap_or_default();
        (region_folder(key), trail.to_owned())
    }
}

/// `…/AWSLogs/ACCOUNT/CloudTrail/REGION` of a log's or digest's key.
pub(super) fn region_folder(key: &str) -> Option<String> {
    let (before, after) = key.split_once("/CloudTrail-Digest/").or_else(|| key.split_once("/CloudTrail/"))?;
    Some(format!("{before}/{}", after.split('/').next()?))
}

/// `2026-01-02T03:04:05Z` as `20260102T0304`.
pub(super) fn compact(time: &str) -> String {
    time.chars().filter(|c| !matches!(c, '-' | ':')).take(13).collect()
}

/// The end in a digest's name, `…_YYYYMMDDTHHMMSSZ.json.gz`, as [`compact`] writes it.
pub(super) fn digest_end(key: &str) -> Option<String> {
    let name = key.rsplit('/').next()?;
    let stamp = name
        .split(['_', '.'])
        .find(|part| part.len() == 16 && part.ends_with('Z') && part.as_bytes().get(8) == Some(&b'T'))?;
    stamp.get(..13).map(str::to_owned)
}

/// The time in a log's name, `ACCOUNT_CloudTrail_REGION_YYYYMMDDTHHmmZ_UNIQUE.json.gz`, as [`compact`] writes it.
pub(super) fn delivered(key: &str) -> Option<String> {
    let name = key.rsplit('/').next()?;
    let stamp = name.split('_').find(|part| part.len() == 14 && part.ends_with('Z') && part.contains('T'))?;
    stamp.get(..13).map(str::to_owned)
}
