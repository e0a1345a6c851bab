//! `cargo xtask bench`: what the release build takes, beside programs that others wrote.

mod log_lines;
mod logs;
mod measure;
mod program;
mod secrets;

use std::path::PathBuf;

use anyhow::Result;
use clap::Subcommand;

/// What can be measured.
#[derive(Debug, Subcommand)]
pub enum Bench {
    /// The program's scans over a scenario's home.
    Program {
        /// The description.
        #[arg(long, default_value = "fixtures/scenarios/bitbucket-node.toml")]
        scenario: PathBuf,
    },
    /// Access logs into Parquet, beside DuckDB, plaso and grep.
    Logs {
        /// How many lines.
        #[arg(long, default_value_t = 10_000_000)]
        lines: u64,
        /// Leave out `scan access`, which needs the whole program's release build.
        #[arg(long)]
        reader_only: bool,
    },
    /// Repositories scanned for credentials, beside noseyparker, kingfisher and gitleaks where they are on the path.
    Secrets {
        /// Bare clone with its whole history; may be repeated.
        #[arg(long, value_name = "DIR")]
        repo: Vec<PathBuf>,
        /// How often each is run; medians are told.
        #[arg(long, default_value_t = 3)]
        rounds: usize,
        /// Measure the library's example, without the whole program's release build.
        #[arg(long)]
        engine_only: bool,
    },
}

/// Measures and prints a table.
pub fn run(what: &Bench) -> Result<()> {
    match what {
        Bench::Program { scenario } => program::run(scenario),
        Bench::Logs { lines, reader_only } => logs::run(*lines, *reader_only),
        Bench::Secrets { repo, rounds, engine_only } => secrets::run(repo, *rounds, *engine_only),
    }
}
