//! Permissions: what is missing is said before anything starts, and what the printed policy allows is enough.

use bbsec_aws::{CollectInstance, InstanceInput, Isolate, IsolateInput, State};
use bbsec_core::{Action, Failure};
use serde_json::{Value, json};

use crate::support::{Lab, World};

fn input(lab: &Lab) -> IsolateInput {
    IsolateInput { instance: vec![lab.id("/node1")], ..IsolateInput::default() }
}

/// The policy of `isolate` as the lab takes it, without some permissions.
fn policy(lab: &Lab, without: &[&str]) {
    let meta = Action::meta(&Isolate(lab.aws()));
    let mut document = bbsec_aws::policy(std::slice::from_ref(&meta));
    for statement in document["Statement"].as_array_mut().unwrap() {
        let actions = statement["Action"].as_array_mut().unwrap();
        actions.retain(|a| !without.contains(&a.as_str().unwrap()));
    }
    // The test's own reader needs a little more than the tool does.
    document["Statement"].as_array_mut().unwrap().push(json!({
        "Effect": "Allow", "Action": ["ec2:DescribeAddresses", "ec2:DescribeFlowLogs", "iam:ListRolePolicies"]
    }));
    lab.post("set", &json!({ "policy": document }));
}

#[test]
fn the_printed_policy_is_enough_for_isolate_and_release() {
    let Some(lab) = Lab::start(&[]) else { return };
    let before = lab.state();
    policy(&lab, &[]);
    let isolate = Isolate(lab.aws());
    let mut world = World::new();
    let input = IsolateInput { cut_tracked: true, revoke_role_sessions: true, ..input(&lab) };
    let isolation = isolate.apply(&input, &mut world.context()).unwrap();
    assert!(isolation.instances[0].problems.is_empty(), "{:?}", isolation.instances[0].problems);
    assert!(world.gaps.is_empty(), "{:?}", world.gaps);
    assert!(isolate.undo(&input, &mut world.context()).unwrap().holds);
    lab.boto("post('set', {'policy': None})");
    assert_eq!(lab.state(), before);
}

#[test]
fn a_permission_without_which_nothing_is_cut_is_named_before_anything_is_changed() {
    let Some(lab) = Lab::start(&[]) else { return };
    let before = lab.state();
    for lacking in [
        "ec2:ModifyNetworkInterfaceAttribute",
        "ec2:CreateSecurityGroup",
        "ec2:AuthorizeSecurityGroupIngress",
        "ec2:RevokeSecurityGroupEgress",
    ] {
        policy(&lab, &[lacking]);
        let mut world = World::new();
        let isolate = Isolate(lab.aws());
        let failure = isolate.apply(&input(&lab), &mut world.context()).unwrap_err();
        assert!(failure.message.contains(lacking), "{}", failure.message);
        assert!(world.operations().is_empty());
        lab.boto("post('set', {'policy': None})");
        assert_eq!(lab.state(), before, "{lacking}");
    }
}

#[test]
fn what_one_missing_permission_leaves_undone_is_named_and_the_rest_is_done() {
    let Some(lab) = Lab::start(&[]) else { return };
    for lacking in [
        "ec2:CreateSnapshots",
        "elasticloadbalancing:DeregisterTargets",
        "autoscaling:EnterStandby",
        "ec2:ModifyInstanceAttribute",
        "iam:PutRolePolicy",
    ] {
        policy(&lab, &[lacking]);
        let mut world = World::new();
        let isolate = Isolate(lab.aws());
        let input = IsolateInput { revoke_role_sessions: true, ..input(&lab) };
        let isolation = isolate.apply(&input, &mut world.context()).unwrap();
        let said = format!("{:?} {:?}", isolation.instances[0].problems, isolation.warnings);
        assert!(said.contains(lacking), "{lacking}: {said}");
        assert!(isolation.instances[0].paths.iter().all(|p| p.connections != "new" || p.state == State::Cut));
        lab.boto("post('set', {'policy': None})");
        assert!(isolate.undo(&input, &mut world.context()).unwrap().holds, "{lacking}");
    }
}

fn words(failure: &Failure) -> String {
    let mut text = failure.message.clone();
    let mut source = std::error::Error::source(failure);
    while let Some(error) = source {
        text.push_str(&format!(": {error}"));
        source = error.source();
    }
    text
}

#[test]
fn any_one_permission_that_is_missing_is_named_before_anything_starts() {
    let Some(lab) = Lab::start(&[]) else { return };
    let before = lab.state();
    lab.post("set", &json!({ "calls": [] }));
    let isolate = Isolate(lab.aws());
    let input = IsolateInput { cut_tracked: true, revoke_role_sessions: true, ..input(&lab) };
    let mut unnamed = Vec::new();
    for lacking in Action::meta(&isolate).permissions {
        // AWS answers this one to everybody.
        if *lacking == "sts:GetCallerIdentity" {
            continue;
        }
        policy(&lab, &[lacking]);
        let said = match isolate.plan(&input, &mut World::new().context()) {
            Ok(plan) => plan.warnings.join("; "),
            Err(failure) => words(&failure),
        };
        if !said.contains(lacking) {
            unnamed.push(format!("{lacking}: {said}"));
        }
    }
    assert!(unnamed.is_empty(), "{}", unnamed.join("\n"));
    policy(&lab, &[]);
    let plan = isolate.plan(&input, &mut World::new().context()).unwrap();
    assert!(!plan.warnings.iter().any(|w| w.contains("lacks")), "{:?}", plan.warnings);
    lab.post("set", &json!({ "policy": null }));
    let changes = lab.boto(
        "verbs = ('Describe', 'Get', 'List', 'Simulate')\n\
         out = [c['action'] for c in get('calls') if not c['dry'] and not c['action'].split('.')[1].startswith(verbs)]",
    );
    assert_eq!(changes, json!([]), "nothing was changed by asking");
    assert_eq!(lab.state(), before);
}

#[test]
fn what_is_missing_is_journalled_before_the_first_change() {
    let Some(lab) = Lab::start(&[]) else { return };
    policy(&lab, &["elasticloadbalancing:DeregisterTargets", "autoscaling:ExitStandby"]);
    let mut world = World::new();
    Isolate(lab.aws()).apply(&input(&lab), &mut world.context()).unwrap();
    let (_, note) = world.log.notes.iter().find(|(kind, _)| kind == "preflight").unwrap();
    let said = note.to_string();
    assert!(said.contains("lacks elasticloadbalancing:DeregisterTargets: the rest is done"), "{said}");
    assert!(said.contains("lacks autoscaling:ExitStandby: `release` cannot"), "{said}");
    assert_eq!(world.log.written_before_first_change("preflight"), Some(true));
}

#[test]
fn facts_answer_what_posture_checks_ask() {
    let Some(lab) = Lab::start(&[]) else { return };
    let mut world = World::new();
    let collect = InstanceInput { instance: vec![lab.id("/node1")] };
    CollectInstance(lab.aws()).apply(&collect, &mut world.context()).unwrap();
    let facts: Value = serde_json::from_str(&world.case.text("facts.json")).unwrap();
    assert_eq!(facts["metadata_options"]["http_tokens"], "optional");
    let seen = lab.boto(
        "g = client('ec2').describe_security_groups(GroupIds=[facts['groups']['node']])['SecurityGroups'][0]\n\
         out = sorted((p['FromPort'], r['CidrIp']) for p in g['IpPermissions'] for r in p['IpRanges'])",
    );
    let groups = facts["security_groups"].as_array().unwrap();
    let node = groups.iter().find(|g| g["group_id"] == lab.id("/groups/node")).unwrap();
    let ours: Vec<Value> = node["ip_permissions"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|p| p.get("cidr_ip").is_some())
        .map(|p| json!([p["from_port"], p["cidr_ip"]]))
        .collect();
    assert_eq!(json!(ours), seen);
    assert!(node["ip_permissions"].as_array().unwrap().iter().any(|p| p.get("source_group_id").is_some()));
    for taken in ["console.txt", "console.jpg", "user-data", "ec2.DescribeSecurityGroupRules"] {
        assert!(world.case.holds(taken), "{taken}");
    }
}
