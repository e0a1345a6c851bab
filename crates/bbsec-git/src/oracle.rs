//! A second opinion: libgit2 reads a sample of the objects that we read, and the two are compared.
//!
//! libgit2 is asked for its object database alone. It opens no repository, so it reads no configuration: nothing is
//! included from elsewhere, and a repository that it would refuse to open can still be compared.

use std::path::Path;

use crate::{GitError, Kind, Limits, Oid, Store};

/// How far two readers agree.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Agreement {
    /// Objects that both read.
    pub compared: u64,
    /// Of these, those that differ.
    pub differ: Vec<Oid>,
    /// Objects that only we read.
    pub only_ours: Vec<Oid>,
    /// Objects that only libgit2 reads.
    pub only_theirs: Vec<Oid>,
}

impl Agreement {
    /// True when nothing differs and each reads what the other reads.
    pub fn holds(&self) -> bool {
        self.differ.is_empty() && self.only_ours.is_empty() && self.only_theirs.is_empty()
    }
}

/// Compares what we read of `sample` with what libgit2 reads.
///
/// # Errors
///
/// When libgit2 cannot use the folders, or when they borrow from a folder that we do not read: libgit2 would.
pub fn second_opinion(store: &Store, sample: &[Oid], limits: &Limits) -> Result<Agreement, GitError> {
    let dirs = store.dirs();
    let refused = |path: &Path| {
        let path = path.to_owned();
        move |source| GitError::Refused { path, source }
    };
    for dir in &dirs {
        if let Some(path) = crate::store::borrows_elsewhere(dir, &dirs, limits) {
            return Err(GitError::Outside { path });
        }
    }
    let odb = git2::Odb::new().map_err(refused(store.git_dir()))?;
    for dir in &dirs {
        odb.add_disk_alternate(&dir.path().to_string_lossy()).map_err(refused(dir.path()))?;
    }
    let mut agreement = Agreement::default();
    for oid in sample {
        let ours = store.read(oid, limits).ok();
        let theirs = git2::Oid::from_bytes(oid.as_bytes()).and_then(|oid| odb.read(oid)).ok();
        match (ours, theirs) {
            (Some((kind, data)), Some(object)) => {
                agreement.compared += 1;
                let same =
                    Kind::from_name(object.kind().str().as_bytes()) == Some(kind) && object.data() == data;
                if !same {
                    agreement.differ.push(*oid);
                }
            }
            (Some(_), None) => agreement.only_ours.push(*oid),
            (None, Some(_)) => agreement.only_theirs.push(*oid),
            (None, None) => {}
        }
    }
    Ok(agreement)
}
