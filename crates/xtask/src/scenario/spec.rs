//! The description of a scenario, as `fixtures/scenarios/*.toml` holds it.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use chrono::{DateTime, NaiveDate, Utc};
use serde::Deserialize;

use super::{credentials::Kind, placement::Placement};

/// The whole description.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spec {
    /// `bbsec-ir.scenario/v1`.
    pub schema: String,
    /// A short name.
    pub name: String,
    /// Where every random choice comes from.
    pub seed: u64,
    /// The product's version.
    pub product_version: String,
    /// The version before the upgrade that happened within the log's days.
    pub previous_version: String,
    /// The instance's address in the browser.
    pub base_url: String,
    /// How forks name the object store of their origin.
    #[serde(default)]
    pub alternates: Alternates,
    /// The AWS account that the node runs in.
    pub aws: Aws,
    /// Which days the logs cover.
    pub logs: Logs,
    /// What the actor does.
    pub attack: Attack,
    /// Repositories that are named because something happens in them.
    pub repository: Vec<Repository>,
    /// Credentials and where they stand.
    pub credential: Vec<Credential>,
    /// How many more repositories nothing happens in.
    pub other_repositories: u32,
    /// Strange things on top, by name.
    #[serde(default)]
    pub oddities: Vec<Oddity>,
}

/// How `objects/info/alternates` is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Alternates {
    /// `../../1/objects`: git follows it wherever the home lies.
    #[default]
    Relative,
    /// The absolute path on the compromised host, as Bitbucket writes it: it leads nowhere on a responder's machine.
    Host,
}

/// Strange things that a home may hold; none of them changes the truth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Oddity {
    /// Lines that are cut, not UTF-8, full of control characters or of the separator.
    HostileLogLines,
    /// Repositories without `repository-config`, with a broken pack, empty, or not a repository at all.
    DamagedRepositories,
    /// Links that lead out of the home or to themselves.
    Links,
    /// A plugin that is no zip, one that is cut, one whose entries climb out.
    HostilePlugins,
    /// Repository configuration that would run a program if git were started on it.
    ConfigThatRuns,
}

/// The AWS side.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Aws {
    /// Twelve digits.
    pub account: String,
    /// The region.
    pub region: String,
    /// The instance role's name.
    pub instance_role: String,
    /// The node's instance id.
    pub instance: String,
    /// The node's own address, as CloudTrail sees it.
    pub node_address: String,
    /// The load balancer's address: the directly connected peer in the access log.
    pub balancer_address: String,
    /// The bucket that the stolen key reads.
    pub bucket: String,
}

/// The logs' days and size.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Logs {
    /// First day.
    pub from: NaiveDate,
    /// How many days.
    pub days: u32,
    /// Lines of ordinary traffic in the access log.
    pub access_lines: usize,
    /// How many people work on the instance.
    pub users: u32,
    /// Day of the upgrade; before it, SSH lines look as in older versions.
    pub upgraded: NaiveDate,
    /// How far the server's clock on the wall is from UTC; access and application log show that clock.
    #[serde(default)]
    pub utc_offset_hours: i64,
}

/// What the actor does, with what.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attack {
    /// First request.
    pub from: DateTime<Utc>,
    /// Second night.
    pub second_night: DateTime<Utc>,
    /// Address of the first contact and the exploit.
    pub scout_address: String,
    /// Address of the clones.
    pub main_address: String,
    /// Address of the second night, and of the use of keys in AWS.
    pub late_address: String,
    /// The account whose token was stolen.
    pub stolen_account: String,
    /// The administrator whose password was used.
    pub stolen_admin: String,
    /// The planted account.
    pub planted_user: String,
    /// File name of the planted plugin.
    pub planted_plugin: String,
}

/// What the actor does with a repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Act {
    /// Whole clone over HTTPS with the stolen token.
    Clone,
    /// Whole clone over SSH with the planted key, in the second night.
    SshClone,
    /// Archive download over REST.
    Archive,
    /// Single files and listings over REST.
    Raw,
    /// Lists refs, takes nothing.
    Refs,
    /// Clone, then push of a change.
    ClonePush,
    /// The request that exploits CVE-2022-36804.
    Exploit,
}

/// One repository.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Repository {
    /// Its number: the folder's name.
    pub id: u32,
    /// Project key, upper-case; `~NAME` for a personal one.
    pub project: String,
    /// Slug.
    pub slug: String,
    /// Commits of ordinary history.
    #[serde(default = "few_commits")]
    pub commits: u32,
    /// Whether a garbage collection has packed it.
    #[serde(default)]
    pub packed: bool,
    /// Id of the repository that it was forked from.
    #[serde(default)]
    pub fork_of: Option<u32>,
    /// What the actor does with it.
    #[serde(default)]
    pub acts: Vec<Act>,
}

const fn few_commits() -> u32 {
    12
}

impl Repository {
    /// `PAY/ledger`, `~mkovacs/dotfiles`: as the contract writes it.
    pub fn name(&self) -> String {
        if self.project.starts_with('~') {
            format!("{}/{}", self.project.to_lowercase(), self.slug)
        } else {
            format!("{}/{}", self.project, self.slug)
        }
    }
}

/// One credential.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Credential {
    /// Its name in the truth.
    pub name: String,
    /// What sort.
    pub kind: Kind,
    /// Ids of the repositories that hold it.
    pub repositories: Vec<u32>,
    /// Where it stands.
    pub placement: Placement,
    /// Whether the actor used it afterwards.
    #[serde(default)]
    pub used: bool,
}

impl Spec {
    /// Reads and checks a description. One with `base = "other.toml"` says only what differs from the other.
    pub fn read(path: &Path) -> Result<Self> {
        let spec: Self =
            table(path)?.try_into().with_context(|| format!("{} is no scenario", path.display()))?;
        ensure!(spec.schema == "bbsec-ir.scenario/v1", "unknown schema {:?}", spec.schema);
        for credential in &spec.credential {
            for id in &credential.repositories {
                ensure!(
                    spec.repository.iter().any(|repository| repository.id == *id),
                    "credential {} is in repository {id}, which is not described",
                    credential.name
                );
            }
        }
        for fork in spec.repository.iter().filter_map(|repository| repository.fork_of) {
            ensure!(
                spec.repository
                    .iter()
                    .any(|repository| repository.id == fork && repository.fork_of.is_none()),
                "repository {fork} is forked but not described, or a fork itself"
            );
        }
        Ok(spec)
    }
}

/// A description with what it takes from its base.
fn table(path: &Path) -> Result<toml::Table> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let mut own: toml::Table = text.parse().with_context(|| format!("{} is no TOML", path.display()))?;
    let Some(base) = own.remove("base") else { return Ok(own) };
    let base = base.as_str().context("`base` names a file")?;
    ensure!(path.file_name().is_some_and(|name| name != base), "{} is its own base", path.display());
    let mut whole = table(&path.with_file_name(base))?;
    merge(&mut whole, own);
    Ok(whole)
}

fn merge(base: &mut toml::Table, over: toml::Table) {
    for (key, value) in over {
        match (base.get_mut(&key), value) {
            (Some(toml::Value::Table(base)), toml::Value::Table(over)) => merge(base, over),
            (_, value) => {
                base.insert(key, value);
            }
        }
    }
}
