//! What only the database knows, and where it and the audit log disagree.

use std::collections::{BTreeMap, BTreeSet};

use bbsec_core::{Confidence, Finding, Place, Scope, Severity, Subject, Time};

use super::{
    habits::Habits,
    observe::{Observation, fingerprint},
    rules::{self, Kind},
};
use crate::database::Database;

pub(super) fn findings(
    scope: &Scope,
    database: &Database,
    kept: &[Observation],
    habits: &Habits,
) -> Vec<Finding> {
    let seen = |kind: Kind| -> BTreeSet<&str> {
        let of_kind = kept.iter().filter(move |observation| observation.rule.kind == kind);
        of_kind.flat_map(|o| [Some(o.subject.as_str()), o.account.as_deref()]).flatten().collect()
    };
    let mut out = Compare { scope, habits, out: Vec::new() };
    let names: BTreeMap<&str, &str> =
        database.users.iter().filter_map(|user| Some((user.id.as_deref()?, user.name.as_str()))).collect();
    let owner = |id: &str| names.get(id).map_or_else(|| format!("account {id}"), |name| (*name).to_owned());
    let created = seen(Kind::UserCreated);
    for user in &database.users {
        out.row(
            "user",
            "accounts.unaudited-user",
            &user.name,
            None,
            user.created,
            &user.at,
            created.contains(user.name.as_str()),
        );
        odd_name(&user.name, &user.at, user.created, &mut out.out);
    }
    let tokens = seen(Kind::TokenCreated);
    for token in &database.tokens {
        let name = format!("{} of {}", token.name, owner(&token.user_id));
        out.row(
            "token",
            "accounts.unaudited-token",
            &token.id,
            Some(name),
            token.created,
            &token.at,
            tokens.contains(token.id.as_str()),
        );
    }
    let keys = seen(Kind::SshKeyCreated);
    for key in &database.ssh_keys {
        let name = format!("{} of {}", key.label, owner(&key.user_id));
        let print = fingerprint(&key.key).unwrap_or_default();
        let known = keys.contains(key.id.as_str()) || keys.contains(print.as_str());
        out.row("ssh-key", "accounts.unaudited-ssh-key", &key.id, Some(name), key.created, &key.at, known);
    }
    for script in &database.hook_scripts {
        let title = format!("A hook script runs on the server: {}", script.name);
        let mut finding = Finding::new(
            "accounts",
            "accounts.hook-script",
            title,
            Severity::Medium,
            Confidence::Medium,
            Subject::new("hook", script.name.clone()),
            script.updated.or(script.created),
        )
        .because(format!("brought by {}, digest {}", script.plugin, script.hash))
        .seen_at(script.at.clone());
        if scope.from.is_some() && script.updated.or(script.created).is_some_and(|at| scope.contains(at)) {
            finding.severity = Severity::High;
            finding.why.push("created or changed in the window".into());
        }
        out.out.push(finding);
    }
    for denied in &database.audit_denied {
        let title = format!("The audit log leaves out {}", denied.action);
        out.out.push(
            Finding::new(
                "accounts",
                "accounts.audit-lowered",
                title,
                Severity::High,
                Confidence::High,
                Subject::new("configuration", denied.action.clone()),
                None,
            )
            .because("an administrator, or the actor, excluded this action from auditing")
            .seen_at(denied.at.clone()),
        );
    }
    admins(database, kept, &mut out.out);
    audit_rows(database, &mut out.out);
    out.out
}

struct Compare<'a> {
    scope: &'a Scope,
    habits: &'a Habits,
    out: Vec<Finding>,
}

impl Compare<'_> {
    #[allow(clippy::too_many_arguments, reason = "one row of a comparison")]
    fn row(
        &mut self,
        kind: &str,
        rule: &str,
        id: &str,
        name: Option<String>,
        created: Option<Time>,
        at: &Place,
        audited: bool,
    ) {
        let Some(time) = created else { return };
        if audited || !self.habits.covers(time) {
            return;
        }
        let windowed = self.scope.from.is_some() && self.scope.contains(time);
        let severity = if windowed { Severity::Critical } else { Severity::High };
        let shown = name.clone().unwrap_or_else(|| id.to_owned());
        let title = format!("The database has a {kind} that no audit event speaks of: {shown}");
        let mut subject = Subject::new(kind, id);
        subject.name = name;
        let mut finding = Finding::new(
            "accounts",
            rule,
            title,
            severity,
            Confidence::Medium,
            subject,
            Some(time),
        )
        .because(format!("created at {}, a time that the audit logs cover", time.short()))
        .because("either the coverage was too low, events were removed, or it was written past the product")
        .seen_at(at.clone());
        if windowed {
            finding.why.push("within the window".into());
        }
        self.out.push(finding);
    }
}

fn odd_name(name: &str, at: &Place, created: Option<Time>, out: &mut Vec<Finding>) {
    let why = if name.contains(char::is_control) || name.contains("GIT_") || name.contains("LD_PRELOAD") {
        "the name has the shape of an environment variable or holds control characters (CVE-2022-43781)"
    } else if name.eq_ignore_ascii_case("disabledsystemuser") {
        "the account of a vulnerable app with a published password (CVE-2022-26138)"
    } else {
        return;
    };
    out.push(
        Finding::new(
            "accounts",
            "accounts.hostile-name",
            format!("An account is named {}", bbsec_core::escape::terminal(name)),
            Severity::Critical,
            Confidence::High,
            Subject::new("user", name),
            created,
        )
        .because(why)
        .seen_at(at.clone()),
    );
}

/// Everybody who administers the product, and since when the audit log knows of it.
fn admins(database: &Database, kept: &[Observation], out: &mut Vec<Finding>) {
    let names: BTreeMap<&str, &str> =
        database.users.iter().filter_map(|user| Some((user.id.as_deref()?, user.name.as_str()))).collect();
    let mut admins: BTreeMap<String, (Vec<String>, Place)> = BTreeMap::new();
    let mut groups: BTreeSet<&str> = BTreeSet::new();
    for grant in database.global_permissions.iter().filter(|grant| grant.is_admin()) {
        if let Some(user) = &grant.user_id {
            let name =
                names.get(user.as_str()).map_or_else(|| format!("account {user}"), |name| (*name).to_owned());
            let entry = admins.entry(name).or_insert_with(|| (Vec::new(), grant.at.clone()));
            entry.0.push(format!("holds the global permission {}", grant.permission));
        }
        groups.extend(grant.group.as_deref());
    }
    for member in &database.memberships {
        if groups.contains(member.group.as_str()) || rules::is_admin_group(&member.group) {
            let entry = admins.entry(member.user.clone()).or_insert_with(|| (Vec::new(), member.at.clone()));
            entry.0.push(format!("is in the group {}", member.group));
        }
    }
    for (name, (why, at)) in admins {
        let granted = kept.iter().rev().find(|seen| {
            matches!(seen.rule.kind, Kind::GlobalGrant | Kind::GroupMember)
                && seen.account.as_deref() == Some(&name)
        });
        let mut finding = Finding::new(
            "accounts",
            "accounts.administrator",
            format!("{name} administers the product"),
            Severity::Info,
            Confidence::High,
            Subject::new("user", name.clone()),
            granted.map(|seen| seen.time),
        )
        .seen_at(at);
        finding.why = why;
        finding.why.extend(
            granted.map(|seen| format!("granted at {}, within what the audit logs cover", seen.time.short())),
        );
        if granted.is_some() {
            finding.severity = Severity::Medium;
        }
        out.push(finding);
    }
}

/// Numbers that are missing between the oldest and the newest audit row: rows that were removed.
fn audit_rows(database: &Database, out: &mut Vec<Finding>) {
    let (Some(first), Some(last)) = (database.audit_ids.first(), database.audit_ids.last()) else { return };
    let expected = last.saturating_sub(*first).saturating_add(1);
    let missing = expected.saturating_sub(database.audit_ids.len() as u64);
    if missing == 0 {
        return;
    }
    out.push(
        Finding::new(
            "accounts",
            "accounts.audit-rows-missing",
            format!("{missing} rows are missing from the audit table"),
            Severity::Medium,
            Confidence::Low,
            Subject::new("configuration", "AO_C77861_AUDIT_ENTITY"),
            None,
        )
        .because(format!("ids run from {first} to {last}, and {} rows are there", database.audit_ids.len()))
        .because("clusters and rolled-back transactions leave gaps as well; compare with the audit files"),
    );
}
