//! What can go wrong while rendering: our own templates and writers, never the case's contents.

/// Why nothing could be rendered.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A built-in template failed.
    #[error("the template `{name}` cannot be rendered")]
    Template {
        /// Which one.
        name: &'static str,
        /// The template engine's reason.
        #[source]
        source: minijinja::Error,
    },
    /// A value cannot be written as JSON.
    #[error("{what} cannot be written as JSON")]
    Json {
        /// Of what.
        what: &'static str,
        /// The reason.
        #[source]
        source: serde_json::Error,
    },
    /// A table cannot be written.
    #[error("the table `{name}` cannot be written as CSV")]
    Csv {
        /// Which one.
        name: &'static str,
        /// The reason.
        #[source]
        source: csv::Error,
    },
    /// The caller's output cannot be written to.
    #[error("{what} cannot be written")]
    Write {
        /// Of what.
        what: &'static str,
        /// The reason.
        #[source]
        source: std::io::Error,
    },
    /// The zip cannot be written.
    #[error("the bundle's member `{member}` cannot be written")]
    Zip {
        /// Which member.
        member: String,
        /// The reason.
        #[source]
        source: zip::result::ZipError,
    },
    /// A built-in rotation entry does not parse.
    #[error("the built-in rotation entry `{file}` does not parse")]
    Knowledge {
        /// Which file.
        file: &'static str,
        /// The reason.
        #[source]
        source: toml::de::Error,
    },
}

impl From<Error> for bbsec_core::Failure {
    fn from(error: Error) -> Self {
        let message = error.to_string();
        Self::because(message, error)
    }
}
