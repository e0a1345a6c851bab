//! Time and peak memory of the release build over the scenario's home.

use std::{path::Path, process::Command};

use anyhow::Result;

use super::measure::measure;
use crate::{scenario, shell};

/// What is measured: a name and the arguments; `HOME` stands for the home's path.
const RUNS: [(&str, &[&str]); 3] = [
    ("scan secrets", &["scan", "secrets", "--home", "HOME", "--format", "jsonl"]),
    ("scan access", &["scan", "access", "--home", "HOME", "--format", "jsonl"]),
    ("scan accounts", &["scan", "accounts", "--home", "HOME", "--format", "jsonl"]),
];

/// Builds the release profile, makes the scenario, prints a table.
pub(super) fn run(description: &Path) -> Result<()> {
    let root = shell::root()?;
    let mut build = shell::cargo();
    build.args(["build", "--release", "--locked", "--package", "bbsec-ir"]);
    shell::run(build.current_dir(&root))?;
    let folder = root.join("target/bench");
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    let made = scenario::generate(description, &folder)?;
    println!("| run | seconds | peak MiB | rows | exit |\n|---|--:|--:|--:|--:|");
    for (name, arguments) in RUNS {
        let home = made.home.display().to_string();
        let arguments: Vec<&str> =
            arguments.iter().map(|word| if *word == "HOME" { home.as_str() } else { word }).collect();
        let out = folder.join("out");
        let run = measure(Command::new(root.join("target/release/bbsec-ir")).args(arguments), &out)?;
        let rows = std::fs::read_to_string(&out)?.lines().count();
        let seconds = run.wall.as_secs_f64();
        println!("| {name} | {seconds:.2} | {} | {rows} | {} |", run.peak_kib / 1024, run.code);
    }
    Ok(())
}
