//! Signatures, judged by OpenSSH's own `ssh-keygen -Y verify`; keys in files and in ssh-agent.

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use bbsec_case::{Access, Case, CaseError, SIGNATURE_NAMESPACE, Signer, VerifyOptions, verify_with};
use bbsec_core::Silent;

use crate::support::{copy, filled, overwrite, text};

fn keygen(folder: &Path, kind: &str, passphrase: &str) -> PathBuf {
    let key = folder.join(format!("id_{kind}"));
    let made = Command::new("ssh-keygen")
        .args(["-q", "-t", kind, "-C", "ada@example.org", "-N", passphrase, "-f"])
        .arg(&key)
        .stdout(Stdio::null())
        .status();
    assert!(made.unwrap().success());
    key
}

fn have(program: &str) -> bool {
    let found =
        Command::new("sh").args(["-c", &format!("command -v {program}")]).output().unwrap().status.success();
    if !found {
        println!("not run: no {program}");
    }
    found
}

fn allowed(folder: &Path, key: &Path) -> PathBuf {
    let path = folder.join("allowed_signers");
    let public = fs::read_to_string(key.with_extension("pub")).unwrap();
    fs::write(&path, format!("ada@example.org namespaces=\"{SIGNATURE_NAMESPACE}\" {public}")).unwrap();
    path
}

/// What anybody can type.
fn ssh_keygen_verifies(dir: &Path, allowed: &Path, seq: u64, file: &str) -> bool {
    let journal = fs::read_to_string(dir.join("journal.jsonl")).unwrap();
    let line = journal.split_inclusive('\n').nth(usize::try_from(seq).unwrap() - 1).unwrap().to_owned();
    let mut child = Command::new("ssh-keygen")
        .args(["-Y", "verify", "-I", "ada@example.org", "-n", SIGNATURE_NAMESPACE, "-f"])
        .arg(allowed)
        .arg("-s")
        .arg(dir.join(file))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(line.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    println!("{}", text(&output));
    output.status.success()
}

#[test]
fn a_key_file_signs_the_head_and_ssh_keygen_agrees() {
    if !have("ssh-keygen") {
        return;
    }
    let (folder, dir) = filled();
    let key = keygen(folder.path(), "ed25519", "");
    let case = Case::open(&dir, Access::Write).unwrap();
    let signed = case.sign(&Signer::KeyFile(key.clone())).unwrap();
    let allowed = allowed(folder.path(), &key);
    assert!(ssh_keygen_verifies(&dir, &allowed, signed.seq, &signed.file));

    let options = VerifyOptions { deep: false, allowed_signers: Some(allowed.clone()) };
    let report = verify_with(&dir, &options, &Silent).unwrap();
    assert!(report.ok, "{report:#?}");
    assert_eq!(report.signed[0].by.as_deref(), Some("ada@example.org"));

    let copied = folder.path().join("copy");
    copy(&dir, &copied);
    let good = fs::read(copied.join(&signed.file)).unwrap();
    for at in 0..good.len() {
        let mut bad = good.clone();
        bad[at] ^= 1;
        overwrite(&copied.join(&signed.file), &bad);
        let report = verify_with(&copied, &options, &Silent).unwrap();
        assert!(report.problems.iter().any(|problem| problem.file == signed.file), "byte {at}");
    }
    fs::remove_file(copied.join(&signed.file)).unwrap();
    assert!(!verify_with(&copied, &options, &Silent).unwrap().ok);

    // The key of somebody else is not allowed, here and there.
    let other = folder.path().join("other");
    fs::create_dir(&other).unwrap();
    let other = self::allowed(&other, &keygen(&other, "ed25519", ""));
    assert!(!ssh_keygen_verifies(&dir, &other, signed.seq, &signed.file));
    let options = VerifyOptions { deep: false, allowed_signers: Some(other) };
    let report = verify_with(&dir, &options, &Silent).unwrap();
    assert!(report.problems[0].why.contains("may not sign"), "{report:#?}");
}

#[test]
fn a_rewritten_history_does_not_carry_the_old_signature() {
    if !have("ssh-keygen") {
        return;
    }
    let (folder, dir) = filled();
    let key = keygen(folder.path(), "ed25519", "");
    let case = Case::open(&dir, Access::Write).unwrap();
    case.sign(&Signer::KeyFile(key)).unwrap();
    drop(case);
    // An attacker who knows the format changes a line, links every later line anew and writes a new head.
    let text = fs::read_to_string(dir.join("journal.jsonl")).unwrap();
    let (mut prev, mut count, mut out) = ("0".repeat(64), 0, String::new());
    for line in text.lines() {
        let mut entry: bbsec_case::Entry =
            serde_json::from_str(&line.replace("known test user", "my own account")).unwrap();
        entry.prev.clone_from(&prev);
        let line = entry.line().unwrap();
        prev = sha256(line.as_bytes());
        count += 1;
        out += &(line + "\n");
    }
    overwrite(&dir.join("journal.jsonl"), out.as_bytes());
    let head = format!("{count:020} {prev}");
    let head = format!("{head} {}\n", &sha256(head.as_bytes())[..16]);
    overwrite(&dir.join("journal.head"), head.as_bytes());
    let report = bbsec_case::verify(&dir, false, &Silent).unwrap();
    assert_eq!(report.problems.len(), 1, "only the signature tells: {report:#?}");
    assert!(report.problems[0].why.contains("does not fit line"), "{report:#?}");
}

fn sha256(bytes: &[u8]) -> String {
    use sha2::Digest as _;
    bbsec_core::hex::encode(sha2::Sha256::digest(bytes))
}

#[test]
fn a_key_with_a_passphrase_is_refused_with_the_way_out() {
    if !have("ssh-keygen") {
        return;
    }
    let (folder, dir) = filled();
    let key = keygen(folder.path(), "ed25519", "correct horse");
    let case = Case::open(&dir, Access::Write).unwrap();
    let error = case.sign(&Signer::KeyFile(key)).unwrap_err();
    assert!(matches!(error, CaseError::KeyEncrypted { .. }), "{error}");
    assert!(error.help().unwrap().contains("ssh-add"));
}

/// An agent of our own, ended when dropped.
struct Agent(Child, PathBuf);

impl Agent {
    fn start(folder: &Path) -> Self {
        let socket = folder.join("agent");
        let child =
            Command::new("ssh-agent").arg("-D").arg("-a").arg(&socket).stdout(Stdio::null()).spawn().unwrap();
        for _ in 0..500 {
            if std::os::unix::net::UnixStream::connect(&socket).is_ok() {
                break;
            }
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        Self(child, socket)
    }

    fn add(&self, key: &Path) {
        let added = Command::new("ssh-add").arg("-q").arg(key).env("SSH_AUTH_SOCK", &self.1).status();
        assert!(added.unwrap().success());
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn keys_of_every_kind_sign_through_the_agent_and_ssh_keygen_agrees() {
    if !have("ssh-keygen") || !have("ssh-agent") {
        return;
    }
    let (folder, dir) = filled();
    let agent = Agent::start(folder.path());
    let signer = |key: Option<String>| Signer::Agent { socket: Some(agent.1.clone()), key };
    let case = Case::open(&dir, Access::Write).unwrap();
    let error = case.sign(&signer(None)).unwrap_err();
    assert!(error.to_string().contains("no key"), "{error}");
    for kind in ["ed25519", "ecdsa", "rsa"] {
        let key = keygen(folder.path(), kind, "");
        agent.add(&key);
        let public = key.with_extension("pub");
        let signed = case.sign(&signer(Some(public.display().to_string()))).unwrap();
        let allowed = allowed(folder.path(), &key);
        assert!(ssh_keygen_verifies(&dir, &allowed, signed.seq, &signed.file), "{kind}");
        let report = bbsec_case::verify(&dir, false, &Silent).unwrap();
        assert!(report.ok, "{report:#?}");
    }
    let report = bbsec_case::verify(&dir, false, &Silent).unwrap();
    assert_eq!(report.signed.len(), 2, "Ed25519 and ECDSA P-256 are checked here");
    assert_eq!(report.notes.len(), 1, "RSA is left to ssh-keygen, and named: {report:#?}");
    let error = case.sign(&signer(None)).unwrap_err();
    assert!(error.to_string().contains("several keys"), "{error}");
    let error = case.sign(&signer(Some("SHA256:nothing".into()))).unwrap_err();
    assert!(error.to_string().contains("does not hold"), "{error}");
}

#[test]
fn custody_is_a_signed_line_and_names_the_next_responder() {
    if !have("ssh-keygen") {
        return;
    }
    let (folder, dir) = filled();
    let key = keygen(folder.path(), "ed25519", "");
    let mut case = Case::open(&dir, Access::Write).unwrap();
    let line =
        case.custody("Bob <bob@example.org>", "shift change", Some(&Signer::KeyFile(key.clone()))).unwrap();
    assert_eq!(line.body["from"], "Ada <ada@example.org>");
    assert!(ssh_keygen_verifies(
        &dir,
        &allowed(folder.path(), &key),
        line.seq,
        &format!("journal.sig/{}.sig", line.seq)
    ));
    case.start_run("next").unwrap();
    let last = case.journal().entries().unwrap().pop().unwrap();
    assert_eq!(
        (last.by.as_str(), case.meta().responder.as_str()),
        ("Bob <bob@example.org>", "Bob <bob@example.org>")
    );
    assert!(bbsec_case::verify(&dir, false, &Silent).unwrap().ok);
}
