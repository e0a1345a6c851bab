//! `cargo xtask bench`: time and peak memory of the release build over the scenario's home.

use std::{
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result};

use crate::{scenario, shell};

/// What is measured: a name and the arguments; `HOME` stands for the home's path.
const RUNS: [(&str, &[&str]); 3] = [
    ("scan secrets", &["scan", "secrets", "--home", "HOME", "--format", "jsonl"]),
    ("scan access", &["scan", "access", "--home", "HOME", "--format", "jsonl"]),
    ("scan accounts", &["scan", "accounts", "--home", "HOME", "--format", "jsonl"]),
];

/// Builds the release profile, makes the scenario, prints a table.
pub fn run(description: &Path) -> Result<()> {
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
        let run = measure(&root.join("target/release/bbsec-ir"), &arguments, &folder.join("out"))?;
        println!(
            "| {name} | {:.2} | {} | {} | {} |",
            run.time.as_secs_f64(),
            run.peak_kib / 1024,
            run.rows,
            run.code
        );
    }
    Ok(())
}

struct Measured {
    time: Duration,
    peak_kib: u64,
    rows: usize,
    code: i32,
}

fn measure(program: &Path, arguments: &[&str], out: &Path) -> Result<Measured> {
    let started = Instant::now();
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(std::fs::File::create(out)?)
        .stderr(Stdio::null())
        .spawn()
        .with_context(|| format!("cannot start {}", program.display()))?;
    let mut peak_kib = 0;
    let status = loop {
        peak_kib = peak_kib.max(high_water(child.id()));
        if let Some(status) = child.try_wait()? {
            break status;
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    let rows = std::fs::read_to_string(out)?.lines().count();
    Ok(Measured { time: started.elapsed(), peak_kib, rows, code: status.code().unwrap_or(-1) })
}

/// Linux keeps a process's greatest resident size.
fn high_water(id: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    line.split_whitespace().next().and_then(|number| number.parse().ok()).unwrap_or_default()
}
