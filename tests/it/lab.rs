//! The AWS lab starts, answers, and ends with whoever started it.

use std::process::Command;

use xtask::lab::Lab;

use crate::harness::{finish, python, root, scenario, temporary};

#[test]
fn the_lab_starts_answers_and_stops() {
    let Some(python) = python("starting the AWS lab") else { return };
    let folder = temporary();
    let scenario = scenario("bitbucket-node");
    let events = scenario.folder.join("cloudtrail-events.json").display().to_string();
    let lab = Lab::start(&root(), &python, folder.path(), &["--events", &events]).unwrap();
    let node = lab.fact("node1").unwrap().to_owned();
    // boto3 asks what a responder would: is the node there, and what did the stolen key do?
    let used = &scenario.truth.cloudtrail[0];
    let script = format!(
        "import boto3\n\
         ec2 = boto3.client('ec2')\n\
         found = ec2.describe_instances(InstanceIds=['{node}'])['Reservations'][0]['Instances'][0]\n\
         print(found['InstanceId'], found['State']['Name'])\n\
         wanted = [{{'AttributeKey': 'AccessKeyId', 'AttributeValue': '{}'}}]\n\
         count = 0\n\
         for region in ('eu-central-1', 'us-east-1'):\n\
         \x20   trail = boto3.client('cloudtrail', region_name=region)\n\
         \x20   pages = trail.get_paginator('lookup_events').paginate(LookupAttributes=wanted)\n\
         \x20   count += sum(len(page['Events']) for page in pages)\n\
         print(count)\n",
        used.access_key_id
    );
    let mut ask = Command::new(&python);
    let run = finish(ask.args(["-c", &script]).envs(lab.environment()));
    assert_eq!(run.code, 0, "{}", run.stderr);
    let management: u64 =
        used.events.iter().filter(|(name, _)| !name.contains("Object")).map(|(_, count)| count).sum();
    assert_eq!(run.stdout, format!("{node} running\n{management}\n"));
    let endpoint = lab.endpoint.trim_start_matches("http://").to_owned();
    assert!(std::net::TcpStream::connect(&endpoint).is_ok());
    drop(lab);
    assert!(std::net::TcpStream::connect(&endpoint).is_err(), "the lab outlives its owner");
}
