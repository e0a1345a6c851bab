//! Damaged and hostile packs: nothing panics, nothing is silently left out, every object is counted.

use std::{
    fs,
    path::{Path, PathBuf},
};

use bbsec_core::Silent;
use flate2::{Compression, write::ZlibEncoder};
use sha1::{Digest, Sha1};

use crate::{
    Damage, Kind, Limits, Oid, ProblemKind, Problems, Store, WalkReport, reflogs, refs,
    rescan::hash,
    testing::{Keep, Noise, Objects, Repo, copy_tree, has_git, see, truth},
    walk,
};

/// Files of a repository that may be damaged, and their size.
fn files(dir: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { all.extend(files(&path)) } else { all.push(path) }
    }
    all.sort();
    all
}

/// What is read is true or something is said; what is not read is said.
fn honest(git_dir: &Path, truth: &Objects, what: &str) {
    let mut problems = Problems::default();
    refs(git_dir, None, &mut problems);
    reflogs(git_dir, None, &mut problems);
    let mut problems = Problems::default();
    let Ok(store) = Store::open(git_dir, None, &mut problems) else { return };
    let (seen, report) = see(&store.dirs());
    let said = problems.total() + report.problems.total();
    for (oid, object) in &seen {
        if truth.get(oid) != Some(object) {
            assert!(said > 0, "{what}: {oid} is read as something else, and nothing is said");
        }
    }
    let missing = truth.keys().filter(|oid| !seen.contains_key(oid)).count();
    assert!(
        missing == 0 || problems.any_unread() || !report.complete(),
        "{what}: {missing} objects are missing, and nothing is said"
    );
}

#[test]
fn bytes_changed_anywhere_are_noticed_and_never_panic() {
    if !has_git() {
        return;
    }
    let repo = Repo::new();
    repo.grow(25, 31);
    repo.git(&["repack", "-q", "-a", "-d", "-f"]);
    repo.grow(3, 32);
    repo.git(&["repack", "-q"]);
    repo.grow(2, 33);
    repo.git(&["pack-refs"]);
    let truth = repo.truth();
    let copy = repo.path().join("copy");
    copy_tree(&repo.git_dir, &copy);
    let targets: Vec<PathBuf> = files(&copy)
        .into_iter()
        .filter(|path| !path.to_string_lossy().contains("hooks") && fs::metadata(path).unwrap().len() > 0)
        .collect();
    let packs: Vec<PathBuf> = targets
        .iter()
        .filter(|path| path.extension().is_some_and(|e| e == "pack" || e == "idx"))
        .cloned()
        .collect();
    let mut noise = Noise(99);
    for round in 0..400 {
        let pool = if round % 4 == 0 { &targets } else { &packs };
        let path = &pool[noise.below(pool.len())];
        let whole = fs::read(path).unwrap();
        let mut bytes = whole.clone();
        let what = match noise.below(8) {
            0 => {
                bytes.truncate(noise.below(bytes.len()));
                "cut off"
            }
            1 => {
                let (at, len) = (noise.below(bytes.len()), noise.below(64));
                let end = (at + len).min(bytes.len());
                bytes[at..end].fill(0);
                "zeroed"
            }
            _ => {
                for _ in 0..=noise.below(3) {
                    let at = noise.below(bytes.len());
                    bytes[at] ^= 1 << noise.below(8);
                }
                "bits flipped"
            }
        };
        fs::write(path, &bytes).unwrap();
        honest(&copy, &truth, &format!("round {round}, {} {what}", path.display()));
        fs::write(path, &whole).unwrap();
    }
    honest(&copy, &truth, "undamaged");
}

#[test]
fn an_object_damaged_in_one_pack_is_read_from_another() {
    if !has_git() {
        return;
    }
    let repo = Repo::new();
    repo.grow(20, 41);
    repo.git(&["repack", "-q", "-a", "-d", "-f"]);
    let copy = repo.path().join("copy");
    copy_tree(&repo.git_dir, &copy);
    let pack =
        files(&repo.git_dir).into_iter().find(|path| path.extension().is_some_and(|e| e == "pack")).unwrap();
    let mut bytes = fs::read(&pack).unwrap();
    // The same objects in a second pack with other deltas.
    repo.git_with(&["pack-objects", "-q", "--all", "--depth=0", "--window=0", "second"], b"");
    for file in files(repo.path())
        .iter()
        .filter(|path| path.file_name().unwrap().to_string_lossy().starts_with("second"))
    {
        let name = file.file_name().unwrap().to_string_lossy().replace("second", "pack");
        fs::copy(file, copy.join("objects/pack").join(name)).unwrap();
    }
    let len = bytes.len();
    bytes[len / 3..len / 3 + 64].fill(0x55);
    fs::write(copy.join("objects/pack").join(pack.file_name().unwrap()), bytes).unwrap();
    let store = Store::open(&copy, None, &mut Problems::default()).unwrap();
    let (seen, report) = see(&store.dirs());
    assert!(seen == repo.truth());
    assert_eq!(report.unreadable.total(), 0);
    assert!(
        report.problems.list().iter().any(|p| matches!(p.kind, ProblemKind::CopyDamaged(_))),
        "{report:?}"
    );
    assert!(report.complete());
}

/// Writes packs that git never would.
#[derive(Default)]
struct Forge {
    bytes: Vec<u8>,
    entries: Vec<(Oid, u64)>,
}

fn deflate(data: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    std::io::Write::write_all(&mut encoder, data).unwrap();
    encoder.finish().unwrap()
}

fn size(mut value: u64) -> Vec<u8> {
    let mut out = Vec::new();
    while value >= 0x80 {
        out.push((value as u8 & 0x7f) | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
    out
}

impl Forge {
    fn entry(&mut self, oid: Oid, number: u8, declared: u64, base: &[u8], data: &[u8]) -> u64 {
        if self.bytes.is_empty() {
            self.bytes.extend(b"PACK\0\0\0\x02\0\0\0\0");
        }
        let at = self.bytes.len() as u64;
        self.entries.push((oid, at));
        let mut rest = declared >> 4;
        let more = |rest: u64| if rest > 0 { 0x80 } else { 0 };
        self.bytes.push((number << 4) | (declared as u8 & 15) | more(rest));
        while rest > 0 {
            let low = rest as u8 & 0x7f;
            rest >>= 7;
            self.bytes.push(low | more(rest));
        }
        self.bytes.extend(base);
        self.bytes.extend(deflate(data));
        at
    }

    fn blob(&mut self, data: &[u8]) -> (Oid, u64) {
        let oid = hash(Kind::Blob, data);
        (oid, self.entry(oid, 3, data.len() as u64, &[], data))
    }

    /// A delta to an entry of this pack, given by its offset.
    fn offset_delta(&mut self, oid: Oid, base: u64, delta: &[u8]) -> u64 {
        let mut back = self.bytes.len() as u64 - base;
        let mut bytes = vec![back as u8 & 0x7f];
        back >>= 7;
        while back > 0 {
            back -= 1;
            bytes.insert(0, (back as u8 & 0x7f) | 0x80);
            back >>= 7;
        }
        self.entry(oid, 6, delta.len() as u64, &bytes, delta)
    }

    fn ref_delta(&mut self, oid: Oid, base: Oid, delta: &[u8]) -> u64 {
        self.entry(oid, 7, delta.len() as u64, base.as_bytes(), delta)
    }

    /// Writes pack and index into a repository, and walks it.
    fn walk(mut self, limits: &Limits, loose: &[&[u8]]) -> (Objects, WalkReport) {
        let home = tempfile::TempDir::new().unwrap();
        let folder = home.path().join("objects/pack");
        fs::create_dir_all(&folder).unwrap();
        for data in loose {
            let hex = hash(Kind::Blob, data).to_string();
            let path = home.path().join("objects").join(&hex[..2]);
            fs::create_dir_all(&path).unwrap();
            let whole = [format!("blob {}\0", data.len()).as_bytes(), data].concat();
            fs::write(path.join(&hex[2..]), deflate(&whole)).unwrap();
        }
        self.bytes[8..12].copy_from_slice(&(self.entries.len() as u32).to_be_bytes());
        let trailer = Sha1::digest(&self.bytes);
        let ends: Vec<u64> =
            self.entries.iter().skip(1).map(|(_, at)| *at).chain([self.bytes.len() as u64]).collect();
        let mut rows: Vec<(Oid, u64, u32)> = self
            .entries
            .iter()
            .zip(ends)
            .map(|(&(oid, at), end)| (oid, at, crc32fast::hash(&self.bytes[at as usize..end as usize])))
            .collect();
        rows.sort_unstable();
        let mut index = b"\xfftOc\0\0\0\x02".to_vec();
        for first in 0..=255_u8 {
            let below = rows.iter().filter(|(oid, ..)| oid.as_bytes()[0] <= first).count();
            index.extend((below as u32).to_be_bytes());
        }
        index.extend(rows.iter().flat_map(|(oid, ..)| *oid.as_bytes()));
        index.extend(rows.iter().flat_map(|(.., crc)| crc.to_be_bytes()));
        index.extend(rows.iter().flat_map(|(_, at, _)| (*at as u32).to_be_bytes()));
        index.extend(trailer);
        index.extend(Sha1::digest(&index));
        self.bytes.extend(trailer);
        fs::write(folder.join("pack-1.pack"), &self.bytes).unwrap();
        fs::write(folder.join("pack-1.idx"), &index).unwrap();
        let mut problems = Problems::default();
        let store = Store::open(home.path(), None, &mut problems).unwrap();
        assert_eq!(problems.list(), []);
        let keep = Keep::default();
        let report = walk(&store.dirs(), &keep, 2, limits, &Silent);
        let listed: u64 = store.dirs().iter().map(|dir| dir.objects()).sum();
        assert_eq!(report.read.total() + report.unreadable.total() + report.copies, listed);
        let seen = keep.seen.into_inner().unwrap();
        (seen.into_iter().map(|(oid, kind, data)| (oid, (kind, data))).collect(), report)
    }
}

fn damages(report: &WalkReport) -> Vec<Damage> {
    let mut all: Vec<Damage> = report
        .problems
        .list()
        .iter()
        .filter_map(|p| if let ProblemKind::Object(damage) = &p.kind { Some(damage.clone()) } else { None })
        .collect();
    all.sort_by_key(ToString::to_string);
    all
}

fn name(n: u8) -> Oid {
    Oid::new([n; 20])
}

/// Copies the first `len` bytes of a base of `base` bytes `times` times.
fn repeat(base: u64, len: u64, times: u64) -> Vec<u8> {
    let mut delta = [size(base), size(len * times)].concat();
    for _ in 0..times {
        delta.push(0x80 | 0x70);
        delta.extend(&(len as u32).to_le_bytes()[..3]);
    }
    delta
}

#[test]
fn lying_sizes_cost_nothing_and_are_named() {
    let mut forge = Forge::default();
    forge.entry(name(1), 3, 1 << 29, &[], b"small");
    forge.entry(name(2), 3, 1 << 50, &[], b"small");
    forge.entry(name(3), 3, 2, &[], b"longer than two");
    forge.entry(name(4), 3, 900, &[], b"shorter than it says");
    let (_, good) = forge.blob(b"good");
    // A result of 2^35 bytes from five bytes of instructions.
    forge.offset_delta(name(5), good, &[size(4), size(1 << 35), vec![0x90, 4]].concat());
    forge.offset_delta(name(6), good, &[size(4), size(9), vec![0x90, 4]].concat());
    forge.offset_delta(name(7), good, &[size(5), size(4), vec![0x90, 4]].concat());
    let (seen, report) = forge.walk(&Limits::default(), &[]);
    assert_eq!(seen.len(), 1);
    let mut expected = vec![
        Damage::Size { declared: 2 },
        Damage::Size { declared: 1 << 29 },
        Damage::Size { declared: 900 },
        Damage::TooLarge { size: 1 << 50 },
        Damage::TooLarge { size: 1 << 35 },
        Damage::Delta,
        Damage::Delta,
    ];
    expected.sort_by_key(ToString::to_string);
    assert_eq!(damages(&report), expected);
}

#[test]
fn loops_and_missing_bases_are_counted_object_by_object() {
    let mut forge = Forge::default();
    let delta = [size(4), size(4), vec![0x90, 4]].concat();
    forge.blob(b"good");
    forge.ref_delta(name(1), name(2), &delta);
    forge.ref_delta(name(2), name(1), &delta);
    forge.ref_delta(name(3), name(3), &delta);
    let lost = forge.ref_delta(name(4), name(99), &delta);
    forge.offset_delta(name(5), lost, &delta);
    forge.offset_delta(name(6), 13, &delta);
    let (seen, report) = forge.walk(&Limits::default(), &[]);
    assert_eq!(seen.len(), 1);
    assert_eq!(report.unreadable.total(), 6);
    let all = damages(&report);
    assert_eq!(all.iter().filter(|damage| **damage == Damage::Chain).count(), 3);
    assert_eq!(all.iter().filter(|damage| **damage == Damage::Base).count(), 3);
    assert!(report.problems.list().iter().all(|p| p.oid.is_some() && p.offset.is_some()));
}

#[test]
fn a_base_outside_of_the_pack_is_found_among_loose_objects() {
    let mut forge = Forge::default();
    let delta = [size(4), size(8), vec![0x90, 4, 0x90, 4]].concat();
    let made = hash(Kind::Blob, b"basebase");
    forge.ref_delta(made, hash(Kind::Blob, b"base"), &delta);
    let (seen, report) = forge.walk(&Limits::default(), &[b"base"]);
    assert_eq!(seen[&made].1, b"basebase");
    assert!(report.complete());
}

#[test]
fn a_bomb_stops_at_the_limit_and_everything_beyond_is_counted() {
    let mut forge = Forge::default();
    let base = vec![0; 1 << 16];
    let (_, mut at) = forge.blob(&base);
    // Each is sixteen times its base.
    let mut len = 1_u64 << 16;
    for n in 1..=8 {
        at = forge.offset_delta(name(n), at, &repeat(len, len.min(0xff_ffff), 16));
        len = len.min(0xff_ffff) * 16;
    }
    let limits = Limits { max_object: 64 << 20, ..Limits::default() };
    let (seen, report) = forge.walk(&limits, &[]);
    assert_eq!((seen.len(), report.unreadable.total()), (3, 6), "64 KiB, 1 MiB, 16 MiB are read");
    assert!(matches!(damages(&report).iter().find(|d| **d != Damage::Base), Some(Damage::TooLarge { .. })));

    // Many small deltas that each become a megabyte.
    let mut forge = Forge::default();
    let (_, at) = forge.blob(&base);
    for n in 1..=200 {
        forge.offset_delta(name(n), at, &repeat(1 << 16, 1 << 16, 16));
    }
    let limits = Limits { free_decoded: 8 << 20, max_expansion: 10, ..Limits::default() };
    let (seen, report) = forge.walk(&limits, &[]);
    assert!(seen.len() < 12, "{} were decoded", seen.len());
    assert_eq!(report.unreadable.total() + seen.len() as u64, 201);
    assert!(damages(&report).contains(&Damage::Bomb));
}

#[test]
fn a_chain_of_a_hundred_thousand_deltas_is_read_without_a_stack_to_match() {
    let mut forge = Forge::default();
    let (_, mut at) = forge.blob(&[7; 1000]);
    for n in 0..100_000_u32 {
        let mut bytes = [9; 20];
        bytes[..4].copy_from_slice(&n.to_be_bytes());
        let delta =
            [size(1000), size(1000), vec![4], n.to_be_bytes().to_vec(), vec![0x90 | 0x20 | 1, 4, 0xe4, 3]]
                .concat();
        at = forge.offset_delta(Oid::new(bytes), at, &delta);
    }
    let (seen, report) = forge.walk(&Limits::default(), &[]);
    assert_eq!(seen.len(), 100_001);
    assert!(report.complete());
}

#[test]
fn bytes_that_no_object_owns_are_named() {
    let mut forge = Forge::default();
    forge.blob(b"first");
    forge.bytes.extend(b"hidden between two objects");
    forge.blob(b"second");
    let (seen, report) = forge.walk(&Limits::default(), &[]);
    assert_eq!(seen.len(), 2);
    let hidden = report.problems.list().iter().find(|p| p.kind == ProblemKind::HiddenBytes).unwrap();
    assert_eq!(hidden.count, 26);
}

#[test]
fn after_damage_a_pack_without_index_is_read_on_from_the_next_object() {
    if !has_git() {
        return;
    }
    let repo = Repo::new();
    repo.grow(20, 51);
    repo.git(&["repack", "-q", "-a", "-d", "-f"]);
    let truth = truth(&repo.git_dir);
    let copy = repo.path().join("copy");
    copy_tree(&repo.git_dir, &copy);
    let all = files(&copy.join("objects/pack"));
    let pack = all.iter().find(|path| path.extension().is_some_and(|e| e == "pack")).unwrap();
    fs::remove_file(pack.with_extension("idx")).unwrap();
    let mut bytes = fs::read(pack).unwrap();
    let third = bytes.len() / 3;
    bytes[third..third + 40].fill(0xaa);
    fs::write(pack, bytes).unwrap();
    let mut problems = Problems::default();
    let store = Store::open(&copy, None, &mut problems).unwrap();
    let (seen, _) = see(&store.dirs());
    assert!(seen.len() > truth.len() / 2 && seen.len() < truth.len(), "{} of {}", seen.len(), truth.len());
    assert!(seen.iter().all(|(oid, object)| truth.get(oid) == Some(object)));
    assert!(problems.any_unread(), "what was lost is said");
}
