//! Sigma rules over access-log events: what `scan access` adds to who touched what.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

use bbsec_core::{Confidence, Event, Failure, Finding, Gap, Place, Severity, Sink, Subject, Time, Verb};
use bbsec_detect::{LoadedRule, RuleSet, Source};

/// Places that are kept per rule and address.
const PLACES: usize = 10;

/// Matches of rules, by rule and originating address.
pub(crate) struct WebRules {
    own: RuleSet,
    hits: BTreeMap<(String, String), Hit>,
}

struct Hit {
    title: String,
    why: String,
    severity: Severity,
    author: Option<String>,
    first: Time,
    last: Time,
    count: u64,
    statuses: BTreeMap<i32, u64>,
    users: BTreeSet<String>,
    places: Vec<Place>,
}

impl WebRules {
    /// The rules of the program, and those of the given folders; what does not load is named.
    pub(crate) fn new(folders: &[PathBuf], sink: &mut dyn Sink) -> Result<Self, Failure> {
        let mut own = RuleSet::default();
        for folder in folders {
            let (set, refused) = RuleSet::load(folder)?;
            own.extend(set);
            for rule in refused {
                let why = rule.refused.unwrap_or_default();
                sink.gap(Gap::unknown("rule", format!("{} ({})", rule.rule, rule.file), why))?;
            }
        }
        Ok(Self { own, hits: BTreeMap::new() })
    }

    /// Evaluates the rules on an event.
    pub(crate) fn add(&mut self, event: &Event) {
        let Some(uri) = event.extra.get("http_request_uri") else { return };
        // Nearly every line of a busy server is git traffic, whose addresses carry nothing that a rule looks for.
        let git = matches!(event.verb, Verb::Clone | Verb::Fetch | Verb::Refs | Verb::Push | Verb::Lfs);
        if git && !uri.contains(['%', '$', ';', '<']) {
            return;
        }
        let fields = bbsec_detect::web_fields(event);
        let matching: Vec<&LoadedRule> = [bbsec_detect::builtin(), &self.own]
            .into_iter()
            .flat_map(|set| set.matching(Source::Web, &fields))
            .collect();
        for rule in matching {
            let origin = event.ips.first().cloned().unwrap_or_else(|| "unknown".into());
            let hit = self.hits.entry((rule.id.clone(), origin)).or_insert_with(|| Hit {
                title: rule.title.clone(),
                why: rule.description.clone(),
                severity: rule.severity,
                author: rule.author.clone(),
                first: event.time,
                last: event.time,
                count: 0,
                statuses: BTreeMap::new(),
                users: BTreeSet::new(),
                places: Vec::new(),
            });
            hit.count += 1;
            hit.first = hit.first.min(event.time);
            hit.last = hit.last.max(event.time);
            if let Some(status) = event.status {
                *hit.statuses.entry(status).or_default() += 1;
            }
            if hit.users.len() < 20 {
                hit.users.extend(event.user.clone());
            }
            if hit.places.len() < PLACES {
                hit.places.push(event.at.clone());
            }
        }
    }

    /// One finding per rule and address.
    pub(crate) fn finish(self) -> Vec<Finding> {
        self.hits
            .into_iter()
            .map(|((rule, origin), hit)| {
                // An access log holds no bodies: an answer that refuses says that it did not work, others only that it
                // may have.
                let refused =
                    !hit.statuses.is_empty() && hit.statuses.keys().all(|s| matches!(s, 401 | 403 | 404));
                let confidence = if refused { Confidence::Low } else { Confidence::Medium };
                let subject = Subject::new("address", origin.clone());
                let mut finding = Finding::new(
                    "access",
                    rule,
                    hit.title,
                    hit.severity,
                    confidence,
                    subject,
                    Some(hit.first),
                );
                finding.why.push(hit.why);
                let answers: Vec<String> =
                    hit.statuses.iter().map(|(status, count)| format!("{status} ×{count}")).collect();
                let (count, last) = (hit.count, hit.last.short());
                finding.why.push(format!("{count} requests until {last}; answers: {}", answers.join(", ")));
                if !hit.users.is_empty() {
                    let users = hit.users.into_iter().collect::<Vec<_>>().join(", ");
                    finding.why.push(format!("as {users}"));
                }
                if let Some(author) = hit.author {
                    finding.why.push(format!("rule by {author}"));
                }
                finding.actor = Some(origin);
                finding.evidence = hit.places;
                finding
            })
            .collect()
    }
}
