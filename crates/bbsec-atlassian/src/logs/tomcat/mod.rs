//! Jira's and Confluence's access logs, which Tomcat's access log valve writes.

mod event;
mod pattern;
mod server_xml;

pub(crate) use event::ValveLog;
pub(crate) use pattern::Pattern;
pub(crate) use server_xml::patterns_of;
