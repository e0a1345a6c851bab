//! Chains signed by OpenSSL, intact and damaged in every way that the verdict tells apart.

use std::{
    collections::BTreeMap,
    io::Write as _,
    path::Path,
    process::{Command, Stdio},
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use bbsec_core::Silent;
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::*;

const BUCKET: &str = "trail";
const ROOT: &str = "AWSLogs/111122223333";

struct Chain {
    digests: Vec<StoredDigest>,
    logs: BTreeMap<Object, Vec<u8>>,
    keys: PublicKeys,
}

fn openssl(folder: &Path, args: &[&str], input: &[u8]) -> Option<Vec<u8>> {
    let mut child = Command::new("openssl")
        .args(args)
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    child.stdin.take()?.write_all(input).ok()?;
    let out = child.wait_with_output().ok()?;
    out.status.success().then_some(out.stdout)
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn log_key(hour: usize, minute: usize) -> String {
    format!(
        "{ROOT}/CloudTrail/eu-west-1/2026/01/01/111122223333_CloudTrail_eu-west-1_20260101T{hour:02}{minute:02}Z_{minute:016}.json.gz"
    )
}

/// Five digests of two logs each. `lie` makes the third digest tell a wrong hash of the second, and signs that.
fn chain(lie: bool, spki: bool) -> Option<Chain> {
    let folder = std::env::temp_dir().join(format!("bbsec-digest-{}-{lie}-{spki}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let made = openssl(&folder, &["genrsa", "-out", "key.pem", "2048"], b"");
    let form = if spki { "-pubout" } else { "-RSAPublicKey_out" };
    let key = made.and_then(|_| openssl(&folder, &["rsa", "-in", "key.pem", form, "-outform", "DER"], b""));
    let Some(key) = key else {
        eprintln!("not run: openssl is not here");
        return None;
    };
    let mut keys = PublicKeys::default();
    assert!(keys.add("f1", &BASE64_STANDARD.encode(key)));
    let (mut digests, mut logs) = (Vec::<StoredDigest>::new(), BTreeMap::new());
    let mut previous: Option<(String, String, String)> = None;
    for hour in 0..5 {
        let mut files = Vec::new();
        for minute in [10, 40] {
            let plain = format!("{{\"Records\":[{{\"eventID\":\"{hour}-{minute}\"}}]}}");
            files.push(
                json!({"s3Bucket": BUCKET, "s3Object": log_key(hour, minute), "hashAlgorithm": "SHA-256",
                "hashValue": hex(&Sha256::digest(plain.as_bytes()))}),
            );
            logs.insert(Object::new(BUCKET, &log_key(hour, minute)), gzip(plain.as_bytes()));
        }
        let end = format!("2026-01-01T{:02}:00:00Z", hour + 1);
        let name = format!(
            "{ROOT}/CloudTrail-Digest/eu-west-1/2026/01/01/111122223333_CloudTrail-Digest_eu-west-1_t_eu-west-1_20260101T{:02}0000Z.json.gz",
            hour + 1
        );
        let (before, hash, signed) =
            previous.clone().map_or((None, None, None), |(a, b, c)| (Some(a), Some(b), Some(c)));
        let hash = if lie && hour == 2 { Some("0".repeat(64)) } else { hash };
        let plain = json!({"digestEndTime": end, "digestS3Bucket": BUCKET, "digestS3Object": name,
            "digestPublicKeyFingerprint": "f1", "previousDigestS3Bucket": before.as_ref().map(|_| BUCKET),
            "previousDigestS3Object": before, "previousDigestHashValue": hash,
            "previousDigestSignature": signed, "logFiles": files})
        .to_string();
        let hash = hex(&Sha256::digest(plain.as_bytes()));
        let text = format!("{end}\n{BUCKET}/{name}\n{hash}\n{}", signed.as_deref().unwrap_or("null"));
        let signature = hex(&openssl(&folder, &["dgst", "-sha256", "-sign", "key.pem"], text.as_bytes())?);
        digests.push(StoredDigest {
            at: Object::new(BUCKET, &name),
            bytes: gzip(plain.as_bytes()),
            signature: Some(signature.clone()),
        });
        previous = Some((name, hash, signature));
    }
    std::fs::remove_dir_all(&folder).unwrap();
    Some(Chain { digests, logs, keys })
}

impl Chain {
    fn verdict(&self) -> Report {
        let logs: Vec<Object> = self.logs.keys().cloned().collect();
        let trail = Trail { digests: &self.digests, logs: &logs, keys: &self.keys };
        verify(&trail, &mut |at| Ok(self.logs.get(at).cloned()), &Silent)
    }

    fn whats(&self) -> Vec<What> {
        self.verdict().problems.into_iter().map(|problem| problem.what).collect()
    }
}

#[test]
fn an_intact_chain_holds_with_either_form_of_key_and_only_the_newest_signature() {
    for spki in [false, true] {
        let Some(mut chain) = chain(false, spki) else { return };
        for digest in chain.digests.iter_mut().take(4) {
            digest.signature = None;
        }
        let report = chain.verdict();
        assert_eq!((report.digests_valid, report.logs_valid), (5, 10), "{:?}", report.problems);
        assert!(report.holds());
        chain.digests[4].signature = None;
        assert_eq!(chain.whats(), [What::NoSignature]);
    }
}

#[test]
fn a_log_that_no_digest_lists_is_named_and_a_younger_one_is_not() {
    let Some(mut chain) = chain(false, false) else { return };
    chain.logs.insert(Object::new(BUCKET, &log_key(2, 20)), gzip(b"{}"));
    chain.logs.insert(Object::new(BUCKET, &log_key(6, 5)), gzip(b"{}"));
    assert_eq!(chain.whats(), [What::Unlisted]);
    assert_eq!(chain.verdict().not_yet_listed, 1);
}

#[test]
fn a_digest_that_is_not_the_one_the_next_was_made_after_is_named() {
    let Some(chain) = chain(true, false) else { return };
    assert_eq!(chain.whats(), [What::PreviousHash { told_by: chain.digests[2].at.clone() }]);
}

#[test]
fn every_change_to_a_chain_is_noticed() {
    let Some(whole) = chain(false, false) else { return };
    for round in 0..60_usize {
        let mut chain =
            Chain { digests: whole.digests.clone(), logs: whole.logs.clone(), keys: whole.keys.clone() };
        let index = (round / 6) % 5;
        let log = chain.logs.keys().nth(index * 2).unwrap().clone();
        match round % 6 {
            0 => {
                let bytes = gzip(format!("{{\"Records\":[{round}]}}").as_bytes());
                chain.logs.insert(log, bytes);
            }
            1 => drop(chain.logs.remove(&log)),
            2 => chain.logs.get_mut(&log).unwrap().extend_from_slice(b"more"),
            3 => {
                let text = String::from_utf8(gunzip(&chain.digests[index].bytes).unwrap()).unwrap();
                chain.digests[index].bytes = gzip(text.replace("SHA-256", "SHA-255").as_bytes());
            }
            4 => chain.digests[index].at.key.push('x'),
            _ => {
                let signature = chain.digests[index].signature.as_mut().unwrap();
                let first = if signature.starts_with('0') { "1" } else { "0" };
                signature.replace_range(..1, first);
            }
        }
        let found = chain.whats();
        assert!(!found.is_empty(), "round {round}");
        match round % 6 {
            0 => assert_eq!(found, [What::LogChanged]),
            1 => assert_eq!(found, [What::LogMissing]),
            2 => assert_eq!(found, [What::Trailing(4)]),
            3 | 5 => assert!(found.contains(&What::BadSignature), "{found:?}"),
            _ => assert!(found.iter().any(|what| matches!(what, What::Moved(_))), "{found:?}"),
        }
    }
}

#[test]
fn a_digest_that_is_gone_is_named() {
    let Some(mut chain) = chain(false, false) else { return };
    chain.digests.remove(1);
    let found = chain.whats();
    assert!(found.iter().any(|what| matches!(what, What::DigestMissing { .. })), "{found:?}");
    // Its logs are then listed nowhere.
    assert_eq!(found.iter().filter(|what| **what == What::Unlisted).count(), 2);
}

#[test]
fn a_key_that_is_not_given_is_named() {
    let Some(mut chain) = chain(false, false) else { return };
    chain.keys = PublicKeys::default();
    assert!(chain.whats().iter().all(|what| *what == What::NoKey("f1".into())));
}
