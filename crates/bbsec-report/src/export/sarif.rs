//! SARIF 2.1.0: credentials and findings for what shows code-scanning results.
//!
//! Columns are left out: SARIF counts them in characters of a text, and the evidence counts bytes.

use std::collections::BTreeMap;

use bbsec_core::{ExposedSecret, Finding, Place, Severity, escape};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value, json};

use crate::{Error, Redactor, scrub::Scrub};

/// What a URI's path may hold as it is.
const PATH: AsciiSet = NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// Rules in the order in which they first fire.
#[derive(Default)]
struct Rules {
    index: BTreeMap<String, usize>,
    list: Vec<Value>,
}

impl Rules {
    fn number(&mut self, id: &str, title: &str, severity: Severity) -> usize {
        if let Some(number) = self.index.get(id) {
            return *number;
        }
        self.index.insert(id.to_owned(), self.list.len());
        self.list.push(json!({
            "id": id,
            "shortDescription": { "text": title },
            "defaultConfiguration": { "level": level(severity) },
        }));
        self.list.len() - 1
    }
}

/// One run with a result for each credential and finding.
pub fn sarif(
    secrets: &[ExposedSecret],
    findings: &[Finding],
    tool_version: &str,
    redactor: &Redactor,
) -> Result<String, Error> {
    let mut rules = Rules::default();
    let mut results = Vec::with_capacity(secrets.len() + findings.len());
    for secret in secrets {
        let mut secret = secret.clone();
        secret.scrub(redactor);
        results.push(of_secret(&secret, &mut rules));
    }
    for finding in findings {
        let mut finding = finding.clone();
        finding.scrub(redactor);
        results.push(of_finding(&finding, &mut rules));
    }
    let document = json!({
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": { "name": "bbsec-ir", "version": shown(tool_version), "rules": rules.list } },
            "results": results,
        }],
    });
    serde_json::to_string_pretty(&document).map_err(|source| Error::Json { what: "the SARIF log", source })
}

fn shown(text: &str) -> String {
    escape::terminal(text).into_owned()
}

/// A message is never empty.
fn told(text: &str) -> String {
    let text = shown(text);
    if text.trim().is_empty() { "(no title)".into() } else { text }
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Info => "note",
    }
}

fn uri(path: &str) -> String {
    utf8_percent_encode(path.trim_start_matches('/'), &PATH).to_string()
}

fn of_secret(secret: &ExposedSecret, rules: &mut Rules) -> Value {
    let rule = told(&secret.rule);
    let title = told(&secret.title);
    let number = rules.number(&rule, &title, secret.severity);
    let place = match (&secret.project, &secret.slug) {
        (Some(project), Some(slug)) => format!("{project}/{slug}"),
        _ => secret.repo.clone().unwrap_or_default(),
    };
    let path = secret.path.clone().unwrap_or_else(|| format!("{}/{}", secret.object.kind, secret.object.id));
    let mut physical = json!({ "artifactLocation": { "uri": uri(&format!("{place}/{path}")) } });
    if let (Some(line), Some(physical)) = (secret.line.filter(|line| *line > 0), physical.as_object_mut()) {
        physical.insert("region".into(), json!({ "startLine": line }));
    }
    let name = secret.public_id.as_deref().map(|id| format!(": {}", shown(id))).unwrap_or_default();
    let mut properties = Map::new();
    properties.insert("confidence".into(), secret.confidence.name().into());
    properties.insert("severity".into(), secret.severity.name().into());
    properties.insert("provider".into(), shown(&secret.provider).into());
    properties.insert("repository".into(), shown(&place).into());
    properties.insert("atHead".into(), secret.at_head.into());
    properties.insert("occurrences".into(), secret.occurrences.into());
    for (key, value) in [("publicId", &secret.public_id), ("commit", &secret.commit)] {
        if let Some(value) = value {
            properties.insert(key.into(), shown(value).into());
        }
    }
    json!({
        "ruleId": rule,
        "ruleIndex": number,
        "level": level(secret.severity),
        "message": { "text": format!("{title}{name} in {}", shown(&place)) },
        "locations": [{ "physicalLocation": physical }],
        "partialFingerprints": { "bbsecSecret/v1": secret.fingerprint.0 },
        "properties": properties,
    })
}

fn of_finding(finding: &Finding, rules: &mut Rules) -> Value {
    let rule = told(&finding.rule);
    let title = told(&finding.title);
    let number = rules.number(&rule, &title, finding.severity);
    let why: Vec<String> = finding.why.iter().map(|why| shown(why)).collect();
    let text = if why.is_empty() { title } else { format!("{title}. {}", why.join(". ")) };
    json!({
        "ruleId": rule,
        "ruleIndex": number,
        "level": level(finding.severity),
        "message": { "text": text },
        "locations": finding.evidence.iter().take(20).map(location).collect::<Vec<_>>(),
        "partialFingerprints": { "bbsecFinding/v1": finding.id },
        "properties": {
            "analysis": shown(&finding.analysis),
            "confidence": finding.confidence.name(),
            "severity": finding.severity.name(),
            "subject": shown(&format!("{}:{}", finding.subject.kind, finding.subject.id)),
        },
    })
}

fn location(place: &Place) -> Value {
    let mut physical = Map::new();
    physical.insert("artifactLocation".into(), json!({ "uri": uri(&place.file) }));
    if let (true, Ok(offset)) = (place.length > 0, i64::try_from(place.offset)) {
        physical.insert("region".into(), json!({ "byteOffset": offset, "byteLength": place.length }));
    }
    json!({ "physicalLocation": physical })
}
