//! One case folder in which one trial happens, and the program run in it.

use std::{
    os::unix::process::ExitStatusExt as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use super::Reader;
use crate::lab::Lab;

/// How a run of the program ended.
#[derive(Debug, Clone)]
pub struct Ended {
    /// Exit code, unless a signal ended it.
    pub code: Option<i32>,
    /// The signal that ended it.
    pub signal: Option<i32>,
    /// Data.
    pub stdout: String,
    /// Everything else.
    pub stderr: String,
}

impl Ended {
    /// In a few words.
    pub fn words(&self) -> String {
        match (self.code, self.signal) {
            (Some(code), _) => format!("exit {code}"),
            (None, Some(signal)) => format!("signal {signal}"),
            (None, None) => "no status".to_owned(),
        }
    }

    /// The last words on standard error, for a person who looks at a failed trial.
    pub fn complaint(&self) -> String {
        let lines: Vec<&str> = self.stderr.lines().rev().take(4).collect();
        lines.into_iter().rev().collect::<Vec<_>>().join(" | ")
    }
}

/// Where a trial happens: an empty folder, a new case in it, and the lab.
pub struct Place<'a> {
    /// The folder, also the program's home.
    pub folder: PathBuf,
    /// The case folder in it.
    pub case: PathBuf,
    /// The repository.
    pub root: &'a Path,
    /// The lab.
    pub lab: Option<&'a Lab>,
    pub(super) program: &'a Path,
    pub(super) reader: &'a Reader,
}

impl std::fmt::Debug for Place<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Place").field("folder", &self.folder).finish_non_exhaustive()
    }
}

/// How long one run of the program may take: longer means that it hangs.
const LONGEST: Duration = Duration::from_mins(3);

impl Place<'_> {
    /// The lab; an error where the subject has none.
    pub fn lab(&self) -> Result<&Lab> {
        self.lab.context("this subject has no lab")
    }

    /// The case's id.
    pub fn case_id(&self) -> Result<String> {
        let text = std::fs::read_to_string(self.case.join("case.toml"))?;
        let meta: toml::Value = toml::from_str(&text)?;
        meta.get("id").and_then(toml::Value::as_str).map(str::to_owned).context("case.toml has no id")
    }

    /// Lines of the journal.
    pub fn journal(&self) -> Result<Vec<Value>> {
        let text = std::fs::read_to_string(self.case.join("journal.jsonl"))?;
        // A torn last line is what a crash may leave; the program sets it aside itself.
        Ok(text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect())
    }

    /// The newest run of the journal.
    pub fn newest_run(&self) -> Result<Option<String>> {
        let lines = self.journal()?;
        Ok(lines
            .iter()
            .rev()
            .find(|line| line.get("kind").is_some_and(|kind| kind == "run-started"))
            .and_then(|line| line.get("run")?.as_str().map(str::to_owned)))
    }

    /// Runs boto3 code in the long-lived reader: `client(service)` gives a client, `facts` what the seed made, `case` the
    /// case's id; what `out` holds comes back.
    pub fn boto(&self, code: &str) -> Result<Value> {
        self.reader.ask(self.lab()?, &self.case_id()?, code)
    }

    /// Runs the program with arguments and `--case`, with nothing of this machine's environment.
    pub fn program(&self, arguments: &[String], environment: &[(&str, String)]) -> Result<Ended> {
        self.start(arguments, environment, None)
    }

    /// Starts the program, leaves its process id in `pid_file`, and waits for its end.
    pub(super) fn start(
        &self,
        arguments: &[String],
        environment: &[(&str, String)],
        pid_file: Option<&Path>,
    ) -> Result<Ended> {
        let (out, err) = (self.folder.join("stdout"), self.folder.join("stderr"));
        let mut command = Command::new(self.program);
        command
            .args(arguments)
            .arg("--case")
            .arg(&self.case)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", &self.folder)
            .env("USER", "responder")
            .env("TZ", "UTC")
            .env("NO_COLOR", "1")
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .envs(environment.iter().map(|(name, value)| (name, value)))
            .current_dir(&self.folder)
            .stdin(Stdio::null())
            .stdout(std::fs::File::create(&out)?)
            .stderr(std::fs::File::create(&err)?);
        if let Some(lab) = self.lab {
            command.envs(lab.environment());
        }
        let mut child = command.spawn().context("cannot start the program")?;
        if let Some(file) = pid_file {
            let unready = file.with_extension("part");
            std::fs::write(&unready, child.id().to_string())?;
            std::fs::rename(unready, file)?;
        }
        let begun = Instant::now();
        let status = loop {
            if let Some(status) = child.try_wait()? {
                break status;
            }
            if begun.elapsed() > LONGEST {
                let _ = child.kill();
                let _ = child.wait();
                bail!("`{}` did not end within {LONGEST:?}", arguments.join(" "));
            }
            std::thread::sleep(Duration::from_millis(10));
        };
        Ok(Ended {
            code: status.code(),
            signal: status.signal(),
            stdout: std::fs::read_to_string(out)?,
            stderr: std::fs::read_to_string(err)?,
        })
    }
}
