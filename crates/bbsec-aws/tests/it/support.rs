//! A lab per test, a case in memory, and boto3 as an independent reader.

use std::{
    io::Read,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use bbsec_aws::{Aws, AwsSettings};
use bbsec_core::{
    CaseStore, Change, ChangeLog, ChangeResult, Context, EvidenceItem, Failure, Fingerprinter, Gap, Progress,
    Provenance, Scope, Task, Time, Unit,
};
use serde_json::Value;
use sha2::{Digest, Sha256};

/// The Python with moto and boto3: `BBSEC_TEST_PYTHON`, or the one that `cargo xtask` makes.
pub(crate) fn python() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let given = std::env::var_os("BBSEC_TEST_PYTHON").map(PathBuf::from);
    let found = given.unwrap_or_else(|| root.join("target/venv/bin/python"));
    let works = Command::new(&found)
        .args(["-c", "import moto, flask, boto3"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|s| s.success());
    if !works {
        println!("not run: {} has no moto, flask and boto3 (tests/lab/requirements.txt)", found.display());
    }
    works.then_some(found)
}

/// A running lab, seeded.
pub(crate) struct Lab {
    child: Child,
    python: PathBuf,
    pub(crate) endpoint: String,
    pub(crate) facts: Value,
    pub(crate) folder: tempfile::TempDir,
}

impl Drop for Lab {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn lab_file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/lab").join(name)
}

impl Lab {
    /// Starts and seeds one; `None` where Python or moto is absent.
    pub(crate) fn start(seed: &[&str]) -> Option<Self> {
        let python = python()?;
        let folder = tempfile::tempdir().unwrap();
        let ready = folder.path().join("ready.json");
        let child = Command::new(&python)
            .arg(lab_file("aws_lab.py"))
            .args(["--port", "0", "--ready-file"])
            .arg(&ready)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let begun = Instant::now();
        while !ready.exists() {
            assert!(begun.elapsed() < Duration::from_mins(1), "the lab did not start");
            std::thread::sleep(Duration::from_millis(50));
        }
        let told: Value = serde_json::from_slice(&std::fs::read(&ready).unwrap()).unwrap();
        let endpoint = told["endpoint"].as_str().unwrap().to_owned();
        let out = folder.path().join("facts.json");
        let seeded = Command::new(&python)
            .arg(lab_file("seed.py"))
            .args(["--endpoint", &endpoint, "--out"])
            .arg(&out)
            .args(seed)
            .output()
            .unwrap();
        assert!(seeded.status.success(), "{}", String::from_utf8_lossy(&seeded.stderr));
        let facts = serde_json::from_slice(&std::fs::read(&out).unwrap()).unwrap();
        Some(Self { child, python, endpoint, facts, folder })
    }

    pub(crate) fn id(&self, pointer: &str) -> String {
        self.facts
            .pointer(pointer)
            .and_then(Value::as_str)
            .unwrap_or_else(|| panic!("no {pointer}"))
            .to_owned()
    }

    pub(crate) fn aws(&self) -> Arc<Aws> {
        self.aws_with(|_| {})
    }

    pub(crate) fn aws_with(&self, change: impl FnOnce(&mut AwsSettings)) -> Arc<Aws> {
        let mut settings = AwsSettings {
            region: Some("eu-central-1".into()),
            case_id: "case-1".into(),
            endpoint_url: Some(self.endpoint.clone()),
            static_keys: Some(("test".into(), "test".into())),
            ..AwsSettings::default()
        };
        change(&mut settings);
        Arc::new(Aws::new(settings).unwrap())
    }

    /// Runs Python with boto3 against the lab; `call(service)` gives a client, `facts` the seed's facts, and what
    /// `out` holds at the end comes back.
    pub(crate) fn boto(&self, script: &str) -> Value {
        let file = self.folder.path().join("facts.json");
        let text = format!(
            "import json, boto3, urllib.request\nfacts = json.load(open({:?}))\n\
             def client(s): return boto3.client(s, endpoint_url={:?}, region_name='eu-central-1', \
             aws_access_key_id='test', aws_secret_access_key='test')\n\
             def post(n, v): urllib.request.urlopen(urllib.request.Request({:?} + '/_bb/' + n, json.dumps(v).encode()))\n\
             def get(n): return json.load(urllib.request.urlopen({:?} + '/_bb/' + n))\n\
             out = None\n{script}\nprint(json.dumps(out, default=str))",
            file.to_str().unwrap(),
            self.endpoint,
            self.endpoint,
            self.endpoint,
        );
        let run = Command::new(&self.python).args(["-c", &text]).output().unwrap();
        assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
        serde_json::from_slice(&run.stdout).unwrap()
    }

    /// Tells the lab's control plane something, without the price of starting Python.
    pub(crate) fn post(&self, name: &str, value: &Value) {
        use std::io::Write as _;
        let body = value.to_string();
        let address = self.endpoint.trim_start_matches("http://");
        let mut stream = std::net::TcpStream::connect(address).unwrap();
        let head = format!("POST /_bb/{name} HTTP/1.0\r\nContent-Length: {}\r\n\r\n", body.len());
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(body.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.contains(" 200 "), "{answer}");
    }

    /// Everything that `release` must put back, as boto3 sees it.
    pub(crate) fn state(&self) -> Value {
        self.boto(include_str!("state.py"))
    }

    pub(crate) fn calls(&self) -> Vec<String> {
        let all = self.boto("out = [c['action'] for c in get('calls')]");
        all.as_array().unwrap().iter().map(|c| c.as_str().unwrap().to_owned()).collect()
    }
}

/// A case in a folder, as small as can be.
pub(crate) struct TestCase {
    root: tempfile::TempDir,
    scope: Scope,
    items: Vec<EvidenceItem>,
    pub(crate) id: &'static str,
}

impl TestCase {
    pub(crate) fn new() -> Self {
        Self { root: tempfile::tempdir().unwrap(), scope: Scope::default(), items: Vec::new(), id: "case-1" }
    }

    pub(crate) fn text(&self, end: &str) -> String {
        let item = self.items.iter().find(|i| i.path.contains(end)).unwrap_or_else(|| panic!("no {end}"));
        std::fs::read_to_string(self.evidence_path(item)).unwrap()
    }
}

impl TestCase {
    pub(crate) fn holds(&self, end: &str) -> bool {
        self.items.iter().any(|i| i.path.contains(end))
    }
}

impl CaseStore for TestCase {
    fn root(&self) -> &Path {
        self.root.path()
    }
    fn id(&self) -> &'static str {
        self.id
    }
    fn scope(&self) -> &Scope {
        &self.scope
    }
    fn fingerprinter(&self) -> Fingerprinter {
        Fingerprinter::unkeyed()
    }
    fn evidence(&self) -> Result<Vec<EvidenceItem>, Failure> {
        Ok(self.items.clone())
    }
    fn evidence_path(&self, item: &EvidenceItem) -> PathBuf {
        self.root.path().join("evidence/data").join(&item.path)
    }
    fn put(
        &mut self,
        path: &str,
        provenance: Provenance,
        bytes: &mut dyn Read,
    ) -> Result<EvidenceItem, Failure> {
        let mut all = Vec::new();
        bytes.read_to_end(&mut all).unwrap();
        let sha256 = bbsec_core::hex::encode(Sha256::digest(&all));
        if let Some(held) = self.items.iter().find(|i| i.path == path) {
            assert_eq!(held.sha256, sha256, "{path} was stored twice with different bytes");
            return Ok(held.clone());
        }
        let item = EvidenceItem {
            path: path.to_owned(),
            size: all.len() as u64,
            sha256,
            provenance,
            acquired: Time::now(),
            by: "test".into(),
            tool: "test".into(),
            in_place: None,
        };
        let file = self.evidence_path(&item);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, all).unwrap();
        self.items.push(item.clone());
        Ok(item)
    }
    fn register(
        &mut self,
        _: &str,
        _: Provenance,
        _: &Path,
        _: &dyn Progress,
    ) -> Result<EvidenceItem, Failure> {
        unimplemented!("nothing here registers folders")
    }
}

/// A journal in memory. `die_at` makes the n-th write fail, as if the process had been killed there.
#[derive(Default)]
pub(crate) struct TestLog {
    pub(crate) changes: Vec<(u64, Change, Option<ChangeResult>)>,
    pub(crate) notes: Vec<(String, Value)>,
    /// How many changes had been begun when each note was written.
    noted_after: Vec<usize>,
    pub(crate) writes: u32,
    pub(crate) die_at: Option<u32>,
}

impl TestLog {
    fn write(&mut self) -> Result<(), Failure> {
        self.writes += 1;
        if self.die_at == Some(self.writes) {
            return Err(Failure::new(bbsec_core::Exit::Interrupted, "killed"));
        }
        Ok(())
    }
}

impl TestLog {
    /// Whether a note was written before the first change; `None` without such a note.
    pub(crate) fn written_before_first_change(&self, kind: &str) -> Option<bool> {
        let at = self.notes.iter().position(|(name, _)| name == kind)?;
        self.noted_after.get(at).map(|changes| *changes == 0)
    }
}

impl ChangeLog for TestLog {
    fn intent(&mut self, change: &Change) -> Result<u64, Failure> {
        self.write()?;
        let id = self.changes.len() as u64;
        self.changes.push((id, change.clone(), None));
        Ok(id)
    }
    fn outcome(&mut self, id: u64, result: &ChangeResult) -> Result<(), Failure> {
        self.write()?;
        self.changes[id as usize].2 = Some(result.clone());
        Ok(())
    }
    fn past(&self) -> Result<Vec<(u64, Change, Option<ChangeResult>)>, Failure> {
        Ok(self.changes.clone())
    }
    fn note(&mut self, kind: &str, body: Value) -> Result<(), Failure> {
        self.write()?;
        self.notes.push((kind.to_owned(), body));
        self.noted_after.push(self.changes.len());
        Ok(())
    }
    fn last_note(&self, kind: &str) -> Result<Option<Value>, Failure> {
        Ok(self.notes.iter().rev().find(|(k, _)| k == kind).map(|(_, b)| b.clone()))
    }
}

/// Progress that can be cancelled after some looks.
#[derive(Default)]
pub(crate) struct TestProgress {
    pub(crate) cancelled: AtomicBool,
}

struct NoTask;
impl Task for NoTask {
    fn advance(&self, _: u64) {}
    fn total(&self, _: u64) {}
    fn at(&self, _: &str) {}
}

impl Progress for TestProgress {
    fn task(&self, _: &str, _: Unit, _: Option<u64>) -> Box<dyn Task> {
        Box::new(NoTask)
    }
    fn say(&self, _: &str) {}
    fn cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }
}

/// A case, a journal, and what was missed.
pub(crate) struct World {
    pub(crate) case: TestCase,
    pub(crate) log: TestLog,
    pub(crate) progress: TestProgress,
    pub(crate) gaps: Vec<Gap>,
}

impl World {
    pub(crate) fn new() -> Self {
        Self {
            case: TestCase::new(),
            log: TestLog::default(),
            progress: TestProgress::default(),
            gaps: Vec::new(),
        }
    }

    pub(crate) fn context(&mut self) -> Context<'_> {
        Context {
            case: &mut self.case,
            changes: &mut self.log,
            progress: &self.progress,
            gaps: &mut self.gaps,
            run: "run-1",
            step: "step-1",
        }
    }

    /// Operations of the journal, in order.
    pub(crate) fn operations(&self) -> Vec<String> {
        self.log.changes.iter().map(|(_, c, _)| c.operation.clone()).collect()
    }
}
