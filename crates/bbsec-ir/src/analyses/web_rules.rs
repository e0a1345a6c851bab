//! Sigma rules over access-log events: what `scan access` adds to who touched what.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

use bbsec_core::{Confidence, Event, Failure, Finding, Place, Severity, Sink, Subject, Time, Verb};
use bbsec_detect::{LoadedRule, RuleSet, WebMatcher};
use serde_json::json;

/// Places that are kept per rule and address.
const PLACES: usize = 10;
/// Rules and addresses that are told apart: beyond, somebody scans from everywhere.
const HITS: usize = 50_000;

/// Matches of rules, by rule and originating address.
pub(crate) struct WebRules {
    rules: WebMatcher,
    hits: BTreeMap<(String, String), Hit>,
    untold: u64,
}

struct Hit {
    title: String,
    why: String,
    severity: Severity,
    author: Option<String>,
    tags: Vec<String>,
    harmless: Vec<String>,
    first: Time,
    last: Time,
    count: u64,
    unanswered: u64,
    statuses: BTreeMap<i32, u64>,
    users: BTreeSet<String>,
    example: String,
    places: Vec<Place>,
}

impl WebRules {
    /// The rules of the program, and those of the given folders; what does not load is named.
    pub(crate) fn new(folders: &[PathBuf], sink: &mut dyn Sink) -> Result<Self, Failure> {
        let own = super::own_rules(folders, sink)?;
        Ok(Self::of(&own))
    }

    fn of(own: &RuleSet) -> Self {
        let rules = WebMatcher::new(&[bbsec_detect::builtin(), own]);
        Self { rules, hits: BTreeMap::new(), untold: 0 }
    }

    /// Evaluates the rules on an event; the title of the gravest that matched, when it shows an exploit.
    pub(crate) fn add(&mut self, event: &Event) -> Option<String> {
        // Nearly every line of a busy server is git traffic, whose addresses carry nothing that a rule looks for.
        let git = matches!(event.verb, Verb::Clone | Verb::Fetch | Verb::Refs | Verb::Push | Verb::Lfs);
        if !event.source.ends_with(".access") || git && !event.action.contains(['%', '$', ';', '<']) {
            return None;
        }
        let matching = self.rules.matching(event);
        let exploit = matching.iter().find(|rule| rule.severity == Severity::Critical);
        let exploit = exploit.map(|rule| rule.title.clone());
        for rule in matching {
            let origin = event.ips.first().cloned().unwrap_or_else(|| "unknown".into());
            let key = (rule.id.clone(), origin);
            if self.hits.len() >= HITS && !self.hits.contains_key(&key) {
                self.untold += 1;
                continue;
            }
            self.hits.entry(key).or_insert_with(|| Hit::new(rule, event)).add(event);
        }
        exploit
    }

    /// One finding per rule and address.
    pub(crate) fn finish(self) -> Vec<Finding> {
        let untold = self.untold;
        let mut found: Vec<Finding> =
            self.hits.into_iter().map(|((rule, origin), hit)| hit.finding(rule, origin)).collect();
        if let Some(last) = found.last_mut().filter(|_| untold > 0) {
            last.why
                .push(format!("{untold} more matches, from yet other addresses, are not told one by one"));
        }
        found
    }
}

impl Hit {
    fn new(rule: &LoadedRule, event: &Event) -> Self {
        Self {
            title: rule.title.clone(),
            why: rule.description.clone(),
            severity: rule.severity,
            author: rule.author.clone(),
            tags: rule.tags.clone(),
            harmless: rule.false_positives.clone(),
            first: event.time,
            last: event.time,
            count: 0,
            unanswered: 0,
            statuses: BTreeMap::new(),
            users: BTreeSet::new(),
            example: event.action.chars().take(400).collect(),
            places: Vec::new(),
        }
    }

    fn add(&mut self, event: &Event) {
        self.count += 1;
        self.first = self.first.min(event.time);
        self.last = self.last.max(event.time);
        self.unanswered += u64::from(event.extra.contains_key("unanswered"));
        if let Some(status) = event.status {
            *self.statuses.entry(status).or_default() += 1;
        }
        if self.users.len() < 20 {
            self.users.extend(event.user.clone());
        }
        if self.places.len() < PLACES {
            self.places.push(event.at.clone());
        }
    }

    fn finding(self, rule: String, origin: String) -> Finding {
        // An access log holds no bodies: an answer that refuses says that it did not work, others only that it may have.
        let refused = self.unanswered == 0
            && !self.statuses.is_empty()
            && self.statuses.keys().all(|s| matches!(s, 401 | 403 | 404));
        let confidence = if refused { Confidence::Low } else { Confidence::Medium };
        let subject = Subject::new("address", origin.clone());
        let mut finding =
            Finding::new("access", rule, self.title, self.severity, confidence, subject, Some(self.first));
        finding.why.push(self.why);
        let mut answers: Vec<String> =
            self.statuses.iter().map(|(status, count)| format!("{status} ×{count}")).collect();
        if self.unanswered > 0 {
            answers.push(format!("none ×{}", self.unanswered));
        }
        let (count, last) = (self.count, self.last.short());
        finding.why.push(format!("{count} requests until {last}; answers: {}", answers.join(", ")));
        if refused {
            finding.why.push("the server refused every one".into());
        }
        finding.why.push(format!("for example: {}", self.example));
        if !self.users.is_empty() {
            let users = self.users.into_iter().collect::<Vec<_>>().join(", ");
            finding.why.push(format!("as {users}"));
        }
        if !self.harmless.is_empty() {
            finding.why.push(format!("may be harmless: {}", self.harmless.join("; ")));
        }
        if let Some(author) = self.author {
            finding.why.push(format!("rule by {author}"));
        }
        if !self.tags.is_empty() {
            finding.data.insert("tags".into(), json!(self.tags));
        }
        finding.actor = Some(origin);
        finding.evidence = self.places;
        finding
    }
}

#[cfg(test)]
mod tests {
    use bbsec_atlassian::logs;
    use bbsec_core::{Collected, Silent};

    use super::*;

    /// From a line of the log to the finding, through the reader that the program uses.
    #[test]
    fn a_line_of_the_log_raises_the_rule() {
        let folder = tempfile::tempdir().unwrap();
        let line = "198.51.100.9 | https | o*1ABCDEx72x5x0 | - | 2026-03-01 01:12:00,120 | \"GET /rest/api/latest/projects/P/repos/r/\
                    archive?prefix=ax%00--exec=%60id%60%00--remote=origin HTTP/1.1\" | \"\" \"curl/8.5.0\" | 500 | 0 | 120 | - | \
                    33 | 1abcd |\n";
        std::fs::write(folder.path().join("atlassian-bitbucket-access.log"), line).unwrap();
        let mut events = Collected::default();
        let inputs = [logs::LogInput::given(folder.path())];
        logs::read(&inputs, &logs::Zones::default(), &mut events, &Silent).unwrap();
        let mut rules = WebRules::of(&RuleSet::default());
        let exploits: Vec<String> = events.events.iter().filter_map(|event| rules.add(event)).collect();
        assert_eq!(exploits.len(), 1, "{:?}", events.events);
        let found = rules.finish();
        let rules: Vec<&str> = found.iter().map(|finding| finding.rule.as_str()).collect();
        assert!(rules.contains(&"BB-22-36804-ARCH"), "{rules:?}");
        assert_eq!(found[0].subject.id, "198.51.100.9");
    }
}
