//! Matches objects as the walk brings them: blobs through their deltas, names of files, commits and tags as texts.

use std::{
    collections::HashMap,
    hash::{BuildHasher, RandomState},
    sync::{Mutex, PoisonError},
};

use bbsec_git::{DeltaOp, Kind, ObjectView, Oid, OidSet, Visitor, tree};

use crate::{
    engine::{Engine, Found, Marks, Stats, delta::Edits, resolve},
    scan::{Options, files::position},
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
    pub(super) names: Vec<Vec<u8>>,
    pub(super) objects: Vec<Holder>,
    pub(super) stats: Stats,
}

impl Gathered {
    pub(super) fn oids(&self) -> OidSet {
        self.objects.iter().map(|holder| holder.oid).collect()
    }
}

struct Worker {
    engine: Engine,
    objects: Vec<Holder>,
    names: Vec<Vec<u8>>,
    /// Names that were looked at, by keyed hash, and which of them hold something.
    seen_names: HashMap<u64, Option<u32>>,
    name_hits: Vec<Vec<u32>>,
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
            seen_names: HashMap::new(),
            name_hits: Vec::new(),
        };
        Self {
            workers: (0..threads.max(1)).map(|_| Mutex::new(worker())).collect(),
            hash: RandomState::new(),
            full_scan: options.full_scan,
        }
    }

    /// Puts together what the workers have.
    pub(super) fn gathered(self) -> Gathered {
        let mut all = Gathered::default();
        for worker in self.workers {
            let worker = worker.into_inner().unwrap_or_else(PoisonError::into_inner);
            let found = all.found.len() as u32;
            let names = all.names.len() as u32;
            all.found.extend(worker.engine.found);
            all.names.extend(worker.names);
            all.objects.extend(worker.objects.into_iter().map(|mut holder| {
                for spot in &mut holder.spots {
                    spot.found += found;
                    spot.name = spot.name.map(|name| name + names);
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
        let spots = kept
            .iter()
            .map(|hit| {
                let (line, column) = position(object.data, hit.secret.0);
                Spot { found: hit.found, line: saturated(line), column: saturated(column), name: None }
            })
            .collect();
        self.objects.push(Holder { oid: object.oid, kind: object.kind, spots });
        marks
    }

    fn tree(&mut self, object: &ObjectView<'_>, hash: &RandomState) {
        let mut spots = Vec::new();
        for entry in tree(object.data) {
            if entry.name.len() < SHORTEST_NAME {
                continue;
            }
            let key = hash.hash_one(entry.name);
            let known = if let Some(known) = self.seen_names.get(&key) {
                *known
            } else {
                let marks = self.engine.full(entry.name);
                let kept = resolve(&self.engine.rules, &self.engine.found, &marks.hits);
                let place = (!kept.is_empty()).then(|| {
                    self.names.push(entry.name.to_vec());
                    self.name_hits.push(kept.iter().map(|hit| hit.found).collect());
                    self.names.len() as u32 - 1
                });
                self.seen_names.insert(key, place);
                place
            };
            if let Some(name) = known
                && let Some(hits) = self.name_hits.get(name as usize)
            {
                spots.extend(hits.iter().map(|&found| Spot { found, line: 0, column: 0, name: Some(name) }));
            }
        }
        if !spots.is_empty() {
            self.objects.push(Holder { oid: object.oid, kind: object.kind, spots });
        }
    }
}

impl Visitor for Secrets {
    type State = State;

    fn wants(&self, _: Kind) -> bool {
        true
    }

    fn visit(&self, worker: usize, object: &ObjectView<'_>, parent: Option<&State>) -> State {
        let Some(worker) = self.workers.get(worker % self.workers.len().max(1)) else {
            return State { marks: Marks::default(), len: 0 };
        };
        let mut worker = worker.lock().unwrap_or_else(PoisonError::into_inner);
        let marks = if object.kind == Kind::Tree {
            worker.tree(object, &self.hash);
            Marks::default()
        } else {
            worker.text(object, if self.full_scan { None } else { parent })
        };
        State { marks, len: object.data.len() }
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
