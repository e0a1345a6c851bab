//! Rows of the product's database: out of a dump, a live PostgreSQL, or what the case holds of either.

mod answers;
mod collected;
mod copies;
mod copy;
mod dump;
mod live;
mod rows;
mod table;
mod visits;
mod wanted;

pub use answers::{RestAnswer, from_answers};
pub use collected::collected;
pub(crate) use collected::{FOLDER, SUMMARY, TABLE, elsewhere};
pub(crate) use copies::{Copied, copy_dump};
pub(crate) use copy::unescape;
pub use dump::{DumpError, read_dump};
pub(crate) use live::{Address, LiveTable, Session};
pub use live::{LiveError, WireError, split_password, without_password};
pub use rows::{
    AccessToken, AuditDenied, DataStore, Database, GlobalPermission, HookScript, Membership, PluginState,
    RepositoryAccess, RepositoryRow, SshKey, User,
};
pub use table::{Row, TABLES};
pub use visits::visits;

/// Tables that a product of this name must have, lower case.
pub(crate) fn required(product: Option<&str>) -> &'static [&'static str] {
    match product {
        Some("bitbucket") => &wanted::BITBUCKET,
        Some("jira") => &["cwd_user", "cwd_membership", "cwd_directory"],
        Some("confluence") => &["cwd_user", "cwd_membership", "cwd_group"],
        _ => &[],
    }
}
