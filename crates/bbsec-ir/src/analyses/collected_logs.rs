//! Audit events that `collect rest` and `collect database` brought into the case: logs as well.

use std::collections::BTreeMap;

use bbsec_atlassian::logs::LogInput;
use bbsec_core::{CaseStore, EvidenceItem, Failure};

/// Where they stand below `evidence/data/`: `KIND/SOURCE/STAMP/…`, what of it is audit events, and what is written last.
const KINDS: [(&str, &str, &str); 2] =
    [("rest", "audit-events/", "rest.json"), ("database", "ao_c77861_audit_entity.", "database.json")];

/// The newest complete collection of each source; of a source without one, the newest.
pub(crate) fn collected_logs(case: &dyn CaseStore) -> Result<Vec<LogInput>, Failure> {
    let items = case.evidence()?;
    let parts: Vec<Part<'_>> = items.iter().filter_map(Part::of).collect();
    let mut newest: BTreeMap<(&str, &str), (bool, &str)> = BTreeMap::new();
    for part in &parts {
        let known = newest.entry((part.kind, part.source)).or_insert((part.last, part.stamp));
        *known = (*known).max((part.last, part.stamp));
    }
    let wanted = |part: &&Part<'_>| {
        part.audit && newest.get(&(part.kind, part.source)).is_some_and(|(_, stamp)| *stamp == part.stamp)
    };
    Ok(parts.iter().filter(wanted).map(|part| input(case, part.item)).collect())
}

struct Part<'a> {
    item: &'a EvidenceItem,
    kind: &'a str,
    source: &'a str,
    stamp: &'a str,
    audit: bool,
    last: bool,
}

impl<'a> Part<'a> {
    fn of(item: &'a EvidenceItem) -> Option<Self> {
        let mut parts = item.path.splitn(4, '/');
        let (kind, source, stamp, rest) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let (_, begins, last) = KINDS.iter().find(|(known, ..)| *known == kind)?;
        Some(Self { item, kind, source, stamp, audit: rest.starts_with(begins), last: rest == *last })
    }
}

fn input(case: &dyn CaseStore, item: &EvidenceItem) -> LogInput {
    let path = case.evidence_path(item);
    // Places name the file as the evidence does.
    let root = path.ancestors().nth(item.path.split('/').count()).map(Into::into).unwrap_or_default();
    LogInput { path, root }
}
