//! What can go wrong with a home as a whole. What goes wrong with one repository or file in it is a gap.

use std::path::PathBuf;

use bbsec_core::{Exit, Failure};

use super::tree::TreeError;

/// Why a home could not be used.
#[derive(Debug, thiserror::Error)]
pub enum HomeError {
    /// Nothing lies there.
    #[error("no such folder: {path}")]
    Missing {
        /// The path.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// A file or something else.
    #[error("{path} is no folder")]
    NotAFolder {
        /// The path.
        path: PathBuf,
    },
    /// A folder without anything in it, such as a mount point before the mount.
    #[error("{path} is empty")]
    Empty {
        /// The path.
        path: PathBuf,
    },
    /// A folder that may not be read.
    #[error("cannot read {path}")]
    Unreadable {
        /// The path.
        path: PathBuf,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
    /// Nothing in it looks like a home.
    #[error("{path} is no home of an Atlassian product: looked for {looked_for}")]
    NotAHome {
        /// The path.
        path: PathBuf,
        /// The files that would have told.
        looked_for: String,
    },
    /// Several homes in one snapshot.
    #[error("{path} holds several homes: {}", homes.join(", "))]
    Several {
        /// The path.
        path: PathBuf,
        /// The homes, relative to the path.
        homes: Vec<String>,
    },
    /// The home's product keeps no repositories.
    #[error("{path} is a home of {product}, which keeps no repositories")]
    NoRepositories {
        /// The path.
        path: PathBuf,
        /// The product.
        product: &'static str,
    },
    /// The repositories' folder is there but cannot be listed.
    #[error("cannot list the repositories")]
    Repositories(#[source] TreeError),
}

impl From<HomeError> for Failure {
    fn from(error: HomeError) -> Self {
        let (exit, help) = match &error {
            HomeError::Missing { .. } => (Exit::Usage, "check the path; a snapshot must be mounted first"),
            HomeError::NotAFolder { .. } => (
                Exit::Usage,
                "give the product's home folder, or the mount point of a snapshot that holds it",
            ),
            HomeError::Empty { .. } => (Exit::Nothing, "is this a mount point whose volume is not mounted?"),
            HomeError::Unreadable { .. } | HomeError::Repositories(_) => {
                (Exit::Failed, "run as a user that may read the home")
            }
            HomeError::NotAHome { .. } => (
                Exit::Nothing,
                "give the folder that holds `shared`, `log` and `bin` (Bitbucket), `dbconfig.xml` (Jira) or `confluence.cfg.xml` (Confluence)",
            ),
            HomeError::Several { .. } => (Exit::Usage, "give one of them"),
            HomeError::NoRepositories { .. } => (Exit::Nothing, "give the home of Bitbucket"),
        };
        Self::because(error.to_string(), error).exit(exit).help(help)
    }
}
