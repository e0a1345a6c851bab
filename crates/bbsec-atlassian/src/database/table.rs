//! Which tables are read, and how their rows become typed ones. Names are compared without regard to case: Active
//! Objects' tables are upper-case on PostgreSQL and lower-case elsewhere.

use std::collections::{BTreeMap, HashMap};

use bbsec_core::{Gap, Place, Time};

use super::rows::{
    AccessToken, AuditDenied, DataStore, Database, GlobalPermission, HookScript, Membership, PluginState,
    RepositoryAccess, RepositoryRow, SshKey, User,
};

/// Tables that are read, lower case.
pub const TABLES: [&str; 21] = [
    "cwd_user",
    "cwd_user_attribute",
    "cwd_membership",
    "sta_normal_user",
    "sta_service_user",
    "sta_global_permission",
    "project",
    "sta_personal_project",
    "repository",
    "repository_access",
    "ao_fb71b4_ssh_public_key",
    "ao_e5a814_access_token",
    "plugin_state",
    "bb_hook_script",
    "bb_data_store",
    "bb_mesh_node",
    "app_property",
    "ao_c77861_audit_entity",
    "ao_c77861_audit_deny_listed",
    "ao_fe1bc5_client",
    "sta_permission_type",
];

/// One row: columns with their values; NULL is missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Values by column, lower case.
    pub values: BTreeMap<String, String>,
    /// Where it stands.
    pub at: Place,
}

impl Row {
    fn text(&self, column: &str) -> Option<String> {
        self.values.get(column).filter(|value| !value.is_empty()).cloned()
    }
    fn need(&self, column: &str) -> String {
        self.text(column).unwrap_or_default()
    }
    fn time(&self, column: &str) -> Option<Time> {
        time(self.values.get(column)?)
    }
    fn flag(&self, column: &str) -> Option<bool> {
        match self.values.get(column)?.to_ascii_lowercase().as_str() {
            "t" | "true" | "1" | "y" => Some(true),
            "f" | "false" | "0" | "n" => Some(false),
            _ => None,
        }
    }
}

/// Milliseconds, or a timestamp; one without a zone is read as UTC.
pub(super) fn time(text: &str) -> Option<Time> {
    if let Ok(millis) = text.parse::<i64>() {
        return (millis > 0).then(|| Time::from_millis(millis));
    }
    // PostgreSQL prints a zone of whole hours as `+01`.
    let short = text.len() > 3
        && text
            .get(text.len() - 3..)
            .is_some_and(|end| end.starts_with(['+', '-']) && end[1..].bytes().all(|b| b.is_ascii_digit()))
        && text.contains(':');
    let text = if short { format!("{text}:00") } else { text.to_owned() };
    text.parse().ok()
}

/// Gathers rows of all tables, then joins them.
#[derive(Debug, Default)]
pub(super) struct Builder {
    database: Database,
    crowd: HashMap<String, (String, Row)>,
    logins: HashMap<String, Time>,
    normal: HashMap<String, String>,
    projects: HashMap<String, String>,
    personal: HashMap<String, String>,
    permissions: HashMap<String, String>,
    raw_repositories: Vec<Row>,
}

impl Builder {
    /// Takes a row of a table that [`TABLES`] names.
    pub(super) fn add(&mut self, table: &str, row: Row) {
        *self.database.tables.entry(table.to_owned()).or_default() += 1;
        let out = &mut self.database;
        let at = row.at.clone();
        match table {
            "cwd_user" => {
                let name = row.text("user_name").or_else(|| row.text("lower_user_name")).unwrap_or_default();
                self.crowd.insert(row.need("id"), (name, row));
            }
            "cwd_user_attribute" => {
                let wanted = matches!(
                    row.need("attribute_name").as_str(),
                    "lastAuthenticationTimestamp" | "lastAuthenticated"
                );
                if let Some(time) = row.time("attribute_value").filter(|_| wanted) {
                    self.logins.insert(row.need("user_id"), time);
                }
            }
            "cwd_membership" => {
                let user = row.text("child_name").or_else(|| row.text("lower_child_name"));
                let group = row.text("parent_name").or_else(|| row.text("lower_parent_name"));
                if let (Some(user), Some(group)) = (user, group) {
                    out.memberships.push(Membership { group, user, at });
                }
            }
            "sta_normal_user" | "sta_service_user" => {
                self.normal.insert(row.need("name"), row.need("user_id"));
            }
            "sta_global_permission" => out.global_permissions.push(GlobalPermission {
                permission: row.need("perm_id"),
                group: row.text("group_name"),
                user_id: row.text("user_id"),
                at,
            }),
            "sta_permission_type" => {
                if let Some(name) = row.text("perm_name").or_else(|| row.text("name")) {
                    self.permissions.insert(row.need("perm_id"), name);
                }
            }
            "project" => {
                self.projects.insert(row.need("id"), row.need("project_key"));
            }
            "sta_personal_project" => {
                self.personal.insert(row.need("project_id"), row.need("owner_id"));
            }
            "repository" => self.raw_repositories.push(row),
            "repository_access" => {
                if let Some(last) = row.time("last_accessed") {
                    let (user_id, repository_id) = (row.need("user_id"), row.need("repository_id"));
                    out.repository_access.push(RepositoryAccess { user_id, repository_id, last, at });
                }
            }
            "app_property" => {
                let key = row.need("prop_key");
                if !key.to_ascii_lowercase().contains("license") {
                    out.properties.insert(key, row.need("prop_value"));
                }
            }
            _ => other(out, table, &row),
        }
    }

    /// Joins what belongs together.
    pub(super) fn finish(mut self) -> Database {
        let mut ids = std::mem::take(&mut self.normal);
        for (id, (name, row)) in &self.crowd {
            self.database.users.push(User {
                id: ids.remove(name),
                name: name.clone(),
                created: row.time("created_date"),
                updated: row.time("updated_date"),
                active: row.flag("is_active").or_else(|| row.flag("active")),
                last_login: self.logins.get(id).copied(),
                at: row.at.clone(),
            });
        }
        let left = ids.into_iter().map(|(name, id)| User {
            id: Some(id),
            name,
            created: None,
            updated: None,
            active: None,
            last_login: None,
            at: Place::file("sta_normal_user"),
        });
        self.database.users.extend(left);
        self.database.users.sort_by(|a, b| a.name.cmp(&b.name));
        for grant in &mut self.database.global_permissions {
            if let Some(name) = self.permissions.get(&grant.permission) {
                grant.permission.clone_from(name);
            }
        }
        self.repositories();
        self.database.audit_ids.sort_unstable();
        self.database.audit_ids.dedup();
        self.elsewhere();
        self.database
    }

    fn repositories(&mut self) {
        for row in std::mem::take(&mut self.raw_repositories) {
            let project = self
                .projects
                .get(&row.need("project_id"))
                .map(|key| if key.starts_with('~') { key.to_lowercase() } else { key.to_uppercase() });
            self.database.repositories.push(RepositoryRow {
                id: row.need("id"),
                slug: row.need("slug"),
                project,
                hierarchy: row.text("hierarchy_id"),
                public: row.flag("is_public").unwrap_or(false),
                store: row.text("store_id"),
                partition: row.text("partition_id"),
                at: row.at,
            });
        }
        self.database.repositories.sort_by(|a, b| (a.id.len(), &a.id).cmp(&(b.id.len(), &b.id)));
    }

    /// Repositories that no copy of this home holds.
    fn elsewhere(&mut self) {
        let database = &mut self.database;
        for store in &database.data_stores {
            let count =
                database.repositories.iter().filter(|row| row.store.as_ref() == Some(&store.id)).count();
            let why =
                format!("the data store at {} holds {count} repositories; collect it as well", store.path);
            database.gaps.push(Gap::unread("repository store", store.path.clone(), why, count as u64));
        }
        for node in &database.mesh_nodes {
            let why = "a Mesh node: repositories may lie on it; collect its `data/repositories` as well";
            database.gaps.push(Gap::unread("repository store", node.clone(), why, 1));
        }
    }
}

fn other(out: &mut Database, table: &str, row: &Row) {
    let at = row.at.clone();
    match table {
        "ao_fb71b4_ssh_public_key" => out.ssh_keys.push(SshKey {
            id: row.need("entity_id"),
            user_id: row.need("user_id"),
            label: row.need("label"),
            key: row.need("key_text"),
            created: row.time("created_date"),
            last_used: row.time("last_authenticated"),
            at,
        }),
        "ao_e5a814_access_token" => out.tokens.push(AccessToken {
            id: row.need("token_id"),
            name: row.need("name"),
            user_id: row.need("user_id"),
            created: row.time("created_date"),
            last_used: row.time("last_authenticated"),
            at,
        }),
        "plugin_state" => out.plugin_state.push(PluginState {
            name: row.need("name"),
            enabled: row.flag("enabled").unwrap_or(false),
            updated: row.time("updated_timestamp"),
            at,
        }),
        "bb_hook_script" => out.hook_scripts.push(HookScript {
            name: row.text("hook_name").or_else(|| row.text("name")).unwrap_or_default(),
            plugin: row.need("plugin_key"),
            hash: row.need("hook_hash"),
            created: row.time("created_timestamp").or_else(|| row.time("created_date")),
            updated: row.time("updated_timestamp").or_else(|| row.time("updated_date")),
            at,
        }),
        "bb_data_store" => {
            let id = row.text("id").or_else(|| row.text("ds_id")).unwrap_or_default();
            out.data_stores.push(DataStore { id, path: row.need("ds_path"), at });
        }
        "bb_mesh_node" => {
            out.mesh_nodes
                .extend(row.text("name").or_else(|| row.text("rpc_url")).or_else(|| row.text("id")));
        }
        "ao_c77861_audit_entity" => {
            out.audit_ids.extend(row.values.get("id").and_then(|id| id.parse::<u64>().ok()));
        }
        "ao_c77861_audit_deny_listed" => {
            out.audit_denied.push(AuditDenied { action: row.need("action"), at });
        }
        _ => {}
    }
}
