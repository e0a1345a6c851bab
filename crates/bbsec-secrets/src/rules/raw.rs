//! Rule files as they are written: gitleaks' TOML schema, with keys of our own beside it.
//!
//! Source: the gitleaks README ("Configuration") and its `config` package; both `[allowlist]` and `[[allowlists]]` are
//! in use.

use serde::Deserialize;

/// A whole file.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct RawConfig {
    pub(crate) extend: RawExtend,
    pub(crate) allowlist: Option<RawAllow>,
    pub(crate) allowlists: Vec<RawAllow>,
    pub(crate) rules: Vec<RawRule>,
    /// Ours: applies to every rule of the file that has none.
    pub(crate) provider: Option<String>,
    /// Ours: how to revoke what this file finds.
    pub(crate) revoke: Option<String>,
    /// Ours: where the provider tells how.
    pub(crate) link: Option<String>,
}

/// What a file builds upon.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct RawExtend {
    pub(crate) path: Option<String>,
    pub(crate) use_default: bool,
    pub(crate) disabled_rules: Vec<String>,
}

/// One rule.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct RawRule {
    pub(crate) id: String,
    pub(crate) description: String,
    pub(crate) regex: Option<String>,
    pub(crate) path: Option<String>,
    pub(crate) secret_group: Option<usize>,
    pub(crate) entropy: Option<f64>,
    pub(crate) keywords: Vec<String>,
    pub(crate) allowlist: Option<RawAllow>,
    pub(crate) allowlists: Vec<RawAllow>,
    // Ours from here on.
    pub(crate) provider: Option<String>,
    pub(crate) severity: Option<String>,
    pub(crate) confidence: Option<String>,
    pub(crate) check: Option<String>,
    pub(crate) generic: bool,
    pub(crate) reach: Option<usize>,
    pub(crate) guard: Option<String>,
    pub(crate) revoke: Option<String>,
    pub(crate) link: Option<String>,
    pub(crate) source: Option<String>,
    pub(crate) examples: Vec<String>,
    pub(crate) negatives: Vec<String>,
}

/// One list of what to leave out.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct RawAllow {
    pub(crate) description: Option<String>,
    pub(crate) condition: Option<String>,
    pub(crate) regex_target: Option<String>,
    pub(crate) regexes: Vec<String>,
    pub(crate) paths: Vec<String>,
    pub(crate) commits: Vec<String>,
    pub(crate) stopwords: Vec<String>,
    pub(crate) target_rules: Vec<String>,
}
