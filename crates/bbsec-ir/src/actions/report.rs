//! `report`: renders the case into its `report/` folder. It changes nothing outside the case.

use std::{
    io::{BufWriter, Write},
    path::{Path, PathBuf},
    sync::mpsc::{self, Receiver, SyncSender},
    thread,
};

use bbsec_case::{Access, Case};
use bbsec_core::{
    Action, ActionMeta, CaseStore as _, Context, Effect, Event, Exit, Failure, Idempotency, Observed, Plan,
    Undo, Verdict,
};
use bbsec_report::{CaseData, Redactor};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::case_data;

/// Nothing to choose: every format is written.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ReportInput {}

/// What was written.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
pub(crate) struct ReportOutput {
    /// The page for a browser.
    html: String,
    /// All files, each with its SHA-256.
    files: Vec<(String, String)>,
}

/// The action.
pub(crate) struct Report;

impl Action for Report {
    type Input = ReportInput;
    type Output = ReportOutput;

    fn meta(&self) -> ActionMeta {
        ActionMeta {
            id: "report",
            summary: "Render the report: what happened, what was touched, what to rotate, what was done, what is not known",
            version: 1,
            effect: Effect::Acquires,
            undo: Undo::NotNeeded,
            idempotency: Idempotency::Natural,
            permissions: &[],
        }
    }

    fn plan(&self, _: &ReportInput, _: &mut Context<'_>) -> Result<Plan, Failure> {
        Ok(Plan { summary: "write the report into the case".into(), ..Plan::default() })
    }

    fn observe(&self, _: &ReportInput, _: &mut Context<'_>) -> Result<Observed<ReportOutput>, Failure> {
        // A report is of its moment: it is rendered again.
        Ok(Observed::NotDone)
    }

    fn apply(&self, _: &ReportInput, context: &mut Context<'_>) -> Result<ReportOutput, Failure> {
        let root = context.case.root().to_owned();
        let case = Case::open(&root, Access::Read)?;
        let folder = root.join("report").join(context.run);
        write(&case, &folder)
    }

    fn verify(
        &self,
        _: &ReportInput,
        output: &ReportOutput,
        context: &mut Context<'_>,
    ) -> Result<Verdict, Failure> {
        let mut verdict = Verdict { holds: true, ..Verdict::default() };
        for (name, sha256) in &output.files {
            let path = context.case.root().join(name);
            let written = std::fs::read(&path).map(|bytes| bbsec_core::hex::encode(Sha256::digest(bytes)));
            if written.as_ref().ok() == Some(sha256) {
                verdict.checked.push(name.clone());
            } else {
                verdict.holds = false;
                verdict.violated.push(format!("{name} is not what was written"));
            }
        }
        Ok(verdict)
    }

    fn undo(&self, _: &ReportInput, _: &mut Context<'_>) -> Result<Verdict, Failure> {
        Err(Failure::new(Exit::Usage, "a report changes nothing outside the case"))
    }
}

/// Writes every format into a folder that is new or ours. Events go to disk while the rest is read and rendered.
pub(crate) fn write(case: &Case, folder: &Path) -> Result<ReportOutput, Failure> {
    std::fs::create_dir_all(folder).map_err(failed(folder))?;
    let mut data = case_data::load_facts(case)?;
    let redactor = bbsec_report::Redactor::new(case.fingerprinter(), &data.secrets);
    let timeline = folder.join("timeline.timesketch.jsonl");
    let (send, receive) = mpsc::sync_channel(QUEUE);
    let (mut files, timeline_sha256) = thread::scope(|scope| {
        let path = timeline.clone();
        let written = scope.spawn(move || write_timeline(&path, &redactor, receive));
        let files = read_and_render(case, folder, &mut data, send);
        let timeline = written
            .join()
            .unwrap_or_else(|_| Err(Failure::new(Exit::Failed, "writing the timeline ended early")));
        Ok::<_, Failure>((files?, timeline?))
    })?;
    files.push((timeline, timeline_sha256));
    let root = bbsec_core::CaseStore::root(case);
    let shown = |path: &Path| path.strip_prefix(root).unwrap_or(path).display().to_string();
    let html = files.iter().find(|(path, _)| path.ends_with("report.html"));
    Ok(ReportOutput {
        html: html.map(|(path, _)| shown(path)).unwrap_or_default(),
        files: files.iter().map(|(path, sha256)| (shown(path), sha256.clone())).collect(),
    })
}

/// Events that wait between reader and writer, in batches.
const QUEUE: usize = 8;
const BATCH: usize = 1024;

/// Reads the events, handing each on, and writes the documents.
fn read_and_render(
    case: &Case,
    folder: &Path,
    data: &mut CaseData,
    send: SyncSender<Vec<Event>>,
) -> Result<Vec<(PathBuf, String)>, Failure> {
    let mut batch = Vec::with_capacity(BATCH);
    // A writer that ended says why itself.
    case_data::add_events(case, data, &mut |event| {
        batch.push(event);
        if batch.len() == BATCH {
            let _ = send.send(std::mem::replace(&mut batch, Vec::with_capacity(BATCH)));
        }
    })?;
    let _ = send.send(batch);
    drop(send);
    let mut report = bbsec_report::model(data);
    case_data::quote(case, &mut report, &Redactor::new(case.fingerprinter(), &data.secrets));
    let mut files = Vec::new();
    let mut put = |name: &str, text: String| {
        let path = folder.join(name);
        let sha256 = bbsec_core::hex::encode(Sha256::digest(&text));
        let written = std::fs::write(&path, text).map_err(failed(&path));
        files.push((path, sha256));
        written
    };
    put("report.html", bbsec_report::html(&report)?)?;
    put("report.md", bbsec_report::markdown(&report)?)?;
    put("report.json", bbsec_report::json(&report)?)?;
    put("indicators.stix.json", bbsec_report::export::stix(&report)?)?;
    for (name, text) in bbsec_report::tables(&report)? {
        put(name, text)?;
    }
    Ok(files)
}

/// All events as Timesketch reads them; the digest of what was written.
fn write_timeline(path: &Path, redactor: &Redactor, events: Receiver<Vec<Event>>) -> Result<String, Failure> {
    let file = std::fs::File::create(path).map_err(failed(path))?;
    let mut out = BufWriter::with_capacity(1 << 20, Hashing { file, hash: Sha256::new() });
    let mut lines = bbsec_report::export::Timesketch::new(redactor, &mut out);
    for event in events.into_iter().flatten() {
        lines.event(&event)?;
    }
    lines.finish()?;
    let hashing = out.into_inner().map_err(|error| failed(path)(error.into_error()))?;
    Ok(bbsec_core::hex::encode(hashing.hash.finalize()))
}

/// A file that knows the digest of what went into it.
struct Hashing {
    file: std::fs::File,
    hash: Sha256,
}

impl Write for Hashing {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let count = self.file.write(bytes)?;
        self.hash.update(bytes.get(..count).unwrap_or_default());
        Ok(count)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.file.flush()
    }
}

fn failed(path: &Path) -> impl FnOnce(std::io::Error) -> Failure {
    let path = path.display().to_string();
    move |error| Failure::because(format!("cannot write {path}"), error)
}
