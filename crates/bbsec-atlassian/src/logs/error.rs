//! What can go wrong while logs are read as a whole. What goes wrong with one file or line is a gap, not an error.

use std::path::PathBuf;

use bbsec_core::{Exit, Failure};

use crate::read::BadZone;

/// Why reading logs did not finish.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// A given path is not there.
    #[error("no such file or folder: {path}")]
    Missing {
        /// The path.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// A time zone that is none.
    #[error("a time zone was not understood")]
    Zone(#[source] BadZone),
    /// The support zip's names and addresses were replaced by pseudonyms.
    #[error(
        "{path} is a redacted support zip: users and addresses in it are pseudonyms that match no other evidence"
    )]
    Redacted {
        /// The zip.
        path: PathBuf,
    },
    /// The sink took no more.
    #[error("what was read could not be passed on")]
    Sink(#[source] Failure),
}

impl From<LogError> for Failure {
    fn from(error: LogError) -> Self {
        match error {
            LogError::Sink(failure) => failure,
            LogError::Missing { .. } => {
                Self::because(error.to_string(), error).help("check the path; --log takes files and folders")
            }
            LogError::Zone(bad) => {
                let message = bad.to_string();
                Self::because(message, bad)
                    .exit(Exit::Usage)
                    .help("write --log-tz Europe/Berlin or --log-tz +02:00")
            }
            LogError::Redacted { .. } => Self::because(error.to_string(), error)
                .help("ask for the support zip that is not redacted, or take the logs from the home"),
        }
    }
}
