//! Rows of the product's database that accounts, access and plugins are compared with.

use bbsec_core::{Place, Time};

/// A row of `plugin_state`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PluginState {
    /// Plugin key, or `plugin:module`.
    pub name: String,
    /// Whether it is switched on.
    pub enabled: bool,
    /// When that was last changed.
    pub updated: Option<Time>,
    /// Where the row stands.
    pub at: Place,
}
