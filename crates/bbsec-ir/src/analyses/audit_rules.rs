//! Sigma rules over audit events: what responders' own rules add to `scan accounts`.

use std::{collections::BTreeMap, path::PathBuf};

use bbsec_core::{Confidence, Event, Failure, Finding, Place, Severity, Sink, Subject, Time};
use bbsec_detect::{RuleSet, Source, audit_fields};

/// Places that are kept per rule and author.
const PLACES: usize = 10;
/// Rules and authors that are told apart.
const HITS: usize = 20_000;

struct Hit {
    title: String,
    why: String,
    author: Option<String>,
    severity: Severity,
    first: Time,
    last: Time,
    count: u64,
    places: Vec<Place>,
}

/// Matches, by rule and author of the event.
pub(crate) struct AuditRules {
    rules: RuleSet,
    hits: BTreeMap<(String, String), Hit>,
    any: bool,
}

impl AuditRules {
    /// Rules of the given folders; what does not load is named.
    pub(crate) fn new(folders: &[PathBuf], sink: &mut dyn Sink) -> Result<Self, Failure> {
        let rules = super::own_rules(folders, sink)?;
        let any = rules.rules().iter().any(|rule| rule.source == Source::Audit);
        Ok(Self { rules, hits: BTreeMap::new(), any })
    }

    /// Evaluates the rules on an event.
    pub(crate) fn add(&mut self, event: &Event) {
        if !self.any || !event.source.ends_with(".audit") {
            return;
        }
        for rule in self.rules.matching(Source::Audit, &audit_fields(event)) {
            let by = event.user.as_ref().or_else(|| event.extra.get("author")).cloned();
            let key = (rule.id.clone(), by.unwrap_or_else(|| "nobody named".into()));
            if self.hits.len() >= HITS && !self.hits.contains_key(&key) {
                continue;
            }
            let hit = self.hits.entry(key).or_insert_with(|| Hit {
                title: rule.title.clone(),
                why: rule.description.trim().to_owned(),
                author: rule.author.clone(),
                severity: rule.severity,
                first: event.time,
                last: event.time,
                count: 0,
                places: Vec::new(),
            });
            hit.count += 1;
            hit.first = hit.first.min(event.time);
            hit.last = hit.last.max(event.time);
            if hit.places.len() < PLACES {
                hit.places.push(event.at.clone());
            }
        }
    }

    /// One finding per rule and author.
    pub(crate) fn finish(self) -> Vec<Finding> {
        let of = |((rule, by), hit): ((String, String), Hit)| {
            let subject = Subject::new("user", by.clone());
            let confidence = Confidence::Medium;
            let mut finding =
                Finding::new("accounts", rule, hit.title, hit.severity, confidence, subject, Some(hit.first));
            finding.why.push(hit.why);
            finding.why.push(format!("{} events by {by}, until {}", hit.count, hit.last.short()));
            finding.why.extend(hit.author.map(|author| format!("rule by {author}")));
            finding.actor = Some(by);
            finding.evidence = hit.places;
            finding
        };
        self.hits.into_iter().map(of).collect()
    }
}

#[cfg(test)]
mod tests {
    use bbsec_atlassian::logs;
    use bbsec_core::{Collected, Silent};

    use super::*;

    /// A rule in the words that the product shows, as published rules are written, on a line of the audit log.
    #[test]
    fn a_rule_on_displayed_words_finds_its_event() {
        let folder = tempfile::tempdir().unwrap();
        let rule = "title: Audit turned down\nid: test-audit\nlogsource:\n    product: bitbucket\n    service: audit\n\
                    detection:\n    selection:\n        auditType.category: 'Auditing'\n        auditType.action:\n            \
                    - 'Audit log configuration updated'\n    condition: selection\nlevel: medium\n";
        std::fs::create_dir(folder.path().join("rules")).unwrap();
        std::fs::write(folder.path().join("rules/audit.yml"), rule).unwrap();
        std::fs::create_dir(folder.path().join("audit")).unwrap();
        let line = "{\"affectedObjects\":[],\"auditType\":{\"action\":\"Audit Log configuration updated\",\"actionI18nKey\":\
                    \"atlassian.audit.event.action.audit.config.updated\",\"area\":\"AUDIT_LOG\",\"category\":\"Auditing\",\
                    \"categoryI18nKey\":\"atlassian.audit.event.category.audit\",\"level\":\"BASE\"},\"author\":{\"id\":\"2\",\
                    \"name\":\"ann\",\"type\":\"NORMAL\"},\"changedValues\":[],\"extraAttributes\":[],\"method\":\"Browser\",\
                    \"source\":\"10.0.0.5\",\"timestamp\":{\"epochSecond\":1772900000,\"nano\":0},\"version\":\"1.0\"}\n";
        std::fs::write(folder.path().join("audit/20260307.00000.audit.log"), line).unwrap();
        let mut events = Collected::default();
        let inputs = [logs::LogInput::given(folder.path().join("audit"))];
        logs::read(&inputs, &logs::Zones::default(), &mut events, &Silent).unwrap();
        let mut rules = AuditRules::new(&[folder.path().join("rules")], &mut Collected::default()).unwrap();
        events.events.iter().for_each(|event| rules.add(event));
        let found = rules.finish();
        assert_eq!(found.len(), 1, "{:?}", events.events);
        assert_eq!((found[0].rule.as_str(), found[0].subject.id.as_str()), ("test-audit", "ann"));
    }
}
