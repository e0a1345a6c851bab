//! Bitbucket (and Stash): access log, application log, and the audit log of versions before 7.0.

mod access;
mod action;
mod application;
mod line;
mod pairs;
mod pipe_audit;

pub(crate) use access::AccessLog;
pub(crate) use action::repository;
pub(crate) use application::ApplicationLog;
pub(crate) use line::is_access_line;
pub(crate) use pipe_audit::{PipeAudit, is_audit_line};
