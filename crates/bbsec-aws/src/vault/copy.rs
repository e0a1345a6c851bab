//! Several objects at a time, each written down before it is sent and after it was compared. Memory is one part per worker.

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{
        Mutex, PoisonError,
        mpsc::{Receiver, sync_channel},
    },
    thread,
};

use bbsec_core::{ChangeResult, Context, Exit, Failure, Gap, Task};
use serde_json::json;

use super::{
    VaultOutput,
    upload::{self, Local, Sent, Terms},
};
use crate::{
    client::Aws,
    error::{AwsError, Kind},
    journal::planned,
};

/// Objects on their way at the same time.
const WORKERS: usize = 4;

/// One file of the bag.
#[derive(Debug)]
pub(super) struct File {
    /// On disk.
    pub(super) path: PathBuf,
    /// Below the bag.
    pub(super) name: String,
    /// In the bucket.
    pub(super) key: String,
}

/// What a worker found.
enum Came {
    Sent(Sent, u64),
    /// The file cannot be read.
    Unreadable(String),
    /// The file is not what the case says.
    Altered(String),
    Failed(AwsError),
}

/// A copy as it goes on.
pub(super) struct Copy<'a> {
    pub(super) aws: &'a Aws,
    pub(super) terms: Terms,
    pub(super) output: VaultOutput,
    /// SHA-256 of every item of evidence, by path below `data/`.
    pub(super) known: BTreeMap<String, String>,
    pub(super) task: &'a dyn Task,
}

impl Copy<'_> {
    /// Whether something could not be copied.
    pub(super) fn is_short(&self) -> bool {
        !self.output.failed.is_empty() || !self.output.differing.is_empty()
    }

    /// Copies files in any order. Stops early when the person asks, or when no further object can succeed.
    pub(super) fn side_by_side(
        &mut self,
        files: Vec<File>,
        context: &mut Context<'_>,
    ) -> Result<(), Failure> {
        let (jobs, waiting) = sync_channel::<(u64, File)>(0);
        let (results, done) = sync_channel::<(u64, File, Came)>(WORKERS);
        let waiting = Mutex::new(waiting);
        let (aws, terms, known) = (self.aws, self.terms.clone(), self.known.clone());
        let workers = WORKERS.min(files.len());
        thread::scope(|scope| {
            for _ in 0..workers {
                let (results, waiting, terms, known) = (results.clone(), &waiting, &terms, &known);
                scope.spawn(move || {
                    while let Some((number, file)) = next(waiting) {
                        let came = one(aws, terms, known, &file);
                        if results.send((number, file, came)).is_err() {
                            return;
                        }
                    }
                });
            }
            drop(results);
            let mut running = 0;
            let mut files = files.into_iter();
            let mut stop = None;
            loop {
                if running == workers || stop.is_some() || files.len() == 0 {
                    if running == 0 {
                        break;
                    }
                    let Ok((number, file, came)) = done.recv() else { break };
                    running -= 1;
                    if let Err(failure) = self.take(number, &file, came, context) {
                        stop = Some(failure);
                    }
                    continue;
                }
                if context.progress.cancelled() {
                    stop = Some(
                        Failure::new(Exit::Interrupted, "stopped before everything was copied")
                            .help("resume the run: what is in the vault is not sent again"),
                    );
                    continue;
                }
                let Some(file) = files.next() else { continue };
                self.task.at(&file.name);
                match self.intend(&file, context) {
                    Ok(number) if jobs.send((number, file)).is_ok() => running += 1,
                    Ok(_) => break,
                    Err(failure) => stop = Some(failure),
                }
            }
            drop(jobs);
            stop.map_or(Ok(()), Err)
        })
    }

    fn intend(&self, file: &File, context: &mut Context<'_>) -> Result<u64, Failure> {
        let sha256 = file.name.strip_prefix("data/").and_then(|name| self.known.get(name));
        let subject = format!("s3://{}/{}", self.terms.bucket, file.key);
        let size = std::fs::metadata(&file.path).map(|meta| meta.len()).ok();
        let after = json!({ "sha256": sha256, "bytes": size });
        context.changes.intent(&planned("s3:PutObject", subject, json!(null), after, None))
    }

    fn take(
        &mut self,
        number: u64,
        file: &File,
        came: Came,
        context: &mut Context<'_>,
    ) -> Result<(), Failure> {
        let outcome = match &came {
            Came::Sent(Sent::Put(version), _) => ChangeResult::Done { answer: json!({ "version": version }) },
            Came::Sent(Sent::Already(version), _) => {
                ChangeResult::Done { answer: json!({ "already": version }) }
            }
            Came::Sent(Sent::Differs(why), _) => ChangeResult::Done { answer: json!({ "differs": why }) },
            Came::Unreadable(why) | Came::Altered(why) => ChangeResult::Failed { error: why.clone() },
            Came::Failed(error) => ChangeResult::Failed { error: error.chain() },
        };
        context.changes.outcome(number, &outcome)?;
        self.task.advance(1);
        let output = &mut self.output;
        match came {
            Came::Sent(Sent::Put(_), bytes) => {
                output.put += 1;
                output.bytes = output.bytes.saturating_add(bytes);
            }
            Came::Sent(Sent::Already(_), bytes) => {
                output.already += 1;
                output.bytes = output.bytes.saturating_add(bytes);
            }
            Came::Sent(Sent::Differs(why), _) => output.differing.push(format!("{}: {why}", file.key)),
            Came::Altered(why) => output.differing.push(format!("{}: {why}", file.name)),
            Came::Unreadable(why) => {
                context.gaps.push(Gap::unread("evidence file", &file.key, why, 1));
                output.failed.push(file.key.clone());
            }
            Came::Failed(error) => {
                // No other object would fare better.
                if matches!(error.kind(), Kind::Expired | Kind::NoCredentials | Kind::Unreachable) {
                    return Err(error.into());
                }
                context.gaps.push(Gap::unread("evidence file", &file.key, error.chain(), 1));
                output.failed.push(file.key.clone());
            }
        }
        Ok(())
    }
}

fn next(waiting: &Mutex<Receiver<(u64, File)>>) -> Option<(u64, File)> {
    waiting.lock().unwrap_or_else(PoisonError::into_inner).recv().ok()
}

fn one(aws: &Aws, terms: &Terms, known: &BTreeMap<String, String>, file: &File) -> Came {
    let local = match Local::read(&file.path) {
        Ok(local) => local,
        Err(error) => return Came::Unreadable(error.to_string()),
    };
    let in_case = file.name.strip_prefix("data/").and_then(|name| known.get(name));
    if in_case.is_some_and(|sha256| *sha256 != bbsec_core::hex::encode(local.sha256)) {
        return Came::Altered("the file in the case is not what was collected; it is not copied".to_owned());
    }
    let terms = Terms { once: file.name.starts_with("data/"), ..terms.clone() };
    match upload::send(aws, &terms, &file.key, &local) {
        Ok(sent) => Came::Sent(sent, local.size),
        Err(error) => Came::Failed(error),
    }
}
