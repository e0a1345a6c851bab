//! What `isolate` is given.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Cut compromised instances off the network, keep their state, and read back what is cut and what is not.
#[derive(Debug, Clone, Default, PartialEq, Eq, clap::Args, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct IsolateInput {
    /// Instance to isolate; repeat for several. The case's instances when none is given
    #[arg(long = "instance", value_name = "ID", num_args = 1..)]
    pub instance: Vec<String>,
    /// Isolate every node of the same cluster too
    #[arg(long)]
    pub cluster: bool,
    /// Addresses that may still come in, such as the responder's; repeat for several
    #[arg(long = "allow", value_name = "CIDR", num_args = 1..)]
    pub allow: Vec<String>,
    /// Add network ACL denies for the instance's addresses, against connections that stay tracked
    #[arg(long)]
    pub cut_tracked: bool,
    /// Cut first: request no snapshots before
    #[arg(long)]
    pub cut_now: bool,
    /// Detach the instance profile and revoke sessions that its roles have issued
    #[arg(long)]
    pub revoke_role_sessions: bool,
}
