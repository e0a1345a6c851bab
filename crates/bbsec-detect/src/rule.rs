//! One rule that was loaded.

use bbsec_core::Severity;
use serde::Deserialize;
use serde_json::Value;

/// What kind of event a rule is about, from its `logsource`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Source {
    /// AWS CloudTrail.
    Cloudtrail,
    /// A web server's access log.
    Web,
    /// The JSON audit log of the Atlassian products.
    Audit,
}

/// A rule with what findings say of it.
#[derive(Debug)]
pub struct LoadedRule {
    /// `id`, else the file's name.
    pub id: String,
    /// `title`.
    pub title: String,
    /// `description`.
    pub description: String,
    /// `level`.
    pub severity: Severity,
    /// What it is about.
    pub source: Source,
    /// `tags`.
    pub tags: Vec<String>,
    /// `author`: rules of others stay theirs.
    pub author: Option<String>,
    /// `falsepositives`.
    pub false_positives: Vec<String>,
    /// The file it was read from.
    pub file: String,
    /// Words of which one stands in every event that matches.
    pub(crate) anchors: Option<Vec<String>>,
    pub(crate) rule: sigma_rust::Rule,
}

/// The parts of a rule that the engine does not hand out.
#[derive(Debug, Deserialize)]
pub(crate) struct Head {
    pub(crate) id: Option<String>,
    pub(crate) title: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) level: Option<String>,
    pub(crate) author: Option<String>,
    #[serde(default)]
    pub(crate) tags: Vec<String>,
    #[serde(default)]
    pub(crate) falsepositives: Vec<String>,
    #[serde(default)]
    pub(crate) logsource: Logsource,
    pub(crate) correlation: Option<Value>,
    pub(crate) action: Option<String>,
    pub(crate) detection: Option<Value>,
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct Logsource {
    pub(crate) product: Option<String>,
    pub(crate) service: Option<String>,
    pub(crate) category: Option<String>,
}

impl LoadedRule {
    /// Whether the rule matches an event in the field names of its source.
    pub fn matches(&self, event: &sigma_rust::Event) -> bool {
        self.rule.is_match(event)
    }
}

/// Sigma's `level` as a severity.
pub(crate) fn severity(level: Option<&str>) -> Severity {
    match level {
        Some("critical") => Severity::Critical,
        Some("high") => Severity::High,
        Some("medium") => Severity::Medium,
        Some("low") => Severity::Low,
        _ => Severity::Info,
    }
}

/// The source that a `logsource` means, if it is one of ours.
pub(crate) fn source(logsource: &Logsource) -> Option<Source> {
    let is = |field: &Option<String>, wanted: &str| field.as_deref() == Some(wanted);
    if is(&logsource.product, "aws") && is(&logsource.service, "cloudtrail") {
        return Some(Source::Cloudtrail);
    }
    if is(&logsource.category, "webserver") || is(&logsource.category, "proxy") {
        return Some(Source::Web);
    }
    let atlassian =
        ["bitbucket", "jira", "confluence", "atlassian"].iter().any(|name| is(&logsource.product, name));
    (atlassian && is(&logsource.service, "audit")).then_some(Source::Audit)
}
