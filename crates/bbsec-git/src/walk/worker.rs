//! One thread of a walk.

use std::sync::{PoisonError, atomic::Ordering};

use crate::{
    Damage, DeltaOp, Kind, Oid, Problem, ProblemKind, delta,
    entry::{EntryReader, Notes, READ_AHEAD},
    lookup::{Dead, Lookup},
    loose,
    pack::{EntryKind, Pack},
    rescan::hash,
    walk::{
        ObjectView, Shared, Visitor, WalkReport, in_pack,
        plan::{Grown, Job},
        rescue::Failed,
    },
};

/// A base that still has children to be visited.
struct Frame<S> {
    entry: u32,
    next: usize,
    data: Vec<u8>,
    state: Option<S>,
}

struct Worker<'a, V: Visitor> {
    shared: &'a Shared<'a, V>,
    number: usize,
    reader: EntryReader,
    /// Buffers that were used before.
    pool: Vec<Vec<u8>>,
    delta: Vec<u8>,
    ops: Vec<DeltaOp>,
    stack: Vec<Frame<V::State>>,
    failed: Vec<Failed>,
    report: WalkReport,
    since_asked: u32,
}

/// Buffers larger than this are given back instead of being kept.
const KEEP: usize = 4 << 20;
/// So many objects may pass before it is asked again whether to stop.
const ASK_EVERY: u32 = 64;

/// Takes jobs until there are none.
pub(crate) fn work<V: Visitor>(shared: &Shared<'_, V>, number: usize) -> WalkReport {
    let mut worker = Worker {
        shared,
        number,
        reader: EntryReader::new(READ_AHEAD),
        pool: Vec::new(),
        delta: Vec::new(),
        ops: Vec::new(),
        stack: Vec::new(),
        failed: Vec::new(),
        report: WalkReport::default(),
        since_asked: 0,
    };
    worker.report.problems = crate::Problems::keeping(shared.limits.max_problems);
    while let Some(&job) = shared.plan.jobs.get(shared.next.fetch_add(1, Ordering::Relaxed)) {
        worker.stop_if_asked();
        match job {
            Job::Root { pack, entry } => worker.root(pack, entry),
            Job::External { pack, entry } => worker.external(pack, entry),
            Job::Loose { dir, from, to } => worker.loose(dir as usize, from, to),
        }
    }
    let Worker { failed, report, .. } = worker;
    shared.failed.lock().unwrap_or_else(PoisonError::into_inner).extend(failed);
    report
}

impl<'a, V: Visitor> Worker<'a, V> {
    fn stop_if_asked(&mut self) -> bool {
        self.report.stopped |= self.shared.progress.cancelled();
        self.report.stopped
    }

    /// Asked at every object; looks only now and then.
    fn stopping(&mut self) -> bool {
        self.since_asked += 1;
        if self.since_asked >= ASK_EVERY {
            self.since_asked = 0;
            return self.stop_if_asked();
        }
        self.report.stopped
    }

    fn grown(&self, pack: u32) -> Option<&'a Grown<'a>> {
        self.shared.plan.packs.get(pack as usize)
    }

    fn root(&mut self, number: u32, entry: u32) {
        let Some(grown) = self.grown(number) else { return };
        let Some(kind) = grown.forest.kind(entry) else { return };
        let mut data = self.pool.pop().unwrap_or_default();
        match self.inflate(grown, entry, &mut data) {
            Ok(notes) => {
                let state = self.visit(grown, entry, kind, &data, None, notes);
                self.descend(grown, number, kind, Frame { entry, next: 0, data, state });
            }
            Err(damage) => {
                self.recycle(data);
                self.fail(grown, number, entry, Some(kind), &damage);
            }
        }
        self.shared.task.advance(grown.forest.weight(entry));
        self.report.stored_bytes += grown.forest.weight(entry);
    }

    /// Inflates an entry that is a whole object.
    fn inflate(&mut self, grown: &Grown<'_>, entry: u32, out: &mut Vec<u8>) -> Result<Notes, Damage> {
        if self.stopping() {
            return Err(Damage::Stopped);
        }
        let header = grown.forest.header(entry)?;
        if !self.shared.may_go_on() {
            return Err(Damage::Bomb);
        }
        let notes = self.reader.data(grown.pack, entry, header, self.shared.limits.object(), out)?;
        self.shared.spend(out.len() as u64);
        Ok(notes)
    }

    fn external(&mut self, number: u32, entry: u32) {
        let Some(grown) = self.grown(number) else { return };
        match self.base(grown.pack, entry) {
            Ok((kind, data)) if self.shared.visitor.wants(kind) => {
                // A frame that has this entry as its only child.
                self.child(grown, number, kind, &data, None, entry);
            }
            Ok(_) => {
                let all = grown.forest.subtree(entry);
                self.report.unwanted +=
                    all.into_iter().filter(|&entry| !grown.copy.get(entry)).count() as u64;
            }
            Err(damage) => self.fail(grown, number, entry, None, &damage),
        }
        self.shared.task.advance(grown.forest.weight(entry));
        self.report.stored_bytes += grown.forest.weight(entry);
    }

    /// The object that a delta builds on, from another pack or folder.
    fn base(&mut self, pack: &Pack, entry: u32) -> Result<(Kind, Vec<u8>), Damage> {
        if self.stopping() {
            return Err(Damage::Stopped);
        }
        if !self.shared.may_go_on() {
            return Err(Damage::Bomb);
        }
        let EntryKind::RefDelta(oid) = self.reader.header(pack, entry)?.kind else {
            return Err(Damage::Base);
        };
        let lookup = Lookup { dirs: self.shared.dirs, limits: self.shared.limits };
        match lookup.read(&mut self.reader, oid, &mut Dead::new()) {
            Some(Ok((kind, data))) => {
                self.shared.spend(data.len() as u64);
                Ok((kind, data))
            }
            Some(Err(_)) | None => Err(Damage::Base),
        }
    }

    /// Visits everything that builds on an object.
    fn descend(&mut self, grown: &Grown<'_>, number: u32, kind: Kind, frame: Frame<V::State>) {
        if grown.forest.children(frame.entry).is_empty() {
            return self.recycle(frame.data);
        }
        self.stack.push(frame);
        while let Some(mut frame) = self.stack.pop() {
            let children = grown.forest.children(frame.entry);
            let Some(&entry) = children.get(frame.next) else {
                self.recycle(frame.data);
                continue;
            };
            frame.next += 1;
            let last = frame.next == children.len();
            let below = self.stack.len();
            self.child(grown, number, kind, &frame.data, frame.state.as_ref(), entry);
            if last {
                // Nothing needs the base any more: a chain holds one buffer, however long it is.
                self.recycle(frame.data);
            } else {
                // Below what the child put on the stack, so that the child's children come first.
                self.stack.insert(below, frame);
            }
        }
    }

    /// Builds one delta and visits it; leaves it on the stack when others build on it.
    fn child(
        &mut self,
        grown: &Grown<'_>,
        number: u32,
        kind: Kind,
        base: &[u8],
        parent: Option<&V::State>,
        entry: u32,
    ) {
        let mut out = self.pool.pop().unwrap_or_default();
        match self.build(grown, entry, base, &mut out) {
            Ok(notes) => {
                let state = self.visit(grown, entry, kind, &out, parent, notes);
                if grown.forest.children(entry).is_empty() {
                    self.recycle(out);
                } else {
                    self.stack.push(Frame { entry, next: 0, data: out, state });
                }
            }
            Err(damage) => {
                self.recycle(out);
                self.fail(grown, number, entry, Some(kind), &damage);
            }
        }
    }

    fn build(
        &mut self,
        grown: &Grown<'_>,
        entry: u32,
        base: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<Notes, Damage> {
        let mut code = std::mem::take(&mut self.delta);
        let notes = self.inflate(grown, entry, &mut code);
        let max = self.shared.limits.object();
        let built = notes.and_then(|notes| {
            delta::apply(base, &code, out, max, Some(&mut self.ops))?;
            self.shared.spend(out.len() as u64);
            Ok(notes)
        });
        if code.capacity() <= KEEP {
            self.delta = code;
        }
        built
    }

    /// Shows an object to the visitor, unless it is a copy that is shown elsewhere.
    fn visit(
        &mut self,
        grown: &Grown<'_>,
        entry: u32,
        kind: Kind,
        data: &[u8],
        parent: Option<&V::State>,
        notes: Notes,
    ) -> Option<V::State> {
        if notes.checksum {
            self.note(in_pack(ProblemKind::Checksum, grown.pack, entry, Some(kind)));
        }
        if notes.hidden > 0 {
            let mut problem = in_pack(ProblemKind::HiddenBytes, grown.pack, entry, Some(kind));
            problem.count = notes.hidden;
            self.note(problem);
        }
        if grown.copy.get(entry) {
            return None;
        }
        let oid = grown.pack.oid(entry)?;
        if self.shared.limits.verify && hash(kind, data) != oid {
            self.note(in_pack(ProblemKind::HashMismatch, grown.pack, entry, Some(kind)));
        }
        let delta = parent.map(|_| self.ops.as_slice());
        let view = ObjectView { oid, kind, data, delta, dir: grown.dir };
        self.report.read.add(Some(kind), 1);
        self.report.bytes.add(Some(kind), data.len() as u64);
        Some(self.shared.visitor.visit(self.number, &view, parent))
    }

    fn note(&mut self, problem: Problem) {
        self.shared.tell(&mut self.report, problem);
    }

    /// Puts an entry and everything that builds on it aside, to be looked for elsewhere.
    fn fail(&mut self, grown: &Grown<'_>, pack: u32, entry: u32, kind: Option<Kind>, damage: &Damage) {
        for (i, entry) in grown.forest.subtree(entry).into_iter().enumerate() {
            let damage = if i == 0 || matches!(damage, Damage::Stopped | Damage::Bomb) {
                damage.clone()
            } else {
                Damage::Base
            };
            self.failed.push(Failed::Packed { pack, entry, kind, damage });
        }
    }

    fn recycle(&mut self, buffer: Vec<u8>) {
        if buffer.capacity() <= KEEP && self.pool.len() < 32 {
            self.pool.push(buffer);
        }
    }

    fn loose(&mut self, d: usize, from: u32, to: u32) {
        let Some(dir) = self.shared.dirs.get(d) else { return };
        let copies = self.shared.plan.loose_copy.get(d);
        for i in from..to {
            let Some(&oid) = dir.loose.get(i as usize) else { continue };
            if copies.is_some_and(|copies| copies.get(i)) {
                continue;
            }
            let mut data = self.pool.pop().unwrap_or_default();
            let read = if self.stopping() {
                Err(Damage::Stopped)
            } else {
                loose::read(
                    &dir.fence,
                    &dir.loose_path(&oid),
                    &mut self.reader.inflater,
                    self.shared.limits.object(),
                    &mut data,
                )
            };
            match read {
                Ok(kind) if !self.shared.visitor.wants(kind) => self.report.unwanted += 1,
                Ok(kind) => self.visit_loose(d, oid, kind, &data),
                Err(damage) => self.failed.push(Failed::Loose { dir: d, oid, damage }),
            }
            self.recycle(data);
        }
        self.shared.task.advance(u64::from(to - from) * 512);
    }

    fn visit_loose(&mut self, dir: usize, oid: Oid, kind: Kind, data: &[u8]) {
        self.report.read.add(Some(kind), 1);
        self.report.bytes.add(Some(kind), data.len() as u64);
        self.report.stored_bytes += data.len() as u64;
        if let Some(folder) = self.shared.dirs.get(dir)
            && hash(kind, data) != oid
        {
            let mut problem = Problem::at(ProblemKind::HashMismatch, folder.loose_path(&oid)).oid(Some(oid));
            problem.object = Some(kind);
            self.note(problem);
        }
        let view = ObjectView { oid, kind, data, delta: None, dir };
        self.shared.visitor.visit(self.number, &view, None);
    }
}
