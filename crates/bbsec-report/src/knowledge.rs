//! What is known about each kind of credential: what it opens, who revokes it and how, what breaks, how to check.
//!
//! One file per kind stands in `rotation/`. A line that begins with `$ ` is a command; names from evidence are put
//! into it as one quoted word.

use std::{borrow::Cow, sync::LazyLock};

use bbsec_core::escape;
use serde::Deserialize;

use crate::Error;

/// One kind of credential.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Kind {
    /// Its id; the file's name.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// Providers as the credential rules name them.
    pub providers: Vec<String>,
    /// Parts of rule ids.
    pub rules: Vec<String>,
    /// Beginnings of public ids.
    pub prefixes: Vec<String>,
    /// What it opens.
    pub opens: String,
    /// Who can revoke it.
    pub who: String,
    /// What breaks when it is rotated.
    pub breaks: String,
    /// How to revoke it.
    pub revoke: Vec<String>,
    /// How to replace it.
    pub replace: Vec<String>,
    /// How to check that the old one is dead.
    pub check_dead: Vec<String>,
    /// Where to see what it did.
    pub see_use: Vec<String>,
    /// Where this is documented.
    pub source: String,
    /// Pages that were read for this entry. Without any, it is general knowledge, and says so.
    #[serde(default)]
    pub pages: Vec<String>,
}

impl Kind {
    /// Where the advice comes from, in a sentence.
    pub(crate) fn documented(&self) -> String {
        match self.pages.as_slice() {
            [] => format!("General knowledge; read before you run it: {}", self.source),
            pages => format!("{}: {}", self.source, pages.join(" ")),
        }
    }
}

/// Services that revoke a key at one page of their console.
#[derive(Debug, Deserialize)]
struct Services {
    service: Vec<Service>,
}

/// Those of one console, or alike.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Service {
    providers: Vec<String>,
    name: String,
    opens: String,
    revoke: String,
    page: Option<String>,
}

impl Service {
    /// The entry of one provider.
    fn kind(&self, provider: &str) -> Kind {
        let fill = |text: &str| text.replace("{provider}", provider);
        let lines = |text: &str| vec![text.to_owned()];
        Kind {
            id: provider.to_owned(),
            name: fill(&self.name),
            providers: vec![provider.to_owned()],
            rules: Vec::new(),
            prefixes: Vec::new(),
            opens: self.opens.clone(),
            who: "Its owner, or an administrator of the account.".into(),
            breaks: "What uses it is refused until it has the new one.".into(),
            revoke: vec![fill(&self.revoke)],
            replace: lines("A new one with the smallest scope and an expiry, in a secrets manager."),
            check_dead: lines("A call with the old one is refused (401 or 403)."),
            see_use: vec![format!("Audit, usage or access log of {provider}, from the first exposure on")],
            source: format!("the documentation of {provider}"),
            pages: self.page.iter().cloned().collect(),
        }
    }
}

macro_rules! entries {
    ($($name:literal),* $(,)?) => {
        [$(($name, include_str!(concat!("../rotation/", $name, ".toml")))),*]
    };
}

/// Every entry's file; the last is used when no other fits.
const FILES: [(&str, &str); 33] = entries![
    "aws-access-key",
    "aws-session",
    "aws-service-key",
    "secrets-manager",
    "bitbucket-token",
    "bitbucket-ssh",
    "atlassian-pat",
    "atlassian-account",
    "atlassian-cloud",
    "applink",
    "encryption-key",
    "github",
    "gitlab",
    "slack",
    "npm",
    "google-api-key",
    "google-oauth",
    "gcp-service-account",
    "azure",
    "stripe",
    "twilio",
    "sendgrid",
    "kubernetes",
    "docker-registry",
    "database",
    "directory-bind",
    "host-service",
    "jwt",
    "ssh-key",
    "tls-key",
    "signing-key",
    "password-hash",
    "generic",
];

/// The services whose keys are revoked at one page of their console.
const SERVICES: &str = include_str!("../services.toml");

/// The entries that parse; a test shows that all do.
static KINDS: LazyLock<Vec<Kind>> = LazyLock::new(|| {
    services().unwrap_or_default().into_iter().chain(parse().filter_map(Result::ok)).collect()
});

fn parse() -> impl Iterator<Item = Result<Kind, Error>> {
    FILES
        .into_iter()
        .map(|(file, text)| toml::from_str(text).map_err(|source| Error::Knowledge { file, source }))
}

fn services() -> Result<Vec<Kind>, Error> {
    let all: Services =
        toml::from_str(SERVICES).map_err(|source| Error::Knowledge { file: "services", source })?;
    let kinds = |service: &Service| {
        service.providers.iter().map(|provider| service.kind(provider)).collect::<Vec<_>>()
    };
    Ok(all.service.iter().flat_map(kinds).collect())
}

/// The entry that fits a credential best: by its public id's beginning, then by how much of its rule's name an entry
/// names, then by its provider.
pub(crate) fn kind_of(provider: &str, rule: &str, public_id: Option<&str>) -> Option<Cow<'static, Kind>> {
    let provider = provider.to_ascii_lowercase();
    let rule = rule.to_ascii_lowercase();
    let score = |kind: &Kind| -> usize {
        let by_prefix = public_id
            .is_some_and(|id| kind.prefixes.iter().any(|p| p.len() > 2 && id.starts_with(p.as_str())));
        let by_provider = kind.providers.contains(&provider);
        let by_rule = kind.rules.iter().filter(|part| rule.contains(part.as_str())).map(String::len).max();
        usize::from(by_prefix) * 1000
            + usize::from(by_provider) * 100
            + by_rule.map_or(0, |n| 100 + n.min(60) * 10)
    };
    KINDS
        .iter()
        .map(|kind| (score(kind), kind))
        .filter(|(score, _)| *score > 0)
        .reduce(|best, next| if next.0 > best.0 { next } else { best })
        .map(|(_, kind)| Cow::Borrowed(kind))
        // A provider that only its name tells, from the name of a variable.
        .or_else(|| (!matches!(provider.as_str(), "" | "generic")).then(|| Cow::Owned(unknown(&provider))))
        .or_else(|| KINDS.last().map(Cow::Borrowed))
}

/// The entry of a service that is known by name alone.
fn unknown(provider: &str) -> Kind {
    Service {
        providers: Vec::new(),
        name: "Key of {provider}".into(),
        opens: "The service of that name, within the key's scope.".into(),
        revoke: "Console of {provider}, API keys or tokens: revoke the key.".into(),
        page: None,
    }
    .kind(provider)
}

/// The entry of that id.
pub(crate) fn kind(id: &str) -> Option<Cow<'static, Kind>> {
    KINDS.iter().find(|kind| kind.id == id).map(Cow::Borrowed)
}

/// The names that a command or step is filled with.
#[derive(Debug, Clone, Default)]
pub(crate) struct Names {
    /// The public id.
    pub id: Option<String>,
    /// The account: before the `@` of `user@host/db`, the service account, the IAM user.
    pub user: Option<String>,
    /// The host of `user@host/db`.
    pub host: Option<String>,
}

impl Names {
    /// Takes `user@host/db` apart; an id without `@` names no user.
    pub(crate) fn of(public_id: Option<&str>, provider: &str, principal: Option<&str>) -> Self {
        let id = public_id.map(str::to_owned);
        let iam_user = principal.and_then(|arn| arn.split_once(":user/")).map(|(_, path)| last_part(path));
        let role = principal
            .and_then(|arn| arn.split_once(":assumed-role/"))
            .map(|(_, path)| path.split('/').next().unwrap_or(path).to_owned());
        let service_account = public_id.filter(|id| id.contains(".gserviceaccount.com")).map(str::to_owned);
        let (before, after) = match public_id.and_then(|id| id.rsplit_once('@')) {
            Some((before, after)) if provider != "aws" => (Some(before), Some(after)),
            _ => (None, None),
        };
        Self {
            id,
            user: service_account.or(iam_user).or(role).or_else(|| before.map(last_part)),
            host: after.and_then(|host| host.split(['/', '?']).next()).map(str::to_owned),
        }
    }

    /// Puts the names into a line of an entry. What is not known says so.
    pub(crate) fn fill(&self, line: &str) -> String {
        let command = line.starts_with("$ ");
        let word = |name: &Option<String>, what: &str| match name {
            Some(name) if command => escape::shell_word(name),
            Some(name) => escape::terminal(name).into_owned(),
            None if command => escape::shell_word(&format!("<{what}: not known>")),
            None => format!("<{what}: not known>"),
        };
        if !line.contains('{') {
            return line.to_owned();
        }
        // One pass: a name from evidence that contains `{user}` must not be filled in again.
        let mut out = String::with_capacity(line.len() + 40);
        let mut rest = line;
        while let Some((before, after)) = rest.split_once('{') {
            out.push_str(before);
            let Some((key, tail)) = after.split_once('}') else {
                out.push('{');
                rest = after;
                continue;
            };
            match key {
                "id" => out.push_str(&word(&self.id, "id")),
                "user" => out.push_str(&word(&self.user, "account")),
                "host" => out.push_str(&word(&self.host, "host")),
                other => out.push_str(&format!("{{{other}}}")),
            }
            rest = tail;
        }
        out.push_str(rest);
        out
    }
}

fn last_part(path: &str) -> String {
    path.rsplit(['/', ':']).next().unwrap_or(path).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_of_the_scanner_gets_the_advice_that_fits_it() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../bbsec-secrets/rules");
        let mut lines = Vec::new();
        for file in std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()) {
            if file.extension().is_none_or(|ending| ending != "toml") {
                continue;
            }
            let rules: toml::Table = toml::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
            for rule in rules["rules"].as_array().unwrap() {
                let text = |key: &str| rule.get(key).and_then(toml::Value::as_str).unwrap_or_default();
                let kind = kind_of(text("provider"), text("id"), None).unwrap();
                lines.push(format!("{} ({}): {}", text("id"), text("provider"), kind.id));
            }
        }
        for (rule, provider) in [
            ("host.database-password", "database"),
            ("host.keystore-password", "tls"),
            ("host.hazelcast-password", "hazelcast"),
            ("host.directory-bind", "ldap"),
            ("host.crowd-password", "crowd"),
            ("host.aws-key", "aws"),
            ("host.aws-secrets-manager", "aws-secretsmanager"),
            ("host.ssh-key", "ssh"),
            ("host.licence", "atlassian"),
        ] {
            lines.push(format!("{rule} ({provider}): {}", kind_of(provider, rule, None).unwrap().id));
        }
        lines.sort();
        let generic: Vec<&String> = lines
            .iter()
            .filter(|line| line.ends_with(": generic") && !line.contains("(generic)") && !line.contains("()"))
            .collect();
        assert_eq!(generic, Vec::<&String>::new(), "a provider without advice of its own");
        for expected in [
            "atlassian-cloud-token (atlassian): atlassian-cloud",
            "atlassian-database-password (atlassian): database",
            "aws-access-key-id (aws): aws-access-key",
            "aws-session-token (aws): aws-session",
            "azure-storage-key (azure): azure",
            "bitbucket-dc-http-token (atlassian): bitbucket-token",
            "crowd-application-password (atlassian): atlassian-account",
            "dockerhub-token (docker): docker-registry",
            "google-oauth-secret (google): google-oauth",
            "google-service-account (google): gcp-service-account",
            "host.aws-key (aws): aws-access-key",
            "host.aws-secrets-manager (aws-secretsmanager): secrets-manager",
            "host.database-password (database): database",
            "host.directory-bind (ldap): directory-bind",
            "host.hazelcast-password (hazelcast): host-service",
            "host.keystore-password (tls): tls-key",
            "host.ssh-key (ssh): ssh-key",
            "jdbc-password (database): database",
            "private-key-pgp (keys): signing-key",
            "private-key-putty (keys): ssh-key",
            "stripe-secret-key (stripe): stripe",
        ] {
            let id = expected.split(' ').next().unwrap();
            let found = lines.iter().find(|line| line.split(' ').next() == Some(id));
            assert_eq!(found.map(String::as_str), Some(expected));
        }
    }

    #[test]
    fn every_entry_parses_and_answers_every_question() {
        assert!(services().unwrap().len() > 100);
        let kinds: Vec<Kind> = parse().collect::<Result<_, _>>().unwrap();
        let on_disk = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/rotation")).unwrap().count();
        assert_eq!(kinds.len(), on_disk, "a file in rotation/ is not in the list");
        for (kind, (file, _)) in kinds.iter().zip(FILES) {
            assert_eq!(kind.id, file);
            for text in [&kind.name, &kind.opens, &kind.who, &kind.breaks, &kind.source] {
                assert!(!text.trim().is_empty(), "{file}");
            }
            for lines in [&kind.revoke, &kind.replace, &kind.check_dead, &kind.see_use] {
                assert!(!lines.is_empty(), "{file}");
            }
        }
    }

    #[test]
    fn the_best_entry_is_chosen() {
        for (provider, rule, id, expected) in [
            ("aws", "aws-access-key", Some("AKIAIOSFODNN7EXAMPLE"), "aws-access-key"),
            ("aws", "aws-access-key", Some("ASIAIOSFODNN7EXAMPLE"), "aws-session"),
            ("github", "github-pat", None, "github"),
            ("bitbucket", "bitbucket-http-access-token", Some("42"), "bitbucket-token"),
            ("generic", "generic-password", None, "generic"),
            ("generic", "jdbc-url", Some("app@db/main"), "database"),
            ("ssh", "private-key", Some("SHA256:abc"), "ssh-key"),
            ("new-provider", "new-rule", None, "new-provider"),
            ("generic", "new-rule", None, "generic"),
        ] {
            assert_eq!(kind_of(provider, rule, id).unwrap().id, expected, "{provider} {rule}");
        }
    }

    #[test]
    fn names_from_evidence_stay_one_word_of_a_command() {
        let names = Names::of(Some("x'; rm -rf / #{user}"), "aws", Some("arn:aws:iam::1:user/ci/deploy"));
        assert_eq!(
            names.fill("$ aws iam delete --id {id} --user-name {user}"),
            r"$ aws iam delete --id 'x'\''; rm -rf / #{user}' --user-name deploy"
        );
        assert_eq!(Names::default().fill("kid {id}"), "kid <id: not known>");
        let names = Names::of(Some("app@db.example/main"), "postgres", None);
        assert_eq!((names.user.as_deref(), names.host.as_deref()), (Some("app"), Some("db.example")));
    }
}
