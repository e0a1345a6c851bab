//! What the program prints: help, errors and tables, as they are at 80 columns; and the commands that the pages show.

use crate::harness::{bbsec_ir, finish, program, root, temporary};

#[test]
fn the_main_help_fits_a_terminal() {
    let folder = temporary();
    let run = bbsec_ir(folder.path(), ["--help"]).ended(&[0]);
    let widest = run.stdout.lines().map(|line| line.chars().count()).max().unwrap();
    assert!(widest <= 100, "{widest} columns");
    insta::assert_snapshot!(run.stdout);
}

#[test]
fn errors_name_the_thing_the_cause_and_the_next_step() {
    let folder = temporary();
    let said = |arguments: &[&str], code: i32| {
        let run = bbsec_ir(folder.path(), arguments).ended(&[code]);
        format!("$ bbsec-ir {}\n{}", arguments.join(" "), run.stderr)
    };
    let all = [
        said(&["case", "show"], 2),
        said(&["scan", "secrets"], 2),
        said(&["scan", "access", "--home", "nowhere"], 2),
        said(&["run", "absent.yaml", "--case", "nowhere"], 2),
        said(&["verify", "nowhere"], 2),
        said(&["schema", "nothing"], 2),
        said(&["case", "new", "x", "--product", "notepad"], 2),
    ];
    insta::assert_snapshot!(all.join("\n"));
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let folder = temporary();
    let mut child = program(folder.path())
        .args(["schema", "playbook"])
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    assert!(child.wait().unwrap().success());
}

#[test]
fn nothing_overwrites_a_file() {
    let folder = temporary();
    std::fs::write(folder.path().join("out.json"), "mine").unwrap();
    bbsec_ir(folder.path(), ["schema", "playbook", "-o", "out.json"]).ended(&[2]);
    assert_eq!(std::fs::read_to_string(folder.path().join("out.json")).unwrap(), "mine");
}

/// Every `bbsec-ir` line of a page that shows commands is one that the program understands.
#[test]
fn the_commands_that_pages_show_are_understood() {
    let mut tried = 0;
    for page in ["README.md", "docs/responder-guide.md"] {
        let text = std::fs::read_to_string(root().join(page)).unwrap();
        let joined = text.replace("\\\n", " ");
        for line in joined.lines() {
            let line = line.trim().trim_start_matches("$ ");
            let Some(command) = line.strip_prefix("bbsec-ir ") else { continue };
            // What follows several blanks is a remark.
            let command = command.split("     ").next().unwrap_or_default();
            let mut words: Vec<String> = Vec::new();
            for (index, part) in command.split('\'').enumerate() {
                if index % 2 == 1 {
                    words.push(part.to_owned());
                } else {
                    words.extend(part.split_whitespace().map(str::to_owned));
                }
            }
            let words: Vec<String> = words
                .into_iter()
                .map(|word| word.replace('…', "2026").replace("YOUR.ADDRESS", "198.51.100.7"))
                .collect();
            let folder = temporary();
            let run = finish(program(folder.path()).args(&words));
            let unknown =
                ["unexpected argument", "unrecognized subcommand", "invalid value", "required arguments"];
            let bad = unknown.iter().find(|words| run.stderr.contains(**words));
            assert!(bad.is_none(), "{page}: bbsec-ir {command}\n{}", run.stderr);
            tried += 1;
        }
    }
    assert!(tried > 15, "only {tried} commands were found");
}

#[test]
fn fail_on_and_a_changed_byte_have_their_own_exit_codes() {
    let folder = temporary();
    let at = folder.path();
    // A key of the documentation's shape, put together here so that no scanner takes this file for a leak.
    let secret = format!("{}_{}", "ghp", "x7Rk2mQ9vT4bZ8nL1pW6cY3sJ5hD0fA2QmRt");
    std::fs::write(at.join("settings.env"), format!("token = \"{secret}\"\n")).unwrap();
    bbsec_ir(at, ["scan", "secrets", "--path", "settings.env", "--fail-on", "low"]).ended(&[10]);
    let quiet = bbsec_ir(at, ["scan", "secrets", "--path", "settings.env", "--format", "jsonl"]).ended(&[0]);
    assert!(!quiet.stdout.contains(&secret), "the secret is shown");
    let asked = ["scan", "secrets", "--path", "settings.env", "--explain", "settings.env:1"];
    let told = bbsec_ir(at, asked).ended(&[0]).stdout;
    for part in ["graded", "fingerprint", "for ", "it looks random", "to revoke"] {
        assert!(told.contains(part), "{part} is not in {told}");
    }
    assert!(!told.contains(&secret), "the secret is shown");
    bbsec_ir(at, ["scan", "secrets", "--path", "settings.env", "--explain", "nothing"]).ended(&[3]);
    bbsec_ir(at, ["case", "new", "case"]).ended(&[0]);
    let journal = at.join("case/journal.jsonl");
    let mut bytes = std::fs::read(&journal).unwrap();
    bytes[20] ^= 1;
    std::fs::write(&journal, bytes).unwrap();
    bbsec_ir(at, ["verify", "case"]).ended(&[6]);
}

#[test]
fn a_working_tree_is_scanned_through_its_git_folder() {
    if !crate::harness::needs("git", "scanning a working tree") {
        return;
    }
    let folder = temporary();
    let at = folder.path();
    let secret = format!("{}_{}", "ghp", "x7Rk2mQ9vT4bZ8nL1pW6cY3sJ5hD0fA2QmRt");
    let git = |arguments: &[&str]| {
        let mut command = std::process::Command::new("git");
        command.current_dir(at).args(["-c", "user.name=A", "-c", "user.email=a@example.org"]).args(arguments);
        assert!(command.output().unwrap().status.success(), "git {arguments:?}");
    };
    git(&["init", "--quiet"]);
    std::fs::write(at.join("settings.env"), format!("token = \"{secret}\"\n")).unwrap();
    git(&["add", "settings.env"]);
    git(&["commit", "--quiet", "--message", "settings"]);
    let run = bbsec_ir(at, ["scan", "secrets", "--repo", ".", "--format", "jsonl"]).ended(&[0]);
    let rows = run.rows();
    assert!(rows.iter().any(|row| row["path"] == "settings.env" && row["at_head"] == true), "{}", run.stdout);
}
