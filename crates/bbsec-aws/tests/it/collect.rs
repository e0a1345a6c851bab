use std::time::Instant;

use bbsec_aws::{
    CloudtrailInput, CollectCloudtrail, CollectCredentialsUse, CollectVolumes, CredentialsUseInput, Isolate,
    IsolateInput, Vault, VaultInput, VolumesInput,
};
use bbsec_core::{Action, CaseStore, Provenance};
use serde_json::json;

use crate::support::{Lab, World};

#[test]
fn snapshots_are_requested_once_waited_for_checked_and_locked() {
    let Some(lab) = Lab::start(&[]) else { return };
    lab.boto("post('set', {'snapshot_pending_secs': 4, 'page_size': 1})");
    let aws = lab.aws();
    let collect = CollectVolumes(aws.clone());
    let mut world = World::new();
    let request = VolumesInput { instance: vec![lab.id("/node1")], ..VolumesInput::default() };
    let first = collect.apply(&request, &mut world.context()).unwrap();
    assert!(!first.sets[0].complete, "they are pending");
    assert_eq!(first.sets[0].snapshots.len(), 2);

    let isolate = IsolateInput { instance: vec![lab.id("/node1")], ..IsolateInput::default() };
    let isolation = Isolate(aws).apply(&isolate, &mut world.context()).unwrap();
    assert_eq!(isolation.snapshots.len(), 2, "the set that was requested before is used");

    let wait = VolumesInput { wait: true, lock_days: Some(7), ..request };
    let done = collect.apply(&wait, &mut world.context()).unwrap();
    assert!(done.sets[0].complete && done.sets[0].missing.is_empty());
    assert!(done.sets[0].snapshots.iter().all(|s| s.lock.as_deref() == Some("governance")));
    assert!(collect.verify(&wait, &done, &mut world.context()).unwrap().holds);
    let made = "out = [(s['VolumeId'], s['State']) for s in client('ec2').describe_snapshots(Filters=[{'Name':'tag:bbsec-ir:case','Values':['case-1']}])['Snapshots']]";
    lab.boto("post('set', {'page_size': 0})");
    let seen = lab.boto(made);
    let mut volumes: Vec<&str> = seen.as_array().unwrap().iter().map(|s| s[0].as_str().unwrap()).collect();
    volumes.sort_unstable();
    let mut wanted = [lab.id("/nodes/node1/volumes/0"), lab.id("/nodes/node1/volumes/1")];
    wanted.sort();
    assert_eq!(volumes, wanted);
    assert!(world.case.text("snapshot-lineage.json").contains(&wanted[0]));
}

#[test]
fn a_lost_answer_to_create_snapshots_makes_no_second_set() {
    let Some(lab) = Lab::start(&[]) else { return };
    let collect = CollectVolumes(lab.aws());
    for kind in ["after-commit", "lost", "throttle"] {
        lab.boto(&format!(
            "post('faults', [{{'match': 'ec2[.]CreateSnapshots', 'kind': '{kind}', 'times': 1}}])"
        ));
        let mut world = World::new();
        let input = VolumesInput { instance: vec![lab.id("/node1")], again: true, ..VolumesInput::default() };
        let output = collect.apply(&input, &mut world.context()).unwrap();
        let sets: std::collections::BTreeSet<_> = output.sets[0].snapshots.iter().map(|s| &s.set).collect();
        assert_eq!((output.sets[0].snapshots.len(), sets.len()), (2, 1), "{kind}");
    }
    let count = lab.boto(
        "out = len(client('ec2').describe_snapshots(Filters=[{'Name':'tag:bbsec-ir:case','Values':['case-1']}])['Snapshots'])",
    );
    assert_eq!(count, json!(6), "three requests of two volumes");
}

#[test]
fn snapshots_are_copied_under_a_key_and_shared_once() {
    let Some(lab) = Lab::start(&[]) else { return };
    lab.boto("post('set', {'snapshot_pending_secs': 1})");
    let collect = CollectVolumes(lab.aws());
    let mut world = World::new();
    let input = VolumesInput {
        instance: vec![lab.id("/node1")],
        wait: true,
        copy_kms_key: Some("alias/forensics".into()),
        share_with: Some(lab.id("/evidence_account")),
        ..VolumesInput::default()
    };
    lab.boto("post('faults', [{'match': 'ec2[.]CopySnapshot', 'kind': 'after-commit', 'times': 1}])");
    for _ in 0..2 {
        let output = collect.apply(&input, &mut world.context()).unwrap();
        assert!(world.gaps.is_empty(), "{:?}", world.gaps);
        assert!(output.sets[0].snapshots.iter().all(|s| s.copy.is_some() && s.shared_with.is_some()));
    }
    let seen = lab.boto(
        "ec2 = client('ec2')\n\
         all = ec2.describe_snapshots(Filters=[{'Name':'tag-key','Values':['bbsec-ir:copy-of']}])['Snapshots']\n\
         out = [[s['Encrypted'], ec2.describe_snapshot_attribute(SnapshotId=s['SnapshotId'], Attribute='createVolumePermission')['CreateVolumePermissions']] for s in all]",
    );
    let wanted = json!([true, [{ "UserId": lab.id("/evidence_account") }]]);
    assert_eq!(seen, json!([wanted, wanted]));
}

/// `count` events, one a second from 2026-03-01 on, in the lab's region.
fn events(lab: &Lab, count: u32) {
    lab.boto(&format!(
        "import datetime\nt = datetime.datetime(2026, 11, 1)\n\
         post('events', [dict(eventID='e%05d' % i, eventName='GetObject', eventSource='s3.amazonaws.com', awsRegion='eu-central-1', \
         eventTime=(t + datetime.timedelta(seconds=i)).strftime('%Y-%m-%dT%H:%M:%SZ'), userIdentity=dict(userName='u')) for i in range({count})])"
    ));
}

fn ids(world: &World) -> std::collections::BTreeSet<String> {
    let mut all = std::collections::BTreeSet::new();
    for item in world.case.evidence().unwrap().iter().filter(|i| i.path.contains("/page-")) {
        let body: serde_json::Value =
            serde_json::from_slice(&std::fs::read(world.case.evidence_path(item)).unwrap()).unwrap();
        all.extend(
            body["Events"].as_array().unwrap().iter().map(|e| e["EventId"].as_str().unwrap().to_owned()),
        );
    }
    all
}

fn window() -> CloudtrailInput {
    CloudtrailInput {
        from: Some("2026-11-01T00:00:00Z".parse().unwrap()),
        to: Some("2026-11-02T00:00:00Z".parse().unwrap()),
        region: vec!["eu-central-1".into()],
        no_logs: true,
        ..CloudtrailInput::default()
    }
}

#[test]
fn no_event_is_lost_at_two_calls_a_second_with_throttling_and_dropped_connections() {
    let Some(lab) = Lab::start(&[]) else { return };
    events(&lab, 500);
    lab.boto(
        "post('faults', [{'match': 'cloudtrail[.]LookupEvents', 'kind': 'throttle', 'after': 3, 'times': 2}, \
         {'match': 'cloudtrail[.]LookupEvents', 'kind': 'lost', 'after': 4, 'times': 1}])",
    );
    let mut world = World::new();
    let begun = Instant::now();
    let output = CollectCloudtrail(lab.aws()).apply(&window(), &mut world.context()).unwrap();
    let took = begun.elapsed();
    assert_eq!(ids(&world).len(), 500);
    assert!(output.lookups[0].complete);
    assert_eq!(output.lookups[0].pages, 10);
    assert!(output.lookups[0].throttled >= 2);
    assert!(took.as_secs() < 20, "{took:?}");
    assert!(world.gaps.is_empty());
}

#[test]
#[ignore = "half a minute by AWS's own limit; run with --run-ignored"]
fn two_thousand_nine_hundred_events_take_at_most_a_tenth_more_than_the_limit_allows() {
    let Some(lab) = Lab::start(&[]) else { return };
    events(&lab, 2900);
    let mut world = World::new();
    let begun = Instant::now();
    let output = CollectCloudtrail(lab.aws()).apply(&window(), &mut world.context()).unwrap();
    let took = begun.elapsed().as_secs_f64();
    println!("2900 events, {} throttled, {took:.1} s", output.lookups[0].throttled);
    assert_eq!(ids(&world).len(), 2900);
    assert!(took < 29.0 * 1.1, "{took}");
}

#[test]
fn cloudtrail_goes_on_where_a_killed_run_stopped_and_says_what_is_missing() {
    let Some(lab) = Lab::start(&[]) else { return };
    events(&lab, 320);
    lab.boto("post('faults', [{'match': 'cloudtrail[.]LookupEvents', 'kind': 'error', 'code': 'AccessDeniedException', 'status': 400, 'after': 3, 'times': 1}])");
    let mut world = World::new();
    let collect = CollectCloudtrail(lab.aws());
    let short = collect.apply(&window(), &mut world.context()).unwrap();
    assert!(!short.lookups[0].complete);
    assert_eq!(short.lookups[0].missing.len(), 1);
    assert_eq!(short.lookups[0].missing[0].to, short.lookups[0].oldest.unwrap());
    assert_eq!(world.gaps.len(), 1);
    assert!(!collect.verify(&window(), &short, &mut world.context()).unwrap().holds);
    let asked = lab.calls().iter().filter(|c| *c == "cloudtrail.LookupEvents").count();
    let whole = collect.apply(&window(), &mut world.context()).unwrap();
    assert!(whole.lookups[0].complete);
    assert_eq!((ids(&world).len(), whole.lookups[0].events), (320, 320));
    let again = lab.calls().iter().filter(|c| *c == "cloudtrail.LookupEvents").count();
    let repeated = usize::try_from(whole.lookups[0].throttled).unwrap();
    assert_eq!(again - asked - repeated, 4, "three pages of seven are not asked for again");
}

#[test]
fn trail_logs_come_with_the_metadata_that_only_s3_holds() {
    let Some(lab) = Lab::start(&[]) else { return };
    lab.boto(
        "s3 = client('s3')\n\
         k = 'AWSLogs/123456789012/CloudTrail-Digest/eu-central-1/2026/11/01/d.json.gz'\n\
         s3.put_object(Bucket='trail-logs', Key=k, Body=b'digest', Metadata={'signature': 'abcd', 'signature-algorithm': 'SHA256withRSA'})\n\
         s3.put_object(Bucket='trail-logs', Key='AWSLogs/123456789012/CloudTrail/eu-central-1/2026/11/01/l.json.gz', Body=b'log')\n\
         s3.put_object(Bucket='trail-logs', Key='AWSLogs/123456789012/CloudTrail/eu-central-1/2026/10/01/old.json.gz', Body=b'old')\n\
         post('keys', [{'Value': 'AAAA', 'Fingerprint': 'f', 'ValidityStartTime': 1, 'ValidityEndTime': 2}])",
    );
    let mut world = World::new();
    let input = CloudtrailInput { no_lookup: true, no_logs: false, ..window() };
    let output = CollectCloudtrail(lab.aws()).apply(&input, &mut world.context()).unwrap();
    assert_eq!(output.logs.iter().map(|l| l.objects).sum::<u64>(), 2);
    assert_eq!(world.case.text("d.json.gz"), "digest");
    assert!(world.case.text("d.json.gz.metadata.json").contains("\"signature\": \"abcd\""));
    assert!(world.case.text("cloudtrail-public-keys").contains("Fingerprint"));
}

fn with_evidence(world: &mut World) {
    let root = world.case.root().join("evidence");
    std::fs::create_dir_all(&root).unwrap();
    std::fs::write(root.join("bagit.txt"), "BagIt-Version: 1.0\n").unwrap();
    std::fs::write(root.join("manifest-sha256.txt"), "x\n").unwrap();
    for (path, size) in [("a.log", 10usize), ("b/c.log", 3000), ("big.bin", 40 * 1024 * 1024 + 7)] {
        let bytes: Vec<u8> = (0..size).map(|i| (i % 251) as u8).collect();
        world.case.put(path, Provenance::default(), &mut bytes.as_slice()).unwrap();
    }
}

#[test]
fn the_vault_holds_the_same_bytes_locked_and_is_not_filled_twice() {
    let Some(lab) = Lab::start(&[]) else { return };
    let role = lab.id("/evidence_role_arn");
    let vault = Vault(lab.aws_with(|s| s.vault_role_arn = Some(role)));
    let mut world = World::new();
    with_evidence(&mut world);
    let input = VaultInput { bucket: "evidence-vault".into(), prefix: "ir".into(), ..VaultInput::default() };
    let output = vault.apply(&input, &mut world.context()).unwrap();
    assert_eq!((output.put, output.already), (5, 0), "{output:?} {:?}", world.gaps);
    assert!(output.preflight.iter().all(|c| c.holds), "{:?}", output.preflight);
    let verdict = vault.verify(&input, &output, &mut world.context()).unwrap();
    assert!(verdict.holds, "{:?}", verdict.violated);
    let read = lab.boto(
        "import hashlib\n\
         s3 = client('s3')\n\
         out = {}\n\
         for o in s3.list_objects_v2(Bucket='evidence-vault')['Contents']:\n\
         \x20 g = s3.get_object(Bucket='evidence-vault', Key=o['Key'])\n\
         \x20 out[o['Key']] = [hashlib.sha256(g['Body'].read()).hexdigest(), g.get('ObjectLockMode')]",
    );
    for item in world.case.evidence().unwrap() {
        assert_eq!(
            read[format!("ir/case-1/evidence/data/{}", item.path)],
            json!([item.sha256, "GOVERNANCE"])
        );
    }
    let puts = lab.calls().into_iter().filter(|c| c == "s3.PutObject" || c == "s3.UploadPart").count();
    let again = vault.apply(&input, &mut world.context()).unwrap();
    assert_eq!((again.put, again.already), (0, 5));
    let after = lab.calls().into_iter().filter(|c| c == "s3.PutObject" || c == "s3.UploadPart").count();
    assert_eq!(puts, after);
    let keys: Vec<&String> = read.as_object().unwrap().keys().collect();
    assert!(keys.iter().any(|k| k.ends_with("manifest-sha256.txt")));
}

#[test]
fn a_bucket_that_the_compromised_account_owns_or_that_cannot_lock_is_refused() {
    let Some(lab) = Lab::start(&[]) else { return };
    let vault = Vault(lab.aws());
    let mut world = World::new();
    with_evidence(&mut world);
    let input = VaultInput { bucket: "plain-bucket".into(), ..VaultInput::default() };
    let failure = vault.apply(&input, &mut world.context()).unwrap_err();
    for word in ["other account", "versioning", "Object Lock", "public access"] {
        assert!(failure.message.contains(word), "{}", failure.message);
    }
    assert!(world.operations().is_empty());
    let missing = VaultInput { bucket: "nowhere".into(), ..VaultInput::default() };
    assert!(vault.apply(&missing, &mut world.context()).unwrap_err().message.contains("no bucket nowhere"));
}

#[test]
fn other_bytes_under_a_key_are_named_and_no_manifest_follows() {
    let Some(lab) = Lab::start(&[]) else { return };
    let role = lab.id("/evidence_role_arn");
    lab.boto("client('s3').put_object(Bucket='evidence-vault', Key='case-1/evidence/data/a.log', Body=b'0123456789')");
    let vault = Vault(lab.aws_with(|s| s.vault_role_arn = Some(role)));
    let mut world = World::new();
    with_evidence(&mut world);
    let input = VaultInput { bucket: "evidence-vault".into(), ..VaultInput::default() };
    let output = vault.apply(&input, &mut world.context()).unwrap();
    assert_eq!(output.differing.len(), 1, "{output:?}");
    assert!(output.differing[0].contains("a.log"));
    assert!(output.failed.iter().any(|f| f == "manifest-sha256.txt"));
    assert!(!vault.verify(&input, &output, &mut world.context()).unwrap().holds);
}

#[test]
fn access_keys_are_named_with_their_users_and_roles_with_their_policies() {
    let Some(lab) = Lab::start(&[]) else { return };
    let mut world = World::new();
    let input = CredentialsUseInput { instance: vec![lab.id("/node1")], ..CredentialsUseInput::default() };
    let output = CollectCredentialsUse(lab.aws()).apply(&input, &mut world.context()).unwrap();
    let key = output.keys.iter().find(|k| k.id == lab.id("/ci_access_key")).unwrap();
    assert_eq!(key.user.as_deref(), Some("ci-deploy"));
    assert_eq!(output.roles[0].role, "bitbucket-node-role", "the profile has another name and a path");
    assert_eq!(output.roles[0].inline, ["node"]);
}
