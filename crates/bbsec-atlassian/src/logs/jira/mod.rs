//! Jira: what a request did, and its application and security logs.

mod action;
mod application;

pub(crate) use action::what;
pub(crate) use application::{reader, security_reader};
