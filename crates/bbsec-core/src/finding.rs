//! Findings: conclusions with a severity, a confidence, and what supports them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{Place, Time};

/// How bad it is if it is true.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Context.
    Info,
    /// Worth knowing.
    Low,
    /// Look at it this week.
    Medium,
    /// Look at it today.
    High,
    /// Act now.
    Critical,
}

/// How sure we are that it is true.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// One weak sign.
    Low,
    /// Likely.
    Medium,
    /// Nothing innocent explains it well.
    High,
}

impl Severity {
    /// The name in machine output.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

impl std::str::FromStr for Severity {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        [Self::Info, Self::Low, Self::Medium, Self::High, Self::Critical]
            .into_iter()
            .find(|severity| severity.name() == text)
            .ok_or_else(|| format!("unknown severity {text:?}; known: info, low, medium, high, critical"))
    }
}

impl Confidence {
    /// The name in machine output.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

/// What a finding is about.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Subject {
    /// `user`, `token`, `ssh-key`, `plugin`, `repository`, `configuration`, `instance`, `event`, …
    pub kind: String,
    /// What identifies it within its kind.
    pub id: String,
    /// What a person calls it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

impl Subject {
    /// A subject without a separate name.
    pub fn new(kind: impl Into<String>, id: impl Into<String>) -> Self {
        Self { kind: kind.into(), id: id.into(), name: None }
    }
}

/// One conclusion: a row of `scan accounts|plugins|config|cloudtrail|commits|detections`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// Stable over runs on the same evidence: computed from analysis, rule, subject and time.
    pub id: String,
    /// Which analysis found it: `accounts`, `plugins`, `config`, `cloudtrail`, `commits`, `access`.
    pub analysis: String,
    /// The rule, check or technique; for posture checks the id of the coverage table (`P-IMDS2`).
    pub rule: String,
    /// One line that a person understands without the rule.
    pub title: String,
    /// How bad.
    pub severity: Severity,
    /// How sure.
    pub confidence: Confidence,
    /// What it is about.
    pub subject: Subject,
    /// When it happened, where that is known.
    pub at: Option<Time>,
    /// The reasons, in order of weight.
    pub why: Vec<String>,
    /// The bytes that say so.
    pub evidence: Vec<Place>,
    /// What to do about it, ready to paste where there is a command.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fix: Option<String>,
    /// The actor's user name or address, where the evidence names one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
    /// What only this analysis knows, for machines.
    #[serde(default, skip_serializing_if = "serde_json::Map::is_empty")]
    pub data: serde_json::Map<String, serde_json::Value>,
}

impl Finding {
    /// A finding with its id computed and nothing optional set.
    pub fn new(
        analysis: &str,
        rule: impl Into<String>,
        title: impl Into<String>,
        severity: Severity,
        confidence: Confidence,
        subject: Subject,
        at: Option<Time>,
    ) -> Self {
        let rule = rule.into();
        let id = stable_id(&[
            analysis,
            &rule,
            &subject.kind,
            &subject.id,
            &at.map(String::from).unwrap_or_default(),
        ]);
        Self {
            id,
            analysis: analysis.into(),
            rule,
            title: title.into(),
            severity,
            confidence,
            subject,
            at,
            why: Vec::new(),
            evidence: Vec::new(),
            fix: None,
            actor: None,
            data: serde_json::Map::new(),
        }
    }

    /// Adds a reason.
    #[must_use]
    pub fn because(mut self, why: impl Into<String>) -> Self {
        self.why.push(why.into());
        self
    }

    /// Adds the bytes that say so.
    #[must_use]
    pub fn seen_at(mut self, place: Place) -> Self {
        self.evidence.push(place);
        self
    }
}

/// Sixteen hex digits of a SHA-256 over the parts, with lengths, so that parts cannot run into each other.
pub fn stable_id(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    let digest = crate::hex::encode(hash.finalize());
    digest.get(..16).unwrap_or_default().into()
}
