//! What was kept of trails, as it lies in folders: logs, digests, the metadata beside them, public keys.
//!
//! `collect cloudtrail` keeps every object under its bucket and key, its metadata as `KEY.metadata.json` beside it, and the
//! answers of ListPublicKeys. A folder that `aws s3 sync` made has neither bucket nor metadata: then a digest's own words tell
//! its place, and the signature of each but the newest stands in the next.

use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
};

use bbsec_core::{Place, Progress};
use serde_json::Value;

use super::{
    Object, PublicKeys, Report, StoredDigest, Trail, gunzip,
    model::{DigestJson, delivered},
    verify,
};

/// A file that is larger is no digest, no metadata and no list of keys.
const MAX_SMALL: u64 = 64 << 20;

/// Logs, digests and keys by where they stood in S3.
#[derive(Debug, Default)]
pub struct Kept {
    digests: Vec<StoredDigest>,
    logs: BTreeMap<Object, PathBuf>,
    keys: PublicKeys,
    /// Files of digests, for places.
    files: BTreeMap<Object, String>,
    /// Logs whose bucket nothing told yet.
    loose: Vec<(String, PathBuf, String)>,
}

impl Kept {
    /// Takes a file, whatever it is; files of other kinds are passed by. `shown` is how the file is called in places.
    pub fn add(&mut self, path: &Path, shown: &str) -> io::Result<()> {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if shown.contains("cloudtrail-public-keys") || name.contains("public-keys") {
            self.add_keys(&small(path)?);
        } else if name.ends_with(".metadata.json") {
            // Read together with its object.
        } else if name.contains("_CloudTrail-Digest_") {
            self.add_digest(path, shown)?;
        } else if name.contains("_CloudTrail_") {
            match told(path)? {
                Some((at, _)) => {
                    self.files.insert(at.clone(), shown.to_owned());
                    self.logs.insert(at, path.to_owned());
                }
                None => self.loose.extend(key_of(shown).map(|key| (key, path.to_owned(), shown.to_owned()))),
            }
        }
        Ok(())
    }

    fn add_keys(&mut self, bytes: &[u8]) {
        let Ok(answer) = serde_json::from_slice::<Value>(bytes) else { return };
        for key in answer.get("PublicKeyList").and_then(Value::as_array).into_iter().flatten() {
            let text = |name: &str| key.get(name).and_then(Value::as_str);
            if let (Some(fingerprint), Some(value)) = (text("Fingerprint"), text("Value")) {
                self.keys.add(fingerprint, value);
            }
        }
    }

    fn add_digest(&mut self, path: &Path, shown: &str) -> io::Result<()> {
        let bytes = small(path)?;
        let (at, signature) = if let Some((at, metadata)) = told(path)? {
            (at, metadata.get("signature").and_then(Value::as_str).map(str::to_owned))
        } else {
            let own = gunzip(&bytes).ok().and_then(|plain| serde_json::from_slice::<DigestJson>(&plain).ok());
            let key = key_of(shown).unwrap_or_else(|| shown.to_owned());
            // Its own words count when the folder bears them out.
            let at = own.filter(|own| own.digest_s3_object.ends_with(&key)).map_or_else(
                || Object::new("", &key),
                |own| Object::new(&own.digest_s3_bucket, &own.digest_s3_object),
            );
            (at, None)
        };
        self.files.insert(at.clone(), shown.to_owned());
        self.digests.push(StoredDigest { at, bytes, signature });
        Ok(())
    }

    /// Whether there is anything to verify.
    pub fn is_empty(&self) -> bool {
        self.digests.is_empty()
    }

    /// Whether public keys are there; without them no signature can be verified.
    pub fn has_keys(&self) -> bool {
        !self.keys.is_empty()
    }

    /// Where an object's file is, for evidence.
    pub fn place(&self, at: &Object) -> Option<Place> {
        self.files.get(at).map(|shown| Place::file(shown.as_str()))
    }

    /// Verifies all of it. What digests name of days before the first that was kept is outside, neither missing nor wrong;
    /// `from` is that day, as `20260102`, else each region's first day of which anything was kept.
    pub fn verify(&mut self, from: Option<&str>, progress: &dyn Progress) -> Report {
        self.settle();
        let first_days = self.first_days();
        let logs: Vec<Object> = self.logs.keys().cloned().collect();
        let trail = Trail { digests: &self.digests, logs: &logs, keys: &self.keys };
        let report = verify(
            &trail,
            &mut |at| match self.logs.get(at) {
                Some(path) => std::fs::read(path).map(Some),
                None => Ok(None),
            },
            progress,
        );
        report.within(&|key| match from {
            Some(day) => Some(day.to_owned()),
            None => first_days.get(&super::model::region_folder(key)?).cloned(),
        })
    }

    /// The first day of which each region's folder holds anything, as `20260102`.
    fn first_days(&self) -> BTreeMap<String, String> {
        let mut first: BTreeMap<String, String> = BTreeMap::new();
        for key in self.logs.keys().chain(self.digests.iter().map(|digest| &digest.at)).map(|at| &at.key) {
            let (Some(folder), Some(day)) = (super::model::region_folder(key), day(key)) else { continue };
            let known = first.entry(folder).or_insert_with(|| day.clone());
            if day < *known {
                *known = day;
            }
        }
        first
    }

    /// Gives loose logs the place that a digest tells for them, or the bucket of the digests.
    fn settle(&mut self) {
        let listed: Vec<DigestJson> = self
            .digests
            .iter()
            .filter_map(|digest| serde_json::from_slice(&gunzip(&digest.bytes).ok()?).ok())
            .collect();
        for (key, path, shown) in std::mem::take(&mut self.loose) {
            let named =
                listed.iter().flat_map(|digest| &digest.log_files).find(|log| log.s3_object.ends_with(&key));
            let at = match (named, listed.first()) {
                (Some(log), _) => Object::new(&log.s3_bucket, &log.s3_object),
                (None, Some(digest)) => {
                    let prefix = digest.digest_s3_object.split("AWSLogs/").next().unwrap_or_default();
                    Object::new(&digest.digest_s3_bucket, &format!("{prefix}{key}"))
                }
                (None, None) => Object::new("", &key),
            };
            self.files.insert(at.clone(), shown);
            self.logs.insert(at, path);
        }
    }
}

/// The day in a log's or digest's key, as `20260102`.
pub(super) fn day(key: &str) -> Option<String> {
    let stamp = delivered(key).or_else(|| super::model::digest_end(key))?;
    stamp.get(..8).map(str::to_owned)
}

/// `AWSLogs/…` of a path.
fn key_of(shown: &str) -> Option<String> {
    shown.find("AWSLogs/").and_then(|at| shown.get(at..)).map(str::to_owned)
}

fn small(path: &Path) -> io::Result<Vec<u8>> {
    if std::fs::metadata(path)?.len() > MAX_SMALL {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "larger than 64 MiB"));
    }
    std::fs::read(path)
}

/// Bucket, key and user metadata out of the file beside an object.
fn told(path: &Path) -> io::Result<Option<(Object, Value)>> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".metadata.json");
    let bytes = match small(Path::new(&beside)) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let Ok(value) = serde_json::from_slice::<Value>(&bytes) else { return Ok(None) };
    let text = |name: &str| value.get(name).and_then(Value::as_str);
    let (Some(bucket), Some(key)) = (text("bucket"), text("key")) else { return Ok(None) };
    let at = Object::new(bucket, key);
    Ok(Some((at, value.get("metadata").cloned().unwrap_or_default())))
}
