//! History scanned for credentials, beside whichever other scanners are installed: in turn, on the same repositories.

use std::{
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use anyhow::{Result, ensure};

use super::measure::{Measured, measure};
use crate::shell;

/// What the others look at, and we, so that nobody reads the figures for more than they are.
const SCOPE: &str = "Scope: bbsec-ir, noseyparker and kingfisher look at every object, reachable or not; gitleaks at added lines of
commits that are no merges. bbsec-ir also looks at commits, tags, names and reflogs, undoes encodings and archives, and
attributes each credential to commits, paths and refs. kingfisher runs without validation, with its rules cached by a run
that is not counted. The rules differ: figures compare the tools as they ship.";

/// A scanner: its name, and the words of its command; `REPO` and `SCRATCH` stand for paths.
struct Peer {
    name: &'static str,
    program: &'static str,
    words: &'static [&'static str],
}

const PEERS: [Peer; 3] = [
    Peer {
        name: "noseyparker",
        program: "noseyparker",
        words: &["scan", "--datastore", "SCRATCH", "--jobs", "2", "--progress", "never", "REPO"],
    },
    Peer {
        name: "kingfisher",
        program: "kingfisher",
        words: &["scan", "REPO", "--no-validate", "--no-update-check", "--jobs", "2", "--format", "jsonl"],
    },
    Peer {
        name: "gitleaks",
        program: "gitleaks",
        words: &["git", "REPO", "--log-opts=--all", "--no-banner", "--exit-code", "0"],
    },
];

/// Builds what is measured, runs everything `rounds` times in turn, prints medians and ratios of wall time.
pub(super) fn run(repos: &[PathBuf], rounds: usize, engine_only: bool) -> Result<()> {
    ensure!(!repos.is_empty(), "name repositories with --repo: bare clones with their whole history");
    let root = shell::root()?;
    let (package, ours): (&[&str], _) = if engine_only {
        let example = "scan_repository";
        (
            &["--package", "bbsec-secrets", "--example", example],
            root.join("target/release/examples").join(example),
        )
    } else {
        (&["--package", "bbsec-ir"], root.join("target/release/bbsec-ir"))
    };
    shell::run(shell::cargo().args(["build", "--release", "--locked"]).args(package))?;
    let folder = root.join("target/bench/secrets");
    std::fs::create_dir_all(&folder)?;
    let peers: Vec<(&Peer, PathBuf)> =
        PEERS.iter().filter_map(|peer| Some((peer, shell::find(peer.program)?))).collect();
    for peer in &PEERS {
        if !peers.iter().any(|(found, _)| found.name == peer.name) {
            println!("not run: {} is not on the path", peer.name);
        }
    }
    println!(
        "| repository | scanner | wall s | CPU s | peak MiB | wall against ours |\n|---|---|--:|--:|--:|--:|"
    );
    for repo in repos {
        compare(&ours, engine_only, &peers, repo, rounds.max(1), &folder)?;
    }
    println!("\n{SCOPE}");
    Ok(())
}

fn compare(
    ours: &Path,
    engine_only: bool,
    peers: &[(&Peer, PathBuf)],
    repo: &Path,
    rounds: usize,
    folder: &Path,
) -> Result<()> {
    let mut runs: Vec<(&str, Vec<Measured>)> = vec![("bbsec-ir", Vec::new())];
    runs.extend(peers.iter().map(|(peer, _)| (peer.name, Vec::new())));
    // One round more than is counted: caches are warm for everybody.
    for round in 0..=rounds {
        for (number, (_, all)) in runs.iter_mut().enumerate() {
            let mut command = match number.checked_sub(1).and_then(|peer| peers.get(peer)) {
                Some((peer, program)) => foreign(peer, program, repo, folder)?,
                None => own(ours, engine_only, repo),
            };
            let run = measure(&mut command, &folder.join("out"))?;
            if round > 0 {
                all.push(run);
            }
        }
    }
    let first = runs.first().map_or(Duration::ZERO, |(_, all)| median(all, |run| run.wall));
    for (name, all) in &runs {
        let (wall, cpu) = (median(all, |run| run.wall), median(all, |run| run.cpu));
        let peak = all.iter().map(|run| run.peak_kib).max().unwrap_or(0) / 1024;
        let code = all.iter().map(|run| run.code).max().unwrap_or(0);
        let note = if code == 0 || *name != "bbsec-ir" { String::new() } else { format!(" (exit {code})") };
        println!(
            "| {} | {name}{note} | {:.2} | {:.2} | {peak} | {:.2} |",
            repo.display(),
            wall.as_secs_f64(),
            cpu.as_secs_f64(),
            first.as_secs_f64() / wall.as_secs_f64().max(0.001)
        );
    }
    Ok(())
}

fn own(ours: &Path, engine_only: bool, repo: &Path) -> Command {
    let mut command = Command::new(ours);
    if engine_only {
        command.arg("-j2").arg(repo);
    } else {
        command.args(["scan", "secrets", "--jobs", "2", "--format", "jsonl", "--repo"]).arg(repo);
    }
    command
}

fn foreign(peer: &Peer, program: &Path, repo: &Path, folder: &Path) -> Result<Command> {
    let scratch = folder.join("scratch");
    if scratch.exists() {
        std::fs::remove_dir_all(&scratch)?;
    }
    let mut command = Command::new(program);
    for word in peer.words {
        match *word {
            "REPO" => command.arg(repo),
            "SCRATCH" => command.arg(&scratch),
            word => command.arg(word),
        };
    }
    Ok(command)
}

fn median(runs: &[Measured], of: impl Fn(&Measured) -> Duration) -> Duration {
    let mut all: Vec<Duration> = runs.iter().map(of).collect();
    all.sort_unstable();
    all.get(all.len() / 2).copied().unwrap_or_default()
}
