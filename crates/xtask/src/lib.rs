//! What people and tests need while developing bbsec-ir; shipped in nothing.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a developer's tool talks on the terminal")]

pub mod bench;
pub mod check;
pub mod crash;
pub mod demo;
pub mod digests;
pub mod dist;
pub mod generated;
pub mod lab;
pub mod postgres;
pub mod scenario;
pub mod script;
pub mod setup;
pub mod shell;
pub mod tools;
