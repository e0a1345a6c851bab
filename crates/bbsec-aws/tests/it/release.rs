//! Release: exact, in parts, and never over what somebody changed meanwhile. And instances that were found in odd states.

use bbsec_aws::{Isolate, IsolateInput, State};
use bbsec_core::{Action, Exit};
use serde_json::json;

use crate::support::{Lab, World};

fn input(lab: &Lab) -> IsolateInput {
    IsolateInput { instance: vec![lab.id("/node1")], ..IsolateInput::default() }
}

#[test]
fn a_policy_or_profile_that_somebody_changed_after_the_revocation_is_shown_and_left() {
    let Some(lab) = Lab::start(&[]) else { return };
    let isolate = Isolate(lab.aws());
    let mut world = World::new();
    let input = IsolateInput { revoke_role_sessions: true, ..input(&lab) };
    let isolation = isolate.apply(&input, &mut world.context()).unwrap();
    let sessions =
        isolation.instances[0].settings.iter().find(|s| s.name.starts_with("older sessions")).unwrap();
    assert!(sessions.holds && sessions.name.ends_with("bitbucket-node-role"), "{sessions:?}");
    lab.boto(
        "iam = client('iam')\n\
         name = [p for p in iam.list_role_policies(RoleName=facts['role'])['PolicyNames'] if p.startswith('bbsec-ir')][0]\n\
         iam.put_role_policy(RoleName=facts['role'], PolicyName=name, PolicyDocument=json.dumps({'Version': '2012-10-17', \
         'Statement': [{'Effect': 'Deny', 'Action': 's3:*', 'Resource': '*'}]}))\n\
         iam.create_instance_profile(InstanceProfileName='other')\n\
         iam.add_role_to_instance_profile(InstanceProfileName='other', RoleName=facts['role'])\n\
         client('ec2').associate_iam_instance_profile(InstanceId=facts['node1'], IamInstanceProfile={'Name': 'other'})",
    );
    let between = lab.state();
    let plan = isolate.release_plan(&[], &mut world.context()).unwrap();
    assert!(plan.warnings.iter().any(|w| w.contains("s3:*")), "{:?}", plan.warnings);
    assert!(plan.changes.iter().any(|c| c.operation == "ec2:ModifyNetworkInterfaceAttribute"));
    let refused = isolate.undo(&input, &mut world.context()).unwrap();
    assert!(!refused.holds);
    for word in ["s3:*", "instance-profile/other", "nothing was put back"] {
        assert!(refused.violated.iter().any(|v| v.contains(word)), "{word}: {:?}", refused.violated);
    }
    assert_eq!(lab.state(), between);
    let partial = isolate.release(&[], true, &mut world.context()).unwrap();
    assert!(!partial.holds);
    let after = lab.state();
    assert_eq!(after["policies"], between["policies"], "an edited policy is not deleted");
    assert_ne!(after["nodes"]["node1"]["groups"], between["nodes"]["node1"]["groups"]);
}

#[test]
fn who_else_uses_the_role_is_said_before_its_sessions_are_revoked() {
    let Some(lab) = Lab::start(&[]) else { return };
    lab.boto(
        "iam = client('iam')\n\
         iam.update_assume_role_policy(RoleName=facts['role'], PolicyDocument=json.dumps({'Version': '2012-10-17', 'Statement': [\
         {'Effect': 'Allow', 'Principal': {'Service': ['ec2.amazonaws.com', 'lambda.amazonaws.com']}, 'Action': 'sts:AssumeRole'}]}))",
    );
    let input = IsolateInput { revoke_role_sessions: true, ..input(&lab) };
    let plan = Isolate(lab.aws()).plan(&input, &mut World::new().context()).unwrap();
    let said = plan.warnings.join("; ");
    assert!(said.contains(&lab.id("/node2")), "the other node has the same profile: {said}");
    assert!(said.contains("lambda.amazonaws.com (may assume bitbucket-node-role)"), "{said}");
}

#[test]
fn a_node_that_another_case_isolated_is_told_apart_and_releasing_restores_that_state() {
    let Some(lab) = Lab::start(&[]) else { return };
    let other = Isolate(lab.aws());
    let (mut first, mut second) = (World::new(), World::new());
    let before = lab.state();
    other.apply(&input(&lab), &mut first.context()).unwrap();
    let between = lab.state();
    second.case.id = "case-2";
    let ours = Isolate(lab.aws());
    let plan = ours.plan(&input(&lab), &mut second.context()).unwrap();
    assert!(plan.warnings.iter().any(|w| w.contains("case case-1, run run-1")), "{:?}", plan.warnings);
    let isolation = ours.apply(&input(&lab), &mut second.context()).unwrap();
    assert!(isolation.warnings.iter().any(|w| w.contains("case case-1")), "{:?}", isolation.warnings);
    assert!(ours.undo(&input(&lab), &mut second.context()).unwrap().holds);
    assert_eq!(lab.state(), between);
    assert!(other.undo(&input(&lab), &mut first.context()).unwrap().holds);
    assert_eq!(lab.state(), before);
}

#[test]
fn an_instance_that_is_gone_is_named_and_the_rest_is_put_back() {
    let Some(lab) = Lab::start(&[]) else { return };
    let before = lab.state();
    let isolate = Isolate(lab.aws());
    let mut world = World::new();
    let input = IsolateInput { cut_tracked: true, ..input(&lab) };
    isolate.apply(&input, &mut world.context()).unwrap();
    lab.boto(
        "ec2 = client('ec2')\n\
         ec2.modify_instance_attribute(InstanceId=facts['node1'], DisableApiTermination={'Value': False})\n\
         ec2.modify_instance_attribute(InstanceId=facts['node1'], DisableApiStop={'Value': False})\n\
         ec2.terminate_instances(InstanceIds=[facts['node1']])",
    );
    let released = isolate.undo(&input, &mut world.context()).unwrap();
    assert!(!released.holds);
    let gone = format!("{} was terminated", lab.id("/node1"));
    assert!(released.violated.iter().any(|v| v.contains(&gone)), "{:?}", released.violated);
    let acls = lab.boto(
        "out = {a['NetworkAclId']: sorted(json.dumps(e, sort_keys=True) for e in a['Entries']) for a in client('ec2').describe_network_acls()['NetworkAcls']}",
    );
    assert_eq!(acls, before["acls"], "denies of a dead instance's addresses are taken back");
    let failure = isolate.apply(&input, &mut World::new().context()).unwrap_err();
    assert_eq!(failure.exit, Exit::Nothing);
    assert!(failure.message.contains("terminated"), "{}", failure.message);
}

#[test]
fn what_was_released_is_isolated_anew_from_what_is_there_then() {
    let Some(lab) = Lab::start(&[]) else { return };
    let isolate = Isolate(lab.aws());
    let mut world = World::new();
    isolate.apply(&input(&lab), &mut world.context()).unwrap();
    assert!(isolate.holds_back(&world.context()).unwrap());
    assert!(isolate.undo(&input(&lab), &mut world.context()).unwrap().holds);
    assert!(!isolate.holds_back(&world.context()).unwrap());
    lab.boto(
        "client('ec2').modify_network_interface_attribute(NetworkInterfaceId=facts['nodes']['node1']['interfaces'][0], Groups=[facts['groups']['alb']])",
    );
    let changed = lab.state();
    isolate.apply(&input(&lab), &mut world.context()).unwrap();
    let released = isolate.undo(&input(&lab), &mut world.context()).unwrap();
    assert!(released.holds, "{:?}", released.violated);
    assert_eq!(lab.state(), changed);
}

#[test]
fn an_interface_is_never_left_in_the_open_group() {
    let Some(lab) = Lab::start(&[]) else { return };
    // The second change of groups, into quarantine, is refused for good. (A dry run meets no fault.)
    lab.boto(
        "post('faults', [{'match': 'ec2[.]ModifyNetworkInterfaceAttribute', 'kind': 'error', 'code': 'InternalFailure', \
         'status': 400, 'after': 1, 'times': 1}])",
    );
    let before = lab.state();
    let mut world = World::new();
    let isolation = Isolate(lab.aws()).apply(&input(&lab), &mut world.context()).unwrap();
    let said = isolation.instances[0].problems.join("; ");
    assert!(said.contains("gets its groups back"), "{said}");
    assert!(!isolation.established);
    let first = lab.id("/nodes/node1/interfaces/0");
    assert_eq!(lab.state()["nodes"]["node1"]["groups"][&first], before["nodes"]["node1"]["groups"][&first]);
    let again = Isolate(lab.aws()).apply(&input(&lab), &mut world.context()).unwrap();
    assert!(again.instances[0].problems.is_empty());
    assert_eq!(lab.state()["nodes"]["node1"]["groups"][&first].as_array().map(Vec::len), Some(1));
    assert_ne!(json!(null), lab.state()["nodes"]["node1"]["groups"][&first]);
}

#[test]
fn an_instance_of_another_region_is_found_and_named() {
    let Some(lab) = Lab::start(&[]) else { return };
    let isolate = Isolate(lab.aws_with(|s| s.region = Some("eu-west-1".into())));
    let failure = isolate.plan(&input(&lab), &mut World::new().context()).unwrap_err();
    assert!(failure.message.contains("eu-west-1"), "{}", failure.message);
    assert_eq!(failure.help.as_deref(), Some("it is in eu-central-1: give --region eu-central-1"));
}

#[test]
fn a_silent_server_ends_the_run_in_time_and_a_silent_service_does_not_keep_the_node_from_being_cut() {
    let Some(lab) = Lab::start(&[]) else { return };
    let impatient = || {
        lab.aws_with(|s| {
            s.attempt_timeout = std::time::Duration::from_secs(2);
            s.attempts = 2;
        })
    };
    lab.boto("post('faults', [{'match': '.*', 'kind': 'stall', 'secs': 20, 'times': 1000}])");
    let begun = std::time::Instant::now();
    let failure = Isolate(impatient()).apply(&input(&lab), &mut World::new().context()).unwrap_err();
    assert!(failure.help.as_ref().unwrap().contains("did not answer in time"), "{failure:?}");
    assert!(begun.elapsed().as_secs() < 30, "{:?}", begun.elapsed());
    lab.boto("post('faults', [{'match': '(autoscaling|elasticloadbalancing)[.].*', 'kind': 'stall', 'secs': 20, 'times': 1000}])");
    let isolation = Isolate(impatient()).apply(&input(&lab), &mut World::new().context()).unwrap();
    let node = &isolation.instances[0];
    assert!(node.paths.iter().all(|p| p.connections != "new" || p.state == State::Cut));
    for service in ["autoscaling", "elasticloadbalancing"] {
        assert!(node.problems.iter().any(|p| p.contains(service)), "{service}: {:?}", node.problems);
    }
    assert!(!isolation.established, "what could not be read is not called cut");
}
