//! One repository's object stores: its own folder, those it borrows from, and those in which a push was being received.
//!
//! Format of `objects/info/alternates`: `gitrepository-layout(5)`.

use std::{
    collections::HashSet,
    ffi::OsStr,
    os::unix::ffi::OsStrExt,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use crate::{
    GitError, Kind, Limits, ObjectDir, Oid, Problem, ProblemKind, Problems, config,
    entry::{EntryReader, READ_LITTLE},
    fence::Fence,
    lookup::{Dead, Lookup},
};

/// Alternates of alternates are followed this deep.
const MAX_ALTERNATES: usize = 1000;

/// Every object folder of one repository.
pub struct Store {
    git_dir: PathBuf,
    dirs: Vec<Arc<ObjectDir>>,
    limits: Limits,
    readers: Mutex<Vec<EntryReader>>,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store")
            .field("git_dir", &self.git_dir)
            .field("dirs", &self.dirs)
            .finish_non_exhaustive()
    }
}

impl Store {
    /// Opens a repository's object stores. With `within`, nothing outside of that folder is read.
    pub fn open(git_dir: &Path, within: Option<&Path>, problems: &mut Problems) -> Result<Self, GitError> {
        let limits = Limits::default();
        let paths = object_dirs(git_dir, within, &limits, problems)?;
        let mut dirs = Vec::new();
        for (path, fence) in &paths {
            open_with_quarantines(path, fence, &limits, problems, &mut dirs)?;
        }
        Ok(Self::of(git_dir, dirs, limits))
    }

    pub(crate) fn of(git_dir: &Path, dirs: Vec<Arc<ObjectDir>>, limits: Limits) -> Self {
        Self { git_dir: git_dir.to_owned(), dirs, limits, readers: Mutex::default() }
    }

    /// The repository.
    pub fn git_dir(&self) -> &Path {
        &self.git_dir
    }

    /// Its own folder first, then quarantines, then what it borrows from.
    pub fn dirs(&self) -> Vec<&ObjectDir> {
        self.dirs.iter().map(AsRef::as_ref).collect()
    }

    /// Whether any of its folders lists an object.
    pub fn contains(&self, oid: &Oid) -> bool {
        self.dirs.iter().any(|dir| dir.contains(oid))
    }

    /// Reads one object.
    pub fn read(&self, oid: &Oid, limits: &Limits) -> Result<(Kind, Vec<u8>), GitError> {
        let dirs = self.dirs();
        let lookup = Lookup { dirs: &dirs, limits };
        let lock = || self.readers.lock().unwrap_or_else(PoisonError::into_inner);
        let mut reader = lock().pop().unwrap_or_else(|| EntryReader::new(READ_LITTLE));
        let read = lookup.read(&mut reader, *oid, &mut Dead::new());
        lock().push(reader);
        match read {
            Some(Ok(read)) => Ok(read),
            Some(Err(source)) => Err(GitError::Unreadable { oid: *oid, source }),
            None => Err(GitError::Missing { oid: *oid }),
        }
    }

    /// The limits that it was opened with.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }
}

/// Opens one folder and the quarantines in it.
pub(crate) fn open_with_quarantines(
    path: &Path,
    fence: &Fence,
    limits: &Limits,
    problems: &mut Problems,
    dirs: &mut Vec<Arc<ObjectDir>>,
) -> Result<(), GitError> {
    let dir = ObjectDir::open(path, fence, limits, problems)?;
    let quarantines = dir.quarantines.clone();
    dirs.push(Arc::new(dir));
    for quarantine in quarantines {
        match ObjectDir::open(&quarantine, fence, limits, problems) {
            Ok(dir) => dirs.push(Arc::new(dir)),
            Err(error) => problems.push(Problem::at(ProblemKind::File(error.to_string()), quarantine)),
        }
    }
    Ok(())
}

/// The folders that a repository reads objects from, its own first: each once, links resolved.
pub(crate) fn object_dirs(
    git_dir: &Path,
    within: Option<&Path>,
    limits: &Limits,
    problems: &mut Problems,
) -> Result<Vec<(PathBuf, Fence)>, GitError> {
    let io = |source| GitError::Io { path: git_dir.to_owned(), source };
    let mut fence = Fence::around(within.unwrap_or(git_dir)).map_err(io)?;
    let common = config::common_dir(git_dir, &mut fence, within.is_none(), limits);
    let own = common.join("objects");
    let own = match fence.resolve(&own) {
        Ok(own) if own.is_dir() => own,
        Ok(_) | Err(crate::fence::Denied::Missing) => {
            return Err(GitError::NotARepository { path: git_dir.to_owned() });
        }
        Err(crate::fence::Denied::Outside) => return Err(GitError::Outside { path: own }),
        Err(denied) => return Err(io(denied.into_io())),
    };
    let facts = config::facts(&common, &fence, limits);
    if facts.sha256 {
        return Err(GitError::Sha256 { path: git_dir.to_owned() });
    }
    if facts.promisor {
        problems.push(Problem::at(ProblemKind::Promisor, common.join("config")));
    }
    let mut found = vec![own.clone()];
    let mut seen = HashSet::from([own]);
    let mut at = 0;
    while let Some(dir) = found.get(at).cloned() {
        at += 1;
        for line in alternates(&dir, &fence, limits, problems) {
            let named = dir.join(OsStr::from_bytes(&line));
            let list = dir.join("info/alternates");
            if within.is_none() && named.is_dir() {
                let _ = fence.widen(&named);
            }
            let resolved = fence.resolve(&named);
            let moved = || within.and_then(|within| moved(&named, within, &fence));
            match resolved.or_else(|denied| moved().ok_or(denied)) {
                Ok(real) if !real.is_dir() => {
                    problems.push(Problem::at(ProblemKind::AlternateMissing, named));
                }
                Ok(real) if seen.contains(&real) => {
                    problems.push(Problem::at(ProblemKind::AlternateLoop, list));
                }
                Ok(real) if found.len() < MAX_ALTERNATES => {
                    seen.insert(real.clone());
                    found.push(real);
                }
                Ok(_) => problems.push(Problem::at(ProblemKind::Limit("alternates".to_owned()), list)),
                Err(crate::fence::Denied::Missing) => {
                    problems.push(Problem::at(ProblemKind::AlternateMissing, named));
                }
                Err(denied) => problems.push(denied.problem(&named)),
            }
        }
    }
    Ok(found.into_iter().map(|dir| (dir, fence.clone())).collect())
}

/// Where an absolute path on the host lies in a copy or a mounted snapshot: its longest end that is within.
fn moved(named: &Path, within: &Path, fence: &Fence) -> Option<PathBuf> {
    let parts: Vec<_> = named.strip_prefix("/").ok()?.components().collect();
    // At least `1/objects`: a lone `objects` could be anything's.
    (0..parts.len().saturating_sub(1))
        .map(|skip| within.join(parts.iter().skip(skip).collect::<PathBuf>()))
        .find_map(|path| fence.resolve(&path).ok().filter(|real| real.is_dir()))
}

/// The lines of `info/alternates`: paths, relative to the folder `objects`.
fn alternates(dir: &Path, fence: &Fence, limits: &Limits, problems: &mut Problems) -> Vec<Vec<u8>> {
    let path = dir.join("info/alternates");
    match fence.read(&path, limits.max_file) {
        Ok(text) => text
            .split(|&byte| byte == b'\n')
            .map(|line| line.strip_suffix(b"\r").unwrap_or(line))
            .filter(|line| !line.is_empty() && !line.starts_with(b"#"))
            .map(<[u8]>::to_vec)
            .collect(),
        Err(crate::fence::Denied::Missing) => Vec::new(),
        Err(denied) => {
            problems.push(denied.problem(&path));
            Vec::new()
        }
    }
}

/// A folder that `dir` borrows from and that is not among `known`.
pub(crate) fn borrows_elsewhere(dir: &ObjectDir, known: &[&ObjectDir], limits: &Limits) -> Option<PathBuf> {
    let named = alternates(dir.path(), &dir.fence, limits, &mut Problems::keeping(0));
    named.into_iter().map(|line| dir.path().join(OsStr::from_bytes(&line))).find(|path| {
        let real = std::fs::canonicalize(path);
        real.is_ok_and(|real| known.iter().all(|dir| dir.path() != real))
    })
}
