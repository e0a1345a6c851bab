//! The pass over commits, tags and trees that a history is built from.

use std::{
    collections::HashSet,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use crate::{
    DeltaOp, Kind, ObjectDir, ObjectView, Oid, OidHash, OidMap, OidSet, TreeEntries, Visitor,
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
    /// What is named and not here, what it should be, and by what it is named.
    pub(crate) missing: OidMap<(Option<Kind>, Oid)>,
}

/// Which objects the lists of some folders name: the first eight bytes of each.
pub(crate) struct Present(HashSet<u64, OidHash>);

impl Present {
    pub(crate) fn of(dirs: &[&ObjectDir]) -> Self {
        let mut set = HashSet::default();
        set.reserve(dirs.iter().map(|dir| dir.objects() as usize).sum());
        for dir in dirs {
            set.extend(dir.loose.iter().map(Oid::prefix));
            for pack in &dir.packs {
                let index = &pack.index;
                set.extend((0..index.len()).filter_map(|i| index.oid(i)).map(|oid| oid.prefix()));
            }
        }
        Self(set)
    }

    fn has(&self, oid: &Oid) -> bool {
        self.0.contains(&oid.prefix())
    }
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

/// Looks at the texts and names that a history is read from, so that they need not be read a second time.
pub trait Reader: Sync {
    /// What is kept of a commit or tag while the deltas that build on it are looked at.
    type State: Send;

    /// Looks at a commit or tag, as [`Visitor::visit`] does.
    fn text(&self, worker: usize, object: &ObjectView<'_>, parent: Option<&Self::State>) -> Self::State;

    /// Looks at the name of a tree's entry. Names that a delta takes over from its base are not shown again.
    fn name(&self, worker: usize, name: &[u8]);

    /// Asked when all is read: the commits and tags that are to be attributed as well.
    fn found(&self) -> Vec<Oid>;
}

/// Looks at nothing.
pub(crate) struct Unread;

impl Reader for Unread {
    type State = ();
    fn text(&self, _: usize, _: &ObjectView<'_>, _: Option<&()>) {}
    fn name(&self, _: usize, _: &[u8]) {}
    fn found(&self) -> Vec<Oid> {
        Vec::new()
    }
}

/// What is kept of an object while others build on it.
pub(crate) enum State<T> {
    Tree(Kept),
    Text(T),
}

/// Finds, in every tree, entries that are wanted.
pub(crate) struct Collector<'a, R> {
    reader: &'a R,
    /// Objects whose holders are looked for.
    pub(crate) wanted: &'a OidSet,
    /// Some bits of their ids, to pass over most entries without a look-up.
    sieve: Vec<u64>,
    /// Whether entries that are folders are kept as well, so that one pass is enough.
    folders: AtomicBool,
    kept: AtomicUsize,
    /// The most edges to folders that are kept before giving that up.
    most: usize,
    /// In the first pass, commits and tags are read too, and what is named is looked for.
    present: Option<Present>,
    found: Vec<Mutex<Found>>,
}

/// 2^18 bits.
const SIEVE_BITS: u32 = 18;

impl<'a, R: Reader> Collector<'a, R> {
    pub(crate) fn new(
        reader: &'a R,
        wanted: &'a OidSet,
        folders: bool,
        present: Option<Present>,
        most: usize,
        threads: usize,
    ) -> Self {
        let mut sieve = vec![0_u64; 1 << (SIEVE_BITS - 6)];
        for oid in wanted {
            if let Some(word) = sieve.get_mut(slot(oid) / 64) {
                *word |= 1 << (slot(oid) % 64);
            }
        }
        Self {
            reader,
            wanted,
            sieve,
            folders: AtomicBool::new(folders),
            kept: AtomicUsize::new(0),
            most,
            present,
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

    #[inline]
    fn look_for(&self, found: &mut Found, oid: Oid, kind: Option<Kind>, by: Oid) {
        if self.present.as_ref().is_some_and(|present| !present.has(&oid)) {
            found.missing.insert(oid, (kind, by));
        }
    }

    /// Looks at a tree; at one that is a delta, only at what differs from its base.
    fn tree(&self, worker: usize, found: &mut Found, object: &ObjectView<'_>, base: Option<&Kept>) -> Kept {
        let folders = self.folders.load(Ordering::Relaxed);
        let mut pass = Pass {
            collector: self,
            worker,
            oid: object.oid,
            found,
            folders,
            entries: tree(object.data),
            at: 0,
            kept: Kept::default(),
        };
        match (object.delta, base) {
            (Some(ops), Some(base)) => pass.differing(ops, base),
            _ => pass.until(usize::MAX),
        }
        let kept = pass.kept;
        if !kept.entries.is_empty() {
            let own = found.id(object.oid);
            found.edges.extend(kept.entries.iter().map(|&(_, child, name)| (own, child, name)));
            let more = kept.entries.len();
            if folders && self.kept.fetch_add(more, Ordering::Relaxed) + more > self.most {
                self.folders.store(false, Ordering::Relaxed);
            }
        }
        kept
    }
}

/// What is kept of a tree while the deltas that build on it are looked at.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    /// Places where entries begin, some of them, ascending.
    marks: Vec<u32>,
    /// Entries that are kept: where they begin, child, name.
    entries: Vec<(u32, u32, u32)>,
}

/// Bytes between marks.
const MARK_EVERY: usize = 256;

/// One tree that is being looked at.
struct Pass<'p, 'a, R> {
    collector: &'p Collector<'a, R>,
    worker: usize,
    found: &'p mut Found,
    oid: Oid,
    folders: bool,
    entries: TreeEntries<'p>,
    /// Where the next entry begins.
    at: usize,
    kept: Kept,
}

impl<R: Reader> Pass<'_, '_, R> {
    /// Reads one entry; `false` at the end, or where none can be read.
    fn one(&mut self) -> bool {
        let mut entries = self.entries.clone().from(self.at);
        let Some(entry) = entries.next() else { return false };
        if self.kept.marks.last().is_none_or(|&mark| self.at >= mark as usize + MARK_EVERY) {
            self.kept.marks.push(self.at as u32);
        }
        if let Some(kind) = entry.mode.kind() {
            self.collector.look_for(self.found, entry.oid, Some(kind), self.oid);
        }
        if self.collector.present.is_some() {
            self.collector.reader.name(self.worker, entry.name);
        }
        if (self.folders && entry.mode.is_tree()) || self.collector.maybe(&entry.oid) {
            let (child, name) = (self.found.id(entry.oid), self.found.name(entry.name));
            self.kept.entries.push((self.at as u32, child, name));
        }
        self.at = entries.position();
        true
    }

    fn until(&mut self, end: usize) {
        while self.at < end && self.one() {}
    }

    /// Reads what is new, and takes over what is copied.
    ///
    /// Entries are read one after the other as in any tree. Where that comes to a place of a copied stretch at which,
    /// in the base, an entry is known to begin, what follows there are the base's own entries, up to the last that is
    /// whole within the stretch: they are taken over unread.
    fn differing(&mut self, ops: &[DeltaOp], base: &Kept) {
        for op in ops {
            let (end, from) = match *op {
                DeltaOp::Insert { to, len } => (to as usize + len as usize, None),
                DeltaOp::Copy { from, to, len } => {
                    (to as usize + len as usize, Some((from as usize, to as usize)))
                }
            };
            let Some((from, to)) = from else {
                self.until(end);
                continue;
            };
            while self.at < end {
                let there = if self.at >= to { self.at - to + from } else { usize::MAX };
                let skipped = base
                    .marks
                    .binary_search(&(there as u32))
                    .is_ok_and(|first| self.take(base, first, end - to + from, from, to));
                if !skipped && !self.one() {
                    return;
                }
            }
        }
    }

    /// Takes over the base's entries from a mark to the last mark that is not behind `stop`; `false` when there are none.
    fn take(&mut self, base: &Kept, first: usize, stop: usize, from: usize, to: usize) -> bool {
        let last = base.marks.partition_point(|&mark| mark as usize <= stop).saturating_sub(1);
        let marks = base.marks.get(first..last).unwrap_or_default();
        let (Some(&start), Some(&end)) = (marks.first(), base.marks.get(last)) else { return false };
        let here = |there: u32| (there as usize - from + to) as u32;
        self.kept.marks.extend(marks.iter().map(|&mark| here(mark)));
        let begin = base.entries.partition_point(|&(at, ..)| at < start);
        let until = base.entries.partition_point(|&(at, ..)| at < end);
        let entries = base.entries.get(begin..until).unwrap_or_default();
        self.kept.entries.extend(entries.iter().map(|&(at, child, name)| (here(at), child, name)));
        self.at = here(end) as usize;
        true
    }
}

fn slot(oid: &Oid) -> usize {
    (oid.prefix() >> (64 - SIEVE_BITS)) as usize
}

impl<R: Reader> Visitor for Collector<'_, R> {
    type State = State<Option<R::State>>;

    fn wants(&self, kind: Kind) -> bool {
        kind == Kind::Tree || (self.present.is_some() && matches!(kind, Kind::Commit | Kind::Tag))
    }

    fn visit(&self, worker: usize, object: &ObjectView<'_>, base: Option<&Self::State>) -> Self::State {
        let Some(found) = self.found.get(worker) else { return State::Text(None) };
        let mut found = found.lock().unwrap_or_else(PoisonError::into_inner);
        match object.kind {
            Kind::Tree => {
                let base = base.and_then(|base| if let State::Tree(kept) = base { Some(kept) } else { None });
                return State::Tree(self.tree(worker, &mut found, object, base));
            }
            Kind::Commit => {
                let commit = commit(object.data);
                if let Some(tree) = commit.tree {
                    self.look_for(&mut found, tree, Some(Kind::Tree), object.oid);
                }
                for parent in &commit.parents {
                    self.look_for(&mut found, *parent, Some(Kind::Commit), object.oid);
                }
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
                let tag = tag(object.data);
                if let Some(target) = tag.target {
                    self.look_for(&mut found, target, tag.target_kind, object.oid);
                    found.tags.push((object.oid, target));
                }
            }
            Kind::Blob => return State::Text(None),
        }
        let parent = base.and_then(|base| if let State::Text(text) = base { text.as_ref() } else { None });
        State::Text(Some(self.reader.text(worker, object, parent)))
    }
}
