//! How the product is configured: posture checks with a fix each, and every credential that the host itself holds.
//!
//! A check whose facts are not there becomes a question; the summary lists which were answered, asked, or do not apply.

mod aws;
mod files;
mod git;
mod host;
mod jdbc;
mod keys;
mod product;
pub(crate) mod properties;
mod questions;
mod secrets;
mod setting;
mod version;
pub(crate) mod xml;

use std::collections::BTreeSet;

use bbsec_core::{Confidence, Exit, Failure, Finding, Gap, Place, Severity, Sink, Subject};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use host::host_credentials;

use crate::home::{Home, Product};

/// What the checks counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ConfigSummary {
    /// The product.
    pub product: Product,
    /// Its version, and what told it.
    pub version: Option<(String, String)>,
    /// Checks that could be answered, by id.
    pub answered: BTreeSet<String>,
    /// Checks that nothing here answers: each is a question among the findings.
    pub asked: BTreeSet<String>,
    /// Checks about what this installation does not use.
    pub not_applicable: BTreeSet<String>,
    /// Findings.
    pub findings: u64,
}

/// Why the checks did not finish.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A finding could not be passed on.
    #[error("a finding could not be passed on")]
    Sink(#[source] Failure),
    /// Nothing of a configuration is there.
    #[error("no configuration in {path}")]
    Nothing {
        /// The home.
        path: std::path::PathBuf,
    },
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        match error {
            ConfigError::Sink(failure) => failure,
            ConfigError::Nothing { .. } => Self::because(error.to_string(), error)
                .exit(Exit::Nothing)
                .help("give the home that holds bitbucket.properties, dbconfig.xml or confluence.cfg.xml"),
        }
    }
}

/// Gathers what the checks say.
#[derive(Default)]
struct Out {
    answered: BTreeSet<String>,
    findings: Vec<Finding>,
    gaps: Vec<Gap>,
}

impl Out {
    /// The facts for a check were there.
    fn answer(&mut self, check: &str) {
        self.answered.insert(check.into());
    }

    /// A check failed.
    #[allow(clippy::too_many_arguments, reason = "one finding, spelled out")]
    fn fail(
        &mut self,
        check: &str,
        title: impl Into<String>,
        severity: Severity,
        subject: &str,
        at: Place,
        fix: impl Into<String>,
        why: &[String],
    ) {
        self.answer(check);
        let subject = Subject::new("configuration", subject);
        let mut finding =
            Finding::new("config", check, title, severity, Confidence::High, subject, None).seen_at(at);
        finding.fix = Some(fix.into());
        finding.why = why.to_vec();
        self.findings.push(finding);
    }
}

/// Runs every check that the home and the AWS facts can answer.
pub fn review(home: &Home, facts: Option<&Value>, sink: &mut dyn Sink) -> Result<ConfigSummary, ConfigError> {
    let (settings, gaps) = setting::gather(home);
    let mut out = Out { gaps, ..Out::default() };
    out.gaps.extend(home.gaps().iter().cloned());
    secrets::check(&settings, home, &mut out);
    product::check(&settings, home.product(), &mut out);
    files::check(home, &mut out);
    git::check(home, &mut out);
    version::check(home, &mut out);
    if let Some(facts) = facts {
        aws::check(facts, &mut out);
    }
    if settings.is_empty() && out.answered.is_empty() {
        return Err(ConfigError::Nothing { path: home.root().into() });
    }
    let (asked, void) = questions::ask_rest(home.product(), &mut out);
    let mut findings = out.findings;
    findings.sort_by(|a, b| (b.severity, &a.rule, &a.subject.id).cmp(&(a.severity, &b.rule, &b.subject.id)));
    let summary = ConfigSummary {
        product: home.product(),
        version: home.version().map(|(version, how)| (version.to_owned(), how.to_owned())),
        answered: out.answered,
        asked: asked.into_iter().map(str::to_owned).collect(),
        not_applicable: void.into_iter().map(str::to_owned).collect(),
        findings: findings.len() as u64,
    };
    out.gaps.into_iter().try_for_each(|gap| sink.gap(gap)).map_err(ConfigError::Sink)?;
    findings.into_iter().try_for_each(|finding| sink.finding(finding)).map_err(ConfigError::Sink)?;
    Ok(summary)
}

#[cfg(test)]
mod tests;
