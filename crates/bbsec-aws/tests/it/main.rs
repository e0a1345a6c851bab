//! The actions against the AWS lab (moto, mended), with boto3 as an independent reader.
#![allow(missing_docs, reason = "tests are named by what they show")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::unimplemented,
    clippy::print_stdout,
    clippy::fn_params_excessive_bools,
    clippy::cast_possible_truncation,
    reason = "a test that cannot go on should stop where it is"
)]

mod attach;
mod collect;
mod isolate;
mod matrix;
mod preflight;
mod release;
mod support;
