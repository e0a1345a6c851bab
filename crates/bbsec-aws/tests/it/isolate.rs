use bbsec_aws::{Isolate, IsolateInput, State};
use bbsec_core::{Action, Exit, Observed};
use serde_json::json;

use crate::support::{Lab, World};

fn input(lab: &Lab) -> IsolateInput {
    IsolateInput { instance: vec![lab.id("/node1")], ..IsolateInput::default() }
}

#[test]
fn every_interface_ends_in_a_group_without_rules_and_release_restores_everything() {
    let Some(lab) = Lab::start(&[]) else { return };
    let before = lab.state();
    let isolate = Isolate(lab.aws());
    let mut world = World::new();
    let input = IsolateInput { cut_tracked: true, revoke_role_sessions: true, ..input(&lab) };

    let plan = isolate.plan(&input, &mut world.context()).unwrap();
    assert!(plan.changes.iter().any(|c| c.operation == "ec2:ModifyNetworkInterfaceAttribute"));
    assert!(plan.warnings.iter().any(|w| w.contains(&lab.id("/node2"))), "{:?}", plan.warnings);
    assert_eq!(lab.state(), before, "a plan changes nothing");

    let isolation = isolate.apply(&input, &mut world.context()).unwrap();
    let after = lab.state();
    let groups = after["nodes"]["node1"]["groups"].as_object().unwrap();
    assert_eq!(groups.len(), 2);
    for ids in groups.values() {
        let ids = ids.as_array().unwrap();
        assert_eq!(ids.len(), 1);
        let script = format!(
            "out = client('ec2').describe_security_group_rules(Filters=[{{'Name':'group-id','Values':[{:?}]}}])['SecurityGroupRules']",
            ids[0].as_str().unwrap()
        );
        assert_eq!(lab.boto(&script), json!([]), "neither IPv4 nor IPv6 rules are left");
    }
    assert_eq!(after["nodes"]["node2"], before["nodes"]["node2"], "the peer is untouched");
    assert_eq!(after["nodes"]["node1"]["state"], "running", "it is never stopped");
    assert_eq!(after["nodes"]["node1"]["disableApiTermination"], true);
    assert_eq!(after["nodes"]["node1"]["disableApiStop"], true);
    assert_eq!(after["nodes"]["node1"]["delete"]["/dev/sda1"], false);
    assert_eq!(after["nodes"]["node1"]["lifecycle"], json!(["Standby"]));
    assert_eq!(after["nodes"]["node1"]["profile"], json!([]));
    assert_eq!(after["scaling"]["suspended"], json!(["Terminate"]));
    assert_eq!(after["targets"]["network"], json!([lab.id("/node2")]));
    assert_eq!(after["classic"], json!([lab.id("/node2")]));
    assert_eq!(isolation.snapshots.len(), 2, "root and home");
    assert!(isolation.instances[0].problems.is_empty(), "{:?}", isolation.instances[0].problems);

    let order = world.operations();
    let first = |name: &str| order.iter().position(|o| o == name).unwrap();
    assert!(first("ec2:CreateSnapshots") < first("ec2:ModifyNetworkInterfaceAttribute"));
    assert!(world.case.text("facts.json").contains("termination_protection"));
    assert_eq!(world.log.notes[0].0, "restore-point");
    assert!(world.case.text("user-data").contains("bitbucket-1"));

    let released = isolate.undo(&input, &mut world.context()).unwrap();
    assert!(released.holds, "{:?}", released.violated);
    assert_eq!(lab.state(), before);
}

#[test]
fn without_cut_tracked_the_verdict_names_what_stays_tracked() {
    let Some(lab) = Lab::start(&[]) else { return };
    let isolate = Isolate(lab.aws());
    let mut world = World::new();
    let input = input(&lab);
    let isolation = isolate.apply(&input, &mut world.context()).unwrap();
    let open: Vec<_> = isolation.instances[0]
        .paths
        .iter()
        .filter(|p| p.state == State::Open)
        .map(|p| (p.via.as_str(), p.connections.as_str()))
        .collect();
    assert!(open.contains(&("nat-gateway", "established")), "{open:?}");
    assert!(open.contains(&("network-load-balancer", "established")), "{open:?}");
    assert!(open.iter().all(|(_, c)| *c == "established"), "{open:?}");
    assert!(!isolation.established);
    let verdict = isolate.verify(&input, &isolation, &mut world.context()).unwrap();
    assert!(!verdict.holds);
    assert!(verdict.violated.iter().any(|v| v.contains("nat-gateway")));
    assert_eq!(isolate.violation_exit(), Exit::NotContained);
    assert!(isolation.warnings.iter().any(|w| w.contains("--cluster")));
}

#[test]
fn release_touches_nothing_when_somebody_changed_a_group_meanwhile() {
    let Some(lab) = Lab::start(&[]) else { return };
    let isolate = Isolate(lab.aws());
    let mut world = World::new();
    let input = input(&lab);
    isolate.apply(&input, &mut world.context()).unwrap();
    lab.boto(
        "client('ec2').modify_network_interface_attribute(NetworkInterfaceId=facts['nodes']['node1']['interfaces'][1], Groups=[facts['groups']['alb']])",
    );
    let between = lab.state();
    let verdict = isolate.undo(&input, &mut world.context()).unwrap();
    assert!(!verdict.holds);
    assert!(verdict.violated.iter().any(|v| v.contains(&lab.id("/groups/alb"))), "{:?}", verdict.violated);
    assert_eq!(lab.state(), between);

    let partial = isolate.release(&[], true, &mut world.context()).unwrap();
    assert!(!partial.holds);
    let after = lab.state();
    let eni = lab.id("/nodes/node1/interfaces/1");
    assert_eq!(after["nodes"]["node1"]["groups"][&eni], json!([lab.id("/groups/alb")]));
    let first = lab.id("/nodes/node1/interfaces/0");
    assert_eq!(
        after["nodes"]["node1"]["groups"][&first],
        json!([lab.id("/groups/node"), lab.id("/groups/cluster")])
    );
}

#[test]
fn a_quarantine_group_is_never_trusted_by_its_name() {
    let Some(lab) = Lab::start(&[]) else { return };
    lab.boto(
        "ec2 = client('ec2')\n\
         ec2.create_security_group(GroupName='bbsec-ir-quarantine-case-1', Description='planted', VpcId=facts['vpc'])",
    );
    let isolate = Isolate(lab.aws());
    let mut world = World::new();
    let isolation = isolate.apply(&input(&lab), &mut world.context()).unwrap();
    assert!(isolation.instances[0].paths.iter().all(|p| p.connections != "new" || p.state == State::Cut));
}

#[test]
fn an_unknown_instance_is_named_with_its_region_and_nothing_happens() {
    let Some(lab) = Lab::start(&[]) else { return };
    let isolate = Isolate(lab.aws());
    let mut world = World::new();
    let input = IsolateInput { instance: vec!["i-00000000000000000".into()], ..IsolateInput::default() };
    let failure = isolate.apply(&input, &mut world.context()).unwrap_err();
    assert_eq!(failure.message, "there is no instance i-00000000000000000 in eu-central-1");
    assert!(failure.help.unwrap().contains("--region"));
    assert!(world.operations().is_empty());
}

#[test]
fn a_run_killed_at_any_journal_write_ends_in_the_same_state_when_resumed() {
    let Some(lab) = Lab::start(&[]) else { return };
    let before = lab.state();
    let isolate = Isolate(lab.aws());
    let input = IsolateInput { cut_tracked: true, ..input(&lab) };
    let mut whole = World::new();
    isolate.apply(&input, &mut whole.context()).unwrap();
    let writes = whole.log.writes;
    let wanted = lab.state()["nodes"].clone();
    assert!(isolate.undo(&input, &mut whole.context()).unwrap().holds);
    assert_eq!(lab.state(), before);
    let strip = |v: &serde_json::Value| {
        let mut v = v.clone();
        v["node1"]["groups"] = json!(null);
        v
    };
    for die_at in (1..=writes).step_by(7) {
        let mut world = World::new();
        world.log.die_at = Some(die_at);
        assert!(isolate.apply(&input, &mut world.context()).is_err(), "write {die_at}");
        assert!(!matches!(isolate.observe(&input, &mut world.context()).unwrap(), Observed::Done(_)));
        let resumed = isolate.apply(&input, &mut world.context()).unwrap();
        assert!(
            resumed.instances[0].paths.iter().all(|p| p.connections != "new" || p.state == State::Cut),
            "write {die_at}"
        );
        assert_eq!(strip(&lab.state()["nodes"]), strip(&wanted), "write {die_at}");
        let count = lab.boto("out = len(client('ec2').describe_snapshots(Filters=[{'Name':'tag:bbsec-ir:case','Values':['case-1']}])['Snapshots'])");
        assert_eq!(count, json!(2), "no snapshot is made twice");
        let released = isolate.undo(&input, &mut world.context()).unwrap();
        assert!(released.holds, "write {die_at}: {:?}", released.violated);
        assert_eq!(lab.state(), before, "write {die_at}");
    }
}

#[test]
fn throttling_dropped_connections_and_lost_answers_end_in_the_same_state() {
    let Some(lab) = Lab::start(&[]) else { return };
    let before = lab.state();
    let isolate = Isolate(lab.aws_with(|s| s.attempt_timeout = std::time::Duration::from_secs(3)));
    let input = IsolateInput { cut_tracked: true, ..input(&lab) };
    for (call, kind) in [
        ("ec2.CreateSecurityGroup", "lost"),
        ("ec2.ModifyNetworkInterfaceAttribute", "after-commit"),
        ("ec2.CreateNetworkAclEntry", "lost"),
        ("ec2.CreateNetworkAclEntry", "throttle"),
        ("autoscaling.EnterStandby", "after-commit"),
        ("elasticloadbalancing.DeregisterTargets", "reset"),
        ("ec2.DescribeSecurityGroupRules", "stall"),
    ] {
        let rule = format!("post('faults', [{{'match': '{call}', 'kind': '{kind}', 'times': 1}}])");
        lab.boto(&rule.replace("'times': 1", "'times': 1, 'secs': 6"));
        let mut world = World::new();
        let first = isolate.apply(&input, &mut world.context());
        // A call whose answer was lost is repeated; what it finds done already may come back as an error that is named.
        let isolation = match first {
            Ok(isolation) if isolation.instances[0].problems.is_empty() => isolation,
            _ => isolate.apply(&input, &mut world.context()).unwrap(),
        };
        assert!(
            isolation.instances[0].problems.is_empty(),
            "{call} {kind}: {:?}",
            isolation.instances[0].problems
        );
        assert!(isolation.instances[0].settings.iter().all(|s| s.holds), "{call} {kind}");
        assert!(isolation.instances[0].paths.iter().all(|p| p.connections != "new" || p.state == State::Cut));
        let released = isolate.undo(&input, &mut world.context()).unwrap();
        assert!(released.holds, "{call} {kind}: {:?}", released.violated);
        assert_eq!(lab.state(), before, "{call} {kind}");
    }
}

#[test]
fn credentials_that_expire_halfway_end_the_run_plainly_and_resuming_completes_it() {
    let Some(lab) = Lab::start(&[]) else { return };
    let isolate = Isolate(lab.aws());
    let mut world = World::new();
    lab.boto("post('faults', [{'match': 'elasticloadbalancing[.]DeregisterTargets', 'kind': 'error', 'code': 'ExpiredToken', 'status': 403, 'times': 1}])");
    let failure = isolate.apply(&input(&lab), &mut world.context()).unwrap_err();
    assert!(failure.help.unwrap().contains("renew the credentials"));
    let isolation = isolate.apply(&input(&lab), &mut world.context()).unwrap();
    assert!(isolation.instances[0].problems.is_empty());
    assert!(isolation.instances[0].settings.iter().all(|s| s.holds), "{:?}", isolation.instances[0].settings);
}

#[test]
fn a_whole_cluster_is_isolated_and_released_node_by_node_without_starting_a_new_one() {
    let Some(lab) = Lab::start(&[]) else { return };
    let before = lab.state();
    let isolate = Isolate(lab.aws());
    let mut world = World::new();
    let input = IsolateInput { cluster: true, allow: vec!["203.0.113.7".into()], ..input(&lab) };
    let isolation = isolate.apply(&input, &mut world.context()).unwrap();
    assert_eq!(isolation.instances.len(), 2);
    for node in &isolation.instances {
        assert!(node.problems.is_empty() && node.peers.is_empty(), "{:?} {:?}", node.problems, node.peers);
    }
    assert!(isolation.instances[0].paths.iter().any(|p| p.state == State::Allowed));
    let after = lab.state();
    assert_eq!(after["nodes"]["node2"]["lifecycle"], json!(["Standby"]));
    assert_eq!((&after["scaling"]["min"], &after["scaling"]["desired"]), (&json!(0), &json!(0)));

    let again = isolate.plan(&input, &mut World::new().context()).unwrap();
    assert!(
        !again.warnings.iter().any(|w| w.contains("already cut off")),
        "a group with an allowed range has a rule"
    );

    let first = isolate.release(&[lab.id("/node1")], false, &mut world.context()).unwrap();
    assert!(first.violated.iter().any(|v| v.contains("minimum size")), "{:?}", first.violated);
    let between = lab.state();
    assert_eq!(between["nodes"]["node1"]["groups"], before["nodes"]["node1"]["groups"]);
    assert_eq!(between["nodes"]["node2"], after["nodes"]["node2"]);
    assert_eq!((&between["scaling"]["min"], &between["scaling"]["desired"]), (&json!(1), &json!(1)));

    let rest = isolate.release(&[], false, &mut world.context()).unwrap();
    assert!(rest.holds, "{:?}", rest.violated);
    assert_eq!(lab.state(), before);
}
