//! The join and its order, on a case that could have happened and on the corners of it.

use bbsec_core::{Actor, ExposedSecret};
use serde_json::json;

use super::*;
use crate::{Dismissal, example};

fn list(data: &CaseData) -> Vec<String> {
    crate::rotation(data)
        .iter()
        .map(|item| {
            let admin = if item.administrator.is_some() { " (administrator)" } else { "" };
            format!("{} {}: {}{admin}", item.rank, item.class.name(), item.name)
        })
        .collect()
}

/// A case with only these credentials, and what a suspect touched.
fn case(secrets: Vec<ExposedSecret>, verbs: &[(&str, u64)]) -> CaseData {
    let touch =
        example::touch("svc-ci", "PAY/ledger", verbs, 10, ("2026-11-18T03:14:05Z", "2026-11-18T03:15:00Z"));
    CaseData { secrets, touches: vec![touch], fingerprinter: example::key(), ..CaseData::default() }
}

fn key(value: &str, id: &str) -> ExposedSecret {
    let mut secret = example::secret(&example::key(), value, "aws", "aws-access-key");
    secret.public_id = Some(id.into());
    example::in_repo(secret, "PAY/ledger", "a.env", true)
}

fn class_of(data: &CaseData, name: &str) -> Class {
    crate::rotation(data)
        .into_iter()
        .find(|item| item.name == name)
        .unwrap_or_else(|| panic!("no {name}"))
        .class
}

#[test]
fn the_list_is_ranked_by_what_the_actor_did() {
    insta::assert_snapshot!(list(&example::incident()).join("\n"), @"
    1 used: AKIAIOSFODNN7EXAMPLE
    2 used: Access token 412 of svc-ci
    3 exposed_live: postgres@db-1.corp.example/postgres (administrator)
    4 exposed_live: ledger@db-1.corp.example/ledger
    5 exposed_live: SHA256:uNiVztksCsDhcc0u9e8BrSRf0yv6h7jOcTjR3mSJx7s
    6 exposed: unnamed, bot/config.json in WEB/shop
    7 on_host: bitbucket@db-1.corp.example/bitbucket
    8 untouched: unnamed, ci.yml in HR/site
    ");
}

#[test]
fn the_order_does_not_depend_on_the_order_of_the_rows() {
    let mut data = example::incident();
    let before = list(&data);
    data.secrets.reverse();
    data.touches.reverse();
    data.findings.reverse();
    assert_eq!(list(&data), before);
}

#[test]
fn rows_with_the_same_bytes_or_the_same_public_id_are_one_credential() {
    let mut generic = key("value-one", "AKIAAAAAAAAAAAAAAAAA");
    generic.public_id = None;
    generic.provider = "generic".into();
    let other = key("value-two", "AKIAAAAAAAAAAAAAAAAA");
    let data = case(vec![generic, key("value-one", "AKIAAAAAAAAAAAAAAAAA"), other], &[("clone", 1)]);
    let items = crate::rotation(&data);
    let keys: Vec<_> = items.iter().filter(|item| item.provider == "aws").collect();
    assert_eq!(keys.len(), 1);
    assert_eq!(keys[0].fingerprints.len(), 2);
    assert_eq!(keys[0].kind, "AWS access key");
    assert_eq!(keys[0].occurrences, 3);
}

#[test]
fn the_same_number_of_two_services_is_two_credentials() {
    let mut one = key("value-one", "7");
    one.provider = "stripe".into();
    let data = case(vec![one, key("value-two", "7")], &[("clone", 1)]);
    assert_eq!(crate::rotation(&data).iter().filter(|item| !item.found_at.is_empty()).count(), 2);
}

#[test]
fn a_token_id_of_the_log_is_not_taken_for_another_services() {
    // Token 412 was used by the actor in the product; a key of another service with the same number was not.
    let data = case(vec![key("value", "412")], &[("refs", 1)]);
    assert_eq!(class_of(&data, "412"), Class::Untouched);
    let mut own = key("value", "412");
    own.provider = "bitbucket".into();
    let data = case(vec![own], &[("refs", 1)]);
    assert_eq!(class_of(&data, "412"), Class::Used);
    assert_eq!(crate::rotation(&data).len(), 1, "the token in the repository and in the log are one");
}

#[test]
fn listing_refs_exposes_nothing_and_reading_one_file_does() {
    for (verbs, class) in [
        (&[("refs", 3), ("push", 1)][..], Class::Untouched),
        (&[("raw", 1)][..], Class::ExposedLive),
        (&[("clone", 1)][..], Class::ExposedLive),
        (&[("clone", 0)][..], Class::Untouched),
    ] {
        assert_eq!(class_of(&case(vec![key("v", "AKIA1")], verbs), "AKIA1"), class, "{verbs:?}");
    }
}

#[test]
fn what_no_ref_reaches_and_what_is_dated_later_stays_exposed_and_says_so() {
    let mut hidden = key("v", "AKIA1");
    hidden.at_head = false;
    hidden.reachable.clear();
    let items = crate::rotation(&case(vec![hidden], &[("clone", 1)]));
    let item = items.iter().find(|item| item.name == "AKIA1").unwrap();
    assert_eq!(item.class, Class::ExposedLive);
    assert!(item.why.iter().any(|why| why.starts_with("No ref reaches it now")), "{:?}", item.why);

    let mut later = key("v", "AKIA1");
    later.committed_at = Some(example::t("2026-11-19"));
    let items = crate::rotation(&case(vec![later], &[("clone", 1)]));
    assert!(items.iter().any(|i| i.why.iter().any(|why| why.contains("a commit's date can be set freely"))));
}

#[test]
fn a_use_counts_as_the_actors_only_when_something_ties_it_to_them() {
    let mut data = example::incident();
    data.findings.retain(|finding| finding.analysis == "cloudtrail");
    let change = |data: &mut CaseData, ip: &str, severity| {
        for finding in &mut data.findings {
            finding.severity = severity;
            finding.data.insert("source_ips".into(), json!([ip]));
        }
    };
    change(&mut data, "203.0.113.7", Severity::Info);
    assert_eq!(class_of(&data, "AKIAIOSFODNN7EXAMPLE"), Class::Used);
    // From elsewhere, but only after the exposure.
    change(&mut data, "10.9.9.9", Severity::Info);
    assert_eq!(class_of(&data, "AKIAIOSFODNN7EXAMPLE"), Class::Used);
    // From where it was used before.
    let mut earlier = data.findings[0].clone();
    earlier.data.insert("first".into(), json!("2026-10-01T00:00:00Z"));
    earlier.data.insert("last".into(), json!("2026-11-17T00:00:00Z"));
    data.findings.push(earlier);
    assert_eq!(class_of(&data, "AKIAIOSFODNN7EXAMPLE"), Class::ExposedLive);
    // From a third place.
    data.findings[1].data.insert("source_ips".into(), json!(["10.9.9.9", "198.51.100.4"]));
    assert_eq!(class_of(&data, "AKIAIOSFODNN7EXAMPLE"), Class::Used);
    // By the provider itself.
    data.findings[1].data.insert("source_ips".into(), json!(["ec2.amazonaws.com"]));
    assert_eq!(class_of(&data, "AKIAIOSFODNN7EXAMPLE"), Class::ExposedLive);
    change(&mut data, "10.9.9.9", Severity::High);
    assert_eq!(class_of(&data, "AKIAIOSFODNN7EXAMPLE"), Class::Used);
    // Our own look at the key is no use.
    data.scope.own.arns = vec!["arn:aws:iam::111122223333:user/ci/deploy".into()];
    data.scope.own.addresses = vec!["10.9.9.9".into()];
    assert_eq!(class_of(&data, "AKIAIOSFODNN7EXAMPLE"), Class::ExposedLive);
}

#[test]
fn a_key_that_is_switched_off_is_probably_not_live() {
    let mut data = case(vec![key("v", "AKIA1")], &[("clone", 1)]);
    let mut off = example::incident().findings.remove(0);
    off.rule = "credential-inactive".into();
    off.title = "AKIA1 has been inactive since 2025-01-01".into();
    off.data = serde_json::Map::from_iter([("credential".into(), json!("AKIA1"))]);
    data.findings.push(off);
    assert_eq!(class_of(&data, "AKIA1"), Class::Exposed);
}

#[test]
fn what_the_host_held_ranks_before_what_nobody_touched() {
    let mut host = key("on the host", "app@db/main");
    host.project = None;
    host.slug = None;
    let mut data = case(vec![host, key("far", "AKIA2")], &[("refs", 1)]);
    data.host_fingerprints.insert(data.secrets[0].fingerprint.0.clone());
    assert_eq!(class_of(&data, "app@db/main"), Class::OnHost);
    let order: Vec<String> = crate::rotation(&data).into_iter().map(|item| item.name).collect();
    let at = |name: &str| order.iter().position(|known| known == name).unwrap();
    assert!(at("app@db/main") < at("AKIA2"));
}

#[test]
fn administrators_come_first_within_their_class() {
    let mut data = case(vec![key("a", "AKIA1"), key("b", "AKIA2")], &[("clone", 1)]);
    data.administrators.insert("AKIA2".into());
    let order: Vec<String> = crate::rotation(&data).into_iter().skip(1).map(|item| item.name).collect();
    assert_eq!(order, ["AKIA2", "AKIA1"]);
}

#[test]
fn an_account_without_token_or_key_is_itself_the_credential() {
    let mut data = case(Vec::new(), &[("browse", 1)]);
    data.touches[0].actor =
        Actor { user: Some("jane".into()), ips: vec!["203.0.113.7".into()], ..Actor::default() };
    let items = crate::rotation(&data);
    assert_eq!(items[0].name, "Password and sessions of jane");
    assert_eq!(items[0].kind, "Account of the product");
}

#[test]
fn progress_is_found_under_any_name_that_the_credential_ever_had() {
    // Ticked off while only its bytes were known; its public id was learnt later.
    let data = case(vec![key("v", "AKIA1")], &[("clone", 1)]);
    let old_id = rotation_id(&data.secrets[0].fingerprint.0);
    for id in [old_id, rotation_id("AKIA1")] {
        let mut data = data.clone();
        let state = RotationState {
            state: "done".into(),
            by: "Ida".into(),
            at: example::t("2026-11-19"),
            note: None,
        };
        data.rotation_state.insert(id, state);
        assert!(crate::rotation(&data).iter().any(|item| item.name == "AKIA1" && item.is_done()));
    }
}

#[test]
fn what_a_person_set_aside_is_last_and_keeps_the_reason() {
    let mut data = case(vec![key("v", "AKIA1"), key("w", "AKIA2")], &[("clone", 1)]);
    let why = Dismissal { why: "a test key".into(), by: "Ida".into(), at: example::t("2026-11-19") };
    data.dismissed.insert(data.secrets[0].fingerprint.0.clone(), why);
    let items = crate::rotation(&data);
    let last = items.last().unwrap();
    assert_eq!(last.name, "AKIA1");
    assert_eq!(last.state.as_ref().unwrap().note.as_deref(), Some("a test key"));
}
