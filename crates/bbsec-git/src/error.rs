//! What goes wrong when one thing is asked for.

use std::{io, path::PathBuf};

use crate::{Damage, Oid};

/// Why an operation on a repository did not succeed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GitError {
    /// A file or folder could not be read.
    #[error("cannot read {}", path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// There is no object store.
    #[error("{} is not a git repository: it has no folder `objects`", path.display())]
    NotARepository {
        /// Where.
        path: PathBuf,
    },
    /// The repository names objects by SHA-256.
    #[error("{} names its objects by SHA-256, which is not read yet", path.display())]
    Sha256 {
        /// Where.
        path: PathBuf,
    },
    /// The path leads out of the evidence.
    #[error("{} lies outside of the evidence", path.display())]
    Outside {
        /// Where.
        path: PathBuf,
    },
    /// No store has the object.
    #[error("object {oid} is not here")]
    Missing {
        /// Which.
        oid: Oid,
    },
    /// The object is there and cannot be read.
    #[error("object {oid} cannot be read")]
    Unreadable {
        /// Which.
        oid: Oid,
        /// What is wrong with it.
        #[source]
        source: Damage,
    },
    /// The repository is there, and libgit2 does not open it.
    #[error("libgit2 does not open {}", path.display())]
    Refused {
        /// Where.
        path: PathBuf,
        /// What libgit2 says.
        #[source]
        source: git2::Error,
    },
}
