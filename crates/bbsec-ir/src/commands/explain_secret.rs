//! `scan secrets --explain ID`: what speaks for and against one credential, in words.

use std::fmt::Write as _;

use bbsec_core::{Collected, Exit, ExposedSecret, Failure, escape};
use bbsec_secrets::{Rule, Rules};

use crate::{output::Format, session::Session};

/// Words in a note that count against a credential.
const AGAINST: [&str; 10] = [
    "does not",
    "made up",
    "template",
    "stands for",
    "repeats",
    "counts up",
    "speaks of",
    "public samples",
    "examples use",
    "not documented",
];

/// Prints the credentials that are meant: their evidence for people, their rows for machines.
pub(crate) fn explain(session: &Session, all: Vec<ExposedSecret>, wanted: &str) -> Result<(), Failure> {
    let secrets: Vec<_> = all.into_iter().filter(|secret| is_meant(secret, wanted)).collect();
    if secrets.is_empty() {
        return Err(Failure::new(Exit::Nothing, format!("no credential is called `{wanted}`")).help(
            "name the beginning of a fingerprint (--format jsonl), a public name, or path:line as the table shows it",
        ));
    }
    if session.output.format_or(Format::Table) == Format::Table {
        return session.output.write(text(&secrets).as_bytes());
    }
    let found = Collected { secrets, ..Collected::default() };
    super::scan::print(session, "scan.secrets", &found)
}

/// Whether a credential is the one that is meant: the beginning of its fingerprint (six characters or more), its public
/// name, its path, or `path:line` as the table shows it.
fn is_meant(secret: &ExposedSecret, id: &str) -> bool {
    let place = match (&secret.path, secret.line) {
        (Some(path), Some(line)) => format!("{path}:{line}"),
        _ => String::new(),
    };
    (id.len() >= 6 && secret.fingerprint.0.starts_with(&id.to_ascii_lowercase()))
        || secret.public_id.as_deref() == Some(id)
        || secret.path.as_deref() == Some(id)
        || place == id
}

/// The evidence for each credential, a paragraph each.
fn text(secrets: &[ExposedSecret]) -> String {
    let rules = Rules::builtin();
    let mut all = String::new();
    for secret in secrets {
        one(&mut all, secret, rules.get(&secret.rule));
        all.push('\n');
    }
    all
}

fn one(out: &mut String, secret: &ExposedSecret, rule: Option<&Rule>) {
    let mut line = |name: &str, value: &str| {
        if !value.is_empty() {
            let _ = writeln!(out, "  {name:<11} {}", escape::terminal(value));
        }
    };
    line(&secret.rule, &secret.title);
    line("graded", &format!("severity {}, confidence {}", secret.severity.name(), secret.confidence.name()));
    line("secret", &secret.secret);
    line("public name", secret.public_id.as_deref().unwrap_or_default());
    line("fingerprint", &secret.fingerprint.0);
    line("repository", secret.repo.as_deref().unwrap_or_default());
    line("first place", &place(secret));
    line("brought in", &commit(secret));
    line("live", &live(secret));
    let (against, speaks): (Vec<&String>, Vec<&String>) = secret
        .notes
        .iter()
        .filter(|note| !note.starts_with("to revoke:"))
        .partition(|note| AGAINST.iter().any(|word| note.contains(word)));
    if let Some(rule) = rule {
        match &rule.source {
            Some(source) => line("for", &format!("the form is that of {}, seen in: {source}", rule.title)),
            None => line(
                "for",
                "it is assigned to a name that speaks of a secret, or has a form seen nowhere yet",
            ),
        }
        if rule.confidence > secret.confidence {
            line("note", &format!("the form alone would be worth {}", rule.confidence.name()));
        }
    }
    for note in speaks {
        line("for", note);
    }
    for note in against {
        line("against", note);
    }
    let revoke = secret.notes.iter().find_map(|note| note.strip_prefix("to revoke: "));
    line("to revoke", revoke.unwrap_or_default());
}

fn place(secret: &ExposedSecret) -> String {
    let object = format!("{} {}", secret.object.kind, secret.object.id);
    match (&secret.path, secret.line, secret.column) {
        (Some(path), Some(line), Some(column)) => format!("{path}, line {line}, column {column} ({object})"),
        (Some(path), ..) => format!("{path} ({object})"),
        _ => object,
    }
}

fn commit(secret: &ExposedSecret) -> String {
    let Some(commit) = &secret.commit else { return "in no commit that is still here".into() };
    let when = secret.committed_at.map(|time| format!(" on {}", time.short())).unwrap_or_default();
    let (author, email) = (secret.author.as_deref().unwrap_or("?"), secret.email.as_deref().unwrap_or("?"));
    format!("{commit} by {author} <{email}>{when}")
}

fn live(secret: &ExposedSecret) -> String {
    let places =
        if secret.occurrences == 1 { "1 place".into() } else { format!("{} places", secret.occurrences) };
    let mut refs: Vec<String> =
        secret.reachable.iter().take(5).map(|reach| format!("{} {}", reach.kind, reach.name)).collect();
    if secret.reachable.len() > refs.len() {
        refs.push(format!("{} more", secret.reachable.len() - refs.len()));
    }
    match (secret.at_head, refs.is_empty()) {
        (true, _) => format!("{places}; at the tip of a branch; reached by {}", refs.join(", ")),
        (false, false) => format!("{places}; only in history; reached by {}", refs.join(", ")),
        (false, true) => format!("{places}; reached by no ref"),
    }
}
