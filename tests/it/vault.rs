//! `collect vault` by the built program: killed at every object and started again, then judged by programs of others.

use std::{
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use xtask::lab::Lab;

use crate::harness::{finish, needs, program, python, root, temporary};

/// A dump with tables of accounts, enough for a bag of some files.
const DUMP: &str = "COPY public.cwd_user (id, user_name, is_active) FROM stdin;\n5\ttadmin\tT\n\\.\n\
    COPY public.cwd_membership (id, parent_name, child_name) FROM stdin;\n1\tstash-users\ttadmin\n\\.\n\
    COPY public.cwd_directory (id, directory_name) FROM stdin;\n1\tInternal\n\\.\n\
    -- PostgreSQL database dump complete\n";

fn intents(case: &Path) -> usize {
    let journal = std::fs::read_to_string(case.join("journal.jsonl")).unwrap_or_default();
    journal.lines().filter(|line| line.contains("\"s3:PutObject\"") && line.contains("\"intent\"")).count()
}

#[test]
fn lab_a_vault_that_is_killed_at_every_object_ends_whole() {
    let Some(python) = python("filling a vault") else { return };
    if !needs("sha256sum", "judging a vault") {
        return;
    }
    let folder = temporary();
    let lab = Lab::start(&root(), &python, &folder.path().join("lab"), &[]).unwrap();
    let case = folder.path().join("case");
    finish(program(folder.path()).args(["case", "new"]).arg(&case)).ended(&[0]);
    let dump = folder.path().join("dump.sql");
    std::fs::write(&dump, DUMP).unwrap();
    finish(
        program(folder.path()).args(["collect", "database", "--case"]).arg(&case).arg("--dump").arg(&dump),
    )
    .ended(&[0]);
    let role = lab.fact("evidence_role_arn").unwrap().to_owned();
    let vault = || {
        let mut command = program(folder.path());
        command.envs(lab.environment()).args(["collect", "vault", "--bucket", "evidence-vault", "--yes"]);
        command.args(["--vault-role-arn", &role, "--format", "json", "--case"]).arg(&case);
        command
    };
    // Killed while the object's intent is on the disk and its outcome is not, further on each time.
    for kill in 1..=8 {
        let before = intents(&case);
        let mut child = vault().stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let begun = Instant::now();
        while intents(&case) < before + kill && child.try_wait().unwrap().is_none() {
            assert!(begun.elapsed() < Duration::from_mins(1), "the vault does not begin");
            std::thread::sleep(Duration::from_millis(1));
        }
        let _ = child.kill();
        let _ = child.wait();
    }
    let run = finish(&mut vault()).ended(&[0]);
    let output: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!((&output["differing"], &output["failed"]), (&serde_json::json!([]), &serde_json::json!([])));
    // Brought back by boto3 and compared by sha256sum, beside a plain copy.
    let back = folder.path().join("back");
    let script = "import boto3, os, sys\n\
        s3 = boto3.client('s3')\n\
        for page in s3.get_paginator('list_objects_v2').paginate(Bucket='evidence-vault'):\n\
        \x20   for item in page['Contents']:\n\
        \x20       path = os.path.join(sys.argv[1], item['Key'].split('/evidence/', 1)[1])\n\
        \x20       os.makedirs(os.path.dirname(path), exist_ok=True)\n\
        \x20       s3.download_file('evidence-vault', item['Key'], path)\n\
        \x20   versions = s3.list_object_versions(Bucket='evidence-vault')['Versions']\n\
        print(max(sum(v['Key'] == i['Key'] for v in versions) for i in page['Contents'] if '/data/' in i['Key']))\n";
    let mut fetch = Command::new(&python);
    let fetched = finish(fetch.args(["-c", script]).arg(&back).envs(lab.environment())).ended(&[0]);
    assert_eq!(fetched.stdout.trim(), "1", "an object of evidence has two versions");
    let mut judge = Command::new("sha256sum");
    finish(judge.args(["--quiet", "-c", "manifest-sha256.txt"]).current_dir(&back)).ended(&[0]);
    let plain =
        finish(Command::new("diff").args(["-r", "-x", ".incoming"]).arg(case.join("evidence")).arg(&back));
    assert_eq!((plain.code, plain.stdout.as_str()), (0, ""));
    finish(program(folder.path()).arg("verify").arg(&case)).ended(&[0, 4]);
}
