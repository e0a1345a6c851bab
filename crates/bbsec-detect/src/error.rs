//! What can go wrong with rules.

use std::path::PathBuf;

use bbsec_core::{Exit, Failure};

/// An error of this room. A single rule that does not load is no error; it is told by [`crate::check`].
#[derive(Debug, thiserror::Error)]
pub enum DetectError {
    /// A given path cannot be read.
    #[error("cannot read the rules in {path}")]
    Read {
        /// The path.
        path: PathBuf,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
    /// A given path holds no rule.
    #[error("no Sigma rules in {0}")]
    Empty(PathBuf),
}

impl From<DetectError> for Failure {
    fn from(error: DetectError) -> Self {
        match error {
            DetectError::Read { .. } => {
                let message = error.to_string();
                Self::because(message, error).exit(Exit::Usage).help("check the path and its permissions")
            }
            DetectError::Empty(_) => {
                Self::new(Exit::Usage, error.to_string()).help("rules are files that end in .yml or .yaml")
            }
        }
    }
}
