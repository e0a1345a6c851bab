//! The evidence bag, judged by the Library of Congress' own tool and by `sha256sum`.

use std::{
    fs,
    os::unix::fs::{PermissionsExt as _, symlink},
    process::Command,
};

use bbsec_case::{Access, Case, CaseError};
use bbsec_core::{CaseStore as _, Silent};

use crate::support::{copy, empty, filled, overwrite, provenance, python, text};

#[test]
fn bagit_py_accepts_the_bag_and_refuses_a_changed_one() {
    let (folder, dir, mut case) = empty();
    let Some(python) = python("bagit") else { return };
    let names = [
        "a",
        "logs/access log.txt",
        "ü/ñ",
        "percent%41",
        "line\nend",
        "tab\tx",
        "%0a",
        "back\\slash",
        "-dash",
        "~tilde",
    ];
    for name in names {
        case.put(name, provenance("copied"), &mut name.as_bytes()).unwrap();
    }
    let validate = |bag: &std::path::Path| {
        Command::new(&python).args(["-m", "bagit", "--validate"]).arg(bag).output().unwrap()
    };
    let output = validate(&dir.join("evidence"));
    assert!(output.status.success(), "{}", text(&output));
    let copied = folder.path().join("copy");
    copy(&dir, &copied);
    overwrite(&copied.join("evidence/data/a"), b"b");
    assert!(!validate(&copied.join("evidence")).status.success());
    assert!(bbsec_case::verify(&dir, false, &Silent).unwrap().ok);
}

#[test]
fn evidence_is_read_only_hashed_and_carries_its_provenance() {
    let (_folder, dir) = filled();
    let case = Case::open(&dir, Access::Read).unwrap();
    let item = &case.evidence().unwrap()[0];
    let path = case.evidence_path(item);
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o444);
    let output = Command::new("sha256sum").arg(&path).output().unwrap();
    assert!(text(&output).starts_with(&item.sha256));
    assert_eq!(item.by, "Ada <ada@example.org>");
    assert!(item.tool.starts_with("bbsec-ir "));
    let listed = fs::read_to_string(dir.join("evidence/provenance.jsonl")).unwrap();
    assert_eq!(listed.lines().count(), 3);
    assert!(listed.contains("/var/atlassian"));
}

#[test]
fn the_same_bytes_again_are_the_same_item_and_other_bytes_are_refused() {
    let (_folder, _dir, mut case) = empty();
    let first = case.put("a/b", provenance("copied"), &mut &b"x"[..]).unwrap();
    let again = case.put("a/b", provenance("copied"), &mut &b"x"[..]).unwrap();
    assert_eq!(first, again);
    let error = case.put_evidence("a/b", provenance("copied"), &mut &b"y"[..]).unwrap_err();
    assert!(matches!(error, CaseError::EvidenceDiffers { .. }), "{error}");
    assert_eq!(case.evidence().unwrap().len(), 1);
    for path in ["", "/etc/passwd", "../x", "a/../../x", "a//b", "a/", ".", "zero\0byte"] {
        let error = case.put_evidence(path, provenance("copied"), &mut &b"x"[..]).unwrap_err();
        assert!(matches!(error, CaseError::BadPath { .. }), "{path:?}");
    }
}

#[test]
fn a_source_that_breaks_off_leaves_no_item() {
    struct Broken(u8);
    impl std::io::Read for Broken {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            self.0 += 1;
            if self.0 > 2 { Err(std::io::Error::other("gone")) } else { Ok(buffer.len()) }
        }
    }
    let (_folder, dir, mut case) = empty();
    let error = case.put_evidence("a", provenance("copied"), &mut Broken(0)).unwrap_err();
    assert!(matches!(error, CaseError::Source { .. }), "{error}");
    assert!(case.evidence().unwrap().is_empty());
    let report = bbsec_case::verify(&dir, false, &Silent).unwrap();
    assert!(report.ok && report.notes.is_empty(), "{report:#?}");
    case.put("a", provenance("copied"), &mut &b"x"[..]).unwrap();
}

#[test]
fn a_registered_folder_is_checked_by_sha256sum_and_by_verify_deep() {
    let (folder, dir, mut case) = empty();
    let home = folder.path().join("home");
    fs::create_dir_all(home.join("repositories/1")).unwrap();
    for (name, bytes) in
        [("repositories/1/HEAD", "ref"), ("repositories/1/a\\b", "x"), ("new\nline", "y"), ("zero", "")]
    {
        fs::write(home.join(name), bytes).unwrap();
    }
    symlink("/etc/passwd", home.join("link")).unwrap();
    let item = case.register("home", provenance("hashed"), &home, &Silent).unwrap();
    assert_eq!((item.path.as_str(), item.size), ("registered/home.sha256", 5));
    let list = case.evidence_path(&item);
    let output =
        Command::new("sha256sum").arg("--strict").arg("-c").arg(&list).current_dir(&home).output().unwrap();
    assert!(output.status.success(), "{}", text(&output));
    let others = fs::read_to_string(dir.join("evidence/data/registered/home.other.jsonl")).unwrap();
    assert_eq!(others, "{\"path\":\"link\",\"kind\":\"symlink\",\"what\":\"/etc/passwd\"}\n");

    let report = bbsec_case::verify(&dir, true, &Silent).unwrap();
    assert!(report.ok, "{report:#?}");
    assert_eq!(report.checked.registered_files, 4);
    fs::write(home.join("repositories/1/HEAD"), "fer").unwrap();
    fs::remove_file(home.join("zero")).unwrap();
    assert!(bbsec_case::verify(&dir, false, &Silent).unwrap().ok);
    let report = bbsec_case::verify(&dir, true, &Silent).unwrap();
    let named: Vec<_> =
        report.problems.iter().map(|problem| problem.file.rsplit('/').next().unwrap()).collect();
    assert_eq!(named, ["HEAD", "zero"], "{report:#?}");
}

#[test]
fn an_interrupted_registration_goes_on_where_it_stopped() {
    use std::sync::atomic::{AtomicU64, Ordering};
    struct StopAfter(AtomicU64, u64);
    impl bbsec_core::Progress for StopAfter {
        fn task(&self, _: &str, _: bbsec_core::Unit, _: Option<u64>) -> Box<dyn bbsec_core::Task> {
            Box::new(Silent)
        }
        fn say(&self, _: &str) {}
        fn cancelled(&self) -> bool {
            self.0.fetch_add(1, Ordering::Relaxed) >= self.1
        }
    }
    let (folder, dir, mut case) = empty();
    let home = folder.path().join("home");
    fs::create_dir(&home).unwrap();
    for number in 0..20 {
        fs::write(home.join(format!("{number:02}")), format!("{number}")).unwrap();
    }
    let stop = StopAfter(AtomicU64::new(0), 20);
    let error = case.register_folder("home", provenance("hashed"), &home, &stop).unwrap_err();
    assert!(matches!(error, CaseError::Cancelled { .. }), "{error}");
    drop(case);
    let partial = fs::read_dir(dir.join("evidence/.incoming")).unwrap().next().unwrap().unwrap().path();
    let kept = fs::read_to_string(&partial).unwrap().lines().count();
    assert!((1..20).contains(&kept), "{kept}");
    // What was hashed is not read again: the content of a hashed file is changed without its size or time.
    let first = home.join("00");
    let time = fs::metadata(&first).unwrap().modified().unwrap();
    fs::write(&first, "9").unwrap();
    fs::File::options().write(true).open(&first).unwrap().set_modified(time).unwrap();

    let mut case = Case::open(&dir, Access::Write).unwrap();
    let item = case.register("home", provenance("hashed"), &home, &Silent).unwrap();
    let list = fs::read_to_string(case.evidence_path(&item)).unwrap();
    assert_eq!(list.lines().count(), 20);
    assert!(list.contains("5feceb66ffc86f38d952786c6d696c79c2dbc239dd4e91b46729d73a27fb57e9  00"), "{list}");
    assert!(!partial.exists());
    assert!(!bbsec_case::verify(&dir, true, &Silent).unwrap().ok, "the changed file is found again");
}

#[test]
fn what_a_power_cut_takes_back_is_put_right_from_the_journal() {
    let (_folder, dir, mut case) = empty();
    let mut states = Vec::new();
    let names = ["manifest-sha256.txt", "provenance.jsonl", "bag-info.txt", "tagmanifest-sha256.txt"];
    for number in 0..6 {
        case.put(&format!("f/{number}"), provenance("copied"), &mut &b"x"[..]).unwrap();
        states.push(names.map(|name| fs::read(dir.join("evidence").join(name)).unwrap()));
    }
    drop(case);
    for (older, cut) in [(2, false), (0, false), (4, true)] {
        for (name, text) in names.iter().zip(&states[older]) {
            let grows = matches!(*name, "manifest-sha256.txt" | "provenance.jsonl");
            let left = if !cut {
                &text[..]
            } else if grows {
                &text[..text.len() - 7]
            } else {
                b""
            };
            fs::write(dir.join("evidence").join(name), left).unwrap();
        }
        // A rename that did not reach the disk: the bytes are still where they came in.
        let digest = {
            use sha2::Digest as _;
            bbsec_core::hex::encode(sha2::Sha256::digest("f/3"))
        };
        fs::rename(dir.join("evidence/data/f/3"), dir.join("evidence/.incoming").join(&digest[..32]))
            .unwrap();
        assert!(!bbsec_case::verify(&dir, false, &Silent).unwrap().ok, "it is named until a writer comes");
        let case = Case::open(&dir, Access::Write).unwrap();
        assert_eq!(case.journal().entries().unwrap().last().unwrap().kind, "bag_mended");
        let report = bbsec_case::verify(&dir, false, &Silent).unwrap();
        assert!(report.ok && report.notes.is_empty(), "{report:#?}");
    }
    overwrite(&dir.join("evidence/bag-info.txt"), b"Payload-Oxum: 1.1\n");
    assert!(matches!(Case::open(&dir, Access::Write), Err(CaseError::BagDamaged { .. })));
}
