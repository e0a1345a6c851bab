//! The one error that crosses the traits: what failed, what to do next, and the exit code that says so.
//!
//! Every room has its own typed errors and turns them into a [`Failure`] at its edge, keeping the chain of sources.

use crate::Exit;

/// Why an action or analysis did not finish.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    /// How the process should end.
    pub exit: Exit,
    /// What failed, with the path, ARN or line; one sentence, no trailing full stop.
    pub message: String,
    /// What the responder can do about it.
    pub help: Option<String>,
    /// The cause. Its text is not part of `message`; the binary prints the chain.
    #[source]
    pub source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Failure {
    /// A failure without a deeper cause.
    pub fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self { exit, message: message.into(), help: None, source: None }
    }

    /// The operation failed because of `source`.
    pub fn because(
        message: impl Into<String>,
        source: impl std::error::Error + Send + Sync + 'static,
    ) -> Self {
        Self { exit: Exit::Failed, message: message.into(), help: None, source: Some(Box::new(source)) }
    }

    /// Adds what to do next.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Changes the exit code.
    #[must_use]
    pub fn exit(mut self, exit: Exit) -> Self {
        self.exit = exit;
        self
    }
}
