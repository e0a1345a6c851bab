//! Playbooks, from the text to what they leave in the world and in the journal.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::print_stdout, reason = "tests")]

mod approvals;
mod failures;
mod hostile;
mod runs;
mod tasks;
mod validation;
mod world;
