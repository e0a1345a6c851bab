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
    shell::run(&mut command)?;
    missing.extend(not_run::reasons(&junit)?);
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
