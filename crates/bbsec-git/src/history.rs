//! Where objects stand: in which commits, at which paths, behind which refs.
//!
//! The graph is built once for a family of forks, and only as far as the objects that are asked about need it: all
//! commits, and of the trees those that lead to one of the objects. Questions are then answered for each repository by
//! passing small values down the graph, from commits to trees to the objects, in an order in which every tree comes
//! after those that hold it.

mod collect;
mod graph;
mod pass;
mod paths;
mod reach;

use std::{collections::HashMap, sync::Arc};

use bbsec_core::Progress;

use crate::{
    ByteString, Limits, ObjectDir, Oid, OidHash, OidMap, OidSet, Ref, RefKind, ReflogEntry, Store, WalkReport,
};

pub use collect::Reader;
#[cfg(test)]
pub(crate) use collect::Unread;
pub use graph::History;

/// A ref that reaches an object.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reach {
    /// What the ref is for.
    pub kind: RefKind,
    /// Its full name; for a reflog, the name of the ref whose past it is. Shared: many objects have the same refs.
    pub name: Arc<ByteString>,
}

/// A path, and the first commit that has an object there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathAt {
    /// From the root of the work tree, parts joined by `/`; empty for the root itself.
    pub path: ByteString,
    /// The first commit that has it there.
    pub commit: Oid,
}

/// Where an object stands in one repository.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Attribution {
    /// Every path, the earliest first, as many as were asked for.
    pub paths: Vec<PathAt>,
    /// Whether there are more.
    pub more_paths: bool,
    /// The first commit that contains it: no commit that contains it comes before, and of unrelated ones it is the
    /// oldest.
    pub first_commit: Option<Oid>,
    /// The last one, likewise.
    pub last_commit: Option<Oid>,
    /// How many commits contain it, reachable or not.
    pub commits_count: u64,
    /// How many places: each path in each commit.
    pub places: u64,
    /// The refs that reach it, as many as were asked for: branches first, then tags, pull requests, and so on.
    pub reach: Vec<Reach>,
    /// How many refs reach it.
    pub reach_count: u64,
    /// Whether it stands at the tip of a branch.
    pub at_head: bool,
}

/// How much is told of each object.
#[derive(Debug, Clone)]
pub struct AttributeOptions {
    /// Paths.
    pub max_paths: usize,
    /// Refs.
    pub max_reach: usize,
    /// Threads.
    pub threads: usize,
}

impl Default for AttributeOptions {
    fn default() -> Self {
        Self { max_paths: 100, max_reach: 200, threads: 2 }
    }
}

/// Attributes objects of one repository: builds its [`History`] and asks it.
pub fn attribute(
    store: &Store,
    hits: &OidSet,
    refs: &[Ref],
    reflogs: &[ReflogEntry],
    options: &AttributeOptions,
    limits: &Limits,
    progress: &dyn Progress,
) -> (OidMap<Attribution>, WalkReport) {
    let (history, report) = History::build(&store.dirs(), hits, options.threads, limits, progress);
    (history.attribute(refs, reflogs, None, options), report)
}

/// A map whose keys nobody outside chooses.
type Fast<K, V> = HashMap<K, V, OidHash>;

/// The folders of one repository among those of its family.
pub(crate) fn held<'a>(dirs: &[&'a ObjectDir], uses: &[usize]) -> Vec<&'a ObjectDir> {
    uses.iter().filter_map(|&dir| dirs.get(dir).copied()).collect()
}
