//! Accounts, groups, grants, tokens, keys and what else stays when an actor leaves: out of audit events and, where
//! there is one, the database. The two are compared: a row without its event is a finding.

mod database;
mod fields;
mod habits;
mod logins;
mod observe;
mod rules;
mod sources;
mod weigh;

use bbsec_core::{Event, Finding, Scope};

use self::{habits::Habits, logins::Logins, observe::Observation};
use crate::database::Database;

/// Observations that are kept; an instance makes a few thousand a year.
const MAX_KEPT: usize = 500_000;

/// Takes audit events one by one, then concludes.
#[derive(Debug)]
pub struct AccountsBuilder {
    scope: Scope,
    kept: Vec<Observation>,
    dropped: u64,
    habits: Habits,
    logins: Logins,
    databases: Vec<Database>,
}

impl AccountsBuilder {
    /// For a case's scope.
    pub fn new(scope: Scope) -> Self {
        Self {
            scope,
            kept: Vec::new(),
            dropped: 0,
            habits: Habits::default(),
            logins: Logins::default(),
            databases: Vec::new(),
        }
    }

    /// Takes an event; what is no audit event is passed by.
    pub fn add(&mut self, event: &Event) -> &mut Self {
        if !event.source.ends_with(".audit") {
            return self;
        }
        self.habits.see(event);
        self.logins.see(event);
        if let Some(observation) = observe::observe(event) {
            if self.kept.len() < MAX_KEPT {
                self.kept.push(observation);
            } else {
                self.dropped += 1;
            }
        }
        self
    }

    /// Takes what the database says.
    pub fn add_database(&mut self, database: Database) -> &mut Self {
        self.databases.push(database);
        self
    }

    /// Every finding, by time.
    pub fn finish(mut self) -> Vec<Finding> {
        self.kept.sort_by(|a, b| (a.time, &a.at.file, a.at.offset).cmp(&(b.time, &b.at.file, b.at.offset)));
        let mut findings = weigh::findings(&self.scope, &self.kept, &self.habits);
        findings.extend(self.logins.findings(&self.scope));
        for database in &self.databases {
            findings.extend(database::findings(&self.scope, database, &self.kept, &self.habits));
        }
        findings.extend(sources::disagreements(&self.databases));
        findings.extend(sources::last_uses(&self.scope, &self.databases));
        if self.dropped > 0 {
            let last = self.kept.last().map(|observation| observation.time);
            findings.push(weigh::dropped(self.dropped, last));
        }
        findings.sort_by(|a, b| (a.at, &a.rule, &a.subject.id).cmp(&(b.at, &b.rule, &b.subject.id)));
        findings
    }
}

#[cfg(test)]
mod tests;
