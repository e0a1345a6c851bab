//! `cargo xtask demo`: a compromised instance, isolated, collected from, scanned and explained, in one command.

use std::{
    path::{Path, PathBuf},
    process::{Command, ExitCode},
    time::Instant,
};

use anyhow::{Context, Result, bail};

use crate::{lab::Lab, scenario, setup, shell};

/// Changes to the (emulated) world that the demo agrees to beforehand, by step of the playbook.
const AGREED: [&str; 1] = ["isolate"];

struct Demo {
    root: PathBuf,
    folder: PathBuf,
    started: Instant,
}

/// Runs the demo; exit 4 when only the part without AWS could run.
pub fn run() -> Result<ExitCode> {
    let root = shell::root()?;
    let folder = root.join("target/demo");
    let demo = Demo { root, folder, started: Instant::now() };
    let setup = setup::prepare(&demo.root)?;
    demo.say("building bbsec-ir (the first time takes a while: the AWS SDK is large)");
    let program = program(&demo.root)?;
    if demo.folder.exists() {
        // Evidence is made read-only; the case of an earlier demo must give way all the same.
        make_writable(&demo.folder)?;
        std::fs::remove_dir_all(&demo.folder).context("cannot remove the last demo")?;
    }
    std::fs::create_dir_all(&demo.folder)?;
    demo.say("making a compromised Bitbucket home");
    let description = demo.root.join("fixtures/scenarios/bitbucket-node.toml");
    let made = scenario::generate(&description, &demo.folder.join("scenario"))?;
    let Some(python) = setup.python else {
        for missing in &setup.missing {
            println!("missing: {missing}");
        }
        demo.say("without Python there is no AWS lab: running the offline playbook");
        demo.offline(&program, &made)?;
        return Ok(ExitCode::from(4));
    };
    demo.say("starting the AWS lab");
    let events = made.cloudtrail.display().to_string();
    let lab = Lab::start(&demo.root, &python, &demo.folder.join("lab"), &["--events", &events])?;
    demo.online(&program, &made, &lab)?;
    Ok(ExitCode::SUCCESS)
}

/// Builds the program and says where it is.
pub fn program(root: &Path) -> Result<PathBuf> {
    // Built as the tests build it: `cargo build --package bbsec-ir` selects other features of shared crates, and the AWS
    // SDK would be compiled a second time by `cargo xtask test`.
    let mut build = shell::cargo();
    build.current_dir(root).args(["test", "--no-run", "--quiet", "--locked", "--workspace", "--test", "it"]);
    shell::run(&mut build)?;
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    Ok(target.join("debug/bbsec-ir"))
}

/// Gives the owner write permission below a folder, so that it can be removed.
pub(crate) fn make_writable(folder: &Path) -> Result<()> {
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        let mut permissions = std::fs::metadata(&folder)?.permissions();
        if permissions.readonly() {
            std::os::unix::fs::PermissionsExt::set_mode(&mut permissions, 0o755);
            std::fs::set_permissions(&folder, permissions)?;
        }
        for entry in std::fs::read_dir(&folder)? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                folders.push(entry.path());
            }
        }
    }
    Ok(())
}

impl Demo {
    fn say(&self, what: &str) {
        println!("[{:>6.1} s] {what}", self.started.elapsed().as_secs_f64());
    }

    fn case(&self) -> PathBuf {
        self.folder.join("case")
    }

    fn new_case(&self, program: &Path, made: &scenario::Scenario) -> Result<()> {
        let (from, to) = &made.truth.window;
        let mut command = Command::new(program);
        command.args(["case", "new"]).arg(self.case());
        command.args(["--title", "Demo: a compromised Bitbucket node", "--product", "bitbucket"]);
        command.args(["--from", &from.to_rfc3339(), "--to", &to.to_rfc3339()]);
        for suspect in &made.truth.known {
            command.args(["--suspect", suspect]);
        }
        shell::run(&mut command)
    }

    fn playbook(&self, program: &Path, name: &str, home: &Path) -> Command {
        let mut command = Command::new(program);
        command.arg("run").arg(self.root.join("playbooks").join(name)).arg("--case").arg(self.case());
        command.arg("--set").arg(format!("home={}", home.display()));
        command
    }

    fn offline(&self, program: &Path, made: &scenario::Scenario) -> Result<()> {
        self.new_case(program, made)?;
        finished(&mut self.playbook(program, "offline-triage.yaml", &made.home))?;
        self.report()
    }

    fn online(&self, program: &Path, made: &scenario::Scenario, lab: &Lab) -> Result<()> {
        self.new_case(program, made)?;
        self.say("running the playbook");
        let mut command = self.playbook(program, "compromised-bitbucket.yaml", &made.home);
        command.arg("--set").arg(format!("instance={}", lab.fact("node1")?));
        command.arg("--set").arg(format!("bucket={}", lab.fact("evidence_bucket")?));
        command.args(["--vault-role-arn", lab.fact("evidence_role_arn")?]);
        for step in AGREED {
            command.args(["--yes-to", step]);
        }
        command.envs(lab.environment());
        finished(&mut command)?;
        self.report()
    }

    fn report(&self) -> Result<()> {
        let folder = self.case().join("report");
        let newest = std::fs::read_dir(&folder)
            .with_context(|| format!("no reports in {}", folder.display()))?
            .filter_map(|entry| Some(entry.ok()?.path().join("report.html")))
            .filter(|report| report.is_file())
            .max();
        let Some(report) = newest else { bail!("no report in {}", folder.display()) };
        self.say("done");
        println!("\nThe report: {}", report.display());
        println!("The case:   {}", self.case().display());
        Ok(())
    }
}

/// A playbook that ends with gaps (4), or with paths that could not be cut (7), has still finished; both are in the
/// report.
fn finished(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("cannot start `{}`", shell::show(command)))?;
    match status.code() {
        Some(0 | 4 | 7) => Ok(()),
        _ => bail!("`{}` ended with {status}", shell::show(command)),
    }
}
