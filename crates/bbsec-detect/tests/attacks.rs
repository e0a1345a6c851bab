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

/// Every alert on the real hour: who raised it, the rule, how many at most, and why it is right that it does. The hour
/// holds an attack tool's run over many techniques; the rest is Terraform, which builds and clears the stage, and a
/// console session.
const EXPLAINED: [(&str, &str, u64, &str); 33] = [
    ("attack", "bbsec-ct-access-key-created", 2, "keys for two users"),
    ("attack", "bbsec-ct-bucket-opened", 1, "a back door in a bucket's policy"),
    ("attack", "bbsec-ct-console-login-no-mfa", 1, "the planted user logs in"),
    ("attack", "bbsec-ct-database-snapshot-shared", 1, "shared; its withdrawal raises nothing"),
    ("attack", "bbsec-ct-flow-logs-deleted", 1, "the technique"),
    ("attack", "bbsec-ct-function-changed", 3, "code twice, permission once"),
    ("attack", "bbsec-ct-group-opened", 1, "the technique"),
    ("attack", "bbsec-ct-instances-unusual", 2, "p2.xlarge, refused twice"),
    ("attack", "bbsec-ct-organization-left", 1, "the technique"),
    ("attack", "bbsec-ct-parameter-read", 5, "the technique, ten at a time"),
    ("attack", "bbsec-ct-password-data-read", 29, "the technique, in a loop"),
    ("attack", "bbsec-ct-policy-widened", 3, "an administrator, and two roles that others may assume"),
    ("attack", "bbsec-ct-remote-command", 2, "the technique"),
    ("attack", "bbsec-ct-secret-read", 20, "the technique, one by one"),
    ("attack", "bbsec-ct-secrets-listed", 1, "before they are read"),
    ("attack", "bbsec-ct-snapshot-shared", 2, "a disk and an image; their withdrawal raises nothing"),
    ("attack", "bbsec-ct-trail-bucket-lifecycle", 1, "the technique"),
    ("attack", "bbsec-ct-trail-weakened", 6, "stop, delete, narrow"),
    ("attack", "bbsec-ct-trust-anchor", 2, "anchor and profile"),
    ("attack", "bbsec-ct-user-created", 2, "a user, a password"),
    ("attack", "bbsec-ct-user-data-attribute", 15, "the technique, refused"),
    ("ordinary", "bbsec-ct-account-dumped", 1, "a script lists the whole account"),
    ("set-up", "bbsec-ct-bucket-opened", 2, "policies of new buckets"),
    ("set-up", "bbsec-ct-group-opened", 2, "rules of new groups"),
    ("set-up", "bbsec-ct-log-group-deleted", 1, "taken down"),
    ("set-up", "bbsec-ct-parameter-read", 82, "reads the parameters that it manages"),
    ("set-up", "bbsec-ct-policy-widened", 11, "policies of new roles"),
    ("set-up", "bbsec-ct-recovery-removed", 4, "snapshots and an image, taken down"),
    ("set-up", "bbsec-ct-role-created", 13, "new roles"),
    ("set-up", "bbsec-ct-secret-read", 40, "reads the secrets that it manages"),
    ("set-up", "bbsec-ct-trail-weakened", 2, "trails, taken down"),
    ("set-up", "bbsec-ct-user-created", 4, "new users, a password"),
    ("set-up", "bbsec-ct-user-data-attribute", 4, "reads the user data of instances that it made"),
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
        mut object => object.get_mut("Records").and_then(Value::as_array_mut).map(std::mem::take).unwrap(),
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
    let unexplained: Vec<_> = alerts
        .iter()
        .filter(|((who, rule), count)| {
            let why = EXPLAINED.iter().find(|(kind, known, ..)| kind == who && known == rule);
            why.is_none_or(|(_, _, bound, _)| *count > bound)
        })
        .collect();
    assert!(unexplained.is_empty(), "{unexplained:#?}");
    let attack: u64 = alerts.iter().filter(|((who, _), _)| *who == "attack").map(|(_, count)| count).sum();
    let total: u64 = alerts.values().sum();
    // What a responder reads is one finding per rule and principal.
    assert!(total <= 270 && attack >= 101 && findings.len() <= 27, "{attack} of {total}, {}", findings.len());
}

/// The attack tool and the tool that builds its stage name themselves in the user agent.
fn who(record: &Value) -> &'static str {
    let agent = record["userAgent"].as_str().unwrap_or_default();
    match agent {
        // Terraform appends the attack tool's name when that runs it.
        _ if agent.contains("Terraform") => "set-up",
        _ if agent.contains("stratus-red-team") => "attack",
        _ => "ordinary",
    }
}
