//! Values that are assigned to something whose name says that it is secret.
//!
//! Written by hand, not as an expression: it is tried at every `key`, `token` and `password` of every version of every
//! file, and must say no within a few bytes.

mod assign;
mod judge;
mod names;
mod providers;

pub(crate) use assign::{Assigned, assigned};
pub(crate) use judge::judge;

/// Rule for values of names such as `token` or `secret`.
pub(crate) const SECRET: &str = "generic-secret";
/// Rule for values of names such as `password`.
pub(crate) const PASSWORD: &str = "generic-password";
/// Rule for values whose name also says whose they are.
pub(crate) const NAMED: &str = "named-credential";

/// Rule for Data Center tokens, which are known by what their base64 holds.
pub(crate) const ID_TOKEN: &str = "atlassian-dc-token";

/// How far before and after the start of its keyword an assignment depends on bytes.
pub(crate) const BACK: usize = 104;
/// See [`BACK`].
pub(crate) const REACH: usize = 300;

/// Lower-case words that lead here.
pub(crate) const KEYWORDS: &[&str] =
    &["secret", "token", "pass", "pwd", "key", "credential", "auth", "private", "access"];

/// Whether a rule is one of those that are matched by code rather than by an expression.
pub(crate) fn is_generic_id(id: &str) -> bool {
    matches!(id, SECRET | PASSWORD | NAMED | ID_TOKEN)
}
