//! The description of a written-out scenario: every line with what it means.

use std::{collections::BTreeMap, path::Path};

use anyhow::{Context, Result, ensure};
use chrono::{DateTime, NaiveDate, Utc};
use serde::Deserialize;

/// The schema's name.
pub const SCHEMA: &str = "bbsec-ir.script/v1";

/// The whole description.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Script {
    /// [`SCHEMA`].
    pub schema: String,
    /// A short name.
    pub name: String,
    /// From when to when the logs go.
    pub window: (DateTime<Utc>, DateTime<Utc>),
    /// What a responder knows at the beginning, as `KIND:VALUE`.
    pub known: Vec<String>,
    /// The day, by the server's clock, whose Bitbucket log is lost.
    pub missing_day: NaiveDate,
    /// The Bitbucket node.
    pub bitbucket: Bitbucket,
    /// The Confluence node.
    pub confluence: Tomcat,
    /// The Jira node.
    pub jira: Tomcat,
    /// Who speaks, by name.
    pub identity: BTreeMap<String, Identity>,
    /// People behind one address; `as = "crowd"` takes them in turn.
    pub crowd: Crowd,
    /// What is repeated.
    pub routine: Vec<Routine>,
    /// What happens once.
    pub act: Vec<Act>,
    /// Events of the audit logs.
    pub audit: Vec<Audit>,
}

/// A Bitbucket node.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bitbucket {
    /// Its version.
    pub version: String,
    /// Its id in request ids.
    pub node: String,
    /// How far its clock on the wall is from UTC, from when on.
    pub clock: Vec<Clock>,
}

/// One setting of a clock on the wall.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Clock {
    /// From when on.
    pub from: DateTime<Utc>,
    /// Hours ahead of UTC.
    pub hours: i64,
}

/// A Confluence or Jira node: its log says its offset itself.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tomcat {
    /// Its version.
    pub version: String,
    /// Hours ahead of UTC.
    pub utc_offset_hours: i32,
}

/// Who speaks, from where, with what.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Identity {
    /// Account; none is anonymous.
    pub user: Option<String>,
    /// Where the request comes from.
    pub ip: String,
    /// The directly connected peer, if another.
    pub via: Option<String>,
    /// User agent, or what an SSH client calls itself.
    pub agent: String,
    /// Session id.
    pub session: Option<String>,
    /// Access token's number.
    pub token: Option<String>,
    /// SSH key's number.
    pub ssh_key: Option<String>,
    /// SSH key's label.
    pub ssh_label: Option<String>,
    /// Whether it is the actor.
    #[serde(default)]
    pub actor: bool,
}

/// Many people behind one address.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Crowd {
    /// Accounts.
    pub users: Vec<String>,
    /// Their address.
    pub ip: String,
    /// The directly connected peer.
    pub via: String,
    /// Their browser.
    pub agent: String,
}

/// Which product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Product {
    /// Bitbucket.
    Bitbucket,
    /// Confluence.
    Confluence,
    /// Jira.
    Jira,
}

impl Product {
    /// Its name in paths and in the truth.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bitbucket => "bitbucket",
            Self::Confluence => "confluence",
            Self::Jira => "jira",
        }
    }
}

/// What a request means.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Meaning {
    /// `repository`, `page`, …; none where nothing certain is touched.
    pub kind: Option<String>,
    /// As the contract writes it; none where it is not fixed.
    pub id: Option<String>,
    /// None for what was tried without taking anything for sure.
    pub verb: Option<String>,
}

/// A request that happens once.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Act {
    /// When.
    pub at: DateTime<Utc>,
    /// Where.
    pub on: Product,
    /// Name of an identity.
    #[serde(rename = "as")]
    pub identity: String,
    /// `GET /path`, or `SSH - command 'path'`.
    pub action: String,
    /// HTTP status; for SSH 0.
    pub status: Option<u16>,
    /// Whether no answer was ever logged (Bitbucket).
    #[serde(default)]
    pub unanswered: bool,
    /// Labels, beside those of token and key.
    #[serde(default)]
    pub labels: Vec<String>,
    /// Bytes from the client.
    #[serde(default)]
    pub read: u64,
    /// Bytes to the client.
    #[serde(default)]
    pub out: u64,
    /// What it means.
    pub truth: Option<Meaning>,
    /// Id of the vulnerability or habit that a detection must name, in lower case.
    pub detected: Option<String>,
}

/// A request that is repeated.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Routine {
    /// Where.
    pub on: Product,
    /// Name of an identity, or `crowd`.
    #[serde(rename = "as")]
    pub identity: String,
    /// How often.
    pub every_minutes: u32,
    /// From when on; default: the window.
    pub from: Option<DateTime<Utc>>,
    /// Until when; default: the window.
    pub to: Option<DateTime<Utc>>,
    /// As in an act.
    pub action: String,
    /// As in an act.
    #[serde(default)]
    pub labels: Vec<String>,
    /// As in an act.
    #[serde(default)]
    pub read: u64,
    /// As in an act.
    pub out: u64,
    /// As in an act.
    pub truth: Meaning,
}

/// One event of an audit log.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Audit {
    /// When.
    pub at: DateTime<Utc>,
    /// Where.
    pub on: Product,
    /// Account; none is anonymous.
    pub author: Option<String>,
    /// Address.
    pub source: String,
    /// As the page shows it.
    pub action: String,
    /// `actionI18nKey`.
    pub key: String,
    /// Category.
    pub category: String,
    /// Affected objects.
    #[serde(default)]
    pub objects: Vec<Object>,
    /// Changed values.
    #[serde(default)]
    pub changed: Vec<Changed>,
    /// Extra attributes.
    #[serde(default)]
    pub attributes: Vec<Attribute>,
    /// A word that a finding of `scan accounts` must say.
    pub found: Option<String>,
    /// What it means for a thing that was touched.
    pub truth: Option<Meaning>,
}

/// An affected object.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Object {
    /// Type, in the product's own case.
    pub r#type: String,
    /// Id.
    pub id: String,
    /// Name.
    pub name: String,
}

/// A changed value.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Changed {
    /// What.
    pub key: String,
    /// Before.
    pub from: String,
    /// After.
    pub to: String,
}

/// An extra attribute.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attribute {
    /// `nameI18nKey`.
    pub key: String,
    /// Name.
    pub name: String,
    /// Value.
    pub value: String,
}

impl Script {
    /// Whether a file is such a description, by its first setting.
    pub fn is_one(text: &str) -> bool {
        text.lines().any(|line| line.trim() == format!("schema = \"{SCHEMA}\""))
    }

    /// Reads and checks a description.
    pub fn read(path: &Path) -> Result<Self> {
        let text =
            std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        let script: Self =
            toml::from_str(&text).with_context(|| format!("{} is no script", path.display()))?;
        ensure!(script.schema == SCHEMA, "unknown schema {:?}", script.schema);
        let spoken = script.act.iter().map(|act| &act.identity);
        for name in spoken.chain(script.routine.iter().map(|routine| &routine.identity)) {
            ensure!(name == "crowd" || script.identity.contains_key(name), "nobody is called {name:?}");
        }
        Ok(script)
    }
}
