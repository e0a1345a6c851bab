//! `cargo xtask test`: every check there is, in one command, with times and a closing line.

mod deny;
mod invariants;
mod not_run;
mod tests;

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
    time::{Duration, Instant},
};

use anyhow::Result;

use crate::{dist, generated, setup, shell};

/// How a stage ended.
enum Outcome {
    Passed(String),
    Failed(String),
}

/// A stage: says in a few words what it looked at.
type Stage = fn(&mut Run) -> Result<String>;

struct Run {
    root: PathBuf,
    stages: Vec<(&'static str, Duration, Outcome)>,
    left_out: Vec<String>,
}

/// Runs every stage, also after one has failed; exit 1 on failure, 4 where something could not be run.
pub fn all(only: Option<&str>) -> Result<ExitCode> {
    let root = shell::root()?;
    let mut run = Run { root, stages: Vec::new(), left_out: Vec::new() };
    let started = Instant::now();
    let wanted = |name: &str| only.is_none_or(|only| only == name);
    let stages: [(&'static str, Stage); 9] = [
        ("setup", set_up),
        ("format", format),
        ("clippy", clippy),
        ("invariants", |run| invariants::check(&run.root)),
        ("deny", |run| deny::check(&run.root)),
        ("tests", |run| tests::run(&run.root, &mut run.left_out)),
        ("static", |run| dist::try_development(&run.root)),
        ("doc tests", |run| tests::doc(&run.root)),
        ("drift", |run| generated::check(&run.root)),
    ];
    for (name, stage) in stages.into_iter().filter(|(name, _)| wanted(name)) {
        run.stage(name, stage);
    }
    Ok(run.close(started.elapsed()))
}

impl Run {
    fn stage(&mut self, name: &'static str, stage: Stage) {
        println!("\n== {name}");
        let started = Instant::now();
        let outcome = match stage(self) {
            Ok(said) => Outcome::Passed(said),
            Err(error) => {
                println!("failed: {error:#}");
                Outcome::Failed(format!("{error:#}"))
            }
        };
        self.stages.push((name, started.elapsed(), outcome));
    }

    fn close(self, took: Duration) -> ExitCode {
        println!();
        let mut failed = 0;
        for (name, time, outcome) in &self.stages {
            let (mark, said) = match outcome {
                Outcome::Passed(said) => ("ok    ", said.as_str()),
                Outcome::Failed(said) => ("FAILED", said.lines().next().unwrap_or_default()),
            };
            failed += u32::from(matches!(outcome, Outcome::Failed(_)));
            println!("{mark} {name:<11} {:>7.1} s  {said}", time.as_secs_f64());
        }
        let (excused, left_out): (Vec<&String>, Vec<&String>) =
            self.left_out.iter().partition(|reason| not_run::is_excused(reason));
        for line in &left_out {
            println!("not run: {line}");
        }
        for line in &excused {
            println!("not run, and no set-up could change that: {line}");
        }
        let total = took.as_secs_f64() / 60.0;
        if failed > 0 {
            println!("\n{failed} of {} stages failed, in {total:.1} minutes.", self.stages.len());
            return ExitCode::FAILURE;
        }
        if left_out.is_empty() {
            println!("\nEverything was tested and passed, in {total:.1} minutes.");
            return ExitCode::SUCCESS;
        }
        println!(
            "\nWhat was tested passed, in {total:.1} minutes; {} could not be run.",
            self.left_out.len()
        );
        if shell::is_ci() {
            println!("In CI everything must run.");
            return ExitCode::FAILURE;
        }
        ExitCode::from(4)
    }
}

fn set_up(run: &mut Run) -> Result<String> {
    let setup = setup::prepare(&run.root)?;
    run.left_out.extend(setup.missing.iter().map(|missing| format!("what needs {missing}")));
    Ok(match setup.python {
        Some(_) => "Python environment ready".into(),
        None => "no Python environment".into(),
    })
}

fn format(run: &mut Run) -> Result<String> {
    let mut command = shell::cargo();
    shell::run(command.current_dir(&run.root).args(["fmt", "--all", "--", "--check"]))?;
    Ok(String::new())
}

fn clippy(run: &mut Run) -> Result<String> {
    let mut command = shell::cargo();
    command.current_dir(&run.root);
    command.args(["clippy", "--quiet", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"]);
    shell::run(&mut command)?;
    Ok(String::new())
}

/// The repository's relative paths as people read them.
fn relative<'a>(root: &Path, path: &'a Path) -> &'a Path {
    path.strip_prefix(root).unwrap_or(path)
}
