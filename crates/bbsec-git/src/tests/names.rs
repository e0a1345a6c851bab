//! Refs, reflogs, staged entries and plain files, judged by git.

use std::{collections::BTreeMap, fs, os::unix::ffi::OsStrExt};

use crate::{
    FileRole, Oid, ProblemKind, Problems, RefKind, index_entries, other_files, reflogs, refs,
    testing::{Repo, has_git},
};

#[test]
fn refs_are_those_that_git_lists_and_those_that_only_bitbucket_knows() {
    if !has_git() {
        return;
    }
    let repo = Repo::new();
    repo.write("a", "a");
    repo.commit("a");
    repo.git(&["tag", "-a", "v1", "-m", "m"]);
    repo.git(&["update-ref", "refs/pull-requests/1/from", "HEAD"]);
    repo.git(&["notes", "add", "-m", "n"]);
    repo.git(&["pack-refs", "--all"]);
    repo.write("a", "b");
    repo.commit("b");
    repo.write("a", "c");
    repo.git(&["stash", "-q"]);
    let closed = repo.git_dir.join("stash-refs/pull-requests/7");
    fs::create_dir_all(&closed).unwrap();
    fs::write(closed.join("from"), format!("{}\n", repo.oid("HEAD~1"))).unwrap();
    repo.git(&["worktree", "add", "-q", "--detach", "wt"]);
    let mut problems = Problems::default();
    let found = refs(&repo.git_dir, None, &mut problems);
    assert_eq!(problems.list(), []);
    let by_name: BTreeMap<String, _> = found.iter().map(|found| (found.name.to_string(), found)).collect();
    let listed = repo.git(&["for-each-ref", "--format=%(refname) %(objectname)"]);
    let mut count = 0;
    for line in listed.lines() {
        let (name, oid) = line.split_once(' ').unwrap();
        assert_eq!(by_name[name].target, oid.parse::<Oid>().unwrap());
        count += 1;
    }
    assert_eq!(by_name.keys().filter(|name| name.starts_with("refs/")).count(), count);
    let kind = |name: &str| by_name[name].kind;
    assert_eq!(kind("refs/heads/main"), RefKind::Branch);
    assert_eq!(kind("refs/tags/v1"), RefKind::Tag);
    assert_eq!(kind("refs/stash"), RefKind::Stash);
    assert_eq!(kind("refs/notes/commits"), RefKind::Note);
    assert_eq!(kind("refs/pull-requests/1/from"), RefKind::PullRequest);
    assert_eq!(kind("stash-refs/pull-requests/7/from"), RefKind::PullRequest);
    assert_eq!(by_name["refs/tags/v1"].peeled, Some(repo.oid("HEAD~1")));
    assert_eq!(by_name["HEAD"].symbolic.as_ref().map(ToString::to_string), Some("refs/heads/main".into()));
    assert_eq!(by_name["worktrees/wt/HEAD"].target, repo.oid("HEAD"));
    repo.git(&["worktree", "remove", "--force", "wt"]);
}

#[test]
fn a_name_that_is_no_utf_8_keeps_its_bytes() {
    if !has_git() {
        return;
    }
    let repo = Repo::new();
    repo.write("a", "a");
    let oid = repo.commit("a");
    let name = std::ffi::OsStr::from_bytes(b"caf\xe9");
    fs::write(repo.git_dir.join("refs/heads").join(name), format!("{oid}\n")).unwrap();
    let found = refs(&repo.git_dir, None, &mut Problems::default());
    assert!(found.iter().any(|found| found.name.as_bytes() == b"refs/heads/caf\xe9" && found.target == oid));
}

#[test]
fn damaged_refs_and_reflog_lines_are_named() {
    if !has_git() {
        return;
    }
    let repo = Repo::new();
    repo.write("a", "a");
    repo.commit("a");
    fs::write(repo.git_dir.join("refs/heads/bad"), "zzz\n").unwrap();
    fs::write(repo.git_dir.join("packed-refs"), "# pack-refs\nnot a line\n^also not\n").unwrap();
    std::os::unix::fs::symlink("/etc/hostname", repo.git_dir.join("refs/heads/out")).unwrap();
    let log = repo.git_dir.join("logs/HEAD");
    let text = fs::read_to_string(&log).unwrap();
    fs::write(&log, format!("{text}damaged line\n")).unwrap();
    let mut problems = Problems::default();
    assert_eq!(refs(&repo.git_dir, None, &mut problems).len(), 2, "HEAD and main are still read");
    assert_eq!(reflogs(&repo.git_dir, None, &mut problems).len(), 2, "HEAD's line and main's");
    let mut kinds: Vec<&str> = problems.list().iter().map(|problem| problem.kind.group()).collect();
    kinds.sort_unstable();
    assert_eq!(kinds, ["reflog lines", "refs", "refs", "repository files"]);
    assert!(problems.list().iter().any(|problem| problem.kind == ProblemKind::Outside));
}

#[test]
fn reflogs_are_those_that_git_shows() {
    if !has_git() {
        return;
    }
    let repo = Repo::new();
    repo.grow(5, 1);
    repo.git(&["reset", "-q", "--hard", "HEAD~2"]);
    let entries = reflogs(&repo.git_dir, None, &mut Problems::default());
    let ours: Vec<String> = entries
        .iter()
        .filter(|entry| entry.name.to_string() == "HEAD")
        .rev()
        .map(|entry| format!("{} {} <{}>: {}", entry.new, entry.author, entry.email, entry.message))
        .collect();
    let theirs = repo.git(&["reflog", "show", "--format=%H %gn <%ge>: %gs", "HEAD"]);
    assert_eq!(ours, theirs.lines().collect::<Vec<_>>());
}

#[test]
fn staged_entries_are_those_that_git_lists_in_every_version() {
    if !has_git() {
        return;
    }
    for version in ["2", "3", "4"] {
        let repo = Repo::new();
        repo.grow(3, 5);
        repo.write("with space/é", "x");
        repo.write("later", "y");
        repo.git(&["add", "with space/é"]);
        repo.git(&["add", "-N", "later"]);
        repo.git(&["update-index", "--index-version", version]);
        let mut problems = Problems::default();
        let ours: Vec<String> = index_entries(&repo.git_dir, None, &mut problems)
            .iter()
            .map(|entry| format!("{:o} {} {}\t{}", entry.mode.0, entry.oid, entry.stage, entry.path))
            .collect();
        let theirs = repo.git(&["-c", "core.quotePath=false", "ls-files", "--stage"]);
        assert_eq!(ours, theirs.lines().collect::<Vec<_>>());
        assert_eq!(problems.list(), []);
        let index = repo.git_dir.join("index");
        let data = fs::read(&index).unwrap();
        for cut in [0, 4, 11, 40, 80, data.len() / 2] {
            fs::write(&index, &data[..cut]).unwrap();
            let mut problems = Problems::default();
            index_entries(&repo.git_dir, None, &mut problems);
            assert!(problems.any_unread(), "cut off after {cut} bytes");
        }
    }
}

#[test]
fn files_beside_the_objects_are_listed_and_links_out_are_not_followed() {
    if !has_git() {
        return;
    }
    let repo = Repo::new();
    repo.write("a", "a");
    repo.commit("a");
    repo.git(&["repack", "-q", "-a", "-d"]);
    for (name, text) in [
        ("hooks/post-receive", "#!/bin/sh"),
        ("repository-config", "[bitbucket]"),
        ("MERGE_MSG", "m"),
        ("lost-found/other/1", "x"),
        ("lfs/objects/aa/bb/cc", "x"),
        ("objects/tmp_obj_1", "left"),
    ] {
        let path = repo.git_dir.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    std::os::unix::fs::symlink("/etc/hostname", repo.git_dir.join("link")).unwrap();
    std::os::unix::fs::symlink("..", repo.git_dir.join("loop")).unwrap();
    let mut problems = Problems::default();
    let files = other_files(&repo.git_dir, None, &mut problems);
    let role =
        |name: &str| files.iter().find(|file| file.relative.to_str() == Some(name)).map(|file| file.role);
    assert_eq!(role("config"), Some(FileRole::Config));
    assert_eq!(role("repository-config"), Some(FileRole::Config));
    assert_eq!(role("hooks/post-receive"), Some(FileRole::Hook));
    assert_eq!(role("COMMIT_EDITMSG"), Some(FileRole::Message));
    assert_eq!(role("MERGE_MSG"), Some(FileRole::Message));
    assert_eq!(role("lost-found/other/1"), Some(FileRole::LostFound));
    assert_eq!(role("lfs/objects/aa/bb/cc"), Some(FileRole::Lfs));
    assert_eq!(role("objects/tmp_obj_1"), Some(FileRole::Leftover));
    assert_eq!(role("logs/HEAD"), Some(FileRole::Reflog));
    assert_eq!(role("index"), Some(FileRole::Index));
    assert!(!files.iter().any(|file| file.relative.extension().is_some_and(|e| e == "pack" || e == "idx")));
    assert_eq!(problems.list().iter().filter(|p| p.kind == ProblemKind::Outside).count(), 2);
}

#[test]
fn a_repository_inside_of_another_is_named() {
    if !has_git() {
        return;
    }
    let repo = Repo::new();
    repo.git(&["init", "-q", "--bare", ".git/modules/sub"]);
    let mut problems = Problems::default();
    other_files(&repo.git_dir, None, &mut problems);
    let kinds: Vec<_> = problems
        .list()
        .iter()
        .map(|problem| (&problem.kind, problem.path.ends_with("modules/sub")))
        .collect();
    assert_eq!(kinds, [(&ProblemKind::Nested, true)]);
    assert!(problems.any_unread());
}
