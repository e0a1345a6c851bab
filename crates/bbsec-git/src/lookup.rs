//! Reading one object from wherever it is: any pack or loose file of some object folders, through any copy of its bases.

use std::collections::HashSet;

use crate::{
    Damage, Kind, Limits, ObjectDir, Oid, delta,
    entry::EntryReader,
    loose,
    pack::{EntryKind, Pack},
};

/// A copy of an object.
#[derive(Clone, Copy)]
pub(crate) enum Copy<'a> {
    Packed(&'a Pack, u32),
    Loose(&'a ObjectDir, Oid),
}

/// Copies that are known to be unreadable: pack and entry.
pub(crate) type Dead = HashSet<(u64, u32)>;

/// Some object folders, searched in order.
#[derive(Clone, Copy)]
pub(crate) struct Lookup<'a> {
    pub(crate) dirs: &'a [&'a ObjectDir],
    pub(crate) limits: &'a Limits,
}

impl<'a> Lookup<'a> {
    /// Every copy of an object.
    pub(crate) fn copies(&self, oid: Oid) -> impl Iterator<Item = Copy<'a>> {
        self.dirs.iter().flat_map(move |dir| {
            let packed = dir.packs.iter().filter_map(move |pack| Some(Copy::Packed(pack, pack.find(&oid)?)));
            let loose = dir.loose.binary_search(&oid).is_ok().then_some(Copy::Loose(dir, oid));
            packed.chain(loose)
        })
    }

    /// Reads an object; `None` when there is no copy. Copies in `dead` are not tried, and those that fail are added.
    pub(crate) fn read(
        &self,
        reader: &mut EntryReader,
        oid: Oid,
        dead: &mut Dead,
    ) -> Option<Result<(Kind, Vec<u8>), Damage>> {
        let mut failed = None;
        for copy in self.copies(oid) {
            if alive(copy, dead) {
                match self.read_copy(reader, copy, dead) {
                    Ok(read) => return Some(Ok(read)),
                    Err(damage) => {
                        bury(copy, dead);
                        failed = Some(damage);
                    }
                }
            } else {
                failed = failed.or(Some(Damage::Base));
            }
        }
        failed.map(Err)
    }

    /// Follows a copy's chain of deltas down to a whole object and builds it up again.
    pub(crate) fn read_copy(
        &self,
        reader: &mut EntryReader,
        copy: Copy<'a>,
        dead: &mut Dead,
    ) -> Result<(Kind, Vec<u8>), Damage> {
        let max = self.limits.object();
        let mut chain: Vec<Vec<u8>> = Vec::new();
        let mut held = 0_u64;
        let mut seen = Dead::new();
        let mut at = copy;
        let (kind, mut data) = loop {
            let step = match at {
                Copy::Loose(dir, oid) => {
                    let mut out = Vec::new();
                    let path = dir.loose_path(&oid);
                    loose::read(&dir.fence, &path, &mut reader.inflater, max, &mut out)
                        .map(|kind| Step::Whole(kind, out))
                }
                Copy::Packed(pack, entry) if seen.insert((pack.id, entry)) => {
                    self.step(reader, pack, entry, max)
                }
                Copy::Packed(..) => return Err(Damage::Chain),
            };
            match step {
                Ok(Step::Whole(kind, data)) => break (kind, data),
                Ok(Step::Delta(base, delta)) => {
                    held += delta.len() as u64;
                    chain.push(delta);
                    if chain.len() > self.limits.max_chain || held > max.saturating_mul(2) {
                        return Err(Damage::Chain);
                    }
                    at = self.pick(base, dead).ok_or(Damage::Base)?;
                }
                // The copy that was asked for is not to be replaced by another; a base of it is.
                Err(damage) if chain.is_empty() => return Err(damage),
                Err(_) => {
                    bury(at, dead);
                    at = self.pick(Base::Copy(at), dead).ok_or(Damage::Base)?;
                }
            }
        };
        let mut out = Vec::new();
        while let Some(delta) = chain.pop() {
            delta::apply(&data, &delta, &mut out, max, None)?;
            std::mem::swap(&mut data, &mut out);
        }
        Ok((kind, data))
    }

    fn step(
        &self,
        reader: &mut EntryReader,
        pack: &'a Pack,
        entry: u32,
        max: u64,
    ) -> Result<Step<'a>, Damage> {
        let header = reader.header(pack, entry)?;
        let mut out = Vec::new();
        reader.data(pack, entry, header, max, &mut out)?;
        Ok(match header.kind {
            EntryKind::Whole(kind) => Step::Whole(kind, out),
            EntryKind::OffsetDelta(base) => {
                let base = pack.entry_at(base).ok_or(Damage::Base)?;
                Step::Delta(Base::Copy(Copy::Packed(pack, base)), out)
            }
            EntryKind::RefDelta(oid) => {
                let near = pack.find(&oid).map(|base| Base::Copy(Copy::Packed(pack, base)));
                Step::Delta(near.unwrap_or(Base::Name(oid)), out)
            }
        })
    }

    /// A copy of a base that is not known to be unreadable, the named one before others.
    fn pick(&self, base: Base<'a>, dead: &Dead) -> Option<Copy<'a>> {
        let oid = match base {
            Base::Copy(copy) if alive(copy, dead) => return Some(copy),
            Base::Copy(Copy::Packed(pack, entry)) => pack.oid(entry)?,
            Base::Copy(Copy::Loose(..)) => return None,
            Base::Name(oid) => oid,
        };
        self.copies(oid).find(|&copy| alive(copy, dead))
    }
}

enum Step<'a> {
    Whole(Kind, Vec<u8>),
    Delta(Base<'a>, Vec<u8>),
}

enum Base<'a> {
    Copy(Copy<'a>),
    Name(Oid),
}

fn alive(copy: Copy<'_>, dead: &Dead) -> bool {
    match copy {
        Copy::Packed(pack, entry) => !dead.contains(&(pack.id, entry)),
        Copy::Loose(..) => true,
    }
}

fn bury(copy: Copy<'_>, dead: &mut Dead) {
    if let Copy::Packed(pack, entry) = copy {
        dead.insert((pack.id, entry));
    }
}
