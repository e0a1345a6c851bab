//! Credentials in files and in every object that a repository still holds.
//!
//! Rules say what credentials look like; the engine finds them through encodings and containers; checksums, structure
//! and context say how sure that is. In packs only what deltas insert is matched, and matches are taken over through
//! copies: see [`scan_repositories`].

mod baseline;
mod bytes;
mod decode;
mod engine;
mod error;
mod generic;
mod ignore;
mod judge;
mod rules;
mod scan;

pub use baseline::Baseline;
pub use decode::Limits;
pub use error::SecretsError;
pub use ignore::Ignore;
pub use rules::{Refused, Rule, Rules};
pub use scan::{Match, Options, RepoInput, Summary, scan_bytes, scan_paths, scan_repositories};
