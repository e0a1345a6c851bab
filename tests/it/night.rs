//! The whole night in one test: a case, the playbook on the AWS lab, the truth in the report, release, verification.

use std::{process::Command, time::Duration};

use serde_json::Value;
use xtask::lab::Lab;

use crate::harness::{Run, finish, needs, program, python, root, scenario, temporary};

fn run(folder: &std::path::Path, lab: &Lab, arguments: &[&str]) -> Run {
    finish(program(folder).envs(lab.environment()).args(arguments))
}

#[test]
fn lab_playbook_isolates_collects_scans_reports_and_is_released() {
    let Some(python) = python("the playbook on the AWS lab") else { return };
    let folder = temporary();
    let at = folder.path();
    let scenario = scenario("bitbucket-node");
    let events = scenario.folder.join("cloudtrail-events.json").display().to_string();
    let lab = Lab::start(&root(), &python, &at.join("lab"), &["--events", &events]).unwrap();
    let node = lab.fact("node1").unwrap().to_owned();
    let before = groups(&python, &lab, &node);
    run(at, &lab, &["case", "new", "case", "--product", "bitbucket", "--suspect", &scenario.truth.known[0]])
        .ended(&[0]);
    let playbook = root().join("playbooks/compromised-bitbucket.yaml").display().to_string();
    let instance = format!("instance={node}");
    let home = format!("home={}", scenario.home.display());
    let bucket = format!("bucket={}", lab.fact("evidence_bucket").unwrap());
    let arguments = [
        "run", &playbook, "--case", "case", "--set", &instance, "--set", &home, "--set", &bucket, "--yes-to",
        "isolate", "--format", "json",
    ];

    // Nobody said yes: nothing is cut, and the exit code says so.
    let without_yes: Vec<&str> =
        arguments.iter().copied().filter(|a| !matches!(*a, "--yes-to" | "isolate")).collect();
    run(at, &lab, &without_yes).ended(&[5]);
    assert_eq!(groups(&python, &lab, &node), before);

    // The node has paths that neither groups nor ACLs can cut; each is named, and the exit code says so.
    let ended = if needs("ssh-keygen", "an approval from another terminal") {
        approved_elsewhere(at, &lab, &without_yes).ended(&[7])
    } else {
        run(at, &lab, &arguments).ended(&[7])
    };
    let document: Value = serde_json::from_str(&ended.stdout).unwrap();
    let states: Vec<(&str, &str)> = document["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| (step["id"].as_str().unwrap(), step["state"].as_str().unwrap()))
        .collect();
    for (id, state) in &states {
        let wanted = match *id {
            "isolate" => "violated",
            "admin-passwords"
            | "report-to-atlassian"
            | "tell-colleagues"
            | "customer-data"
            | "recovery-plan" => "open",
            _ => "succeeded",
        };
        assert_eq!(*state, wanted, "{id} in {states:?}");
    }
    assert_ne!(groups(&python, &lab, &node), before, "boto3 sees the old groups");

    let rotation =
        run(at, &lab, &["--case", "case", "rotate", "list", "--format", "jsonl"]).ended(&[0]).rows();
    ranked_as_the_truth(&scenario.truth, &rotation);

    run(at, &lab, &["--case", "case", "release", "--yes"]).ended(&[0]);
    assert_eq!(groups(&python, &lab, &node), before, "boto3 sees what was before");
    run(at, &lab, &["verify", "case"]).ended(&[0]);
}

/// Runs without an answer of its own; somebody in another terminal sees the question and signs it.
fn approved_elsewhere(at: &std::path::Path, lab: &Lab, arguments: &[&str]) -> Run {
    let key = at.join("lead");
    let made = Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(&key).status();
    assert!(made.unwrap().success());
    let public = std::fs::read_to_string(at.join("lead.pub")).unwrap();
    std::fs::write(at.join("signers"), format!("lead@example.org namespaces=\"bbsec-ir-approval\" {public}"))
        .unwrap();
    let waiting = program(at)
        .envs(lab.environment())
        .args(arguments)
        .args(["--allowed-signers", "signers"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut asked = finish(program(at).args(["--case", "case", "approve", "--format", "jsonl"]));
    for _ in 0..600 {
        if asked.code == 0 {
            break;
        }
        std::thread::sleep(Duration::from_millis(100));
        asked = finish(program(at).args(["--case", "case", "approve", "--format", "jsonl"]));
    }
    assert_eq!(asked.rows()[0]["step"], "isolate", "{}", asked.stderr);
    // Somebody whom nobody knows does not get in.
    let stranger = at.join("stranger");
    assert!(
        Command::new("ssh-keygen")
            .args(["-q", "-t", "ed25519", "-N", "", "-f"])
            .arg(&stranger)
            .status()
            .unwrap()
            .success()
    );
    finish(program(at).args(["--case", "case", "approve", "isolate", "--yes", "--key", "stranger"]))
        .ended(&[0]);
    let signed = finish(program(at).args(["--case", "case", "approve", "isolate", "--yes", "--key", "lead"]))
        .ended(&[0]);
    assert!(
        signed.stderr.contains("ModifyNetworkInterfaceAttribute"),
        "the plan is shown: {}",
        signed.stderr
    );
    let output = waiting.wait_with_output().unwrap();
    let run = Run {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    };
    assert!(run.stderr.contains("approved by lead@example.org"), "{}", run.stderr);
    assert!(run.stderr.contains("not among the allowed signers"), "{}", run.stderr);
    let journal = std::fs::read_to_string(at.join("case/journal.jsonl")).unwrap();
    let approved = journal.lines().find(|line| line.contains("\"kind\":\"approved\"")).unwrap();
    assert!(approved.contains("lead@example.org") && approved.contains("plan_sha256"), "{approved}");
    run
}

/// Every credential of the truth that has a public name stands in the class that the truth says, and classes follow
/// each other. (Those without one are told apart by fingerprint, which is keyed in a case.)
fn ranked_as_the_truth(truth: &xtask::scenario::truth::Truth, rotation: &[Value]) {
    let mut problems = Vec::new();
    let class = |item: &Value| item["class"].as_str().unwrap_or_default().to_owned();
    for expected in &truth.rotation {
        let Some(id) = &expected.public_id else { continue };
        // A key of the product has a number in its log and a fingerprint elsewhere.
        let number = expected.name.rsplit(':').next().unwrap_or_default();
        let found =
            rotation.iter().find(|item| item["public_id"] == id.as_str() || item["public_id"] == number);
        let wanted: &[&str] = match expected.class {
            1 => &["used"],
            2 => &["exposed_live", "exposed"],
            3 => &["on_host"],
            // Refs were listed, or nothing: no content reached the actor.
            _ => &["untouched"],
        };
        match found {
            None => problems.push(format!("{} ({id}) is not in the list", expected.name)),
            Some(item) if !wanted.contains(&class(item).as_str()) => {
                problems.push(format!("{} ({id}) is {}, truth {wanted:?}", expected.name, class(item)));
            }
            Some(_) => {}
        }
    }
    let order = ["used", "exposed_live", "exposed", "on_host", "untouched"];
    let ranks: Vec<usize> =
        rotation.iter().map(|item| order.iter().position(|name| *name == class(item)).unwrap()).collect();
    if !ranks.is_sorted() {
        problems.push(format!("classes are mixed: {ranks:?}"));
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

/// The groups of every interface, as boto3 reads them.
fn groups(python: &std::path::Path, lab: &Lab, node: &str) -> String {
    let script = format!(
        "import boto3, json\n\
         found = boto3.client('ec2').describe_network_interfaces(\n\
         \x20   Filters=[{{'Name': 'attachment.instance-id', 'Values': ['{node}']}}])['NetworkInterfaces']\n\
         print(json.dumps(sorted((i['NetworkInterfaceId'], sorted(g['GroupId'] for g in i['Groups'])) for i in found)))\n"
    );
    let run = finish(Command::new(python).args(["-c", &script]).envs(lab.environment()));
    assert_eq!(run.code, 0, "{}", run.stderr);
    run.stdout
}

#[test]
fn ctrl_c_keeps_a_case_that_verifies_and_a_run_that_resumes() {
    let folder = temporary();
    let at = folder.path();
    let scenario = scenario("bitbucket-node");
    finish(program(at).args(["case", "new", "case"])).ended(&[0]);
    let playbook = root().join("playbooks/offline-triage.yaml").display().to_string();
    let home = format!("home={}", scenario.home.display());
    let mut child = program(at)
        .args(["run", &playbook, "--case", "case", "--set", &home])
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    std::thread::sleep(Duration::from_millis(250));
    let killed = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(killed.success());
    let status = child.wait().unwrap();
    // A fast machine may have finished before the signal.
    assert!(matches!(status.code(), Some(130 | 0)), "{status}");
    finish(program(at).args(["verify", "case"])).ended(&[0]);
    let journal = std::fs::read_to_string(at.join("case/journal.jsonl")).unwrap();
    let started: Value = journal
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .find(|entry| entry["kind"] == "run-started")
        .unwrap();
    let name = started["run"].as_str().unwrap();
    finish(program(at).args(["run", &playbook, "--case", "case", "--set", &home, "--resume", name]))
        .ended(&[0, 4]);
    finish(program(at).args(["verify", "case"])).ended(&[0]);
}

#[test]
fn without_credentials_or_a_server_the_message_says_what_to_do() {
    let folder = temporary();
    let at = folder.path();
    finish(program(at).args(["case", "new", "case"])).ended(&[0]);
    let ask = ["isolate", "--case", "case", "--instance", "i-0123456789abcdef0", "--dry-run"];
    let none = finish(program(at).env("AWS_REGION", "eu-central-1").args(ask)).ended(&[1, 2]);
    assert!(none.stderr.contains("AWS_ACCESS_KEY_ID") && none.stderr.contains("help"), "{}", none.stderr);
    let refused = finish(
        program(at)
            .env("AWS_REGION", "eu-central-1")
            .env("AWS_ACCESS_KEY_ID", "test")
            .env("AWS_SECRET_ACCESS_KEY", "test")
            .env("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
            .args(ask),
    )
    .ended(&[1, 2]);
    assert!(refused.stderr.contains("help"), "{}", refused.stderr);
    finish(program(at).args(["verify", "case"])).ended(&[0]);
}
