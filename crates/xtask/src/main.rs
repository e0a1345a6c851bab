//! `cargo xtask`: demo, test, lab, scenario and what else people type while developing.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a developer's tool talks on the terminal")]

use std::{path::PathBuf, process::ExitCode};

use anyhow::Result;
use clap::{Parser, Subcommand};

#[derive(Debug, Parser)]
#[command(name = "cargo xtask", about = "What people type while developing bbsec-ir")]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Make a compromised Bitbucket home, its CloudTrail events, and the truth about both.
    Scenario {
        /// Folder to make; must not exist or be empty.
        #[arg(long)]
        out: PathBuf,
        /// The description.
        #[arg(long, default_value = "fixtures/scenarios/bitbucket-node.toml")]
        scenario: PathBuf,
    },
}

fn main() -> Result<ExitCode> {
    match Cli::parse().task {
        Task::Scenario { out, scenario } => {
            let made = xtask::scenario::generate(&scenario, &out)?;
            println!("{}", made.home.display());
        }
    }
    Ok(ExitCode::SUCCESS)
}
