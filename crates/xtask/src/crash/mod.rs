//! `cargo xtask crash`: the program is cut short at every place and must end, when resumed, where an undisturbed run ends.
//!
//! A [`Subject`] says what is tried: the command, how it goes on, how it is taken back, and what an independent reader
//! sees of the world. A [`Blow`] says where it is hit: a real SIGKILL after the k-th journal line or at the k-th AWS call
//! (before it is carried out, or after, with the answer lost), or a fault of one call. [`Harness::trial`] hits once and
//! hands back a [`Row`]; [`Harness::run`] does so for every place and makes the table of `docs/crash-table.md`.
//!
//! AWS calls are hit by the lab, from outside. Journal lines are counted by a hook of `bbsec-case` that only builds with
//! debug assertions have (`BBSEC_IR_KILL_AFTER_JOURNAL_LINE`).

mod blow;
mod harness;
mod place;
mod reader;
pub mod subjects;
mod table;

pub use self::{
    blow::{Blow, Fault, places},
    harness::{Harness, Row, Undisturbed},
    place::{Ended, Place},
    reader::Reader,
    table::markdown,
};

use std::{
    path::PathBuf,
    process::ExitCode,
    sync::atomic::{AtomicUsize, Ordering},
    time::Instant,
};

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use crate::{demo, lab::Lab, setup, shell};

/// What is cut short again and again.
pub trait Subject: Sync {
    /// A word for tables and for `--only`.
    fn name(&self) -> &'static str;

    /// Whether it speaks with AWS. Without it no lab is started and only journal lines are hit.
    fn needs_lab(&self) -> bool {
        true
    }

    /// Fills the new, empty case beside which everything happens. Default: nothing to do.
    fn prepare(&self, place: &Place<'_>) -> Result<()> {
        let _ = place;
        Ok(())
    }

    /// The command that is hit, without `--case`, which is added.
    fn begin(&self, place: &Place<'_>) -> Result<Vec<String>>;

    /// The command that goes on with `run` after the blow. Default: the same command again.
    fn go_on(&self, place: &Place<'_>, run: &str) -> Result<Vec<String>> {
        let _ = run;
        self.begin(place)
    }

    /// The command that takes everything back; then the world must be as it was before.
    fn take_back(&self, place: &Place<'_>) -> Result<Option<Vec<String>>> {
        let _ = place;
        Ok(None)
    }

    /// Whether an end of the resumed run means that it is done. Default: it ends as the undisturbed one did.
    fn is_done(&self, code: i32, undisturbed: i32) -> bool {
        code == undisturbed
    }

    /// What the world holds, read by something else than the program. `end` must be the same after every trial, and
    /// therefore holds no generated ids; `world` is what taking back restores. Duplicates show as counts in `end`.
    fn state(&self, place: &Place<'_>) -> Result<State>;
}

/// What an independent reader sees.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct State {
    /// The same after every trial.
    pub end: Value,
    /// Restored by [`Subject::take_back`].
    pub world: Value,
}

/// What `cargo xtask crash` is asked for.
#[derive(Debug, Clone, clap::Args)]
pub struct Options {
    /// Only these subjects, by name; repeat for several.
    #[arg(long)]
    only: Vec<String>,
    /// Hit every N-th place only.
    #[arg(long, default_value_t = 1)]
    every: usize,
    /// The first place, with --every: 0 to N-1.
    #[arg(long, default_value_t = 0)]
    offset: usize,
    /// Labs and trials side by side.
    #[arg(long, default_value_t = 1)]
    jobs: usize,
    /// Write the table here instead of printing it, such as docs/crash-table.md.
    #[arg(long)]
    out: Option<PathBuf>,
}

/// Runs trials of every subject and writes the table; fails when one of them does not end where it should.
pub fn run(options: &Options) -> Result<ExitCode> {
    let root = shell::root()?;
    let setup = setup::prepare(&root)?;
    let python = setup.python.with_context(|| format!("the lab needs {}", setup.missing.join("; ")))?;
    let program = demo::program(&root)?;
    let harness = Harness::new(&root, &program, &python);
    let mut rows = Vec::new();
    for subject in subjects::all().iter().map(AsRef::as_ref) {
        if !options.only.is_empty() && !options.only.iter().any(|name| name == subject.name()) {
            continue;
        }
        rows.extend(trials(&harness, subject, options)?);
    }
    let text = markdown(&rows);
    match &options.out {
        Some(file) => {
            std::fs::write(file, text).with_context(|| format!("cannot write {}", file.display()))?;
        }
        None => println!("{text}"),
    }
    let bad: Vec<&Row> = rows.iter().filter(|row| !row.holds()).collect();
    for row in &bad {
        eprintln!("{} {}: {}", row.subject, row.blow, row.problems.join("; "));
    }
    println!("{} trials, {} do not hold", rows.len(), bad.len());
    Ok(if bad.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The chosen places of one subject, on as many labs as asked for.
fn trials(harness: &Harness<'_>, subject: &dyn Subject, options: &Options) -> Result<Vec<Row>> {
    let jobs = options.jobs.max(1);
    let labs: Vec<Option<Lab>> = (0..jobs)
        .map(|job| if subject.needs_lab() { harness.lab(&job.to_string()).map(Some) } else { Ok(None) })
        .collect::<Result<_>>()?;
    let first = labs.first().context("there is no job")?;
    let undisturbed = harness.undisturbed(subject, first.as_ref())?;
    let blows: Vec<Blow> =
        places(&undisturbed).into_iter().skip(options.offset).step_by(options.every.max(1)).collect();
    ensure!(!blows.is_empty(), "{} writes no journal line and makes no call", subject.name());
    let next = AtomicUsize::new(0);
    let begun = Instant::now();
    // Ids differ from lab to lab, so each is compared with an undisturbed run of its own.
    let work = |lab: Option<&Lab>, known: Option<&Undisturbed>| -> Result<Vec<(usize, Row)>> {
        let own;
        let undisturbed = if let Some(known) = known {
            known
        } else {
            own = harness.undisturbed(subject, lab)?;
            &own
        };
        let mut rows = Vec::new();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(blow) = blows.get(at) else { return Ok(rows) };
            let row = harness.trial(subject, lab, undisturbed, blow)?;
            eprintln!(
                "[{:>6.1} s] {:>4} of {} {} {blow}: {}",
                begun.elapsed().as_secs_f64(),
                at + 1,
                blows.len(),
                row.subject,
                if row.holds() { "holds".to_owned() } else { row.problems.join("; ") },
            );
            rows.push((at, row));
        }
    };
    let mut rows = std::thread::scope(|scope| -> Result<Vec<(usize, Row)>> {
        let (work, undisturbed) = (&work, &undisturbed);
        let running: Vec<_> = labs
            .iter()
            .enumerate()
            .map(|(job, lab)| scope.spawn(move || work(lab.as_ref(), (job == 0).then_some(undisturbed))))
            .collect();
        let mut all = Vec::new();
        for job in running {
            all.extend(job.join().map_err(|_| anyhow::anyhow!("a trial panicked"))??);
        }
        Ok(all)
    })?;
    rows.sort_by_key(|(at, _)| *at);
    Ok(rows.into_iter().map(|(_, row)| row).collect())
}
