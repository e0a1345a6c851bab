//! From objects to places: commits, authors, paths and refs, as one repository sees them.

use std::{collections::HashMap, sync::Arc};

use bbsec_core::{Fingerprinter, Gap, Sink};
use bbsec_git::{
    AttributeOptions, Attribution, History, Kind, Limits, ObjectDir, Oid, OidMap, OpenFamily, Problems,
    Reach, Store, commit, index_entries, reflogs, refs,
};

use super::{
    plain,
    visitor::{Gathered, Holder, Spot},
};
use crate::{
    SecretsError,
    engine::Found,
    rules::{Rule, Seen},
    scan::{
        Options, RepoInput, Summary,
        collect::{Collector, Commit, Source, Where},
    },
};

/// Refs told per object; all are counted by the history.
const MOST_REFS: usize = 300;

/// One repository of a family.
pub(super) struct Here<'a> {
    pub(super) family: &'a OpenFamily,
    pub(super) dirs: &'a [&'a ObjectDir],
    pub(super) index: usize,
    pub(super) repo: &'a RepoInput,
    pub(super) history: &'a History,
}

/// What is known of one object here.
struct Known {
    at: Attribution,
    commit: Option<Commit>,
    paths: Arc<Vec<String>>,
    reachable: Arc<Vec<Reach>>,
    staged: Option<String>,
}

impl Here<'_> {
    /// Hands on what this repository holds; returns what could not be read of it.
    pub(super) fn report(
        &self,
        gathered: &Gathered,
        options: &Options,
        fingerprinter: &Fingerprinter,
        sink: &mut dyn Sink,
        summary: &mut Summary,
    ) -> Result<Vec<Gap>, SecretsError> {
        let (git_dir, within) = (&self.repo.git_dir, self.repo.within.as_deref());
        let mut problems = Problems::default();
        let refs = refs(git_dir, within, &mut problems);
        let reflogs = reflogs(git_dir, within, &mut problems);
        let mut collector = Collector::new(&options.rules, fingerprinter);
        if let Some(store) = self.family.store(self.index) {
            let wanted =
                AttributeOptions { max_paths: 100, max_reach: MOST_REFS, threads: options.threads() };
            let shared = self.family.repositories.len() > 1;
            let held = shared.then(|| (self.dirs, self.family.uses(self.index)));
            let mut attributed = self.history.attribute(&refs, &reflogs, held, &wanted);
            let staged: OidMap<String> = index_entries(git_dir, within, &mut problems)
                .into_iter()
                .map(|entry| (entry.oid, entry.path.to_string()))
                .collect();
            let mut commits = HashMap::new();
            for holder in &gathered.objects {
                if shared && !store.contains(&holder.oid) {
                    continue;
                }
                let at = attributed.remove(&holder.oid).unwrap_or_default();
                let known = self.known(&store, holder, at, &staged, &mut commits);
                for spot in &holder.spots {
                    if let Some(found) = gathered.found.get(spot.found as usize)
                        && let Some(place) = place(gathered, holder, *spot, &known, found, options)
                    {
                        collector.add(found, place);
                    }
                }
            }
        }
        let mut gaps = plain::scan(self.repo, options, &refs, &mut collector, &mut problems, summary);
        gaps.extend(problems.gaps());
        let source = Source {
            shown_as: Some(self.repo.shown_as.clone()),
            project: self.repo.project.clone(),
            slug: self.repo.slug.clone(),
        };
        collector.finish(&source, options, sink, summary)?;
        Ok(gaps)
    }

    fn known(
        &self,
        store: &Store,
        holder: &Holder,
        mut at: Attribution,
        staged: &OidMap<String>,
        commits: &mut HashMap<Oid, Option<Commit>>,
    ) -> Known {
        let commit = at
            .first_commit
            .and_then(|oid| commits.entry(oid).or_insert_with(|| self.commit(store, oid)).clone());
        let paths = at.paths.iter().map(|path| path.path.to_string()).collect();
        let reachable = std::mem::take(&mut at.reach);
        let staged = if commit.is_none() { staged.get(&holder.oid).cloned() } else { None };
        Known { at, commit, paths: Arc::new(paths), reachable: Arc::new(reachable), staged }
    }

    fn commit(&self, store: &Store, oid: Oid) -> Option<Commit> {
        let order = u64::from(self.history.position(&oid).unwrap_or(u32::MAX));
        let (kind, data) = store.read(&oid, &Limits::default()).ok()?;
        if kind != Kind::Commit {
            return None;
        }
        let commit = commit(&data);
        Some(Commit {
            id: oid.to_string(),
            author: String::from_utf8_lossy(commit.author.name).into_owned(),
            email: String::from_utf8_lossy(commit.author.email).into_owned(),
            at: commit.committer.time,
            order,
        })
    }
}

/// Where a spot is; `None` when the rule's paths or an allowlist leave it out.
fn place(
    gathered: &Gathered,
    holder: &Holder,
    spot: Spot,
    known: &Known,
    found: &Found,
    options: &Options,
) -> Option<Where> {
    let rule = options.rules.at(found.rule)?;
    let (mut path, mut paths) =
        (known.at.paths.first().map(|path| path.path.to_string()), known.paths.clone());
    let mut kind = holder.kind.name();
    if let Some(name) = spot.name.and_then(|name| gathered.names.get(name as usize)) {
        let name = String::from_utf8_lossy(name);
        let full = |folder: &str| {
            if folder.is_empty() { name.clone().into_owned() } else { format!("{folder}/{name}") }
        };
        path = Some(full(path.as_deref().unwrap_or_default()));
        paths = Arc::new(known.paths.iter().map(|folder| full(folder)).collect());
    } else if let Some(staged) = &known.staged {
        path = Some(staged.clone());
        paths = Arc::new(vec![staged.clone()]);
        kind = "index";
    }
    if left_out(rule, options, found, &paths, known.commit.as_ref().map(|commit| commit.id.as_str())) {
        return None;
    }
    let mut place = Where::plain(kind, holder.oid.to_string(), None);
    place.path = path;
    place.paths = paths;
    if spot.name.is_none() {
        place.line = Some(u64::from(spot.line));
        place.column = Some(u64::from(spot.column));
    }
    place.commit.clone_from(&known.commit);
    place.occurrences = known.at.places.max(1);
    place.reachable = known.reachable.clone();
    place.at_head = known.at.at_head;
    Some(place)
}

fn left_out(rule: &Rule, options: &Options, found: &Found, paths: &[String], commit: Option<&str>) -> bool {
    if let Some(wanted) = &rule.path
        && !paths.iter().any(|path| wanted.is_match(path.as_bytes()))
    {
        return true;
    }
    let lists: Vec<_> = rule.allow.iter().chain(&options.rules.allow).collect();
    if lists.is_empty() {
        return false;
    }
    let secret = found.secret.reveal();
    let seen = Seen { secret, matched: secret, line: secret };
    let allowed = |path: &str| lists.iter().any(|list| list.allows_place(&seen, path.as_bytes(), commit));
    if paths.is_empty() { allowed("") } else { paths.iter().all(|path| allowed(path)) }
}
