//! What is to be walked, in which order, and which copies are passed over.

use std::sync::{
    PoisonError,
    atomic::{AtomicUsize, Ordering},
};

use crate::{
    Kind, Limits, ObjectDir, Oid,
    entry::{EntryReader, READ_AHEAD},
    forest::Forest,
    pack::Pack,
    walk::{Visitor, WalkReport},
};

/// A piece of work.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Job {
    /// A whole object and everything that builds on it.
    Root { pack: u32, entry: u32 },
    /// A delta whose base must be looked up outside of its pack.
    External { pack: u32, entry: u32 },
    /// Some loose objects of a folder: numbers in its list.
    Loose { dir: u32, from: u32, to: u32 },
}

/// A pack with its forest and the copies in it that are passed over.
pub(crate) struct Grown<'a> {
    pub(crate) dir: usize,
    pub(crate) pack: &'a Pack,
    pub(crate) forest: Forest,
    pub(crate) copy: Bits,
}

/// One bit for each entry.
#[derive(Debug, Clone, Default)]
pub(crate) struct Bits(Vec<u64>);

impl Bits {
    pub(crate) fn set(&mut self, i: u32) {
        let word = i as usize / 64;
        if self.0.len() <= word {
            self.0.resize(word + 1, 0);
        }
        if let Some(bits) = self.0.get_mut(word) {
            *bits |= 1 << (i % 64);
        }
    }
    pub(crate) fn get(&self, i: u32) -> bool {
        self.0.get(i as usize / 64).is_some_and(|bits| bits & (1 << (i % 64)) != 0)
    }
}

/// Everything that is to be walked.
pub(crate) struct Plan<'a> {
    pub(crate) packs: Vec<Grown<'a>>,
    /// Loose objects that are copies of packed ones or of ones in an earlier folder, by folder.
    pub(crate) loose_copy: Vec<Bits>,
    pub(crate) jobs: Vec<Job>,
    /// Stored bytes of all jobs.
    pub(crate) weight: u64,
    /// How many bytes may be decoded before it is called a bomb.
    pub(crate) may_decode: u64,
}

/// Loose objects are handed out in lots of this size.
const LOT: u32 = 64;

impl<'a> Plan<'a> {
    pub(crate) fn make<V: Visitor>(
        dirs: &[&'a ObjectDir],
        visitor: &V,
        threads: usize,
        limits: &Limits,
        report: &mut WalkReport,
    ) -> Self {
        let packs: Vec<(usize, &Pack)> = dirs
            .iter()
            .enumerate()
            .flat_map(|(d, dir)| dir.packs.iter().map(move |pack| (d, pack)))
            .collect();
        let mut plan = Self {
            packs: grow(&packs, threads),
            loose_copy: vec![Bits::default(); dirs.len()],
            jobs: Vec::new(),
            weight: 0,
            may_decode: 0,
        };
        plan.mark_copies(dirs, report);
        plan.queue(dirs, visitor, report);
        let stored: u64 = packs.iter().map(|(_, pack)| pack.len).sum::<u64>() + loose_estimate(dirs);
        plan.may_decode = limits.free_decoded.saturating_add(stored.saturating_mul(limits.max_expansion));
        plan
    }

    /// Of each object one copy is visited: that in the first folder's largest pack. Others are only decoded when deltas
    /// that are no copies build on them.
    fn mark_copies(&mut self, dirs: &[&ObjectDir], report: &mut WalkReport) {
        let loose: usize = dirs.iter().map(|dir| dir.loose.len()).sum();
        if self.packs.len() + usize::from(loose > 0) < 2 {
            return;
        }
        // By the first bytes of the name, which nearly always differ; then by the order of the lists.
        let packs = self.packs.len() as u32;
        let packed = self.packs.iter().zip(0u32..).flat_map(|(grown, list)| {
            let index = &grown.pack.index;
            (0..index.len()).filter_map(move |i| Some((index.oid(i)?.prefix(), list, i)))
        });
        let loose = dirs.iter().zip(packs..).flat_map(|(dir, list)| {
            dir.loose.iter().zip(0u32..).map(move |(oid, i)| (oid.prefix(), list, i))
        });
        let mut all: Vec<(u64, u32, u32)> = packed.chain(loose).collect();
        all.sort_unstable();
        let oid = |&(_, list, i): &(u64, u32, u32)| -> Option<Oid> {
            match self.packs.get(list as usize) {
                Some(grown) => grown.pack.index.oid(i),
                None => dirs.get((list - packs) as usize)?.loose.get(i as usize).copied(),
            }
        };
        let mut copies: Vec<(u32, u32)> = Vec::new();
        for alike in all.chunk_by(|a, b| a.0 == b.0).filter(|alike| alike.len() > 1) {
            let mut named: Vec<_> = alike.iter().map(|place| (oid(place), place.1, place.2)).collect();
            named.sort_unstable();
            let again = named.iter().zip(named.iter().skip(1)).filter(|(first, next)| first.0 == next.0);
            copies.extend(again.map(|(_, next)| (next.1, next.2)));
        }
        drop(all);
        report.copies += copies.len() as u64;
        for (list, i) in copies {
            match self.packs.get_mut(list as usize) {
                Some(grown) => {
                    if let Some(entry) = grown.pack.entry_of(i) {
                        grown.copy.set(entry);
                    }
                }
                None => {
                    if let Some(bits) = self.loose_copy.get_mut((list - packs) as usize) {
                        bits.set(i);
                    }
                }
            }
        }
    }

    fn queue<V: Visitor>(&mut self, dirs: &[&ObjectDir], visitor: &V, report: &mut WalkReport) {
        let wanted = Kind::ALL.map(|kind| visitor.wants(kind));
        let wants = |kind: Kind| wanted.get(kind.number()).copied().unwrap_or(false);
        let mut weighed: Vec<(u64, Job)> = Vec::new();
        for (p, grown) in self.packs.iter().enumerate() {
            let pack = p as u32;
            for &entry in &grown.forest.roots {
                let alone = grown.forest.children(entry).is_empty();
                if grown.forest.kind(entry).is_some_and(wants) {
                    if !(alone && grown.copy.get(entry)) {
                        weighed.push((grown.forest.weight(entry), Job::Root { pack, entry }));
                    }
                } else {
                    report.unwanted += not_copies(grown, entry);
                }
            }
            weighed.extend(
                grown
                    .forest
                    .external
                    .iter()
                    .map(|&entry| (grown.forest.weight(entry), Job::External { pack, entry })),
            );
        }
        for (d, dir) in dirs.iter().enumerate() {
            for from in (0..dir.loose.len() as u32).step_by(LOT as usize) {
                let to = (from + LOT).min(dir.loose.len() as u32);
                weighed.push((u64::from(to - from) * 512, Job::Loose { dir: d as u32, from, to }));
            }
        }
        self.weight = weighed.iter().map(|(weight, _)| weight).sum();
        // Heavy trees first, so that no thread is left with one at the end; the rest in the order of the file, which is
        // the order in which it is read fastest.
        let heavy = self.weight / 200;
        weighed.sort_by_key(|&(weight, _)| if weight > heavy { u64::MAX - weight } else { u64::MAX });
        self.jobs = weighed.into_iter().map(|(_, job)| job).collect();
    }
}

fn not_copies(grown: &Grown<'_>, entry: u32) -> u64 {
    if grown.forest.children(entry).is_empty() {
        return u64::from(!grown.copy.get(entry));
    }
    grown.forest.subtree(entry).into_iter().filter(|&entry| !grown.copy.get(entry)).count() as u64
}

/// Loose files are small; their sizes are not known before they are read.
fn loose_estimate(dirs: &[&ObjectDir]) -> u64 {
    dirs.iter().map(|dir| dir.loose.len() as u64 * 4096).sum()
}

/// Reads the headers of all packs, several packs at a time.
fn grow<'a>(packs: &[(usize, &'a Pack)], threads: usize) -> Vec<Grown<'a>> {
    let next = AtomicUsize::new(0);
    let done = std::sync::Mutex::new(Vec::with_capacity(packs.len()));
    let run = || {
        let mut reader = EntryReader::new(READ_AHEAD);
        while let Some(&(dir, pack)) = packs.get(next.fetch_add(1, Ordering::Relaxed)) {
            let forest = Forest::grow(pack, &mut reader);
            let grown = Grown { dir, pack, forest, copy: Bits::default() };
            done.lock().unwrap_or_else(PoisonError::into_inner).push(grown);
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..threads.min(packs.len()) {
            scope.spawn(run);
        }
        run();
    });
    let mut packs = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    packs.sort_by_key(|grown| (grown.dir, std::cmp::Reverse(grown.pack.len), grown.pack.id));
    packs
}
