//! What can fail in this room.

use std::path::PathBuf;

/// Why rules could not be loaded or a scan could not go on.
#[derive(Debug, thiserror::Error)]
pub enum SecretsError {
    /// A rule file could not be read.
    #[error("cannot read the rule file {path}")]
    ReadRules {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A rule file is not TOML, or not of gitleaks' shape.
    #[error("{path} is not a gitleaks configuration")]
    ParseRules {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: Box<toml::de::Error>,
    },
    /// A chain of `extend.path` is too long or loops.
    #[error("{path} extends too many other files")]
    ExtendDepth {
        /// The file at which we stopped.
        path: PathBuf,
    },
    /// The keyword automaton could not be built.
    #[error("the keywords of the rules are too many for one automaton")]
    Keywords(#[source] Box<aho_corasick::BuildError>),
    /// A baseline or ignore file could not be read.
    #[error("cannot read {path}")]
    ReadFile {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A baseline is neither our JSON Lines nor a gitleaks report.
    #[error("{path} is no baseline that we know")]
    Baseline {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: Box<serde_json::Error>,
    },
    /// The receiver of findings refused one.
    #[error("what was found could not be handed on")]
    Sink(#[source] bbsec_core::Failure),
    /// A repository could not be walked at all.
    #[error("cannot read the repository {path}")]
    Repository {
        /// Its path.
        path: PathBuf,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl From<SecretsError> for bbsec_core::Failure {
    fn from(error: SecretsError) -> Self {
        let help = match &error {
            SecretsError::ReadRules { .. } | SecretsError::ReadFile { .. } => {
                "check the path and that you may read it"
            }
            SecretsError::ParseRules { .. } | SecretsError::ExtendDepth { .. } => {
                "`bbsec-ir rules check FILE` shows what loads and what does not"
            }
            SecretsError::Keywords(_) => "leave out rules that are not needed",
            SecretsError::Baseline { .. } => {
                "give the JSON Lines of an earlier `scan secrets`, or a gitleaks JSON report"
            }
            SecretsError::Sink(_) => "see the cause; nothing after it was kept",
            SecretsError::Repository { .. } => "check that this is a bare repository or a .git folder",
        };
        let exit = match &error {
            SecretsError::ReadRules { .. }
            | SecretsError::ParseRules { .. }
            | SecretsError::ExtendDepth { .. }
            | SecretsError::Keywords(_)
            | SecretsError::Baseline { .. } => bbsec_core::Exit::Usage,
            SecretsError::Sink(failure) => failure.exit,
            SecretsError::ReadFile { .. } | SecretsError::Repository { .. } => bbsec_core::Exit::Failed,
        };
        Self::because(error.to_string(), error).help(help).exit(exit)
    }
}
