//! Accounts, tokens and keys that somebody made: whoever made them for himself uses them.

use bbsec_core::{Event, Indicator, IndicatorKind, Place};

use crate::logs::query_of;

/// How many are kept.
const MOST: usize = 20_000;

/// One thing that was made.
#[derive(Debug, Clone)]
pub(super) struct Made {
    /// Who made it.
    pub by: u32,
    pub what: Indicator,
    pub at: Place,
}

/// All of them.
#[derive(Debug, Default)]
pub(super) struct AllMade(pub Vec<Made>);

impl AllMade {
    pub(super) fn add(&mut self, event: &Event, ident: u32) {
        if self.0.len() < MOST
            && let Some(what) = made(event)
        {
            self.0.push(Made { by: ident, what, at: event.at.clone() });
        }
    }
}

fn made(event: &Event) -> Option<Indicator> {
    if event.source.ends_with(".access") {
        // The request itself, where the audit log was switched off: POST /rest/api/latest/admin/users?name=…
        let is_new = event.action.starts_with("POST ") && event.action.contains("/admin/users?");
        let done = is_new && event.status.is_some_and(|status| (200..300).contains(&status));
        let name = done.then(|| query_of(&event.action, "name")).flatten()?;
        return Some(Indicator::new(IndicatorKind::User, name));
    }
    if !event.source.ends_with(".audit") {
        return None;
    }
    let key = event.action.to_ascii_lowercase();
    let id = || event.extra.get("attribute_id").or_else(|| event.extra.get("attribute:ID")).cloned();
    if key.contains("usercreated") || key.contains("user.created") {
        let (_, name) = event.extra.iter().find(|(name, _)| name.eq_ignore_ascii_case("object:USER"))?;
        let name = name.rsplit_once(" (").map_or(name.as_str(), |(name, _)| name);
        return Some(Indicator::new(IndicatorKind::User, name));
    }
    if key.contains("tokencreated") || key.contains("token.created") {
        return Some(Indicator::new(IndicatorKind::Token, id()?));
    }
    if key.contains("sshkeycreated") || key.contains("sshaccesskeygranted") {
        return Some(Indicator::new(IndicatorKind::SshKey, id()?));
    }
    None
}
