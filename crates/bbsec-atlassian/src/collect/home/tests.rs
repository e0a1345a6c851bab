use std::{cell::RefCell, collections::BTreeMap, fs, io::Read, os::unix::fs::symlink};

use bbsec_core::{CaseStore, Change, ChangeLog, ChangeResult, Fingerprinter, Progress, Scope, Silent};

use super::*;
use crate::home::tests::write;

/// A case whose evidence is a folder; what `bbsec-case` adds (journal, bag) is tested there.
struct Folder {
    root: PathBuf,
    items: Vec<EvidenceItem>,
    scope: Scope,
}

impl Folder {
    fn new(root: &Path) -> Self {
        Self { root: root.into(), items: Vec::new(), scope: Scope::default() }
    }

    fn add(
        &mut self,
        path: &str,
        provenance: Provenance,
        bytes: &[u8],
        in_place: Option<PathBuf>,
    ) -> EvidenceItem {
        let file = self.root.join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        assert!(!file.exists(), "{path} is written twice");
        fs::write(file, bytes).unwrap();
        let item = EvidenceItem {
            path: path.into(),
            size: bytes.len() as u64,
            sha256: sha256(&mut &*bytes).unwrap(),
            provenance,
            acquired: bbsec_core::Time::default(),
            by: String::new(),
            tool: String::new(),
            in_place,
        };
        self.items.push(item.clone());
        item
    }
}

impl CaseStore for Folder {
    fn root(&self) -> &Path {
        &self.root
    }
    fn id(&self) -> &'static str {
        "case"
    }
    fn scope(&self) -> &Scope {
        &self.scope
    }
    fn fingerprinter(&self) -> Fingerprinter {
        Fingerprinter::unkeyed()
    }
    fn evidence(&self) -> Result<Vec<EvidenceItem>, Failure> {
        Ok(self.items.clone())
    }
    fn evidence_path(&self, item: &EvidenceItem) -> PathBuf {
        self.root.join(&item.path)
    }
    fn put(&mut self, path: &str, from: Provenance, bytes: &mut dyn Read) -> Result<EvidenceItem, Failure> {
        let mut all = Vec::new();
        bytes.read_to_end(&mut all).unwrap();
        Ok(self.add(path, from, &all, None))
    }
    fn register(
        &mut self,
        name: &str,
        from: Provenance,
        folder: &Path,
        _: &dyn Progress,
    ) -> Result<EvidenceItem, Failure> {
        Ok(self.add(&format!("registered/{name}.sha256"), from, b"", Some(folder.into())))
    }
}

#[derive(Default)]
struct NoChanges(RefCell<u64>);

impl ChangeLog for NoChanges {
    fn intent(&mut self, _: &Change) -> Result<u64, Failure> {
        *self.0.borrow_mut() += 1;
        Ok(0)
    }
    fn outcome(&mut self, _: u64, _: &ChangeResult) -> Result<(), Failure> {
        Ok(())
    }
    fn past(&self) -> Result<Vec<(u64, Change, Option<ChangeResult>)>, Failure> {
        Ok(Vec::new())
    }
    fn note(&mut self, _: &str, _: serde_json::Value) -> Result<(), Failure> {
        Ok(())
    }
    fn last_note(&self, _: &str) -> Result<Option<serde_json::Value>, Failure> {
        Ok(None)
    }
}

fn apply(
    case: &mut Folder,
    input: &CollectHomeInput,
) -> (Result<CollectHomeOutput, Failure>, Vec<Gap>, bool) {
    let mut changes = NoChanges::default();
    let mut gaps = Vec::new();
    let mut context =
        Context { case, changes: &mut changes, progress: &Silent, gaps: &mut gaps, run: "r", step: "s" };
    let output = CollectHome.apply(input, &mut context);
    let holds = output.as_ref().is_ok_and(|out| CollectHome.verify(input, out, &mut context).unwrap().holds);
    assert_eq!(*changes.0.borrow(), 0, "collecting changes nothing");
    (output, gaps, holds)
}

fn home() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    write(
        dir.path(),
        &[
            ("log/atlassian-bitbucket-access.log", "line\n"),
            ("log/atlassian-bitbucket-access-2026-11-19.0.log.gz", "gz"),
            ("log/audit/20261119.00000.audit.log", "{}\n"),
            ("shared/bitbucket.properties", "jdbc.password=x\n"),
            ("shared/config/ssh-server-keys.pem", "key"),
            ("shared/plugins/installed-plugins/a.jar", "jar"),
            ("shared/data/repositories/1/HEAD", "ref"),
            ("shared/data/repositories/1/repository-config", "[bitbucket]\nproject=A\nrepository=b\n"),
            ("shared/data/attachments/1/x.png", "png"),
            ("tmp/plugin_644_shell.jar", "shell"),
            ("tmp/other.tmp", "x"),
            ("caches/idx/1", "x"),
            ("bin/odd%name\\\u{7}.sh", "x"),
        ],
    );
    symlink("/etc", dir.path().join("lib")).unwrap();
    dir
}

fn input(dir: &Path) -> CollectHomeInput {
    CollectHomeInput { home: dir.into(), node: "node".into(), ..CollectHomeInput::default() }
}

#[test]
fn copies_what_tells_and_registers_what_is_large() {
    let (dir, bag) = (home(), tempfile::tempdir().unwrap());
    let mut case = Folder::new(bag.path());
    let (output, gaps, holds) = apply(&mut case, &input(dir.path()));
    let output = output.unwrap();
    assert!(holds);
    let paths: Vec<_> = case.items.iter().map(|item| item.path.as_str()).collect();
    assert_eq!(
        paths[..3],
        [
            "home/node/log/audit/20261119.00000.audit.log",
            "home/node/log/atlassian-bitbucket-access-2026-11-19.0.log.gz",
            "home/node/log/atlassian-bitbucket-access.log",
        ],
        "logs first"
    );
    for wanted in [
        "home/node/shared/bitbucket.properties",
        "home/node/shared/config/ssh-server-keys.pem",
        "home/node/shared/plugins/installed-plugins/a.jar",
        "home/node/tmp/plugin_644_shell.jar",
    ] {
        assert!(paths.contains(&wanted), "{wanted} in {paths:?}");
    }
    assert!(paths.iter().any(|path| path.starts_with("home/node/bin/odd_name__.sh~")));
    assert_eq!(output.files, 8);
    let registered: Vec<_> = output.registered.iter().map(|path| shown(path)).collect();
    assert_eq!(registered, ["shared/data/attachments", "shared/data/repositories"]);
    let named: BTreeMap<_, _> = gaps.iter().map(|gap| (gap.subject.as_str(), gap.unread)).collect();
    assert_eq!(named.into_iter().collect::<Vec<_>>(), [("caches", false), ("lib", false), ("tmp", false)]);
}

#[test]
fn a_second_run_copies_nothing_twice_and_keeps_what_changed_beside_it() {
    let (dir, bag) = (home(), tempfile::tempdir().unwrap());
    let mut case = Folder::new(bag.path());
    apply(&mut case, &input(dir.path())).0.unwrap();
    let first = case.items.len();
    fs::write(dir.path().join("log/atlassian-bitbucket-access.log"), "line\nmore\n").unwrap();
    let (output, _, holds) = apply(&mut case, &input(dir.path()));
    let output = output.unwrap();
    assert!(holds);
    assert_eq!((output.files, output.already, case.items.len()), (1, 7, first + 1));
    assert_eq!(case.items.last().unwrap().path, "home/node/log/atlassian-bitbucket-access.log.later-2");
}

#[test]
fn repositories_are_copied_when_asked() {
    let (dir, bag) = (home(), tempfile::tempdir().unwrap());
    let mut case = Folder::new(bag.path());
    let asked = CollectHomeInput { copy_repositories: true, ..input(dir.path()) };
    let (output, _, holds) = apply(&mut case, &asked);
    assert!(holds && output.unwrap().registered.is_empty());
    assert!(bag.path().join("home/node/shared/data/repositories/1/HEAD").exists());
}

#[test]
fn a_file_that_grows_is_kept_up_to_where_it_was_and_named() {
    let dir = home();
    let tree = crate::home::Tree::new(dir.path()).unwrap();
    let path = Path::new("log/atlassian-bitbucket-access.log");
    let mut source = Stable::open(&tree, path, None).unwrap();
    fs::write(dir.path().join(path), "line\nmore\n").unwrap();
    let mut copied = Vec::new();
    source.read_to_end(&mut copied).unwrap();
    assert_eq!(copied, b"line\n");
    assert!(source.gap().unwrap().why.starts_with("it grew while it was read: the first 5 bytes"));

    let mut source = Stable::open(&tree, path, None).unwrap();
    fs::write(dir.path().join(path), "").unwrap();
    source.read_to_end(&mut copied).unwrap();
    assert!(source.gap().unwrap().why.starts_with("it shrank"));
    fs::remove_file(dir.path().join(path)).unwrap();
    assert!(Stable::open(&tree, path, None).is_err_and(|error| error.missing()));
}

#[test]
fn the_name_of_a_node_cannot_leave_its_folder() {
    let (dir, bag) = (home(), tempfile::tempdir().unwrap());
    let bad = CollectHomeInput { node: "../x".into(), ..input(dir.path()) };
    let (output, ..) = apply(&mut Folder::new(bag.path()), &bad);
    assert_eq!(output.unwrap_err().exit, Exit::Usage);
}
