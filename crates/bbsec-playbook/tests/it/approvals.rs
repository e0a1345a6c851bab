//! Approvals from elsewhere, signed by OpenSSH's own program.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use bbsec_core::Exit;
use bbsec_playbook::{APPROVAL_NAMESPACE, Answer, Approver, Mode, Request, signed};

use crate::{
    runs::TWO,
    world::{World, states, yes},
};

fn have_keygen() -> bool {
    let found = Command::new("ssh-keygen").arg("-?").stderr(Stdio::null()).stdout(Stdio::null()).status();
    if found.is_err() {
        println!("not run: approvals by signature (no ssh-keygen)");
    }
    found.is_ok()
}

fn key(folder: &Path, name: &str) -> PathBuf {
    let key = folder.join(name);
    let made = Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", "", "-C", name, "-f"])
        .arg(&key)
        .status();
    assert!(made.unwrap().success());
    key
}

fn allow(folder: &Path, people: &[(&str, &Path)]) -> PathBuf {
    let line = |(who, key): &(&str, &Path)| {
        let public = std::fs::read_to_string(key.with_extension("pub")).unwrap();
        format!("{who} namespaces=\"{APPROVAL_NAMESPACE}\" {public}")
    };
    let path = folder.join("allowed_signers");
    std::fs::write(&path, people.iter().map(line).collect::<String>()).unwrap();
    path
}

fn sign(key: &Path, namespace: &str, question: &Path) {
    let made = Command::new("ssh-keygen")
        .args(["-q", "-Y", "sign", "-n", namespace, "-f"])
        .arg(key)
        .arg(question)
        .stderr(Stdio::null())
        .status();
    assert!(made.unwrap().success());
}

/// Waits for signatures, as the terminal does; somebody else signs meanwhile.
struct Elsewhere<F: Fn(&Path) + Sync> {
    allowed: PathBuf,
    signs: F,
}

impl<F: Fn(&Path) + Sync> Approver for Elsewhere<F> {
    fn ask(&self, request: &Request<'_>) -> Answer {
        let question = request.file.unwrap();
        (self.signs)(question);
        let until = Instant::now() + Duration::from_secs(2);
        loop {
            let (approvals, refused) = signed(question, &self.allowed, request.by);
            if approvals.len() >= request.min as usize {
                return Answer::Yes(approvals);
            }
            if Instant::now() > until {
                return Answer::No { why: refused.join("; ") };
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }
    fn elsewhere(&self) -> bool {
        true
    }
}

fn with_lead() -> String {
    TWO.replace("    approve:\n", "    approve:\n      by: [ir-lead]\n      expires: 10m\n")
}

#[test]
fn a_signature_by_the_named_person_counts_and_is_bound_to_the_plan() {
    if !have_keygen() {
        return;
    }
    let mut world = World::new();
    let folder = world.folder.path().to_owned();
    let lead = key(&folder, "lead");
    let allowed = allow(&folder, &[("ir-lead", &lead)]);
    let approver = Elsewhere { allowed, signs: |question: &Path| sign(&lead, APPROVAL_NAMESPACE, question) };
    let report = world.run_with(&with_lead(), &approver, Mode::Run, None, false).unwrap();
    assert_eq!(states(&report), [("first", "succeeded"), ("second", "succeeded")]);
    let entries = world.case.journal().entries().unwrap();
    let approved = entries.iter().find(|entry| entry.kind == "approved").unwrap();
    assert_eq!(approved.body["by"], "ir-lead");
    assert!(approved.body["approvals"][0]["how"].as_str().unwrap().starts_with("SHA256:"));
    let question = folder.join("case/runs").join(&report.run).join("approval-second-1.json");
    let text = std::fs::read_to_string(question).unwrap();
    assert!(
        text.contains(approved.body["plan_sha256"].as_str().unwrap()),
        "the question holds the plan's digest"
    );
}

#[test]
fn signatures_that_must_not_count_do_not() {
    if !have_keygen() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (lead, other) = (key(folder.path(), "lead"), key(folder.path(), "other"));
    let allowed = allow(folder.path(), &[("ir-lead", &lead), ("intern", &other)]);
    let by = ["ir-lead".to_owned()];
    let ask = |sign_it: &dyn Fn(&Path)| {
        let question = folder.path().join("approval-x-1.json");
        std::fs::write(&question, "{}\n").unwrap();
        sign_it(&question);
        let found = signed(&question, &allowed, &by);
        for file in bbsec_playbook::signature_files(&question) {
            std::fs::remove_file(file).unwrap();
        }
        found
    };
    let (approvals, refused) = ask(&|question| sign(&other, APPROVAL_NAMESPACE, question));
    assert!(approvals.is_empty() && refused[0].contains("intern may not approve"), "{refused:?}");
    let (approvals, refused) = ask(&|question| sign(&lead, "file", question));
    assert!(approvals.is_empty() && refused[0].contains("does not fit"), "{refused:?}");
    let (approvals, refused) = ask(&|question| {
        sign(&lead, APPROVAL_NAMESPACE, question);
        std::fs::write(question, "{\"changed\": true}\n").unwrap();
    });
    assert!(approvals.is_empty() && refused[0].contains("does not fit"), "{refused:?}");
    let stranger = key(folder.path(), "stranger");
    let (approvals, refused) = ask(&|question| sign(&stranger, APPROVAL_NAMESPACE, question));
    assert!(approvals.is_empty() && refused[0].contains("not among the allowed"), "{refused:?}");
    let (approvals, _) = ask(&|question| sign(&lead, APPROVAL_NAMESPACE, question));
    assert_eq!(approvals[0].by, "ir-lead");
}

#[test]
fn nobody_in_time_is_a_refusal_and_a_later_resume_asks_again() {
    if !have_keygen() {
        return;
    }
    let mut world = World::new();
    let folder = world.folder.path().to_owned();
    let lead = key(&folder, "lead");
    let allowed = allow(&folder, &[("ir-lead", &lead)]);
    let silent = Elsewhere { allowed: allowed.clone(), signs: |_: &Path| {} };
    let report = world.run_with(&with_lead(), &silent, Mode::Run, None, false).unwrap();
    assert_eq!(report.exit, Exit::Refused);
    assert!(!world.path("second").exists());
    let signs = Elsewhere { allowed, signs: |question: &Path| sign(&lead, APPROVAL_NAMESPACE, question) };
    let report = world.run_with(&with_lead(), &signs, Mode::Run, Some(report.run), false).unwrap();
    assert_eq!(report.exit, Exit::Done);
}

#[test]
fn an_approval_stands_for_what_is_left_after_a_crash() {
    let mut world = World::new();
    let first = world.run(TWO, yes(), Mode::Run, None).unwrap();
    // As if the crash had come between the approval and the end of the step: its end and its file are gone.
    let journal = world.case.journal();
    journal
        .append("step-ended", Some(&first.run), Some("second"), serde_json::json!({"state": "failed"}))
        .unwrap();
    std::fs::remove_file(world.path("second")).unwrap();
    let nobody = Answer::No { why: "nobody is asked twice".into() };
    let report = world.run(TWO, nobody, Mode::Run, Some(first.run)).unwrap();
    assert_eq!(states(&report), [("first", "succeeded"), ("second", "succeeded")]);
}
