//! Database and REST interface beside one another: where they disagree, and what their last-access columns tell.

use std::collections::{BTreeMap, BTreeSet};

use bbsec_core::{Confidence, Finding, Place, Scope, Severity, Subject, Time};

use crate::database::Database;

/// Rows of one kind in one source, by id.
type Rows = BTreeMap<String, Place>;
/// How rows of a kind are taken out of a source.
type Of = fn(&Database) -> Rows;

/// What two sources that tell of the same kind of thing do not both have.
pub(super) fn disagreements(sources: &[Database]) -> Vec<Finding> {
    let kinds: [(&str, Of); 3] = [
        ("user", |source| source.users.iter().map(|row| (row.name.clone(), row.at.clone())).collect()),
        ("token", |source| source.tokens.iter().map(|row| (row.id.clone(), row.at.clone())).collect()),
        ("ssh-key", |source| source.ssh_keys.iter().map(|row| (row.id.clone(), row.at.clone())).collect()),
    ];
    let mut found = Vec::new();
    for (kind, of) in kinds {
        // A source without any such row was not asked for them.
        let rows: Vec<Rows> = sources.iter().map(of).filter(|rows| !rows.is_empty()).collect();
        let Some(first) = rows.first().filter(|_| rows.len() > 1) else { continue };
        let all: BTreeSet<&String> = rows.iter().flat_map(BTreeMap::keys).collect();
        for id in all {
            let having = rows.iter().filter(|rows| rows.contains_key(id)).count();
            if having == rows.len() {
                continue;
            }
            let at = rows.iter().find_map(|rows| rows.get(id)).cloned();
            let shown_by = if first.contains_key(id) { "the first has it" } else { "the first lacks it" };
            let mut finding = Finding::new(
                "accounts",
                "accounts.sources-disagree",
                format!("{having} of {} sources know the {kind} {id}", rows.len()),
                Severity::High,
                Confidence::Medium,
                Subject::new(kind, id.clone()),
                None,
            )
            .because(format!("{shown_by}: it was made or removed between the two, or one of them hides it"));
            finding.evidence.extend(at);
            found.push(finding);
        }
    }
    found
}

/// Tokens and keys that were used in the window, by the database's own columns: what remains when logs have rotated.
pub(super) fn last_uses(scope: &Scope, sources: &[Database]) -> Vec<Finding> {
    let mut found = Vec::new();
    for source in sources {
        let names: BTreeMap<&str, &str> =
            source.users.iter().filter_map(|user| Some((user.id.as_deref()?, user.name.as_str()))).collect();
        let tokens = source.tokens.iter().map(|t| ("token", &t.id, &t.name, &t.user_id, t.last_used, &t.at));
        let keys =
            source.ssh_keys.iter().map(|k| ("ssh-key", &k.id, &k.label, &k.user_id, k.last_used, &k.at));
        for (kind, id, label, owner, last, at) in tokens.chain(keys) {
            let Some(last): Option<Time> = last.filter(|last| scope.from.is_some() && scope.contains(*last))
            else {
                continue;
            };
            let owner = names.get(owner.as_str()).copied().unwrap_or(owner.as_str());
            found.push(
                Finding::new(
                    "accounts",
                    "accounts.last-used",
                    format!("The {kind} {id} ({label}) of {owner} was last used at {}", last.short()),
                    Severity::Info,
                    Confidence::High,
                    Subject::new(kind, id.clone()),
                    Some(last),
                )
                .because(
                    "out of the database alone; the access log shows from where, if it reaches back that far",
                )
                .seen_at(at.clone()),
            );
        }
    }
    found
}
