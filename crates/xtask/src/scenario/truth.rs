//! `truth.json`: what a perfect investigation would find, written by the generator before any parser runs.
//!
//! It names credentials by fingerprint (plain SHA-256 of the secret's bytes) and public id, never by value.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    credentials::Secret,
    request::Request,
    spec::{Credential, Repository},
};

/// The schema's name.
pub const SCHEMA: &str = "bbsec-ir.scenario-truth/v1";

/// Everything there is to find.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
pub struct Truth {
    /// [`SCHEMA`].
    pub schema: String,
    /// The scenario's name.
    pub name: String,
    /// Its seed.
    pub seed: u64,
    /// `bitbucket`.
    pub product: String,
    /// The version that ran during the attack.
    pub version: String,
    /// First and last moment of the actor on the instance and in AWS.
    pub window: (DateTime<Utc>, DateTime<Utc>),
    /// What a responder knows at the beginning, as `KIND:VALUE`.
    pub known: Vec<String>,
    /// Everything that belongs to the actor, as `KIND:VALUE`.
    pub indicators: Vec<String>,
    /// One row per actor and repository.
    pub touched: Vec<Touched>,
    /// The stolen account's own work: must stay apart and unsuspected.
    pub innocent: Vec<Touched>,
    /// Repositories on which the exploit was tried.
    pub exploited: Vec<String>,
    /// Request ids of the exploit, without mark.
    pub exploit_requests: Vec<String>,
    /// Credentials, one row per credential and repository.
    pub exposed: Vec<Exposed>,
    /// Credentials that the host's configuration holds.
    pub configuration: Vec<ConfigSecret>,
    /// What the actor left on the instance.
    pub planted: Planted,
    /// Plugin files with their digests.
    pub plugins: Vec<Plugin>,
    /// Commits that the actor pushed.
    pub pushed: Vec<Pushed>,
    /// When the audit's coverage was lowered.
    pub audit_lowered: Option<DateTime<Utc>>,
    /// What was done with credentials in AWS.
    pub cloudtrail: Vec<KeyUse>,
    /// The rotation list: what to rotate, in classes; 1 comes first. Within a class the order is free.
    pub rotation: Vec<Rotation>,
    /// Sizes, for a look at plausibility.
    pub counts: BTreeMap<String, u64>,
}

/// Who touched which repository, and how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Touched {
    /// `PAY/ledger`.
    pub repository: String,
    /// Account.
    pub user: Option<String>,
    /// Access token.
    pub token: Option<String>,
    /// SSH key.
    pub ssh_key: Option<String>,
    /// Originating addresses.
    pub ips: Vec<String>,
    /// How often, by verb.
    pub verbs: BTreeMap<String, u64>,
    /// Bytes sent in answers.
    pub bytes_out: u64,
}

/// One credential in one repository.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Exposed {
    /// The credential's name in the description.
    pub name: String,
    /// Plain SHA-256 of the secret's bytes.
    pub fingerprint: String,
    /// Its name that is no secret.
    pub public_id: Option<String>,
    /// Who can revoke it.
    pub provider: String,
    /// `PAY/ledger`.
    pub repository: String,
    /// The repository's folder, below the home.
    pub folder: String,
    /// The place, as the description calls it.
    pub placement: String,
    /// `blob`, `commit` or `tag`.
    pub object: String,
    /// For a blob without commit: its id.
    pub object_id: Option<String>,
    /// The file.
    pub path: Option<String>,
    /// The commit that brought it in.
    pub commit: Option<String>,
    /// Its author.
    pub author: Option<String>,
    /// The author's address.
    pub email: Option<String>,
    /// When it was committed.
    pub committed_at: Option<DateTime<Utc>>,
    /// Refs that reach it, sorted.
    pub reachable: Vec<String>,
    /// Whether it stands at a branch's tip.
    pub at_head: bool,
    /// Whether the actor used it afterwards.
    pub used: bool,
    /// Whether it came with the history of the repository that this one was forked from.
    pub inherited: bool,
}

impl Exposed {
    /// A row with what the description tells.
    pub fn new(credential: &Credential, secret: &Secret, repository: &Repository) -> Self {
        Self {
            name: credential.name.clone(),
            fingerprint: secret.fingerprint(),
            public_id: secret.public_id.clone(),
            provider: secret.provider.into(),
            repository: repository.name(),
            folder: format!("{}/{}", super::repositories::FOLDER, repository.id),
            placement: format!("{:?}", credential.placement),
            object: String::new(),
            object_id: None,
            path: None,
            commit: None,
            author: None,
            email: None,
            committed_at: None,
            reachable: Vec::new(),
            at_head: false,
            used: credential.used,
            inherited: false,
        }
    }
}

/// A credential in a configuration file.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct ConfigSecret {
    /// The file, below the home.
    pub file: String,
    /// The key.
    pub key: String,
    /// Plain SHA-256 of the secret's bytes.
    pub fingerprint: String,
    /// Its name that is no secret.
    pub public_id: Option<String>,
}

/// What the actor left.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
pub struct Planted {
    /// Accounts.
    pub users: Vec<String>,
    /// Access token ids.
    pub tokens: Vec<String>,
    /// SSH keys: number and `SHA256:…`.
    pub ssh_keys: Vec<(String, String)>,
}

/// A plugin file.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Plugin {
    /// Below the home.
    pub file: String,
    /// Its key.
    pub key: String,
    /// Hex.
    pub sha256: String,
    /// Whether it is the actor's.
    pub bad: bool,
}

/// A commit that the actor pushed.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Pushed {
    /// `PLAT/ci-library`.
    pub repository: String,
    /// Commit id.
    pub commit: String,
}

/// What was done with one key in AWS.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct KeyUse {
    /// Access key id.
    pub access_key_id: String,
    /// The credential's name in the description, or the instance role.
    pub name: String,
    /// From where.
    pub ips: Vec<String>,
    /// API calls with how often.
    pub events: BTreeMap<String, u64>,
    /// What was made or read, by ARN or name.
    pub resources: Vec<String>,
}

/// One line of the rotation list.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Rotation {
    /// 1: used by the actor. 2: content taken, or planted. 3: held by the host. 4: repository only listed. 5: not touched.
    pub class: u8,
    /// The credential's name.
    pub name: String,
    /// Its name that is no secret.
    pub public_id: Option<String>,
    /// Plain SHA-256, where it has a value.
    pub fingerprint: Option<String>,
}

/// Sums up requests into rows; `actor` says whose.
pub fn rows(requests: &[Request], actor: bool) -> Vec<Touched> {
    type Key = (String, Option<String>, Option<String>, Option<String>);
    let mut rows: BTreeMap<Key, Touched> = BTreeMap::new();
    for request in requests {
        let Some(meaning) = request.meaning.as_ref().filter(|meaning| meaning.actor == actor) else {
            continue;
        };
        let user = request.user.clone();
        let key = (meaning.repository.clone(), user.clone(), meaning.token.clone(), meaning.ssh_key.clone());
        let row = rows.entry(key).or_insert_with(|| Touched {
            repository: meaning.repository.clone(),
            user,
            token: meaning.token.clone(),
            ssh_key: meaning.ssh_key.clone(),
            ips: Vec::new(),
            verbs: BTreeMap::new(),
            bytes_out: 0,
        });
        if !row.ips.contains(&request.client) {
            row.ips.push(request.client.clone());
        }
        *row.verbs.entry(meaning.verb.into()).or_default() += 1;
        row.bytes_out += request.written;
    }
    rows.into_values().collect()
}

/// What the description alone tells.
pub fn base(spec: &super::spec::Spec, facts: &super::attack::Facts) -> Truth {
    let attack = &spec.attack;
    let indicators = vec![
        format!("ip:{}", attack.scout_address),
        format!("ip:{}", attack.main_address),
        format!("ip:{}", attack.late_address),
        format!("token:{}", facts.stolen_token),
        format!("session:{}", facts.admin_session),
        format!("user:{}", attack.planted_user),
        format!("token:{}", facts.planted_token),
        format!("ssh-key:{}", facts.planted_key),
    ];
    let exploited = |repository: &&Repository| repository.acts.contains(&super::spec::Act::Exploit);
    Truth {
        schema: SCHEMA.into(),
        name: spec.name.clone(),
        seed: spec.seed,
        product: "bitbucket".into(),
        version: spec.product_version.clone(),
        window: (attack.from, attack.second_night + chrono::Duration::hours(6)),
        known: vec![format!("ip:{}", attack.main_address)],
        indicators,
        exploited: spec.repository.iter().filter(exploited).map(Repository::name).collect(),
        planted: Planted {
            users: vec![attack.planted_user.clone()],
            tokens: vec![facts.planted_token.clone()],
            ssh_keys: vec![(facts.planted_key.to_string(), facts.planted_key_fingerprint.clone())],
        },
        ..Truth::default()
    }
}

/// Verbs after which content of a repository is in the actor's hands.
const TAKING: [&str; 5] = ["clone", "fetch", "archive", "raw", "browse"];

impl Truth {
    /// The rotation list: a credential's class is its best over all repositories that hold it.
    pub fn ranked(&self) -> Vec<Rotation> {
        let mut out: BTreeMap<String, Rotation> = BTreeMap::new();
        for exposed in &self.exposed {
            let touched = || self.touched.iter().filter(|row| row.repository == exposed.repository);
            let taken = touched().any(|row| TAKING.iter().any(|verb| row.verbs.contains_key(*verb)));
            let exploited = self.exploited.contains(&exposed.repository);
            let class = match (exposed.used, taken, exploited || touched().next().is_some()) {
                (true, _, _) => 1,
                (_, true, _) => 2,
                (_, _, true) => 4,
                _ => 5,
            };
            let line = Rotation {
                class,
                name: exposed.name.clone(),
                public_id: exposed.public_id.clone(),
                fingerprint: Some(exposed.fingerprint.clone()),
            };
            let known = out.entry(exposed.name.clone()).or_insert_with(|| line.clone());
            known.class = known.class.min(class);
        }
        let mut add = |class, name: String, public_id: Option<String>, fingerprint: Option<String>| {
            out.insert(name.clone(), Rotation { class, name, public_id, fingerprint });
        };
        for held in &self.configuration {
            let name = format!("{}:{}", held.file, held.key);
            add(3, name, held.public_id.clone(), Some(held.fingerprint.clone()));
        }
        for key in self.cloudtrail.iter().filter(|key| key.access_key_id.starts_with("ASIA")) {
            add(1, key.name.clone(), Some(key.access_key_id.clone()), None);
        }
        for indicator in self.indicators.iter().filter(|text| text.starts_with("token:")) {
            // The stolen token was used; the planted one is the actor's own.
            add(1, indicator.clone(), indicator.strip_prefix("token:").map(str::to_owned), None);
        }
        for (number, fingerprint) in &self.planted.ssh_keys {
            add(1, format!("ssh-key:{number}"), Some(fingerprint.clone()), None);
        }
        let mut lines: Vec<Rotation> = out.into_values().collect();
        lines.sort_by(|a, b| (a.class, &a.name).cmp(&(b.class, &b.name)));
        lines
    }
}
