//! Chains of CloudTrail digests, signed by OpenSSL, and damaged in one way each: what two verifiers are asked about.

use std::{
    collections::BTreeMap,
    io::Write as _,
    path::Path,
    process::{Command, Stdio},
};

use anyhow::{Context, Result, ensure};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::scenario::credentials::hex;

const BUCKET: &str = "trail";
const ROOT: &str = "AWSLogs/111122223333";
/// Hours of a chain: as many digests, each with two logs.
const HOURS: usize = 5;

/// What was done to a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Damage {
    /// Nothing.
    None,
    /// A log holds other records.
    LogChanged,
    /// Two logs are exchanged.
    LogsExchanged,
    /// A log is gone.
    LogRemoved,
    /// Bytes behind a log's compressed data.
    LogLonger,
    /// A log is cut off within its records.
    LogShorter,
    /// A log lacks some of the last eight bytes, its checksum and length: not seen by `aws cloudtrail validate-logs`, since
    /// the records are whole.
    LogTrailer,
    /// A digest lists other hashes than when it was signed.
    DigestChanged,
    /// A digest no longer lists one of its logs.
    DigestShorter,
    /// A digest is no JSON.
    DigestBroken,
    /// A digest is gone; never the newest, of which nothing tells.
    DigestRemoved,
    /// Two digests are exchanged.
    DigestsExchanged,
    /// A digit of a signature is another one.
    Signature,
    /// The newest digest's signature is gone.
    SignatureRemoved,
    /// The key is another one.
    Key,
    /// A log that no digest lists: not seen by `aws cloudtrail validate-logs`.
    LogAdded,
    /// A digest, signed as it is, that tells a wrong hash of the one before: not seen either.
    PreviousHash,
}

impl Damage {
    /// All of them.
    pub const ALL: [Self; 17] = [
        Self::None,
        Self::LogChanged,
        Self::LogsExchanged,
        Self::LogRemoved,
        Self::LogLonger,
        Self::LogShorter,
        Self::LogTrailer,
        Self::DigestChanged,
        Self::DigestShorter,
        Self::DigestBroken,
        Self::DigestRemoved,
        Self::DigestsExchanged,
        Self::Signature,
        Self::SignatureRemoved,
        Self::Key,
        Self::LogAdded,
        Self::PreviousHash,
    ];

    /// Whether only this project's verifier is to see it.
    pub const fn is_ours_alone(self) -> bool {
        matches!(self, Self::LogTrailer | Self::LogAdded | Self::PreviousHash)
    }
}

/// One object of the bucket.
#[derive(Debug, Clone)]
struct Stored {
    bytes: Vec<u8>,
    signature: Option<String>,
}

/// A chain as it stands in its bucket, and the public key.
#[derive(Debug, Clone)]
pub struct Chain {
    logs: BTreeMap<String, Stored>,
    digests: BTreeMap<String, Stored>,
    key: String,
}

/// Makes chains with one key.
#[derive(Debug)]
pub struct Maker {
    folder: tempfile::TempDir,
    whole: Chain,
}

fn openssl(folder: &Path, arguments: &[&str], input: &[u8]) -> Result<Vec<u8>> {
    let mut child = Command::new("openssl")
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .context("cannot start openssl")?;
    child.stdin.take().context("openssl takes no input")?.write_all(input)?;
    let out = child.wait_with_output()?;
    ensure!(out.status.success(), "openssl {} failed", arguments.join(" "));
    Ok(out.stdout)
}

fn gzip(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?)
}

fn log_key(hour: usize, minute: usize) -> String {
    format!(
        "{ROOT}/CloudTrail/eu-west-1/2026/01/01/111122223333_CloudTrail_eu-west-1_20260101T{hour:02}{minute:02}Z_{minute:016}.json.gz"
    )
}

/// A small generator of numbers: the same seed gives the same chain.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or(0) % bound.max(1)
    }

    /// One key out of a map.
    fn key(&mut self, of: &BTreeMap<String, Stored>, count: usize) -> String {
        of.keys().nth(self.below(count)).cloned().unwrap_or_default()
    }
}

impl Maker {
    /// Makes a key and a whole chain.
    pub fn new() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        openssl(folder.path(), &["genrsa", "-out", "key.pem", "2048"], b"")?;
        let whole = chain(folder.path(), None)?;
        Ok(Self { folder, whole })
    }

    /// The chain of a seed: damaged in the way that the seed's number says.
    pub fn make(&self, seed: u64) -> Result<(Damage, Chain)> {
        let index = usize::try_from(seed).unwrap_or(0) % Damage::ALL.len();
        let damage = Damage::ALL.get(index).copied().unwrap_or(Damage::None);
        let mut numbers = Numbers(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        if damage == Damage::PreviousHash {
            return Ok((damage, chain(self.folder.path(), Some(1 + numbers.below(HOURS - 1)))?));
        }
        let mut chain = self.whole.clone();
        damage_it(&mut chain, damage, &mut numbers)?;
        Ok((damage, chain))
    }
}

fn exchange(of: &mut BTreeMap<String, Stored>, one: &str, two: &str) {
    if let (Some(first), Some(second)) = (of.get(one).cloned(), of.get(two).cloned()) {
        of.insert(one.to_owned(), second);
        of.insert(two.to_owned(), first);
    }
}

fn damage_it(chain: &mut Chain, damage: Damage, numbers: &mut Numbers) -> Result<()> {
    let log = numbers.key(&chain.logs, HOURS * 2);
    let digest = numbers.key(&chain.digests, HOURS);
    match damage {
        Damage::LogsExchanged => {
            let other = chain.logs.keys().find(|key| **key != log).cloned().unwrap_or_default();
            exchange(&mut chain.logs, &log, &other);
        }
        Damage::LogRemoved => drop(chain.logs.remove(&log)),
        Damage::LogAdded => {
            let bytes = gzip(b"{\"Records\":[]}")?;
            let key = log_key(numbers.below(HOURS - 1), 11 + numbers.below(20));
            chain.logs.insert(key, Stored { bytes, signature: None });
        }
        Damage::LogChanged | Damage::LogLonger | Damage::LogShorter | Damage::LogTrailer => {
            let stored = chain.logs.get_mut(&log).context("a log")?;
            match damage {
                Damage::LogChanged => {
                    stored.bytes = gzip(format!("{{\"Records\":[{}]}}", numbers.below(99)).as_bytes())?;
                }
                Damage::LogLonger => stored.bytes.extend_from_slice(b"more"),
                Damage::LogTrailer => stored.bytes.truncate(stored.bytes.len() - 1 - numbers.below(8)),
                // Never so little that the records are still whole.
                _ => stored.bytes.truncate(stored.bytes.len() - 20 - numbers.below(stored.bytes.len() - 20)),
            }
        }
        Damage::DigestRemoved => {
            let key = numbers.key(&chain.digests, HOURS - 1);
            chain.digests.remove(&key);
        }
        Damage::DigestsExchanged => {
            let other = chain.digests.keys().find(|key| **key != digest).cloned().unwrap_or_default();
            exchange(&mut chain.digests, &digest, &other);
        }
        Damage::DigestChanged | Damage::DigestShorter => {
            let stored = chain.digests.get_mut(&digest).context("a digest")?;
            let mut plain = String::new();
            std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(&*stored.bytes), &mut plain)?;
            let mut json: Value = serde_json::from_str(&plain)?;
            let files = json.get_mut("logFiles").and_then(Value::as_array_mut).context("its logs")?;
            if damage == Damage::DigestShorter {
                files.pop();
            } else if let Some(file) = files.first_mut() {
                *file.get_mut("hashValue").context("a hash")? = json!("0".repeat(64));
            }
            stored.bytes = gzip(json.to_string().as_bytes())?;
        }
        Damage::DigestBroken => chain.digests.get_mut(&digest).context("a digest")?.bytes = gzip(b"{")?,
        Damage::Signature => {
            let stored = chain.digests.get_mut(&digest).context("a digest")?;
            let signature = stored.signature.as_mut().context("its signature")?;
            let at = numbers.below(signature.len());
            let other = if signature.get(at..=at) == Some("0") { "1" } else { "0" };
            signature.replace_range(at..=at, other);
        }
        Damage::SignatureRemoved => {
            if let Some(mut newest) = chain.digests.last_entry() {
                newest.get_mut().signature = None;
            }
        }
        Damage::Key => "another".clone_into(&mut chain.key),
        Damage::None | Damage::PreviousHash => {}
    }
    Ok(())
}

/// A whole chain. `lie` makes the digest of that hour tell a wrong hash of the one before, and signs that.
fn chain(folder: &Path, lie: Option<usize>) -> Result<Chain> {
    let mut chain = Chain { logs: BTreeMap::new(), digests: BTreeMap::new(), key: "f1".to_owned() };
    let mut previous: Option<(String, String, String)> = None;
    for hour in 0..HOURS {
        let mut files = Vec::new();
        for minute in [10, 40] {
            let plain = format!("{{\"Records\":[{{\"eventID\":\"{hour}-{minute}\"}}]}}");
            let time = format!("2026-01-01T{hour:02}:{minute:02}:00Z");
            files.push(json!({"s3Bucket": BUCKET, "s3Object": log_key(hour, minute), "hashAlgorithm": "SHA-256",
                "hashValue": hex(&Sha256::digest(plain.as_bytes())), "newestEventTime": time, "oldestEventTime": time}));
            chain
                .logs
                .insert(log_key(hour, minute), Stored { bytes: gzip(plain.as_bytes())?, signature: None });
        }
        let (start, end) =
            (format!("2026-01-01T{hour:02}:00:00Z"), format!("2026-01-01T{:02}:00:00Z", hour + 1));
        let name = format!(
            "{ROOT}/CloudTrail-Digest/eu-west-1/2026/01/01/111122223333_CloudTrail-Digest_eu-west-1_t_eu-west-1_20260101T{:02}0000Z.json.gz",
            hour + 1
        );
        let (before, hash, signed) =
            previous.take().map_or((None, None, None), |(a, b, c)| (Some(a), Some(b), Some(c)));
        let hash = if lie == Some(hour) { Some("0".repeat(64)) } else { hash };
        let plain = json!({"awsAccountId": "111122223333", "digestStartTime": start, "digestEndTime": end,
            "digestS3Bucket": BUCKET, "digestS3Object": name, "digestPublicKeyFingerprint": "f1",
            "digestSignatureAlgorithm": "SHA256withRSA", "newestEventTime": end, "oldestEventTime": start,
            "previousDigestS3Bucket": before.as_ref().map(|_| BUCKET), "previousDigestS3Object": before,
            "previousDigestHashValue": hash, "previousDigestHashAlgorithm": "SHA-256",
            "previousDigestSignature": signed, "logFiles": files})
        .to_string();
        let hash = hex(&Sha256::digest(plain.as_bytes()));
        let text = format!("{end}\n{BUCKET}/{name}\n{hash}\n{}", signed.as_deref().unwrap_or("null"));
        let signature = hex(&openssl(folder, &["dgst", "-sha256", "-sign", "key.pem"], text.as_bytes())?);
        let stored = Stored { bytes: gzip(plain.as_bytes())?, signature: Some(signature.clone()) };
        chain.digests.insert(name.clone(), stored);
        previous = Some((name, hash, signature));
    }
    Ok(chain)
}

impl Maker {
    /// Writes a chain as `collect cloudtrail` keeps one. Gives every file with its path below `to`.
    pub fn write(&self, chain: &Chain, to: &Path) -> Result<Vec<(std::path::PathBuf, String)>> {
        let mut files = Vec::new();
        let mut put = |path: String, bytes: &[u8]| -> Result<()> {
            let full = to.join(&path);
            std::fs::create_dir_all(full.parent().context("a folder")?)?;
            std::fs::write(&full, bytes)?;
            files.push((full, path));
            Ok(())
        };
        for (key, stored) in chain.logs.iter().chain(&chain.digests) {
            let path = format!("aws/cloudtrail-logs/{BUCKET}/{key}");
            put(path.clone(), &stored.bytes)?;
            let mut metadata = json!({});
            if let Some(signature) = &stored.signature {
                metadata = json!({"signature": signature, "signature-algorithm": "SHA256withRSA"});
            }
            let beside = json!({"bucket": BUCKET, "key": key, "metadata": metadata});
            put(format!("{path}.metadata.json"), beside.to_string().as_bytes())?;
        }
        let key = openssl(
            self.folder.path(),
            &["rsa", "-in", "key.pem", "-RSAPublicKey_out", "-outform", "DER"],
            b"",
        )?;
        let keys =
            json!({"PublicKeyList": [{"Fingerprint": chain.key, "Value": BASE64_STANDARD.encode(key)}]});
        put(
            "aws/111122223333/eu-west-1/cloudtrail-public-keys/keys-000.json".to_owned(),
            keys.to_string().as_bytes(),
        )?;
        Ok(files)
    }
}
