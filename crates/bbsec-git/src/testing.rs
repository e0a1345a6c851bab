//! Repositories for tests, made by the real git.

use std::{
    collections::BTreeMap,
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

use bbsec_core::Silent;
use tempfile::TempDir;

use crate::{DeltaOp, Kind, Limits, ObjectDir, ObjectView, Oid, Visitor, WalkReport, walk};

/// Whether git is installed; says so when it is not.
pub(crate) fn has_git() -> bool {
    let found = Command::new("git").arg("--version").stdout(Stdio::null()).status().is_ok();
    if !found {
        println!("not run: git is not installed");
    }
    found
}

/// A repository in a folder that goes away with it.
pub(crate) struct Repo {
    pub(crate) home: TempDir,
    pub(crate) git_dir: PathBuf,
    clock: AtomicU64,
}

impl Repo {
    /// A repository with a work tree.
    pub(crate) fn new() -> Self {
        let home = TempDir::new().unwrap();
        let git_dir = home.path().join(".git");
        let repo = Self { home, git_dir, clock: AtomicU64::new(1_700_000_000) };
        repo.git(&["init", "-q", "-b", "main", "."]);
        repo
    }

    pub(crate) fn path(&self) -> &Path {
        self.home.path()
    }

    /// Runs git and returns what it prints.
    pub(crate) fn git(&self, args: &[&str]) -> String {
        String::from_utf8_lossy(&self.git_with(args, b"")).trim_end().to_owned()
    }

    /// Runs git with an input.
    pub(crate) fn git_with(&self, args: &[&str], input: &[u8]) -> Vec<u8> {
        run(self.path(), self.clock.fetch_add(60, Ordering::Relaxed), args, input)
    }

    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Commits everything in the work tree.
    pub(crate) fn commit(&self, message: &str) -> Oid {
        self.git(&["add", "-A", "-f"]);
        self.git(&["commit", "-q", "--allow-empty", "-m", message]);
        self.oid("HEAD")
    }

    pub(crate) fn oid(&self, rev: &str) -> Oid {
        self.git(&["rev-parse", rev]).parse().unwrap()
    }

    /// What git says that is in the repository.
    pub(crate) fn truth(&self) -> Objects {
        truth(&self.git_dir)
    }

    /// Writes a file line by line over many commits, so that packs hold chains of deltas.
    pub(crate) fn grow(&self, commits: usize, seed: u64) {
        let mut noise = Noise(seed);
        let mut lines: Vec<String> = (0..200).map(|_| noise.line()).collect();
        for n in 0..commits {
            let at = noise.below(lines.len());
            match noise.below(3) {
                0 => lines.insert(at, noise.line()),
                1 => drop(lines.remove(at)),
                _ => lines[at] = noise.line(),
            }
            self.write("src/deep/main.txt", lines.join("\n"));
            self.write(&format!("docs/{}.txt", n % 5), noise.line());
            self.commit(&format!("change {n}"));
        }
    }
}

pub(crate) fn run(dir: &Path, seconds: u64, args: &[&str], input: &[u8]) -> Vec<u8> {
    let date = format!("{seconds} +0000");
    let mut child = Command::new("git")
        .current_dir(dir)
        .args(["-c", "protocol.file.allow=always", "-c", "gc.auto=0", "-c", "maintenance.auto=false"])
        .args(args)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_SYSTEM", "/dev/null")
        .env("GIT_AUTHOR_NAME", "Ann Author")
        .env("GIT_AUTHOR_EMAIL", "ann@example.org")
        .env("GIT_AUTHOR_DATE", &date)
        .env("GIT_COMMITTER_NAME", "Carl Committer")
        .env("GIT_COMMITTER_EMAIL", "carl@example.org")
        .env("GIT_COMMITTER_DATE", &date)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let output = std::thread::scope(|scope| {
        scope.spawn(move || drop(stdin.write_all(input)));
        child.wait_with_output().unwrap()
    });
    assert!(output.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// Objects by name.
pub(crate) type Objects = BTreeMap<Oid, (Kind, Vec<u8>)>;

/// Every object as `git cat-file` prints it.
pub(crate) fn truth(git_dir: &Path) -> Objects {
    let args =
        ["--git-dir", git_dir.to_str().unwrap(), "cat-file", "--batch", "--batch-all-objects", "--buffer"];
    let out = run(git_dir, 0, &args, b"");
    let mut objects = Objects::new();
    let mut at = 0;
    while at < out.len() {
        let end = at + memchr::memchr(b'\n', &out[at..]).unwrap();
        let line: Vec<&str> = std::str::from_utf8(&out[at..end]).unwrap().split(' ').collect();
        let size: usize = line[2].parse().unwrap();
        let data = out[end + 1..end + 1 + size].to_vec();
        objects.insert(line[0].parse().unwrap(), (Kind::from_name(line[1].as_bytes()).unwrap(), data));
        at = end + 1 + size + 1;
    }
    objects
}

/// Keeps everything that it is shown, and checks each delta against its base.
#[derive(Default)]
pub(crate) struct Keep {
    pub(crate) seen: Mutex<Vec<(Oid, Kind, Vec<u8>)>>,
    pub(crate) deltas: AtomicU64,
}

impl Visitor for Keep {
    type State = Vec<u8>;

    fn wants(&self, _: Kind) -> bool {
        true
    }

    fn visit(&self, _: usize, object: &ObjectView<'_>, parent: Option<&Vec<u8>>) -> Vec<u8> {
        if let Some(ops) = object.delta {
            self.deltas.fetch_add(1, Ordering::Relaxed);
            let base = parent.unwrap();
            let mut end = 0;
            for op in ops {
                let (DeltaOp::Copy { to, len, .. } | DeltaOp::Insert { to, len }) = *op;
                assert_eq!(to, end, "stretches follow each other");
                end = to + len;
                if let DeltaOp::Copy { from, .. } = *op {
                    assert_eq!(
                        base[from as usize..(from + len) as usize],
                        object.data[to as usize..end as usize],
                        "a copy is what stands in the base"
                    );
                }
            }
            assert_eq!(end as usize, object.data.len());
        }
        self.seen.lock().unwrap().push((object.oid, object.kind, object.data.to_vec()));
        object.data.to_vec()
    }
}

/// Walks with two threads and returns what was seen; nothing may be seen twice.
pub(crate) fn see(dirs: &[&ObjectDir]) -> (Objects, WalkReport) {
    let keep = Keep::default();
    let report = walk(dirs, &keep, 2, &Limits::default(), &Silent);
    let seen = keep.seen.into_inner().unwrap();
    let count = seen.len();
    let objects: Objects = seen.into_iter().map(|(oid, kind, data)| (oid, (kind, data))).collect();
    assert_eq!(objects.len(), count, "an object was visited twice");
    assert_eq!(report.read.total(), count as u64);
    let listed: u64 = dirs.iter().map(|dir| dir.objects()).sum();
    assert_eq!(
        report.read.total() + report.unreadable.total() + report.unwanted + report.copies,
        listed,
        "every object that is listed is counted once"
    );
    (objects, report)
}

/// Numbers that look random and are the same each time.
pub(crate) struct Noise(pub(crate) u64);

impl Noise {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, n: usize) -> usize {
        (self.next() % n.max(1) as u64) as usize
    }

    pub(crate) fn line(&mut self) -> String {
        format!("{:016x} {:016x} {:016x}", self.next(), self.next(), self.next())
    }
}

/// Copies a folder, so that the copy can be damaged.
pub(crate) fn copy_tree(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_tree(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), &target).unwrap();
            let mut permissions = fs::metadata(&target).unwrap().permissions();
            #[allow(clippy::permissions_set_readonly_false, reason = "a copy in a temporary folder")]
            permissions.set_readonly(false);
            fs::set_permissions(&target, permissions).unwrap();
        }
    }
}
