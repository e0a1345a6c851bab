//! A STIX 2.1 bundle: what others can look for, and what was seen of it. Addresses, accounts and files only; a token's
//! id means nothing outside the instance and stands in a note.
//!
//! Source: OASIS, STIX Version 2.1 (sections 2.9 identifiers, 3 common properties, 7.2 markings, 9 patterning).

use std::{collections::BTreeMap, net::IpAddr};

use bbsec_core::{Time, escape};
use serde_json::{Map, Value, json};
use sha1::{Digest as _, Sha1};
use uuid::{Builder, Uuid, uuid};

use crate::{ActorView, Error, Report};

/// The namespace from which the standard derives the ids of observables (section 2.9).
const OBSERVABLES: Uuid = uuid!("00abedb4-aa42-466c-9c01-fed23315a9b7");
/// Ours, for everything else: the same case gives the same ids.
const OURS: Uuid = uuid!("6e4b4a62-9b5a-5a55-9d0a-3f1f5f1d7c10");
/// The markings that the standard defines for TLP 1 (section 7.2.1.4).
const TLP: [(&str, Uuid); 4] = [
    ("CLEAR", uuid!("613f2e26-407d-48c7-9eca-b8e91df99dc9")),
    ("GREEN", uuid!("34098fce-860f-48ae-8e50-ebd3cc5e41da")),
    ("AMBER", uuid!("f88d31f6-486f-44da-b317-01333bde0b82")),
    ("RED", uuid!("5e57c739-391a-4eb3-b6be-7d15ca92d5ed")),
];

/// The indicators of a report as one bundle.
pub fn stix(report: &Report) -> Result<String, Error> {
    let mut bundle = Bundle::new(report);
    for actor in &report.happened.actors {
        bundle.actor(actor);
    }
    bundle.files(report);
    bundle.note(report);
    let document = bundle.close(report);
    serde_json::to_string_pretty(&document).map_err(|source| Error::Json { what: "the STIX bundle", source })
}

/// A version 5 id (RFC 9562, section 5.5).
fn id_of(namespace: Uuid, name: &str) -> Uuid {
    let digest = Sha1::new().chain_update(namespace.as_bytes()).chain_update(name.as_bytes()).finalize();
    let mut bytes = [0; 16];
    bytes.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
    Builder::from_sha1_bytes(bytes).into_uuid()
}

/// Timestamps have milliseconds (section 3.2).
fn stamp(time: Time) -> String {
    time.to_chrono().format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

fn shown(text: &str) -> String {
    escape::terminal(text).into_owned()
}

/// A text within quotes of a pattern.
fn quoted(text: &str) -> String {
    format!("'{}'", shown(text).replace('\\', r"\\").replace('\'', r"\'"))
}

/// When something was first and last seen.
#[derive(Clone, Copy)]
struct Seen {
    first: Time,
    last: Time,
}

struct Bundle {
    case: String,
    created: String,
    author: String,
    markings: Vec<String>,
    objects: Vec<Value>,
    /// Observables by id, with the path and value of their patterns.
    observed: BTreeMap<String, Seen>,
}

impl Bundle {
    fn new(report: &Report) -> Self {
        let case = report.case.id.clone();
        let mut new = Self {
            created: stamp(report.case.rendered_at),
            author: format!("identity--{}", id_of(OURS, &case)),
            markings: Vec::new(),
            objects: Vec::new(),
            observed: BTreeMap::new(),
            case,
        };
        new.mark(report.case.tlp.as_deref());
        let name = format!("bbsec-ir, case {}", new.case);
        let identity = json!({ "name": shown(&name), "identity_class": "system" });
        let author = new.author.clone();
        new.push("identity", author, identity);
        new
    }

    /// The handling mark as a statement, and as the standard's own where it has one. `AMBER+STRICT` is TLP 2: the
    /// next stricter of the standard's is set, so that no program shares more than was meant.
    fn mark(&mut self, tlp: Option<&str>) {
        let Some(tlp) = tlp.map(str::trim).filter(|tlp| !tlp.is_empty()) else { return };
        let id = format!("marking-definition--{}", id_of(OURS, &format!("{} {tlp}", self.case)));
        self.objects.push(json!({
            "type": "marking-definition", "spec_version": "2.1", "id": id, "created": self.created,
            "definition_type": "statement", "definition": { "statement": shown(tlp) },
        }));
        self.markings.push(id);
        let name = tlp.to_ascii_uppercase();
        let name = name.trim_start_matches("TLP:").trim();
        let name = if name == "AMBER+STRICT" {
            "RED"
        } else if name == "WHITE" {
            "CLEAR"
        } else {
            name
        };
        if let Some((_, id)) = TLP.iter().find(|(known, _)| *known == name) {
            self.markings.push(format!("marking-definition--{id}"));
        }
    }

    /// Adds an object with what all have.
    fn push(&mut self, kind: &str, id: String, fields: Value) {
        let mut object = Map::new();
        object.insert("type".into(), kind.into());
        object.insert("spec_version".into(), "2.1".into());
        object.insert("id".into(), id.into());
        object.insert("created".into(), self.created.clone().into());
        object.insert("modified".into(), self.created.clone().into());
        if kind != "identity" {
            object.insert("created_by_ref".into(), self.author.clone().into());
        }
        if !self.markings.is_empty() {
            object.insert("object_marking_refs".into(), json!(self.markings));
        }
        if let Value::Object(fields) = fields {
            object.extend(fields);
        }
        self.objects.push(Value::Object(object));
    }

    fn actor(&mut self, actor: &ActorView) {
        let seen = Seen { first: actor.first, last: actor.last };
        for ip in &actor.ips {
            let Ok(address) = ip.parse::<IpAddr>() else { continue };
            let kind = if address.is_ipv4() { "ipv4-addr" } else { "ipv6-addr" };
            let value = address.to_string();
            let pattern = format!("[{kind}:value = {}]", quoted(&value));
            let title = format!("Address of the actor: {value}");
            self.indicator(kind, &json!({ "value": value }), &pattern, &title, "malicious-activity", seen);
        }
        if let Some(user) = &actor.user {
            let user = shown(user);
            let pattern = format!("[user-account:account_login = {}]", quoted(&user));
            let title = format!("Account that the actor worked with: {user}");
            let account = json!({ "account_login": user });
            self.indicator("user-account", &account, &pattern, &title, "compromised", seen);
        }
    }

    /// Files that findings name by their hash.
    fn files(&mut self, report: &Report) {
        for finding in &report.findings {
            let hash = ["sha256", "jar_sha256"].iter().find_map(|key| finding.data.get(*key)?.as_str());
            let Some(hash) =
                hash.filter(|hash| hash.len() == 64 && hash.bytes().all(|b| b.is_ascii_hexdigit()))
            else {
                continue;
            };
            let at = finding.at.or(report.happened.first).unwrap_or(report.case.rendered_at);
            let file = json!({ "hashes": { "SHA-256": hash } });
            let pattern = format!("[file:hashes.'SHA-256' = '{hash}']");
            let seen = Seen { first: at, last: at };
            self.indicator("file", &file, &pattern, &shown(&finding.title), "malicious-activity", seen);
        }
    }

    /// An observable, the observation of it, the pattern that finds it again, and what the pattern rests on.
    fn indicator(&mut self, kind: &str, of: &Value, pattern: &str, title: &str, what: &str, seen: Seen) {
        let id = format!("{kind}--{}", id_of(OBSERVABLES, &of.to_string()));
        if let Some(before) = self.observed.get_mut(&id) {
            before.first = before.first.min(seen.first);
            before.last = before.last.max(seen.last);
            return;
        }
        let mut object = json!({ "type": kind, "spec_version": "2.1", "id": id });
        if let (Some(object), Some(fields)) = (object.as_object_mut(), of.as_object()) {
            object.extend(fields.clone());
        }
        self.objects.push(object);
        let indicator = format!("indicator--{}", id_of(OURS, &format!("{} {pattern}", self.case)));
        self.push(
            "indicator",
            indicator.clone(),
            json!({
                "name": title, "indicator_types": [what], "pattern": pattern, "pattern_type": "stix",
                "pattern_version": "2.1", "valid_from": stamp(seen.first),
            }),
        );
        let observation = self.observation(&id);
        let relation = format!("relationship--{}", id_of(OURS, &format!("{indicator} {observation}")));
        self.push(
            "relationship",
            relation,
            json!({
                "relationship_type": "based-on", "source_ref": indicator, "target_ref": observation,
            }),
        );
        self.observed.insert(id, seen);
    }

    fn observation(&self, observable: &str) -> String {
        format!("observed-data--{}", id_of(OURS, &format!("{} {observable}", self.case)))
    }

    /// Ids that mean something to the instance alone.
    fn note(&mut self, report: &Report) {
        let mut lines = Vec::new();
        for actor in &report.happened.actors {
            lines.extend(actor.tokens.iter().map(|id| format!("access token id {}", shown(id))));
            lines.extend(actor.ssh_keys.iter().map(|id| format!("SSH key id {}", shown(id))));
        }
        lines.sort();
        lines.dedup();
        if !lines.is_empty() {
            let id = format!("note--{}", id_of(OURS, &format!("{} note", self.case)));
            let about = self.author.clone();
            self.push(
                "note",
                id,
                json!({
                    "abstract": "Credentials of the instance that the actor worked with",
                    "content": lines.join("\n"), "object_refs": [about],
                }),
            );
        }
    }

    fn close(mut self, report: &Report) -> Value {
        for (id, seen) in std::mem::take(&mut self.observed) {
            let observation = self.observation(&id);
            self.push(
                "observed-data",
                observation,
                json!({
                    "first_observed": stamp(seen.first), "last_observed": stamp(seen.last),
                    "number_observed": 1, "object_refs": [id],
                }),
            );
        }
        let refs: Vec<Value> = self
            .objects
            .iter()
            .filter(|object| object["type"] != "marking-definition")
            .map(|object| object["id"].clone())
            .collect();
        let id = format!("report--{}", id_of(OURS, &format!("{} report", self.case)));
        let title = if report.case.title.is_empty() { &self.case } else { &report.case.title };
        let fields = json!({
            "name": shown(title), "description": shown(&report.answers.headline),
            "report_types": ["threat-report", "indicator", "observed-data"],
            "published": self.created, "object_refs": refs,
        });
        self.push("report", id, fields);
        let id = format!("bundle--{}", id_of(OURS, &format!("{} bundle", self.case)));
        json!({ "type": "bundle", "id": id, "objects": self.objects })
    }
}
