//! One trial: begin, be hit, go on, look at the world, take back, look again.

use std::{
    path::{Path, PathBuf},
    sync::atomic::{AtomicUsize, Ordering},
};

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use super::{Blow, Ended, Place, Reader, State, Subject};
use crate::{demo::make_writable, lab::Lab};

/// What an undisturbed run does and leaves.
#[derive(Debug, Clone)]
pub struct Undisturbed {
    /// Kinds of the journal lines that it wrote, in order.
    pub lines: Vec<String>,
    /// Calls that it made, in order.
    pub calls: Vec<String>,
    /// How it ended.
    pub code: i32,
    /// The world before it.
    pub before: State,
    /// The world after it.
    pub after: State,
}

/// What came of one trial.
#[derive(Debug, Clone)]
pub struct Row {
    /// The subject's name.
    pub subject: &'static str,
    /// Where it was hit.
    pub blow: Blow,
    /// How the run that was hit ended.
    pub ended: String,
    /// How often it was resumed.
    pub resumed: usize,
    /// How the last one ended.
    pub closed: String,
    /// Whether it was taken back, where the subject can be.
    pub taken_back: Option<bool>,
    /// What is not as it should be.
    pub problems: Vec<String>,
}

impl Row {
    /// Whether everything is as after an undisturbed run.
    pub fn holds(&self) -> bool {
        self.problems.is_empty()
    }
}

/// Makes places and carries out trials.
#[derive(Debug)]
pub struct Harness<'a> {
    root: &'a Path,
    program: &'a Path,
    python: &'a Path,
    reader: Reader,
    folder: PathBuf,
    made: AtomicUsize,
}

/// How often a run is resumed before it is called stuck.
const RESUMES: usize = 3;

impl<'a> Harness<'a> {
    /// A harness that works below `target/crash/`.
    pub fn new(root: &'a Path, program: &'a Path, python: &'a Path) -> Self {
        let folder = root.join("target/crash").join(std::process::id().to_string());
        let reader = Reader::new(python.to_path_buf());
        Self { root, program, python, reader, folder, made: AtomicUsize::new(0) }
    }

    /// Starts a lab for trials.
    pub fn lab(&self, name: &str) -> Result<Lab> {
        Lab::start(self.root, self.python, &self.folder.join("lab").join(name), &[])
    }

    fn place<'p>(&'p self, subject: &dyn Subject, lab: Option<&'p Lab>) -> Result<Place<'p>> {
        let number = self.made.fetch_add(1, Ordering::Relaxed);
        let folder = self.folder.join(format!("{}-{number}", subject.name()));
        std::fs::create_dir_all(&folder)?;
        let case = folder.join("case");
        let place = Place { folder, case, root: self.root, lab, program: self.program, reader: &self.reader };
        let new = ["case", "new"].map(str::to_owned).to_vec();
        let ended = place.program(&[new, vec![place.case.display().to_string()]].concat(), &[])?;
        ensure!(ended.code == Some(0), "no new case: {}", ended.complaint());
        subject.prepare(&place)?;
        Ok(place)
    }

    /// Runs the subject once without a blow, and takes it back.
    pub fn undisturbed(&self, subject: &dyn Subject, lab: Option<&Lab>) -> Result<Undisturbed> {
        let place = self.place(subject, lab)?;
        let before = subject.state(&place)?;
        if let Some(lab) = lab {
            lab.control("set", &json!({ "calls": [] }))?;
        }
        let had = place.journal()?.len();
        let ended = place.program(&subject.begin(&place)?, &impatient())?;
        let code = ended.code.with_context(|| format!("undisturbed, it died of {}", ended.words()))?;
        let calls = lab.map(calls).transpose()?.unwrap_or_default();
        let lines = place.journal()?.iter().skip(had).map(kind).collect();
        let after = subject.state(&place)?;
        ensure!(before != after, "{} changes nothing: {}", subject.name(), ended.complaint());
        if let Some(taken) = self.take_back(subject, &place, &before)? {
            taken.map_err(|problem| anyhow::anyhow!(problem))?;
        }
        remove(&place)?;
        Ok(Undisturbed { lines, calls, code, before, after })
    }

    /// Hits the subject once and says what came of it.
    pub fn trial(
        &self,
        subject: &dyn Subject,
        lab: Option<&Lab>,
        undisturbed: &Undisturbed,
        blow: &Blow,
    ) -> Result<Row> {
        let place = self.place(subject, lab)?;
        let mut row = Row {
            subject: subject.name(),
            blow: blow.clone(),
            ended: String::new(),
            resumed: 0,
            closed: String::new(),
            taken_back: None,
            problems: Vec::new(),
        };
        let hit = hit(subject, &place, blow)?;
        row.ended = hit.words();
        if blow.kills() && hit.signal != Some(9) {
            row.problems.push(format!("the blow did not fall: {}", hit.words()));
        }
        let mut last = hit;
        let done = |ended: &Ended| ended.code.is_some_and(|code| subject.is_done(code, undisturbed.code));
        while !done(&last) && row.resumed < RESUMES {
            row.resumed += 1;
            let arguments = match place.newest_run()? {
                Some(run) => subject.go_on(&place, &run)?,
                None => subject.begin(&place)?,
            };
            last = place.program(&arguments, &impatient())?;
        }
        row.closed = last.words();
        if !done(&last) {
            row.problems.push(format!(
                "it ends with {} instead of exit {}: {}",
                last.words(),
                undisturbed.code,
                last.complaint()
            ));
        }
        let after = subject.state(&place)?;
        row.problems.extend(differences("end state", &undisturbed.after.end, &after.end));
        let verified = place.program(&["verify".to_owned()], &[])?;
        if verified.code != Some(0) {
            row.problems.push(format!("the case does not verify: {}", verified.complaint()));
        }
        if let Some(taken) = self.take_back(subject, &place, &undisturbed.before)? {
            row.taken_back = Some(taken.is_ok());
            row.problems.extend(taken.err());
        }
        if row.holds() {
            remove(&place)?;
        }
        Ok(row)
    }

    /// Takes back, and says what is not as before. `None`: the subject cannot be taken back.
    fn take_back(
        &self,
        subject: &dyn Subject,
        place: &Place<'_>,
        before: &State,
    ) -> Result<Option<Result<(), String>>> {
        let Some(arguments) = subject.take_back(place)? else { return Ok(None) };
        let ended = place.program(&arguments, &impatient())?;
        if ended.code != Some(0) {
            return Ok(Some(Err(format!("taking back: {}: {}", ended.words(), ended.complaint()))));
        }
        let now = subject.state(place)?;
        let all = differences("after taking back", &before.world, &now.world);
        Ok(Some(if all.is_empty() { Ok(()) } else { Err(all.join("; ")) }))
    }
}

/// A silent server is given up early in trials, so that one of them takes seconds, not minutes.
fn impatient() -> Vec<(&'static str, String)> {
    vec![("BBSEC_IR_AWS_TIMEOUT", "3".to_owned())]
}

fn hit(subject: &dyn Subject, place: &Place<'_>, blow: &Blow) -> Result<Ended> {
    let arguments = subject.begin(place)?;
    let pid_file = place.folder.join("pid");
    let mut environment = impatient();
    if let Blow::AfterLine { line, .. } = blow {
        environment.push(("BBSEC_IR_KILL_AFTER_JOURNAL_LINE", line.to_string()));
    }
    if let (Some(rule), Some(lab)) = (blow.rule(&pid_file.display().to_string()), place.lab) {
        lab.control("faults", &rule)?;
    }
    let ended = place.start(&arguments, &environment, Some(&pid_file))?;
    if let Some(lab) = place.lab {
        lab.control("faults", &json!([]))?;
    }
    Ok(ended)
}

fn kind(line: &Value) -> String {
    let text = |pointer: &str| line.pointer(pointer).and_then(Value::as_str);
    match (text("/kind"), text("/body/operation").or(text("/body/name"))) {
        (Some(kind), Some(what)) => format!("{kind} {what}"),
        (Some(kind), None) => kind.to_owned(),
        _ => "?".to_owned(),
    }
}

fn calls(lab: &Lab) -> Result<Vec<String>> {
    let all = lab.read("calls")?;
    let names = all.as_array().context("the lab keeps no list of calls")?.iter();
    Ok(names.filter_map(|call| call.get("action")?.as_str().map(str::to_owned)).collect())
}

/// Where two documents differ, by JSON pointer.
fn differences(what: &str, wanted: &Value, found: &Value) -> Vec<String> {
    fn walk(at: &str, wanted: &Value, found: &Value, out: &mut Vec<String>) {
        match (wanted, found) {
            (Value::Object(a), Value::Object(b)) => {
                for key in a.keys().chain(b.keys().filter(|key| !a.contains_key(*key))) {
                    let null = Value::Null;
                    walk(
                        &format!("{at}/{key}"),
                        a.get(key).unwrap_or(&null),
                        b.get(key).unwrap_or(&null),
                        out,
                    );
                }
            }
            _ if wanted != found => out.push(format!("{at}: {found} instead of {wanted}")),
            _ => {}
        }
    }
    let mut all = Vec::new();
    walk("", wanted, found, &mut all);
    all.into_iter().map(|line| format!("{what} {line}")).collect()
}

/// Evidence is read-only; a place that held is removed all the same.
fn remove(place: &Place<'_>) -> Result<()> {
    make_writable(&place.folder)?;
    std::fs::remove_dir_all(&place.folder).context("cannot remove a finished trial")
}
