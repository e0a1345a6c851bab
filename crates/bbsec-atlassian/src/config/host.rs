//! Every credential that the host itself holds, for the rotation list. Values leave as fingerprints only.

use std::path::{Path, PathBuf};

use bbsec_core::{Confidence, ExposedSecret, Fingerprinter, ObjectRef, SecretBytes, Severity, Sink};

use super::{
    ConfigError,
    jdbc::{self, Form},
    keys,
    setting::{self, Setting},
};
use crate::home::{Home, Kind, Node, name_of, shown};

/// One credential before it becomes a row.
pub(super) struct Held {
    pub(super) rule: &'static str,
    pub(super) title: String,
    pub(super) provider: &'static str,
    pub(super) severity: Severity,
    pub(super) public_id: Option<String>,
    pub(super) value: SecretBytes,
    pub(super) file: String,
    pub(super) line: Option<u64>,
    /// `config` for a setting, `file` for a file as a whole.
    pub(super) kind: &'static str,
    pub(super) notes: Vec<String>,
}

/// How many files of a home's key folders are looked at.
const MAX_FILES: usize = 5000;
const MAX_KEY_FILE: u64 = 1 << 20;

/// Names in a key that say that its value is a secret.
const SECRET: [&str; 9] = [
    "password",
    "passwd",
    "passphrase",
    "secret",
    "token",
    "credential",
    "apikey",
    "api-key",
    "keystorepass",
];
/// Names that only look so.
const NOT_SECRET: [&str; 17] = [
    "classname",
    "cipher",
    "decrypter",
    "policy",
    "enabled",
    "timeout",
    "expiry",
    "max",
    "min",
    "length",
    "reset",
    "change",
    "path",
    "file",
    "url",
    "attempts",
    "type",
];

/// Whether a key names a secret.
pub(super) fn is_secret(key: &str) -> bool {
    let lower = key.to_ascii_lowercase();
    let last = lower.rsplit('.').next().unwrap_or_default();
    let telling = if last.len() < 5 { &lower } else { last };
    SECRET.iter().any(|word| telling.contains(word) || lower.ends_with(word))
        && !NOT_SECRET.iter().any(|word| last.contains(word))
        || matches!(last, "license" | "atlassian.license.message" | "message") && lower.contains("license")
}

/// Every credential of a home becomes a row. Gives how many there are.
pub fn host_credentials(
    home: &Home,
    fingerprinter: &Fingerprinter,
    sink: &mut dyn Sink,
) -> Result<u64, ConfigError> {
    let (settings, mut gaps) = setting::gather(home);
    let mut held: Vec<Held> =
        settings.iter().filter_map(|setting| from_setting(&settings, setting)).collect();
    for node in files(home) {
        match home.tree().read(&node.path, MAX_KEY_FILE) {
            Ok(bytes) => held.extend(keys::in_file(&shown(&node.path), &name_of(&node.path), &bytes)),
            Err(error) => gaps.push(error.gap("key file")),
        }
    }
    for gap in gaps {
        sink.gap(gap).map_err(ConfigError::Sink)?;
    }
    let count = held.len() as u64;
    for one in held {
        sink.secret(row(home, fingerprinter, one)).map_err(ConfigError::Sink)?;
    }
    Ok(count)
}

fn row(home: &Home, fingerprinter: &Fingerprinter, held: Held) -> ExposedSecret {
    let secret = held.value;
    let id = match held.line {
        Some(line) if held.kind == "config" => format!("{}:{line}", held.file),
        _ => held.file.clone(),
    };
    ExposedSecret {
        fingerprint: fingerprinter.of(secret.reveal()),
        keyed: fingerprinter.keyed(),
        public_id: held.public_id,
        rule: held.rule.into(),
        title: held.title,
        severity: held.severity,
        confidence: Confidence::High,
        provider: held.provider.into(),
        secret: secret.redacted(),
        repo: Some(shown(home.root())),
        project: None,
        slug: None,
        object: ObjectRef { kind: held.kind.into(), id },
        path: Some(held.file.clone()),
        line: held.line,
        column: None,
        commit: None,
        author: None,
        email: None,
        committed_at: None,
        reachable: Vec::new(),
        at_head: false,
        occurrences: 1,
        paths: vec![held.file],
        notes: held.notes,
    }
}

fn from_setting(settings: &[Setting], setting: &Setting) -> Option<Held> {
    if !is_secret(&setting.key) || setting.value.trim().is_empty() || setting.value.starts_with("${") {
        return None;
    }
    let cipher = jdbc::cipher(settings, &setting.file);
    let database = is_database(settings, setting);
    // A class opens the database's password, and what is marked as encrypted.
    let class = cipher
        .as_ref()
        .filter(|_| database || setting.value.starts_with("{ENC}"))
        .map(|(_, class)| class.as_str());
    let lower = setting.key.to_ascii_lowercase();
    let (rule, title, provider, severity) = describe(&lower, database);
    let mut held = Held {
        rule,
        title: title.into(),
        provider,
        severity,
        public_id: if database { database_id(settings, setting) } else { sibling(settings, setting) },
        value: SecretBytes::new(setting.value.as_bytes().to_vec()),
        file: setting.file.clone(),
        line: (setting.line > 0).then_some(setting.line),
        kind: "config",
        notes: vec![format!("the setting {}", setting.key)],
    };
    match jdbc::form(&setting.value, class) {
        Form::Empty => return None,
        Form::Plain => held.notes.push("in the clear".into()),
        Form::Base64(decoded) => {
            held.notes.push("Base64, which is as good as in the clear".into());
            held.value = decoded;
        }
        Form::Algorithm => held.notes.push(
            "encrypted with a key that lies on the same host; the fingerprint is that of what stands there"
                .into(),
        ),
        Form::Vault => held.notes.push(
            "a pointer into HashiCorp Vault; rotate it there, and the credential that opens the vault".into(),
        ),
        Form::Other(class) => {
            held.notes.push(format!("encrypted by {class}; the fingerprint is that of what stands there"));
        }
        Form::SecretsManager(pointer) => {
            held.rule = "host.aws-secrets-manager";
            held.provider = "aws";
            held.title = format!("{} in AWS Secrets Manager", held.title);
            let region = pointer.region.as_deref().unwrap_or("unknown-region");
            let secret = pointer.secret.as_deref().unwrap_or("unknown-secret");
            let id = if secret.starts_with("arn:") {
                secret.to_owned()
            } else {
                format!("secretsmanager:{region}:{secret}")
            };
            held.notes.push(format!("opens {}", held.public_id.as_deref().unwrap_or("the database")));
            held.notes.push("the instance's role can read it: rotate the secret, and look for GetSecretValue in CloudTrail".into());
            held.public_id = Some(id);
        }
    }
    Some(held)
}

fn describe(key: &str, database: bool) -> (&'static str, &'static str, &'static str, Severity) {
    let has = |words: &[&str]| words.iter().any(|word| key.contains(word));
    if database {
        ("host.database-password", "Password of the product's database", "database", Severity::Critical)
    } else if has(&["license"]) {
        ("host.licence", "Licence of the product", "atlassian", Severity::Low)
    } else if has(&["key-store", "keystore", "key-password", "keypass", "trust-store", "truststore"]) {
        ("host.keystore-password", "Password of a keystore", "tls", Severity::High)
    } else if has(&["hazelcast"]) {
        ("host.hazelcast-password", "Password of the cluster's Hazelcast group", "hazelcast", Severity::High)
    } else if has(&["search", "elasticsearch", "opensearch"]) {
        ("host.search-password", "Password of the search server", "opensearch", Severity::High)
    } else if has(&["mail", "smtp"]) {
        ("host.mail-password", "Password of the mail server", "mail", Severity::High)
    } else if has(&["ldap"]) {
        ("host.directory-bind", "Password that binds to the user directory", "ldap", Severity::Critical)
    } else if has(&["crowd", "application.password"]) {
        ("host.crowd-password", "Password that opens Crowd", "crowd", Severity::Critical)
    } else if has(&["aws"]) {
        ("host.aws-key", "AWS secret access key", "aws", Severity::Critical)
    } else if has(&["oauth", "client"]) {
        ("host.oauth-secret", "OAuth client secret", "oauth", Severity::High)
    } else {
        ("host.configuration-secret", "Secret in the configuration", "generic", Severity::High)
    }
}

pub(super) fn is_database(settings: &[Setting], setting: &Setting) -> bool {
    let lower = setting.key.to_ascii_lowercase();
    lower == "jdbc.password"
        || lower == "hibernate.connection.password"
        || (lower == "password" && settings.iter().any(|s| s.file == setting.file && s.key == "driver-class"))
}

fn value<'a>(settings: &'a [Setting], file: &str, keys: &[&str]) -> Option<&'a str> {
    let found = settings.iter().rev().find(|s| s.file == file && keys.contains(&s.key.as_str()));
    found.map(|s| s.value.trim()).filter(|value| !value.is_empty())
}

/// `user@host/database`.
fn database_id(settings: &[Setting], setting: &Setting) -> Option<String> {
    let url = value(settings, &setting.file, &["jdbc.url", "hibernate.connection.url", "url"])?;
    let (host, name) = jdbc::address(url)?;
    let user = value(settings, &setting.file, &["jdbc.user", "hibernate.connection.username", "username"])?;
    Some(format!("{user}@{host}/{name}"))
}

/// The user name that stands beside a password.
fn sibling(settings: &[Setting], setting: &Setting) -> Option<String> {
    let (stem, last) = setting.key.rsplit_once('.').unwrap_or(("", &setting.key));
    if !last.to_ascii_lowercase().contains("pass") {
        return None;
    }
    ["username", "user", "login", "name", "user-name"].iter().find_map(|word| {
        let key = if stem.is_empty() { (*word).to_owned() } else { format!("{stem}.{word}") };
        // A cluster's group name is no user.
        (*word != "name" || stem.ends_with("application"))
            .then(|| value(settings, &setting.file, &[&key]).map(str::to_owned))?
    })
}

/// Files that may hold keys: configuration folders and dot files of the product's user.
fn files(home: &Home) -> Vec<Node> {
    let mut found: Vec<Node> = Vec::new();
    let bases: Vec<PathBuf> = home.parts();
    for base in bases.iter().map(PathBuf::as_path).chain(home.shared()).chain(home.local()) {
        let top = home.tree().list(base).unwrap_or_default();
        found.extend(top.into_iter().filter(|node| node.kind == Kind::File));
        for folder in ["config", ".ssh", ".aws", "keys", "key", "certs", "ssl", "conf", ".gnupg"] {
            let walk = home.tree().walk(&base.join(folder), |_| true);
            found.extend(walk.flatten().filter(|node| node.kind == Kind::File).take(MAX_FILES));
        }
    }
    found.retain(|node| node.size > 0 && node.size <= MAX_KEY_FILE && worth(&node.path));
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found.dedup_by(|a, b| a.path == b.path);
    found
}

fn worth(path: &Path) -> bool {
    let name = name_of(path).to_ascii_lowercase();
    ![".jar", ".log", ".xml"].iter().any(|end| name.ends_with(end)) && !name.contains(".properties")
}
