//! Set-up: a Python environment under `target/`, and the programs that tests ask for a second opinion.
//!
//! Installs packages only as root with `CI=true`; elsewhere it says which command would, and goes on with what it can.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

use crate::{scenario::credentials::hex, shell};

/// Something that tests ask, with the Debian package that brings it.
struct Program {
    /// Any of these on the path, or, with a slash in front, as a file.
    names: &'static [&'static str],
    package: &'static str,
    what_for: &'static str,
}

const PROGRAMS: [Program; 11] = [
    Program { names: &["git"], package: "git", what_for: "scenario repositories and git fsck" },
    Program { names: &["python3"], package: "python3-venv", what_for: "the AWS lab, plaso, bagit" },
    Program { names: &["ssh-keygen"], package: "openssh-client", what_for: "verifying signatures and keys" },
    Program { names: &["mandoc"], package: "mandoc", what_for: "reading the manual pages" },
    Program { names: &["zsh"], package: "zsh", what_for: "reading the completions for zsh" },
    Program { names: &["fish"], package: "fish", what_for: "reading the completions for fish" },
    Program { names: &["unzip"], package: "unzip", what_for: "a second opinion on archives" },
    Program { names: &["javac"], package: "default-jdk-headless", what_for: "compiling and reading plugins" },
    Program {
        names: &["/usr/share/java/tomcat9-catalina.jar"],
        package: "libtomcat9-java",
        what_for: "showing that ordinary Java libraries are not called web shells",
    },
    Program {
        names: &["/usr/lib/postgresql"],
        package: "postgresql",
        what_for: "the database that tests collect from",
    },
    Program {
        names: &["chromium", "chromium-browser", "google-chrome"],
        package: "chromium",
        what_for: "opening the report in a browser",
    },
];

impl Program {
    fn is_there(&self) -> bool {
        self.names
            .iter()
            .any(|name| if name.starts_with('/') { Path::new(name).exists() } else { shell::has(name) })
    }
}

const REQUIREMENTS: [&str; 2] = ["tests/lab/requirements.txt", "tests/requirements.txt"];
/// Packages of which only a part is used, without the many that they ask for.
const ALONE: &str = "tests/requirements-alone.txt";

/// What is there and what is not.
#[derive(Debug, Default)]
pub struct Setup {
    /// The environment's Python, with every required package.
    pub python: Option<PathBuf>,
    /// What is missing and the command that would bring it.
    pub missing: Vec<String>,
}

/// Where the environment's Python is once set-up has run.
pub fn python(root: &Path) -> PathBuf {
    root.join("target/venv/bin/python")
}

/// The environment's Python, if set-up has run for the present requirements.
pub fn ready_python(root: &Path) -> Option<PathBuf> {
    let stamp = std::fs::read_to_string(root.join("target/venv/requirements.sha256")).ok()?;
    (stamp == requirements(root).ok()?).then(|| python(root))
}

/// Brings what is missing, as far as this machine allows.
pub fn prepare(root: &Path) -> Result<Setup> {
    let mut setup = Setup::default();
    packages(&mut setup)?;
    if !shell::has("python3") {
        return Ok(setup);
    }
    match venv(root) {
        Ok(python) => setup.python = Some(python),
        Err(error) => setup.missing.push(format!(
            "a Python environment with the lab's packages ({error:#}). Try: apt-get install python3-venv; \
             python3 -m venv target/venv && target/venv/bin/pip install {}",
            REQUIREMENTS.map(|file| format!("-r {file}")).join(" ")
        )),
    }
    Ok(setup)
}

fn absent() -> Vec<&'static Program> {
    PROGRAMS.iter().filter(|program| !program.is_there()).collect()
}

fn packages(setup: &mut Setup) -> Result<()> {
    let mut wanted: Vec<&str> = absent().iter().map(|program| program.package).collect();
    // Debian's python3 comes without ensurepip; only trying tells.
    let ensurepip = Command::new("python3").args(["-c", "import ensurepip"]).output();
    if !wanted.contains(&"python3-venv") && !ensurepip.is_ok_and(|output| output.status.success()) {
        wanted.push("python3-venv");
    }
    if wanted.is_empty() {
        return Ok(());
    }
    if shell::may_install() && shell::has("apt-get") {
        shell::run(Command::new("apt-get").args(["update", "-qq"]))?;
        let mut install = Command::new("apt-get");
        install.args(["install", "-qq", "-y", "--no-install-recommends"]).args(&wanted);
        install.env("DEBIAN_FRONTEND", "noninteractive");
        shell::run(&mut install).context("cannot install Debian packages")?;
    }
    for program in absent() {
        setup.missing.push(format!(
            "{} (for {}). Try: apt-get install {}",
            program.names.first().copied().unwrap_or_default(),
            program.what_for,
            program.package
        ));
    }
    Ok(())
}

/// Identifies the requirements, so that a change makes a new environment.
fn requirements(root: &Path) -> Result<String> {
    let mut hash = Sha256::new();
    for file in REQUIREMENTS.into_iter().chain([ALONE]) {
        hash.update(std::fs::read(root.join(file)).with_context(|| format!("cannot read {file}"))?);
    }
    Ok(hex(&hash.finalize()))
}

fn venv(root: &Path) -> Result<PathBuf> {
    if let Some(python) = ready_python(root) {
        return Ok(python);
    }
    let folder = root.join("target/venv");
    if folder.exists() {
        std::fs::remove_dir_all(&folder).context("cannot remove the old Python environment")?;
    }
    shell::capture(Command::new("python3").arg("-m").arg("venv").arg(&folder))?;
    let mut pip = Command::new(python(root));
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]).current_dir(root);
    for file in REQUIREMENTS {
        pip.args(["-r", file]);
    }
    shell::capture(&mut pip)?;
    let mut alone = Command::new(python(root));
    alone.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "-r", ALONE]);
    shell::capture(alone.current_dir(root))?;
    std::fs::write(folder.join("requirements.sha256"), requirements(root)?)?;
    Ok(python(root))
}
