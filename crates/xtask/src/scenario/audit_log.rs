//! `log/audit/YYYYMMDD.NNNNN.audit.log`: one JSON object per line, one file per day.

use std::{collections::BTreeMap, path::Path};

use anyhow::Result;
use chrono::{DateTime, Duration, NaiveDate, Utc};
use serde_json::{Value, json};

use super::{
    attack::Facts,
    credentials,
    people::Person,
    rng::Rng,
    spec::{Act, Repository, Spec},
};

/// One entry before it gets its common fields.
struct Entry {
    at: DateTime<Utc>,
    author: Value,
    source: Option<String>,
    method: &'static str,
    category: (&'static str, &'static str),
    area: &'static str,
    level: &'static str,
    action: (&'static str, &'static str),
    affected: Vec<Value>,
    changed: Vec<Value>,
    extra: Vec<Value>,
}

const USERS: (&str, &str) = ("Users and groups", "bitbucket.service.audit.category.usersandgroups");
const REPOSITORIES: (&str, &str) = ("Repositories", "bitbucket.service.audit.category.repositories");
const PERMISSIONS: (&str, &str) = ("Permissions", "bitbucket.service.audit.category.permissions");
const TOKENS: (&str, &str) = ("HTTP access tokens", "bitbucket.access.tokens.audit.category");
const SSH: (&str, &str) = ("SSH", "bitbucket.ssh.audit.category");
const AUDITING: (&str, &str) = ("Auditing", "atlassian.audit.event.category.audit");
const APPS: (&str, &str) = ("Apps", "bitbucket.service.audit.category.apps");

fn user(id: u32, name: &str) -> Value {
    json!({"id": id.to_string(), "name": name, "type": "NORMAL"})
}

fn affected(kind: &str, id: &str, name: &str) -> Value {
    json!({"id": id, "name": name, "type": kind})
}

fn attribute(key: &str, name: &str, value: &str) -> Value {
    json!({"name": name, "nameI18nKey": key, "value": value})
}

/// Writes the ordinary entries and the actor's.
pub fn write(
    spec: &Spec,
    home: &Path,
    people: &[Person],
    repositories: &[Repository],
    facts: &Facts,
) -> Result<usize> {
    let mut rng = Rng::new(spec.seed, "audit log");
    let mut entries = ordinary(spec, people, repositories, &mut rng)?;
    entries.extend(actor(spec, people, facts));
    entries.sort_by_key(|entry| entry.at);
    let node = rng.uuid();
    let mut days: BTreeMap<NaiveDate, String> = BTreeMap::new();
    let count = entries.len();
    for entry in entries {
        let text = serde_json::to_string(&to_json(spec, &entry, &node))?;
        let day = days.entry(entry.at.date_naive()).or_default();
        day.push_str(&text);
        day.push('\n');
    }
    let folder = home.join("log/audit");
    std::fs::create_dir_all(&folder)?;
    for (day, text) in days {
        std::fs::write(folder.join(format!("{}.00000.audit.log", day.format("%Y%m%d"))), text)?;
    }
    Ok(count)
}

fn to_json(spec: &Spec, entry: &Entry, node: &str) -> Value {
    let (action, action_key) = entry.action;
    let (category, category_key) = entry.category;
    let mut value = json!({
        "affectedObjects": entry.affected,
        "auditType": {
            "action": action,
            "actionI18nKey": action_key,
            "area": entry.area,
            "category": category,
            "categoryI18nKey": category_key,
            "level": entry.level,
        },
        "author": entry.author,
        "changedValues": entry.changed,
        "extraAttributes": entry.extra,
        "method": entry.method,
        "node": node,
        "system": spec.base_url,
        "timestamp": {
            "epochSecond": entry.at.timestamp(),
            "nano": entry.at.timestamp_subsec_nanos(),
        },
        "version": "1.0",
    });
    if let (Some(source), Some(object)) = (&entry.source, value.as_object_mut()) {
        object.insert("source".into(), json!(source));
    }
    value
}

fn at(spec: &Spec, rng: &mut Rng) -> DateTime<Utc> {
    let day = spec.logs.from + chrono::Days::new(rng.below(u64::from(spec.logs.days)));
    let millisecond = rng.between(7 * 3_600_000, 18 * 3_600_000) as i64;
    day.and_time(chrono::NaiveTime::MIN).and_utc() + Duration::milliseconds(millisecond)
}

fn ordinary(
    spec: &Spec,
    people: &[Person],
    repositories: &[Repository],
    rng: &mut Rng,
) -> Result<Vec<Entry>> {
    let mut out = Vec::new();
    for _ in 0..u64::from(spec.logs.days) * 90 {
        let (person, repository) = (rng.pick(people), rng.pick(repositories));
        out.push(visit(at(spec, rng), person, &person.address, repository));
    }
    let admin = people.iter().find(|person| person.user == spec.attack.stolen_admin);
    let Some(admin) = admin else { return Ok(out) };
    // What an administrator does in an ordinary week, from the usual address.
    for number in 0..4 {
        let name = format!("newcomer{number}");
        out.push(user_created(at(spec, rng), admin, &admin.address, 900 + number, &name));
    }
    for person in people.iter().take(6) {
        let id = rng.digits(12);
        out.push(token_created(at(spec, rng), person, &person.address, &id, "ide", person.id, &person.user));
        let (_, line, _) = credentials::ssh_key(rng, &format!("{}@laptop", person.user))?;
        let number = 2900 + person.id;
        out.push(key_created(
            at(spec, rng),
            person,
            &person.address,
            (number, "laptop", &line),
            &person.user,
        ));
    }
    for _ in 0..3 {
        let mut entry = config_updated(at(spec, rng), admin, &admin.address);
        entry.changed = vec![
            json!({"key": "Retention", "i18nKey": "atlassian.audit.event.change.retention", "from": "1 Year", "to": "2 Years"}),
        ];
        out.push(entry);
    }
    out.push(plugin_enabled(
        at(spec, rng),
        admin,
        &admin.address,
        "com.example.reviewers",
        "Reviewer groups",
    ));
    Ok(out)
}

fn visit(at: DateTime<Utc>, person: &Person, address: &str, repository: &Repository) -> Entry {
    let target = format!("{}/{}", repository.project, repository.slug);
    Entry {
        at,
        author: user(person.id, &person.user),
        source: Some(address.into()),
        method: "Browser",
        category: REPOSITORIES,
        area: "END_USER_ACTIVITY",
        level: "BASE",
        action: (
            "Repository accessed by user",
            "bitbucket.service.repository.audit.action.repositoryaccessed",
        ),
        affected: vec![
            affected("PROJECT", &(repository.id % 7 + 1).to_string(), &repository.project),
            affected("REPOSITORY", &repository.id.to_string(), &repository.slug),
        ],
        changed: Vec::new(),
        extra: vec![attribute("bitbucket.audit.attribute.legacy.target", "target", &target)],
    }
}

fn administrative(
    at: DateTime<Utc>,
    by: &Person,
    address: &str,
    action: (&'static str, &'static str),
) -> Entry {
    Entry {
        at,
        author: user(by.id, &by.user),
        source: Some(address.into()),
        method: "Browser",
        category: USERS,
        area: "USER_MANAGEMENT",
        level: "BASE",
        action,
        affected: Vec::new(),
        changed: Vec::new(),
        extra: Vec::new(),
    }
}

fn user_created(at: DateTime<Utc>, by: &Person, address: &str, id: u32, name: &str) -> Entry {
    Entry {
        affected: vec![affected("USER", &id.to_string(), name)],
        extra: vec![attribute("bitbucket.audit.attribute.legacy.target", "target", name)],
        ..administrative(at, by, address, ("User created", "bitbucket.service.user.audit.action.usercreated"))
    }
}

fn permission_granted(at: DateTime<Utc>, by: &Person, address: &str, id: u32, name: &str) -> Entry {
    let action = ("Global permission granted", "bitbucket.service.user.audit.action.globalpermissiongranted");
    Entry {
        category: PERMISSIONS,
        area: "PERMISSIONS",
        affected: vec![affected("USER", &id.to_string(), name)],
        changed: vec![
            json!({"key": "Permission", "i18nKey": "bitbucket.audit.change.permission", "to": "SYS_ADMIN"}),
        ],
        extra: vec![
            attribute("bitbucket.audit.attribute.permission", "Permission", "SYS_ADMIN"),
            attribute("bitbucket.audit.attribute.legacy.target", "target", "Global"),
        ],
        ..administrative(at, by, address, action)
    }
}

fn token_created(
    at: DateTime<Utc>,
    by: &Person,
    address: &str,
    token: &str,
    name: &str,
    owner: u32,
    owner_name: &str,
) -> Entry {
    let action =
        ("Personal access token created", "bitbucket.access.tokens.audit.action.accesstokencreated.personal");
    Entry {
        category: TOKENS,
        area: "SECURITY",
        method: "API",
        affected: vec![affected("USER", &owner.to_string(), owner_name)],
        extra: vec![
            attribute("bitbucket.access.tokens.audit.attr.id", "ID", token),
            attribute("bitbucket.access.tokens.audit.attr.name", "Name", name),
            attribute("bitbucket.audit.attribute.legacy.target", "target", owner_name),
        ],
        ..administrative(at, by, address, action)
    }
}

fn key_created(at: DateTime<Utc>, by: &Person, address: &str, key: (u32, &str, &str), owner: &str) -> Entry {
    let (number, label, line) = key;
    Entry {
        category: SSH,
        area: "SECURITY",
        method: "API",
        affected: vec![affected("USER", &by.id.to_string(), owner)],
        extra: vec![
            attribute("bitbucket.ssh.audit.attr.sshkey.id", "ID", &number.to_string()),
            attribute("bitbucket.ssh.audit.attr.sshkey.label", "Label", label),
            attribute("bitbucket.ssh.audit.attr.sshkey.publickey", "Public key", line),
            attribute("bitbucket.audit.attribute.legacy.target", "target", owner),
        ],
        ..administrative(at, by, address, ("SSH key created", "bitbucket.ssh.audit.action.sshkeycreated"))
    }
}

fn config_updated(at: DateTime<Utc>, by: &Person, address: &str) -> Entry {
    let action = ("Audit Log configuration updated", "atlassian.audit.event.action.audit.config.updated");
    Entry { category: AUDITING, area: "AUDIT_LOG", ..administrative(at, by, address, action) }
}

fn plugin_enabled(at: DateTime<Utc>, by: &Person, address: &str, key: &str, name: &str) -> Entry {
    let action = ("Plugin enabled", "bitbucket.service.plugin.audit.action.pluginenabled");
    Entry {
        category: APPS,
        area: "GLOBAL_CONFIGURATION_AND_ADMINISTRATION",
        affected: vec![affected("PLUGIN", key, name)],
        extra: vec![attribute("bitbucket.audit.attribute.legacy.target", "target", key)],
        ..administrative(at, by, address, action)
    }
}

/// What the actor's administration left here, until the coverage was lowered and a little after.
fn actor(spec: &Spec, people: &[Person], facts: &Facts) -> Vec<Entry> {
    let attack = &spec.attack;
    let find = |name: &str| people.iter().find(|person| person.user == name);
    let (Some(admin), Some(stolen)) = (find(&attack.stolen_admin), find(&attack.stolen_account)) else {
        return Vec::new();
    };
    let address = attack.main_address.as_str();
    let after = |seconds: i64| facts.admin_at + Duration::seconds(seconds) + Duration::milliseconds(411);
    let planted = attack.planted_user.as_str();
    let key = (facts.planted_key, "root@localhost", facts.planted_key_line.as_str());
    let mut lowered = config_updated(lowered_at(facts), admin, address);
    lowered.changed = vec![
        json!({"key": "Coverage Level", "i18nKey": "atlassian.audit.event.change.coverage.level", "from": "Advanced", "to": "Off"}),
    ];
    let mut out = vec![
        user_created(after(31), admin, address, 990, planted),
        permission_granted(after(39), admin, address, 990, planted),
        token_created(after(66), admin, address, &facts.planted_token, "backup", 990, planted),
        key_created(after(92), admin, address, key, planted),
        lowered,
        plugin_enabled(after(176), admin, address, super::plugins::PLANTED_KEY, "Node Health"),
    ];
    // Raw and browse requests are visits too.
    for repository in spec.repository.iter().filter(|repository| repository.acts.contains(&Act::Raw)) {
        out.push(visit(attack.from + Duration::minutes(97), stolen, address, repository));
    }
    out
}

/// When the coverage was lowered.
pub fn lowered_at(facts: &Facts) -> DateTime<Utc> {
    facts.admin_at + Duration::seconds(130) + Duration::milliseconds(411)
}
