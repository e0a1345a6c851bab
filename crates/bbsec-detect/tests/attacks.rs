#![allow(clippy::print_stderr, clippy::unwrap_used, reason = "a test says what it could not run")]
//! The rules on attacks and on a real hour that others recorded, where they are at hand.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use bbsec_detect::{Source, builtin};
use serde_json::Value;

/// Each labelled attack, and the rule that has to find it. A rule that happens to match another event of the same
/// file does not count.
const ATTACKS: [(&str, &str); 18] = [
    ("aws.credential-access.secretsmanager-retrieve-secrets", "bbsec-ct-secret-read"),
    ("aws.credential-access.ssm-retrieve-securestring-parameters", "bbsec-ct-parameter-read"),
    ("aws.defense-evasion.cloudtrail-event-selectors", "bbsec-ct-trail-weakened"),
    ("aws.defense-evasion.organizations-leave", "bbsec-ct-organization-left"),
    ("aws.defense-evasion.vpc-remove-flow-logs", "bbsec-ct-flow-logs-deleted"),
    ("aws.discovery.ec2-download-user-data", "bbsec-ct-user-data-attribute"),
    ("aws.execution.ec2-user-data", "bbsec-ct-user-data-attribute"),
    ("aws.execution.ssm-send-command", "bbsec-ct-remote-command"),
    ("aws.exfiltration.ec2-share-ebs-snapshot", "bbsec-ct-snapshot-shared"),
    ("aws.lateral-movement.ec2-instance-connect", "bbsec-ct-instance-connect"),
    ("aws.lateral-movement.ec2-serial-console-send-ssh-public-key", "bbsec-ct-instance-connect"),
    ("aws.persistence.iam-backdoor-role", "bbsec-ct-policy-widened"),
    ("aws.persistence.iam-create-admin-user", "bbsec-ct-user-created"),
    ("aws.persistence.iam-create-backdoor-role", "bbsec-ct-role-created"),
    ("aws.persistence.iam-create-user-login-profile", "bbsec-ct-user-created"),
    ("aws.persistence.lambda-backdoor-function", "bbsec-ct-function-changed"),
    ("aws.persistence.lambda-layer-extension", "bbsec-ct-function-changed"),
    ("aws.persistence.sts-federation-token", "bbsec-ct-federation-token"),
];

fn corpus(name: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/cloudtrail").join(name);
    if path.is_dir() {
        return Some(path);
    }
    eprintln!("not run: {} is not here", path.display());
    None
}

fn records(file: &Path) -> Vec<Value> {
    match serde_json::from_slice(&fs::read(file).unwrap()).unwrap() {
        Value::Array(records) => records,
        mut object => object["Records"].as_array_mut().map(std::mem::take).unwrap(),
    }
}

#[test]
fn every_labelled_attack_is_found_by_the_rule_for_its_technique() {
    let Some(folder) = corpus("stratus") else { return };
    let mut missed = Vec::new();
    for (attack, wanted) in ATTACKS {
        let found: BTreeSet<&str> = records(&folder.join(format!("{attack}.json")))
            .iter()
            .flat_map(|record| builtin().matching(Source::Cloudtrail, record))
            .map(|rule| rule.id.as_str())
            .collect();
        if !found.contains(wanted) {
            missed.push(format!("{attack}: {wanted} is not among {found:?}"));
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
    assert_eq!(fs::read_dir(&folder).unwrap().count(), ATTACKS.len(), "an attack without a wanted rule");
}

#[test]
fn a_real_hour_raises_no_more_alerts_than_are_explained() {
    let Some(folder) = corpus("invictus") else { return };
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|ending| ending == "json"));
    let all: Vec<Value> = files.iter().flat_map(|file| records(file)).collect();
    assert_eq!(all.len(), 2900);
    let mut alerts: BTreeMap<(&str, &str), u64> = BTreeMap::new();
    let mut findings = BTreeSet::new();
    for record in &all {
        for rule in builtin().matching(Source::Cloudtrail, record) {
            *alerts.entry((who(record), rule.id.as_str())).or_default() += 1;
            findings.insert((rule.id.as_str(), record["userIdentity"]["arn"].to_string()));
        }
    }
    let of = |kind: &str| -> u64 { alerts.iter().filter(|((who, _), _)| *who == kind).map(|(_, n)| n).sum() };
    let counts = (of("attack"), of("set-up"), of("ordinary"), findings.len());
    eprintln!("{counts:?} {alerts:#?}");
    assert!(counts.0 > 0);
}

/// The attack tool and the tool that builds its stage name themselves in the user agent.
fn who(record: &Value) -> &'static str {
    let agent = record["userAgent"].as_str().unwrap_or_default();
    match agent {
        _ if agent.contains("stratus-red-team") => "attack",
        _ if agent.contains("Terraform") => "set-up",
        _ => "ordinary",
    }
}
