//! What came within a suspect's reach: which repositories they took content from, and how.

use std::collections::HashMap;

use bbsec_core::{TargetKind, Touch};

use super::Exposure;
use crate::{CaseData, words};

/// Verbs that carry a repository's whole history as far as refs reach it, or a whole state of it.
const WHOLE: [&str; 4] = ["clone", "fetch", "archive", "export"];
/// Verbs that carry some of the content. Listing refs and pushing carry none.
const PART: [&str; 8] = ["raw", "browse", "lfs", "search", "api", "view", "attachment", "edit"];

/// Suspect touches that carried content, by the target's id in lower case.
pub(super) struct Exposures<'a> {
    by_target: HashMap<String, Vec<&'a Touch>>,
}

impl<'a> Exposures<'a> {
    pub(super) fn of(data: &'a CaseData) -> Self {
        let mut by_target: HashMap<String, Vec<&Touch>> = HashMap::new();
        for touch in data.touches.iter().filter(|touch| touch.suspect && how(touch).is_some()) {
            by_target.entry(key(&touch.target.id)).or_default().push(touch);
        }
        Self { by_target }
    }

    /// How a target reached suspects, earliest first.
    pub(super) fn to(&self, target: &str) -> Vec<Exposure> {
        let touches = self.by_target.get(&key(target)).map(Vec::as_slice).unwrap_or_default();
        let mut exposures: Vec<Exposure> = touches
            .iter()
            .filter_map(|touch| {
                Some(Exposure {
                    actor: words::actor(&touch.actor),
                    target: touch.target.id.clone(),
                    how: how(touch)?.into(),
                    verbs: touch.verbs.iter().map(|(verb, n)| (verb.clone(), *n)).collect(),
                    bytes_out: touch.bytes_out,
                    first: touch.first,
                    last: touch.last,
                    evidence: touch.evidence.clone(),
                })
            })
            .collect();
        exposures.sort_by(|a, b| (a.first, &a.actor).cmp(&(b.first, &b.actor)));
        exposures
    }
}

/// `whole` or `part`; `None` when no content left.
pub(crate) fn how(touch: &Touch) -> Option<&'static str> {
    let has = |verbs: &[&str]| verbs.iter().any(|verb| touch.verbs.get(*verb).is_some_and(|n| *n > 0));
    if has(&WHOLE) {
        Some("whole")
    } else if has(&PART) || matches!(touch.target.kind, TargetKind::Export | TargetKind::Attachment) {
        Some("part")
    } else {
        None
    }
}

fn key(target: &str) -> String {
    target.trim_end_matches(".git").to_lowercase()
}
