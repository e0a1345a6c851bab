//! The 44 places in which a credential can stand in a repository as a server holds it: each is found.
//!
//! Every place holds a token of its own with a fitting checksum; a place counts when its token is reported.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::too_many_lines,
    clippy::case_sensitive_file_extension_comparisons,
    reason = "helpers of tests may fail loudly"
)]

use std::{
    collections::BTreeMap,
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bbsec_core::{Collected, ExposedSecret, Fingerprinter, Silent};
use bbsec_secrets::{Options, RepoInput, scan_repositories};

struct Tokens {
    made: BTreeMap<String, String>,
}

impl Tokens {
    /// A token with a fitting checksum, different for every name.
    fn of(&mut self, place: &str) -> String {
        const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
        let mut state = 0x9E37_79B9_7F4A_7C15u64;
        for byte in place.bytes() {
            state = (state ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3).rotate_left(17);
        }
        let mut body = String::new();
        for _ in 0..30 {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            body.push(char::from(BASE62[(state >> 33) as usize % 62]));
        }
        let mut crc = crc32fast::hash(body.as_bytes());
        let mut digits = [b'0'; 6];
        for digit in digits.iter_mut().rev() {
            *digit = BASE62[(crc % 62) as usize];
            crc /= 62;
        }
        let token = format!("ghp_{body}{}", std::str::from_utf8(&digits).unwrap());
        assert!(self.made.insert(place.to_owned(), token.clone()).is_none(), "{place} twice");
        token
    }
}

struct Work {
    dir: PathBuf,
    tokens: Tokens,
}

impl Work {
    fn git(&self, args: &[&str]) -> String {
        self.git_in(&self.dir, args, b"")
    }

    fn git_in(&self, dir: &Path, args: &[&str], input: &[u8]) -> String {
        let mut child = Command::new("git")
            .current_dir(dir)
            .args(args)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap())
            .env("HOME", &self.dir)
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_AUTHOR_NAME", "A")
            .env("GIT_AUTHOR_EMAIL", "a@example.com")
            .env("GIT_COMMITTER_NAME", "C")
            .env("GIT_COMMITTER_EMAIL", "c@example.com")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(input).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "git {args:?}");
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    fn write(&self, path: &str, content: impl AsRef<[u8]>) {
        let path = self.dir.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    fn commit(&self, message: &str) {
        self.git(&["add", "-A", "-f"]);
        self.git(&["commit", "-q", "-m", message, "--allow-empty"]);
    }

    fn line(&mut self, place: &str) -> String {
        format!("token = \"{}\"\n", self.tokens.of(place))
    }
}

fn zip(name: &str, content: &[u8]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let stored =
        zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated);
    writer.start_file(name, stored).unwrap();
    writer.write_all(content).unwrap();
    writer.finish().unwrap().into_inner()
}

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    writer.write_all(content).unwrap();
    writer.finish().unwrap()
}

fn tar(name: &str, content: &[u8]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_ustar();
    header.set_size(content.len() as u64);
    header.set_mode(0o644);
    header.set_cksum();
    builder.append_data(&mut header, name, content).unwrap();
    builder.into_inner().unwrap()
}

/// Files of the history: name of the place, path, content made from a line with the token.
fn encoded(work: &mut Work) {
    let utf16 = |text: &str, little: bool| -> Vec<u8> {
        let units = std::iter::once(0xfeff).chain(text.encode_utf16());
        units.flat_map(|u: u16| if little { u.to_le_bytes() } else { u.to_be_bytes() }).collect()
    };
    let line = work.line("UTF-16LE with BOM");
    work.write("utf16le.txt", utf16(&line, true));
    let line = work.line("UTF-16BE with BOM");
    work.write("utf16be.txt", utf16(&line, false));
    let line = work.line("base64 of line");
    work.write("b64.txt", format!("data: {}\n", STANDARD.encode(line)));
    let token = work.tokens.of("base64 k8s secret");
    work.write("k8s.yaml", format!("kind: Secret\ndata:\n  token: {}\n", STANDARD.encode(token)));
    let line = work.line("base64 twice");
    work.write("b64b64.txt", format!("{}\n", STANDARD.encode(STANDARD.encode(line))));
    let line = work.line("hex encoded");
    work.write("hex.txt", format!("{}\n", bbsec_core::hex::encode(line)));
    let line = work.line("percent encoded");
    let escaped: Vec<String> = line.bytes().map(|b| format!("%{b:02X}")).collect();
    work.write("percent.txt", escaped.concat());
    let line = work.line("\\uXXXX escaped");
    let escaped: Vec<String> = line.trim().bytes().map(|b| format!("\\u{b:04x}")).collect();
    work.write("unicode.json", escaped.concat());
    let line = work.line("zip (in history)");
    work.write("a.zip", zip("inner.txt", line.as_bytes()));
    let line = work.line("jar (in history)");
    work.write("a.jar", zip("META-INF/app.properties", line.as_bytes()));
    let line = work.line("zip in zip");
    work.write("b.zip", zip("c.zip", &zip("inner.txt", line.as_bytes())));
    let line = work.line("gzip");
    work.write("a.txt.gz", gzip(line.as_bytes()));
    let line = work.line("tar.gz");
    work.write("a.tar.gz", gzip(&tar("dir/inner.txt", line.as_bytes())));
    let token = work.tokens.of("binary blob (NULs around)");
    work.write("a.bin", [&[0u8, 1, 2, 0][..], token.as_bytes(), &[0, 0, 255, 7]].concat());
    let token = work.tokens.of("binary, length-prefixed string");
    work.write("b.bin", [&[9u8, 0, 0, 40][..], token.as_bytes(), &[5], b"hello"].concat());
    let token = work.tokens.of("one 320 KB line");
    work.write(
        "long.txt",
        format!("{}{token}{}", "lorem ipsum ".repeat(13_000), " dolor sit".repeat(16_000)),
    );
    let token = work.tokens.of("latin-1 file");
    work.write("latin1.txt", [b"Schl\xfcssel = ".as_slice(), token.as_bytes(), b" # gr\xfc\xdfe\n"].concat());
    for (place, path) in [
        ("at HEAD", "config.ini"),
        ("node_modules path", "node_modules/x/index.js"),
        ("lock file", "package-lock.json"),
        ("png named text", "logo.png"),
        ("svg file", "logo.svg"),
    ] {
        let line = work.line(place);
        work.write(path, line);
    }
    let line = work.line("gitleaks:allow comment");
    work.write("allowed.py", format!("{} # gitleaks:allow\n", line.trim_end()));
    let token = work.tokens.of("file name");
    work.write(&format!("dump-{token}.txt"), "nothing\n");
    let token = work.tokens.of("symlink target");
    std::os::unix::fs::symlink(format!("/srv/{token}/x"), work.dir.join("link")).unwrap();
    work.commit("encoded");
}

fn history(work: &mut Work) {
    let line = work.line("deleted file, history only");
    work.write("gone.txt", line);
    let line = work.line("added then removed line");
    work.write("edited.txt", format!("one\n{line}three\n"));
    work.commit("add");
    fs::remove_file(work.dir.join("gone.txt")).unwrap();
    work.write("edited.txt", "one\nthree\n");
    work.commit("remove");
    let token = work.tokens.of("commit message");
    work.commit(&format!("deploy with {token}"));
    let token = work.tokens.of("author name");
    work.git(&[
        "commit",
        "-q",
        "--allow-empty",
        "-m",
        "who",
        "--author",
        &format!("{token} <x@example.com>"),
    ]);
    let token = work.tokens.of("annotated tag message");
    work.git(&["tag", "-a", "v1", "-m", &format!("release {token}")]);
    let token = work.tokens.of("git note");
    work.git(&["notes", "add", "-m", &format!("note {token}")]);
    let line = work.line("blob only reachable from a tag ref");
    let blob = work.git_in(&work.dir, &["hash-object", "-w", "--stdin"], line.as_bytes());
    work.git(&["update-ref", "refs/tags/blob", &blob]);
    // A merge that brings in what neither side has.
    work.git(&["checkout", "-q", "-b", "side"]);
    work.write("side.txt", "side\n");
    work.commit("side");
    work.git(&["checkout", "-q", "main"]);
    work.write("main.txt", "main\n");
    work.commit("main");
    work.git(&["merge", "-q", "--no-commit", "--no-ff", "side"]);
    let line = work.line("evil merge (only in merge commit)");
    work.write("evil.txt", line);
    work.git(&["add", "-A"]);
    work.git(&["commit", "-q", "-m", "merge"]);
}

fn names(work: &mut Work) {
    let on_ref = |work: &mut Work, place: &str, name: &str| {
        let line = work.line(place);
        work.write("pr.txt", line);
        work.commit("pr");
        work.git(&["update-ref", name, "HEAD"]);
        work.git(&["reset", "-q", "--hard", "HEAD~1"]);
    };
    on_ref(work, "refs/pull-requests/1/from only", "refs/pull-requests/1/from");
    on_ref(work, "refs/stash-refs (odd ref namespace)", "refs/stash-refs/1");
    let line = work.line("reflog only (reset --hard)");
    work.write("reset.txt", line);
    work.commit("reset");
    work.git(&["reset", "-q", "--hard", "HEAD~1"]);
    for place in ["stash@{1}", "stash (latest)"] {
        let line = work.line(place);
        work.write("config.ini", line);
        work.git(&["stash", "-q"]);
    }
    let line = work.line("stash -u untracked (3rd parent)");
    work.write("untracked.txt", line);
    work.git(&["stash", "-q", "-u"]);
    let line = work.line("dangling commit (no ref, no reflog)");
    let blob = work.git_in(&work.dir, &["hash-object", "-w", "--stdin"], line.as_bytes());
    let tree = work.git_in(&work.dir, &["mktree"], format!("100644 blob {blob}\tdangling.txt\n").as_bytes());
    work.git(&["commit-tree", &tree, "-m", "dangling"]);
    let line = work.line("dangling blob (loose)");
    work.git_in(&work.dir, &["hash-object", "-w", "--stdin"], line.as_bytes());
    work.git(&["repack", "-q", "-a", "-d"]);
    let line = work.line("staged only (index)");
    work.write("staged.txt", line);
    work.git(&["add", "staged.txt"]);
    let token = work.tokens.of(".git/config URL");
    work.git(&["config", "remote.x.url", &format!("https://u:{token}@example.com/x.git")]);
    let token = work.tokens.of(".git/hooks");
    work.write(".git/hooks/post-receive", format!("#!/bin/sh\ncurl -H 'Authorization: token {token}' x\n"));
}

fn build() -> Option<(tempfile::TempDir, PathBuf, BTreeMap<String, String>)> {
    if Command::new("git").arg("--version").output().is_err() {
        println!("not run: git is not there");
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("work");
    fs::create_dir(&dir).unwrap();
    let mut work = Work { dir, tokens: Tokens { made: BTreeMap::new() } };
    work.git(&["init", "-q", "-b", "main"]);
    work.commit("first");
    encoded(&mut work);
    history(&mut work);
    names(&mut work);
    // As a server holds it: only what is inside of `.git`.
    let bare = folder.path().join("repo.git");
    fs::rename(work.dir.join(".git"), &bare).unwrap();
    fs::remove_dir_all(&work.dir).unwrap();
    Some((folder, bare, work.tokens.made))
}

fn scan(bare: &Path) -> Collected {
    let repo = RepoInput {
        git_dir: bare.to_owned(),
        shown_as: "repo.git".into(),
        project: Some("APP".into()),
        slug: Some("repo".into()),
        within: None,
    };
    let options = Options { reveal: true, jobs: 2, ..Options::default() };
    let mut sink = Collected::default();
    scan_repositories(&[repo], &options, &Fingerprinter::unkeyed(), &mut sink, &Silent).unwrap();
    sink
}

#[test]
fn a_credential_is_found_in_each_of_the_44_places() {
    let Some((_folder, bare, tokens)) = build() else { return };
    assert_eq!(tokens.len(), 44);
    let sink = scan(&bare);
    let find = |token: &str| sink.secrets.iter().find(|secret| secret.secret == *token);
    let missed: Vec<&String> =
        tokens.iter().filter(|(_, token)| find(token).is_none()).map(|(place, _)| place).collect();
    println!("{} of 44 places", 44 - missed.len());
    assert!(missed.is_empty(), "not found: {missed:?}\ngaps: {:?}", sink.gaps);
    assert!(sink.gaps.iter().all(|gap| !gap.unread), "{:?}", sink.gaps);
    let at = |place: &str| -> &ExposedSecret { find(&tokens[place]).unwrap() };
    check_attribution(&at);
}

fn check_attribution<'a>(at: &dyn Fn(&str) -> &'a ExposedSecret) {
    let head = at("at HEAD");
    assert_eq!((head.path.as_deref(), head.line, head.column), (Some("config.ini"), Some(1), Some(10)));
    assert!(head.at_head && head.commit.is_some() && head.author.as_deref() == Some("A"));
    assert_eq!(head.rule, "github-token");
    assert!(head.notes.iter().any(|note| note.contains("checksum inside fits")));
    let gone = at("deleted file, history only");
    assert!(!gone.at_head && gone.reachable.iter().any(|reach| reach.kind == "branch"), "{gone:?}");
    let pull = at("refs/pull-requests/1/from only");
    assert_eq!(
        pull.reachable
            .iter()
            .filter(|reach| reach.kind != "reflog")
            .map(|r| r.kind.as_str())
            .collect::<Vec<_>>(),
        ["pull-request"]
    );
    let dangling = at("dangling commit (no ref, no reflog)");
    assert!(dangling.reachable.is_empty() && dangling.commit.is_some(), "{dangling:?}");
    let blob = at("dangling blob (loose)");
    assert!(blob.reachable.is_empty() && blob.commit.is_none());
    let reflog = at("reflog only (reset --hard)");
    assert!(reflog.reachable.iter().all(|reach| reach.kind == "reflog") && !reflog.reachable.is_empty());
    assert_eq!(at("staged only (index)").object.kind, "index");
    assert_eq!(at("annotated tag message").object.kind, "tag");
    assert_eq!(at("file name").object.kind, "tree");
    assert_eq!(at(".git/config URL").object.kind, "config");
    assert_eq!(at("git note").reachable[0].kind, "note");
    assert!(at("gitleaks:allow comment").notes.iter().any(|note| note.contains("gitleaks:allow")));
    let author = at("author name");
    assert_eq!(author.commit.as_deref(), Some(author.object.id.as_str()));
}
