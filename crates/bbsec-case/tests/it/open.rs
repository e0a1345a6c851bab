//! Making, finding, opening; what a case refuses.

use std::{fs, os::unix::fs::PermissionsExt as _};

use bbsec_case::{Access, Case, CaseError};
use bbsec_core::{CaseStore as _, Exit, Failure};

use crate::support::{copy, empty, filled, new_case, overwrite};

fn mode(path: &std::path::Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn a_new_case_is_private_and_opens_again() {
    let (_folder, dir, case) = empty();
    assert_eq!(mode(&dir), 0o700);
    assert_eq!(mode(&dir.join("case.key")), 0o600);
    let before = case.fingerprinter().of(b"secret");
    assert!(case.fingerprinter().keyed());
    assert!(!format!("{case:?}").contains(&format!("{:?}", fs::read(dir.join("case.key")).unwrap())));
    drop(case);
    let case = Case::open(&dir, Access::Read).unwrap();
    assert_eq!(case.meta().id, "INC-1");
    assert_eq!(case.fingerprinter().of(b"secret"), before);
    assert_eq!(Case::find(&dir.join("evidence/data")), Some(dir.canonicalize().unwrap()));
    assert!(matches!(Case::create(&dir, new_case()), Err(CaseError::Exists { .. })));
}

#[test]
fn a_second_writer_is_told_who_is_first_and_readers_are_not_blocked() {
    let (_folder, dir, case) = empty();
    let refused = Case::open(&dir, Access::Write).unwrap_err();
    let text = refused.to_string();
    assert!(text.contains(&format!("process {}", std::process::id())), "{text}");
    assert_eq!(Failure::from(refused).exit, Exit::Failed);
    let reader = Case::open(&dir, Access::Read).unwrap();
    assert!(matches!(reader.start_run("x"), Err(CaseError::ReadOnly { .. })));
    assert!(bbsec_case::holder(&dir).is_some());
    drop(case);
    assert!(bbsec_case::holder(&dir).is_none());
    Case::open(&dir, Access::Write).unwrap();
}

#[test]
fn changes_of_the_description_are_journalled_and_an_interrupted_one_is_finished() {
    let (_folder, dir, mut case) = empty();
    let old = fs::read(dir.join("case.toml")).unwrap();
    case.update_meta(|meta| {
        meta.title = "Another title".into();
        meta.settings.insert("log-tz".into(), "Europe/Berlin".into());
    })
    .unwrap();
    let entries = case.journal().entries().unwrap();
    let set = entries.last().unwrap();
    assert_eq!(set.kind, "set");
    assert_eq!(set.body["before"]["title"], "A stolen token");
    assert_eq!(set.body["after"]["title"], "Another title");
    drop(case);
    // A writer that was killed after the journal line and before the file.
    fs::write(dir.join("case.toml"), old).unwrap();
    let report = bbsec_case::verify(&dir, false, &bbsec_core::Silent).unwrap();
    assert!(report.ok && report.notes.iter().any(|note| note.file == "case.toml"), "{report:#?}");
    let case = Case::open(&dir, Access::Write).unwrap();
    assert_eq!(case.meta().settings["log-tz"], "Europe/Berlin");
}

#[test]
fn a_case_of_a_newer_version_is_refused_with_its_schema() {
    for (file, from, to) in [
        ("case.toml", "bbsec-ir.case/v1", "bbsec-ir.case/v2"),
        ("journal.jsonl", "bbsec-ir.journal/v1", "bbsec-ir.journal/v2"),
    ] {
        let (folder, dir) = filled();
        let copied = folder.path().join("newer");
        copy(&dir, &copied);
        let text = fs::read_to_string(copied.join(file)).unwrap();
        overwrite(&copied.join(file), text.replacen(from, to, 1).as_bytes());
        let error = Case::open(&copied, Access::Read).unwrap_err();
        assert!(matches!(&error, CaseError::NewerSchema { schema, .. } if schema == to), "{error}");
        let failure = Failure::from(error);
        assert_eq!(failure.exit, Exit::Usage);
        assert!(failure.help.unwrap().contains("version"));
    }
}

#[test]
fn a_missing_key_stops_the_writer_and_not_the_reader() {
    let (_folder, dir) = filled();
    fs::remove_file(dir.join("case.key")).unwrap();
    assert!(matches!(Case::open(&dir, Access::Write), Err(CaseError::Key { .. })));
    assert!(!Case::open(&dir, Access::Read).unwrap().fingerprinter().keyed());
    fs::write(dir.join("case.key"), [7; 32]).unwrap();
    assert!(matches!(Case::open(&dir, Access::Write), Err(CaseError::Key { .. })));
}

#[test]
fn what_is_no_case_is_said_so() {
    let folder = tempfile::tempdir().unwrap();
    for dir in [folder.path().to_path_buf(), folder.path().join("missing")] {
        assert!(matches!(Case::open(&dir, Access::Write), Err(CaseError::NotACase { .. })));
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "nothing was left behind");
}
