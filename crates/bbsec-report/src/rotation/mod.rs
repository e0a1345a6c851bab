//! The rotation list: every credential once, ranked by what the actor could do or did with it, with the reasons.
//!
//! The join is made here: what suspects touched, credentials anywhere in it, what was done with them afterwards (by
//! public id), and what the host itself held.

mod exposure;
mod identity;
mod item;
mod rank;
mod uses;

use bbsec_core::{Confidence, Place, Severity, Time};
use schemars::JsonSchema;
use serde::Serialize;

pub(crate) use exposure::how as content;
pub use identity::rotation_id;

use crate::{CaseData, RotationState, words};

/// Why a credential stands where it stands in the list. The order is the order of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// The actor used it.
    Used,
    /// The actor could read it, and nothing says that it is dead.
    ExposedLive,
    /// The actor could read it; it is probably dead or no credential.
    Exposed,
    /// The compromised host held it.
    OnHost,
    /// It stands in a repository that no suspect is known to have touched.
    Untouched,
}

impl Class {
    /// Every class, first to rotate first.
    pub const ALL: [Self; 5] = [Self::Used, Self::ExposedLive, Self::Exposed, Self::OnHost, Self::Untouched];

    /// What a person reads.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Used => "Used by the actor",
            Self::ExposedLive => "Exposed to the actor, possibly live",
            Self::Exposed => "Exposed to the actor, probably not live",
            Self::OnHost => "Held by the compromised host",
            Self::Untouched => "In a repository the actor is not known to have touched",
        }
    }

    /// The name in machine output.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Used => "used",
            Self::ExposedLive => "exposed_live",
            Self::Exposed => "exposed",
            Self::OnHost => "on_host",
            Self::Untouched => "untouched",
        }
    }
}

/// One way in which a credential came within reach of a suspect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Exposure {
    /// Who, in words.
    pub actor: String,
    /// The repository, page, issue or host path.
    pub target: String,
    /// `whole`, `part` or `host`: how much of the target reached the actor.
    pub how: String,
    /// How often, by verb.
    pub verbs: Vec<(String, u64)>,
    /// Bytes that left with it.
    pub bytes_out: u64,
    /// First time.
    pub first: Time,
    /// Last time.
    pub last: Time,
    /// Where it stands.
    pub evidence: Vec<Place>,
}

/// One recorded use of a credential.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Use {
    /// `cloudtrail`, or the product whose log says so.
    pub log: String,
    /// What was done: the API call, or the verbs.
    pub action: String,
    /// How often.
    pub count: u64,
    /// First time.
    pub first: Option<Time>,
    /// Last time.
    pub last: Option<Time>,
    /// From where.
    pub ips: Vec<String>,
    /// As whom.
    pub principal: Option<String>,
    /// Whether the actor did it, as far as the evidence ties it to them.
    pub by_actor: bool,
    /// Why we think so.
    pub tie: String,
    /// The finding that says so.
    pub finding: Option<String>,
    /// Where it stands.
    pub evidence: Vec<Place>,
}

/// Where a credential stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Location {
    /// `PROJECT/slug`, or the path that was scanned.
    pub target: String,
    /// The file.
    pub path: Option<String>,
    /// 1-based.
    pub line: Option<u64>,
    /// The commit that brought it in.
    pub commit: Option<String>,
    /// Its date, which its author can choose freely.
    pub committed_at: Option<Time>,
    /// Who committed it.
    pub author: Option<String>,
    /// Refs that still reach it.
    pub reachable: Vec<String>,
    /// Whether it stands at the tip of a branch.
    pub at_head: bool,
    /// Whether a suspect touched the target.
    pub touched: bool,
    /// How many places there.
    pub occurrences: u64,
}

/// One credential to rotate.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct RotationItem {
    /// Stable over runs.
    pub id: String,
    /// 1 is first.
    pub rank: usize,
    /// Why it stands there.
    pub class: Class,
    /// The credential's name that is no secret.
    pub public_id: Option<String>,
    /// Fingerprints of the values that were found for it.
    pub fingerprints: Vec<String>,
    /// Who can revoke it.
    pub provider: String,
    /// The kind of credential, from the rotation entries.
    pub kind: String,
    /// What to call it: its public id, or its title and place.
    pub name: String,
    /// One line.
    pub title: String,
    /// How bad.
    pub severity: Severity,
    /// How sure that it is a credential.
    pub confidence: Confidence,
    /// Whether it belongs to an administrator, and how that is known.
    pub administrator: Option<String>,
    /// The reasons for its rank, in order of weight.
    pub why: Vec<String>,
    /// When a suspect could first have had it.
    pub first_exposed: Option<Time>,
    /// To whom and how.
    pub exposed_to: Vec<Exposure>,
    /// What was done with it.
    pub used: Vec<Use>,
    /// Where it stands, at most fifty places.
    pub found_at: Vec<Location>,
    /// How many places there are in all.
    pub occurrences: u64,
    /// Whose it is, or who brought it in; `None` when that is not known.
    pub owner: Option<String>,
    /// What it opens.
    pub opens: String,
    /// Who can revoke it.
    pub who: String,
    /// How to revoke it.
    pub revoke: Vec<String>,
    /// How to replace it.
    pub replace: Vec<String>,
    /// What breaks when it is rotated.
    pub breaks: String,
    /// How to check that the old one is dead.
    pub check_dead: Vec<String>,
    /// Where to see what it did.
    pub see_use: Vec<String>,
    /// Where the advice is documented.
    pub documented: String,
    /// How far the rotation is; `None` is open.
    pub state: Option<RotationState>,
    /// The bytes behind the reasons.
    pub evidence: Vec<Place>,
    /// Numbers in the report's register of evidence.
    pub sources: Vec<usize>,
}

impl RotationItem {
    /// Whether a person said that it is rotated.
    pub fn is_done(&self) -> bool {
        self.state.as_ref().is_some_and(|state| state.state == "done")
    }

    /// Whether a person set it aside.
    pub fn is_dismissed(&self) -> bool {
        self.state.as_ref().is_some_and(|state| state.state == "dismissed")
    }

    fn called(&self) -> String {
        if self.found_at.is_empty() {
            return words::brief(&self.title).into_owned();
        }
        if let Some(id) = &self.public_id {
            return words::brief(id).into_owned();
        }
        let place = self.found_at.first().map(|l| match &l.path {
            Some(path) => format!("{} in {}", words::brief(path), words::brief(&l.target)),
            None => words::brief(&l.target).into_owned(),
        });
        place.map_or_else(|| self.title.clone(), |place| format!("unnamed, {place}"))
    }
}

/// The ranked list: one item per credential.
pub(crate) fn rotation(data: &CaseData) -> Vec<RotationItem> {
    let suspects = uses::Suspects::of(data);
    let exposures = exposure::Exposures::of(data);
    let uses = uses::Uses::of(data, &suspects);
    let mut items: Vec<RotationItem> = identity::credentials(data, &uses)
        .into_iter()
        .map(|credential| item::build(data, &credential, &exposures, &uses))
        .collect();
    items.sort_by(rank::compare);
    for (index, item) in items.iter_mut().enumerate() {
        item.rank = index + 1;
        item.name = item.called();
    }
    items
}

#[cfg(test)]
mod tests;
