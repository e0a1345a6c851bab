//! The AWS lab: an emulator on a free port of this machine, seeded with a Bitbucket cluster.

use std::{
    io::{Read as _, Write as _},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use crate::shell;

/// A running lab; it ends when this is dropped.
#[derive(Debug)]
pub struct Lab {
    child: Child,
    /// `http://127.0.0.1:PORT`.
    pub endpoint: String,
    /// What the seed made: ids by name.
    pub facts: Value,
    folder: PathBuf,
}

impl Drop for Lab {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Lab {
    /// Starts the emulator and seeds it. Its files (log, facts) go to `folder`.
    pub fn start(root: &Path, python: &Path, folder: &Path, seed: &[&str]) -> Result<Self> {
        std::fs::create_dir_all(folder)?;
        let ready = folder.join("lab.json");
        let _ = std::fs::remove_file(&ready);
        let log = std::fs::File::create(folder.join("lab.log"))?;
        let child = Command::new(python)
            .arg(root.join("tests/lab/aws_lab.py"))
            .args(["--port", "0", "--ready-file"])
            .arg(&ready)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .context("cannot start the AWS lab")?;
        let mut lab =
            Self { child, endpoint: String::new(), facts: Value::Null, folder: folder.to_path_buf() };
        lab.endpoint = lab.wait(&ready)?;
        let facts = folder.join("facts.json");
        let mut command = Command::new(python);
        command.arg(root.join("tests/lab/seed.py")).args(["--endpoint", &lab.endpoint, "--out"]).arg(&facts);
        shell::capture(command.args(seed)).context("cannot seed the AWS lab")?;
        lab.facts = serde_json::from_slice(&std::fs::read(&facts)?).context("the seed wrote no facts")?;
        Ok(lab)
    }

    fn wait(&mut self, ready: &Path) -> Result<String> {
        let started = Instant::now();
        while started.elapsed() < Duration::from_mins(1) {
            let text = std::fs::read_to_string(ready).unwrap_or_default();
            let value: Value = serde_json::from_str(&text).unwrap_or_default();
            if let Some(endpoint) = value.get("endpoint").and_then(Value::as_str) {
                return Ok(endpoint.to_owned());
            }
            if let Some(status) = self.child.try_wait()? {
                let log = std::fs::read_to_string(self.folder.join("lab.log")).unwrap_or_default();
                bail!("the AWS lab ended with {status}: {}", log.trim());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        bail!("the AWS lab did not answer within a minute; see {}", self.folder.join("lab.log").display())
    }

    /// One id that the seed made; names as in `facts.json`, nested ones with a dot.
    pub fn fact(&self, name: &str) -> Result<&str> {
        let pointer = format!("/{}", name.replace('.', "/"));
        self.facts
            .pointer(&pointer)
            .and_then(Value::as_str)
            .with_context(|| format!("the lab has no {name:?}"))
    }

    /// Tells the lab something: `set`, `faults`, `flows`, `events`, `keys` or `reset` (`tests/lab/aws_lab.py`).
    pub fn control(&self, name: &str, value: &Value) -> Result<Value> {
        self.talk("POST", name, &value.to_string())
    }

    /// Asks the lab for something: `calls`, `flows`, `faults`.
    pub fn read(&self, name: &str) -> Result<Value> {
        self.talk("GET", name, "")
    }

    /// HTTP/1.0, one request a connection: all that the control plane needs.
    fn talk(&self, method: &str, name: &str, body: &str) -> Result<Value> {
        let address = self.endpoint.trim_start_matches("http://");
        let mut stream = std::net::TcpStream::connect(address).context("the AWS lab does not answer")?;
        let head = format!("{method} /_bb/{name} HTTP/1.0\r\nContent-Length: {}\r\n\r\n", body.len());
        stream.write_all(head.as_bytes())?;
        stream.write_all(body.as_bytes())?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let (head, body) = answer.split_once("\r\n\r\n").context("the AWS lab answers no HTTP")?;
        ensure!(head.contains(" 200 "), "the AWS lab refuses {name}: {body}");
        Ok(serde_json::from_str(body)?)
    }

    /// What the SDK needs to speak with the lab and nobody else.
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        let nowhere = self.folder.join("no-such-file").display().to_string();
        let region = self.fact("region").unwrap_or("eu-central-1").to_owned();
        vec![
            ("AWS_ENDPOINT_URL", self.endpoint.clone()),
            ("AWS_ACCESS_KEY_ID", "test".into()),
            ("AWS_SECRET_ACCESS_KEY", "test".into()),
            ("AWS_REGION", region.clone()),
            ("AWS_DEFAULT_REGION", region),
            ("AWS_EC2_METADATA_DISABLED", "true".into()),
            ("AWS_CONFIG_FILE", nowhere.clone()),
            ("AWS_SHARED_CREDENTIALS_FILE", nowhere),
        ]
    }

    /// Blocks until the emulator ends (Ctrl-C ends both).
    pub fn stay(&mut self) -> Result<()> {
        self.child.wait().context("cannot wait for the AWS lab")?;
        Ok(())
    }
}
