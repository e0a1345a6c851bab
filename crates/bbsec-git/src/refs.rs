//! Refs and reflogs, read as files: loose, packed, in worktrees, and in Bitbucket's folder `stash-refs` beside `refs`.
//!
//! Format: `gitrepository-layout(5)`, `git-pack-refs(1)`; `stash-refs/pull-requests/<id>/{from,to,merge}` as Bitbucket
//! Server keeps them for closed pull requests.

mod reflog;

use std::{
    collections::BTreeMap,
    os::unix::ffi::OsStrExt,
    path::{Path, PathBuf},
};

pub use reflog::{ReflogEntry, reflogs};

use crate::{
    ByteString, Limits, Oid, Problem, ProblemKind, Problems, config,
    fence::{Denied, Fence, Listed},
};

/// What a ref is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RefKind {
    /// Below `refs/heads`.
    Branch,
    /// Below `refs/tags`.
    Tag,
    /// A pull request's ends, open or closed.
    PullRequest,
    /// `refs/stash` and its earlier states.
    Stash,
    /// Below `refs/notes`.
    Note,
    /// An earlier state of a ref.
    Reflog,
    /// Anything else.
    Other,
}

impl RefKind {
    /// The name in machine output.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Branch => "branch",
            Self::Tag => "tag",
            Self::PullRequest => "pull-request",
            Self::Stash => "stash",
            Self::Note => "note",
            Self::Reflog => "reflog",
            Self::Other => "other",
        }
    }

    /// From a ref's full name.
    pub fn of(name: &[u8]) -> Self {
        const BY_PREFIX: [(&[u8], RefKind); 8] = [
            (b"refs/heads/", RefKind::Branch),
            (b"refs/tags/", RefKind::Tag),
            (b"refs/notes/", RefKind::Note),
            (b"refs/stash", RefKind::Stash),
            (b"refs/pull-requests/", RefKind::PullRequest),
            (b"stash-refs/pull-requests/", RefKind::PullRequest),
            (b"refs/pull/", RefKind::PullRequest),
            (b"refs/merge-requests/", RefKind::PullRequest),
        ];
        BY_PREFIX.iter().find(|(prefix, _)| name.starts_with(prefix)).map_or(Self::Other, |&(_, kind)| kind)
    }
}

/// A name for an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ref {
    /// The full name, as its bytes are.
    pub name: ByteString,
    /// What it is for.
    pub kind: RefKind,
    /// What it names.
    pub target: Oid,
    /// What a tag names in the end, when `packed-refs` says so.
    pub peeled: Option<Oid>,
    /// The ref that it stands for.
    pub symbolic: Option<ByteString>,
}

/// Folders below this depth are no refs.
const MAX_DEPTH: usize = 64;

/// Where refs are looked for: the common folder and the worktrees' own.
pub(crate) struct Place {
    pub(crate) fence: Fence,
    /// Folder, and what stands before the names of what is found there.
    pub(crate) dirs: Vec<(PathBuf, Vec<u8>)>,
}

impl Place {
    pub(crate) fn of(
        git_dir: &Path,
        within: Option<&Path>,
        limits: &Limits,
        problems: &mut Problems,
    ) -> Option<Self> {
        let mut fence = match Fence::around(within.unwrap_or(git_dir)) {
            Ok(fence) => fence,
            Err(error) => {
                problems.push(Denied::Io(error).problem(git_dir));
                return None;
            }
        };
        let common = config::common_dir(git_dir, &mut fence, within.is_none(), limits);
        let mut dirs = vec![(common.clone(), Vec::new())];
        if let Ok(worktrees) = fence.list(&common.join("worktrees")) {
            for worktree in worktrees.into_iter().filter(|entry| entry.is_dir) {
                let prefix = [b"worktrees/", worktree.name.as_bytes(), b"/"].concat();
                dirs.push((worktree.path, prefix));
            }
        }
        Some(Self { fence, dirs })
    }

    /// Every file below `dir`, with its name.
    pub(crate) fn files(
        &self,
        dir: &Path,
        name: &[u8],
        limits: &Limits,
        problems: &mut Problems,
    ) -> Vec<(PathBuf, Vec<u8>)> {
        let mut found = Vec::new();
        let mut open = vec![(dir.to_owned(), name.to_vec(), 0)];
        while let Some((dir, name, depth)) = open.pop() {
            let listed = match self.fence.list(&dir) {
                Ok(listed) => listed,
                Err(Denied::Missing) => continue,
                Err(denied) => {
                    problems.push(denied.problem(&dir));
                    continue;
                }
            };
            for Listed { name: last, path, is_dir } in listed {
                let name = [name.as_slice(), b"/", last.as_bytes()].concat();
                if !is_dir {
                    found.push((path, name));
                } else if depth < MAX_DEPTH {
                    open.push((path, name, depth + 1));
                } else {
                    problems.push(Problem::at(ProblemKind::Limit("folders in each other".to_owned()), path));
                }
            }
            if found.len() > limits.max_names {
                problems.push(Problem::at(ProblemKind::Limit("refs".to_owned()), dir));
                break;
            }
        }
        found
    }
}

/// What a ref's file says.
enum Says {
    Target(Oid),
    Other(ByteString),
}

fn parse(text: &[u8]) -> Option<Says> {
    let text = text.trim_ascii();
    match text.strip_prefix(b"ref:") {
        Some(name) => Some(Says::Other(name.trim_ascii().into())),
        None => Oid::from_hex(text.get(..40)?).map(Says::Target),
    }
}

/// Every ref of a repository. With `within`, nothing outside of that folder is read.
pub fn refs(git_dir: &Path, within: Option<&Path>, problems: &mut Problems) -> Vec<Ref> {
    let limits = Limits::default();
    let Some(place) = Place::of(git_dir, within, &limits, problems) else { return Vec::new() };
    let mut found: BTreeMap<ByteString, Ref> = BTreeMap::new();
    let mut symbolic: Vec<(ByteString, ByteString)> = Vec::new();
    for (dir, prefix) in &place.dirs {
        if prefix.is_empty() {
            packed(&place.fence, &dir.join("packed-refs"), &limits, &mut found, problems);
            if dir.join("reftable/tables.list").is_file() {
                problems.push(Problem::at(
                    ProblemKind::Ref("refs are kept in reftables, which are not read yet".to_owned()),
                    dir.join("reftable"),
                ));
            }
        }
        let mut files = pseudo(&place.fence, dir, prefix);
        for folder in ["refs", "stash-refs"] {
            let name = [prefix, folder.as_bytes()].concat();
            files.extend(place.files(&dir.join(folder), &name, &limits, problems));
        }
        for (path, name) in files {
            match place.fence.read(&path, limits.max_file) {
                Ok(text) => match parse(&text) {
                    Some(Says::Target(target)) => add(&mut found, &name, target),
                    Some(Says::Other(other)) => symbolic.push((ByteString(name), other)),
                    None => {
                        problems.push(Problem::at(ProblemKind::Ref("it names no object".to_owned()), path));
                    }
                },
                Err(denied) => problems.push(denied.problem(&path)),
            }
        }
    }
    for (name, other) in symbolic {
        if let Some(target) = follow(&found, &other) {
            let kind = RefKind::of(name.as_bytes());
            found.insert(name.clone(), Ref { name, kind, target, peeled: None, symbolic: Some(other) });
        }
    }
    found.into_values().collect()
}

fn follow(found: &BTreeMap<ByteString, Ref>, name: &ByteString) -> Option<Oid> {
    found.get(name).map(|found| found.target)
}

fn add(found: &mut BTreeMap<ByteString, Ref>, name: &[u8], target: Oid) {
    let kind = RefKind::of(name);
    let name = ByteString(name.to_vec());
    // A loose ref stands above a packed one of the same name.
    found.insert(name.clone(), Ref { name, kind, target, peeled: None, symbolic: None });
}

/// `HEAD`, `ORIG_HEAD`, `FETCH_HEAD` and the like: files in capitals beside `refs`.
fn pseudo(fence: &Fence, dir: &Path, prefix: &[u8]) -> Vec<(PathBuf, Vec<u8>)> {
    let listed = fence.list(dir).unwrap_or_default();
    let capital = |name: &[u8]| {
        name.ends_with(b"HEAD") && name.iter().all(|byte| byte.is_ascii_uppercase() || *byte == b'_')
    };
    // An empty FETCH_HEAD is usual.
    let filled = |path: &Path| std::fs::symlink_metadata(path).is_ok_and(|meta| meta.len() > 0);
    listed
        .into_iter()
        .filter(|entry| !entry.is_dir && capital(entry.name.as_bytes()) && filled(&entry.path))
        .map(|entry| (entry.path, [prefix, entry.name.as_bytes()].concat()))
        .collect()
}

fn packed(
    fence: &Fence,
    path: &Path,
    limits: &Limits,
    found: &mut BTreeMap<ByteString, Ref>,
    problems: &mut Problems,
) {
    let text = match fence.read(path, limits.max_file) {
        Ok(text) => text,
        Err(Denied::Missing) => return,
        Err(denied) => return problems.push(denied.problem(path)),
    };
    let mut last: Option<ByteString> = None;
    let mut bad = 0;
    for line in text.split(|&byte| byte == b'\n').filter(|line| !line.is_empty() && !line.starts_with(b"#")) {
        if let Some(hex) = line.strip_prefix(b"^") {
            let entry = last.as_ref().and_then(|name| found.get_mut(name));
            match (entry, Oid::from_hex(hex.trim_ascii_end())) {
                (Some(entry), Some(oid)) => entry.peeled = Some(oid),
                _ => bad += 1,
            }
            continue;
        }
        match line.split_at_checked(40) {
            Some((hex, name)) if name.starts_with(b" ") && name.len() > 1 => match Oid::from_hex(hex) {
                Some(target) => {
                    let name = name.get(1..).unwrap_or_default();
                    add(found, name, target);
                    last = Some(name.into());
                }
                None => bad += 1,
            },
            _ => bad += 1,
        }
    }
    if bad > 0 {
        let mut problem =
            Problem::at(ProblemKind::Ref("lines of packed-refs make no sense".to_owned()), path);
        problem.count = bad;
        problems.push(problem);
    }
}
