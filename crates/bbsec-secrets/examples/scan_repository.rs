//! Scans one repository (or, with `--full`, without its deltas) and prints counts and times: for measuring.

#![allow(clippy::print_stdout, reason = "a program for measuring")]

use std::{collections::BTreeMap, path::PathBuf, time::Instant};

use bbsec_core::{Collected, Fingerprinter, Silent};
use bbsec_secrets::{Options, RepoInput, scan_repositories};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut rows = false;
    let mut jobs = 0;
    let mut full_scan = false;
    let mut paths = Vec::new();
    for argument in std::env::args().skip(1) {
        match argument.as_str() {
            "--rows" => rows = true,
            "--full" => full_scan = true,
            other if other.starts_with("-j") => jobs = other.trim_start_matches("-j").parse()?,
            other => paths.push(PathBuf::from(other)),
        }
    }
    let repos: Vec<RepoInput> = paths
        .into_iter()
        .map(|git_dir| RepoInput {
            shown_as: git_dir.display().to_string(),
            git_dir,
            project: None,
            slug: None,
            within: None,
        })
        .collect();
    let start = Instant::now();
    let options = Options { jobs, full_scan, ..Options::default() };
    println!("rules ready after {:?}", start.elapsed());
    let mut sink = Collected::default();
    let summary = scan_repositories(&repos, &options, &Fingerprinter::unkeyed(), &mut sink, &Silent)?;
    println!("{summary:?} in {:?}", start.elapsed());
    let mut by: BTreeMap<(String, String), u64> = BTreeMap::new();
    for secret in &sink.secrets {
        *by.entry((format!("{:?}", secret.confidence), secret.rule.clone())).or_default() += 1;
        if rows {
            println!("{}", serde_json::to_string(secret)?);
        }
    }
    for ((confidence, rule), count) in by {
        println!("{confidence:>7} {count:>6} {rule}");
    }
    for gap in sink.gaps.iter().take(20) {
        println!("gap: {} {} {} {}", gap.kind, gap.subject, gap.why, gap.count);
    }
    Ok(())
}
