//! Makes cases with real content, and finds the outside programs that judge them.

use std::{
    path::{Path, PathBuf},
    process::{Command, Output},
};

use bbsec_case::{Case, NewCase};
use bbsec_core::{
    CaseStore as _, Confidence, Event, Finding, Gap, Place, Provenance, Severity, Sink as _, Subject, Target,
    TargetKind, Time, Verb,
};
use tempfile::TempDir;

pub fn new_case() -> NewCase {
    NewCase {
        id: Some("INC-1".into()),
        title: "A stolen token".into(),
        product: Some("bitbucket".into()),
        product_version: Some("9.4.1".into()),
        responder: "Ada <ada@example.org>".into(),
        ..NewCase::default()
    }
}

pub fn empty() -> (TempDir, PathBuf, Case) {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("case");
    let case = Case::create(&dir, new_case()).unwrap();
    (folder, dir, case)
}

/// A case with evidence, two runs, findings, events and decisions.
pub fn filled() -> (TempDir, PathBuf) {
    let (folder, dir, mut case) = empty();
    for (path, bytes) in
        [("logs/access.log", "one\ntwo\n"), ("home/bitbucket.properties", "a=b\n"), ("empty", "")]
    {
        case.put(path, provenance("copied"), &mut bytes.as_bytes()).unwrap();
    }
    let run = case.start_run("scan").unwrap();
    case.write_run_file(&run, "plan.json", b"{}").unwrap();
    let mut sink = case.sink(&run, "scan.access", "scan.access").unwrap();
    for number in 0..50 {
        sink.event(&event(number)).unwrap();
    }
    sink.finding(finding("a")).unwrap();
    sink.gap(Gap::unread("log lines", "x", "cut", 3)).unwrap();
    sink.finish().unwrap();
    case.dismiss("0123", "known test user", "Ada").unwrap();
    (folder, dir)
}

pub fn provenance(how: &str) -> Provenance {
    Provenance { source: "/var/atlassian".into(), how: how.into(), what: "log".into() }
}

pub fn finding(subject: &str) -> Finding {
    let subject = Subject::new("user", subject);
    Finding::new("access", "rule", "A title", Severity::High, Confidence::Low, subject, None)
}

/// Every member is set in some of them.
pub fn event(number: u64) -> Event {
    let time = Time::from_micros(1_790_000_000_000_000 + i64::try_from(number).unwrap() * 3_600_000_000);
    let place = Place::new("logs/access.log", number * 100, 99);
    let mut event =
        Event::new(time, "bitbucket.access", "atlassian:bitbucket:access", Verb::Clone, "GET /x", place);
    event.ips = vec![format!("10.0.0.{}", number % 5), "192.0.2.1".into()];
    if number == 7 {
        event.ips[0] = "2001:DB8:0::7".into();
    }
    if number.is_multiple_of(2) {
        event.user = Some(format!("user{}", number % 7));
        event.request = Some(format!("@{number}x"));
        event.target = Some(Target::new(TargetKind::Repository, "PRJ/repo"));
        event.bytes_out = Some(u64::MAX - number);
        event.status = Some(-1);
        event.labels = vec!["protocol:2".into(), "refs".into()];
        event.extra.insert("protocol".into(), "HTTP/1.1 \"quoted\" \u{1b}".into());
    }
    event
}

/// Every file of a folder, relative, sorted.
pub fn files(dir: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = walkdir::WalkDir::new(dir)
        .into_iter()
        .map(Result::unwrap)
        .filter(|entry| entry.file_type().is_file())
        .map(|entry| entry.path().strip_prefix(dir).unwrap().to_path_buf())
        .collect();
    found.sort();
    found
}

/// Copies a folder with its modes, so that a test can change the copy.
pub fn copy(from: &Path, to: &Path) {
    assert!(Command::new("cp").arg("-a").arg(from).arg(to).status().unwrap().success());
}

/// Writes a file although it is read-only.
pub fn overwrite(path: &Path, bytes: &[u8]) {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = std::fs::metadata(path).unwrap().permissions().mode();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
    std::fs::write(path, bytes).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

/// A Python that has this module; says so when there is none.
pub fn python(module: &str) -> Option<PathBuf> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let candidates = [
        std::env::var_os("BBSEC_TEST_PYTHON").map(PathBuf::from),
        Some(workspace.join("target/venv/bin/python")),
        Some("python3".into()),
    ];
    let found = candidates.into_iter().flatten().find(|python| {
        Command::new(python)
            .args(["-c", &format!("import {module}")])
            .output()
            .is_ok_and(|o| o.status.success())
    });
    if found.is_none() {
        println!("not run: no Python with the module {module}");
    }
    found
}

pub fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}
