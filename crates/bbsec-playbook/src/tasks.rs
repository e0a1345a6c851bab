//! What people do: open tasks of the runs, and what came of them, with evidence attached.

use std::{collections::BTreeMap, fs::File, path::Path};

use bbsec_case::Case;
use bbsec_core::{Exit, Failure, Provenance, Time, escape};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

/// One task of a run.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct PersonalTask {
    /// The run.
    pub run: String,
    /// The step.
    pub step: String,
    /// What to do.
    pub text: String,
    /// Whose task it is.
    pub owner: Option<String>,
    /// What to attach when it is done.
    pub evidence: Option<String>,
    /// Since when.
    pub since: Time,
    /// `open`, `done` or `skipped`.
    pub state: &'static str,
    /// Who did it, or left it out.
    pub by: Option<String>,
    /// What came of it, or why it was left out.
    pub result: Option<String>,
    /// When.
    pub at: Option<Time>,
    /// Items of evidence that were attached.
    pub attached: Vec<String>,
}

/// Every task of every run, oldest first. A task of a later run of the same playbook replaces an open one.
pub fn tasks(case: &Case) -> Result<Vec<PersonalTask>, Failure> {
    let entries =
        case.journal().entries().map_err(|error| Failure::because("the journal cannot be read", error))?;
    let mut names: BTreeMap<String, String> = BTreeMap::new();
    let mut tasks: Vec<PersonalTask> = Vec::new();
    for entry in entries {
        let text = |name: &str| entry.body.get(name).and_then(Value::as_str).map(str::to_owned);
        let Some(run) = entry.run.clone() else { continue };
        if entry.kind == "run-started" {
            names.insert(run.clone(), text("playbook").unwrap_or_default());
        }
        let Some(step) = entry.step.clone() else { continue };
        let known = tasks.iter_mut().find(|task| task.run == run && task.step == step);
        match (entry.kind.as_str(), known) {
            ("manual", None) => {
                let same = |task: &PersonalTask| {
                    task.state == "open" && task.step == step && names.get(&task.run) == names.get(&run)
                };
                tasks.retain(|task| !same(task));
                tasks.push(PersonalTask {
                    text: text("text").unwrap_or_default(),
                    owner: text("owner"),
                    evidence: text("evidence"),
                    since: entry.time,
                    state: "open",
                    by: None,
                    result: None,
                    at: None,
                    attached: Vec::new(),
                    run,
                    step,
                });
            }
            ("manual-done", Some(task)) => {
                task.state = "done";
                task.by = text("by");
                task.result = text("result");
                task.at = Some(entry.time);
                let attached = entry.body.get("evidence").and_then(Value::as_array).into_iter().flatten();
                task.attached = attached.filter_map(|item| item.as_str().map(str::to_owned)).collect();
            }
            ("manual-skipped", Some(task)) => {
                task.state = "skipped";
                task.by = text("by");
                task.result = text("why");
                task.at = Some(entry.time);
            }
            _ => {}
        }
    }
    Ok(tasks)
}

/// The one task that a name means: a step, or `RUN/STEP`.
pub fn task(case: &Case, name: &str) -> Result<PersonalTask, Failure> {
    let all = tasks(case)?;
    let fits = |task: &&PersonalTask| {
        task.step == name
            || name.rsplit_once('/').is_some_and(|(run, step)| task.run == run && task.step == step)
    };
    let found: Vec<&PersonalTask> = all.iter().filter(fits).collect();
    let open: Vec<&PersonalTask> = found.iter().copied().filter(|task| task.state == "open").collect();
    match (open.as_slice(), found.as_slice()) {
        ([one], _) | ([], [one]) => Ok((*one).clone()),
        ([], []) => {
            let known: Vec<&str> = all.iter().map(|task| task.step.as_str()).collect();
            Err(Failure::new(Exit::Usage, format!("there is no task `{name}`"))
                .help(crate::nearest::suggest(name, &known)))
        }
        (several, all) => {
            let several = if several.is_empty() { all } else { several };
            let names: Vec<String> =
                several.iter().map(|task| format!("{}/{}", task.run, task.step)).collect();
            Err(Failure::new(Exit::Usage, format!("several runs have a task `{name}`"))
                .help(format!("name one of: {}", names.join(", "))))
        }
    }
}

/// Writes down that a person has done a task. The files become evidence first, so that the line names what is there.
pub fn task_done(
    case: &mut Case,
    task: &PersonalTask,
    by: &str,
    result: &str,
    files: &[impl AsRef<Path>],
) -> Result<Vec<String>, Failure> {
    let mut attached = Vec::new();
    for path in files {
        let path = path.as_ref();
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let mut file = File::open(path).map_err(|error| {
            Failure::because(format!("cannot read {}", path.display()), error).exit(Exit::Usage)
        })?;
        let provenance = Provenance {
            source: path.display().to_string(),
            how: "copied".into(),
            what: format!("attached to the task {}", task.step),
        };
        let place = format!("tasks/{}/{}/{}", task.run, task.step, escape::path_component(&name));
        attached.push(case.put_evidence(&place, provenance, &mut file)?.path);
    }
    let body = json!({"by": by, "result": result, "evidence": attached});
    case.journal().append("manual-done", Some(&task.run), Some(&task.step), body)?;
    Ok(attached)
}

/// Writes down that a task is left out, and why.
pub fn task_skipped(case: &Case, task: &PersonalTask, by: &str, why: &str) -> Result<(), Failure> {
    let body = json!({"by": by, "why": why});
    case.journal().append("manual-skipped", Some(&task.run), Some(&task.step), body)?;
    Ok(())
}
