//! The Atlassian products: what their logs, homes, accounts, plugins and configuration look like on disk.

pub mod access;
pub mod accounts;
pub mod collect;
pub mod config;
pub mod database;
pub mod home;
pub mod logs;
pub mod plugins;
pub mod read;
