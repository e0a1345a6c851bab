//! What we decode is what git and libgit2 decode.

use std::fs;

use crate::{
    Kind, Limits, Problems, Store,
    rescan::hash,
    testing::{Noise, Objects, Repo, has_git, see},
};

fn git2_truth(repo: &Repo) -> Objects {
    let opened = git2::Repository::open(repo.path()).unwrap();
    let odb = opened.odb().unwrap();
    let mut objects = Objects::new();
    odb.foreach(|oid| {
        let object = odb.read(*oid).unwrap();
        let kind = Kind::from_name(object.kind().str().as_bytes()).unwrap();
        objects.insert(oid.to_string().parse().unwrap(), (kind, object.data().to_vec()));
        true
    })
    .unwrap();
    objects
}

/// Walks and reads one by one; both must be what git says.
fn same(repo: &Repo) -> crate::WalkReport {
    let mut problems = Problems::default();
    let store = Store::open(&repo.git_dir, None, &mut problems).unwrap();
    let (seen, report) = see(&store.dirs());
    let truth = repo.truth();
    assert_eq!(truth.len(), seen.len());
    assert!(seen == truth, "an object differs from what git prints");
    for (oid, (kind, data)) in &truth {
        assert_eq!(hash(*kind, data), *oid);
        let read = store.read(oid, &Limits::default()).unwrap();
        assert!(read == (*kind, data.clone()), "reading {oid} alone differs");
        assert!(store.contains(oid));
    }
    assert!(seen == git2_truth(repo), "an object differs from what libgit2 decodes");
    assert_eq!(problems.list(), []);
    assert_eq!(report.problems.list(), []);
    report
}

#[test]
fn loose_packed_and_doubled_objects_are_what_git_decodes() {
    if !has_git() {
        return;
    }
    let repo = Repo::new();
    repo.grow(40, 1);
    repo.write("binary", (0..100_000_u32).flat_map(u32::to_le_bytes).collect::<Vec<_>>());
    repo.write("empty", "");
    repo.commit("binary");
    repo.git(&["tag", "-a", "v1", "-m", "first"]);
    assert!(same(&repo).complete());

    repo.git(&["repack", "-q", "-a", "-d", "-f", "--depth=50"]);
    assert!(same(&repo).complete());

    repo.grow(20, 2);
    repo.git(&["repack", "-q", "-d"]);
    repo.grow(10, 3);
    // Loose objects stay beside the pack that now holds them too.
    repo.git(&["repack", "-q"]);
    repo.grow(5, 4);
    let report = same(&repo);
    assert!(report.copies > 0, "objects are both loose and packed");
}

#[test]
fn many_packs_with_shared_bases_are_visited_once() {
    if !has_git() {
        return;
    }
    let repo = Repo::new();
    for round in 0..12 {
        repo.grow(4, round);
        repo.git(&["repack", "-q", "-d"]);
    }
    // A pack of everything beside the twelve.
    repo.git_with(&["pack-objects", "-q", "--all", ".git/objects/pack/pack"], b"");
    let report = same(&repo);
    assert!(report.copies > 200);
}

#[test]
fn old_and_large_indexes_are_read() {
    if !has_git() {
        return;
    }
    for version in ["1", "2", "2,0x40"] {
        let repo = Repo::new();
        repo.grow(30, 7);
        repo.git(&["-c", &format!("pack.indexVersion={}", &version[..1]), "repack", "-q", "-a", "-d", "-f"]);
        let pack = pack_of(&repo);
        let index = pack.with_extension("idx");
        fs::remove_file(&index).unwrap();
        let wanted = format!("--index-version={version}");
        repo.git(&["index-pack", &wanted, "-o", index.to_str().unwrap(), pack.to_str().unwrap()]);
        assert!(same(&repo).complete());
    }
}

fn pack_of(repo: &Repo) -> std::path::PathBuf {
    let files = fs::read_dir(repo.git_dir.join("objects/pack")).unwrap();
    files.map(|file| file.unwrap().path()).find(|path| path.extension().is_some_and(|e| e == "pack")).unwrap()
}

#[test]
fn a_pack_without_index_is_read_from_start_to_end() {
    if !has_git() {
        return;
    }
    for no_offsets in [false, true] {
        let repo = Repo::new();
        repo.grow(30, 8);
        let setting = format!("repack.useDeltaBaseOffset={}", !no_offsets);
        repo.git(&["-c", &setting, "repack", "-q", "-a", "-d", "-f", "--depth=20"]);
        let truth = repo.truth();
        fs::remove_file(pack_of(&repo).with_extension("idx")).unwrap();
        let mut problems = Problems::default();
        let store = Store::open(&repo.git_dir, None, &mut problems).unwrap();
        let (seen, report) = see(&store.dirs());
        assert!(seen == truth);
        assert!(report.complete(), "{:?}", report.problems);
        assert_eq!(problems.list().len(), 1, "that the index is missing is said: {problems:?}");
        assert!(!problems.any_unread());
    }
}

#[test]
fn deltas_are_shown_against_the_object_visited_before() {
    if !has_git() {
        return;
    }
    let repo = Repo::new();
    repo.grow(30, 9);
    repo.git(&["repack", "-q", "-a", "-d", "-f"]);
    let store = Store::open(&repo.git_dir, None, &mut Problems::default()).unwrap();
    let keep = crate::testing::Keep::default();
    crate::walk(&store.dirs(), &keep, 1, &Limits::default(), &bbsec_core::Silent);
    assert!(keep.deltas.into_inner() > 30, "the pack has deltas, and they are handed over");
}

#[test]
fn large_objects_are_inflated_in_pieces() {
    if !has_git() {
        return;
    }
    let repo = Repo::new();
    let mut noise = Noise(5);
    let data: Vec<u8> = (0..1_500_000).flat_map(|_| noise.next().to_le_bytes()).collect();
    repo.write("large", &data);
    repo.commit("large");
    repo.write("large", [&data[..6_000_000], b"changed", &data[6_000_000..]].concat());
    repo.commit("changed");
    repo.git(&["repack", "-q", "-a", "-d", "-f"]);
    assert!(same(&repo).complete());
}

#[test]
fn what_does_not_hash_to_its_name_is_said() {
    if !has_git() {
        return;
    }
    let repo = Repo::new();
    repo.write("a", "one");
    repo.write("b", "two");
    repo.commit("a");
    let path = |rev: &str| {
        let hex = repo.oid(rev).to_string();
        repo.git_dir.join("objects").join(&hex[..2]).join(&hex[2..])
    };
    let (one, two) = (path("HEAD:a"), path("HEAD:b"));
    fs::remove_file(&one).unwrap();
    fs::copy(two, &one).unwrap();
    let store = Store::open(&repo.git_dir, None, &mut Problems::default()).unwrap();
    let (_, report) = see(&store.dirs());
    let said: Vec<_> = report.problems.list().iter().map(|problem| (&problem.kind, problem.oid)).collect();
    assert_eq!(said, [(&crate::ProblemKind::HashMismatch, Some(repo.oid("HEAD:a")))]);
}

#[test]
fn whoever_asks_to_stop_keeps_what_was_found_and_learns_what_was_not_read() {
    struct Impatient(std::sync::atomic::AtomicU64);
    impl bbsec_core::Progress for Impatient {
        fn task(&self, _: &str, _: bbsec_core::Unit, _: Option<u64>) -> Box<dyn bbsec_core::Task> {
            Box::new(bbsec_core::Silent)
        }
        fn say(&self, _: &str) {}
        fn cancelled(&self) -> bool {
            self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed) > 20
        }
    }
    if !has_git() {
        return;
    }
    let repo = Repo::new();
    repo.grow(30, 6);
    repo.git(&["repack", "-q", "-a", "-d", "-f"]);
    let store = Store::open(&repo.git_dir, None, &mut Problems::default()).unwrap();
    let keep = crate::testing::Keep::default();
    let report = crate::walk(&store.dirs(), &keep, 1, &Limits::default(), &Impatient(0.into()));
    let (seen, all) = (keep.seen.into_inner().unwrap().len() as u64, repo.truth().len() as u64);
    assert!(report.stopped && !report.complete());
    assert!(seen > 0 && seen < all, "{seen} of {all}");
    assert_eq!(seen + report.unreadable.total(), all);
}
