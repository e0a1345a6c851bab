//! What can go wrong with a case, by operation; and how it leaves this crate as a [`Failure`].

use std::{io, path::PathBuf};

use bbsec_core::{Exit, Failure};

/// An operation on a case that did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum CaseError {
    /// The operating system refused something.
    #[error("cannot {op} {}", path.display())]
    Io {
        /// The operation, as a verb: `create`, `write`, `rename`.
        op: &'static str,
        /// On which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The bytes of a piece of evidence could not be read from where they come from.
    #[error("cannot read the source of evidence item {path:?}")]
    Source {
        /// The item's path below `evidence/data/`.
        path: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// There is no case in this folder.
    #[error("{} is not a case folder: it has no case.toml", path.display())]
    NotACase {
        /// The folder.
        path: PathBuf,
    },
    /// A new case would overwrite something.
    #[error("{} exists already and is not empty", path.display())]
    Exists {
        /// The folder.
        path: PathBuf,
    },
    /// The case was made by a newer program.
    #[error("{} has schema {schema:?}; this program knows {known:?}", path.display())]
    NewerSchema {
        /// The file that says so.
        path: PathBuf,
        /// What it says.
        schema: String,
        /// What we know.
        known: &'static str,
    },
    /// `case.toml` does not parse.
    #[error("cannot read {} as a case description", path.display())]
    Meta {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: Box<toml::de::Error>,
    },
    /// `case.toml` cannot be written as TOML.
    #[error("cannot write the case description as TOML")]
    MetaWrite(#[source] toml::ser::Error),
    /// Somebody else writes to the case.
    #[error("the case {} is being written to by {holder}", path.display())]
    Locked {
        /// The case folder.
        path: PathBuf,
        /// Who, as the lock file says.
        holder: String,
    },
    /// The case was opened for reading.
    #[error("the case {} was opened for reading only", path.display())]
    ReadOnly {
        /// The case folder.
        path: PathBuf,
    },
    /// The case's HMAC key is missing or has the wrong length.
    #[error("the case's key {} is missing or damaged", path.display())]
    Key {
        /// The key file.
        path: PathBuf,
    },
    /// A journal line does not parse or does not link.
    #[error("{} line {line}: {why}", path.display())]
    JournalDamaged {
        /// The journal.
        path: PathBuf,
        /// 1-based.
        line: u64,
        /// What does not hold.
        why: String,
    },
    /// An earlier append failed half way and could not be taken back.
    #[error("an earlier write to {} failed; nothing more is written to it", path.display())]
    JournalPoisoned {
        /// The journal.
        path: PathBuf,
    },
    /// A journal line would be larger than readers accept.
    #[error("a journal line of kind {kind:?} would have {size} bytes; at most {limit} are allowed")]
    LineTooLong {
        /// The line's kind.
        kind: String,
        /// Its bytes.
        size: usize,
        /// The limit.
        limit: usize,
    },
    /// A value cannot be written as JSON.
    #[error("cannot write {what} as JSON")]
    Json {
        /// What it was.
        what: &'static str,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
    /// A row of a results file does not parse.
    #[error("{} line {line} is not a row of this kind", path.display())]
    Row {
        /// The file.
        path: PathBuf,
        /// 1-based.
        line: u64,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
    /// A results file is not what its analysis wrote.
    #[error("{} was changed after its analysis wrote it: its SHA-256 is not the one in the journal", path.display())]
    ResultChanged {
        /// The file.
        path: PathBuf,
    },
    /// A path that cannot be an item of evidence.
    #[error("{path:?} cannot be a path in the evidence bag: {why}")]
    BadPath {
        /// The path.
        path: String,
        /// Why not.
        why: &'static str,
    },
    /// The item is there already, with other bytes.
    #[error("evidence item {path:?} is there already with other bytes ({there}, not {new})")]
    EvidenceDiffers {
        /// The item's path.
        path: String,
        /// SHA-256 of what is there.
        there: String,
        /// SHA-256 of what was offered.
        new: String,
    },
    /// A tag file of the evidence bag was changed.
    #[error("the evidence bag's file {} was changed: {why}", path.display())]
    BagDamaged {
        /// The file.
        path: PathBuf,
        /// What does not hold.
        why: &'static str,
    },
    /// A file that must not be overwritten is there.
    #[error("{} exists already; nothing is overwritten", path.display())]
    FileExists {
        /// The file.
        path: PathBuf,
    },
    /// The person asked to stop.
    #[error("stopped while {doing}")]
    Cancelled {
        /// What was being done.
        doing: String,
    },
    /// Events could not be written to or read from Parquet.
    #[error("cannot {op} the event file {}", path.display())]
    Parquet {
        /// `write` or `read`.
        op: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: parquet::errors::ParquetError,
    },
    /// An Arrow batch could not be built or read.
    #[error("cannot {op} a batch of events of {}", path.display())]
    Arrow {
        /// `write` or `read`.
        op: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: arrow::error::ArrowError,
    },
    /// An event file lacks a column or has it with another type.
    #[error("the event file {} has no column {column:?} of the right type", path.display())]
    Column {
        /// The file.
        path: PathBuf,
        /// The column.
        column: &'static str,
    },
    /// A signature could not be made or a key not be read.
    #[error("cannot {op} with the SSH key {key}")]
    Ssh {
        /// `sign` or `read a key`.
        op: &'static str,
        /// Which key.
        key: String,
        /// Why.
        #[source]
        source: ssh_key::Error,
    },
    /// The private key needs a passphrase.
    #[error("the SSH key {} is protected by a passphrase, which this program does not ask for", path.display())]
    KeyEncrypted {
        /// The key file.
        path: PathBuf,
    },
    /// ssh-agent cannot be asked, or answers with something else than a signature.
    #[error("ssh-agent: {why}")]
    Agent {
        /// What happened.
        why: String,
    },
    /// The operating system gives no random bytes.
    #[error("no random bytes for the case's key")]
    Random {
        /// What it says.
        #[source]
        source: io::Error,
    },
    /// Nothing to sign.
    #[error("the journal of {} is empty; there is nothing to sign", path.display())]
    NothingToSign {
        /// The case folder.
        path: PathBuf,
    },
}

impl CaseError {
    /// For `map_err` on calls to the operating system.
    pub(crate) fn io(op: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { op, path, source }
    }

    /// How a process that meets this error should end.
    pub fn exit(&self) -> Exit {
        match self {
            Self::JournalDamaged { .. }
            | Self::EvidenceDiffers { .. }
            | Self::Row { .. }
            | Self::ResultChanged { .. }
            | Self::BagDamaged { .. } => Exit::Integrity,
            Self::NotACase { .. }
            | Self::Exists { .. }
            | Self::NewerSchema { .. }
            | Self::Meta { .. }
            | Self::BadPath { .. }
            | Self::KeyEncrypted { .. } => Exit::Usage,
            Self::Cancelled { .. } => Exit::Interrupted,
            _ => Exit::Failed,
        }
    }

    /// What the responder can do next.
    pub fn help(&self) -> Option<String> {
        Some(match self {
            Self::Io { source, path, .. } => return io_help(source, path),
            Self::NotACase { .. } => "make one with `bbsec-ir case new DIR`, or name one with --case".into(),
            Self::Exists { .. } => "choose a folder that does not exist yet".into(),
            Self::NewerSchema { .. } => "use the version of bbsec-ir that made the case, or a newer one".into(),
            Self::Meta { .. } => "the last good text is in the journal, in the newest line of kind `case` or `set`".into(),
            Self::Locked { .. } => {
                "wait until it has finished, or read only; the lock goes away with its process, so do not delete it".into()
            }
            Self::Key { .. } => {
                "put the key file back from a copy of the case; without it new fingerprints would not match the old ones".into()
            }
            Self::JournalDamaged { .. } | Self::BagDamaged { .. } => {
                "run `bbsec-ir verify` for everything that does not hold, keep this folder as it is, and work on from a good copy".into()
            }
            Self::Row { .. } | Self::ResultChanged { .. } => {
                "run `bbsec-ir verify` for everything that does not hold; a re-scan of the evidence replaces the file".into()
            }
            Self::JournalPoisoned { .. } => "mend the cause of the first error, then run the command again with --resume".into(),
            Self::LineTooLong { .. } => "large values belong in a file of the run".into(),
            Self::EvidenceDiffers { .. } => {
                "evidence is never overwritten; take the new bytes under another name".into()
            }
            Self::FileExists { .. } => "choose another name".into(),
            Self::Cancelled { .. } => "run it again: what was finished is kept and not done twice".into(),
            Self::KeyEncrypted { .. } => "add it to ssh-agent (`ssh-add`) and sign through the agent".into(),
            Self::Agent { .. } => "check `ssh-add -l` and SSH_AUTH_SOCK".into(),
            Self::Column { .. } | Self::Parquet { op: "read", .. } => {
                "run `bbsec-ir verify` to see whether the file was changed; a re-scan writes it anew".into()
            }
            _ => return None,
        })
    }
}

fn io_help(source: &io::Error, path: &std::path::Path) -> Option<String> {
    Some(match source.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => format!(
            "the disk that holds {} is full: free some space and run the command again; everything journalled so far is kept",
            path.display()
        ),
        io::ErrorKind::ReadOnlyFilesystem => {
            "the disk is mounted read-only: views and `verify` work there; copy the case to a writable disk to go on".into()
        }
        io::ErrorKind::PermissionDenied => "run as the user that owns the case folder (its mode is 0700)".into(),
        io::ErrorKind::NotFound => "check the path; if it lies in the case, run `bbsec-ir verify`".into(),
        _ => return None,
    })
}

impl From<CaseError> for Failure {
    fn from(error: CaseError) -> Self {
        let (exit, help, message) = (error.exit(), error.help(), error.to_string());
        let failure = match std::error::Error::source(&error) {
            None => Self::new(exit, message),
            Some(_) => Self::because(message, Cause(error)).exit(exit),
        };
        match help {
            Some(help) => failure.help(help),
            None => failure,
        }
    }
}

/// Stands for the cause of an error whose own text is the failure's message already.
#[derive(Debug)]
struct Cause(CaseError);

impl std::fmt::Display for Cause {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match std::error::Error::source(&self.0) {
            Some(cause) => write!(f, "{cause}"),
            None => write!(f, "{}", self.0),
        }
    }
}

impl std::error::Error for Cause {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        std::error::Error::source(&self.0).and_then(std::error::Error::source)
    }
}
