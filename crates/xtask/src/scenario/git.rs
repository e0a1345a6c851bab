//! Runs the installed git with an environment that is the same everywhere, so that equal input gives equal objects.

use std::{
    ffi::OsStr,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context, Result, ensure};

/// One thread, no automatic maintenance, nothing from the machine: pack bytes depend on the input alone.
const CONFIG: &str = "\
[init]\n\tdefaultBranch = master\n\
[pack]\n\tthreads = 1\n\twriteReverseIndex = false\n\
[gc]\n\tauto = 0\n\
[maintenance]\n\tauto = false\n\
[receive]\n\tautogc = false\n\tunpackLimit = 100\n\
[core]\n\tfsync = none\n\
[advice]\n\tpushUpdateRejected = false\n\
[safe]\n\tdirectory = *\n";

/// Git with a fixed environment.
#[derive(Debug, Clone)]
pub struct Git {
    config: PathBuf,
}

impl Git {
    /// Keeps its configuration in `scratch`.
    pub fn new(scratch: &Path) -> Result<Self> {
        let config = scratch.join("gitconfig");
        std::fs::write(&config, CONFIG).context("cannot write git's configuration")?;
        Ok(Self { config })
    }

    fn command<I: IntoIterator<Item: AsRef<OsStr>>>(&self, dir: &Path, args: I) -> Command {
        let mut command = Command::new("git");
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CONFIG_GLOBAL", &self.config)
            .env("HOME", "/nonexistent")
            .env("LC_ALL", "C")
            .env("TZ", "UTC")
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("GIT_AUTHOR_NAME", "Bitbucket")
            .env("GIT_AUTHOR_EMAIL", "bitbucket@example.com")
            .env("GIT_COMMITTER_NAME", "Bitbucket")
            .env("GIT_COMMITTER_EMAIL", "bitbucket@example.com")
            .env("GIT_AUTHOR_DATE", "1700000000 +0000")
            .env("GIT_COMMITTER_DATE", "1700000000 +0000")
            .current_dir(dir)
            .args(args);
        command
    }

    /// Runs git in a directory and gives back its output.
    pub fn run<const N: usize>(&self, dir: &Path, args: [&str; N]) -> Result<String> {
        self.run_with(dir, &args, b"")
    }

    /// Runs git with something on its standard input.
    pub fn run_with(&self, dir: &Path, args: &[&str], input: &[u8]) -> Result<String> {
        let what = || format!("git {} (in {})", args.join(" "), dir.display());
        let mut child = self
            .command(dir, args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start {}", what()))?;
        let mut stdin = child.stdin.take().context("git has no standard input")?;
        let output = std::thread::scope(|scope| {
            // A git that ends early closes the pipe; its exit code says why.
            scope.spawn(move || drop(stdin.write_all(input)));
            child.wait_with_output()
        })
        .with_context(what)?;
        ensure!(
            output.status.success(),
            "{} failed: {}",
            what(),
            String::from_utf8_lossy(&output.stderr).trim()
        );
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }
}
