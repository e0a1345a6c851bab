//! People's gitleaks files, plain folders, compressed files, damaged and hostile input.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::too_many_lines,
    clippy::case_sensitive_file_extension_comparisons,
    reason = "helpers of tests may fail loudly"
)]

use std::{
    fs,
    io::{Read as _, Write},
    path::Path,
    process::Command,
    sync::Arc,
};

use bbsec_core::{Collected, Confidence, Fingerprinter, Silent};
use bbsec_secrets::{Baseline, Ignore, Options, RepoInput, Rules, scan_bytes, scan_paths, scan_repositories};

const TOKEN: &str = "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";

fn write(folder: &Path, name: &str, content: impl AsRef<[u8]>) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}

fn scan(folder: &Path, options: &Options) -> Collected {
    let mut sink = Collected::default();
    scan_paths(&[folder.to_owned()], options, &Fingerprinter::unkeyed(), &mut sink, &Silent).unwrap();
    sink
}

#[test]
fn a_gitleaks_configuration_extends_ours_and_says_what_it_cannot_use() {
    let folder = tempfile::tempdir().unwrap();
    write(
        folder.path(),
        "base.toml",
        "[[rules]]\nid='from-base'\nregex='''base-[0-9]{8}'''\nkeywords=['base-']\n",
    );
    let text = r#"
        [extend]
        useDefault = true
        path = "base.toml"
        disabledRules = ["github-token"]
        [allowlist]
        paths = ['''^vendor/''']
        stopwords = ["nothing-here"]
        [[rules]]
        id = "corp"
        regex = '''corp-(x)([a-z0-9]{16})'''
        secretGroup = 2
        entropy = 3.0
        keywords = ["corp-"]
        [[rules.allowlists]]
        regexTarget = "line"
        regexes = ['''# sample''']
        [[rules]]
        id = "only-in-env"
        path = '''\.env$'''
        regex = '''SPECIAL=(\w{6})'''
        [[rules]]
        id = "broken"
        regex = '''(unclosed'''
        [[rules]]
        id = "path-alone"
        path = '''\.p12$'''
    "#;
    write(folder.path(), "rules.toml", text);
    let (rules, refused) = Rules::load(&folder.path().join("rules.toml")).unwrap();
    assert_eq!(refused.iter().map(|r| r.rule.as_str()).collect::<Vec<_>>(), ["broken", "path-alone"]);
    assert!(rules.get("github-token").is_none() && rules.get("slack-bot-token").is_some());
    let rules = Arc::new(rules);
    let ids = |name: &str, text: &str| -> Vec<String> {
        scan_bytes(&rules, name, text.as_bytes()).into_iter().map(|m| m.rule).collect()
    };
    assert_eq!(ids("a", "id base-12345678"), ["from-base"]);
    assert_eq!(ids("a", "corp-xq8zr2lxw0vb5ntjk"), ["corp"]);
    assert_eq!(scan_bytes(&rules, "a", b"corp-xq8zr2lxw0vb5ntjk")[0].secret.reveal(), b"q8zr2lxw0vb5ntjk");
    assert!(ids("a", "corp-xaaaaaaaaaaaaaaaa").is_empty(), "too little entropy");
    assert!(ids("a", "corp-xq8zr2lxw0vb5ntjk # sample").is_empty(), "allowlisted line");
    assert_eq!(ids("x/.env", "SPECIAL=abcdef"), ["only-in-env"]);
    assert!(ids("x/env.txt", "SPECIAL=abcdef").is_empty());
    // Paths of the global allowlist count where paths are known.
    write(folder.path(), "tree/vendor/a.txt", "base-12345678");
    write(folder.path(), "tree/src/a.txt", "base-87654321");
    let found = scan(&folder.path().join("tree"), &Options { rules, ..Options::default() });
    assert_eq!(found.secrets.iter().map(|s| s.path.as_deref().unwrap()).collect::<Vec<_>>(), ["src/a.txt"]);
}

#[test]
fn baselines_and_ignore_files_leave_out_what_is_known() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "t/a.txt", format!("one\nkey {TOKEN}\n"));
    let all = scan(&folder.path().join("t"), &Options::default());
    assert_eq!(all.secrets.len(), 1);
    assert_eq!(all.secrets[0].secret, "ghp_…(40)");
    write(folder.path(), "baseline.jsonl", serde_json::to_string(&all.secrets[0]).unwrap());
    let gitleaks = format!("[{{\"RuleID\":\"github-pat\",\"Secret\":\"{TOKEN}\",\"File\":\"a.txt\"}}]");
    write(folder.path(), "gitleaks.json", gitleaks);
    for file in ["baseline.jsonl", "gitleaks.json"] {
        let baseline = Some(Baseline::read(&folder.path().join(file)).unwrap());
        assert!(
            scan(&folder.path().join("t"), &Options { baseline, ..Options::default() }).secrets.is_empty(),
            "{file}"
        );
    }
    write(folder.path(), "ignore", "# seen\na.txt:github-token:2\n");
    let ignore = Some(Ignore::read(&folder.path().join("ignore")).unwrap());
    assert!(scan(&folder.path().join("t"), &Options { ignore, ..Options::default() }).secrets.is_empty());
}

#[test]
fn compressed_files_are_read_and_bombs_are_bounded_and_named() {
    let folder = tempfile::tempdir().unwrap();
    let line = format!("key = {TOKEN}\n");
    let mut bzip2 = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::default());
    bzip2.write_all(line.as_bytes()).unwrap();
    write(folder.path(), "a.bz2", bzip2.finish().unwrap());
    write(folder.path(), "a.zst", zstd::encode_all(line.as_bytes(), 1).unwrap());
    // Made by `xz` from the same line.
    let xz = "fd377a585a000004e6d6b4460200210116000000742fe5a301002e6b6579203d206768705f7a5157427554534f\
         6f5269344139737048635659356e636e73446b786b4a306d4c7131370a0000eec55249f29b51a80001472fb051\
         6f341fb6f37d010000000004595a";
    write(folder.path(), "a.xz", bbsec_core::hex::decode(xz).unwrap());
    let found = scan(folder.path(), &Options::default());
    assert_eq!(found.secrets.len(), 1);
    assert_eq!(found.secrets[0].paths, ["a.bz2", "a.xz", "a.zst"]);
    assert!(found.gaps.is_empty(), "{:?}", found.gaps);
    let bomb = zstd::encode_all(std::io::repeat(b'a').take(600 << 20), 1).unwrap();
    write(folder.path(), "bomb.zst", bomb);
    let found = scan(folder.path(), &Options::default());
    assert!(found.gaps.iter().any(|gap| gap.unread && gap.kind == "encoded data"), "{:?}", found.gaps);
    assert_eq!(found.secrets.len(), 1);
}

#[test]
fn links_are_not_followed_and_what_cannot_be_read_is_named() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "outside.txt", TOKEN);
    fs::create_dir(folder.path().join("in")).unwrap();
    std::os::unix::fs::symlink("../outside.txt", folder.path().join("in/link")).unwrap();
    assert!(scan(&folder.path().join("in"), &Options::default()).secrets.is_empty());
    let gone = scan(&folder.path().join("not-there"), &Options::default());
    assert!(gone.gaps.iter().any(|gap| gap.unread), "{:?}", gone.gaps);
}

#[test]
fn a_provider_beats_a_generic_rule_and_pairs_are_joined() {
    let rules = Rules::builtin();
    let text = b"aws_access_key_id = AKIAQ7Z2LXW0VB5NTJKP\naws_secret_access_key = wJq8Zr2LxW0vB5nTjKpQ1sYdEf7hGc3mAuR9tXbZ\n";
    let found = scan_bytes(&rules, "credentials", text);
    let rows: Vec<_> =
        found.iter().map(|m| (m.rule.as_str(), m.public_id.as_deref(), m.confidence)).collect();
    assert_eq!(
        rows,
        [
            ("aws-access-key-id", Some("AKIAQ7Z2LXW0VB5NTJKP"), Confidence::High),
            ("aws-secret-access-key", Some("AKIAQ7Z2LXW0VB5NTJKP"), Confidence::High),
        ]
    );
}

/// A repository with a token, its pack damaged in the middle; a configuration that would run a command.
#[test]
fn damage_is_a_gap_and_nothing_of_a_repository_is_executed() {
    let folder = tempfile::tempdir().unwrap();
    let work = folder.path().join("work");
    fs::create_dir(&work).unwrap();
    let git = |args: &[&str]| {
        let status = Command::new("git")
            .current_dir(&work)
            .args(args)
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("HOME", folder.path())
            .status();
        status.is_ok_and(|status| status.success())
    };
    if !git(&["init", "-q", "-b", "main"]) {
        println!("not run: git is not there");
        return;
    }
    write(&work, "a.txt", format!("key = {TOKEN}\n"));
    for n in 0..40u32 {
        let line = |i: u32| format!("{:08x}\n", (i + n * 977).wrapping_mul(2_654_435_761));
        let noise = (0..400u32).map(line).collect::<Vec<_>>().concat();
        write(&work, &format!("noise{n}.txt"), noise);
    }
    assert!(git(&["add", "-A"]));
    assert!(git(&["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "-m", "x"]));
    assert!(git(&["repack", "-q", "-a", "-d"]));
    let marker = folder.path().join("executed");
    let touch = format!("touch {}", marker.display());
    for key in ["diff.x.textconv", "core.fsmonitor", "core.sshCommand", "core.pager"] {
        assert!(git(&["config", key, &touch]));
    }
    write(&work, ".git/info/attributes", "* diff=x\n");
    write(&work, ".git/hooks/post-checkout", format!("#!/bin/sh\n{touch}\n"));
    let repo = RepoInput {
        git_dir: work.join(".git"),
        shown_as: "r".into(),
        project: None,
        slug: None,
        within: None,
    };
    let run = || {
        let mut sink = Collected::default();
        let options = Options { jobs: 2, ..Options::default() };
        scan_repositories(
            std::slice::from_ref(&repo),
            &options,
            &Fingerprinter::unkeyed(),
            &mut sink,
            &Silent,
        )
        .unwrap();
        sink
    };
    let whole = run();
    assert!(whole.gaps.iter().all(|gap| !gap.unread), "{:?}", whole.gaps);
    assert!(whole.secrets.iter().any(|s| s.rule == "github-token"));
    let pack = fs::read_dir(work.join(".git/objects/pack"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.extension().is_some_and(|e| e == "pack"))
        .unwrap();
    let mut bytes = fs::read(&pack).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 64].fill(0xA5);
    fs::set_permissions(&pack, std::os::unix::fs::PermissionsExt::from_mode(0o644)).unwrap();
    fs::write(&pack, bytes).unwrap();
    let damaged = run();
    assert!(damaged.gaps.iter().any(|gap| gap.unread), "{:?}", damaged.gaps);
    assert!(!marker.exists());
}

/// A repository in which nothing is found but an object is gone: it must not pass for clean.
#[test]
fn a_missing_object_is_named_although_nothing_was_found() {
    let folder = tempfile::tempdir().unwrap();
    let git = |args: &[&str]| {
        let output = Command::new("git")
            .current_dir(folder.path())
            .args(["-c", "user.name=a", "-c", "user.email=a@b"])
            .args(args)
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("HOME", folder.path())
            .output();
        output.ok().filter(|output| output.status.success()).map(|output| output.stdout)
    };
    if git(&["init", "-q", "-b", "main"]).is_none() {
        println!("not run: git is not there");
        return;
    }
    write(folder.path(), "a.txt", "nothing to see\n");
    git(&["add", "a.txt"]).unwrap();
    git(&["commit", "-q", "-m", "x"]).unwrap();
    let repo = RepoInput {
        git_dir: folder.path().join(".git"),
        shown_as: "r".into(),
        project: None,
        slug: None,
        within: None,
    };
    let run = || {
        let mut sink = Collected::default();
        let repos = std::slice::from_ref(&repo);
        scan_repositories(repos, &Options::default(), &Fingerprinter::unkeyed(), &mut sink, &Silent).unwrap();
        sink
    };
    assert!(run().gaps.iter().all(|gap| !gap.unread));
    let id = String::from_utf8(git(&["rev-parse", "HEAD:a.txt"]).unwrap()).unwrap();
    let (first, rest) = id.trim().split_at(2);
    fs::remove_file(folder.path().join(".git/objects").join(first).join(rest)).unwrap();
    let without = run();
    assert!(without.secrets.is_empty());
    assert!(without.gaps.iter().any(|gap| gap.unread), "{:?}", without.gaps);
}
