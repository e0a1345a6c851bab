//! What people expect of a good program: colour, quiet, errors with their causes, pipes, help with examples, completions.

use std::{
    io::Read as _,
    process::{Command, Stdio},
};

use crate::harness::{Run, bbsec_ir, finish, needs, program, temporary};

/// Every command that does something, by walking the help.
fn commands() -> Vec<(Vec<String>, String)> {
    let folder = temporary();
    let mut found = Vec::new();
    let mut waiting: Vec<Vec<String>> = vec![Vec::new()];
    while let Some(path) = waiting.pop() {
        let run = finish(program(folder.path()).args(&path).arg("--help")).ended(&[0]);
        let names: Vec<String> = run
            .stdout
            .lines()
            .skip_while(|line| *line != "Commands:")
            .skip(1)
            .take_while(|line| line.starts_with("  "))
            .filter(|line| !line.starts_with("   "))
            .filter_map(|line| line.split_whitespace().next().map(str::to_owned))
            .filter(|name| name != "help")
            .collect();
        if names.is_empty() {
            found.push((path, run.stdout));
        } else {
            waiting.extend(names.into_iter().map(|name| [path.as_slice(), &[name]].concat()));
        }
    }
    found
}

#[test]
fn every_command_has_help_with_examples_that_it_understands() {
    let folder = temporary();
    let all = commands();
    assert!(all.len() >= 35, "{}", all.len());
    let mut tried = 0;
    for (path, help) in all {
        let name = path.join(" ");
        let Some((_, examples)) = help.split_once("Examples:") else { panic!("`{name}` has no examples") };
        let widest = help.lines().map(|line| line.chars().count()).max().unwrap_or(0);
        assert!(widest <= 100, "{name}: {widest} columns");
        let joined = examples.split("\\\n").map(str::trim).collect::<Vec<_>>().join(" ");
        for line in joined.lines().filter_map(|line| line.trim().strip_prefix("bbsec-ir ")) {
            let words = words(line.split("   ").next().unwrap_or_default());
            let run = finish(program(folder.path()).args(&words));
            let unknown =
                ["unexpected argument", "unrecognized subcommand", "invalid value", "required arguments"];
            let bad = unknown.iter().find(|words| run.stderr.contains(**words));
            assert!(bad.is_none(), "{name}: bbsec-ir {line}\n{}", run.stderr);
            tried += 1;
        }
    }
    assert!(tried >= 50, "only {tried} examples were found");
}

/// A line as a shell splits it, as far as examples need it; redirections and pipes end it.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (index, part) in line.split('\'').enumerate() {
        if index % 2 == 1 {
            words.push(part.to_owned());
            continue;
        }
        for word in part.split_whitespace() {
            if word == "|" || word == ">" {
                return words;
            }
            words.push(word.replace('…', "2026"));
        }
    }
    words
}

fn coloured(text: &str) -> bool {
    text.contains('\u{1b}')
}

#[test]
fn colour_is_what_was_asked_for() {
    let folder = temporary();
    let said = |arguments: &[&str], environment: &[(&str, &str)]| -> Run {
        let mut command = program(folder.path());
        command.args(arguments).env_remove("NO_COLOR").env("TERM", "xterm-256color");
        finish(command.envs(environment.iter().copied()))
    };
    let error = ["case", "show"];
    assert!(!coloured(&said(&error, &[]).stderr), "a pipe gets no colour");
    assert!(coloured(&said(&error, &[("CLICOLOR_FORCE", "1")]).stderr));
    assert!(!coloured(&said(&error, &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]).stderr));
    assert!(coloured(&said(&["--color", "always", "case", "show"], &[("NO_COLOR", "1")]).stderr));
    assert!(!coloured(&said(&["--color=never", "case", "show"], &[("CLICOLOR_FORCE", "1")]).stderr));
    // Help too, which is printed before anything else is known.
    assert!(coloured(&said(&["--help", "--color", "always"], &[]).stdout));
    assert!(!coloured(&said(&["--help", "--color", "never"], &[("CLICOLOR_FORCE", "1")]).stdout));
    assert!(coloured(&said(&["--help"], &[("CLICOLOR_FORCE", "1")]).stdout));
}

#[test]
fn quiet_leaves_data_and_errors() {
    let folder = temporary();
    let at = folder.path();
    let run = bbsec_ir(at, ["case", "new", "case", "--quiet"]).ended(&[0]);
    assert_eq!((run.stdout.as_str(), run.stderr.as_str()), ("", ""));
    let run = bbsec_ir(at, ["verify", "case", "-q"]).ended(&[0]);
    assert!(run.stdout.contains("everything holds") && run.stderr.is_empty(), "{run:?}");
    let run = bbsec_ir(at, ["verify", "nowhere", "-q"]).ended(&[2]);
    assert!(run.stderr.contains("nowhere"));
}

#[test]
fn the_chain_of_causes_is_told_with_v() {
    let folder = temporary();
    let at = folder.path();
    bbsec_ir(at, ["case", "new", "case"]).ended(&[0]);
    let said = |verbose: &[&str]| {
        let mut command = program(at);
        command.args(["collect", "instance", "--instance", "i-0123456789abcdef0", "--region", "eu-west-1"]);
        finish(command.args(["--case", "case"]).args(verbose)).ended(&[1]).stderr
    };
    let (short, long) = (said(&[]), said(&["-v"]));
    let causes = |text: &str| text.matches("cause").count();
    assert!(short.contains("error") && short.contains("more cause"), "{short}");
    assert!(long.matches("  cause:").count() > 1 && causes(&long) > causes(&short), "{long}");
    assert!(!long.contains("more cause"), "{long}");
    assert!(long.contains("help"), "the next step is missing: {long}");
}

#[test]
fn a_reader_that_goes_away_in_the_middle_is_no_error() {
    let folder = temporary();
    let at = folder.path();
    // More than a pipe holds.
    let lines = (0..4000).map(|n| format!("password_{n} = \"c0rrect-horse-{n}-battery-staple\""));
    let log = lines.collect::<Vec<_>>().join("\n");
    std::fs::write(at.join("settings.env"), log).unwrap();
    for words in [
        vec!["schema", "report"],
        vec!["completions", "bash"],
        vec!["scan", "secrets", "--path", "settings.env", "--format", "jsonl"],
        vec!["scan", "secrets", "--path", "settings.env"],
    ] {
        let mut child =
            program(at).args(&words).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut out = child.stdout.take().unwrap();
        let mut first = [0; 64];
        out.read_exact(&mut first).unwrap();
        drop(out);
        let output = child.wait_with_output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{words:?}: {stderr}");
        assert!(!stderr.contains("panicked") && !stderr.contains("error"), "{words:?}: {stderr}");
    }
}

#[test]
fn completions_and_manual_pages_are_read_by_those_who_use_them() {
    let folder = temporary();
    let at = folder.path();
    let checkers: [(&str, &[&str], &str); 3] =
        [("bash", &["-n"], "bash"), ("zsh", &["-n"], "zsh"), ("fish", &["--no-execute"], "fish")];
    for (shell, flags, name) in checkers {
        let text = bbsec_ir(at, ["completions", name]).ended(&[0]).stdout;
        assert!(text.contains("custody"), "{name}");
        if needs(shell, &format!("reading the completions for {shell}")) {
            let file = at.join(format!("completions.{shell}"));
            std::fs::write(&file, text).unwrap();
            let output = Command::new(shell).args(flags).arg(&file).output().unwrap();
            assert!(output.status.success(), "{shell}: {}", String::from_utf8_lossy(&output.stderr));
        }
    }
    if !needs("mandoc", "reading the manual pages") {
        return;
    }
    for (path, _) in commands() {
        let page = finish(program(at).arg("man").args(&path)).ended(&[0]).stdout;
        let file = at.join("page.1");
        std::fs::write(&file, page).unwrap();
        let output =
            Command::new("mandoc").args(["-T", "lint", "-W", "warning"]).arg(&file).output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        // A page without a date is the same page tomorrow; breaks around possible values are clap_mangen's.
        let excused = ["missing date", "skipping paragraph macro: br"];
        let bad: Vec<_> =
            said.lines().filter(|line| !excused.iter().any(|words| line.contains(words))).collect();
        assert!(bad.is_empty(), "{path:?}: {bad:#?}");
    }
}
