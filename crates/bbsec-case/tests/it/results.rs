//! What analyses write and readers see.

use std::ops::ControlFlow;

use bbsec_case::{Access, Case, CaseError, EventFilter};
use bbsec_core::{Confidence, Exit, ExposedSecret, Fingerprint, Gap, Severity, Sink as _, secret::ObjectRef};

use crate::support::{empty, event, files, filled, finding, overwrite};

#[test]
fn a_re_scan_replaces_the_results_of_the_same_step_and_an_unfinished_one_does_not() {
    let (_folder, _dir, case) = empty();
    let scan = |step: &str, subjects: &[&str], finish: bool| {
        let run = case.start_run("scan").unwrap();
        let mut sink = case.sink(&run, step, "scan.access").unwrap();
        for subject in subjects {
            sink.finding(finding(subject)).unwrap();
            sink.event(&event(subject.len() as u64)).unwrap();
        }
        if finish {
            sink.finish().unwrap();
        }
    };
    let ids = || -> Vec<String> {
        case.findings().unwrap().into_iter().map(|finding| finding.subject.id).collect()
    };
    let events = || case.events(&EventFilter::default(), &mut |_| ControlFlow::Continue(())).unwrap();
    scan("one", &["a", "b"], true);
    scan("two", &["b", "c"], true);
    assert_eq!(ids(), ["a", "b", "c"], "the same finding of two steps is one");
    assert_eq!(events(), 4);
    scan("one", &["d"], false);
    assert_eq!(ids(), ["a", "b", "c"]);
    scan("one", &["d"], true);
    assert_eq!(ids(), ["b", "c", "d"]);
    assert_eq!(events(), 3);
    scan("two", &[], true);
    assert_eq!(ids(), ["d"], "a scan that finds nothing replaces as well");
}

#[test]
fn the_event_folder_holds_only_the_results_that_count() {
    let (_folder, dir, case) = empty();
    let scan = |finish: bool| {
        let run = case.start_run("scan").unwrap();
        let mut sink = case.sink(&run, "s", "scan.access").unwrap();
        for number in 0..30 {
            sink.event(&event(number)).unwrap();
        }
        if finish {
            sink.finish().unwrap();
        }
    };
    let parquet = || -> Vec<_> {
        let all = files(&dir).into_iter().filter(|file| file.extension().is_some_and(|e| e == "parquet"));
        all.map(|file| file.components().next().unwrap().as_os_str().to_str().unwrap().to_owned()).collect()
    };
    scan(true);
    let first = parquet();
    scan(true);
    assert_eq!(
        parquet(),
        [vec!["events".to_owned(); first.len()], vec!["runs".to_owned(); first.len()]].concat()
    );
    let report = bbsec_case::verify(&dir, false, &bbsec_core::Silent).unwrap();
    assert!(report.ok && report.notes.is_empty(), "{report:#?}");
    // The files of an analysis that never finished are removed by the next writer, and that is journalled.
    std::fs::write(dir.join("events/source=bitbucket.access/orphan.parquet"), "x").unwrap();
    drop(case);
    let case = Case::open(&dir, Access::Write).unwrap();
    assert_eq!(parquet().len(), first.len() * 2);
    assert_eq!(case.journal().entries().unwrap().last().unwrap().kind, "leftover_removed");
}

#[test]
fn a_results_file_that_was_changed_is_not_read() {
    let (_folder, dir) = filled();
    let file =
        files(&dir).into_iter().find(|file| file.to_string_lossy().ends_with(".findings.jsonl")).unwrap();
    let text = std::fs::read_to_string(dir.join(&file)).unwrap();
    overwrite(&dir.join(&file), text.replace("A title", "B title").as_bytes());
    let error = Case::open(&dir, Access::Read).unwrap().findings().unwrap_err();
    assert!(matches!(error, CaseError::ResultChanged { .. }), "{error}");
    assert_eq!(error.exit(), Exit::Integrity);
}

#[test]
fn a_revealed_secret_is_redacted_on_its_way_into_the_case() {
    let (_folder, dir, case) = empty();
    let run = case.start_run("scan").unwrap();
    let mut sink = case.sink(&run, "s", "scan.secrets").unwrap();
    let given = ["hunter2hunter2", "AKIA…(20)", "…(7)", "correct horse…(9)", "x…(y)"];
    for (number, secret) in given.into_iter().enumerate() {
        sink.secret(exposed(number, secret)).unwrap();
    }
    sink.finish().unwrap();
    let kept: Vec<_> = case.secrets().unwrap().into_iter().map(|row| row.secret).collect();
    assert_eq!(kept, ["hunt…(14)", "AKIA…(20)", "…(7)", "corr…(17)", "…(5)"]);
    for file in files(&dir) {
        let bytes = std::fs::read(dir.join(file)).unwrap();
        assert!(!bytes.windows(14).any(|window| window == b"hunter2hunter2"));
    }
}

fn exposed(number: usize, secret: &str) -> ExposedSecret {
    ExposedSecret {
        fingerprint: Fingerprint(number.to_string()),
        keyed: true,
        public_id: None,
        rule: "r".into(),
        title: "t".into(),
        severity: Severity::High,
        confidence: Confidence::High,
        provider: "generic".into(),
        secret: secret.into(),
        repo: None,
        project: None,
        slug: None,
        object: ObjectRef { kind: "blob".into(), id: "0".into() },
        path: None,
        line: None,
        column: None,
        commit: None,
        author: None,
        email: None,
        committed_at: None,
        reachable: Vec::new(),
        at_head: false,
        occurrences: 1,
        paths: Vec::new(),
        notes: Vec::new(),
    }
}

#[test]
fn gaps_of_actions_and_analyses_come_back_together_and_decisions_by_finding() {
    let (_folder, dir) = filled();
    let case = Case::open(&dir, Access::Write).unwrap();
    case.gap(Some("r"), Some("s"), &Gap::unknown("permission", "ec2", "denied")).unwrap();
    case.gap(Some("r"), Some("s"), &Gap::unknown("permission", "ec2", "denied")).unwrap();
    let kinds: Vec<_> = case.gaps().unwrap().into_iter().map(|gap| gap.kind).collect();
    assert_eq!(kinds, ["log lines", "permission"]);
    let dismissed = case.dismissed().unwrap();
    assert_eq!(dismissed["0123"].why, "known test user");
    case.restore("0123", "was wrong", "Bob").unwrap();
    assert!(case.dismissed().unwrap().is_empty());
}

#[test]
fn run_files_are_written_once_and_runs_are_listed() {
    let (_folder, _dir, case) = empty();
    let run = case.start_run("isolate ../x").unwrap();
    assert!(!run.contains('/'));
    assert!(case.write_run_file(&run, "../../plan.json", b"1").unwrap().starts_with(case.run_dir(&run)));
    assert!(case.write_run_file(&run, "../../plan.json", b"2").is_err());
    let other = case.start_run("isolate ../x").unwrap();
    assert_ne!(run, other);
    let runs = case.runs().unwrap();
    assert_eq!(runs.len(), 2);
    assert_eq!((&runs[0].id, runs[0].name.as_str()), (&run, "isolate ../x"));
    assert!(case.has_run(&other).unwrap() && !case.has_run("x").unwrap());
}
