//! Rows of the product's database that accounts, access and plugins are compared with.

mod answers;
mod dump;
mod rows;
mod table;
mod visits;

pub use answers::{RestAnswer, from_answers};
pub(crate) use dump::unescape;
pub use dump::{DumpError, read_dump};
pub use rows::{
    AccessToken, AuditDenied, DataStore, Database, GlobalPermission, HookScript, Membership, PluginState,
    RepositoryAccess, RepositoryRow, SshKey, User,
};
pub use table::{Row, TABLES};
pub use visits::visits;
