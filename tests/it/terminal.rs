//! What a person at a terminal sees: bars while something takes long, none otherwise, tables at 80 columns.

use std::{
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use crate::harness::{bbsec_ir, finish, needs, program, root, scenario, temporary};

/// Runs the program on a terminal of 80 columns, and gives back what was drawn.
fn on_a_terminal(at: &std::path::Path, words: &[&str], environment: &[(&str, &str)]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("'{word}'")).collect();
    let line =
        format!("stty cols 80 rows 24; exec '{}' {}", env!("CARGO_BIN_EXE_bbsec-ir"), quoted.join(" "));
    let mut command = Command::new("script");
    command.args(["--quiet", "--return", "--flush", "--command", &line, "/dev/null"]);
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("HOME", at);
    command.env("TERM", "xterm-256color").env("LC_ALL", "C.UTF-8").env("SHELL", "/bin/sh");
    command.envs(environment.iter().copied()).current_dir(at).stdin(Stdio::null());
    let output = command.output().unwrap();
    assert!(output.status.code().is_some_and(|code| code < 128), "{}", output.status);
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn bars_are_drawn_for_what_takes_long_and_for_a_person_alone() {
    if !needs("script", "a terminal for the progress bars") {
        return;
    }
    let folder = temporary();
    let at = folder.path();
    let line = "token = 0123456789abcdef0123456789abcdef; password = \"correct horse battery staple\"\n";
    std::fs::write(at.join("short.env"), line).unwrap();
    let scan = ["scan", "secrets", "--path", "long.env"];
    // Bars come after a second: as much work as takes this machine a good deal longer. To a pipe none is drawn.
    let mut lines = 20_000;
    loop {
        std::fs::write(at.join("long.env"), line.repeat(lines)).unwrap();
        let begun = Instant::now();
        let run = finish(program(at).args(scan));
        assert!(!has_bar(&run.stderr), "{}", head(&run.stderr));
        if begun.elapsed() > Duration::from_millis(2_500) {
            break;
        }
        lines *= 2;
    }
    let drawn = on_a_terminal(at, &scan, &[]);
    assert!(has_bar(&drawn), "no bar: {}", head(&drawn));
    for (words, environment) in [
        ([&scan[..], &["--no-progress"]].concat(), vec![]),
        ([&scan[..], &["--quiet"]].concat(), vec![]),
        (scan.to_vec(), vec![("BBSEC_IR_PROGRESS", "off")]),
        (vec!["scan", "secrets", "--path", "short.env"], vec![]),
    ] {
        let drawn = on_a_terminal(at, &words, &environment);
        assert!(!has_bar(&drawn), "{words:?}: {}", head(&drawn));
    }
}

/// Filled, or not yet.
fn has_bar(text: &str) -> bool {
    text.contains(['━', '─'])
}

fn head(text: &str) -> String {
    text.chars().take(600).collect()
}

/// No line of a table is wider than a terminal.
fn fits(words: &[&str], stdout: &str) {
    let widest = stdout.lines().map(|line| line.chars().count()).max().unwrap_or(0);
    assert!(widest <= 80, "{words:?}: {widest} columns\n{stdout}");
}

#[test]
fn tables_of_a_whole_case_fit_80_columns() {
    let folder = temporary();
    let at = folder.path();
    let scenario = scenario("bitbucket-node");
    let case = ["--case", "case"];
    bbsec_ir(at, ["case", "new", "case", "--title", "Bitbucket node 1", "--product", "bitbucket"])
        .ended(&[0]);
    for suspect in &scenario.truth.known {
        bbsec_ir(at, ["case", "set", &format!("suspect={suspect}"), "--case", "case"]).ended(&[0]);
    }
    let playbook = root().join("playbooks/offline-triage.yaml").display().to_string();
    let set = format!("home={}", scenario.home.display());
    finish(program(at).args(["run", &playbook, "--set", &set]).args(case)).ended(&[0, 4]);
    for words in [
        vec!["findings", "list"],
        vec!["timeline", "--limit", "200"],
        vec!["pivot", &scenario.truth.known[0]],
        vec!["rotate", "list"],
        vec!["playbook", "list"],
        vec!["playbook", "show", &playbook],
        vec!["verify"],
    ] {
        let run = finish(program(at).args(&words).args(case).env("COLUMNS", "80")).ended(&[0]);
        fits(&words, &run.stdout);
        assert!(run.stdout.lines().count() > 4, "{words:?}: {}", run.stdout);
    }
}

#[test]
fn tables_read_well_at_80_columns() {
    let folder = temporary();
    let at = folder.path();
    let access = (0..3)
        .map(|n| {
            format!(
                "203.0.113.7 | https | o@9K7Z3NNx6x311{n}x0 | jdoe | 2026-11-18 02:0{n}:05,123 | \"GET /scm/pay/core.git/info/refs HTTP/1.1\" | \"\" \"git/2.39.2\" | 200 | 0 | 1524 | refs | 7 | abc12{n} | "
            )
        })
        .collect::<Vec<_>>()
        .join("\n");
    std::fs::write(at.join("atlassian-bitbucket-access.log"), access + "\n").unwrap();
    std::fs::write(at.join("settings.env"), "password = \"correct-horse-battery-staple-9\"\n").unwrap();
    std::fs::write(at.join("rule.yml"), "title: Something\nlogsource:\n  product: nothing\n").unwrap();
    let new = ["case", "new", "case", "--title", "Bitbucket node 1", "--suspect", "ip:203.0.113.7"];
    bbsec_ir(at, new.iter().chain(&["--from", "2026-11-18", "--product", "bitbucket"])).ended(&[0]);
    let mut shown = String::new();
    for words in [
        vec!["scan", "access", "--log", "atlassian-bitbucket-access.log"],
        vec!["scan", "secrets", "--path", "settings.env"],
        vec!["timeline"],
        vec!["rules", "check", "rule.yml"],
        vec!["case", "show", "--origin", "--region", "eu-west-1"],
        vec!["case", "show"],
        vec!["verify"],
    ] {
        let run =
            finish(program(at).args(&words).args(["--case", "case"]).env("COLUMNS", "80")).ended(&[0, 4]);
        fits(&words, &run.stdout);
        shown.push_str(&format!("$ bbsec-ir {}\n{}\n", words.join(" "), run.stdout));
    }
    // What differs from day to day, in its own width.
    insta::with_settings!({filters => vec![
        (r"case-\d{8}-\d{6}", "case-20261118-031500"),
        (r"\d{8}T\d{6}Z-[0-9a-z.-]+", "RUN"),
        (r"responder@[\w.-]+", "responder@host"),
        (r"begun( +)20\d\d-\d\d-\d\d \d\d:\d\d:\d\dZ", "begun${1}2026-11-18 03:15:00Z"),
        (r"\(20\d\d-\d\d-\d\d \d\d:\d\d:\d\dZ\)", "(WHEN)"),
        (r" +\d+  evidence bytes", "             0  evidence bytes"),
    ]}, { insta::assert_snapshot!(shown) });
}
