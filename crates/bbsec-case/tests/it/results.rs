//! What analyses write and readers see.

use std::ops::ControlFlow;

use bbsec_case::{Access, Case, EventFilter};
use bbsec_core::{Gap, Sink as _};

use crate::support::{empty, event, filled, finding};

#[test]
fn a_re_scan_replaces_the_results_of_the_same_step_and_an_unfinished_one_does_not() {
    let (_folder, _dir, case) = empty();
    let scan = |step: &str, subjects: &[&str], finish: bool| {
        let run = case.start_run("scan").unwrap();
        let mut sink = case.sink(&run, step, "scan.access").unwrap();
        for subject in subjects {
            sink.finding(finding(subject)).unwrap();
            sink.event(event(subject.len() as u64)).unwrap();
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
