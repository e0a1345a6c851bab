//! What every command works with: the case, progress, output, and the runner.

use std::{
    collections::BTreeSet,
    path::PathBuf,
    sync::{Arc, Mutex},
};

use bbsec_case::{Access, Case};
use bbsec_core::{Exit, Failure, Finding, Plan, Severity, escape};
use bbsec_playbook::{Mode, Playbook, Registry, RunReport, RunRequest};
use clap::ValueEnum as _;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::{
    approver::Terminal,
    cli::{AwsFlags, Colour, Confirm, Global},
    live::Live,
    output::Output,
    progress::Bars,
    registry,
    settings::{Origin, Setting, Settings},
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
    /// What environment, case and the user's file say.
    pub(crate) settings: Settings,
}

impl Session {
    pub(crate) fn new(global: Global) -> Result<Self, Failure> {
        let settings = Settings::read(case_folder(&global).as_deref())?;
        let colour = settings.of("color", global.color.map(|colour| colour.word().to_owned()));
        // The environment's wish is honoured by what prints; it also knows whether there is a terminal.
        if colour.holds.origin != Origin::Environment {
            word(&colour, |word| Colour::from_str(word, true).ok())?.unwrap_or(Colour::Auto).apply();
        }
        let progress = settings.of("progress", global.no_progress.then(|| "off".to_owned()));
        let progress = word(&progress, switch)?.unwrap_or(true);
        let bars = Bars::new(progress && !global.quiet, global.quiet);
        let output = Output { format: global.format, file: global.output.clone() };
        Ok(Self { global, bars, output, settings })
    }

    /// Where and as whom AWS is called, when flags leave something open.
    pub(crate) fn aws(&self, flags: &AwsFlags) -> AwsFlags {
        // What the environment says, the SDK reads itself, with rules of its own.
        let of = |name, flag: &Option<String>| {
            let setting = self.settings.of(name, flag.clone());
            let sdk_reads = setting.holds.place.starts_with("AWS_");
            if sdk_reads { None } else { setting.given() }
        };
        AwsFlags {
            profile: of("profile", &flags.profile),
            region: of("region", &flags.region),
            vault_profile: of("vault-profile", &flags.vault_profile),
            vault_role_arn: of("vault-role-arn", &flags.vault_role_arn),
            aws_timeout: flags.aws_timeout,
        }
    }

    /// Everything that a step can use, for this case and these flags.
    pub(crate) fn registry(&self, flags: &AwsFlags, case: &Case) -> Result<Registry, Failure> {
        registry::all(&self.aws(flags), &case.meta().id)
    }

    /// Who works at this terminal.
    pub(crate) fn person(&self) -> String {
        self.settings.of("responder", None).given().unwrap_or_else(login)
    }

    /// A line for the person, on standard error.
    pub(crate) fn say(&self, line: &str) {
        self.bars.line(line);
    }

    /// The case folder that is meant, if any.
    pub(crate) fn case_folder(&self) -> Option<PathBuf> {
        case_folder(&self.global)
    }

    /// The case, for a command that needs one.
    pub(crate) fn case(&self, access: Access) -> Result<Case, Failure> {
        let folder = self.case_folder().ok_or_else(|| {
            Failure::new(Exit::Usage, "there is no case folder here or above")
                .help("begin one with `bbsec-ir case new DIR`, or name it with --case DIR")
        })?;
        let case = Case::open(&folder, access)?;
        for warning in case.warnings() {
            self.say(&format!("warning: {}", escape::terminal(warning)));
        }
        Ok(case)
    }

    /// What one action would do. Reads only, and writes nothing to the case either.
    pub(crate) fn plan(&self, uses: &str, with: &impl Serialize, aws: &AwsFlags) -> Result<Plan, Failure> {
        let playbook = Playbook::single(uses, input(uses, with)?, None);
        let mut case = self.case(Access::Read)?;
        let registry = self.registry(aws, &case)?;
        let plan = bbsec_playbook::plan(&playbook, &Map::new(), &mut case, &registry, self.bars.as_ref())?;
        Ok(plan.steps.into_iter().find_map(|step| step.plan).unwrap_or_default())
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
        let playbook = Playbook::single(uses, input(uses, with)?, question);
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
        let registry = self.registry(aws, case)?;
        let approver = Terminal {
            yes_to: answers.yes_to,
            yes: answers.yes,
            by: self.person(),
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

/// Flags as a step's `with:`.
fn input(uses: &str, with: &impl Serialize) -> Result<Map<String, Value>, Failure> {
    match serde_json::to_value(with) {
        Ok(Value::Object(with)) => Ok(with),
        _ => Err(Failure::new(Exit::Usage, format!("the input of `{uses}` cannot be written as JSON"))),
    }
}

fn case_folder(global: &Global) -> Option<PathBuf> {
    global.case.clone().or_else(|| Case::find(&std::env::current_dir().ok()?))
}

/// What a setting's word means; `None` when nobody said one.
fn word<T>(setting: &Setting, meaning: impl Fn(&str) -> Option<T>) -> Result<Option<T>, Failure> {
    let said = &setting.holds;
    if said.origin == Origin::Default {
        return Ok(None);
    }
    meaning(&said.value).map(Some).ok_or_else(|| {
        let message = format!("{} cannot be `{}` ({})", setting.name, said.value, said.place);
        Failure::new(Exit::Usage, message).help(
            "color is auto, always or never; progress is on or off; `bbsec-ir case show --origin` shows all",
        )
    })
}

fn switch(word: &str) -> Option<bool> {
    match word {
        "on" | "true" | "1" | "yes" => Some(true),
        "off" | "false" | "0" | "no" => Some(false),
        _ => None,
    }
}

/// Who is logged in here.
fn login() -> String {
    let user = ["SUDO_USER", "USER", "LOGNAME"]
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
