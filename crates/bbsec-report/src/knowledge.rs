//! What is known about each kind of credential: what it opens, who revokes it and how, what breaks, how to check.
//!
//! One file per kind stands in `rotation/`. A line that begins with `$ ` is a command; names from evidence are put
//! into it as one quoted word.

use std::sync::LazyLock;

use bbsec_core::escape;
use serde::Deserialize;

use crate::Error;

/// One kind of credential.
#[derive(Debug, Clone, Deserialize)]
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
}

macro_rules! entries {
    ($($name:literal),* $(,)?) => {
        [$(($name, include_str!(concat!("../rotation/", $name, ".toml")))),*]
    };
}

/// Every entry's file; the last is used when no other fits.
const FILES: [(&str, &str); 27] = entries![
    "aws-access-key",
    "aws-session",
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
    "gcp-service-account",
    "azure",
    "stripe",
    "twilio",
    "sendgrid",
    "kubernetes",
    "docker-registry",
    "database",
    "jwt",
    "ssh-key",
    "tls-key",
    "generic",
];

/// The entries that parse; a test shows that all do.
static KINDS: LazyLock<Vec<Kind>> = LazyLock::new(|| parse().filter_map(Result::ok).collect());

fn parse() -> impl Iterator<Item = Result<Kind, Error>> {
    FILES
        .into_iter()
        .map(|(file, text)| toml::from_str(text).map_err(|source| Error::Knowledge { file, source }))
}

/// The entry that fits a credential best: by its public id's beginning, then its rule, then its provider.
pub(crate) fn kind_of(provider: &str, rule: &str, public_id: Option<&str>) -> Option<&'static Kind> {
    let provider = provider.to_ascii_lowercase();
    let rule = rule.to_ascii_lowercase();
    let score = |kind: &Kind| -> usize {
        let by_prefix = public_id
            .is_some_and(|id| kind.prefixes.iter().any(|p| p.len() > 2 && id.starts_with(p.as_str())));
        let by_provider = kind.providers.contains(&provider);
        let by_rule = kind.rules.iter().filter(|part| rule.contains(part.as_str())).map(String::len).max();
        usize::from(by_prefix) * 1000 + usize::from(by_provider) * 100 + by_rule.map_or(0, |n| n.min(60))
    };
    KINDS
        .iter()
        .map(|kind| (score(kind), kind))
        .filter(|(score, _)| *score > 0)
        .reduce(|best, next| if next.0 > best.0 { next } else { best })
        .map(|(_, kind)| kind)
        .or_else(|| KINDS.last())
}

/// The entry of that id.
pub(crate) fn kind(id: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.id == id)
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
    fn every_entry_parses_and_answers_every_question() {
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
            ("new-provider", "new-rule", None, "generic"),
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
