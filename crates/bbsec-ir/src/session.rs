//! What every command works with: the case, progress, output, and the runner.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use bbsec_case::{Access, Case};
use bbsec_core::{Exit, Failure, Finding, Severity};
use bbsec_playbook::{Mode, Playbook, RunReport, RunRequest};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::{
    approver::Terminal,
    cli::{AwsFlags, Colour, Confirm, Global},
    live::Live,
    output::Output,
    progress::Bars,
    registry,
};

/// Answers that were given beforehand, and whose signatures count.
#[derive(Debug, Default)]
pub(crate) struct Answers {
    pub(crate) yes: bool,
    pub(crate) yes_to: BTreeSet<String>,
    pub(crate) allowed_signers: Option<PathBuf>,
}

/// One invocation.
pub(crate) struct Session {
    pub(crate) global: Global,
    pub(crate) bars: Arc<Bars>,
    pub(crate) output: Output,
}

impl Session {
    pub(crate) fn new(global: Global) -> Self {
        let bars = Bars::new(global.no_progress, global.quiet, global.color == Colour::Never);
        let output = Output { format: global.format, file: global.output.clone() };
        Self { global, bars, output }
    }

    /// A line for the person, on standard error.
    pub(crate) fn say(&self, line: &str) {
        self.bars.line(line);
    }

    /// The case folder that is meant, if any.
    pub(crate) fn case_folder(&self) -> Option<PathBuf> {
        self.global.case.clone().or_else(|| Case::find(&std::env::current_dir().ok()?))
    }

    /// The case, for a command that needs one.
    pub(crate) fn case(&self, access: Access) -> Result<Case, Failure> {
        let folder = self.case_folder().ok_or_else(|| {
            Failure::new(Exit::Usage, "there is no case folder here or above")
                .help("begin one with `bbsec-ir case new DIR`, or name it with --case DIR")
        })?;
        open(&folder, access)
    }

    /// Runs one action or analysis as a playbook of one step.
    pub(crate) fn single(
        &self,
        uses: &str,
        with: &impl Serialize,
        question: Option<String>,
        aws: &AwsFlags,
        confirm: Confirm,
    ) -> Result<(RunReport, Case), Failure> {
        self.single_again(uses, with, question, aws, confirm, None)
    }

    /// The same, going on with an earlier run of the same command. Its step is looked at again even if it had succeeded.
    pub(crate) fn single_again(
        &self,
        uses: &str,
        with: &impl Serialize,
        question: Option<String>,
        aws: &AwsFlags,
        confirm: Confirm,
        earlier: Option<String>,
    ) -> Result<(RunReport, Case), Failure> {
        let Ok(Value::Object(with)) = serde_json::to_value(with) else {
            return Err(Failure::new(
                Exit::Usage,
                format!("the input of `{uses}` cannot be written as JSON"),
            ));
        };
        let playbook = Playbook::single(uses, with, question);
        let mut case = self.case(Access::Write)?;
        let mode = if confirm.dry_run { Mode::DryRun } else { Mode::Run };
        if let (Some(run), Some(step)) = (&earlier, playbook.steps.first()) {
            case.journal().append("step-again", Some(run), Some(step.id.as_str()), Value::Null)?;
        }
        let text = single_text(uses);
        let request = RunRequest {
            playbook: &playbook,
            text: &text,
            given: Map::new(),
            mode,
            resume: earlier,
            accept_changes: false,
            jobs: 1,
        };
        let answers = Answers { yes: confirm.yes, ..Answers::default() };
        let live = Live::new(Arc::clone(&self.bars), true, None);
        let mut report = self.run(&request, &mut case, aws, answers, &live)?;
        // The failure of the one step is the command's own.
        match report.steps.iter_mut().find_map(|step| step.failure.take()) {
            Some(failure) if failure.exit != Exit::NotContained => Err(failure),
            _ => Ok((report, case)),
        }
    }

    /// Runs a playbook.
    pub(crate) fn run(
        &self,
        request: &RunRequest<'_>,
        case: &mut Case,
        aws: &AwsFlags,
        answers: Answers,
        live: &Live,
    ) -> Result<RunReport, Failure> {
        let registry = registry::all(aws, &case.meta().id)?;
        let approver = Terminal {
            yes_to: answers.yes_to,
            yes: answers.yes,
            by: person(),
            allowed_signers: answers.allowed_signers,
            bars: Arc::clone(&self.bars),
            asking: Mutex::new(()),
        };
        bbsec_playbook::run(request, case, &registry, &approver, live, self.bars.as_ref())
    }

    /// Whether findings reach `--fail-on`.
    pub(crate) fn fail_on<'a>(&self, found: impl IntoIterator<Item = &'a Finding>) -> Exit {
        self.fail_on_severity(found.into_iter().map(|finding| finding.severity))
    }

    /// Whether severities reach `--fail-on`.
    pub(crate) fn fail_on_severity(&self, found: impl IntoIterator<Item = Severity>) -> Exit {
        match self.global.fail_on {
            Some(bound) if found.into_iter().any(|severity| severity >= bound) => Exit::FailOn,
            _ => Exit::Done,
        }
    }
}

/// What stands for the playbook's text in the run of a single command.
pub(crate) fn single_text(uses: &str) -> String {
    format!("single command: {uses}\n")
}

/// What one run found, read back from the case.
pub(crate) fn results(case: &Case, run: &str) -> Result<bbsec_core::Collected, Failure> {
    let mut collected = bbsec_core::Collected::default();
    for (_, summary) in case.results()?.iter().filter(|(entry, _)| entry.run.as_deref() == Some(run)) {
        for file in &summary.files {
            let path = bbsec_core::CaseStore::root(case).join(&file.path);
            let text = std::fs::read_to_string(&path)
                .map_err(|error| Failure::because(format!("cannot read {}", path.display()), error))?;
            for line in text.lines() {
                let bad =
                    |error| Failure::because(format!("{} holds a row that is none", path.display()), error);
                if file.path.ends_with(".findings.jsonl") {
                    collected.findings.push(serde_json::from_str(line).map_err(bad)?);
                } else if file.path.ends_with(".secrets.jsonl") {
                    collected.secrets.push(serde_json::from_str(line).map_err(bad)?);
                } else if file.path.ends_with(".touches.jsonl") {
                    collected.touches.push(serde_json::from_str(line).map_err(bad)?);
                } else if file.path.ends_with(".gaps.jsonl") {
                    collected.gaps.push(serde_json::from_str(line).map_err(bad)?);
                }
            }
        }
    }
    Ok(collected)
}

/// Opens a case, telling what to do when it cannot be.
pub(crate) fn open(folder: &Path, access: Access) -> Result<Case, Failure> {
    Case::open(folder, access).map_err(Failure::from)
}

/// Who works at this terminal.
pub(crate) fn person() -> String {
    let user = ["BBSEC_IR_RESPONDER", "SUDO_USER", "USER", "LOGNAME"]
        .iter()
        .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()))
        .unwrap_or_else(|| "unknown".into());
    if user.contains('@') {
        return user;
    }
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let host = host.trim();
    if host.is_empty() { user } else { format!("{user}@{host}") }
}
