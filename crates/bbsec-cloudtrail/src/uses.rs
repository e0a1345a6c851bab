//! What each credential did: by access key id and by principal.

use std::collections::{BTreeMap, BTreeSet};

use bbsec_core::{Confidence, Finding, Place, Severity, Subject, Time};
use serde::Serialize;
use serde_json::json;

use crate::Record;

/// Places that are kept per credential and call.
const PLACES: usize = 5;
/// Different addresses and agents that are kept.
const MANY: usize = 50;

/// One credential's use of one API operation.
#[derive(Debug, Clone, Serialize)]
pub struct CredentialUse {
    /// The access key id, or the principal's ARN where the record names no key.
    pub credential: String,
    /// The principal.
    pub principal: Option<String>,
    /// `service:Operation`.
    pub operation: String,
    /// How often.
    pub count: u64,
    /// How often it was refused.
    pub errors: u64,
    /// First time.
    pub first: Time,
    /// Last time.
    pub last: Time,
    /// Where from.
    pub source_ips: BTreeSet<String>,
    /// With what.
    pub user_agents: BTreeSet<String>,
    /// Some of the records.
    #[serde(skip)]
    pub evidence: Vec<Place>,
}

/// Counts uses. Memory is bounded by credentials × operations.
#[derive(Debug, Default)]
pub struct CredentialUses {
    uses: BTreeMap<(String, String), CredentialUse>,
}

impl CredentialUses {
    /// Counts a record.
    pub fn add(&mut self, record: &Record) {
        let Some(credential) = record.access_key().or_else(|| record.principal()) else { return };
        let operation = format!("{}:{}", record.service(), record.name());
        let key = (credential.to_owned(), operation.clone());
        let entry = self.uses.entry(key).or_insert_with(|| CredentialUse {
            credential: credential.to_owned(),
            principal: record.principal().map(str::to_owned),
            operation,
            count: 0,
            errors: 0,
            first: record.time,
            last: record.time,
            source_ips: BTreeSet::new(),
            user_agents: BTreeSet::new(),
            evidence: Vec::new(),
        });
        entry.count += 1;
        entry.errors += u64::from(record.error_code().is_some());
        entry.first = entry.first.min(record.time);
        entry.last = entry.last.max(record.time);
        for (set, value) in
            [(&mut entry.source_ips, record.source_ip()), (&mut entry.user_agents, record.user_agent())]
        {
            if let Some(value) = value
                && set.len() < MANY
            {
                set.insert(value.to_owned());
            }
        }
        if entry.evidence.len() < PLACES {
            entry.evidence.push(record.at.clone());
        }
    }

    /// Every use.
    pub fn all(&self) -> impl Iterator<Item = &CredentialUse> {
        self.uses.values()
    }

    /// One finding a use, for the join with exposed credentials. They are facts, so their severity is `info`; what
    /// makes them bad is decided where the exposure is known.
    pub fn findings(&self) -> Vec<Finding> {
        self.all()
            .map(|used| {
                let mut finding = Finding::new(
                    "cloudtrail",
                    "credential-use",
                    format!("{} was used for {}", used.credential, used.operation),
                    Severity::Info,
                    Confidence::High,
                    Subject::new("aws-credential", format!("{} {}", used.credential, used.operation)),
                    Some(used.first),
                );
                let from = used.source_ips.iter().take(5).cloned().collect::<Vec<_>>().join(", ");
                finding.why.push(format!("{} calls, {} refused, from {from}", used.count, used.errors));
                finding.evidence.clone_from(&used.evidence);
                finding.actor.clone_from(&used.principal);
                if let serde_json::Value::Object(data) = json!({
                    "credential": used.credential, "event_name": used.operation, "count": used.count,
                    "errors": used.errors, "first": used.first, "last": used.last,
                    "source_ips": used.source_ips, "principal": used.principal,
                }) {
                    finding.data = data;
                }
                finding
            })
            .collect()
    }
}
