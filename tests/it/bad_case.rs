//! Cases in trouble, through the program: named, with the right exit code, and nothing lost.

use std::{
    fs,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use sha2::{Digest as _, Sha256};

use crate::harness::{Run, bbsec_ir, finish, not_run, program, temporary};

fn new_case(at: &Path) {
    bbsec_ir(at, ["case", "new", "case", "--title", "before"]).ended(&[0]);
}

fn set(at: &Path, setting: &str) -> Run {
    bbsec_ir(at, ["case", "set", setting, "--case", "case"])
}

/// An error that names the thing and says what to do next.
fn explains(run: &Run, parts: &[&str]) {
    for part in ["error", "help"].iter().chain(parts) {
        assert!(run.stderr.contains(part), "`{part}` is missing: {}", run.stderr);
    }
    assert!(!run.stderr.contains("panicked"), "{}", run.stderr);
}

fn replace(path: &Path, from: &str, to: &str) {
    let text = fs::read_to_string(path).unwrap();
    assert!(text.contains(from), "{from}");
    fs::write(path, text.replacen(from, to, 1)).unwrap();
}

#[test]
fn a_case_of_a_newer_version_is_refused_by_every_command() {
    for (file, from, to) in [
        ("case.toml", "bbsec-ir.case/v1", "bbsec-ir.case/v7"),
        ("journal.jsonl", "bbsec-ir.journal/v1", "bbsec-ir.journal/v7"),
    ] {
        let folder = temporary();
        let at = folder.path();
        new_case(at);
        replace(&at.join("case").join(file), from, to);
        // A newer version's journal would be whole.
        let line = fs::read(at.join("case/journal.jsonl")).unwrap();
        let sha256 = |bytes: &[u8]| bbsec_core::hex::encode(Sha256::digest(bytes));
        let head = format!("{:020} {}", 1, sha256(&line[..line.len() - 1]));
        fs::write(at.join("case/journal.head"), format!("{head} {}\n", &sha256(head.as_bytes())[..16]))
            .unwrap();
        let before = fs::read(at.join("case").join(file)).unwrap();
        for words in [vec!["case", "show"], vec!["case", "set", "title=x"], vec!["report"], vec!["timeline"]]
        {
            let run = finish(program(at).args(&words).args(["--case", "case"])).ended(&[2]);
            explains(&run, &["v7", "version", file]);
        }
        assert_eq!(fs::read(at.join("case").join(file)).unwrap(), before, "nothing was changed");
    }
}

#[test]
fn a_changed_byte_stops_writers_warns_readers_and_is_named_by_verify() {
    let folder = temporary();
    let at = folder.path();
    new_case(at);
    set(at, "title=after").ended(&[0]);
    let journal = at.join("case/journal.jsonl");
    replace(&journal, "\"before\"", "\"befone\"");
    let bytes = fs::read(&journal).unwrap();
    let run = bbsec_ir(at, ["verify", "case"]).ended(&[6]);
    assert!(run.stdout.contains("BROKEN") && run.stdout.contains("journal.jsonl:"), "{}", run.stdout);
    let run = set(at, "title=later").ended(&[6]);
    explains(&run, &["journal.jsonl", "line", "verify"]);
    let run = bbsec_ir(at, ["case", "show", "--case", "case"]).ended(&[0]);
    assert!(run.stderr.contains("warning") && run.stderr.contains("journal.jsonl"), "{}", run.stderr);
    assert_eq!(fs::read(&journal).unwrap(), bytes, "the journal is as it was found");
}

#[test]
fn a_torn_last_line_is_set_aside_and_named() {
    let folder = temporary();
    let at = folder.path();
    new_case(at);
    set(at, "title=after").ended(&[0]);
    let journal = at.join("case/journal.jsonl");
    let good = fs::read(&journal).unwrap();
    fs::write(&journal, [good.as_slice(), b"{\"body\":{\"half"].concat()).unwrap();
    let run = bbsec_ir(at, ["verify", "case"]).ended(&[0]);
    assert!(run.stdout.contains("note") && run.stdout.contains("sets them aside"), "{}", run.stdout);
    set(at, "title=later").ended(&[0]);
    let now = fs::read_to_string(&journal).unwrap();
    assert!(now.as_bytes().starts_with(&good), "what was whole is kept");
    assert!(
        now.contains("half") || fs::read_dir(at.join("case")).unwrap().count() > 0,
        "set aside, not lost"
    );
    bbsec_ir(at, ["verify", "case"]).ended(&[0]);
}

/// A writer that is at work until it is killed, with the lock in its hands.
fn busy_writer(at: &Path) -> Child {
    // Large enough for the slowest look at it to take longer than this test.
    let line = "token = 0123456789abcdef0123456789abcdef; password = \"correct horse battery staple\"\n";
    let big = line.repeat(16 << 20 >> 6);
    for part in 0..24 {
        fs::write(at.join(format!("part{part}.env")), &big).unwrap();
    }
    let mut writer = program(at)
        .args(["scan", "secrets", "--path", ".", "--case", "case"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lock = at.join("case/lock");
    let since = Instant::now();
    while fs::metadata(&lock).map_or(0, |file| file.len()) == 0 {
        assert!(writer.try_wait().unwrap().is_none(), "the writer ended before it was looked at");
        assert!(since.elapsed() < Duration::from_secs(30), "the writer never took the lock");
        std::thread::sleep(Duration::from_millis(5));
    }
    writer
}

#[test]
fn a_second_writer_is_told_who_is_first_and_a_killed_one_leaves_the_way_free() {
    let folder = temporary();
    let at = folder.path();
    new_case(at);
    let mut writer = busy_writer(at);
    let run = set(at, "title=second").ended(&[1]);
    explains(&run, &[&format!("process {}", writer.id()), "responder@", "scan secrets", "wait"]);
    // Readers are not blocked.
    bbsec_ir(at, ["case", "show", "--case", "case"]).ended(&[0]);
    bbsec_ir(at, ["verify", "case"]).ended(&[0]);
    assert!(writer.try_wait().unwrap().is_none(), "the writer was at work all the time");
    writer.kill().unwrap();
    writer.wait().unwrap();
    // Nothing is lost, and the next writer needs no cleaning up.
    bbsec_ir(at, ["verify", "case"]).ended(&[0]);
    set(at, "title=second").ended(&[0]);
    let run = bbsec_ir(at, ["case", "show", "--case", "case", "--format", "json"]).ended(&[0]);
    let shown: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(shown["case"]["title"], "second");
    assert_eq!(shown["runs"].as_array().unwrap().len(), 1, "the killed run is still there");
    bbsec_ir(at, ["verify", "case"]).ended(&[0]);
}

/// Runs a script as root of a mount namespace of its own, on a disk of 700 kB; `$P` is the program.
fn on_a_small_disk(at: &Path, script: &str) -> Option<Run> {
    let disk = at.join("disk");
    fs::create_dir(&disk).unwrap();
    let mut command = Command::new("unshare");
    let mount = "mount -t tmpfs -o size=700k tmpfs disk || exit 77; cd disk; set -u";
    command.args(["--user", "--map-root-user", "--mount", "bash", "-c", &format!("{mount}\n{script}")]);
    command
        .current_dir(at)
        .env("P", env!("CARGO_BIN_EXE_bbsec-ir"))
        .env("NO_COLOR", "1")
        .stdin(Stdio::null());
    let run = match command.output() {
        Ok(_) => finish(&mut command),
        Err(error) => {
            not_run(&format!("a full disk through the program: no mount namespace here: {error}"));
            return None;
        }
    };
    if run.code == 77 || run.stderr.contains("unshare failed") {
        not_run(&format!("a full disk through the program: no mount namespace here: {}", run.stderr.trim()));
        return None;
    }
    Some(run)
}

#[test]
fn a_full_disk_is_named_and_nothing_that_was_said_is_lost() {
    let folder = temporary();
    let script = r#"
        $P -q case new case --title before || exit 10
        head -c 200000 /dev/urandom > evidence.bin
        head -c 10M /dev/zero > filler 2>/dev/null
        $P case set title="$(head -c 9000 /dev/zero | tr '\0' x)" --case case; echo "set $?"
        $P case new other; echo "new $?"
        $P verify -q case > /dev/null; echo "verify $?"
        rm filler
        $P case show --case case --format json | grep -c '"title": "before"'
        $P -q case set title=after --case case; echo "again $?"
        $P verify -q case > /dev/null; echo "verify $?"
    "#;
    let Some(run) = on_a_small_disk(folder.path(), script) else { return };
    assert_eq!(run.stdout, "set 1\nnew 1\nverify 0\n1\nagain 0\nverify 0\n", "{}", run.stderr);
    assert!(run.stderr.contains("is full") && run.stderr.contains("free some space"), "{}", run.stderr);
}

#[test]
fn a_read_only_disk_is_named_and_views_work_on_it() {
    let folder = temporary();
    let script = r#"
        $P -q case new case --title before || exit 10
        cd .. && mount -o remount,ro disk && cd disk || exit 77
        $P case show --case case > /dev/null; echo "show $?"
        $P findings list --case case > /dev/null; echo "findings $?"
        $P report --format md --case case > /dev/null; echo "report $?"
        $P verify case > /dev/null; echo "verify $?"
        $P case set title=after --case case; echo "set $?"
        $P report --case case > /dev/null; echo "report into the case $?"
        $P case new other; echo "new $?"
    "#;
    let Some(run) = on_a_small_disk(folder.path(), script) else { return };
    let expected = "show 0\nfindings 3\nreport 0\nverify 0\nset 1\nreport into the case 1\nnew 1\n";
    assert_eq!(run.stdout, expected, "{}", run.stderr);
    assert!(run.stderr.matches("read-only").count() >= 3, "{}", run.stderr);
}

#[test]
fn a_journal_signed_through_the_program_holds_for_ssh_keygen_and_a_handover_keeps_the_key_here() {
    if !crate::harness::needs("ssh-keygen", "judging signatures made through the program") {
        return;
    }
    let folder = temporary();
    let at = folder.path();
    new_case(at);
    let keygen = |words: &[&str], input: &[u8]| {
        use std::io::Write as _;
        let mut command = Command::new("ssh-keygen");
        let mut child = command.args(words).current_dir(at).stdin(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(input).unwrap();
        assert!(child.wait().unwrap().success(), "ssh-keygen {words:?}");
    };
    keygen(&["-q", "-t", "ed25519", "-N", "", "-f", "key"], b"");
    let public = fs::read_to_string(at.join("key.pub")).unwrap();
    fs::write(at.join("signers"), format!("ada@example.org {public}")).unwrap();
    bbsec_ir(at, ["case", "sign", "--key", "key", "--case", "case"]).ended(&[0]);
    bbsec_ir(at, ["case", "custody", "--to", "Sam", "--key", "key", "--case", "case"]).ended(&[0]);
    let journal = fs::read_to_string(at.join("case/journal.jsonl")).unwrap();
    let mut held = 0;
    for (number, line) in journal.split_inclusive('\n').enumerate() {
        let signature = format!("case/journal.sig/{}.sig", number + 1);
        if at.join(&signature).is_file() {
            let words =
                ["-Y", "verify", "-f", "signers", "-I", "ada@example.org", "-n", "bbsec-ir-journal", "-s"];
            keygen(&[&words[..], &[&signature]].concat(), line.as_bytes());
            held += 1;
        }
    }
    assert_eq!(held, 2);
    let run = bbsec_ir(at, ["verify", "case", "--allowed-signers", "signers"]).ended(&[0]);
    assert_eq!(run.stdout.matches("by ada@example.org").count(), 2, "{}", run.stdout);

    let bundle = ["handover", "--to", "all", "--bundle", "handover.zip", "--case", "case"];
    bbsec_ir(at, bundle).ended(&[0]);
    let mode = std::os::unix::fs::PermissionsExt::mode(
        &fs::metadata(at.join("case/case.key")).unwrap().permissions(),
    );
    assert_eq!(mode & 0o777, 0o600);
    if crate::harness::needs("unzip", "looking into the handover") {
        let list = Command::new("unzip").args(["-l", "handover.zip"]).current_dir(at).output().unwrap();
        let list = String::from_utf8_lossy(&list.stdout).into_owned();
        assert!(!list.contains("case.key") && !list.contains("lock"), "{list}");
        let all = Command::new("unzip").args(["-p", "handover.zip"]).current_dir(at).output().unwrap().stdout;
        let key = fs::read(at.join("case/case.key")).unwrap();
        assert!(!all.windows(key.len()).any(|window| window == key), "the key is in the handover");
    }
}
