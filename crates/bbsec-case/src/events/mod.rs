//! The timeline: events in Parquet, in hive folders `events/source=…/date=…/`, zstd-compressed.
//!
//! Every file is sorted by time. Writing holds a bounded number of events and of open files; reading merges the files
//! of one day after the other, so that a timeline of any size comes out in order of time in bounded memory.

pub(crate) mod decode;
mod dictionary;
mod filter;
mod group;
mod hybrid;
mod lane;
pub(crate) mod merge;
mod numbers;
mod pages;
pub(crate) mod part;
pub(crate) mod read;
pub(crate) mod schema;
mod texts;
pub(crate) mod tidy;
pub(crate) mod write;

pub use filter::{EventFilter, names};
pub use schema::schema as event_schema;
