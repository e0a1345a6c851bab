//! From places to findings: one per credential and source, with all its places counted.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use bbsec_core::{
    Confidence, ExposedSecret, Fingerprint, Fingerprinter, SecretBytes, Severity, Sink, Time,
    secret::{self, ObjectRef},
};
use bbsec_git::{ByteString, Reach, RefKind};

use super::{Options, Summary};
use crate::{Rules, SecretsError, engine::Found, rules::Rule};

/// Paths kept per finding.
const MOST_PATHS: usize = 100;

/// Where a credential stands, as far as it is known.
#[derive(Debug, Clone)]
pub(crate) struct Where {
    pub(crate) object: ObjectRef,
    pub(crate) path: Option<String>,
    pub(crate) line: Option<u64>,
    pub(crate) column: Option<u64>,
    pub(crate) commit: Option<Commit>,
    pub(crate) occurrences: u64,
    pub(crate) paths: Arc<Vec<String>>,
    pub(crate) reachable: Arc<Vec<Reach>>,
    pub(crate) at_head: bool,
}

impl Where {
    /// A place of which only the object and path are known.
    pub(crate) fn plain(kind: &str, id: String, path: Option<String>) -> Self {
        Self {
            object: ObjectRef { kind: kind.into(), id },
            paths: Arc::new(path.clone().into_iter().collect()),
            path,
            line: None,
            column: None,
            commit: None,
            occurrences: 1,
            reachable: Arc::new(Vec::new()),
            at_head: false,
        }
    }
}

/// The commit that brought a place in.
#[derive(Debug, Clone)]
pub(crate) struct Commit {
    pub(crate) id: String,
    pub(crate) author: String,
    pub(crate) email: String,
    pub(crate) at: Option<Time>,
    /// Position in topological order: smaller is earlier.
    pub(crate) order: u64,
}

/// Findings of one source.
pub(crate) struct Collector<'a> {
    rules: &'a Rules,
    fingerprinter: &'a Fingerprinter,
    entries: HashMap<Vec<u8>, Entry>,
}

struct Entry {
    secret: SecretBytes,
    rule: u32,
    found: Found,
    first: Where,
    occurrences: u64,
    paths: BTreeSet<String>,
    /// By the name's address: names are shared, and are told apart faster so than by their text.
    reachable: HashMap<(RefKind, *const ByteString), Reach>,
    last_reachable: Option<Arc<Vec<Reach>>>,
    at_head: bool,
    notes: Vec<String>,
}

impl<'a> Collector<'a> {
    pub(crate) fn new(rules: &'a Rules, fingerprinter: &'a Fingerprinter) -> Self {
        Self { rules, fingerprinter, entries: HashMap::new() }
    }

    /// Adds one place.
    pub(crate) fn add(&mut self, found: &Found, place: Where) {
        let strength = |rules: &Rules, found: &Found| {
            let generic = rules.at(found.rule).is_none_or(|rule| rule.generic);
            (!generic, found.verdict.confidence, found.via.is_empty(), std::cmp::Reverse(found.rule))
        };
        let entry = self.entries.entry(found.secret.reveal().to_vec()).or_insert_with(|| Entry {
            secret: found.secret.clone(),
            rule: found.rule,
            found: found.clone(),
            first: place.clone(),
            occurrences: 0,
            paths: BTreeSet::new(),
            reachable: HashMap::new(),
            last_reachable: None,
            at_head: false,
            notes: Vec::new(),
        });
        if strength(self.rules, found) > strength(self.rules, &entry.found) {
            let public_id = entry.found.verdict.public_id.take();
            entry.found = found.clone();
            entry.rule = found.rule;
            if entry.found.verdict.public_id.is_none() {
                entry.found.verdict.public_id = public_id;
            }
        } else if entry.found.verdict.public_id.is_none() {
            entry.found.verdict.public_id.clone_from(&found.verdict.public_id);
        }
        if !found.via.is_empty() {
            let note = format!("encoded: {}", found.via.join(", "));
            if entry.notes.len() < 8 && !entry.notes.contains(&note) {
                entry.notes.push(note);
            }
        }
        entry.occurrences = entry.occurrences.saturating_add(place.occurrences);
        for path in place.paths.iter() {
            if entry.paths.len() < MOST_PATHS && !entry.paths.contains(path) {
                entry.paths.insert(path.clone());
            }
        }
        if !entry.last_reachable.as_ref().is_some_and(|last| Arc::ptr_eq(last, &place.reachable)) {
            for reach in place.reachable.iter() {
                let key = (reach.kind, Arc::as_ptr(&reach.name));
                entry.reachable.entry(key).or_insert_with(|| reach.clone());
            }
            entry.last_reachable = Some(place.reachable.clone());
        }
        entry.at_head |= place.at_head;
        if earlier(&place, &entry.first) {
            entry.first = place;
        }
    }

    /// Hands the findings on, worst first.
    pub(crate) fn finish(
        self,
        source: &Source,
        options: &Options,
        sink: &mut dyn Sink,
        summary: &mut Summary,
    ) -> Result<(), SecretsError> {
        let mut rows: Vec<ExposedSecret> = Vec::new();
        for entry in self.entries.into_values() {
            let fingerprint = self.fingerprinter.of(entry.secret.reveal());
            let Some(rule) = self.rules.at(entry.rule) else { continue };
            if options.ignore.as_ref().is_some_and(|ignore| {
                let first = &entry.first;
                let commit = first.commit.as_ref().map(|commit| commit.id.as_str());
                ignore.names(commit, first.path.as_deref(), &rule.id, first.line)
            }) || options.baseline.as_ref().is_some_and(|baseline| {
                baseline.knows(&fingerprint, entry.secret.reveal(), &rule.id, entry.first.path.as_deref())
            }) {
                summary.known += 1;
                continue;
            }
            rows.push(row(entry, rule, fingerprint, source, options, self.fingerprinter.keyed()));
        }
        rows.sort_by(|a, b| {
            (b.severity, b.confidence).cmp(&(a.severity, a.confidence)).then_with(|| {
                (&a.path, a.line, &a.rule, &a.fingerprint).cmp(&(&b.path, b.line, &b.rule, &b.fingerprint))
            })
        });
        for row in rows {
            summary.findings += 1;
            summary.occurrences = summary.occurrences.saturating_add(row.occurrences);
            sink.secret(row).map_err(SecretsError::Sink)?;
        }
        Ok(())
    }
}

/// A repository or a root.
pub(crate) struct Source {
    pub(crate) shown_as: Option<String>,
    pub(crate) project: Option<String>,
    pub(crate) slug: Option<String>,
}

fn row(
    entry: Entry,
    rule: &Rule,
    fingerprint: Fingerprint,
    source: &Source,
    options: &Options,
    keyed: bool,
) -> ExposedSecret {
    let Entry { secret, found, first, occurrences, paths, reachable, at_head, notes: encodings, .. } = entry;
    let mut notes = found.verdict.notes;
    let shown = first.path.clone().unwrap_or_default();
    let (confidence, note) = by_path(rule, found.verdict.confidence, &shown);
    notes.extend(note);
    notes.extend(encodings);
    if rule.source.is_none() && !rule.generic {
        notes.push("the rule's format is not documented: medium at most".into());
    }
    if let Some(revoke) = &rule.revoke {
        notes.push(match &rule.link {
            Some(link) => format!("to revoke: {revoke} ({link})"),
            None => format!("to revoke: {revoke}"),
        });
    }
    let value = if options.reveal {
        String::from_utf8_lossy(secret.reveal()).into_owned()
    } else {
        secret.redacted()
    };
    let title = match &found.verdict.provider {
        Some(provider) if rule.generic => format!("{} ({provider})", rule.title),
        _ => rule.title.clone(),
    };
    ExposedSecret {
        fingerprint,
        keyed,
        public_id: found.verdict.public_id,
        rule: rule.id.clone(),
        title,
        severity: lowered(found.verdict.severity, confidence),
        confidence,
        provider: found.verdict.provider.unwrap_or_else(|| rule.provider.clone()),
        secret: value,
        repo: source.shown_as.clone(),
        project: source.project.clone(),
        slug: source.slug.clone(),
        object: first.object,
        path: first.path,
        line: first.line,
        column: first.column,
        commit: first.commit.as_ref().map(|commit| commit.id.clone()),
        author: first.commit.as_ref().map(|commit| commit.author.clone()),
        email: first.commit.as_ref().map(|commit| commit.email.clone()),
        committed_at: first.commit.as_ref().and_then(|commit| commit.at),
        reachable: reaches(reachable),
        at_head,
        occurrences,
        paths: paths.into_iter().take(MOST_PATHS).collect(),
        notes,
    }
}

/// Every ref once, in order of kind and name.
fn reaches(all: HashMap<(RefKind, *const ByteString), Reach>) -> Vec<secret::Reach> {
    let named = |reach: Reach| secret::Reach { kind: reach.kind.name().into(), name: reach.name.to_string() };
    let all: BTreeSet<secret::Reach> = all.into_values().map(named).collect();
    all.into_iter().collect()
}

/// What is hardly sure should not stand among what must be done today.
fn lowered(severity: Severity, confidence: Confidence) -> Severity {
    if confidence == Confidence::Low { severity.min(Severity::Medium) } else { severity }
}

/// Places with a commit go before places without; then the earliest commit.
fn earlier(a: &Where, b: &Where) -> bool {
    let key = |place: &Where| {
        let order = place.commit.as_ref().map_or(u64::MAX, |commit| commit.order);
        (order, place.path.clone(), place.line)
    };
    key(a) < key(b)
}

/// What the kind of file says: values of tests and examples are often made up.
pub(crate) fn by_path(rule: &Rule, confidence: Confidence, path: &str) -> (Confidence, Option<String>) {
    let lower = path.to_ascii_lowercase();
    let words: BTreeSet<&str> = lower.split(['/', '.', '_', '-']).collect();
    let of_tests =
        ["test", "tests", "testdata", "spec", "specs", "fixture", "fixtures", "mock", "mocks", "e2e"]
            .iter()
            .find(|word| words.contains(**word));
    let of_docs =
        ["example", "examples", "sample", "samples", "docs", "doc", "md", "rst", "adoc", "changelog"]
            .iter()
            .find(|word| words.contains(**word));
    let Some(word) = of_tests.or(of_docs) else { return (confidence, None) };
    let note = Some(format!("the path speaks of `{word}`"));
    match (rule.generic, of_tests.is_some()) {
        (true, _) => (Confidence::Low, note),
        (false, true) if rule.id.starts_with("private-key") => (confidence.min(Confidence::Medium), note),
        (false, _) => (confidence, note),
    }
}
