//! The case as the sink of an analysis: rows go to files of the run, events to Parquet; the files' digests go into the
//! journal when the analysis has finished, and only then do readers see them.

use std::{
    fs::{self, File, Permissions},
    io::{BufWriter, Write as _},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use bbsec_core::{
    Event, ExposedSecret, Failure, Finding, Gap, QuarantinedLine, SecretBytes, Sink, Touch, escape, hex,
};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::{
    Case, CaseError,
    events::{part::FileDigest, tidy, write::EventWriter},
    files,
    journal::Journal,
    layout,
};

/// What an analysis wrote.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SinkSummary {
    /// Which analysis.
    pub analysis: String,
    /// Events.
    pub events: u64,
    /// Findings.
    pub findings: u64,
    /// Secrets.
    pub secrets: u64,
    /// Touches.
    pub touches: u64,
    /// Gaps.
    pub gaps: u64,
    /// Lines of evidence that could not be read.
    #[serde(default)]
    pub quarantined: u64,
    /// Files of rows, with their digests.
    pub files: Vec<FileDigest>,
    /// Event files, with their digests.
    pub event_files: Vec<FileDigest>,
}

/// Takes what an analysis finds. Nothing counts before [`CaseSink::finish`].
pub struct CaseSink {
    journal: Journal,
    run: String,
    step: String,
    analysis: String,
    findings: Rows,
    secrets: Rows,
    touches: Rows,
    gaps: Rows,
    quarantine: Rows,
    events: EventWriter,
    event_count: u64,
}

impl std::fmt::Debug for CaseSink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CaseSink").field("run", &self.run).field("step", &self.step).finish_non_exhaustive()
    }
}

/// A file of JSON Lines that comes into being with its first row.
struct Rows {
    case: PathBuf,
    relative: String,
    open: Option<(BufWriter<File>, Sha256)>,
    size: u64,
    count: u64,
}

impl Rows {
    fn temporary(&self) -> PathBuf {
        let mut path = self.case.join(&self.relative).into_os_string();
        path.push(".writing");
        path.into()
    }

    fn push(&mut self, row: &impl Serialize) -> Result<(), CaseError> {
        let path = self.temporary();
        if self.open.is_none() {
            let file = files::create_new(&path, files::PRIVATE)?;
            self.open = Some((BufWriter::with_capacity(128 * 1024, file), Sha256::new()));
        }
        let mut line =
            serde_json::to_vec(row).map_err(|source| CaseError::Json { what: "a row of results", source })?;
        line.push(b'\n');
        if let Some((writer, hash)) = &mut self.open {
            writer.write_all(&line).map_err(CaseError::io("write", &path))?;
            hash.update(&line);
        }
        self.size = self.size.saturating_add(line.len() as u64);
        self.count = self.count.saturating_add(1);
        Ok(())
    }

    fn finish(&mut self) -> Result<Option<FileDigest>, CaseError> {
        let Some((mut writer, hash)) = self.open.take() else { return Ok(None) };
        let temporary = self.temporary();
        let target = self.case.join(&self.relative);
        writer.flush().map_err(CaseError::io("write", &temporary))?;
        let file = writer.get_ref();
        file.set_permissions(Permissions::from_mode(files::READ_ONLY))
            .and_then(|()| file.sync_all())
            .map_err(CaseError::io("sync", &temporary))?;
        fs::rename(&temporary, &target).map_err(CaseError::io("rename", &target))?;
        files::sync_dir(files::parent(&target))?;
        Ok(Some(FileDigest {
            path: self.relative.clone(),
            size: self.size,
            sha256: hex::encode(hash.finalize()),
            rows: self.count,
        }))
    }
}

impl Case {
    /// The sink of one analysis within a step of a run.
    pub fn sink(&self, run: &str, step: &str, analysis: &str) -> Result<CaseSink, CaseError> {
        self.must_write()?;
        CaseSink::new(self.root(), self.journal(), run, step, analysis)
    }
}

const KINDS: [&str; 5] = ["findings", "secrets", "touches", "gaps", "quarantine"];

impl CaseSink {
    fn new(case: &Path, journal: Journal, run: &str, step: &str, analysis: &str) -> Result<Self, CaseError> {
        let folder = format!("{}/{}", layout::RUNS, escape::path_component(run));
        files::create_dirs(&case.join(&folder))?;
        let stem = free_stem(&case.join(&folder), &escape::path_component(step))?;
        let rows = |kind: &str| Rows {
            case: case.into(),
            relative: format!("{folder}/{stem}.{kind}.jsonl"),
            open: None,
            size: 0,
            count: 0,
        };
        let events = EventWriter::new(case, format!("{}-{stem}", escape::path_component(run)))?;
        let [findings, secrets, touches, gaps, quarantine] = KINDS.map(rows);
        Ok(Self {
            journal,
            run: run.into(),
            step: step.into(),
            analysis: analysis.into(),
            findings,
            secrets,
            touches,
            gaps,
            quarantine,
            events,
            event_count: 0,
        })
    }

    /// Ends every file, makes them durable and journals their digests. From now on readers see this result instead
    /// of an earlier one of the same analysis and step.
    pub fn finish(mut self) -> Result<SinkSummary, CaseError> {
        let mut summary = SinkSummary {
            analysis: self.analysis.clone(),
            events: self.event_count,
            findings: self.findings.count,
            secrets: self.secrets.count,
            touches: self.touches.count,
            gaps: self.gaps.count,
            quarantined: self.quarantine.count,
            files: Vec::new(),
            event_files: self.events.finish()?,
        };
        let gaps = [&mut self.gaps, &mut self.quarantine];
        for rows in [&mut self.findings, &mut self.secrets, &mut self.touches].into_iter().chain(gaps) {
            summary.files.extend(rows.finish()?);
        }
        let body = serde_json::to_value(&summary)
            .map_err(|source| CaseError::Json { what: "a summary of results", source })?;
        self.journal.append("results", Some(&self.run), Some(&self.step), body)?;
        tidy::supersede(&self.findings.case, &self.journal, &self.journal.entries()?)?;
        Ok(summary)
    }
}

/// A stem that no file of the run has yet: a step that was stopped and is run again writes beside what it left.
fn free_stem(folder: &Path, step: &str) -> Result<String, CaseError> {
    let claim = |stem: &str| -> Result<bool, CaseError> {
        match files::create_new(&folder.join(format!("{stem}.claimed")), files::PRIVATE) {
            Ok(_) => Ok(true),
            Err(CaseError::FileExists { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    };
    if claim(step)? {
        return Ok(step.into());
    }
    for attempt in 2_u32..100_000 {
        let stem = format!("{step}~{attempt}");
        if claim(&stem)? {
            return Ok(stem);
        }
    }
    Err(CaseError::FileExists { path: folder.join(step) })
}

/// Whether a text is what [`SecretBytes::redacted`] makes: at most four characters, an ellipsis, a length.
fn is_redacted(text: &str) -> bool {
    let Some((shown, length)) = text.rsplit_once('…') else { return false };
    let length = length.strip_prefix('(').and_then(|rest| rest.strip_suffix(')'));
    let escaped = shown.matches("\\u{").count();
    shown.chars().count() <= 4 + escaped * 10
        && length.is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()))
}

impl Sink for CaseSink {
    fn event(&mut self, event: &Event) -> Result<(), Failure> {
        self.event_count = self.event_count.saturating_add(1);
        Ok(self.events.push(event)?)
    }
    fn finding(&mut self, finding: Finding) -> Result<(), Failure> {
        Ok(self.findings.push(&finding)?)
    }
    fn secret(&mut self, mut secret: ExposedSecret) -> Result<(), Failure> {
        // `--reveal` is for standard output: no value comes into the case in the clear, whatever the analysis was told.
        if !is_redacted(&secret.secret) {
            secret.secret = SecretBytes::new(std::mem::take(&mut secret.secret).into_bytes()).redacted();
        }
        Ok(self.secrets.push(&secret)?)
    }
    fn touch(&mut self, touch: Touch) -> Result<(), Failure> {
        Ok(self.touches.push(&touch)?)
    }
    fn gap(&mut self, gap: Gap) -> Result<(), Failure> {
        Ok(self.gaps.push(&gap)?)
    }
    fn quarantined(&mut self, line: QuarantinedLine) -> Result<(), Failure> {
        Ok(self.quarantine.push(&line)?)
    }
}
