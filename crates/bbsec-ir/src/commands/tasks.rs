//! `tasks list`, `tasks done`, `tasks skip`: what playbooks leave to people, and what came of it.

use std::path::PathBuf;

use bbsec_case::Access;
use bbsec_core::{Exit, Failure, escape};
use bbsec_playbook::{PersonalTask, task, task_done, task_skipped, tasks};
use clap::Subcommand;
use serde_json::json;

use crate::{
    output::{Format, Listing},
    session::Session,
    show,
};

/// `tasks …`
#[derive(Debug, Subcommand)]
pub(crate) enum TasksCommand {
    /// What is left to people, by whom, since when
    #[command(after_help = "Examples:
  bbsec-ir tasks list
  bbsec-ir tasks list --all --format json")]
    List {
        /// Also what is done or left out
        #[arg(long)]
        all: bool,
    },
    /// Say what came of a task, and attach the evidence
    #[command(after_help = "Examples:
  bbsec-ir tasks done report-to-atlassian --by jo@example.org \\
      --result 'GSAC-1234 opened' --attach mail.eml")]
    Done {
        /// The step, or RUN/STEP where several runs have it
        task: String,
        /// Who did it
        #[arg(long, value_name = "WHO")]
        by: Option<String>,
        /// What came of it
        #[arg(long, value_name = "TEXT")]
        result: String,
        /// A file that shows it; it becomes evidence of the case
        #[arg(long, value_name = "FILE")]
        attach: Vec<PathBuf>,
    },
    /// Leave a task out, and say why
    #[command(after_help = "Examples:
  bbsec-ir tasks skip tell-colleagues --by jo@example.org \\
      --why 'the whole company is on the bridge already'")]
    Skip {
        /// The step, or RUN/STEP where several runs have it
        task: String,
        /// Who decided that
        #[arg(long, value_name = "WHO")]
        by: Option<String>,
        /// Why
        #[arg(long, value_name = "TEXT")]
        why: String,
    },
}

pub(crate) fn run(session: &Session, command: TasksCommand) -> Result<Exit, Failure> {
    match command {
        TasksCommand::List { all } => list(session, all),
        TasksCommand::Done { task: name, by, result, attach } => {
            let mut case = session.case(Access::Write)?;
            let task = task(&case, &name)?;
            if result.trim().is_empty() {
                return Err(Failure::new(Exit::Usage, "--result says nothing").help("say what came of it"));
            }
            let by = by.unwrap_or_else(|| session.person());
            let attached = task_done(&mut case, &task, &by, &result, &attach)?;
            session.say(&format!("done: {}", escape::terminal(&task.step)));
            for path in attached {
                session.say(&format!("  evidence: {}", escape::terminal(&path)));
            }
            if let Some(asked) = task.evidence.as_ref().filter(|_| attach.is_empty()) {
                session.say(&format!("  nothing is attached; it asks for: {}", escape::terminal(asked)));
            }
            Ok(Exit::Done)
        }
        TasksCommand::Skip { task: name, by, why } => {
            let case = session.case(Access::Write)?;
            let task = task(&case, &name)?;
            task_skipped(&case, &task, &by.unwrap_or_else(|| session.person()), &why)?;
            session.say(&format!("left out: {}", escape::terminal(&task.step)));
            Ok(Exit::Done)
        }
    }
}

fn list(session: &Session, all: bool) -> Result<Exit, Failure> {
    let case = session.case(Access::Read)?;
    let tasks: Vec<PersonalTask> =
        tasks(&case)?.into_iter().filter(|task| all || task.state == "open").collect();
    if session.output.format_or(Format::Table) == Format::Table {
        // What to do is a paragraph: a table would break it into a column of words.
        let mut text = String::new();
        for task in &tasks {
            text.push_str(&paragraph(task));
        }
        let open = tasks.iter().filter(|task| task.state == "open").count();
        text.push_str(&format!("{open} open\n"));
        session.output.write(text.as_bytes())?;
    } else {
        session.output.rows(&Listing {
            name: "tasks",
            heads: vec!["task"],
            cells: Vec::new(),
            rows: tasks.iter().map(|task| json!(task)).collect(),
        })?;
    }
    Ok(if tasks.is_empty() { Exit::Nothing } else { Exit::Done })
}

fn paragraph(task: &PersonalTask) -> String {
    let owner = task.owner.as_deref().unwrap_or("anybody");
    let mut text =
        format!("{} [{}] {owner}, since {}\n", escape::terminal(&task.step), task.state, task.since.short());
    for line in show::wrap(&task.text, 76) {
        text.push_str(&format!("    {}\n", escape::terminal(&line)));
    }
    let mut more = |what: &str, value: &str| {
        for (number, line) in show::wrap(&format!("{what}: {value}"), 76).iter().enumerate() {
            let indent = if number == 0 { "    " } else { "      " };
            text.push_str(&format!("{indent}{}\n", escape::terminal(line)));
        }
    };
    if let Some(evidence) = task.evidence.as_ref().filter(|_| task.state == "open") {
        more("attach", evidence);
    }
    if let (Some(by), Some(result)) = (&task.by, &task.result) {
        more(by, result);
    }
    for path in &task.attached {
        more("evidence", path);
    }
    text.push('\n');
    text
}
