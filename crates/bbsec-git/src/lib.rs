//! Packs, loose objects, refs, reflogs and commits of a git repository that may be damaged or hostile.
//!
//! The repository is only read, as files: no git process is started, nothing that its configuration names is run, and no
//! link is followed out of it. What cannot be read is named ([`Problem`]) and counted ([`WalkReport`]).

mod config;
mod delta;
mod entry;
mod error;
mod family;
mod fence;
mod files;
mod forest;
mod history;
mod idx;
mod inflate;
mod limits;
mod lookup;
mod loose;
mod midx;
mod objdir;
mod oid;
mod oracle;
mod pack;
mod parse;
mod problem;
mod refs;
mod rescan;
mod staged;
mod store;
mod walk;

pub use delta::DeltaOp;
pub use error::GitError;
pub use family::{Family, OpenFamily};
pub use files::{FileRole, PlainFile, other_files};
pub use history::{AttributeOptions, Attribution, History, PathAt, Reach, Reader, attribute};
pub use limits::Limits;
pub use objdir::ObjectDir;
pub use oid::{BadOid, ByteString, Kind, Oid, OidHash, OidHasher, OidMap, OidSet};
pub use oracle::{Agreement, second_opinion};
pub use parse::{Commit, Mode, Signature, Tag, TreeEntries, TreeEntry, commit, signature, tag, tree};
pub use problem::{Damage, Problem, ProblemKind, Problems};
pub use refs::{Ref, RefKind, ReflogEntry, reflogs, refs};
pub use staged::{IndexEntry, index_entries};
pub use store::Store;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

pub use walk::{ObjectView, PerKind, Visitor, WalkReport, walk};
