//! Logs of Bitbucket, Stash, Jira and Confluence, line by line, into events.
//!
//! Every line that is not blank becomes (part of) an event or goes into quarantine with its place and a reason; the
//! counts are in the [`LogSummary`] and add up per file.

mod application;
mod audit;
mod bitbucket;
mod confluence;
mod error;
mod find;
mod format;
mod infer;
mod input;
mod jira;
mod outbox;
mod parser;
mod read;
mod refill;
mod summary;
mod told;
mod tomcat;
mod uri;

pub use error::LogError;
pub use find::find;
pub use format::Format;
pub use input::LogInput;
pub use read::read;
pub use summary::{FileSummary, LogSummary};

pub use crate::read::Zones;
pub(crate) use uri::query_of;
pub use uri::request_line;

#[cfg(test)]
mod plaso;
#[cfg(test)]
mod tests;
