//! The integration tests: the built program, run as people run it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "tests may stop at the first surprise"
)]

mod bad_case;
mod bad_input;
mod crash;
mod database;
mod digests;
mod documents;
mod generator;
mod harness;
mod hostile;
mod lab;
mod manners;
mod night;
mod output;
mod playbooks;
mod rest;
mod settings;
mod terminal;
mod three_products;
mod truth;
mod vault;
