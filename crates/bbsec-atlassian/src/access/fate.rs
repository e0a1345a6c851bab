//! What became of accounts and repositories: renamed, deleted. Rows about them say so, since a name that is gone misleads.

use std::collections::BTreeMap;

use bbsec_core::{Event, Place, Target, TargetKind, Time};

/// How many of each are kept.
const MOST: usize = 20_000;

/// An account that got another name.
#[derive(Debug, Clone)]
pub(super) struct Renamed {
    pub from: String,
    pub to: String,
    pub at: Time,
    pub place: Place,
}

/// A repository that was deleted.
#[derive(Debug, Clone)]
pub(super) struct Deleted {
    pub at: Time,
    pub by: Option<String>,
    pub place: Place,
}

/// All of it, out of audit events.
#[derive(Debug, Default)]
pub(super) struct Fate {
    pub renamed: Vec<Renamed>,
    deleted: BTreeMap<String, Deleted>,
}

impl Fate {
    pub(super) fn add(&mut self, event: &Event) {
        if !event.source.ends_with(".audit") {
            return;
        }
        let key = event.action.to_ascii_lowercase();
        if (key.contains("userrenamed") || key.contains("user.renamed")) && self.renamed.len() < MOST {
            let change = event.extra.iter().find(|(name, _)| name.starts_with("change:"));
            if let Some((from, to)) = change.and_then(|(_, value)| value.split_once('→')) {
                let (from, to) = (from.trim().to_owned(), to.trim().to_owned());
                if !from.is_empty() && !to.is_empty() {
                    self.renamed.push(Renamed { from, to, at: event.time, place: event.at.clone() });
                }
            }
        }
        if key.contains("repositorydeleted") && self.deleted.len() < MOST {
            let target = event.target.as_ref().filter(|target| target.kind == TargetKind::Repository);
            if let Some(target) = target {
                let deleted = Deleted { at: event.time, by: event.user.clone(), place: event.at.clone() };
                self.deleted.insert(target.id.clone(), deleted);
            }
        }
    }

    /// What must be said about a row.
    pub(super) fn notes(&self, user: Option<&str>, target: &Target) -> Vec<String> {
        let mut notes = Vec::new();
        if let Some(user) = user {
            for renamed in self.renamed.iter().filter(|renamed| renamed.from == user || renamed.to == user) {
                notes.push(format!(
                    "the account was renamed from {} to {} at {} ({}@{}): rows under either name are one account's",
                    renamed.from,
                    renamed.to,
                    renamed.at.short(),
                    renamed.place.file,
                    renamed.place.offset
                ));
            }
        }
        if let Some(deleted) = self.deleted.get(&target.id).filter(|_| target.kind == TargetKind::Repository)
        {
            let by = deleted.by.as_deref().unwrap_or("nobody named");
            notes.push(format!(
                "the repository was deleted at {} by {by} ({}@{}): what it held can only be known from a backup",
                deleted.at.short(),
                deleted.place.file,
                deleted.place.offset
            ));
        }
        notes
    }
}
