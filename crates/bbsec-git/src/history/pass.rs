//! Answering: small values are passed from commits down to the objects that were asked about.

use crate::{
    ObjectDir, Oid, OidMap, Ref, ReflogEntry,
    history::{
        AttributeOptions, Attribution, History,
        graph::NONE,
        paths,
        reach::{self, Seeds},
    },
};

/// Which commits belong to the repository that is asked about.
pub(crate) struct Mask(Option<Vec<bool>>);

impl Mask {
    pub(crate) fn has(&self, commit: u32) -> bool {
        self.0.as_ref().is_none_or(|mask| mask.get(commit as usize).copied().unwrap_or(false))
    }
}

/// First and last commit of a tree or object, and in how many places it stands.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Span {
    pub(crate) first: u32,
    pub(crate) last: u32,
    pub(crate) places: u64,
    pub(crate) at_head: bool,
}

const NOWHERE: Span = Span { first: NONE, last: NONE, places: 0, at_head: false };

impl Span {
    fn join(&mut self, other: Self) {
        if other.first == NONE {
            return;
        }
        self.first = self.first.min(other.first);
        self.last = if self.last == NONE { other.last } else { self.last.max(other.last) };
        self.places = self.places.saturating_add(other.places);
        self.at_head |= other.at_head;
    }
}

impl History {
    /// Where each hit stands, as one repository's refs and folders see it.
    ///
    /// `held`: the folders of that repository, when the history is that of a whole family: the folders that the history
    /// was built from, and which of them are the repository's. Commits that it does not hold are left out.
    pub fn attribute(
        &self,
        refs: &[Ref],
        reflogs: &[ReflogEntry],
        held: Option<(&[&ObjectDir], &[usize])>,
        options: &AttributeOptions,
    ) -> OidMap<Attribution> {
        let mask = self.mask(held);
        let seeds = Seeds::of(self, refs, reflogs);
        let spans = self.spans(&mask, &seeds);
        let paths = paths::paths(self, &mask, options.max_paths);
        let reach = reach::reach(self, &seeds, options);
        let mut stamps =
            Stamps { seen: vec![0; self.oids.len()], now: 0, trees: self.commits_by_tree(&mask) };
        let mut out = OidMap::default();
        for (i, &hit) in self.hits.iter().enumerate() {
            let mut at = Attribution::default();
            if let Some(&commit) = self.commit_at.get(&hit) {
                if mask.has(commit) {
                    at = Attribution { commits_count: 1, places: 1, ..at };
                    at.first_commit = Some(hit);
                    at.last_commit = Some(hit);
                    at.at_head = seeds.branch_tips.contains(&commit);
                }
            } else if let Some(&node) = self.node_at.get(&hit) {
                let span = spans.get(node as usize).copied().unwrap_or(NOWHERE);
                at.first_commit = self.oid_of(span.first);
                at.last_commit = self.oid_of(span.last);
                at.places = span.places;
                at.at_head = span.at_head;
                (at.paths, at.more_paths) = paths.of(self, node, options.max_paths);
                // One path: as many commits as places. More: some commits may have it twice.
                let several = at.more_paths || at.paths.len() > 1;
                at.commits_count = if several { stamps.commits_above(self, node) } else { span.places };
            }
            if let Some(found) = reach.get(i) {
                at.reach.clone_from(&found.refs);
                at.reach_count = found.count;
            }
            out.insert(hit, at);
        }
        out
    }

    fn oid_of(&self, commit: u32) -> Option<Oid> {
        self.commits.get(commit as usize).map(|node| node.oid)
    }

    fn mask(&self, held: Option<(&[&ObjectDir], &[usize])>) -> Mask {
        Mask(held.map(|(dirs, uses)| {
            let own = super::held(dirs, uses);
            let has = |oid: &Oid| own.iter().any(|dir| dir.contains(oid));
            self.commits.iter().map(|node| uses.contains(&(node.dir as usize)) || has(&node.oid)).collect()
        }))
    }

    fn spans(&self, mask: &Mask, seeds: &Seeds) -> Vec<Span> {
        let mut spans = vec![NOWHERE; self.oids.len()];
        for (at, commit) in self.commits.iter().enumerate() {
            let at = at as u32;
            if mask.has(at)
                && let Some(span) = spans.get_mut(commit.tree as usize)
            {
                span.join(Span { first: at, last: at, places: 1, at_head: seeds.branch_tips.contains(&at) });
            }
        }
        for node in 0..self.oids.len() as u32 {
            let mut span = spans.get(node as usize).copied().unwrap_or(NOWHERE);
            for &(tree, _) in self.holders_of(node) {
                span.join(spans.get(tree as usize).copied().unwrap_or(NOWHERE));
            }
            if let Some(place) = spans.get_mut(node as usize) {
                *place = span;
            }
        }
        for &node in &seeds.branch_nodes {
            if let Some(span) = spans.get_mut(node as usize) {
                span.at_head = true;
            }
        }
        spans
    }

    /// How many commits have each tree as their root.
    fn commits_by_tree(&self, mask: &Mask) -> Vec<u32> {
        let mut count = vec![0_u32; self.oids.len()];
        for (at, commit) in self.commits.iter().enumerate() {
            if let Some(count) = count.get_mut(commit.tree as usize).filter(|_| mask.has(at as u32)) {
                *count += 1;
            }
        }
        count
    }
}

/// Marks which nodes were met in a search upwards, without clearing between searches.
struct Stamps {
    seen: Vec<u32>,
    now: u32,
    trees: Vec<u32>,
}

impl Stamps {
    /// The number of commits from which a node can be reached.
    fn commits_above(&mut self, history: &History, node: u32) -> u64 {
        self.now += 1;
        let mut open = vec![node];
        let mut sum = 0;
        while let Some(node) = open.pop() {
            match self.seen.get_mut(node as usize) {
                Some(seen) if *seen != self.now => *seen = self.now,
                _ => continue,
            }
            sum += u64::from(self.trees.get(node as usize).copied().unwrap_or(0));
            open.extend(history.holders_of(node).iter().map(|&(tree, _)| tree));
        }
        sum
    }
}
