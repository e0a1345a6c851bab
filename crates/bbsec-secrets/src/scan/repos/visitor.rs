//! Matches objects as they are read: blobs by the walk, commits, tags and names of files on the way to the history.

use std::{
    collections::{HashMap, HashSet},
    hash::{BuildHasher, RandomState},
    sync::{Mutex, MutexGuard, PoisonError},
};

use bbsec_git::{DeltaOp, Kind, ObjectView, Oid, OidSet, Reader, Visitor, tree};

use crate::{
    engine::{Engine, Found, Marks, Stats, delta::Edits, resolve},
    scan::{Options, files::Lines},
};

/// Shorter names hold no credential.
const SHORTEST_NAME: usize = 16;

/// One place in an object.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spot {
    /// Index into [`Gathered::found`].
    pub(super) found: u32,
    pub(super) line: u32,
    pub(super) column: u32,
    /// For trees: which entry's name, by index into [`Gathered::names`].
    pub(super) name: Option<u32>,
}

/// An object in which something was found.
#[derive(Debug)]
pub(super) struct Holder {
    pub(super) oid: Oid,
    pub(super) kind: Kind,
    pub(super) spots: Vec<Spot>,
}

/// What all workers found.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    pub(super) found: Vec<Found>,
    /// Names of files that hold something.
    pub(super) names: Vec<Vec<u8>>,
    /// What each of them holds.
    name_hits: Vec<Vec<u32>>,
    pub(super) objects: Vec<Holder>,
    pub(super) stats: Stats,
}

struct Worker {
    engine: Engine,
    objects: Vec<Holder>,
    /// Names that hold something.
    names: Vec<Vec<u8>>,
    name_hits: Vec<Vec<u32>>,
    /// Names that were looked at, by keyed hash.
    seen_names: HashSet<u64>,
}

/// The visitor.
pub(super) struct Secrets {
    workers: Vec<Mutex<Worker>>,
    hash: RandomState,
    full_scan: bool,
}

/// What is kept of an object while others build on it.
pub(super) struct State {
    marks: Marks,
    len: usize,
}

impl Secrets {
    pub(super) fn new(options: &Options, threads: usize) -> Self {
        let worker = || Worker {
            engine: Engine::new(options.rules.clone(), options.limits),
            objects: Vec::new(),
            names: Vec::new(),
            name_hits: Vec::new(),
            seen_names: HashSet::new(),
        };
        Self {
            workers: (0..threads.max(1)).map(|_| Mutex::new(worker())).collect(),
            hash: RandomState::new(),
            full_scan: options.full_scan,
        }
    }

    fn worker(&self, number: usize) -> Option<MutexGuard<'_, Worker>> {
        let worker = self.workers.get(number % self.workers.len().max(1))?;
        Some(worker.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The objects of some kinds that hold something.
    pub(super) fn oids(&self, kinds: &[Kind]) -> OidSet {
        let mut all = OidSet::default();
        for number in 0..self.workers.len() {
            let Some(worker) = self.worker(number) else { continue };
            let wanted = worker.objects.iter().filter(|holder| kinds.contains(&holder.kind));
            all.extend(wanted.map(|holder| holder.oid));
        }
        all
    }

    /// Puts together what the workers have.
    pub(super) fn gathered(self) -> Gathered {
        let mut all = Gathered::default();
        for worker in self.workers {
            let worker = worker.into_inner().unwrap_or_else(PoisonError::into_inner);
            let found = all.found.len() as u32;
            all.found.extend(worker.engine.found);
            all.names.extend(worker.names);
            all.name_hits.extend(
                worker
                    .name_hits
                    .into_iter()
                    .map(|hits| hits.into_iter().map(|hit| hit + found).collect::<Vec<_>>()),
            );
            all.objects.extend(worker.objects.into_iter().map(|mut holder| {
                for spot in &mut holder.spots {
                    spot.found += found;
                }
                holder
            }));
            all.stats.scanned += worker.engine.stats.scanned;
            all.stats.damaged += worker.engine.stats.damaged;
            all.stats.not_decoded += worker.engine.stats.not_decoded;
            all.stats.dropped_hits += worker.engine.stats.dropped_hits;
        }
        // Threads take work in any order; what is reported must not depend on it.
        all.objects.sort_by_key(|holder| holder.oid);
        all
    }
}

impl Gathered {
    /// Whether the names of files hold anything: then [`Names`] must look for the trees that have them.
    pub(super) fn has_names(&self) -> bool {
        !self.names.is_empty()
    }

    pub(super) fn oids(&self) -> OidSet {
        self.objects.iter().map(|holder| holder.oid).collect()
    }

    /// Takes over the trees in which names stand that hold something.
    pub(super) fn add(&mut self, trees: Vec<Holder>) {
        self.objects.extend(trees);
        self.objects.sort_by_key(|holder| holder.oid);
    }
}

/// Finds the trees that have one of some names.
pub(super) struct Names<'a> {
    gathered: &'a Gathered,
    numbers: HashMap<&'a [u8], u32>,
    found: Mutex<Vec<Holder>>,
}

impl<'a> Names<'a> {
    pub(super) fn of(gathered: &'a Gathered) -> Self {
        // Two threads may have met the same name: its first number counts.
        let mut numbers = HashMap::new();
        for (name, number) in gathered.names.iter().zip(0u32..) {
            numbers.entry(name.as_slice()).or_insert(number);
        }
        Self { gathered, numbers, found: Mutex::default() }
    }

    pub(super) fn trees(self) -> Vec<Holder> {
        self.found.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Visitor for Names<'_> {
    type State = ();

    fn wants(&self, kind: Kind) -> bool {
        kind == Kind::Tree
    }

    fn visit(&self, _: usize, object: &ObjectView<'_>, _: Option<&()>) {
        let mut spots = Vec::new();
        for entry in tree(object.data) {
            let Some(&number) = self.numbers.get(entry.name) else { continue };
            for &found in self.gathered.name_hits.get(number as usize).into_iter().flatten() {
                spots.push(Spot { found, line: 0, column: 0, name: Some(number) });
            }
        }
        if !spots.is_empty() {
            let holder = Holder { oid: object.oid, kind: object.kind, spots };
            self.found.lock().unwrap_or_else(PoisonError::into_inner).push(holder);
        }
    }
}

impl Worker {
    fn text(&mut self, object: &ObjectView<'_>, parent: Option<&State>) -> Marks {
        let marks = match (object.delta, parent) {
            (Some(ops), Some(parent)) => {
                let edits = edits(ops, parent.len);
                self.engine.delta(object.data, &edits, &parent.marks, parent.len)
            }
            _ => self.engine.full(object.data),
        };
        if marks.hits.is_empty() {
            return marks;
        }
        let kept = resolve(&self.engine.rules, &self.engine.found, &marks.hits);
        let mut lines = Lines::of(object.data);
        let spots = kept
            .iter()
            .map(|hit| {
                let (line, column) = lines.position(hit.secret.0);
                Spot { found: hit.found, line: saturated(line), column: saturated(column), name: None }
            })
            .collect();
        self.objects.push(Holder { oid: object.oid, kind: object.kind, spots });
        marks
    }

    fn name(&mut self, name: &[u8], hash: &RandomState) {
        if name.len() < SHORTEST_NAME || !self.seen_names.insert(hash.hash_one(name)) {
            return;
        }
        let marks = self.engine.full(name);
        let kept = resolve(&self.engine.rules, &self.engine.found, &marks.hits);
        if !kept.is_empty() {
            self.names.push(name.to_vec());
            self.name_hits.push(kept.iter().map(|hit| hit.found).collect());
        }
    }
}

impl Secrets {
    fn look(&self, worker: usize, object: &ObjectView<'_>, parent: Option<&State>) -> State {
        let parent = if self.full_scan { None } else { parent };
        let marks = self.worker(worker).map(|mut worker| worker.text(object, parent)).unwrap_or_default();
        State { marks, len: object.data.len() }
    }
}

impl Visitor for Secrets {
    type State = State;

    fn wants(&self, kind: Kind) -> bool {
        kind == Kind::Blob
    }

    fn visit(&self, worker: usize, object: &ObjectView<'_>, parent: Option<&State>) -> State {
        self.look(worker, object, parent)
    }
}

impl Reader for Secrets {
    type State = State;

    fn text(&self, worker: usize, object: &ObjectView<'_>, parent: Option<&State>) -> State {
        self.look(worker, object, parent)
    }

    fn name(&self, worker: usize, name: &[u8]) {
        if let Some(mut worker) = self.worker(worker) {
            worker.name(name, &self.hash);
        }
    }

    fn found(&self) -> Vec<Oid> {
        self.oids(&[Kind::Commit, Kind::Tag]).into_iter().collect()
    }
}

fn edits(ops: &[DeltaOp], base_len: usize) -> Edits {
    let mut edits = Edits::default();
    for op in ops {
        match *op {
            DeltaOp::Copy { from, len, .. } => edits.copy(from as usize, len as usize),
            DeltaOp::Insert { len, .. } => edits.insert(len as usize),
        }
    }
    edits.end(base_len);
    edits
}

fn saturated(value: u64) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}
