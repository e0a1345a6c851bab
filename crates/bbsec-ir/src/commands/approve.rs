//! `approve`: agrees to a step of a run that goes on elsewhere, by signing its question.

use std::{
    io::{BufRead as _, IsTerminal as _, Read as _},
    path::{Path, PathBuf},
};

use bbsec_case::{Access, Case, Signer, layout, sign_bytes};
use bbsec_core::{Exit, Failure, Plan, Time, escape};
use bbsec_playbook::{APPROVAL_NAMESPACE, signature_files};
use clap::Args;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{
    approver::plan_text,
    output::{Format, Listing},
    session::Session,
};

/// `approve`
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  bbsec-ir approve                                what waits for an approval
  bbsec-ir approve isolate --key ~/.ssh/id_ed25519
  bbsec-ir approve isolate --yes                  with the ssh-agent's key

The run itself must have been started with --allowed-signers. Without this
program: ssh-keygen -Y sign -f KEY -n bbsec-ir-approval runs/RUN/approval-….json")]
pub(crate) struct ApproveArgs {
    /// The step; without it the open questions are listed
    step: Option<String>,
    /// Only in this run
    #[arg(long, value_name = "RUN")]
    run: Option<String>,
    /// OpenSSH private key to sign with; without it the ssh-agent is asked
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// Do not ask again
    #[arg(long)]
    yes: bool,
}

/// A question as it lies in the run's folder.
#[derive(Debug, Deserialize)]
struct Question {
    run: String,
    step: String,
    message: String,
    by: Vec<String>,
    min: u32,
    expires: Time,
    plan_sha256: String,
    plan: Option<Plan>,
    #[serde(skip)]
    file: PathBuf,
}

/// A question as `approve` lists it.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Open {
    run: String,
    step: String,
    message: String,
    /// Whose approval counts; anybody's who may sign when it is empty.
    by: Vec<String>,
    /// How many of them.
    min: u32,
    expires: Time,
    /// What is agreed to.
    plan_sha256: String,
    /// The file to sign.
    file: PathBuf,
}

/// The largest question that is read.
const MAX_QUESTION: u64 = 16 * 1024 * 1024;

pub(crate) fn run(session: &Session, args: ApproveArgs) -> Result<Exit, Failure> {
    let case = session.case(Access::Read)?;
    let mut open = questions(&case)?;
    open.retain(|question| args.run.as_ref().is_none_or(|run| *run == question.run));
    let Some(step) = &args.step else { return list(session, &open) };
    open.retain(|question| question.step == *step);
    let question = match open.as_slice() {
        [one] => one,
        [] => {
            return Err(Failure::new(Exit::Nothing, format!("no run waits for an approval of `{step}`"))
                .help("see what waits with `bbsec-ir approve`"));
        }
        several => {
            let runs: Vec<&str> = several.iter().map(|question| question.run.as_str()).collect();
            return Err(Failure::new(Exit::Usage, format!("several runs wait for an approval of `{step}`"))
                .help(format!("name one with --run: {}", runs.join(", "))));
        }
    };
    agree(question, args.yes)?;
    let message = std::fs::read(&question.file)
        .map_err(|error| Failure::because(format!("cannot read {}", question.file.display()), error))?;
    let signer = args.key.map_or(Signer::Agent { socket: None, key: None }, Signer::KeyFile);
    let pem = sign_bytes(&signer, APPROVAL_NAMESPACE, &message)?;
    let path = free(&question.file);
    std::fs::write(&path, pem)
        .map_err(|error| Failure::because(format!("cannot write {}", path.display()), error))?;
    session.say(&format!("signed: {}", path.display()));
    Ok(Exit::Done)
}

/// Every question that has not expired and that the journal does not call answered.
fn questions(case: &Case) -> Result<Vec<Question>, Failure> {
    let entries = case.journal().entries()?;
    let mut found: Vec<Question> = Vec::new();
    for entry in entries.iter().filter(|entry| entry.kind == "approval-asked") {
        let (Some(run), Some(step)) = (&entry.run, &entry.step) else { continue };
        let answered = entries.iter().any(|later| {
            matches!(later.kind.as_str(), "approved" | "refused" | "approval-void")
                && later.seq > entry.seq
                && later.run.as_ref() == Some(run)
                && later.step.as_ref() == Some(step)
        });
        if answered {
            continue;
        }
        if let Some(question) =
            newest(&case.root().join(layout::RUNS).join(escape::path_component(run)), step)
        {
            found.retain(|known| known.file != question.file);
            found.push(question);
        }
    }
    found.retain(|question| question.expires > Time::now());
    Ok(found)
}

/// The newest question about a step: the numbers in the names only grow.
fn newest(folder: &Path, step: &str) -> Option<Question> {
    let prefix = format!("approval-{step}-");
    let number = |path: &PathBuf| -> Option<u32> {
        path.file_name()?.to_str()?.strip_prefix(&prefix)?.strip_suffix(".json")?.parse().ok()
    };
    let file = std::fs::read_dir(folder)
        .ok()?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| number(path).is_some())
        .max_by_key(number)?;
    let mut bytes = Vec::new();
    std::fs::File::open(&file).ok()?.take(MAX_QUESTION).read_to_end(&mut bytes).ok()?;
    let mut question: Question = serde_json::from_slice(&bytes).ok()?;
    question.file = file;
    Some(question)
}

fn list(session: &Session, open: &[Question]) -> Result<Exit, Failure> {
    if session.output.format_or(Format::Table) == Format::Table && open.is_empty() {
        session.say("nothing waits for an approval");
        return Ok(Exit::Nothing);
    }
    let cells = open
        .iter()
        .map(|question| {
            let by = if question.by.is_empty() { "anyone allowed".into() } else { question.by.join(", ") };
            vec![question.step.clone(), question.expires.short(), by, question.message.clone()]
        })
        .collect();
    let rows = open
        .iter()
        .map(|question| {
            json!(Open {
                run: question.run.clone(),
                step: question.step.clone(),
                message: question.message.clone(),
                by: question.by.clone(),
                min: question.min,
                expires: question.expires,
                plan_sha256: question.plan_sha256.clone(),
                file: question.file.clone(),
            })
        })
        .collect();
    session.output.rows(&Listing {
        name: "approvals",
        heads: vec!["step", "stands until", "by", "question"],
        cells,
        rows,
    })?;
    Ok(if open.is_empty() { Exit::Nothing } else { Exit::Done })
}

/// Shows the question with what would change, and lets the person say yes.
fn agree(question: &Question, yes: bool) -> Result<(), Failure> {
    let short: String = question.plan_sha256.chars().take(12).collect();
    anstream::eprintln!("\n{}", escape::terminal(&question.message));
    if let Some(plan) = &question.plan {
        anstream::eprint!("{}", plan_text(plan));
    }
    anstream::eprintln!(
        "\nplan {}, run {}, the question stands until {}",
        escape::terminal(&short),
        escape::terminal(&question.run),
        question.expires.short()
    );
    if yes {
        return Ok(());
    }
    if !std::io::stdin().is_terminal() {
        return Err(Failure::new(Exit::Refused, "nobody can be asked here").help("agree with --yes"));
    }
    anstream::eprint!("Sign that you approve step `{}`? Type yes: ", escape::terminal(&question.step));
    let mut line = String::new();
    match std::io::stdin().lock().read_line(&mut line) {
        Ok(_) if line.trim() == "yes" => Ok(()),
        _ => Err(Failure::new(Exit::Refused, "the answer was not yes")),
    }
}

/// A name for the signature that nobody has used.
fn free(question: &Path) -> PathBuf {
    let taken = signature_files(question).len();
    let name = |number: usize| {
        let mut path = question.to_owned().into_os_string();
        path.push(if number == 0 { ".sig".to_owned() } else { format!(".{number}.sig") });
        PathBuf::from(path)
    };
    (taken..1000)
        .map(name)
        .find(|path| std::fs::symlink_metadata(path).is_err())
        .unwrap_or_else(|| name(taken))
}
