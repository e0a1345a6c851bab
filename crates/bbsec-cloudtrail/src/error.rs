//! What can go wrong with CloudTrail files.

use std::path::PathBuf;

use bbsec_core::{Exit, Failure};

/// An error of this room. A damaged file among others is a gap, not an error.
#[derive(Debug, thiserror::Error)]
pub enum CloudtrailError {
    /// A given path cannot be read.
    #[error("cannot read {path}")]
    Read {
        /// The path.
        path: PathBuf,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
    /// Nothing in the given paths looks like CloudTrail.
    #[error("no CloudTrail records in {0}")]
    Empty(String),
    /// The receiver of records gave up.
    #[error("the results could not be kept")]
    Sink(#[source] Failure),
}

impl From<CloudtrailError> for Failure {
    fn from(error: CloudtrailError) -> Self {
        match error {
            CloudtrailError::Read { .. } => {
                let message = error.to_string();
                Self::because(message, error).help("check the path and its permissions")
            }
            CloudtrailError::Empty(_) => Self::new(Exit::Nothing, error.to_string())
                .help("expected JSON with \"Records\", an array, JSON Lines, or LookupEvents pages; plain, .gz or .zip"),
            CloudtrailError::Sink(failure) => failure,
        }
    }
}
