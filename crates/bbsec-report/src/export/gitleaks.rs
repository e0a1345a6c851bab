//! A gitleaks report: the fields of its own JSON, so that what reads those reads these. Values are redacted.
//!
//! Field names: gitleaks' `report.Finding`.

use bbsec_core::{ExposedSecret, escape};
use serde_json::{Value, json};

use crate::{Error, Redactor, scrub::Scrub};

/// One entry for each credential and repository.
pub fn gitleaks_json(secrets: &[ExposedSecret], redactor: &Redactor) -> Result<String, Error> {
    let entries: Vec<Value> = secrets
        .iter()
        .map(|secret| {
            let mut secret = secret.clone();
            secret.scrub(redactor);
            entry(&secret)
        })
        .collect();
    serde_json::to_string_pretty(&entries)
        .map_err(|source| Error::Json { what: "the report for gitleaks' readers", source })
}

fn entry(secret: &ExposedSecret) -> Value {
    let shown = |text: &str| escape::terminal(text).into_owned();
    let maybe = |text: &Option<String>| text.as_deref().map(shown).unwrap_or_default();
    let (file, commit) = (maybe(&secret.path), maybe(&secret.commit));
    let (rule, line) = (shown(&secret.rule), secret.line.unwrap_or(0));
    // gitleaks' own form: with the commit where there is one.
    let fingerprint = if commit.is_empty() {
        format!("{file}:{rule}:{line}")
    } else {
        format!("{commit}:{file}:{rule}:{line}")
    };
    let mut tags =
        vec![format!("provider:{}", shown(&secret.provider)), format!("severity:{}", secret.severity.name())];
    tags.extend(secret.public_id.iter().map(|id| format!("public-id:{}", shown(id))));
    json!({
        "RuleID": rule,
        "Description": shown(&secret.title),
        "StartLine": line,
        "EndLine": line,
        "StartColumn": secret.column.unwrap_or(0),
        "EndColumn": secret.column.unwrap_or(0),
        "Match": shown(&secret.secret),
        "Secret": shown(&secret.secret),
        "File": file,
        "SymlinkFile": "",
        "Commit": commit,
        "Entropy": 0,
        "Author": maybe(&secret.author),
        "Email": maybe(&secret.email),
        "Date": secret.committed_at.map(|time| time.to_chrono().to_rfc3339_opts(chrono::SecondsFormat::Secs, true)).unwrap_or_default(),
        "Message": "",
        "Tags": tags,
        "Fingerprint": fingerprint,
    })
}
