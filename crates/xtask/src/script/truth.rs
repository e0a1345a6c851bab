//! `truth.json` of a script: summed up from what the script says of each line.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{request::Request, spec::Script};

/// Everything there is to find.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Truth {
    /// `bbsec-ir.script-truth/v1`.
    pub schema: String,
    /// The script's name.
    pub name: String,
    /// What a responder knows at the beginning.
    pub known: Vec<String>,
    /// The day whose Bitbucket log is missing.
    pub missing_day: String,
    /// One row per product, actor and thing.
    pub rows: Vec<Row>,
    /// By product: what detections must name, with how many requests each.
    pub detected: BTreeMap<String, BTreeMap<String, u64>>,
    /// By product: words that findings of `scan accounts` must say.
    pub accounts: BTreeMap<String, Vec<String>>,
}

/// Who touched what.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Row {
    /// `bitbucket`, `confluence` or `jira`.
    pub product: String,
    /// Account; none is anonymous.
    pub user: Option<String>,
    /// Access token or SSH key.
    pub with: Option<String>,
    /// Originating addresses.
    pub ips: BTreeSet<String>,
    /// As the contract names it.
    pub kind: String,
    /// None where the contract fixes none.
    pub id: Option<String>,
    /// How often, by verb.
    pub verbs: BTreeMap<String, u64>,
    /// Bytes sent in answers.
    pub bytes_out: u64,
    /// Whether it is the actor's.
    pub suspect: bool,
}

/// Sums up.
pub fn truth(script: &Script, requests: &[Request]) -> Truth {
    let mut rows: BTreeMap<_, Row> = BTreeMap::new();
    let mut detected: BTreeMap<String, BTreeMap<String, u64>> = BTreeMap::new();
    for request in requests.iter().filter(|request| !lost(script, request)) {
        let product = request.on.name();
        if let Some(rule) = &request.detected {
            *detected.entry(product.into()).or_default().entry(rule.clone()).or_default() += 1;
        }
        let Some((truth, kind)) =
            request.truth.as_ref().and_then(|truth| Some((truth, truth.kind.as_ref()?)))
        else {
            continue;
        };
        let who = &request.who;
        let with = who.token.clone().or_else(|| who.ssh_key.clone());
        let key = (product, &who.user, with.clone(), who.actor, kind, &truth.id);
        let row = rows.entry(key).or_insert_with(|| Row {
            product: product.into(),
            user: who.user.clone(),
            with,
            ips: BTreeSet::new(),
            kind: kind.clone(),
            id: truth.id.clone(),
            verbs: BTreeMap::new(),
            bytes_out: 0,
            suspect: who.actor,
        });
        row.ips.insert(who.ip.clone());
        row.bytes_out += request.out;
        if let Some(verb) = &truth.verb {
            *row.verbs.entry(verb.clone()).or_default() += 1;
        }
    }
    let mut accounts: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut rows: Vec<Row> = rows.into_values().collect();
    for event in &script.audit {
        if let Some((truth, kind)) =
            event.truth.as_ref().and_then(|truth| Some((truth, truth.kind.as_ref()?)))
        {
            rows.push(Row {
                product: event.on.name().into(),
                user: event.author.clone(),
                with: None,
                ips: BTreeSet::from([event.source.clone()]),
                kind: kind.clone(),
                id: truth.id.clone(),
                verbs: truth.verb.iter().map(|verb| (verb.clone(), 1)).collect(),
                bytes_out: 0,
                suspect: false,
            });
        }
        accounts.entry(event.on.name().into()).or_default().extend(event.found.clone());
    }
    Truth {
        schema: "bbsec-ir.script-truth/v1".into(),
        name: script.name.clone(),
        known: script.known.clone(),
        missing_day: script.missing_day.to_string(),
        rows,
        detected,
        accounts,
    }
}

/// Whether the log that held it is missing: nobody can know of it.
fn lost(script: &Script, request: &Request) -> bool {
    request.on == super::spec::Product::Bitbucket
        && super::bitbucket::wall(script, request.at).date() == script.missing_day
}
