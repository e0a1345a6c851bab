//! Answers of the products' REST interfaces as the rows that the database would have: so that one comparison serves both.

use std::sync::Arc;

use bbsec_core::{Gap, Place, Time};
use serde_json::Value;

use super::rows::{
    AccessToken, Database, GlobalPermission, HookScript, Membership, PluginState, SshKey, User,
};

/// One answer: a page of what was asked.
#[derive(Debug, Clone)]
pub struct RestAnswer {
    /// What was asked: `users`, `ssh-keys-users`, …
    pub question: String,
    /// For whom or what: a user, a group; empty where it is asked once.
    pub about: String,
    /// The file that holds it.
    pub file: Arc<str>,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// Everything that the answers say. What is no JSON is a gap.
pub fn from_answers<'a>(answers: impl IntoIterator<Item = &'a RestAnswer>) -> Database {
    let mut out = Database::default();
    for answer in answers {
        match serde_json::from_slice::<Value>(&answer.bytes) {
            Ok(value) => {
                for row in rows(&value) {
                    one(answer, row, &mut out);
                }
                *out.tables.entry(format!("rest {}", answer.question)).or_default() +=
                    rows(&value).len() as u64;
            }
            Err(_) => {
                out.gaps.push(Gap::unread("REST answer", answer.file.to_string(), "it is no JSON", 1));
            }
        }
    }
    out.users.sort_by(|a, b| a.name.cmp(&b.name));
    out.users.dedup_by(|a, b| a.name == b.name);
    out
}

/// Pages wrap their rows in `values` (Bitbucket, Jira), `results` (Confluence) or `plugins` (UPM), or are lists.
fn rows(value: &Value) -> &[Value] {
    let inner = ["values", "results", "plugins", "users"].iter().find_map(|name| value.get(*name));
    inner.or(Some(value)).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn text(row: &Value, names: &[&str]) -> Option<String> {
    names.iter().find_map(|name| match row.pointer(name)? {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    })
}

fn time(row: &Value, names: &[&str]) -> Option<Time> {
    names.iter().find_map(|name| match row.pointer(name)? {
        Value::Number(number) => number.as_i64().map(Time::from_millis),
        Value::String(text) => text.parse().ok(),
        _ => None,
    })
}

fn one(answer: &RestAnswer, row: &Value, out: &mut Database) {
    let at = Place::file(Arc::clone(&answer.file));
    let name = || text(row, &["/name", "/username", "/key"]);
    match answer.question.as_str() {
        "users" => {
            let Some(name) = name() else { return };
            out.users.push(User {
                id: text(row, &["/id", "/key"]),
                name,
                created: time(row, &["/createdTimestamp", "/createdDate"]),
                updated: None,
                active: row.get("active").and_then(Value::as_bool),
                last_login: time(row, &["/lastAuthenticationTimestamp"]),
                at,
            });
        }
        "group-members" => {
            let Some(user) = name() else { return };
            out.memberships.push(Membership { group: answer.about.clone(), user, at });
        }
        "permissions-users" | "permissions-groups" => out.global_permissions.push(GlobalPermission {
            permission: text(row, &["/permission"]).unwrap_or_default(),
            group: text(row, &["/group/name"]),
            user_id: text(row, &["/user/id"]),
            at,
        }),
        question if question.starts_with("access-tokens-") => {
            let Some(id) = text(row, &["/id"]) else { return };
            out.tokens.push(AccessToken {
                id,
                name: text(row, &["/name"]).unwrap_or_default(),
                user_id: text(row, &["/user/id"]).unwrap_or_else(|| answer.about.clone()),
                created: time(row, &["/createdDate"]),
                last_used: time(row, &["/lastAuthenticated"]),
                at,
            });
        }
        "ssh-keys-users" | "access-keys-projects" | "access-keys-repos" => {
            // An access key wraps the key itself.
            let key = row.get("key").filter(|key| key.is_object()).unwrap_or(row);
            let Some(id) = text(key, &["/id"]) else { return };
            out.ssh_keys.push(SshKey {
                id,
                user_id: answer.about.clone(),
                label: text(key, &["/label"]).unwrap_or_default(),
                key: text(key, &["/text"]).unwrap_or_default(),
                created: time(key, &["/createdDate"]),
                last_used: time(key, &["/lastAuthenticated"]),
                at,
            });
        }
        "hook-scripts" => out.hook_scripts.push(HookScript {
            name: text(row, &["/name"]).unwrap_or_default(),
            plugin: text(row, &["/pluginKey"]).unwrap_or_default(),
            hash: text(row, &["/version"]).unwrap_or_default(),
            created: time(row, &["/createdDate"]),
            updated: time(row, &["/updatedDate"]),
            at,
        }),
        "plugins" => {
            let Some(key) = text(row, &["/key"]) else { return };
            let enabled = row.get("enabled").and_then(Value::as_bool).unwrap_or(false);
            out.plugin_state.push(PluginState { name: key, enabled, updated: None, at });
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(question: &str, about: &str, bytes: &str) -> RestAnswer {
        let file = format!("rest/host/{question}.json").into();
        RestAnswer { question: question.into(), about: about.into(), file, bytes: bytes.into() }
    }

    #[test]
    fn answers_of_all_products_become_rows() {
        let answers = [
            answer(
                "users",
                "",
                r#"{"values":[{"name":"ann","id":7,"active":true,"createdTimestamp":1772900000000}]}"#,
            ),
            answer("users", "", r#"[{"name":"bob","key":"JIRAUSER1","active":false}]"#),
            answer("group-members", "confluence-administrators", r#"{"results":[{"username":"eve"}]}"#),
            answer(
                "permissions-users",
                "",
                r#"{"values":[{"user":{"name":"ann","id":7},"permission":"SYS_ADMIN"}]}"#,
            ),
            answer(
                "access-tokens-users",
                "ann",
                r#"{"values":[{"id":"252973515069","name":"ci","createdDate":1772900000000,"user":{"id":7}}]}"#,
            ),
            answer(
                "ssh-keys-users",
                "ann",
                r#"{"values":[{"id":610,"label":"laptop","text":"ssh-ed25519 AAAA"}]}"#,
            ),
            answer(
                "access-keys-repos",
                "PAY/ledger",
                r#"{"values":[{"key":{"id":611,"label":"deploy"},"permission":"REPO_READ"}]}"#,
            ),
            answer("plugins", "", r#"{"plugins":[{"key":"web.shell.Plugin","enabled":true}]}"#),
            answer("users", "", "<html>"),
        ];
        let found = from_answers(&answers);
        assert_eq!(found.users.iter().map(|user| user.name.as_str()).collect::<Vec<_>>(), ["ann", "bob"]);
        assert_eq!(found.users[0].created, Some(Time::from_millis(1_772_900_000_000)));
        assert_eq!(found.memberships[0].group, "confluence-administrators");
        assert!(found.global_permissions[0].is_admin());
        assert_eq!(found.tokens[0].id, "252973515069");
        assert_eq!(found.ssh_keys.iter().map(|key| key.id.as_str()).collect::<Vec<_>>(), ["610", "611"]);
        assert_eq!(found.plugin_state[0].name, "web.shell.Plugin");
        assert_eq!(found.gaps.len(), 1);
    }
}
