//! Facts that a support desk, an authority or a customer will ask for. What is not known says where to look.

use schemars::JsonSchema;
use serde::Serialize;

use super::Happened;
use crate::{CaseData, words};

/// One fact.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Field {
    /// Its name in the case's settings.
    pub key: &'static str,
    /// What it is.
    pub label: &'static str,
    /// `None` is not known.
    pub value: Option<String>,
    /// Where to look for it.
    pub look: &'static str,
}

/// Key, label, and where to look. The order is that of the texts.
const ASKED: [(&str, &str, &str); 21] = [
    ("product", "Product", "case.toml; the footer of any page of the product"),
    ("product_version", "Exact version", "the footer of any page; Administration, System information"),
    ("edition", "Data Center or Server licence", "Administration, Licence"),
    ("nodes", "Nodes in the cluster", "Administration, Clustering"),
    (
        "sen",
        "Support entitlement number (SEN)",
        "Administration, Licence; my.atlassian.com; the audit log's licence events",
    ),
    ("server_id", "Server id", "Administration, Licence; the audit log's licence events"),
    ("deployment", "Deployment (region, instances, database)", "bbsec-ir collect instance; the AWS console"),
    ("exposure", "Reachable from the internet", "the load balancer's scheme and security groups; P-SG-OPEN"),
    ("sso", "Single sign-on and identity provider", "Administration, Authentication methods"),
    ("apps", "Installed apps with versions", "bbsec-ir scan plugins; Administration, Manage apps"),
    ("detected_by", "How it was noticed", "whoever opened the case"),
    ("awareness_at", "When we became aware", "case set awareness_at=…; deadlines are counted from it"),
    (
        "suspected_cve",
        "Suspected vulnerability",
        "root-cause candidates; Atlassian's security advisories for the exact version",
    ),
    (
        "customer_data",
        "Whether personal or customer data is affected",
        "the owners of the repositories, spaces and projects touched",
    ),
    (
        "data_subjects",
        "People and records affected, about how many",
        "the owners of the data; the data protection officer",
    ),
    (
        "controller",
        "Controller or processor, and contract partners",
        "the data protection officer; contracts",
    ),
    ("dpo", "Data protection officer", "the organisation's own register"),
    ("contact", "Contact for this incident, with telephone", "the incident's coordinator"),
    ("time_zone", "Time zone of the host", "the scope's time zones; timedatectl on the host"),
    ("tlp", "Handling mark (TLP)", "the incident's coordinator"),
    (
        "channels.secrep.url",
        "Address of Atlassian's security desk (SECREP)",
        "your own correspondence with Atlassian; there is no public default",
    ),
];

/// The names of the facts that a person can tell a case.
pub fn field_keys() -> impl Iterator<Item = &'static str> {
    ASKED.iter().map(|(key, ..)| *key)
}

pub(super) fn fields(data: &CaseData, happened: &Happened) -> Vec<Field> {
    let mut fields: Vec<Field> = ASKED
        .into_iter()
        .map(|(key, label, look)| Field { key, label, value: value(data, key), look })
        .collect();
    let span = match (happened.first, happened.last) {
        (Some(first), Some(last)) => Some(words::span(first, last)),
        _ => None,
    };
    fields.push(Field {
        key: "malicious_window",
        label: "Earliest and latest malicious activity",
        value: span,
        look: "bbsec-ir scan access with --suspect; older logs",
    });
    // What is not known stands first: it is what somebody must find out.
    fields.sort_by_key(|field| field.value.is_some());
    fields
}

fn value(data: &CaseData, key: &str) -> Option<String> {
    let told = data.settings.get(key).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty());
    told.or_else(|| match key {
        "product" => data.product.as_deref().map(super::product_name),
        "product_version" => data.product_version.clone(),
        "time_zone" => data.scope.time_zones.get("default").cloned(),
        "deployment" if !data.scope.instances.is_empty() => {
            Some(format!("EC2 instances {}", data.scope.instances.join(", ")))
        }
        _ => None,
    })
}
