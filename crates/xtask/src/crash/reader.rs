//! boto3 as an independent reader: one Python process that is asked again and again, because starting it costs more than
//! the question.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    path::PathBuf,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    sync::{Mutex, PoisonError},
};

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};

use crate::lab::Lab;

const LOOP: &str = r#"
import json, sys, traceback
import boto3
made = {}
for line in sys.stdin:
    asked = json.loads(line)
    def client(service, endpoint=asked["endpoint"]):
        if (service, endpoint) not in made:
            made[service, endpoint] = boto3.client(service, endpoint_url=endpoint, region_name="eu-central-1",
                                                   aws_access_key_id="test", aws_secret_access_key="test")
        return made[service, endpoint]
    scope = {"client": client, "facts": asked["facts"], "case": asked["case"], "json": json, "out": None}
    try:
        exec(asked["code"], scope)
        answer = {"out": scope["out"]}
    except Exception:
        answer = {"error": traceback.format_exc()}
    print(json.dumps(answer, default=str), flush=True)
"#;

struct Running {
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
}

/// The reader; its process starts with the first question and ends when this is dropped.
pub struct Reader {
    python: PathBuf,
    running: Mutex<Option<Running>>,
}

impl std::fmt::Debug for Reader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reader").field("python", &self.python).finish_non_exhaustive()
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        let running = self.running.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Some(running) = running {
            let _ = running.child.kill();
            let _ = running.child.wait();
        }
    }
}

impl Reader {
    /// A reader that will use this Python.
    pub fn new(python: PathBuf) -> Self {
        Self { python, running: Mutex::new(None) }
    }

    /// Runs code against a lab and hands back what its `out` holds.
    pub fn ask(&self, lab: &Lab, case: &str, code: &str) -> Result<Value> {
        let mut guard = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        if guard.is_none() {
            let mut child = Command::new(&self.python)
                .args(["-c", LOOP])
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .spawn()
                .context("cannot start Python")?;
            let to = child.stdin.take().context("Python has no input")?;
            let from = BufReader::new(child.stdout.take().context("Python has no output")?);
            *guard = Some(Running { child, to, from });
        }
        let running = guard.as_mut().context("Python does not run")?;
        let question =
            json!({ "endpoint": lab.endpoint, "facts": lab.facts, "case": case, "code": code }).to_string();
        writeln!(running.to, "{question}")?;
        let mut line = String::new();
        running.from.read_line(&mut line)?;
        let answer: Value = serde_json::from_str(&line).context("the reader gave no answer")?;
        if let Some(error) = answer.get("error").and_then(Value::as_str) {
            bail!("boto3: {error}");
        }
        Ok(answer.get("out").cloned().unwrap_or_default())
    }
}
