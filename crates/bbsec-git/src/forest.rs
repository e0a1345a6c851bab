//! The delta trees of a pack: whole objects as roots, deltas as their children.

use crate::{
    Damage, Kind,
    entry::EntryReader,
    pack::{EntryKind, Header, Pack},
};

const NONE: u32 = u32::MAX;

/// Every entry of a pack with its header and its place in the delta trees.
#[derive(Debug)]
pub(crate) struct Forest {
    headers: Vec<Slot>,
    child_start: Vec<u32>,
    children: Vec<u32>,
    /// Compressed bytes below and including each entry.
    weight: Vec<u64>,
    /// Whole objects.
    pub(crate) roots: Vec<u32>,
    /// Deltas whose base is not in this pack.
    pub(crate) external: Vec<u32>,
    /// Entries whose header cannot be read, with their children still attached.
    pub(crate) broken: Vec<(u32, Damage)>,
    /// Entries that lead to no root: their base is missing, or they form a loop.
    pub(crate) lost: Vec<u32>,
}

/// A header in twelve bytes and a tag.
#[derive(Debug, Clone, Copy)]
struct Slot {
    size: u64,
    len: u8,
    tag: Tag,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tag {
    Whole(Kind),
    Delta,
    Broken,
}

impl Forest {
    /// Reads the headers of all entries, from the first to the last.
    pub(crate) fn grow(pack: &Pack, reader: &mut EntryReader) -> Self {
        let n = pack.entries();
        let mut forest = Self {
            headers: Vec::with_capacity(n as usize),
            child_start: Vec::new(),
            children: Vec::new(),
            weight: Vec::with_capacity(n as usize),
            roots: Vec::new(),
            external: Vec::new(),
            broken: Vec::new(),
            lost: Vec::new(),
        };
        let mut parents = Vec::with_capacity(n as usize);
        for entry in 0..n {
            let (slot, parent) = forest.read(pack, reader, entry);
            forest.headers.push(slot);
            parents.push(parent);
            forest.weight.push(pack.span(entry).map_or(64, |(start, end)| end - start + 64));
        }
        forest.adopt(&parents);
        forest.settle(&parents);
        forest
    }

    fn read(&mut self, pack: &Pack, reader: &mut EntryReader, entry: u32) -> (Slot, u32) {
        let header = match reader.header(pack, entry) {
            Ok(header) => header,
            Err(damage) => {
                self.broken.push((entry, damage));
                return (Slot { size: 0, len: 0, tag: Tag::Broken }, NONE);
            }
        };
        let mut slot = Slot { size: header.size, len: header.len, tag: Tag::Delta };
        let parent = match header.kind {
            EntryKind::Whole(kind) => {
                slot.tag = Tag::Whole(kind);
                self.roots.push(entry);
                return (slot, NONE);
            }
            EntryKind::OffsetDelta(base) => pack.entry_at(base),
            EntryKind::RefDelta(base) => pack.find(&base),
        };
        if parent.is_none() {
            self.external.push(entry);
        }
        (slot, parent.unwrap_or(NONE))
    }

    fn adopt(&mut self, parents: &[u32]) {
        let n = parents.len();
        let mut start = vec![0_u32; n + 1];
        for &parent in parents {
            if let Some(count) = start.get_mut(parent as usize + 1).filter(|_| parent != NONE) {
                *count += 1;
            }
        }
        let mut sum = 0;
        for count in &mut start {
            sum += *count;
            *count = sum;
        }
        let mut fill = start.clone();
        let mut children = vec![0_u32; sum as usize];
        for (entry, &parent) in parents.iter().enumerate() {
            if let Some(at) = fill.get_mut(parent as usize).filter(|_| parent != NONE) {
                if let Some(place) = children.get_mut(*at as usize) {
                    *place = entry as u32;
                }
                *at += 1;
            }
        }
        self.child_start = start;
        self.children = children;
    }

    /// Sums weights from the leaves up, puts the heaviest child last, and finds what no root reaches.
    fn settle(&mut self, parents: &[u32]) {
        let mut reached = vec![false; parents.len()];
        let broken = self.broken.iter().map(|&(entry, _)| entry);
        let mut order: Vec<u32> = self.roots.iter().chain(&self.external).copied().chain(broken).collect();
        let mut at = 0;
        while let Some(&entry) = order.get(at) {
            at += 1;
            if let Some(seen) = reached.get_mut(entry as usize) {
                *seen = true;
            }
            order.extend_from_slice(self.children(entry));
        }
        for &entry in order.iter().rev() {
            let Some(&parent) = parents.get(entry as usize).filter(|&&parent| parent != NONE) else {
                continue;
            };
            let weight = self.weight(entry);
            if let Some(sum) = self.weight.get_mut(parent as usize) {
                *sum += weight;
            }
        }
        // With the heaviest child last, and a parent let go before its last child is read, as few buffers are held at
        // once as there are doublings of weight, however long the chain.
        let weights = &self.weight;
        for pair in self.child_start.windows(2) {
            let &[from, to] = pair else { continue };
            let Some(kids) = self.children.get_mut(from as usize..to as usize) else { continue };
            let weigh = |kid: &u32| weights.get(*kid as usize).copied().unwrap_or(0);
            if let Some(heaviest) = (0..kids.len()).max_by_key(|&k| kids.get(k).map_or(0, weigh)) {
                let last = kids.len() - 1;
                kids.swap(heaviest, last);
            }
        }
        self.lost = (0..parents.len() as u32)
            .filter(|&entry| !reached.get(entry as usize).copied().unwrap_or(true))
            .collect();
    }

    /// The deltas that build on an entry, the heaviest last.
    pub(crate) fn children(&self, entry: u32) -> &[u32] {
        let from = self.child_start.get(entry as usize).copied().unwrap_or(0) as usize;
        let to = self.child_start.get(entry as usize + 1).copied().unwrap_or(0) as usize;
        self.children.get(from..to).unwrap_or_default()
    }

    /// Compressed bytes of an entry and everything that builds on it.
    pub(crate) fn weight(&self, entry: u32) -> u64 {
        self.weight.get(entry as usize).copied().unwrap_or(0)
    }

    /// What a whole object is.
    pub(crate) fn kind(&self, entry: u32) -> Option<Kind> {
        match self.headers.get(entry as usize)?.tag {
            Tag::Whole(kind) => Some(kind),
            Tag::Delta | Tag::Broken => None,
        }
    }

    /// As much of an entry's header as inflating needs.
    pub(crate) fn header(&self, entry: u32) -> Result<Header, Damage> {
        let slot = self.headers.get(entry as usize).ok_or(Damage::Header)?;
        let kind = match slot.tag {
            Tag::Whole(kind) => EntryKind::Whole(kind),
            // The base is known from the tree.
            Tag::Delta => EntryKind::OffsetDelta(0),
            Tag::Broken => return Err(Damage::Header),
        };
        Ok(Header { kind, size: slot.size, len: slot.len })
    }

    /// An entry and everything that builds on it.
    pub(crate) fn subtree(&self, entry: u32) -> Vec<u32> {
        let mut all = vec![entry];
        let mut at = 0;
        while let Some(&entry) = all.get(at) {
            at += 1;
            all.extend_from_slice(self.children(entry));
        }
        all
    }
}
