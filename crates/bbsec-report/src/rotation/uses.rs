//! What was done with credentials afterwards: CloudTrail by access key id, the product's own log by token or key id.

use std::collections::{BTreeSet, HashMap};

use bbsec_core::{Finding, IndicatorKind, Severity, Time};
use serde_json::Value;

use super::Use;
use crate::{CaseData, words};

/// What is known to be the actor's: addresses and principals.
pub(super) struct Suspects {
    ips: BTreeSet<String>,
    principals: BTreeSet<String>,
}

impl Suspects {
    pub(super) fn of(data: &CaseData) -> Self {
        let given = |kind| {
            data.scope
                .suspects
                .iter()
                .filter(move |i| i.kind == kind)
                .map(|indicator| indicator.value.clone())
        };
        let own: BTreeSet<&str> = data.scope.own.addresses.iter().map(String::as_str).collect();
        let seen = data.touches.iter().filter(|touch| touch.suspect).flat_map(|touch| &touch.actor.ips);
        Self {
            ips: given(IndicatorKind::Ip)
                .chain(seen.cloned())
                .filter(|ip| !own.contains(ip.as_str()))
                .collect(),
            principals: given(IndicatorKind::AwsPrincipal).collect(),
        }
    }

    fn tie(&self, data: &CaseData, finding: &Finding, used: &Use, credential: &str) -> Option<String> {
        if let Some(arn) = data.scope.own.arns.iter().find(|arn| Some(*arn) == used.principal.as_ref()) {
            let ours = used.ips.iter().all(|ip| data.scope.own.addresses.contains(ip));
            if ours {
                return Some(format!("our own work as {arn}"));
            }
        }
        if let Some(ip) = used.ips.iter().find(|ip| self.ips.contains(*ip)) {
            return Some(format!("from {ip}, an address of the actor"));
        }
        if self.principals.contains(credential) {
            return Some("named as a suspect".into());
        }
        if let Some(arn) = used.principal.as_ref().filter(|arn| self.principals.contains(*arn)) {
            return Some(format!("as {arn}, named as a suspect"));
        }
        if finding.data.get("suspect").and_then(Value::as_bool) == Some(true) {
            return Some(finding.why.first().cloned().unwrap_or_else(|| "the analysis ties it".into()));
        }
        (finding.severity >= Severity::High).then(|| {
            let why = finding.why.first().cloned().unwrap_or_else(|| finding.title.clone());
            format!("rated {}: {why}", finding.severity.name())
        })
    }
}

/// Recorded uses by public id.
pub(super) struct Uses {
    by_id: HashMap<String, Vec<Use>>,
    by_login: HashMap<String, Vec<Use>>,
    inactive: HashMap<String, String>,
}

impl Uses {
    pub(super) fn of(data: &CaseData, suspects: &Suspects) -> Self {
        let mut all = Self { by_id: HashMap::new(), by_login: HashMap::new(), inactive: HashMap::new() };
        for finding in &data.findings {
            if data.dismissed.contains_key(&finding.id) {
                continue;
            }
            let Some(credential) = text(finding, "credential").or_else(|| text(finding, "secret_id")) else {
                continue;
            };
            if finding.rule == "credential-inactive" || text(finding, "status") == Some("Inactive") {
                all.inactive.insert(credential.to_owned(), finding.title.clone());
                continue;
            }
            let mut used = of_finding(finding);
            match suspects.tie(data, finding, &used, credential) {
                Some(tie) if tie.starts_with("our own work") => continue,
                Some(tie) => {
                    used.by_actor = true;
                    used.tie = tie;
                }
                None => used.tie = "not tied to the actor".into(),
            }
            all.by_id.entry(credential.to_owned()).or_default().push(used);
        }
        all.add_touches(data);
        for uses in all.by_id.values_mut().chain(all.by_login.values_mut()) {
            uses.sort_by(|a, b| (a.first, &a.action).cmp(&(b.first, &b.action)));
        }
        all
    }

    /// The product's own log: what suspects did with a token or key, by its id.
    fn add_touches(&mut self, data: &CaseData) {
        let log = data.product.clone().unwrap_or_else(|| "product log".into());
        for touch in data.touches.iter().filter(|touch| touch.suspect) {
            for id in touch.actor.tokens.iter().chain(&touch.actor.ssh_keys) {
                self.by_login.entry(id.clone()).or_default().push(Use {
                    log: log.clone(),
                    action: format!("{} on {}", words::verbs(&touch.verbs), touch.target.id),
                    count: touch.verbs.values().sum(),
                    first: Some(touch.first),
                    last: Some(touch.last),
                    ips: touch.actor.ips.clone(),
                    principal: touch.actor.user.clone(),
                    by_actor: true,
                    tie: touch.why.first().cloned().unwrap_or_else(|| "the access ties to a suspect".into()),
                    finding: None,
                    evidence: touch.evidence.clone(),
                });
            }
        }
    }

    /// Uses of a credential, oldest first; `of_product` where its id is one that the product's log prints, so that a
    /// number is not taken for another service's.
    pub(super) fn of_ids<'a>(&self, ids: impl Iterator<Item = &'a String>, of_product: bool) -> Vec<Use> {
        let mut found = Vec::new();
        for id in ids {
            found.extend(self.by_id.get(id).into_iter().flatten().cloned());
            if of_product || id.starts_with("SHA256:") {
                found.extend(self.by_login.get(id).into_iter().flatten().cloned());
            }
        }
        found
    }

    /// AWS keys and sessions that the actor used, by their ids.
    pub(super) fn of_the_actor(&self) -> impl Iterator<Item = (&String, &[Use])> {
        self.by_id
            .iter()
            .filter(|(id, uses)| {
                (id.starts_with("AKIA") || id.starts_with("ASIA")) && uses.iter().any(|used| used.by_actor)
            })
            .map(|(id, uses)| (id, uses.as_slice()))
    }

    /// Why a credential is known to be switched off.
    pub(super) fn inactive<'a>(&self, mut ids: impl Iterator<Item = &'a String>) -> Option<&str> {
        ids.find_map(|id| self.inactive.get(id)).map(String::as_str)
    }
}

/// Ties uses to the actor by when and whence: after the exposure, from an address that did not use the credential
/// before. Where nothing was recorded before, the first use after the exposure is enough.
pub(super) fn tie_by_exposure(used: &mut [Use], exposed: Time, own: &[String]) {
    let address = |ip: &&String| ip.parse::<std::net::IpAddr>().is_ok();
    let mut before: BTreeSet<String> = BTreeSet::new();
    let mut recorded = false;
    for one in used.iter().filter(|one| one.finding.is_some()) {
        let (Some(first), Some(last)) = (one.first, one.last) else { continue };
        if first >= exposed {
            continue;
        }
        recorded = true;
        // A row that reaches over the exposure does not tell which of several addresses came later.
        if last < exposed || one.ips.len() == 1 {
            before.extend(one.ips.iter().cloned());
        }
    }
    for one in used.iter_mut().filter(|one| !one.by_actor && one.finding.is_some()) {
        if one.first.is_none_or(|first| first < exposed) {
            continue;
        }
        let new = one.ips.iter().filter(address).find(|ip| !before.contains(*ip) && !own.contains(ip));
        if let Some(ip) = new {
            one.by_actor = true;
            one.tie = if recorded {
                format!("from {ip}, which is not known to have used it before it was exposed")
            } else {
                format!("from {ip}, after it was exposed; the record holds no use before that")
            };
        }
    }
}

fn text<'a>(finding: &'a Finding, key: &str) -> Option<&'a str> {
    finding.data.get(key).and_then(Value::as_str)
}

fn of_finding(finding: &Finding) -> Use {
    let time = |key| text(finding, key).and_then(|t| t.parse::<Time>().ok());
    let ips = match finding.data.get("source_ips") {
        Some(Value::Array(ips)) => ips.iter().filter_map(|ip| ip.as_str().map(str::to_owned)).collect(),
        _ => Vec::new(),
    };
    Use {
        log: finding.analysis.clone(),
        action: text(finding, "event_name").unwrap_or(&finding.title).to_owned(),
        count: finding.data.get("count").and_then(Value::as_u64).unwrap_or(1),
        first: time("first").or(finding.at),
        last: time("last").or(finding.at),
        ips,
        principal: text(finding, "principal").map(str::to_owned),
        by_actor: false,
        tie: String::new(),
        finding: Some(finding.id.clone()),
        evidence: finding.evidence.clone(),
    }
}
