//! Families of forks: repositories that share object folders through alternates. Each folder is read once.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use crate::{
    GitError, Limits, ObjectDir, Oid, Problems, Store,
    fence::Fence,
    store::{object_dirs, open_with_quarantines},
};

/// Repositories that share object folders, not opened yet.
#[derive(Debug)]
pub struct Family {
    /// The repositories, in the order in which they were given.
    pub repositories: Vec<PathBuf>,
    /// The folders, each once.
    dirs: Vec<(PathBuf, Fence)>,
    /// For each repository, which of the folders it reads.
    uses: Vec<Vec<usize>>,
}

/// A family whose folders are open.
#[derive(Debug)]
pub struct OpenFamily {
    /// The repositories.
    pub repositories: Vec<PathBuf>,
    dirs: Vec<Arc<ObjectDir>>,
    uses: Vec<Vec<usize>>,
    limits: Limits,
}

impl Family {
    /// Groups repositories by what they share. Those that are none, or cannot be read, are returned with the reason.
    pub fn group(
        repositories: &[PathBuf],
        within: Option<&Path>,
        problems: &mut Problems,
    ) -> (Vec<Self>, Vec<(PathBuf, GitError)>) {
        let limits = Limits::default();
        let mut refused = Vec::new();
        let mut read: Vec<(PathBuf, Vec<(PathBuf, Fence)>)> = Vec::new();
        for path in repositories {
            match object_dirs(path, within, &limits, problems) {
                Ok(dirs) => read.push((path.clone(), dirs)),
                Err(error) => refused.push((path.clone(), error)),
            }
        }
        // Repositories that name one folder belong together; so do those that are tied through a third.
        let mut leader: Vec<usize> = (0..read.len()).collect();
        let mut first: HashMap<&Path, usize> = HashMap::new();
        for (repo, (_, dirs)) in read.iter().enumerate() {
            for (dir, _) in dirs {
                let other = *first.entry(dir).or_insert(repo);
                let (a, b) = (root(&mut leader, other), root(&mut leader, repo));
                if let Some(place) = leader.get_mut(a.max(b)) {
                    *place = a.min(b);
                }
            }
        }
        let mut families: Vec<Self> = Vec::new();
        let mut place: HashMap<usize, usize> = HashMap::new();
        for (repo, (path, dirs)) in read.into_iter().enumerate() {
            let at = *place.entry(root(&mut leader, repo)).or_insert_with(|| {
                families.push(Self { repositories: Vec::new(), dirs: Vec::new(), uses: Vec::new() });
                families.len() - 1
            });
            if let Some(family) = families.get_mut(at) {
                family.add(path, dirs);
            }
        }
        (families, refused)
    }

    fn add(&mut self, path: PathBuf, dirs: Vec<(PathBuf, Fence)>) {
        let uses = dirs.into_iter().map(|(dir, fence)| {
            self.dirs.iter().position(|(known, _)| *known == dir).unwrap_or_else(|| {
                self.dirs.push((dir, fence));
                self.dirs.len() - 1
            })
        });
        let uses = uses.collect();
        self.repositories.push(path);
        self.uses.push(uses);
    }

    /// Opens every folder once.
    pub fn open(self, problems: &mut Problems) -> OpenFamily {
        let limits = Limits::default();
        let mut dirs = Vec::new();
        // For each folder, where it and its quarantines are among those opened.
        let mut places = Vec::new();
        for (path, fence) in &self.dirs {
            let from = dirs.len();
            if let Err(error) = open_with_quarantines(path, fence, &limits, problems, &mut dirs) {
                let kind = crate::ProblemKind::File(error.to_string());
                problems.push(crate::Problem::at(kind, path));
            }
            places.push(from..dirs.len());
        }
        let uses = self.uses.iter().map(|uses| {
            uses.iter().filter_map(|&dir| places.get(dir).cloned()).flatten().collect::<Vec<usize>>()
        });
        let uses = uses.collect();
        OpenFamily { repositories: self.repositories, dirs, uses, limits }
    }
}

impl OpenFamily {
    /// Every folder of the family, each once: what [`crate::walk`] and [`crate::History::build`] take.
    pub fn dirs(&self) -> Vec<&ObjectDir> {
        self.dirs.iter().map(AsRef::as_ref).collect()
    }

    /// Which of the folders a repository reads.
    pub fn uses(&self, repository: usize) -> &[usize] {
        self.uses.get(repository).map(Vec::as_slice).unwrap_or_default()
    }

    /// Which repositories read a folder.
    pub fn users(&self, dir: usize) -> Vec<usize> {
        (0..self.repositories.len()).filter(|&repo| self.uses(repo).contains(&dir)).collect()
    }

    /// Which repositories hold an object.
    pub fn holders(&self, oid: &Oid) -> Vec<usize> {
        let holds: Vec<bool> = self.dirs.iter().map(|dir| dir.contains(oid)).collect();
        let held = |dir: &usize| holds.get(*dir).copied().unwrap_or(false);
        (0..self.repositories.len()).filter(|&repo| self.uses(repo).iter().any(held)).collect()
    }

    /// One repository's view of the family.
    pub fn store(&self, repository: usize) -> Option<Store> {
        let path = self.repositories.get(repository)?;
        let dirs = self.uses(repository).iter().filter_map(|&dir| self.dirs.get(dir).cloned()).collect();
        Some(Store::of(path, dirs, self.limits.clone()))
    }
}

fn root(leader: &mut [usize], mut at: usize) -> usize {
    while let Some(&next) = leader.get(at).filter(|&&next| next != at) {
        at = next;
    }
    at
}
