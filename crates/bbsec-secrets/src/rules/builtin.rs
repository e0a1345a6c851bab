//! The rule files that ship with this crate, in the order in which their providers matter here.

use std::sync::{Arc, OnceLock};

use super::{Rules, load};

/// Name and text of each file.
pub(super) const FILES: &[(&str, &str)] = &[
    ("atlassian", include_str!("../../rules/atlassian.toml")),
    ("cloud", include_str!("../../rules/cloud.toml")),
    ("code", include_str!("../../rules/code.toml")),
    ("keys", include_str!("../../rules/keys.toml")),
    ("connections", include_str!("../../rules/connections.toml")),
    ("messaging", include_str!("../../rules/messaging.toml")),
    ("payment", include_str!("../../rules/payment.toml")),
    ("ai", include_str!("../../rules/ai.toml")),
    ("operations", include_str!("../../rules/operations.toml")),
    ("business", include_str!("../../rules/business.toml")),
    ("generic", include_str!("../../rules/generic.toml")),
];

static BUILTIN: OnceLock<Arc<Rules>> = OnceLock::new();

pub(super) fn builtin() -> Arc<Rules> {
    BUILTIN
        .get_or_init(|| {
            let (rules, refused) = load::builtin();
            debug_assert!(refused.is_empty(), "{refused:?}");
            Arc::new(rules)
        })
        .clone()
}
