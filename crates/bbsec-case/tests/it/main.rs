//! What a case promises, from outside.
#![allow(missing_docs, unreachable_pub, reason = "a test binary has no readers of its documentation")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::print_stdout, reason = "a test may fail")]

mod support;

mod bag;
mod crash;
mod events;
mod journal;
mod open;
mod results;
mod signatures;
mod tamper;
