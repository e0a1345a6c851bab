//! Which refs reach an object: one bit for each ref, passed from tips to ancestors to trees to objects.

use std::{
    collections::{BTreeMap, HashSet},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use crate::{
    Oid, Ref, RefKind, ReflogEntry,
    history::{AttributeOptions, History, Reach, graph::NONE},
};

/// 64-bit words that are passed at once.
const WORDS: usize = 4;
type Bits = [u64; WORDS];

/// Where refs enter the graph.
pub(crate) struct Seeds {
    /// One for each ref or reflog.
    refs: Vec<Reach>,
    /// For each distinct set of entry points, the refs that have it.
    groups: Vec<(Vec<Entry>, Vec<u32>)>,
    /// Commits at the tip of a branch.
    pub(crate) branch_tips: HashSet<u32>,
    /// Trees and objects at the tip of a branch that is no commit.
    pub(crate) branch_nodes: Vec<u32>,
}

/// A point of entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Entry {
    Commit(u32),
    Node(u32),
    /// A tag or other hit that is in no tree: its place among the hits.
    Hit(u32),
}

/// What reaches a hit.
#[derive(Debug, Clone, Default)]
pub(crate) struct Reached {
    pub(crate) refs: Vec<Reach>,
    pub(crate) count: u64,
}

impl Seeds {
    pub(crate) fn of(history: &History, refs: &[Ref], reflogs: &[ReflogEntry]) -> Self {
        let mut seeds = Self {
            refs: Vec::new(),
            groups: Vec::new(),
            branch_tips: HashSet::new(),
            branch_nodes: Vec::new(),
        };
        let mut named: BTreeMap<Reach, Vec<Entry>> = BTreeMap::new();
        // A symbolic ref is its target by another name.
        for one in refs.iter().filter(|one| one.symbolic.is_none()) {
            let mut entries = Vec::new();
            history.enter(one.target, &mut entries);
            if one.kind == RefKind::Branch {
                for entry in &entries {
                    match *entry {
                        Entry::Commit(commit) => drop(seeds.branch_tips.insert(commit)),
                        Entry::Node(node) => seeds.branch_nodes.push(node),
                        Entry::Hit(_) => {}
                    }
                }
            }
            named
                .entry(Reach { kind: one.kind, name: Arc::new(one.name.clone()) })
                .or_default()
                .extend(entries);
        }
        for one in reflogs {
            // The stash is a reflog: its earlier states are stashes like the newest.
            let kind = match RefKind::of(one.name.as_bytes()) {
                RefKind::Stash => RefKind::Stash,
                _ => RefKind::Reflog,
            };
            let entries = named.entry(Reach { kind, name: Arc::new(one.name.clone()) }).or_default();
            history.enter(one.old, entries);
            history.enter(one.new, entries);
        }
        let mut groups: BTreeMap<Vec<Entry>, Vec<u32>> = BTreeMap::new();
        for (reach, mut entries) in named {
            entries.sort_unstable();
            entries.dedup();
            if !entries.is_empty() {
                groups.entry(entries).or_default().push(seeds.refs.len() as u32);
            }
            seeds.refs.push(reach);
        }
        seeds.groups = groups.into_iter().collect();
        // In the order of their first refs, so that a hit that has enough of them needs no later ones.
        seeds.groups.sort_by_key(|(_, refs)| refs.first().copied());
        seeds
    }
}

impl History {
    /// Where a ref to `oid` enters the graph, following tags.
    fn enter(&self, oid: Oid, entries: &mut Vec<Entry>) {
        let mut oid = oid;
        let mut seen = HashSet::new();
        while seen.insert(oid) {
            if let Some(&commit) = self.commit_at.get(&oid) {
                entries.push(Entry::Commit(commit));
            } else if let Some(&node) = self.node_at.get(&oid) {
                entries.push(Entry::Node(node));
            }
            if let Ok(hit) = self.hits.binary_search(&oid) {
                entries.push(Entry::Hit(hit as u32));
            }
            match self.tags.get(&oid) {
                Some(&target) => oid = target,
                None => break,
            }
        }
    }
}

/// For each hit, the refs that reach it.
pub(crate) fn reach(history: &History, seeds: &Seeds, options: &AttributeOptions) -> Vec<Reached> {
    let lots: Vec<&[(Vec<Entry>, Vec<u32>)]> = seeds.groups.chunks(WORDS * 64).collect();
    let next = AtomicUsize::new(0);
    let found = Mutex::new(vec![Vec::<u32>::new(); history.hits.len()]);
    let counts = Mutex::new(vec![0_u64; history.hits.len()]);
    let run = || {
        while let Some(lot) = lots.get(next.fetch_add(1, Ordering::Relaxed)) {
            let bits = pass(history, lot);
            let mut found = found.lock().unwrap_or_else(PoisonError::into_inner);
            let mut counts = counts.lock().unwrap_or_else(PoisonError::into_inner);
            let least = lot.first().and_then(|(_, refs)| refs.first().copied()).unwrap_or(0);
            for ((bits, found), count) in bits.iter().zip(found.iter_mut()).zip(counts.iter_mut()) {
                // The smallest numbers are the kinds that matter most. A full list is sorted.
                let full = found.len() == options.max_reach && found.last().is_none_or(|&last| last < least);
                for (_, (_, refs)) in lot.iter().enumerate().filter(|(i, _)| bit(bits, *i)) {
                    *count += refs.len() as u64;
                    if !full {
                        found.extend(refs);
                    }
                }
                if !full && found.len() >= options.max_reach {
                    found.sort_unstable();
                    found.truncate(options.max_reach);
                }
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..options.threads.min(lots.len()) {
            scope.spawn(run);
        }
        run();
    });
    let found = found.into_inner().unwrap_or_else(PoisonError::into_inner);
    let counts = counts.into_inner().unwrap_or_else(PoisonError::into_inner);
    let tell = |(mut list, count): (Vec<u32>, u64)| {
        list.sort_unstable();
        list.truncate(options.max_reach);
        Reached { refs: list.iter().filter_map(|&i| seeds.refs.get(i as usize).cloned()).collect(), count }
    };
    found.into_iter().zip(counts).map(tell).collect()
}

fn bit(bits: &Bits, i: usize) -> bool {
    bits.get(i / 64).is_some_and(|word| word & (1 << (i % 64)) != 0)
}

fn join(to: &mut Bits, from: Bits) {
    for (to, from) in to.iter_mut().zip(from) {
        *to |= from;
    }
}

/// Passes the bits of one lot of refs down to the hits.
fn pass(history: &History, lot: &[(Vec<Entry>, Vec<u32>)]) -> Vec<Bits> {
    let mut commits = vec![[0; WORDS]; history.commits.len()];
    let mut nodes = vec![[0; WORDS]; history.oids.len()];
    let mut hits = vec![[0; WORDS]; history.hits.len()];
    for (i, (entries, _)) in lot.iter().enumerate() {
        for entry in entries {
            let place = match *entry {
                Entry::Commit(at) => commits.get_mut(at as usize),
                Entry::Node(at) => nodes.get_mut(at as usize),
                Entry::Hit(at) => hits.get_mut(at as usize),
            };
            if let Some(word) = place.and_then(|bits| bits.get_mut(i / 64)) {
                *word |= 1 << (i % 64);
            }
        }
    }
    for (at, commit) in history.commits.iter().enumerate().rev() {
        let bits = commits.get(at).copied().unwrap_or_default();
        if bits == [0; WORDS] {
            continue;
        }
        for &parent in history.parents_of(commit) {
            if let Some(parent) = commits.get_mut(parent as usize) {
                join(parent, bits);
            }
        }
        if let Some(tree) = nodes.get_mut(commit.tree as usize).filter(|_| commit.tree != NONE) {
            join(tree, bits);
        }
    }
    for node in 0..history.oids.len() {
        let mut bits = nodes.get(node).copied().unwrap_or_default();
        for &(tree, _) in history.holders_of(node as u32) {
            join(&mut bits, nodes.get(tree as usize).copied().unwrap_or_default());
        }
        if let Some(place) = nodes.get_mut(node) {
            *place = bits;
        }
    }
    for (hit, bits) in history.hits.iter().zip(&mut hits) {
        if let Some(found) = history.commit_at.get(hit).and_then(|&at| commits.get(at as usize)) {
            join(bits, *found);
        } else if let Some(found) = history.node_at.get(hit).and_then(|&at| nodes.get(at as usize)) {
            join(bits, *found);
        }
    }
    hits
}
