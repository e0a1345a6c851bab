//! Forks, quarantines, and repositories that other programs refuse.

use std::{collections::BTreeMap, fs, path::Path, time::SystemTime};

use crate::{
    Family, GitError, History, Limits, OidSet, ProblemKind, Problems, Store, refs, second_opinion,
    testing::{Repo, has_git, run, see, truth},
};

/// An origin, two forks that borrow from it, and a repository that has nothing to do with them.
fn forks() -> (Repo, Vec<std::path::PathBuf>) {
    let repo = Repo::new();
    repo.grow(12, 21);
    repo.git(&["clone", "-q", "--bare", ".git", "repositories/1"]);
    for fork in ["repositories/2", "repositories/3"] {
        repo.git(&["clone", "-q", "--bare", "--shared", "repositories/1", fork]);
        repo.git(&["clone", "-q", fork, "work"]);
        let work = repo.path().join("work");
        fs::write(work.join("own"), fork).unwrap();
        run(&work, 1_800_000_000, &["add", "-A"], b"");
        run(&work, 1_800_000_000, &["commit", "-q", "-m", fork], b"");
        run(&work, 1_800_000_000, &["push", "-q", "origin", "HEAD"], b"");
        fs::remove_dir_all(work).unwrap();
    }
    repo.git(&["init", "-q", "--bare", "repositories/4"]);
    let paths = (1..=4).map(|n| repo.path().join(format!("repositories/{n}"))).collect();
    (repo, paths)
}

#[test]
fn a_family_reads_each_folder_once_and_knows_who_holds_what() {
    if !has_git() {
        return;
    }
    let (repo, paths) = forks();
    let home = repo.path().join("repositories");
    let mut problems = Problems::default();
    let (families, refused) = Family::group(&paths, Some(&home), &mut problems);
    assert_eq!(families.iter().map(|family| family.repositories.len()).collect::<Vec<_>>(), [3, 1]);
    assert!(refused.is_empty());
    let family = families.into_iter().next().unwrap().open(&mut problems);
    let (seen, report) = see(&family.dirs());
    assert_eq!(report.copies, 0, "what forks share is stored once");
    assert_eq!(problems.list(), []);
    let mut all = BTreeMap::new();
    for (i, path) in paths.iter().take(3).enumerate() {
        let own = truth(path);
        let store = family.store(i).unwrap();
        let (one, _) = see(&store.dirs());
        assert!(one == own, "a fork's store is what git sees from it");
        for oid in seen.keys() {
            assert_eq!(family.holders(oid).contains(&i), own.contains_key(oid));
        }
        all.extend(own);
    }
    assert!(seen == all);
}

#[test]
fn in_a_family_each_fork_is_attributed_by_its_own_commits_and_refs() {
    if !has_git() {
        return;
    }
    let (repo, paths) = forks();
    let mut problems = Problems::default();
    let family = Family::group(&paths[..3], None, &mut problems).0.remove(0).open(&mut problems);
    let own =
        |n: &str| -> crate::Oid { repo.git(&["--git-dir", n, "rev-parse", "HEAD:own"]).parse().unwrap() };
    let (second, third) = (own("repositories/2"), own("repositories/3"));
    let shared = repo.oid("HEAD:src/deep/main.txt");
    let hits: OidSet = [second, third, shared].into_iter().collect();
    let dirs = family.dirs();
    let (history, _) = History::build(&dirs, &hits, 2, &Limits::default(), &bbsec_core::Silent);
    for (i, path) in paths[..3].iter().enumerate() {
        let refs = refs(path, None, &mut problems);
        let found =
            history.attribute(&refs, &[], Some((&dirs, family.uses(i))), &crate::AttributeOptions::default());
        assert_eq!(found[&second].first_commit.is_some(), i == 1);
        assert_eq!(found[&third].at_head, i == 2);
        assert_eq!(found[&shared].reach.len(), 1);
    }
}

#[test]
fn alternates_that_loop_are_read_once_and_those_that_lead_out_or_nowhere_are_named() {
    if !has_git() {
        return;
    }
    let repo = Repo::new();
    repo.grow(3, 1);
    let home = repo.path().join("home");
    fs::create_dir(&home).unwrap();
    for name in ["home/a", "home/b"] {
        repo.git(&["clone", "-q", "--bare", ".git", name]);
    }
    let link = |from: &str, text: &str| {
        let info = repo.path().join(from).join("objects/info");
        fs::create_dir_all(&info).unwrap();
        fs::write(info.join("alternates"), text).unwrap();
    };
    let outside = repo.git_dir.join("objects");
    link("home/a", &format!("# comment\n../../b/objects\n{}\n/nowhere/objects\n", outside.display()));
    link("home/b", "../../a/objects\n../objects\n");
    let mut problems = Problems::default();
    let store = Store::open(&home.join("a"), Some(&home), &mut problems).unwrap();
    assert_eq!(store.dirs().len(), 2);
    let kinds: Vec<&ProblemKind> = problems.list().iter().map(|problem| &problem.kind).collect();
    assert_eq!(
        kinds,
        [
            &ProblemKind::Outside,
            &ProblemKind::AlternateMissing,
            &ProblemKind::AlternateLoop,
            &ProblemKind::AlternateLoop
        ]
    );
    assert!(matches!(
        second_opinion(&store, &[repo.oid("HEAD")], &Limits::default()),
        Err(GitError::Outside { .. })
    ));
    // Without a fence, git's own rule holds.
    let store = Store::open(&home.join("a"), None, &mut Problems::default()).unwrap();
    assert_eq!(store.dirs().len(), 3);
}

#[test]
fn objects_of_a_push_that_was_being_received_are_read() {
    if !has_git() {
        return;
    }
    let repo = Repo::new();
    repo.grow(5, 2);
    repo.git(&["repack", "-q", "-a", "-d"]);
    let before = repo.truth();
    repo.write("src/deep/main.txt", "pushed and refused");
    let tip = repo.commit("pushed");
    // A thin pack, as a push sends it, completed by nobody: its bases are in the main store.
    let quarantine = repo.git_dir.join("objects/incoming-x1/pack");
    fs::create_dir_all(&quarantine).unwrap();
    let wanted = format!("{tip}\n^{tip}~1\n");
    let pack = repo.git_with(&["pack-objects", "--thin", "--stdout", "--revs", "-q"], wanted.as_bytes());
    fs::write(quarantine.join("tmp_pack_abc"), pack).unwrap();
    let all = repo.truth();
    repo.git(&["reset", "-q", "--hard", "HEAD~1"]);
    for oid in all.keys().filter(|oid| !before.contains_key(oid)) {
        let hex = oid.to_string();
        fs::remove_file(repo.git_dir.join("objects").join(&hex[..2]).join(&hex[2..])).unwrap();
    }
    let mut problems = Problems::default();
    let store = Store::open(&repo.git_dir, None, &mut problems).unwrap();
    let (seen, report) = see(&store.dirs());
    assert!(seen == all, "{problems:?} {report:?}");
}

#[test]
fn what_libgit2_refuses_is_read_and_nothing_is_run_or_written() {
    if !has_git() {
        return;
    }
    let repo = Repo::new();
    repo.grow(5, 3);
    let truth = repo.truth();
    let marker = repo.path().join("ran");
    let run = format!("touch {}", marker.display());
    let config = format!(
        "[core]\n\trepositoryformatversion = 1\n\tfsmonitor = {run}\n[extensions]\n\tunknownThing = true\n\
         [include]\n\tpath = /etc/passwd\n[diff \"x\"]\n\ttextconv = {run}\n[broken\n"
    );
    fs::write(repo.git_dir.join("config"), config).unwrap();
    fs::write(repo.git_dir.join("info/attributes"), "* diff=x\n").unwrap();
    let before = listing(repo.path());
    assert!(git2::Repository::open(repo.path()).is_err(), "libgit2 refuses it");
    let mut problems = Problems::default();
    let store = Store::open(&repo.git_dir, None, &mut problems).unwrap();
    let (seen, report) = see(&store.dirs());
    assert!(seen == truth && report.complete());
    assert!(!refs(&repo.git_dir, None, &mut problems).is_empty());
    crate::other_files(&repo.git_dir, None, &mut problems);
    let sample: Vec<_> = truth.keys().copied().collect();
    let agreement = second_opinion(&store, &sample, &Limits::default()).unwrap();
    assert!(agreement.holds() && agreement.compared == truth.len() as u64, "{agreement:?}");
    assert!(!marker.exists());
    assert_eq!(listing(repo.path()), before, "nothing was written");
}

fn listing(dir: &Path) -> BTreeMap<std::path::PathBuf, (u64, SystemTime)> {
    let mut all = BTreeMap::new();
    for entry in fs::read_dir(dir).unwrap() {
        let entry = entry.unwrap();
        let meta = entry.metadata().unwrap();
        all.insert(entry.path(), (meta.len(), meta.modified().unwrap()));
        if meta.is_dir() {
            all.extend(listing(&entry.path()));
        }
    }
    all
}

#[test]
fn sha_256_and_folders_that_are_no_repository_are_refused_by_name() {
    if !has_git() {
        return;
    }
    let repo = Repo::new();
    repo.git(&["init", "-q", "--object-format=sha256", "new"]);
    let open = |path: &str| Store::open(&repo.path().join(path), None, &mut Problems::default());
    assert!(matches!(open("new/.git"), Err(GitError::Sha256 { .. })));
    assert!(matches!(open("new"), Err(GitError::NotARepository { .. })));
    assert!(matches!(open("nothing"), Err(GitError::Io { .. })));
    let outside = Store::open(&repo.git_dir, Some(&repo.path().join("new")), &mut Problems::default());
    assert!(matches!(outside, Err(GitError::Outside { .. })));
}

#[test]
fn a_linked_worktree_reads_the_objects_of_its_repository() {
    if !has_git() {
        return;
    }
    let repo = Repo::new();
    repo.grow(3, 4);
    repo.git(&["worktree", "add", "-q", "wt"]);
    let store = Store::open(&repo.git_dir.join("worktrees/wt"), None, &mut Problems::default()).unwrap();
    assert!(see(&store.dirs()).0 == repo.truth());
}
