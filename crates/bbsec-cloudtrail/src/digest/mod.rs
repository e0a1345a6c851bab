//! Digest chains, verified offline: CloudTrail's hourly signed lists of log files (user guide, "Validating CloudTrail
//! log file integrity: custom implementations").
//!
//! A digest names its logs with their hashes, and the digest before it with its hash and signature. So the newest one
//! needs the signature from the object's metadata; for every other one the next digest holds it. Beyond what the AWS
//! CLI checks, the hash of the previous digest is compared, and logs that no digest lists are named.

mod kept;
mod key;
mod model;
#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, BTreeSet},
    io::Read as _,
};

use bbsec_core::Progress;
use sha2::{Digest as _, Sha256};

pub use kept::Kept;
pub use key::PublicKeys;
use model::{Digest, LogFile};
pub use model::{Object, Problem, Report, StoredDigest, What};

/// Decompressed bytes of a digest or log that are read.
const MAX_OBJECT: u64 = 512 * 1024 * 1024;

/// What was kept of a trail.
pub struct Trail<'a> {
    /// Every digest.
    pub digests: &'a [StoredDigest],
    /// Every log file that stands in the bucket, whether a digest lists it or not.
    pub logs: &'a [Object],
    /// The public keys of the region.
    pub keys: &'a PublicKeys,
}

/// Verifies every digest, every link between digests, and every log. `log` gives a log's bytes as they stand in the
/// bucket, or `None` when it is not there.
pub fn verify(
    trail: &Trail<'_>,
    log: &mut dyn FnMut(&Object) -> std::io::Result<Option<Vec<u8>>>,
    progress: &dyn Progress,
) -> Report {
    let mut report = Report::default();
    let mut digests: BTreeMap<Object, Digest> = BTreeMap::new();
    for stored in trail.digests {
        match Digest::read(stored) {
            Ok(digest) => {
                digests.insert(stored.at.clone(), digest);
            }
            Err(what) => report.problem(&stored.at, what),
        }
        report.digests += 1;
    }
    let known: BTreeSet<&Object> = trail.digests.iter().map(|stored| &stored.at).collect();
    let next: BTreeMap<Object, &Digest> =
        digests.values().filter_map(|digest| Some((digest.previous()?, digest))).collect();
    for (at, digest) in &digests {
        let before = report.problems.len();
        signature(at, digest, next.get(at).copied(), trail.keys, &mut report);
        links(at, digest, &digests, &known, &mut report);
        report.digests_valid += u64::from(report.problems.len() == before);
    }
    let mut listed = BTreeSet::new();
    for file in digests.values().flat_map(|digest| &digest.json.log_files) {
        if progress.cancelled() {
            report.stopped = true;
            return report;
        }
        let at = Object::new(&file.s3_bucket, &file.s3_object);
        if listed.insert(at.clone()) {
            report.logs += 1;
            match compare(&at, file, log) {
                Ok(()) => report.logs_valid += 1,
                Err(what) => report.problem(&at, what),
            }
        }
    }
    unlisted(trail.logs, &listed, &digests, &mut report);
    report
}

fn signature(at: &Object, digest: &Digest, next: Option<&Digest>, keys: &PublicKeys, report: &mut Report) {
    let told = next.and_then(|next| next.json.previous_digest_signature.as_deref());
    let kept = digest.signature.as_deref();
    if let (Some(told), Some(kept)) = (told, kept)
        && !told.eq_ignore_ascii_case(kept)
    {
        report.problem(at, What::SignaturesDiffer);
    }
    let Some(signature) = kept.or(told) else { return report.problem(at, What::NoSignature) };
    let fingerprint = &digest.json.digest_public_key_fingerprint;
    if !keys.has(fingerprint) {
        return report.problem(at, What::NoKey(fingerprint.clone()));
    }
    if !keys.verify(fingerprint, digest.string_to_sign().as_bytes(), signature) {
        report.problem(at, What::BadSignature);
    }
}

fn links(
    at: &Object,
    digest: &Digest,
    digests: &BTreeMap<Object, Digest>,
    known: &BTreeSet<&Object>,
    report: &mut Report,
) {
    if digest.place() != *at {
        report.problem(at, What::Moved(digest.place()));
    }
    let Some(previous) = digest.previous() else {
        let older = digests.values().any(|other| {
            other.trail_folder() == digest.trail_folder()
                && other.json.digest_end_time < digest.json.digest_end_time
        });
        if older {
            report.problem(at, What::StartsAnew);
        }
        return;
    };
    match digests.get(&previous) {
        Some(found) => {
            let told = digest.json.previous_digest_hash_value.as_deref().unwrap_or_default();
            if !told.eq_ignore_ascii_case(&found.hash) {
                report.problem(&previous, What::PreviousHash { told_by: at.clone() });
            }
        }
        // One that is there and cannot be read has been named already.
        None if known.contains(&previous) => {}
        None => report.problem(&previous, What::DigestMissing { told_by: at.clone() }),
    }
}

fn compare(
    at: &Object,
    file: &LogFile,
    log: &mut dyn FnMut(&Object) -> std::io::Result<Option<Vec<u8>>>,
) -> Result<(), What> {
    let bytes = log(at).map_err(|error| What::Unreadable(error.to_string()))?.ok_or(What::LogMissing)?;
    if file.hash_algorithm != "SHA-256" {
        return Err(What::Unreadable(format!("hash algorithm {} is not known", file.hash_algorithm)));
    }
    let plain = gunzip(&bytes)?;
    if hex(&Sha256::digest(&plain)).eq_ignore_ascii_case(&file.hash_value) {
        Ok(())
    } else {
        Err(What::LogChanged)
    }
}

/// Logs that stand in the bucket and in no digest, up to the end of the last digest of their folder. What is younger
/// cannot be listed yet, and is only counted.
fn unlisted(
    logs: &[Object],
    listed: &BTreeSet<Object>,
    digests: &BTreeMap<Object, Digest>,
    report: &mut Report,
) {
    let mut ends: BTreeMap<String, String> = BTreeMap::new();
    for digest in digests.values() {
        if let Some(folder) = model::region_folder(&digest.json.digest_s3_object) {
            let end = ends.entry(folder).or_default();
            let compact = model::compact(&digest.json.digest_end_time);
            if compact > *end {
                *end = compact;
            }
        }
    }
    for at in logs.iter().filter(|at| !listed.contains(*at)) {
        let end = model::region_folder(&at.key).and_then(|folder| ends.get(&folder));
        match (end, model::delivered(&at.key)) {
            (Some(end), Some(time)) if time >= *end => report.not_yet_listed += 1,
            (None, _) => report.problem(at, What::NoDigests),
            _ => report.problem(at, What::Unlisted),
        }
    }
}

/// The plain bytes of exactly one gzip stream: anything behind it could hide from the hash.
fn gunzip(bytes: &[u8]) -> Result<Vec<u8>, What> {
    let mut plain = Vec::new();
    let mut decoder = flate2::bufread::GzDecoder::new(bytes);
    (&mut decoder)
        .take(MAX_OBJECT + 1)
        .read_to_end(&mut plain)
        .map_err(|error| What::Unreadable(error.to_string()))?;
    if plain.len() as u64 > MAX_OBJECT {
        return Err(What::Unreadable(format!("larger than {MAX_OBJECT} bytes when decompressed")));
    }
    let left = decoder.into_inner();
    if left.is_empty() { Ok(plain) } else { Err(What::Trailing(left.len())) }
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
