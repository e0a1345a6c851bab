//! Writers that are killed, disks that are full or read-only, and a child process to try them on.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use bbsec_case::{Access, Case, CaseError};
use bbsec_core::{CaseStore as _, Failure, Silent, Sink as _};

use crate::support::{empty, event, finding, new_case, provenance, python, text};

const DIR: &str = "BBSEC_TEST_CRASH_DIR";

/// Runs a test of this binary that is ignored otherwise, as another process.
fn child(name: &str, dir: &Path) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args([name, "--exact", "--ignored", "--nocapture"]).env(DIR, dir);
    command
}

fn child_dir() -> Option<PathBuf> {
    std::env::var_os(DIR).map(PathBuf::from)
}

#[test]
#[ignore = "a process that another test starts and kills"]
fn writes_until_it_is_killed() {
    let Some(dir) = child_dir() else { return };
    let mut case = Case::open(&dir, Access::Write).unwrap();
    println!("open");
    for round in 0_u64.. {
        let name = format!("{}/{round}", std::process::id());
        let bytes = name.repeat(usize::try_from(round % 50).unwrap() * 400);
        let item = case.put(&name, provenance("copied"), &mut bytes.as_bytes()).unwrap();
        println!("item {} {}", item.path, item.sha256);
        let run = case.start_run("scan").unwrap();
        let mut sink = case.sink(&run, "s", "scan.x").unwrap();
        sink.finding(finding(&name)).unwrap();
        for number in 0..20 {
            sink.event(&event(number)).unwrap();
        }
        sink.finish().unwrap();
        println!("results {run}");
        case.update_meta(|meta| meta.title = format!("round {round}")).unwrap();
        println!("title round {round}");
    }
}

#[test]
fn a_killed_writer_loses_nothing_that_it_had_acknowledged() {
    let (_folder, dir, case) = empty();
    drop(case);
    let mut acknowledged = 0;
    for round in 0..25_u64 {
        let mut writer =
            child("crash::writes_until_it_is_killed", &dir).stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(writer.stdout.take().unwrap()).lines();
        assert!(
            lines.by_ref().any(|line| line.unwrap().ends_with("open")),
            "the lock of a killed writer is gone"
        );
        // After a few acknowledged writes, at another instant of the next one each time.
        let mut said: Vec<String> = (0..round % 5).filter_map(|_| lines.next()?.ok()).collect();
        std::thread::sleep(Duration::from_micros(round * 397));
        writer.kill().unwrap();
        writer.wait().unwrap();
        said.extend(lines.map_while(Result::ok));

        let report = bbsec_case::verify(&dir, false, &Silent).unwrap();
        assert!(report.ok, "round {round}: {report:#?}");
        let case = Case::open(&dir, Access::Write).unwrap();
        let items = case.evidence().unwrap();
        let results = case.journal().entries().unwrap();
        for line in &said {
            let words: Vec<&str> = line.split(' ').collect();
            let kept = match words[..] {
                ["item", path, sha256] => items.iter().any(|item| item.path == path && item.sha256 == sha256),
                ["results", run] => {
                    results.iter().any(|entry| entry.kind == "results" && entry.run.as_deref() == Some(run))
                }
                _ => true,
            };
            assert!(kept, "round {round}: {line} was acknowledged and is gone");
            acknowledged += 1;
        }
        // The next writer has finished what was half done: nothing is left to note but files of stopped runs.
        let report = bbsec_case::verify(&dir, false, &Silent).unwrap();
        assert!(
            report.ok && report.notes.iter().all(|note| note.what == "results"),
            "round {round}: {report:#?}"
        );
    }
    println!("{acknowledged} acknowledged writes over 25 kills, none lost");
    assert!(acknowledged > 25, "{acknowledged}");
    if let Some(python) = python("bagit") {
        let output = Command::new(python)
            .args(["-m", "bagit", "--validate"])
            .arg(dir.join("evidence"))
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", text(&output));
    }
}

#[test]
fn readers_and_verification_are_undisturbed_by_a_writer_at_work() {
    let (_folder, dir, case) = empty();
    drop(case);
    let mut writer = child("crash::writes_until_it_is_killed", &dir).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(writer.stdout.take().unwrap()).lines();
    assert!(lines.by_ref().any(|line| line.unwrap().ends_with("open")));
    let mut seen = 0;
    for _ in 0..15 {
        assert!(lines.next().is_some());
        let report = bbsec_case::verify(&dir, false, &Silent).unwrap();
        assert!(report.ok, "{report:#?}");
        let case = Case::open(&dir, Access::Read).unwrap();
        assert!(case.items().len() >= seen);
        seen = case.items().len();
        assert!(case.findings().unwrap().len() <= 1, "a re-scan replaces");
        let refused = Case::open(&dir, Access::Write).unwrap_err().to_string();
        assert!(refused.contains(&format!("process {}", writer.id())), "{refused}");
    }
    writer.kill().unwrap();
    writer.wait().unwrap();
}

#[test]
#[ignore = "a process that another test starts in a mount namespace of its own"]
fn works_on_a_small_disk() {
    let Some(disk) = child_dir() else { return };
    let dir = disk.join("case");
    let mut case = Case::create(&dir, new_case()).unwrap();
    case.put("before", provenance("copied"), &mut &b"kept"[..]).unwrap();
    let run = case.start_run("scan").unwrap();
    let mut sink = case.sink(&run, "s", "scan.x").unwrap();
    // So few that all of them wait in memory for their day to be full.
    for number in 0..1_000 {
        sink.event(&event(number)).unwrap();
    }

    let error =
        case.put_evidence("large", provenance("copied"), &mut vec![7; 1 << 20].as_slice()).unwrap_err();
    let failure = Failure::from(error);
    assert!(failure.message.starts_with("cannot write /"), "{}", failure.message);
    assert!(failure.help.as_ref().unwrap().contains("is full"), "{failure:?}");
    assert!(bbsec_case::verify(&dir, false, &Silent).unwrap().ok);

    fs::write(disk.join("filler"), vec![0; 4 << 20]).unwrap_err();
    let mut written = 0;
    let error = loop {
        match case.journal().append("note", None, None, serde_json::json!("x".repeat(200))) {
            Ok(_) => written += 1,
            Err(error) => break error,
        }
    };
    assert!(
        matches!(&error, CaseError::Io { source, .. } if source.kind() == std::io::ErrorKind::StorageFull),
        "{error}"
    );
    let error = sink.finish().unwrap_err();
    println!("{error}");
    assert!(Failure::from(error).help.unwrap().contains("is full"));
    let report = bbsec_case::verify(&dir, false, &Silent).unwrap();
    assert!(report.ok, "{report:#?}");

    fs::remove_file(disk.join("filler")).unwrap();
    case.journal().append("note", None, None, serde_json::json!("room again")).unwrap();
    case.put("after", provenance("copied"), &mut &b"new"[..]).unwrap();
    drop(case);
    let case = Case::open(&dir, Access::Write).unwrap();
    assert_eq!(case.items().len(), 2);
    assert!(bbsec_case::verify(&dir, false, &Silent).unwrap().ok);
    drop(case);
    println!("full disk: {written} more lines, then a named error; nothing lost");

    let remounted = Command::new("mount").args(["-o", "remount,ro"]).arg(&disk).status().unwrap();
    assert!(remounted.success());
    let case = Case::open(&dir, Access::Read).unwrap();
    assert_eq!(case.items().len(), 2);
    assert!(bbsec_case::verify(&dir, true, &Silent).unwrap().ok);
    let failure = Failure::from(Case::open(&dir, Access::Write).unwrap_err());
    assert!(failure.help.unwrap().contains("read-only"), "{}", failure.message);
    println!("read-only disk: reading works, writing is refused by name");
}

#[test]
fn a_full_and_a_read_only_disk_are_named_and_lose_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let disk = folder.path().join("disk");
    fs::create_dir(&disk).unwrap();
    let child = child("crash::works_on_a_small_disk", &disk);
    let mut command = Command::new("unshare");
    command.args(["--user", "--map-root-user", "--mount", "sh", "-c"]);
    command.arg("mount -t tmpfs -o size=900k tmpfs \"$0\" || exit 77; exec \"$@\"").arg(&disk);
    command.arg(child.get_program()).args(child.get_args()).env(DIR, &disk);
    match command.output() {
        Ok(output) if output.status.success() => println!("{}", text(&output)),
        Ok(output) if output.status.code() == Some(77) || text(&output).contains("unshare failed") => {
            println!("not run: no mount namespace here: {}", text(&output));
        }
        Ok(output) => panic!("{}", text(&output)),
        Err(error) => println!("not run: no unshare: {error}"),
    }
}
