//! Which tables are kept as evidence, and what of them is not: values that are secrets themselves.

use super::copy::quoted;

/// Stands where a secret value stood.
pub(super) const LEFT_OUT: &str = "[left out]";

/// Tables that answer questions of an investigation, lower case; `*` at the end stands for anything.
/// Sources: dumps of real Bitbucket, Jira and Confluence instances.
const WANTED: [&str; 62] = [
    // Accounts, groups, directories: all three products.
    "cwd_user",
    "cwd_user_attribute*",
    "cwd_user_credential_record",
    "cwd_group",
    "cwd_group_attribute*",
    "cwd_membership",
    "cwd_directory",
    "cwd_directory_attribute",
    "cwd_directory_operation",
    "cwd_app_dir_mapping",
    "cwd_application",
    "cwd_application_attribute",
    "cwd_webhook",
    "remembermetoken",
    // Bitbucket: accounts and grants.
    "sta_normal_user",
    "sta_service_user",
    "stash_user",
    "sta_global_permission",
    "sta_project_permission",
    "sta_repo_permission",
    "sta_permission_type",
    "sta_remember_me_token",
    // Bitbucket: what there is to touch, and who did.
    "project",
    "sta_personal_project",
    "sta_normal_project",
    "repository",
    "repository_access",
    "bb_data_store",
    "bb_mesh_node",
    "bb_mesh_partition*",
    // Keys, tokens, clients.
    "ao_fb71b4_ssh_public_key",
    "ao_e5a814_access_token*",
    "ao_fe1bc5_*",
    "ao_81f455_personal_token",
    "ao_ed669c_*",
    "oauth*",
    "trustedapp*",
    // Programs.
    "plugin_state",
    "plugin_setting",
    "pluginstate",
    "pluginversion",
    "plugindata",
    "bandana",
    "bb_hook_script*",
    "bb_secret_allowlist_rule",
    "sta_repo_hook",
    "app_property",
    // Audit.
    "ao_c77861_audit_*",
    "ao_bd73c3_*",
    "audit_log",
    "audit_item",
    "audit_changed_value",
    "auditrecord",
    "audit_affected_object",
    // Names of what logs only number.
    "content",
    "spaces",
    "jiraissue",
    "fileattachment",
    "globalpermissionentry",
    "spacepermissions",
    "propertyentry",
    "confversion",
];

/// Tables that every Bitbucket of the last ten years has: one that is missing means another version or a partial dump.
pub(super) const BITBUCKET: [&str; 9] = [
    "cwd_user",
    "cwd_membership",
    "sta_normal_user",
    "sta_global_permission",
    "sta_project_permission",
    "sta_repo_permission",
    "project",
    "repository",
    "plugin_state",
];

/// Tables of which only some columns are kept: the rest is people's content.
const SOME: [(&str, &[&str]); 4] = [
    (
        "content",
        &[
            "contentid",
            "contenttype",
            "title",
            "spaceid",
            "creator",
            "creationdate",
            "lastmodifier",
            "lastmoddate",
            "content_status",
            "prevver",
        ],
    ),
    ("jiraissue", &["id", "pkey", "issuenum", "project", "reporter", "creator", "created", "updated"]),
    ("plugindata", &["plugindataid", "pluginkey", "filename", "lastmoddate"]),
    ("bandana", &["bandanaid", "bandanacontext", "bandanakey"]),
];

/// A column whose name holds one of these is a secret.
const SECRET: [&str; 10] = [
    "password",
    "passwd",
    "credential",
    "secret",
    "private_key",
    "privatekey",
    "hashed_token",
    "token_hash",
    "authorization_code",
    "salt",
];

/// Columns that are secrets under a harmless name.
const SECRET_IN: [(&str, &str); 6] = [
    ("sta_remember_me_token", "token"),
    ("sta_remember_me_token", "series"),
    ("remembermetoken", "token"),
    ("remembermetoken", "randomstring"),
    ("oauthsptoken", "token"),
    ("oauthconsumertoken", "token"),
];

/// Tables of keys with values: the values of some keys are secrets.
const BY_KEY: [(&str, &str, &str); 7] = [
    ("plugin_setting", "key_name", "key_value"),
    ("app_property", "prop_key", "prop_value"),
    ("cwd_directory_attribute", "attribute_name", "attribute_value"),
    ("cwd_application_attribute", "attribute_name", "attribute_value"),
    ("cwd_user_attribute", "attribute_name", "attribute_value"),
    ("cwd_user_attributes", "attribute_name", "attribute_value"),
    ("propertyentry", "property_key", "property_value"),
];

/// A key that holds one of these names a secret.
const SECRET_KEYS: [&str; 8] =
    ["secret", "password", "passwd", "token", "licen", "private", "credential", "applinks.admin"];

/// Keys that hold such a name and say only when or whether.
const HARMLESS_KEYS: [&str; 3] = ["passwordlastchanged", "requirespasswordchange", "passwordexpired"];

/// Whether a table, lower case, is kept.
pub(super) fn is_wanted(table: &str) -> bool {
    WANTED.iter().any(|name| match name.strip_suffix('*') {
        Some(start) => table.starts_with(start),
        None => table == *name,
    })
}

/// What is kept of one table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Keep {
    /// Columns, as the database spells them.
    pub(super) columns: Vec<String>,
    /// Columns that are left out.
    pub(super) left_out: Vec<String>,
    /// Of a table of keys: the column of keys and the column of values.
    by_key: Option<(String, String)>,
}

impl Keep {
    /// Decides for a table and its columns.
    pub(super) fn of(table: &str, columns: &[String]) -> Self {
        let table = table.to_ascii_lowercase();
        let some = SOME.iter().find(|(name, _)| *name == table).map(|(_, columns)| *columns);
        let is_kept = |column: &String| {
            let column = column.to_ascii_lowercase();
            some.is_none_or(|some| some.contains(&column.as_str()))
                && !SECRET.iter().any(|word| column.contains(word))
                && !SECRET_IN.contains(&(table.as_str(), column.as_str()))
        };
        let (kept, left_out) = columns.iter().cloned().partition(is_kept);
        let named = |name: &str| columns.iter().find(|column| column.eq_ignore_ascii_case(name)).cloned();
        let by_key = BY_KEY
            .iter()
            .find(|(name, ..)| *name == table)
            .and_then(|(_, key, value)| Some((named(key)?, named(value)?)));
        Self { columns: kept, left_out, by_key }
    }

    /// The column of this row whose value is a secret, told by the row's key.
    pub(super) fn hides(&self, columns: &[String], fields: &[&[u8]]) -> Option<&String> {
        let (key, value) = self.by_key.as_ref()?;
        let field = columns.iter().zip(fields).find(|(column, _)| *column == key)?.1;
        let text = String::from_utf8_lossy(field).to_ascii_lowercase();
        let is_secret =
            SECRET_KEYS.iter().any(|word| text.contains(word)) && !HARMLESS_KEYS.contains(&text.as_str());
        is_secret.then_some(value)
    }

    /// The expressions that a live database is asked for.
    pub(super) fn expressions(&self) -> String {
        let of = |column: &String| match &self.by_key {
            Some((key, value)) if value == column => {
                let (key, value) = (quoted(key), quoted(value));
                let holds = |word: &&str| format!("position('{word}' in lower({key}::text)) > 0");
                let is_secret = SECRET_KEYS.iter().map(holds).collect::<Vec<_>>().join(" OR ");
                let harmless = HARMLESS_KEYS.join("', '");
                format!(
                    "CASE WHEN ({is_secret}) AND lower({key}::text) NOT IN ('{harmless}') \
                     THEN '{LEFT_OUT}' ELSE {value}::text END AS {value}"
                )
            }
            _ => quoted(column),
        };
        self.columns.iter().map(of).collect::<Vec<_>>().join(", ")
    }

    /// What was left out, in words.
    pub(super) fn said(&self) -> Vec<String> {
        let mut said = self.left_out.clone();
        said.extend(self.by_key.as_ref().map(|(key, value)| format!("{value} where {key} names a secret")));
        said
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keep(table: &str, columns: &[&str]) -> Keep {
        Keep::of(table, &columns.iter().map(|c| (*c).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn secrets_are_left_out_and_named() {
        let kept = keep("AO_E5A814_ACCESS_TOKEN", &["TOKEN_ID", "NAME", "HASHED_TOKEN"]);
        assert_eq!(
            (kept.columns.join(","), kept.said().join(",")),
            ("TOKEN_ID,NAME".into(), "HASHED_TOKEN".into())
        );
        let kept = keep("plugin_setting", &["namespace", "key_name", "key_value"]);
        let columns = kept.columns.clone();
        let row = |key: &'static str| [b"ns".as_slice(), key.as_bytes(), b"v"];
        assert!(kept.hides(&columns, &row("applinks.admin.x.Auth::Password")).is_some());
        assert!(kept.hides(&columns, &row("theme")).is_none());
        assert!(kept.expressions().contains("CASE WHEN (position('secret' in lower(key_name::text)) > 0"));
        assert_eq!(keep("content", &["CONTENTID", "TITLE", "LOWERTITLE"]).columns, ["CONTENTID", "TITLE"]);
    }

    #[test]
    fn tables_are_wanted_by_name_or_family() {
        assert!(is_wanted("repository_access") && is_wanted("ao_c77861_audit_entity"));
        assert!(!is_wanted("sta_pull_request") && !is_wanted("bodycontent"));
    }
}
