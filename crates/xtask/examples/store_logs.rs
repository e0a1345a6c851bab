//! Logs into the events of a new case: what `scan access` does without concluding anything from them.
//!
//! `cargo run --release -p xtask --example store_logs -- CASE LOG…`

#![allow(clippy::print_stdout, reason = "a measurement says what it measured")]

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use bbsec_atlassian::logs::{LogInput, Zones, read};
use bbsec_case::{Case, NewCase};
use bbsec_core::Silent;

fn main() -> Result<()> {
    let mut arguments = std::env::args_os().skip(1);
    let folder = arguments.next().context("store_logs CASE LOG…")?;
    let inputs: Vec<LogInput> = arguments.map(|path| LogInput::given(PathBuf::from(path))).collect();
    let case = Case::create(Path::new(&folder), NewCase::default())?;
    let run = case.start_run("scan.access")?;
    let mut sink = case.sink(&run, "scan.access", "scan.access")?;
    let utc = Zones::new([("default".to_owned(), "UTC".to_owned())].into());
    let summary = read(&inputs, &utc, &mut sink, &Silent)?;
    sink.finish()?;
    let (read, parsed, quarantined) = summary.totals();
    let bytes: u64 = summary.files.iter().map(|file| file.bytes).sum();
    let events = summary.events();
    println!(
        "{{\"bytes\":{bytes},\"read\":{read},\"parsed\":{parsed},\"quarantined\":{quarantined},\"events\":{events}}}"
    );
    Ok(())
}
