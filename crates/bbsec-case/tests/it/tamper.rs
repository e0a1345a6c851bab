//! Every kind of byte is flipped and every file is cut: verification names the file, and the line where there is one.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use bbsec_case::{VerifyReport, verify};
use bbsec_core::{Exit, Silent};

use crate::support::{copy, files, filled, overwrite};

fn check(dir: &Path) -> VerifyReport {
    verify(dir, true, &Silent).unwrap()
}

/// Where a case may differ without being a different case.
fn is_free(path: &Path) -> bool {
    let name = path.to_string_lossy();
    name == "lock" || name.ends_with(".claimed")
}

/// Files of a kind under one name: `evidence/data/…`, `events/…`.
fn kind(file: &Path) -> String {
    let parts: Vec<_> = file.iter().map(|part| part.to_string_lossy().into_owned()).collect();
    match parts.as_slice() {
        [bag, data, ..] if bag == "evidence" && data == "data" => "evidence/data/…".into(),
        [folder, ..] if folder == "events" || folder == "runs" => format!("{folder}/…"),
        _ => parts.join("/"),
    }
}

#[test]
fn an_untouched_case_holds() {
    let (_folder, dir) = filled();
    let report = check(&dir);
    assert!(report.ok && report.problems.is_empty() && report.notes.is_empty(), "{report:#?}");
    assert_eq!(report.exit(), Exit::Done);
    assert_eq!(report.checked.evidence_items, 3);
    assert_eq!(report.checked.event_files, 3);
    assert_eq!(report.checked.result_files, 3);
}

#[test]
fn a_flipped_byte_in_any_file_is_named() {
    let (folder, dir) = filled();
    let copied = folder.path().join("copy");
    copy(&dir, &copied);
    let mut flips = 0;
    let mut table: BTreeMap<(String, &str), u64> = BTreeMap::new();
    for file in files(&dir) {
        if is_free(&file) {
            continue;
        }
        let path = copied.join(&file);
        let good = fs::read(&path).unwrap();
        // Large files at a stride that meets every part of a line; small ones at every byte.
        let stride = if good.len() > 2000 { 37 } else { 1 };
        for at in (0..good.len()).step_by(stride) {
            for bit in [0x01, 0x20] {
                let mut bad = good.clone();
                bad[at] ^= bit;
                overwrite(&path, &bad);
                let report = check(&copied);
                assert!(!report.ok, "{} at {at} ^ {bit:#x} was not seen", file.display());
                assert_eq!(report.exit(), Exit::Integrity);
                let named = report.problems.iter().find(|problem| Path::new(&problem.file) == file);
                let Some(named) = named else { panic!("{} at {at} ^ {bit:#x}: {report:#?}", file.display()) };
                *table.entry((kind(&file), named.what)).or_default() += 1;
                flips += 1;
            }
        }
        overwrite(&path, &good);
    }
    assert!(check(&copied).ok);
    for ((file, what), count) in table {
        println!("{file:<30} {count:>6} flips, all named as {what}");
    }
    println!("{flips} flips, each named with its file");
    assert!(flips > 1000, "{flips}");
}

#[test]
fn a_flipped_byte_in_the_journal_is_named_with_its_line() {
    let (folder, dir) = filled();
    let copied = folder.path().join("copy");
    copy(&dir, &copied);
    let path = copied.join("journal.jsonl");
    let good = fs::read(&path).unwrap();
    let lines: Vec<&[u8]> = good.split_inclusive(|byte| *byte == b'\n').collect();
    let mut start = 0;
    for (index, line) in lines.iter().enumerate() {
        for at in (0..line.len()).step_by(5).chain([line.len() - 1]) {
            let mut bad = good.clone();
            bad[start + at] ^= 0x01;
            overwrite(&path, &bad);
            let report = check(&copied);
            let first = report.problems.iter().find(|problem| problem.file == "journal.jsonl").unwrap();
            assert_eq!(first.line, Some(index as u64 + 1), "line {} byte {at}: {report:#?}", index + 1);
            assert_eq!(first.offset, Some(start as u64), "line {} byte {at}", index + 1);
        }
        start += line.len();
    }
}

#[test]
fn a_file_that_was_cut_emptied_or_removed_is_named() {
    let (folder, dir) = filled();
    let copied = folder.path().join("copy");
    copy(&dir, &copied);
    for file in files(&dir) {
        if is_free(&file) {
            continue;
        }
        let path = copied.join(&file);
        let good = fs::read(&path).unwrap();
        let lengths = [0, 1, good.len() / 2, good.len().saturating_sub(1)];
        for length in lengths.into_iter().filter(|length| *length < good.len()) {
            overwrite(&path, &good[..length]);
            named(&copied, &file, &format!("cut to {length}"));
        }
        overwrite(&path, &[good.as_slice(), b"x"].concat());
        if file != Path::new("journal.jsonl") {
            named(&copied, &file, "longer");
        }
        fs::remove_file(&path).unwrap();
        if file == Path::new("case.key") {
            assert!(check(&copied).notes.iter().any(|note| note.file == "case.key"));
        } else {
            named(&copied, &file, "removed");
        }
        copy(&dir.join(&file), &path);
    }
    assert!(check(&copied).ok);
}

fn named(dir: &Path, file: &PathBuf, how: &str) {
    let report = check(dir);
    assert!(
        report.problems.iter().any(|problem| Path::new(&problem.file) == file),
        "{} {how}: {report:#?}",
        file.display()
    );
}

#[test]
fn whole_lines_taken_from_the_journal_are_missed() {
    let (folder, dir) = filled();
    let text = fs::read_to_string(dir.join("journal.jsonl")).unwrap();
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    for taken in 0..lines.len() {
        let copied = folder.path().join(format!("copy{taken}"));
        copy(&dir, &copied);
        let rest: String =
            lines.iter().enumerate().filter(|(index, _)| *index != taken).map(|(_, line)| *line).collect();
        fs::write(copied.join("journal.jsonl"), rest).unwrap();
        let report = check(&copied);
        let problem = report.problems.iter().find(|problem| problem.file == "journal.jsonl").unwrap();
        let expected = [Some(taken as u64), Some(taken as u64 + 1)];
        assert!(expected.contains(&problem.line), "line {} taken: {report:#?}", taken + 1);
    }
}

#[test]
fn what_is_slipped_into_the_bag_is_named() {
    let (_folder, dir) = filled();
    fs::write(dir.join("evidence/data/logs/extra"), "x").unwrap();
    let report = check(&dir);
    assert_eq!(report.problems.len(), 1, "{report:#?}");
    assert_eq!(report.problems[0].file, "evidence/data/logs/extra");
}
