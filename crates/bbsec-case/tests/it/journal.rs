//! The journal: order, chain, durability, changes.

use std::{fs, io::Write as _};

use bbsec_case::{Access, Case, CaseError};
use bbsec_core::{Change, ChangeLog as _, ChangeResult, Silent};
use serde_json::json;

use crate::support::{empty, filled};

#[test]
fn lines_are_numbered_chained_and_canonical() {
    let (_folder, dir, case) = empty();
    case.journal().append("note", Some("r"), None, json!({"z": 1, "a": [1.5, "\u{1b}"]})).unwrap();
    let text = fs::read_to_string(dir.join("journal.jsonl")).unwrap();
    let last = text.lines().last().unwrap();
    assert!(last.starts_with(
        r#"{"body":{"a":[1.5,"\u001b"],"z":1},"by":"Ada <ada@example.org>","kind":"note","prev":""#
    ));
    assert!(last.contains(r#","run":"r","seq":2,"time":""#), "{last}");
    for entry in case.journal().entries().unwrap() {
        assert!(text.contains(&format!("{}\n", entry.line().unwrap())));
    }
}

#[test]
fn threads_append_without_breaking_the_chain() {
    let (_folder, dir, case) = empty();
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let journal = case.journal();
            scope.spawn(move || {
                for number in 0..25 {
                    journal.append("note", None, None, json!([thread, number])).unwrap();
                }
            });
        }
    });
    assert_eq!(case.journal().entries().unwrap().len(), 101);
    assert!(bbsec_case::verify(&dir, false, &Silent).unwrap().ok);
}

#[test]
fn a_torn_last_line_is_told_set_aside_and_named() {
    let (_folder, dir) = filled();
    let mut file = fs::OpenOptions::new().append(true).open(dir.join("journal.jsonl")).unwrap();
    file.write_all(b"{\"body\":{\"half").unwrap();
    let report = bbsec_case::verify(&dir, false, &Silent).unwrap();
    assert!(report.ok && report.notes.iter().any(|note| note.why.contains("14 bytes")), "{report:#?}");
    assert!(Case::open(&dir, Access::Read).unwrap().warnings()[0].contains("not whole"));

    let case = Case::open(&dir, Access::Write).unwrap();
    let entries = case.journal().entries().unwrap();
    let torn = entries.last().unwrap();
    assert_eq!(torn.kind, "torn");
    let aside = dir.join(torn.body["file"].as_str().unwrap());
    assert_eq!(fs::read(aside).unwrap(), b"{\"body\":{\"half");
    let report = bbsec_case::verify(&dir, false, &Silent).unwrap();
    assert!(report.ok && report.notes.is_empty(), "{report:#?}");
}

#[test]
fn nothing_is_appended_to_a_journal_that_does_not_hold() {
    let (_folder, dir) = filled();
    let path = dir.join("journal.jsonl");
    let text = fs::read_to_string(&path).unwrap().replacen("Ada", "Eve", 1);
    fs::write(&path, text).unwrap();
    let error = Case::open(&dir, Access::Write).unwrap_err();
    assert!(matches!(error, CaseError::JournalDamaged { line: 1, .. }), "{error}");
    assert!(Case::open(&dir, Access::Read).unwrap().warnings()[0].contains("line 1"));
}

#[test]
fn changes_and_notes_of_a_step_come_back_after_a_restart() {
    let (_folder, dir, case) = empty();
    let change = |subject: &str| Change {
        operation: "ec2:X".into(),
        subject: subject.into(),
        before: json!({"groups": ["sg-1"]}),
        after: json!({"groups": []}),
        undo: None,
    };
    let mut log = case.journal().change_log("r1", "isolate").unwrap();
    let first = log.intent(&change("eni-1")).unwrap();
    log.outcome(first, &ChangeResult::Done { answer: json!({"id": 1}) }).unwrap();
    let second = log.intent(&change("eni-2")).unwrap();
    log.note("restore-point", json!(1)).unwrap();
    log.note("restore-point", json!(2)).unwrap();
    case.journal().change_log("r1", "other").unwrap().intent(&change("eni-3")).unwrap();
    drop((log, case));

    let case = Case::open(&dir, Access::Write).unwrap();
    let mut log = case.journal().change_log("r1", "isolate").unwrap();
    let past = log.past().unwrap();
    assert_eq!(past.len(), 2);
    assert_eq!(past[0], (first, change("eni-1"), Some(ChangeResult::Done { answer: json!({"id": 1}) })));
    assert_eq!(past[1], (second, change("eni-2"), None));
    assert_eq!(log.last_note("restore-point").unwrap(), Some(json!(2)));
    assert_eq!(log.last_note("nothing").unwrap(), None);
    log.outcome(second, &ChangeResult::Already).unwrap();
    assert_eq!(log.past().unwrap()[1].2, Some(ChangeResult::Already));
}

#[test]
fn twelve_lines_of_python_agree_about_every_flipped_byte() {
    let Some(python) = crate::support::python("json") else { return };
    let (folder, dir) = filled();
    let checker = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/check-journal.py");
    let run = |dir: &std::path::Path| {
        std::process::Command::new(&python).arg(&checker).arg(dir.join("journal.jsonl")).output().unwrap()
    };
    let output = run(&dir);
    assert!(output.status.success(), "{}", crate::support::text(&output));
    let lines = Case::open(&dir, Access::Read).unwrap().journal().entries().unwrap().len();
    assert!(crate::support::text(&output).starts_with(&format!("{lines} lines, head ")));
    let copied = folder.path().join("copy");
    crate::support::copy(&dir, &copied);
    let good = fs::read(dir.join("journal.jsonl")).unwrap();
    for at in (0..good.len()).step_by(good.len() / 40).chain([good.len() - 1]) {
        let mut bad = good.clone();
        bad[at] ^= 1;
        fs::write(copied.join("journal.jsonl"), bad).unwrap();
        assert!(!run(&copied).status.success(), "byte {at}");
        assert!(!bbsec_case::verify(&copied, false, &Silent).unwrap().ok, "byte {at}");
    }
}
