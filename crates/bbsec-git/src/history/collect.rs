//! The pass over commits, tags and trees that a history is built from.

use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use crate::{
    Kind, ObjectView, Oid, OidMap, OidSet, Visitor,
    history::Fast,
    parse::{commit, tag, tree},
};

/// A commit as the graph needs it.
#[derive(Debug, Clone)]
pub(crate) struct RawCommit {
    pub(crate) oid: Oid,
    pub(crate) tree: Option<Oid>,
    pub(crate) parents: Vec<Oid>,
    /// Microseconds, by the committer's clock.
    pub(crate) time: i64,
    pub(crate) dir: usize,
}

/// What one thread found. Ids and names are numbered within the thread.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) commits: Vec<RawCommit>,
    pub(crate) tags: Vec<(Oid, Oid)>,
    pub(crate) oids: Vec<Oid>,
    ids: OidMap<u32>,
    pub(crate) names: Vec<Vec<u8>>,
    name_ids: Fast<Vec<u8>, u32>,
    /// Tree, child, name.
    pub(crate) edges: Vec<(u32, u32, u32)>,
}

impl Found {
    fn id(&mut self, oid: Oid) -> u32 {
        let next = self.oids.len() as u32;
        let id = *self.ids.entry(oid).or_insert(next);
        if id == next {
            self.oids.push(oid);
        }
        id
    }

    fn name(&mut self, name: &[u8]) -> u32 {
        if let Some(&id) = self.name_ids.get(name) {
            return id;
        }
        let id = self.names.len() as u32;
        self.names.push(name.to_vec());
        self.name_ids.insert(name.to_vec(), id);
        id
    }
}

/// Finds, in every tree, entries that are wanted.
pub(crate) struct Collector<'a> {
    /// Objects whose holders are looked for.
    pub(crate) wanted: &'a OidSet,
    /// Some bits of their ids, to pass over most entries without a look-up.
    sieve: Vec<u64>,
    /// Whether entries that are folders are kept as well, so that one pass is enough.
    folders: AtomicBool,
    kept: AtomicUsize,
    /// The most edges to folders that are kept before giving that up.
    most: usize,
    /// Whether commits and tags are read too.
    commits: bool,
    found: Vec<Mutex<Found>>,
}

/// 2^18 bits.
const SIEVE_BITS: u32 = 18;

impl<'a> Collector<'a> {
    pub(crate) fn new(wanted: &'a OidSet, folders: bool, commits: bool, most: usize, threads: usize) -> Self {
        let mut sieve = vec![0_u64; 1 << (SIEVE_BITS - 6)];
        for oid in wanted {
            if let Some(word) = sieve.get_mut(slot(oid) / 64) {
                *word |= 1 << (slot(oid) % 64);
            }
        }
        Self {
            wanted,
            sieve,
            folders: AtomicBool::new(folders),
            kept: AtomicUsize::new(0),
            most,
            commits,
            found: (0..threads.max(1)).map(|_| Mutex::default()).collect(),
        }
    }

    /// What was found, and whether the edges to all folders are in it.
    pub(crate) fn finish(self) -> (Vec<Found>, bool) {
        let found =
            self.found.into_iter().map(|found| found.into_inner().unwrap_or_else(PoisonError::into_inner));
        (found.collect(), self.folders.into_inner())
    }

    #[inline]
    fn maybe(&self, oid: &Oid) -> bool {
        let slot = slot(oid);
        self.sieve.get(slot / 64).is_some_and(|word| word & (1 << (slot % 64)) != 0)
            && self.wanted.contains(oid)
    }

    fn tree(&self, found: &mut Found, oid: Oid, data: &[u8]) {
        let folders = self.folders.load(Ordering::Relaxed);
        let before = found.edges.len();
        let mut own = None;
        for entry in tree(data) {
            if (folders && entry.mode.is_tree()) || self.maybe(&entry.oid) {
                let own = *own.get_or_insert_with(|| found.id(oid));
                let (child, name) = (found.id(entry.oid), found.name(entry.name));
                found.edges.push((own, child, name));
            }
        }
        if folders {
            let more = found.edges.len() - before;
            if self.kept.fetch_add(more, Ordering::Relaxed) + more > self.most {
                self.folders.store(false, Ordering::Relaxed);
            }
        }
    }
}

fn slot(oid: &Oid) -> usize {
    (oid.prefix() >> (64 - SIEVE_BITS)) as usize
}

impl Visitor for Collector<'_> {
    type State = ();

    fn wants(&self, kind: Kind) -> bool {
        kind == Kind::Tree || (self.commits && matches!(kind, Kind::Commit | Kind::Tag))
    }

    fn visit(&self, worker: usize, object: &ObjectView<'_>, _: Option<&()>) {
        let Some(found) = self.found.get(worker) else { return };
        let mut found = found.lock().unwrap_or_else(PoisonError::into_inner);
        match object.kind {
            Kind::Tree => self.tree(&mut found, object.oid, object.data),
            Kind::Commit => {
                let commit = commit(object.data);
                let time = commit.committer.time.or(commit.author.time);
                found.commits.push(RawCommit {
                    oid: object.oid,
                    tree: commit.tree,
                    parents: commit.parents,
                    time: time.map_or(0, bbsec_core::Time::micros),
                    dir: object.dir,
                });
            }
            Kind::Tag => {
                if let Some(target) = tag(object.data).target {
                    found.tags.push((object.oid, target));
                }
            }
            Kind::Blob => {}
        }
    }
}
