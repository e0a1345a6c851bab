//! The commits of one repository that belong to the window, reachable or not.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    path::Path,
    sync::{Mutex, PoisonError},
};

use bbsec_core::{Progress, Time};
use bbsec_git::{
    Kind, Limits, ObjectView, Oid, Problems, Ref, ReflogEntry, Store, Visitor, commit, reflogs, refs, tag,
    walk,
};

/// Commits of the window that are kept per repository.
pub(crate) const MOST: usize = 50_000;
/// Tags of tags.
const TAGS: usize = 16;

/// One commit.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    pub(crate) oid: Oid,
    pub(crate) author: String,
    pub(crate) email: String,
    pub(crate) committer: String,
    pub(crate) committer_email: String,
    pub(crate) committed: Time,
    pub(crate) signed: bool,
    pub(crate) merge: bool,
    pub(crate) subject: String,
    /// When its file was written on the server, where it lies in a file of its own.
    pub(crate) arrived: Option<Time>,
    /// Whether a ref reaches it.
    pub(crate) reachable: bool,
}

/// What was found in one repository.
#[derive(Debug, Default)]
pub(crate) struct Commits {
    /// Of the window, oldest first.
    pub(crate) found: Vec<Found>,
    /// Commits of the window that no ref reaches and that no other such commit follows.
    pub(crate) lost_tips: Vec<Oid>,
    /// Refs that were moved to a commit that does not follow the one before, or deleted.
    pub(crate) forced: Vec<(ReflogEntry, Option<u64>)>,
    /// Commits of the window beyond [`MOST`].
    pub(crate) untold: u64,
    /// Signed commits in all of the history.
    pub(crate) signed: u64,
    pub(crate) problems: Problems,
}

#[derive(Default)]
struct Part {
    graph: Vec<(Oid, Vec<Oid>, bool)>,
    found: Vec<Found>,
    untold: u64,
    signed: u64,
}

struct Collector {
    parts: Vec<Mutex<Part>>,
    from: Time,
    to: Time,
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

impl Visitor for Collector {
    type State = ();

    fn wants(&self, kind: Kind) -> bool {
        kind == Kind::Commit
    }

    fn visit(&self, worker: usize, object: &ObjectView<'_>, _: Option<&()>) {
        let read = commit(object.data);
        let Some(part) = self.parts.get(worker) else { return };
        let mut part = part.lock().unwrap_or_else(PoisonError::into_inner);
        part.graph.push((object.oid, read.parents.clone(), object.dir == 0));
        part.signed += u64::from(read.gpgsig);
        let Some(committed) = read.committer.time.filter(|time| (self.from..=self.to).contains(time)) else {
            return;
        };
        if part.found.len() >= MOST {
            part.untold += 1;
            return;
        }
        let subject = read.message.split(|byte| *byte == b'\n').next().unwrap_or_default();
        part.found.push(Found {
            oid: object.oid,
            author: text(read.author.name),
            email: text(read.author.email),
            committer: text(read.committer.name),
            committer_email: text(read.committer.email),
            committed,
            signed: read.gpgsig,
            merge: read.parents.len() > 1,
            subject: text(subject).chars().take(200).collect(),
            arrived: None,
            reachable: false,
        });
    }
}

/// Reads a repository.
pub(crate) fn read(
    git_dir: &Path,
    within: Option<&Path>,
    store: &Store,
    (from, to): (Time, Time),
    limits: &Limits,
    progress: &dyn Progress,
) -> Commits {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let parts = (0..threads).map(|_| Mutex::default()).collect();
    let collector = Collector { parts, from, to };
    let report = walk(&store.dirs(), &collector, threads, limits, progress);
    let mut out = Commits { problems: report.problems, ..Commits::default() };
    let mut parents: HashMap<Oid, Vec<Oid>> = HashMap::new();
    let mut own: HashSet<Oid> = HashSet::new();
    for part in collector.parts {
        let part = part.into_inner().unwrap_or_else(PoisonError::into_inner);
        for (oid, before, is_own) in part.graph {
            parents.insert(oid, before);
            if is_own {
                own.insert(oid);
            }
        }
        out.found.extend(part.found);
        out.untold += part.untold;
        out.signed += part.signed;
    }
    let refs = refs(git_dir, within, &mut out.problems);
    let reached = reached(refs.iter().map(|name| tip(store, name, limits)), &parents);
    // What a fork borrows from its origin is the origin's to tell.
    out.found.retain(|commit| own.contains(&commit.oid) || reached.contains(&commit.oid));
    for commit in &mut out.found {
        commit.reachable = reached.contains(&commit.oid);
        commit.arrived = arrived(git_dir, &commit.oid);
    }
    out.found.sort_by_key(|commit| (commit.committed, commit.oid));
    let lost: BTreeSet<Oid> =
        out.found.iter().filter(|commit| !commit.reachable).map(|commit| commit.oid).collect();
    let followed: HashSet<Oid> = lost.iter().filter_map(|oid| parents.get(oid)).flatten().copied().collect();
    out.lost_tips = lost.into_iter().filter(|oid| !followed.contains(oid)).collect();
    forced(git_dir, within, (from, to), &parents, &mut out);
    out
}

/// The commit that a ref names in the end.
fn tip(store: &Store, name: &Ref, limits: &Limits) -> Oid {
    let mut oid = name.peeled.unwrap_or(name.target);
    for _ in 0..TAGS {
        match store.read(&oid, limits) {
            Ok((Kind::Tag, data)) => match tag(&data).target {
                Some(target) => oid = target,
                None => break,
            },
            _ => break,
        }
    }
    oid
}

fn reached(tips: impl Iterator<Item = Oid>, parents: &HashMap<Oid, Vec<Oid>>) -> HashSet<Oid> {
    let mut open: Vec<Oid> = tips.collect();
    let mut seen = HashSet::new();
    while let Some(oid) = open.pop() {
        if let Some(before) = parents.get(&oid)
            && seen.insert(oid)
        {
            open.extend(before);
        }
    }
    seen
}

/// When the file of a loose object was written. A link is not followed.
fn arrived(git_dir: &Path, oid: &Oid) -> Option<Time> {
    let name = oid.to_string();
    let (folder, file) = name.split_at_checked(2)?;
    let meta = std::fs::symlink_metadata(git_dir.join("objects").join(folder).join(file)).ok()?;
    let since = meta.modified().ok()?.duration_since(std::time::UNIX_EPOCH).ok()?;
    Some(Time::from_micros(i64::try_from(since.as_micros()).ok()?))
}

/// Reflogs tell which moves of a ref left commits behind. Bitbucket keeps none by default.
fn forced(
    git_dir: &Path,
    within: Option<&Path>,
    (from, to): (Time, Time),
    parents: &HashMap<Oid, Vec<Oid>>,
    out: &mut Commits,
) {
    for entry in reflogs(git_dir, within, &mut out.problems) {
        if entry.old.is_zero() || !entry.time.is_some_and(|time| (from..=to).contains(&time)) {
            continue;
        }
        let after = reached(std::iter::once(entry.new), parents);
        if entry.new.is_zero() || !after.contains(&entry.old) {
            let before = reached(std::iter::once(entry.old), parents);
            let left = before.difference(&after).count() as u64;
            out.forced.push((entry, Some(left)));
        }
    }
}
