//! Cargo's own helpers: taken from the path, else built once into `target/tools` from crates.io.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::shell;

/// A cargo subcommand with the version that is built where none is installed.
#[derive(Debug, Clone, Copy)]
pub struct Tool {
    /// Crate and program name.
    pub name: &'static str,
    version: &'static str,
}

/// The test runner.
pub const NEXTEST: Tool = Tool { name: "cargo-nextest", version: "0.9.143" };
/// Licences, bans and sources.
pub const DENY: Tool = Tool { name: "cargo-deny", version: "0.20.2" };

impl Tool {
    /// Where the tool is, if it is anywhere.
    pub fn find(self, root: &Path) -> Option<PathBuf> {
        let built = root.join("target/tools/bin").join(self.name);
        shell::find(self.name).or_else(|| built.is_file().then_some(built))
    }

    /// Finds or builds the tool. A debug build takes a third of the time and is fast enough.
    pub fn bring(self, root: &Path) -> Result<PathBuf> {
        if let Some(path) = self.find(root) {
            return Ok(path);
        }
        println!("building {} {} into target/tools (once)", self.name, self.version);
        let mut install = shell::cargo();
        install
            .args(["install", "--quiet", "--locked", "--debug", self.name, "--version", self.version])
            .arg("--root")
            .arg(root.join("target/tools"))
            .env("CARGO_TARGET_DIR", root.join("target/tools/build"));
        shell::run(&mut install).with_context(|| format!("cannot build {}", self.name))?;
        // The program is all that is needed; its build is a gigabyte.
        let _ = std::fs::remove_dir_all(root.join("target/tools/build"));
        self.find(root).with_context(|| format!("{} is not where cargo put it", self.name))
    }
}
