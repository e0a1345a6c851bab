//! The graph: commits in topological order, and the trees above the objects that are asked about.

use std::{cmp::Reverse, collections::BinaryHeap};

use bbsec_core::Progress;

use crate::{
    Kind, Limits, ObjectDir, Oid, OidMap, OidSet, Problem, ProblemKind, Problems, WalkReport,
    history::{
        Fast,
        collect::{Collector, Found, Present, RawCommit, Reader, Unread},
    },
    walk,
};

pub(crate) const NONE: u32 = u32::MAX;

/// Edges to folders that are kept from the first pass; with more, trees are passed over once for each level of folders.
const MOST_EDGES: usize = 12 << 20;

/// Commits, and the trees above some objects.
#[derive(Debug, Default)]
pub struct History {
    /// Ordered so that every commit comes after its parents.
    pub(crate) commits: Vec<Node>,
    /// Parents of all commits, by place in `commits`.
    pub(crate) parents: Vec<u32>,
    pub(crate) commit_at: OidMap<u32>,
    pub(crate) tags: OidMap<Oid>,
    /// Trees and hits, ordered so that every one comes after those that hold it.
    pub(crate) oids: Vec<Oid>,
    pub(crate) node_at: OidMap<u32>,
    /// Where the holders of each begin in `holders`.
    pub(crate) holder_start: Vec<u32>,
    /// Tree that holds it, and under which name.
    pub(crate) holders: Vec<(u32, u32)>,
    pub(crate) names: Vec<Vec<u8>>,
    pub(crate) hits: Vec<Oid>,
    pub(crate) missing: Problems,
}

/// A commit.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Node {
    pub(crate) oid: Oid,
    /// Its tree's place in `oids`, when that tree leads to a hit.
    pub(crate) tree: u32,
    pub(crate) parents_from: u32,
    pub(crate) parents_to: u32,
    pub(crate) dir: u32,
}

impl History {
    /// Reads all commits, tags and trees of some folders. What one of them names and no folder holds is a problem of the
    /// report: it is worth asking even without a hit.
    pub fn build(
        dirs: &[&ObjectDir],
        hits: &OidSet,
        threads: usize,
        limits: &Limits,
        progress: &dyn Progress,
    ) -> (Self, WalkReport) {
        Self::read(dirs, hits, &Unread, threads, limits, progress)
    }

    /// Like [`History::build`], and shows every commit, tag and name to a reader on the way.
    pub fn read<R: Reader>(
        dirs: &[&ObjectDir],
        hits: &OidSet,
        reader: &R,
        threads: usize,
        limits: &Limits,
        progress: &dyn Progress,
    ) -> (Self, WalkReport) {
        Self::build_with(dirs, hits, reader, threads, limits, progress, MOST_EDGES)
    }

    pub(crate) fn build_with<R: Reader>(
        dirs: &[&ObjectDir],
        hits: &OidSet,
        reader: &R,
        threads: usize,
        limits: &Limits,
        progress: &dyn Progress,
        most_edges: usize,
    ) -> (Self, WalkReport) {
        let collector = Collector::new(reader, hits, true, Some(Present::of(dirs)), most_edges, threads);
        let mut report = walk(dirs, &collector, threads, limits, progress);
        let (found, mut complete) = collector.finish();
        let mut edges = Edges::default();
        let (mut commits, mut tags) = (Vec::new(), OidMap::default());
        let mut missing = OidMap::default();
        for mut part in found {
            commits.append(&mut part.commits);
            tags.extend(part.tags.drain(..));
            missing.extend(part.missing.drain());
            edges.merge(part);
        }
        let missing = name_missing(dirs, missing, limits);
        report.problems.extend(missing.clone());
        // Without the edges to all folders, each further pass goes one level up.
        let mut wanted = hits.clone();
        let mut hits: Vec<Oid> = hits.iter().copied().chain(reader.found()).collect();
        hits.sort_unstable();
        hits.dedup();
        while !complete && !progress.cancelled() {
            let next: OidSet = edges.holders().filter(|oid| !wanted.contains(oid)).collect();
            if next.is_empty() {
                complete = true;
                continue;
            }
            wanted.extend(&next);
            let collector = Collector::new(&Unread, &next, false, None, 0, threads);
            walk(dirs, &collector, threads, limits, progress);
            collector.finish().0.into_iter().for_each(|part| edges.merge(part));
        }
        let mut history = Self { tags, hits, missing, ..Self::default() };
        history.trees(edges);
        history.commits(commits);
        (history, report)
    }

    /// Keeps the trees that lead to a hit, and orders them.
    fn trees(&mut self, edges: Edges) {
        let Edges { oids, ids, names, list: edges, .. } = edges;
        self.names = names;
        let above = Csr::by(oids.len(), edges.iter().map(|&(tree, child, name)| (child, (tree, name))));
        let mut lead = vec![false; oids.len()];
        let mut open: Vec<u32> = self.hits.iter().filter_map(|hit| ids.get(hit).copied()).collect();
        let mut kept = Vec::new();
        while let Some(id) = open.pop() {
            match lead.get_mut(id as usize) {
                Some(seen) if !*seen => *seen = true,
                _ => continue,
            }
            kept.push(id);
            open.extend(above.of(id).iter().map(|&(tree, _)| tree));
        }
        let order = sort_from_holders(&kept, &above, oids.len());
        let mut place = vec![NONE; oids.len()];
        for (at, &id) in order.iter().enumerate() {
            if let Some(place) = place.get_mut(id as usize) {
                *place = at as u32;
            }
        }
        self.holder_start.push(0);
        for &id in &order {
            let Some(&oid) = oids.get(id as usize) else { continue };
            self.node_at.insert(oid, self.oids.len() as u32);
            self.oids.push(oid);
            let own = self.oids.len() as u32 - 1;
            let place = |tree: u32| place.get(tree as usize).copied().unwrap_or(NONE);
            // In a loop, which only a forged name can make, an edge may lead back: it is left out.
            let mut these: Vec<(u32, u32)> = above
                .of(id)
                .iter()
                .map(|&(tree, name)| (place(tree), name))
                .filter(|&(tree, _)| tree < own)
                .collect();
            these.sort_unstable();
            // A tree that was looked at in two passes tells the same twice.
            these.dedup();
            self.holders.append(&mut these);
            self.holder_start.push(self.holders.len() as u32);
        }
        // A hit that no tree holds is still there: a ref or a commit may name it.
        for &hit in &self.hits {
            self.node_at.entry(hit).or_insert_with(|| {
                self.oids.push(hit);
                self.holder_start.push(self.holders.len() as u32);
                self.oids.len() as u32 - 1
            });
        }
    }

    /// Orders commits: parents first, and of unrelated ones the older.
    fn commits(&mut self, raw: Vec<RawCommit>) {
        let by_oid: OidMap<u32> = raw.iter().enumerate().map(|(i, commit)| (commit.oid, i as u32)).collect();
        let parent = |oid: &Oid| by_oid.get(oid).copied();
        let children = Csr::by(
            raw.len(),
            raw.iter().enumerate().flat_map(|(i, commit)| {
                commit.parents.iter().filter_map(parent).map(move |parent| (parent, (i as u32, 0)))
            }),
        );
        let mut waits: Vec<u32> =
            raw.iter().map(|commit| commit.parents.iter().filter_map(parent).count() as u32).collect();
        let key = |i: u32| raw.get(i as usize).map(|commit| Reverse((commit.time, commit.oid, i)));
        let free = (0..raw.len() as u32).filter(|&i| waits.get(i as usize) == Some(&0));
        let mut ready: BinaryHeap<_> = free.filter_map(key).collect();
        let mut order = Vec::with_capacity(raw.len());
        while let Some(Reverse((_, _, i))) = ready.pop() {
            order.push(i);
            for &(child, _) in children.of(i) {
                if let Some(wait) = waits.get_mut(child as usize) {
                    *wait -= 1;
                    if *wait == 0 {
                        ready.extend(key(child));
                    }
                }
            }
        }
        // Only forged names make a loop; its commits come last.
        if order.len() < raw.len() {
            order.extend(
                (0..raw.len() as u32).filter(|&i| waits.get(i as usize).is_some_and(|&wait| wait > 0)),
            );
        }
        for (at, &i) in order.iter().enumerate() {
            if let Some(commit) = raw.get(i as usize) {
                self.commit_at.insert(commit.oid, at as u32);
            }
        }
        for &i in &order {
            let Some(commit) = raw.get(i as usize) else { continue };
            let from = self.parents.len() as u32;
            let own = self.commits.len() as u32;
            let places = commit.parents.iter().filter_map(|oid| self.commit_at.get(oid).copied());
            self.parents.extend(places.filter(|&parent| parent < own));
            let tree = commit.tree.and_then(|tree| self.node_at.get(&tree).copied()).unwrap_or(NONE);
            self.commits.push(Node {
                oid: commit.oid,
                tree,
                parents_from: from,
                parents_to: self.parents.len() as u32,
                dir: commit.dir as u32,
            });
        }
    }

    /// How many commits there are, reachable or not.
    pub fn commit_count(&self) -> usize {
        self.commits.len()
    }

    /// Where a commit stands in an order in which every commit comes after its parents.
    pub fn position(&self, commit: &Oid) -> Option<u32> {
        self.commit_at.get(commit).copied()
    }

    /// Objects that another object names and that are in no folder; they are in the report of [`History::build`] too.
    pub fn missing(&self) -> &Problems {
        &self.missing
    }

    pub(crate) fn parents_of(&self, node: &Node) -> &[u32] {
        self.parents.get(node.parents_from as usize..node.parents_to as usize).unwrap_or_default()
    }

    pub(crate) fn holders_of(&self, node: u32) -> &[(u32, u32)] {
        let from = self.holder_start.get(node as usize).copied().unwrap_or(0) as usize;
        let to = self.holder_start.get(node as usize + 1).copied().unwrap_or(0) as usize;
        self.holders.get(from..to).unwrap_or_default()
    }
}

/// Says which objects are named and not here. What a shallow clone cut off is known to be missing.
fn name_missing(dirs: &[&ObjectDir], mut missing: OidMap<(Option<Kind>, Oid)>, limits: &Limits) -> Problems {
    let mut problems = Problems::keeping(limits.max_problems);
    if missing.is_empty() {
        return problems;
    }
    let cut: OidSet = dirs.iter().flat_map(|dir| crate::config::shallow(dir, limits)).collect();
    missing.retain(|_, (kind, by)| *kind != Some(Kind::Commit) || !cut.contains(by));
    let mut missing: Vec<_> = missing.into_iter().collect();
    missing.sort_unstable_by_key(|&(oid, _)| oid);
    for (oid, (kind, by)) in missing {
        let path = dirs.first().map(|dir| dir.path().to_owned()).unwrap_or_default();
        let mut problem = Problem::at(ProblemKind::Missing { by }, path).oid(Some(oid));
        problem.object = kind;
        problems.push(problem);
    }
    problems
}

/// Edges from trees to what they hold, numbered over all threads and passes.
#[derive(Default)]
struct Edges {
    oids: Vec<Oid>,
    ids: OidMap<u32>,
    names: Vec<Vec<u8>>,
    name_ids: Fast<Vec<u8>, u32>,
    list: Vec<(u32, u32, u32)>,
}

impl Edges {
    fn merge(&mut self, part: Found) {
        let ids: Vec<u32> = part
            .oids
            .into_iter()
            .map(|oid| {
                let next = self.oids.len() as u32;
                let id = *self.ids.entry(oid).or_insert(next);
                if id == next {
                    self.oids.push(oid);
                }
                id
            })
            .collect();
        let names: Vec<u32> = part
            .names
            .into_iter()
            .map(|name| {
                let next = self.names.len() as u32;
                let id = *self.name_ids.entry(name.clone()).or_insert(next);
                if id == next {
                    self.names.push(name);
                }
                id
            })
            .collect();
        let get = |list: &[u32], i: u32| list.get(i as usize).copied().unwrap_or(NONE);
        let same = self.list.is_empty() && is_identity(&ids) && is_identity(&names);
        if same {
            self.list = part.edges;
        } else {
            self.list
                .extend(part.edges.into_iter().map(|(t, c, n)| (get(&ids, t), get(&ids, c), get(&names, n))));
        }
    }

    fn holders(&self) -> impl Iterator<Item = Oid> {
        self.list.iter().filter_map(|&(tree, _, _)| self.oids.get(tree as usize).copied())
    }
}

fn is_identity(list: &[u32]) -> bool {
    list.iter().enumerate().all(|(i, &id)| i as u32 == id)
}

/// Lists of pairs, one list for each number.
pub(crate) struct Csr {
    start: Vec<u32>,
    values: Vec<(u32, u32)>,
}

impl Csr {
    fn by(n: usize, pairs: impl Iterator<Item = (u32, (u32, u32))> + Clone) -> Self {
        let mut start = vec![0_u32; n + 1];
        for (key, _) in pairs.clone() {
            if let Some(count) = start.get_mut(key as usize + 1) {
                *count += 1;
            }
        }
        let mut sum = 0;
        for count in &mut start {
            sum += *count;
            *count = sum;
        }
        let mut fill = start.clone();
        let mut values = vec![(NONE, NONE); sum as usize];
        for (key, value) in pairs {
            if let Some(at) = fill.get_mut(key as usize) {
                if let Some(place) = values.get_mut(*at as usize) {
                    *place = value;
                }
                *at += 1;
            }
        }
        Self { start, values }
    }

    fn of(&self, key: u32) -> &[(u32, u32)] {
        let from = self.start.get(key as usize).copied().unwrap_or(0) as usize;
        let to = self.start.get(key as usize + 1).copied().unwrap_or(0) as usize;
        self.values.get(from..to).unwrap_or_default()
    }
}

/// Orders nodes so that each comes after all that hold it: depth first, upwards, without recursion.
fn sort_from_holders(kept: &[u32], above: &Csr, n: usize) -> Vec<u32> {
    let mut state = vec![0_u8; n];
    let mut order = Vec::with_capacity(kept.len());
    let mut stack: Vec<(u32, usize)> = Vec::new();
    for &start in kept {
        if state.get(start as usize).is_some_and(|&state| state == 0) {
            stack.push((start, 0));
        }
        while let Some((id, next)) = stack.pop() {
            if let Some(state) = state.get_mut(id as usize) {
                *state = 1;
            }
            let mut descended = false;
            for (i, &(tree, _)) in above.of(id).iter().enumerate().skip(next) {
                if state.get(tree as usize).is_some_and(|&state| state == 0) {
                    stack.push((id, i + 1));
                    stack.push((tree, 0));
                    descended = true;
                    break;
                }
            }
            if !descended {
                if let Some(state) = state.get_mut(id as usize) {
                    *state = 2;
                }
                order.push(id);
            }
        }
    }
    order
}
