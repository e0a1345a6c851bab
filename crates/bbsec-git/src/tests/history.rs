//! Attribution, judged by git: every commit's whole tree listed, every ref's ancestors walked.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use bbsec_core::Silent;

use crate::{
    AttributeOptions, Attribution, History, Kind, Limits, Oid, OidMap, OidSet, Problems, RefKind, Store,
    attribute, commit,
    history::Unread,
    reflogs, refs,
    testing::{Noise, Repo, has_git},
};

/// What git says of each object: which commits have it at which paths.
struct Oracle {
    places: BTreeMap<Oid, BTreeSet<(Oid, String)>>,
    ancestors: HashMap<Oid, BTreeSet<Oid>>,
    time: HashMap<Oid, i64>,
}

impl Oracle {
    fn ask(repo: &Repo) -> Self {
        let mut oracle = Self { places: BTreeMap::new(), ancestors: HashMap::new(), time: HashMap::new() };
        let truth = repo.truth();
        for (oid, (_, data)) in truth.iter().filter(|(_, (kind, _))| *kind == Kind::Commit) {
            let name = oid.to_string();
            for line in repo.git(&["ls-tree", "-r", "-t", "--full-tree", &name]).lines() {
                let (meta, path) = line.split_once('\t').unwrap();
                let object = meta.split(' ').nth(2).unwrap().parse().unwrap();
                oracle.places.entry(object).or_default().insert((*oid, path.to_owned()));
            }
            let all = repo.git(&["rev-list", &name]);
            oracle.ancestors.insert(*oid, all.lines().map(|line| line.parse().unwrap()).collect());
            oracle.time.insert(*oid, commit(data).committer.time.unwrap().micros());
        }
        oracle
    }

    fn check(&self, oid: Oid, at: &Attribution, repo: &Repo) {
        let none = BTreeSet::new();
        let places = self.places.get(&oid).unwrap_or(&none);
        let commits: BTreeSet<Oid> = places.iter().map(|(commit, _)| *commit).collect();
        assert_eq!(at.places, places.len() as u64, "{oid}");
        assert_eq!(at.commits_count, commits.len() as u64, "{oid}");
        let paths: BTreeSet<&str> = places.iter().map(|(_, path)| path.as_str()).collect();
        let ours: Vec<String> = at.paths.iter().map(|path| path.path.to_string()).collect();
        assert_eq!(ours.iter().map(String::as_str).collect::<BTreeSet<_>>(), paths, "{oid}");
        for path in &at.paths {
            assert!(places.contains(&(path.commit, path.path.to_string())));
        }
        let (Some(first), Some(last)) = (at.first_commit, at.last_commit) else {
            assert!(commits.is_empty(), "{oid} is in {commits:?}");
            return;
        };
        assert!(commits.contains(&first) && commits.contains(&last));
        assert_eq!(at.paths[0].commit, first);
        for other in &commits {
            assert!(
                *other == first || !self.ancestors[&first].contains(other),
                "{other} comes before the first"
            );
            assert!(*other == last || !self.ancestors[other].contains(&last), "{other} comes after the last");
        }
        // Among commits that nothing that contains it comes before, the first is the oldest.
        let roots =
            commits.iter().filter(|c| commits.iter().all(|o| o == *c || !self.ancestors[*c].contains(o)));
        let oldest = roots.map(|commit| self.time[commit]).min().unwrap();
        assert_eq!(self.time[&first], oldest);
        let refs: BTreeSet<String> = commits.iter().flat_map(|commit| containing(repo, *commit)).collect();
        let ours: BTreeSet<String> = at
            .reach
            .iter()
            .filter(|reach| reach.kind != RefKind::Reflog && reach.name.to_string().starts_with("refs/"))
            .filter(|reach| reach.kind != RefKind::Stash || refs.contains("refs/stash"))
            .map(|reach| reach.name.to_string())
            .collect();
        assert_eq!(ours, refs, "{oid}");
        let heads = repo.git(&["for-each-ref", "--format=%(objectname)", "refs/heads"]);
        let tips: BTreeSet<Oid> = heads.lines().map(|line| line.parse().unwrap()).collect();
        assert_eq!(at.at_head, commits.iter().any(|commit| tips.contains(commit)), "{oid}");
    }
}

fn containing(repo: &Repo, commit: Oid) -> Vec<String> {
    let args = ["for-each-ref", "--format=%(refname)", "--contains", &commit.to_string()];
    repo.git(&args).lines().map(str::to_owned).collect()
}

/// Branches, merges, moved files, force pushes, notes, stashes, pull requests.
fn busy(seed: u64) -> Repo {
    let repo = Repo::new();
    let mut noise = Noise(seed);
    repo.write("a/start.txt", "start");
    repo.commit("start");
    let mut branches = vec!["main".to_owned()];
    for n in 0..22 {
        match noise.below(8) {
            0 => {
                let name = format!("topic-{n}");
                repo.git(&["branch", &name]);
                branches.push(name);
            }
            1 => drop(repo.git(&["checkout", "-q", &branches[noise.below(branches.len())]])),
            2 => {
                let other = &branches[noise.below(branches.len())];
                repo.git(&["merge", "-q", "-X", "ours", "--no-edit", other]);
            }
            3 => {
                repo.git(&["update-ref", &format!("refs/pull-requests/{n}/from"), "HEAD"]);
                repo.write("b/amended.txt", noise.line());
                repo.git(&["add", "-A"]);
                repo.git(&["commit", "-q", "--amend", "-m", "amended"]);
            }
            4 => repo.write(&format!("b/copy-{}.txt", noise.below(3)), "the same in several places"),
            _ => {
                repo.write(
                    &format!("{}/f{}.txt", ["a", "b/c"][noise.below(2)], noise.below(3)),
                    noise.line(),
                );
            }
        }
        repo.commit(&format!("step {n}"));
    }
    repo.git(&["notes", "add", "-f", "-m", "a note", "HEAD"]);
    repo.git(&["tag", "-a", "v1", "-m", "tagged", "HEAD~1"]);
    repo.git(&["tag", "blob-tag", "HEAD:a/start.txt"]);
    repo
}

fn everything(repo: &Repo) -> OidSet {
    repo.truth().into_keys().collect()
}

fn ask(repo: &Repo, hits: &OidSet) -> OidMap<Attribution> {
    let mut problems = Problems::default();
    let store = Store::open(&repo.git_dir, None, &mut problems).unwrap();
    let refs = refs(&repo.git_dir, None, &mut problems);
    let logs = reflogs(&repo.git_dir, None, &mut problems);
    let (found, report) =
        attribute(&store, hits, &refs, &logs, &AttributeOptions::default(), &Limits::default(), &Silent);
    assert!(report.complete());
    assert_eq!(problems.list(), []);
    found
}

#[test]
fn every_blob_and_tree_is_attributed_as_git_would() {
    if !has_git() {
        return;
    }
    for seed in 0..4 {
        let repo = busy(seed);
        if seed % 2 == 1 {
            repo.git(&["repack", "-q", "-a", "-d", "-f"]);
        }
        let oracle = Oracle::ask(&repo);
        let found = ask(&repo, &everything(&repo));
        let mut checked = 0;
        for (oid, (kind, _)) in repo.truth() {
            let at = &found[&oid];
            if kind == Kind::Blob {
                // The blob that a tag names directly is reached by it as well.
                if repo.oid("blob-tag") != oid {
                    oracle.check(oid, at, &repo);
                    checked += 1;
                }
            } else if kind == Kind::Commit {
                let refs: BTreeSet<String> = containing(&repo, oid).into_iter().collect();
                let ours = at.reach.iter().filter(|reach| reach.kind != RefKind::Reflog);
                let ours: BTreeSet<String> =
                    ours.map(|reach| reach.name.to_string()).filter(|n| n.starts_with("refs/")).collect();
                assert_eq!(ours, refs);
                assert_eq!(at.first_commit, Some(oid));
            }
        }
        assert!(checked > 10);
    }
}

#[test]
fn a_blob_behind_a_tag_alone_is_reached_and_in_no_commit() {
    if !has_git() {
        return;
    }
    let repo = Repo::new();
    repo.write("a", "a");
    repo.commit("a");
    let blob = String::from_utf8(repo.git_with(&["hash-object", "-w", "--stdin"], b"lonely")).unwrap();
    repo.git(&["tag", "-a", "-m", "m", "lonely", blob.trim()]);
    let dangling: Oid = String::from_utf8(repo.git_with(&["hash-object", "-w", "--stdin"], b"nobody's"))
        .unwrap()
        .trim()
        .parse()
        .unwrap();
    let blob: Oid = blob.trim().parse().unwrap();
    let tag = repo.oid("refs/tags/lonely");
    let found = ask(&repo, &[blob, dangling, tag].into_iter().collect());
    for oid in [blob, tag] {
        let names: Vec<String> = found[&oid].reach.iter().map(|reach| reach.name.to_string()).collect();
        assert_eq!(names, ["refs/tags/lonely"]);
        assert_eq!(found[&oid].first_commit, None);
    }
    assert_eq!(found[&dangling], Attribution::default());
}

#[test]
fn the_first_commit_of_what_was_force_pushed_away_is_the_unreachable_one() {
    if !has_git() {
        return;
    }
    let repo = Repo::new();
    repo.write("a", "a");
    repo.commit("a");
    repo.write("key", "secret");
    let pushed = repo.commit("oops");
    let blob = repo.oid("HEAD:key");
    repo.git(&["reset", "-q", "--hard", "HEAD~1"]);
    std::fs::remove_dir_all(repo.git_dir.join("logs")).unwrap();
    std::fs::remove_file(repo.git_dir.join("ORIG_HEAD")).unwrap();
    let at = ask(&repo, &[blob].into_iter().collect()).remove(&blob).unwrap();
    assert_eq!((at.first_commit, at.reach, at.at_head), (Some(pushed), vec![], false));
}

#[test]
fn with_too_many_folders_for_one_pass_the_answer_is_the_same() {
    if !has_git() {
        return;
    }
    let repo = busy(11);
    repo.write("a/b/c/d/e/f/deep.txt", "deep");
    repo.commit("deep");
    let store = Store::open(&repo.git_dir, None, &mut Problems::default()).unwrap();
    let refs = refs(&repo.git_dir, None, &mut Problems::default());
    let hits = everything(&repo);
    let answer = |most| {
        let (history, _) =
            History::build_with(&store.dirs(), &hits, &Unread, 2, &Limits::default(), &Silent, most);
        history.attribute(&refs, &[], None, &AttributeOptions::default())
    };
    let (one, many) = (answer(1 << 20), answer(0));
    for (oid, at) in &one {
        // Paths of the same first commit have no order among them.
        let sorted = |at: &Attribution| {
            let mut at = at.clone();
            at.paths.sort_by(|a, b| a.path.cmp(&b.path));
            at
        };
        assert_eq!(sorted(at), sorted(&many[oid]));
    }
    assert_eq!(one.len(), many.len());
}

#[test]
fn lists_are_cut_where_asked_and_counted_in_full() {
    if !has_git() {
        return;
    }
    let repo = Repo::new();
    for i in 0..30 {
        repo.write(&format!("copy-{i}"), "same");
    }
    repo.commit("copies");
    for i in 0..300 {
        repo.git(&["update-ref", &format!("refs/pull-requests/{i}/from"), "HEAD"]);
    }
    let blob = repo.oid("HEAD:copy-0");
    let store = Store::open(&repo.git_dir, None, &mut Problems::default()).unwrap();
    let refs = refs(&repo.git_dir, None, &mut Problems::default());
    let options = AttributeOptions { max_paths: 7, max_reach: 5, threads: 2 };
    let hits = [blob].into_iter().collect();
    let (found, _) = attribute(&store, &hits, &refs, &[], &options, &Limits::default(), &Silent);
    let at = &found[&blob];
    assert_eq!((at.paths.len(), at.more_paths, at.places, at.commits_count), (7, true, 30, 1));
    assert_eq!((at.reach.len(), at.reach_count), (5, 301));
    assert_eq!(at.reach[0].kind, RefKind::Branch, "branches come first");
}

#[test]
fn wide_folders_kept_as_deltas_are_looked_at_as_if_whole() {
    if !has_git() {
        return;
    }
    let repo = Repo::new();
    let mut noise = Noise(77);
    for n in 0..250 {
        repo.write(&format!("wide/file number {n}"), format!("{n}"));
        repo.write(&format!("wide/{}/x", n % 40), format!("{}", n % 40));
    }
    repo.commit("wide");
    for n in 0..40 {
        for _ in 0..=noise.below(3) {
            let file = format!("wide/file number {}", noise.below(300));
            match noise.below(3) {
                0 => drop(std::fs::remove_file(repo.path().join(&file))),
                _ => repo.write(&file, noise.line()),
            }
        }
        repo.write(&format!("wide/{}/x", noise.below(50)), noise.line());
        repo.commit(&format!("{n}"));
    }
    let hits: OidSet =
        repo.truth().into_iter().filter(|(_, (kind, _))| *kind == Kind::Blob).map(|(oid, _)| oid).collect();
    let loose = ask(&repo, &hits);
    repo.git(&["repack", "-q", "-a", "-d", "-f", "--depth=50", "--window=50"]);
    let packed = ask(&repo, &hits);
    assert_eq!(loose.len(), packed.len());
    for (oid, at) in &loose {
        assert_eq!(at, &packed[oid], "{oid}");
    }
}

#[test]
fn objects_that_are_named_and_not_here_are_problems() {
    if !has_git() {
        return;
    }
    let repo = Repo::new();
    repo.grow(5, 12);
    let gone = [repo.oid("HEAD~1:src/deep/main.txt"), repo.oid("HEAD~2^{tree}"), repo.oid("HEAD~4")];
    let build = || {
        let store = Store::open(&repo.git_dir, None, &mut Problems::default()).unwrap();
        History::build(&store.dirs(), &OidSet::default(), 2, &Limits::default(), &Silent).1
    };
    assert!(build().complete());
    for oid in gone {
        let hex = oid.to_string();
        std::fs::remove_file(repo.git_dir.join("objects").join(&hex[..2]).join(&hex[2..])).unwrap();
    }
    let report = build();
    let mut named: Vec<Oid> = report.problems.list().iter().filter_map(|problem| problem.oid).collect();
    named.sort_unstable();
    let mut gone = gone.to_vec();
    gone.sort_unstable();
    assert_eq!(named, gone);
    assert!(!report.complete());
}
