//! Typed rows. Every row knows where it stands.

use std::collections::BTreeMap;

use bbsec_core::{Gap, Place, Time};

/// An account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// `sta_normal_user.user_id`, which tokens, keys and permissions refer to.
    pub id: Option<String>,
    /// Login name.
    pub name: String,
    /// When it was created; from `cwd_user`.
    pub created: Option<Time>,
    /// When it was last changed.
    pub updated: Option<Time>,
    /// Whether it may log in.
    pub active: Option<bool>,
    /// When it last logged in.
    pub last_login: Option<Time>,
    /// Where the row stands.
    pub at: Place,
}

/// An account in a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    /// The group.
    pub group: String,
    /// The account, as the table writes it.
    pub user: String,
    /// Where the row stands.
    pub at: Place,
}

/// A row of `sta_global_permission`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GlobalPermission {
    /// The permission's number or name.
    pub permission: String,
    /// The group that has it.
    pub group: Option<String>,
    /// The account that has it.
    pub user_id: Option<String>,
    /// Where the row stands.
    pub at: Place,
}

impl GlobalPermission {
    /// Whether it administers the product: `ADMIN` is 6 and `SYS_ADMIN` 7 in Bitbucket's table of permissions.
    pub fn is_admin(&self) -> bool {
        matches!(self.permission.as_str(), "6" | "7" | "ADMIN" | "SYS_ADMIN")
    }
}

/// An HTTP access token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessToken {
    /// Its id, as the access log prints it.
    pub id: String,
    /// What its owner called it.
    pub name: String,
    /// Whose it is.
    pub user_id: String,
    /// When it was created.
    pub created: Option<Time>,
    /// When it was last used.
    pub last_used: Option<Time>,
    /// Where the row stands.
    pub at: Place,
}

/// An SSH key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SshKey {
    /// Its id, as the access log prints it.
    pub id: String,
    /// Whose it is.
    pub user_id: String,
    /// What its owner called it.
    pub label: String,
    /// The public key's text.
    pub key: String,
    /// When it was created.
    pub created: Option<Time>,
    /// When it was last used.
    pub last_used: Option<Time>,
    /// Where the row stands.
    pub at: Place,
}

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

/// A repository with its project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RepositoryRow {
    /// Its id: the name of its folder.
    pub id: String,
    /// Slug.
    pub slug: String,
    /// Project key, upper-case; `~user` for a personal one.
    pub project: Option<String>,
    /// Forks of one another share it.
    pub hierarchy: Option<String>,
    /// Whether anybody may read it.
    pub public: bool,
    /// The extra data store that it lies in.
    pub store: Option<String>,
    /// The Mesh partition that it lies in.
    pub partition: Option<String>,
    /// Where the row stands.
    pub at: Place,
}

/// When an account last looked at a repository: what remains when the access log has rotated away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RepositoryAccess {
    /// The account's id.
    pub user_id: String,
    /// The repository's id.
    pub repository_id: String,
    /// The last time.
    pub last: Time,
    /// Where the row stands.
    pub at: Place,
}

/// A program that runs on the server on push.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HookScript {
    /// Its name.
    pub name: String,
    /// The plugin that brought it.
    pub plugin: String,
    /// Its digest.
    pub hash: String,
    /// When it was created.
    pub created: Option<Time>,
    /// When it was last changed.
    pub updated: Option<Time>,
    /// Where the row stands.
    pub at: Place,
}

/// A folder outside of the shared home that holds repositories.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataStore {
    /// Its id.
    pub id: String,
    /// Its path on the host.
    pub path: String,
    /// Where the row stands.
    pub at: Place,
}

/// An action that is excluded from auditing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditDenied {
    /// The action.
    pub action: String,
    /// Where the row stands.
    pub at: Place,
}

/// What a dump or a live database says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Database {
    /// Accounts.
    pub users: Vec<User>,
    /// Memberships.
    pub memberships: Vec<Membership>,
    /// Global permissions.
    pub global_permissions: Vec<GlobalPermission>,
    /// Access tokens.
    pub tokens: Vec<AccessToken>,
    /// SSH keys.
    pub ssh_keys: Vec<SshKey>,
    /// Plugin states.
    pub plugin_state: Vec<PluginState>,
    /// Repositories.
    pub repositories: Vec<RepositoryRow>,
    /// Last visits.
    pub repository_access: Vec<RepositoryAccess>,
    /// Hook scripts.
    pub hook_scripts: Vec<HookScript>,
    /// Extra data stores.
    pub data_stores: Vec<DataStore>,
    /// Names of Mesh nodes.
    pub mesh_nodes: Vec<String>,
    /// Actions that are excluded from auditing.
    pub audit_denied: Vec<AuditDenied>,
    /// Ids of the rows of the audit table, sorted.
    pub audit_ids: Vec<u64>,
    /// `app_property`, without the licence.
    pub properties: BTreeMap<String, String>,
    /// Tables that were read, with their rows.
    pub tables: BTreeMap<String, u64>,
    /// What could not be read, and what lies elsewhere.
    pub gaps: Vec<Gap>,
}
