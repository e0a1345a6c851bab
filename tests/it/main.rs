//! The integration tests: the built program, run as people run it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "tests may stop at the first surprise"
)]

mod bad_input;
mod crash;
mod database;
mod digests;
mod generator;
mod harness;
mod hostile;
mod lab;
mod night;
mod output;
mod playbooks;
mod rest;
mod three_products;
mod truth;
mod vault;
