//! A second look for what could not be read where it was met: another copy, or another copy of what it builds on.

use crate::{
    Damage, Kind, Oid, Problem, ProblemKind,
    entry::{EntryReader, READ_LITTLE},
    lookup::{Copy, Dead, Lookup},
    walk::{ObjectView, Shared, Visitor, WalkReport, in_pack},
};

/// An object that could not be read at its place.
#[derive(Debug, Clone)]
pub(crate) enum Failed {
    Packed { pack: u32, entry: u32, kind: Option<Kind>, damage: Damage },
    Loose { dir: usize, oid: Oid, damage: Damage },
}

/// Looks for other copies of what failed; what is found is visited, the rest is counted and named.
pub(crate) fn rescue<V: Visitor>(shared: &Shared<'_, V>, mut failed: Vec<Failed>, report: &mut WalkReport) {
    for (p, grown) in shared.plan.packs.iter().enumerate() {
        let pack = p as u32;
        let lost = grown.forest.lost.iter();
        failed.extend(lost.map(|&entry| Failed::Packed { pack, entry, kind: None, damage: Damage::Chain }));
        for (entry, damage) in &grown.forest.broken {
            for (i, entry) in grown.forest.subtree(*entry).into_iter().enumerate() {
                let damage = if i == 0 { damage.clone() } else { Damage::Base };
                failed.push(Failed::Packed { pack, entry, kind: None, damage });
            }
        }
    }
    let mut reader = EntryReader::new(READ_LITTLE);
    let mut dead = Dead::new();
    for one in &failed {
        if let (Failed::Packed { pack, entry, .. }, false) = (one, one.given_up())
            && let Some(grown) = shared.plan.packs.get(*pack as usize)
        {
            dead.insert((grown.pack.id, *entry));
        }
    }
    for one in failed {
        report.stopped |= shared.progress.cancelled();
        look(shared, &mut reader, &mut dead, &one, report);
    }
}

impl Failed {
    /// Whether it was left unread by decision, not because of damage.
    fn given_up(&self) -> bool {
        let (Self::Packed { damage, .. } | Self::Loose { damage, .. }) = self;
        matches!(damage, Damage::Stopped | Damage::Bomb | Damage::TooLarge { .. })
    }
}

fn look<V: Visitor>(
    shared: &Shared<'_, V>,
    reader: &mut EntryReader,
    dead: &mut Dead,
    one: &Failed,
    report: &mut WalkReport,
) {
    let (problem, oid, copy) = match one {
        Failed::Packed { pack, entry, kind, damage } => {
            let Some(grown) = shared.plan.packs.get(*pack as usize) else { return };
            let problem = in_pack(ProblemKind::Object(damage.clone()), grown.pack, *entry, *kind);
            (problem, grown.pack.oid(*entry), grown.copy.get(*entry))
        }
        Failed::Loose { dir, oid, damage } => {
            let Some(dir) = shared.dirs.get(*dir) else { return };
            let problem =
                Problem::at(ProblemKind::Object(damage.clone()), dir.loose_path(oid)).oid(Some(*oid));
            (problem, Some(*oid), false)
        }
    };
    let damage = match &problem.kind {
        ProblemKind::Object(damage) => damage.clone(),
        _ => return,
    };
    if copy {
        // The copy that counts is visited or looked for on its own.
        let kind = ProblemKind::CopyDamaged(damage);
        return shared.tell(report, Problem { kind, ..problem });
    }
    let found = oid
        .filter(|_| !one.given_up() && !report.stopped && shared.may_go_on())
        .and_then(|oid| read(shared, reader, dead, oid, one));
    let (Some(oid), Some((kind, data))) = (oid, found) else {
        report.unreadable.add(problem.object, 1);
        return shared.tell(report, problem);
    };
    shared.tell(report, Problem { kind: ProblemKind::CopyDamaged(damage), object: Some(kind), ..problem });
    if !shared.visitor.wants(kind) {
        report.unwanted += 1;
        return;
    }
    report.read.add(Some(kind), 1);
    report.bytes.add(Some(kind), data.len() as u64);
    let dir = match one {
        Failed::Packed { pack, .. } => shared.plan.packs.get(*pack as usize).map_or(0, |grown| grown.dir),
        Failed::Loose { dir, .. } => *dir,
    };
    shared.visitor.visit(0, &ObjectView { oid, kind, data: &data, delta: None, dir }, None);
}

/// Another copy; or, when what failed is only what this copy builds on, this copy on another copy of its base.
fn read<V: Visitor>(
    shared: &Shared<'_, V>,
    reader: &mut EntryReader,
    dead: &mut Dead,
    oid: Oid,
    one: &Failed,
) -> Option<(Kind, Vec<u8>)> {
    let lookup = Lookup { dirs: shared.dirs, limits: shared.limits };
    let read = match one {
        Failed::Packed { .. } => lookup.read(reader, oid, dead).and_then(Result::ok),
        // The loose copy failed: only packed ones are left.
        Failed::Loose { dir: failed, .. } => lookup.copies(oid).find_map(|copy| match copy {
            Copy::Loose(dir, _) if shared.dirs.get(*failed).is_some_and(|f| std::ptr::eq(*f, dir)) => None,
            copy => lookup.read_copy(reader, copy, dead).ok(),
        }),
    };
    read.or_else(|| match one {
        Failed::Packed { pack, entry, damage: Damage::Base, .. } => {
            let pack = shared.plan.packs.get(*pack as usize)?.pack;
            let read = lookup.read_copy(reader, Copy::Packed(pack, *entry), dead).ok()?;
            dead.remove(&(pack.id, *entry));
            Some(read)
        }
        _ => None,
    })
    .inspect(|(_, data)| shared.spend(data.len() as u64))
}
