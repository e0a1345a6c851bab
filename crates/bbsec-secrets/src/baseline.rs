//! What was known before: an earlier run's JSON Lines, or a gitleaks report.

use std::{collections::HashSet, path::Path};

use bbsec_core::{Fingerprint, Fingerprinter};
use serde::Deserialize;

use crate::SecretsError;

/// Credentials that are left out because somebody knows them.
#[derive(Debug, Clone, Default)]
pub struct Baseline {
    fingerprints: HashSet<String>,
    /// Plain SHA-256 of secrets from a gitleaks report, which holds them in the clear.
    plain: HashSet<String>,
    /// Rule and path of a redacted gitleaks report.
    places: HashSet<(String, String)>,
}

#[derive(Deserialize)]
struct Ours {
    fingerprint: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Theirs {
    #[serde(rename = "RuleID")]
    rule_id: String,
    #[serde(default)]
    secret: String,
    #[serde(default)]
    file: String,
}

impl Baseline {
    /// Reads either format.
    pub fn read(file: &Path) -> Result<Self, SecretsError> {
        let text = std::fs::read_to_string(file)
            .map_err(|source| SecretsError::ReadFile { path: file.into(), source })?;
        let bad = |source| SecretsError::Baseline { path: file.into(), source: Box::new(source) };
        let mut baseline = Self::default();
        if text.trim_start().starts_with('[') {
            for row in serde_json::from_str::<Vec<Theirs>>(&text).map_err(bad)? {
                if row.secret.is_empty() || row.secret.eq_ignore_ascii_case("redacted") {
                    baseline.places.insert((row.rule_id, row.file));
                } else {
                    baseline.plain.insert(Fingerprinter::unkeyed().of(row.secret.as_bytes()).0);
                }
            }
            return Ok(baseline);
        }
        for line in text.lines().filter(|line| !line.trim().is_empty()) {
            baseline.fingerprints.insert(serde_json::from_str::<Ours>(line).map_err(bad)?.fingerprint);
        }
        Ok(baseline)
    }

    /// A baseline of fingerprints alone.
    pub fn of(fingerprints: impl IntoIterator<Item = Fingerprint>) -> Self {
        Self { fingerprints: fingerprints.into_iter().map(|f| f.0).collect(), ..Self::default() }
    }

    pub(crate) fn knows(
        &self,
        fingerprint: &Fingerprint,
        secret: &[u8],
        rule: &str,
        path: Option<&str>,
    ) -> bool {
        self.fingerprints.contains(&fingerprint.0)
            || (!self.plain.is_empty() && self.plain.contains(&Fingerprinter::unkeyed().of(secret).0))
            || path.is_some_and(|path| self.places.contains(&(rule.to_owned(), path.to_owned())))
    }
}
