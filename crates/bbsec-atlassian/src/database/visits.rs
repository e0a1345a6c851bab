//! Last visits as events: what fills in where the access log has rotated away.

use std::collections::HashMap;

use bbsec_core::{Event, Target, TargetKind, Verb};

use super::rows::Database;

/// The source of such events. It is no log: its events never count as coverage of a time.
const SOURCE: &str = "bitbucket.database";

/// One event for each account and repository: the last time that the one looked at the other.
pub fn visits(database: &Database) -> Vec<Event> {
    let users: HashMap<&str, &str> =
        database.users.iter().filter_map(|user| Some((user.id.as_deref()?, user.name.as_str()))).collect();
    let repositories: HashMap<&str, String> = database
        .repositories
        .iter()
        .filter_map(|row| Some((row.id.as_str(), format!("{}/{}", row.project.as_ref()?, row.slug))))
        .collect();
    database
        .repository_access
        .iter()
        .map(|row| {
            let mut event = Event::new(
                row.last,
                SOURCE,
                "bbsec:atlassian:database:visit",
                Verb::Browse,
                "repository_access.last_accessed",
                row.at.clone(),
            );
            let user = users.get(row.user_id.as_str());
            event.user =
                Some(user.map_or_else(|| format!("account {}", row.user_id), |name| (*name).to_owned()));
            let id = repositories.get(row.repository_id.as_str()).cloned();
            // A row that outlives its repository: it was deleted since.
            let id = id.unwrap_or_else(|| format!("repository {}", row.repository_id));
            event.target = Some(Target::new(TargetKind::Repository, id));
            event
        })
        .collect()
}
