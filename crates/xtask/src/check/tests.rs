//! Unit, integration and documentation tests.

use std::{path::Path, process::Command};

use anyhow::{Context, Result};

use super::not_run;
use crate::{shell, tools};

/// Everything but doc tests, through nextest; what could not be run is added to `missing`.
pub(super) fn run(root: &Path, missing: &mut Vec<String>) -> Result<String> {
    let nextest = tools::NEXTEST.bring(root)?;
    let junit = root.join("target/nextest/xtask/junit.xml");
    let _ = std::fs::remove_file(&junit);
    let mut command = Command::new(nextest);
    command.current_dir(root).args(["nextest", "run", "--workspace", "--locked", "--profile", "xtask"]);
    // Programs of the Python environment (bagit.py, log2timeline) come last, so that `python3` stays the system's.
    let mut paths: Vec<_> = std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()).collect();
    paths.push(root.join("target/venv/bin"));
    command.env("PATH", std::env::join_paths(paths)?);
    let ended = shell::run(&mut command);
    // Reasons are told also when tests failed; a build that failed leaves no report.
    let reasons = not_run::reasons(&junit);
    missing.extend(reasons.iter().flatten().cloned());
    ended.and(reasons)?;
    let report = std::fs::read_to_string(&junit)?;
    let count = attribute(&report, "tests").context("the test runner's report has no count")?;
    Ok(format!("{count} tests"))
}

/// Examples in documentation.
pub(super) fn doc(root: &Path) -> Result<String> {
    let mut command = shell::cargo();
    command.current_dir(root).args(["test", "--quiet", "--doc", "--workspace", "--locked"]);
    shell::run(&mut command)?;
    Ok(String::new())
}

fn attribute<'a>(xml: &'a str, name: &str) -> Option<&'a str> {
    xml.split_once(&format!("{name}=\""))?.1.split('"').next()
}
