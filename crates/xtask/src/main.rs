//! `cargo xtask`: demo, test, lab, scenario and what else people type while developing.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a developer's tool talks on the terminal")]

use std::{
    path::PathBuf,
    process::{Command, ExitCode},
};

use anyhow::{Context, Result};
use clap::{Parser, Subcommand};
use xtask::{bench, check, crash, demo, dist, generated, lab::Lab, scenario, script, setup, shell, tools};

#[derive(Debug, Parser)]
#[command(name = "cargo xtask", about = "What people type while developing bbsec-ir")]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// A compromised instance, isolated, collected from, scanned and explained.
    Demo,
    /// Every check there is.
    Test {
        /// One stage alone: setup, format, clippy, invariants, deny, tests, static, "doc tests" or drift.
        #[arg(long)]
        only: Option<String>,
    },
    /// Start the AWS lab and keep it until Ctrl-C.
    Lab {
        /// CloudTrail events to answer with; default: none.
        #[arg(long)]
        events: Option<PathBuf>,
    },
    /// Make compromised homes, their logs, what happened in AWS, and the truth about it.
    Scenario {
        /// Folder to make; must not exist or be empty.
        #[arg(long)]
        out: PathBuf,
        /// The description.
        #[arg(long, default_value = "fixtures/scenarios/bitbucket-node.toml")]
        scenario: PathBuf,
    },
    /// The large runs of tests that compare two programs over many cases: damaged digest chains beside awscli.
    Matrix {
        /// How many digest chains.
        #[arg(long, default_value_t = 1000)]
        chains: u32,
    },
    /// Write the generated files anew.
    Gen,
    /// A static program with SHA256SUMS in `target/dist`, tried in an empty chroot.
    Dist,
    /// Time and memory of the release build, beside programs that others wrote.
    Bench {
        #[command(subcommand)]
        what: bench::Bench,
    },
    /// Cut the program short at every place, resume it, and compare with an undisturbed run.
    Crash(crash::Options),
    /// Bring what tests and demo need: a Python environment under target/, packages in CI.
    Setup,
}

fn main() -> ExitCode {
    run().unwrap_or_else(|error| {
        eprintln!("error: {}", error.chain().map(ToString::to_string).collect::<Vec<_>>().join(": "));
        ExitCode::FAILURE
    })
}

fn run() -> Result<ExitCode> {
    match Cli::parse().task {
        Task::Demo => return demo::run(),
        Task::Test { only } => return check::all(only.as_deref()),
        Task::Lab { events } => lab(events)?,
        Task::Scenario { out, scenario } => {
            let text = std::fs::read_to_string(&scenario)
                .with_context(|| format!("cannot read {}", scenario.display()))?;
            let made = if script::spec::Script::is_one(&text) {
                script::generate(&scenario, &out)?.folder
            } else {
                scenario::generate(&scenario, &out)?.home
            };
            println!("{}", made.display());
        }
        Task::Matrix { chains } => matrix(chains)?,
        Task::Gen => generated::write(&shell::root()?)?,
        Task::Dist => return dist::run(),
        Task::Bench { what } => bench::run(&what)?,
        Task::Crash(options) => return crash::run(&options),
        Task::Setup => return set_up(),
    }
    Ok(ExitCode::SUCCESS)
}

fn matrix(chains: u32) -> Result<()> {
    let root = shell::root()?;
    let mut command = Command::new(tools::NEXTEST.bring(&root)?);
    // As the tests are built, so that nothing is compiled twice.
    command.current_dir(&root).args(["nextest", "run", "--workspace", "--locked", "--no-capture"]);
    command.args(["-E", "binary(it) & test(/matrix/)"]).env("BBSEC_MATRIX", chains.to_string());
    shell::run(&mut command)
}

fn set_up() -> Result<ExitCode> {
    let setup = setup::prepare(&shell::root()?)?;
    for missing in &setup.missing {
        println!("missing: {missing}");
    }
    Ok(if setup.missing.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(4) })
}

fn lab(events: Option<PathBuf>) -> Result<()> {
    let root = shell::root()?;
    let setup = setup::prepare(&root)?;
    let python = setup.python.with_context(|| format!("the lab needs {}", setup.missing.join("; ")))?;
    let events = events.map(|path| path.display().to_string());
    let seed: Vec<&str> = events.iter().flat_map(|path| ["--events", path.as_str()]).collect();
    let folder = root.join("target/lab");
    let mut lab = Lab::start(&root, &python, &folder, &seed)?;
    for (name, value) in lab.environment() {
        println!("export {name}={value}");
    }
    eprintln!("# ids of what there is: {}", folder.join("facts.json").display());
    eprintln!("# Ctrl-C ends the lab");
    lab.stay()
}
