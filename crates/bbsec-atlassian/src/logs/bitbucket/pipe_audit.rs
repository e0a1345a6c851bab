//! `atlassian-bitbucket-audit.log` of versions before 7.0:
//! `address | event | user | epoch milliseconds | entity | {details} | @request-id | session`

use std::{borrow::Cow, collections::BTreeMap};

use bbsec_core::{Event, Target, TargetKind, Time, Verb};

use super::action;
use crate::{
    logs::parser::{Bad, Emit, LineParser, Raw, addresses, number, some_text, text},
    read::Clock,
};

/// Reads old audit lines.
#[derive(Debug, Default)]
pub(crate) struct PipeAudit;

struct Columns<'a> {
    addresses: &'a [u8],
    event: &'a [u8],
    user: &'a [u8],
    millis: i64,
    entity: &'a [u8],
    details: &'a [u8],
    request: &'a [u8],
    session: &'a [u8],
}

fn value(column: &[u8]) -> &[u8] {
    match column.trim_ascii() {
        b"-" => &[],
        other => other,
    }
}

fn split(line: &[u8]) -> Option<Columns<'_>> {
    let columns: Vec<&[u8]> = separated(line);
    // Names and details may hold separators: the time is found by its look, the last two columns from the right.
    let time = (3..columns.len().checked_sub(4)?.min(12)).find(|at| {
        columns
            .get(*at)
            .is_some_and(|column| column.len() >= 12 && column.len() <= 14 && number(column).is_some())
    })?;
    let joined = |from: usize, to: usize| -> Option<&[u8]> {
        let (first, last) = (columns.get(from)?, columns.get(to.checked_sub(1)?)?);
        let start = offset_in(line, first)?;
        let end = offset_in(line, last)? + last.len();
        line.get(start..end)
    };
    let event = columns.get(1)?;
    if event.is_empty()
        || !event.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'$'))
    {
        return None;
    }
    Some(Columns {
        addresses: columns.first()?,
        event,
        user: value(joined(2, time)?),
        millis: i64::try_from(number(columns.get(time)?)?).ok()?,
        entity: value(columns.get(time + 1)?),
        details: value(joined(time + 2, columns.len() - 2)?),
        request: value(columns.get(columns.len() - 2)?),
        session: value(columns.last()?),
    })
}

fn separated(line: &[u8]) -> Vec<&[u8]> {
    let mut columns = Vec::with_capacity(8);
    let mut from = 0;
    for at in memchr::memmem::find_iter(line, b" | ") {
        if at >= from {
            columns.push(line.get(from..at).unwrap_or_default());
            from = at + 3;
        }
    }
    let last = line.get(from..).unwrap_or_default();
    columns.push(last.strip_suffix(b" |").unwrap_or(last));
    columns
}

fn offset_in(line: &[u8], part: &[u8]) -> Option<usize> {
    (part.as_ptr() as usize).checked_sub(line.as_ptr() as usize)
}

/// Whether a line is one of the old audit log's.
pub(crate) fn is_audit_line(line: &[u8]) -> bool {
    split(line.trim_ascii()).is_some()
}

impl LineParser for PipeAudit {
    fn line(&mut self, raw: Raw<'_>, _: &mut Clock, emit: Emit<'_>) -> Result<Option<Time>, Bad> {
        let line = split(raw.bytes.trim_ascii()).ok_or("the columns do not fit the audit log's")?;
        let time = Time::from_millis(line.millis);
        let entity = text(line.entity);
        let event_name = text(line.event);
        let mut extra = BTreeMap::new();
        if let Some(details) = some_text(line.details) {
            extra.insert("details".to_owned(), details);
        }
        if !entity.is_empty() {
            extra.insert("entity".to_owned(), entity.clone());
        }
        let mut event = Event::new(
            time,
            Cow::Borrowed("bitbucket.audit"),
            Cow::Borrowed("atlassian:bitbucket:audit"),
            verb(&event_name),
            event_name,
            raw.place(),
        );
        event.user = some_text(line.user);
        event.ips = addresses(line.addresses);
        event.session = some_text(line.session);
        event.request = some_text(line.request).map(|id| id.trim_start_matches(['@', '*']).to_owned());
        event.target = target(&entity);
        event.extra = extra;
        emit(&mut event)?;
        Ok(Some(time))
    }
}

fn verb(event: &str) -> Verb {
    if event.contains("Authentication") || event.contains("Login") || event.contains("LoggedIn") {
        return Verb::Login;
    }
    if event.contains("Accessed") {
        return Verb::Browse;
    }
    Verb::Admin
}

/// `PROJECT/slug` is a repository, `BITBUCKET/bitbucket` the product; one word is a project.
fn target(entity: &str) -> Option<Target> {
    match entity.split_once('/') {
        Some(("BITBUCKET" | "STASH", _)) => Some(action::instance()),
        Some(("PROJECT", key)) => Some(Target::new(TargetKind::Project, key.to_uppercase())),
        Some((project, slug)) if !project.is_empty() && !slug.is_empty() && !slug.contains('/') => {
            Some(action::repository(project, slug))
        }
        _ => None,
    }
}
