//! Walks every object of packs and loose files: each entry is inflated once, each delta applied once.
//!
//! A pack is a forest: whole objects are roots, deltas grow on them. Each tree is walked depth first, so that a delta's
//! base is at hand when it is reached, and the visitor learns which stretches of an object are new. Heavy trees are
//! begun first; threads take work from one queue.

mod plan;
mod rescue;
mod worker;

use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicU64, AtomicUsize, Ordering},
};

use bbsec_core::{Progress, Task, Unit};

use crate::{DeltaOp, Kind, Limits, ObjectDir, Oid, Problem, ProblemKind, Problems};

/// An object as a visitor sees it.
#[derive(Debug, Clone, Copy)]
pub struct ObjectView<'a> {
    /// Its name.
    pub oid: Oid,
    /// What it is.
    pub kind: Kind,
    /// All of its bytes, without git's header.
    pub data: &'a [u8],
    /// How it is made from the object whose state is handed over as `parent`. `None`: look at all of it.
    pub delta: Option<&'a [DeltaOp]>,
    /// In which of the folders given to [`walk`] it was read.
    pub dir: usize,
}

/// Looks at objects. Called from several threads at once; `worker` tells them apart and is smaller than `threads`.
pub trait Visitor: Sync {
    /// What is kept of an object while the deltas that build on it are visited.
    type State: Send;

    /// Whether objects of this kind are to be decoded at all.
    fn wants(&self, kind: Kind) -> bool;

    /// Looks at one object. `parent` is what was kept of the object that `object.delta` builds on.
    fn visit(&self, worker: usize, object: &ObjectView<'_>, parent: Option<&Self::State>) -> Self::State;

    /// Is told of every problem, one by one, as it is met.
    fn problem(&self, problem: &Problem) {
        let _ = problem;
    }
}

/// A number for each kind of object.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PerKind([u64; 5]);

impl PerKind {
    /// For objects of one kind; `None`: of those whose kind is not known.
    pub fn of(&self, kind: Option<Kind>) -> u64 {
        self.0.get(kind.map_or(4, Kind::number)).copied().unwrap_or(0)
    }

    /// Over all kinds.
    pub fn total(&self) -> u64 {
        self.0.iter().sum()
    }

    pub(crate) fn add(&mut self, kind: Option<Kind>, n: u64) {
        if let Some(count) = self.0.get_mut(kind.map_or(4, Kind::number)) {
            *count += n;
        }
    }

    fn merge(&mut self, other: &Self) {
        for (count, more) in self.0.iter_mut().zip(other.0) {
            *count += more;
        }
    }
}

/// What a walk did. `read + unreadable + unwanted + copies` is the number of objects that the lists name.
#[derive(Debug, Clone, Default)]
pub struct WalkReport {
    /// Objects that the visitor saw.
    pub read: PerKind,
    /// Their bytes.
    pub bytes: PerKind,
    /// Objects that are listed and could not be read from any copy.
    pub unreadable: PerKind,
    /// Objects of kinds that the visitor did not want.
    pub unwanted: u64,
    /// Further copies of objects.
    pub copies: u64,
    /// Bytes of packs and loose files that were gone through.
    pub stored_bytes: u64,
    /// True when the person asked to stop.
    pub stopped: bool,
    /// What went wrong.
    pub problems: Problems,
}

impl WalkReport {
    /// True when nothing that was wanted is missing.
    pub fn complete(&self) -> bool {
        !self.stopped && self.unreadable.total() == 0 && !self.problems.any_unread()
    }

    fn merge(&mut self, other: Self) {
        self.read.merge(&other.read);
        self.bytes.merge(&other.bytes);
        self.unreadable.merge(&other.unreadable);
        self.unwanted += other.unwanted;
        self.copies += other.copies;
        self.stored_bytes += other.stored_bytes;
        self.stopped |= other.stopped;
        self.problems.extend(other.problems);
    }
}

/// What all workers share.
pub(crate) struct Shared<'a, V> {
    pub(crate) dirs: &'a [&'a ObjectDir],
    pub(crate) visitor: &'a V,
    pub(crate) limits: &'a Limits,
    pub(crate) progress: &'a dyn Progress,
    pub(crate) task: Box<dyn Task>,
    pub(crate) plan: plan::Plan<'a>,
    pub(crate) next: AtomicUsize,
    pub(crate) decoded: AtomicU64,
    pub(crate) failed: Mutex<Vec<rescue::Failed>>,
}

impl<V: Visitor> Shared<'_, V> {
    /// Whether more may be decoded, by what the repository's size can explain.
    pub(crate) fn may_go_on(&self) -> bool {
        self.decoded.load(Ordering::Relaxed) < self.plan.may_decode
    }

    /// Counts what was decoded: afterwards, so that a size that is only declared uses nothing up.
    pub(crate) fn spend(&self, bytes: u64) {
        self.decoded.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Writes a problem down and tells the visitor.
    pub(crate) fn tell(&self, report: &mut WalkReport, problem: Problem) {
        self.visitor.problem(&problem);
        report.problems.push(problem);
    }
}

/// Walks every object of some folders, each once, on `threads` threads.
pub fn walk<V: Visitor>(
    dirs: &[&ObjectDir],
    visitor: &V,
    threads: usize,
    limits: &Limits,
    progress: &dyn Progress,
) -> WalkReport {
    let threads = threads.max(1);
    let mut report = WalkReport { problems: Problems::keeping(limits.max_problems), ..WalkReport::default() };
    let plan = plan::Plan::make(dirs, visitor, threads, limits, &mut report);
    let shared = Shared {
        dirs,
        visitor,
        limits,
        progress,
        task: progress.task("objects", Unit::Bytes, Some(plan.weight)),
        plan,
        next: AtomicUsize::new(0),
        decoded: AtomicU64::new(0),
        failed: Mutex::default(),
    };
    std::thread::scope(|scope| {
        let workers: Vec<_> = (1..threads)
            .map(|worker| {
                let shared = &shared;
                scope.spawn(move || worker::work(shared, worker))
            })
            .collect();
        report.merge(worker::work(&shared, 0));
        for handle in workers {
            match handle.join() {
                Ok(part) => report.merge(part),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
    });
    let failed = std::mem::take(&mut *shared.failed.lock().unwrap_or_else(PoisonError::into_inner));
    rescue::rescue(&shared, failed, &mut report);
    report
}

/// A problem with one object of a pack.
pub(crate) fn in_pack(
    kind: ProblemKind,
    pack: &crate::pack::Pack,
    entry: u32,
    object: Option<Kind>,
) -> Problem {
    let mut problem = Problem::at(kind, &pack.path).oid(pack.oid(entry));
    problem.offset = pack.starts.get(entry as usize).copied();
    problem.object = object;
    problem
}
