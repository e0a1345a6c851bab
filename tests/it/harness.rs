//! Runs the built program as a person would, in an environment that holds nothing of this machine.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::OnceLock,
};

use serde_json::Value;
use sha2::{Digest, Sha256};
use xtask::scenario::{self, truth::Truth};

/// What a run of the program gave.
#[derive(Debug)]
pub(crate) struct Run {
    /// Exit code.
    pub(crate) code: i32,
    /// Data.
    pub(crate) stdout: String,
    /// Progress, questions, errors.
    pub(crate) stderr: String,
}

impl Run {
    /// Every row of JSON Lines output.
    pub(crate) fn rows(&self) -> Vec<Value> {
        self.stdout
            .lines()
            .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error} in row {line}")))
            .collect()
    }

    /// The run, if it ended with one of these codes.
    pub(crate) fn ended(self, codes: &[i32]) -> Self {
        assert!(
            codes.contains(&self.code),
            "exit {} instead of {codes:?}\nstdout: {}\nstderr: {}",
            self.code,
            self.stdout,
            self.stderr
        );
        self
    }
}

/// The program with a scrubbed environment; nothing of `AWS_*`, `BBSEC_*`, `RUST_*` or the user's settings gets in.
pub(crate) fn program(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bbsec-ir"));
    command
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", folder)
        .env("USER", "responder")
        .env("LC_ALL", "C.UTF-8")
        .env("TZ", "UTC")
        .env("TERM", "dumb")
        .env("NO_COLOR", "1")
        .env("COLUMNS", "100")
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .current_dir(folder)
        .stdin(Stdio::null());
    command
}

/// Runs a command and waits for its end.
pub(crate) fn finish(command: &mut Command) -> Run {
    let output = command.output().expect("the program starts");
    Run {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).expect("standard output is UTF-8"),
        stderr: String::from_utf8(output.stderr).expect("standard error is UTF-8"),
    }
}

/// Runs the program with these arguments in a folder.
pub(crate) fn bbsec_ir<I: IntoIterator<Item: AsRef<std::ffi::OsStr>>>(folder: &Path, arguments: I) -> Run {
    finish(program(folder).args(arguments))
}

/// A folder that goes away with the test.
pub(crate) fn temporary() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

/// The repository's top folder.
pub(crate) fn root() -> PathBuf {
    xtask::shell::root().expect("tests run in the repository")
}

/// A scenario as it was generated.
#[derive(Debug)]
pub(crate) struct Scenario {
    /// Everything of it.
    pub(crate) folder: PathBuf,
    /// The Bitbucket home.
    pub(crate) home: PathBuf,
    /// What there is to find.
    pub(crate) truth: Truth,
}

/// The described scenario, made once per state of description and generator and kept under `target/`.
pub(crate) fn scenario(name: &str) -> Scenario {
    static LOCK: OnceLock<std::sync::Mutex<()>> = OnceLock::new();
    let guard = LOCK.get_or_init(std::sync::Mutex::default).lock();
    let root = root();
    let description = root.join(format!("fixtures/scenarios/{name}.toml"));
    let mut hash = Sha256::new();
    hash.update(std::fs::read(&description).expect("the description"));
    hash.update(scenario::tree_hash(&root.join("crates/xtask/src/scenario")).expect("the generator"));
    let digest = bbsec_core::hex::encode(hash.finalize());
    let id = digest.get(..16).expect("a SHA-256 has 64 digits");
    let kept = root.join("target/it");
    let folder = kept.join(format!("{name}-{id}"));
    if !folder.is_dir() {
        std::fs::create_dir_all(&kept).expect("target/ can be written");
        // Tests run side by side as processes: each makes its own, the first to finish names it.
        let mine = tempfile::tempdir_in(&kept).expect("a folder under target/");
        let made = mine.path().join("made");
        scenario::generate(&description, &made).expect("a scenario");
        let renamed = std::fs::rename(&made, &folder);
        assert!(renamed.is_ok() || folder.is_dir(), "{renamed:?}");
    }
    drop(guard);
    let text = std::fs::read_to_string(folder.join("truth.json")).expect("the truth");
    let truth = serde_json::from_str(&text).expect("the truth is readable");
    Scenario { home: folder.join("home"), folder, truth }
}

/// Says that something could not be tried; `cargo xtask test` counts these lines.
pub(crate) fn not_run(why: &str) {
    println!("not run: {why}");
}

/// The Python that set-up made, or a line that says what was left out.
pub(crate) fn python(what: &str) -> Option<PathBuf> {
    let found = xtask::setup::ready_python(&root());
    if found.is_none() {
        not_run(&format!("{what} (no Python environment: cargo xtask setup)"));
    }
    found
}

/// Whether a program is there, or a line that says what was left out.
pub(crate) fn needs(program: &str, what: &str) -> bool {
    let there = xtask::shell::has(program);
    if !there {
        not_run(&format!("{what} (no {program})"));
    }
    there
}
