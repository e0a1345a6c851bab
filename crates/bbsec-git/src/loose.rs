//! Loose objects: one zlib stream each, with a header inside.
//!
//! Format: `gitformat-loose(5)`.

use std::{fs::File, path::Path};

use crate::{
    Damage, Kind, Oid,
    fence::{Denied, Fence, read_whole},
    inflate::{Inflater, plausible},
};

/// Longest header: `commit`, a space, twenty digits, NUL.
const MAX_HEADER: usize = 32;

/// Which loose object a path below `objects` names: `ab/cdef…`.
pub(crate) fn oid_of(dir: &[u8], name: &[u8]) -> Option<Oid> {
    if dir.len() != 2 || name.len() != 38 {
        return None;
    }
    let mut hex = [0; 40];
    let (front, back) = hex.split_at_mut(2);
    front.copy_from_slice(dir);
    back.copy_from_slice(name);
    Oid::from_hex(&hex)
}

/// Reads a loose object that was listed before.
pub(crate) fn read(
    fence: &Fence,
    path: &Path,
    inflater: &mut Inflater,
    max: u64,
    out: &mut Vec<u8>,
) -> Result<Kind, Damage> {
    let (file, size) = fence.open_listed(path).map_err(|denied| damage(&denied))?;
    let raw = whole(file, size, max)?;
    let (kind, declared, header) = head(&raw, inflater)?;
    if declared > max {
        return Err(Damage::TooLarge { size: declared });
    }
    plausible(raw.len() as u64, declared)?;
    let total = declared + header as u64;
    inflater.exactly(&raw, total, out)?;
    out.drain(..header.min(out.len()));
    Ok(kind)
}

fn whole(file: File, size: u64, max: u64) -> Result<Vec<u8>, Damage> {
    read_whole(file, size, max + max / 8 + 4096).map_err(|denied| damage(&denied))
}

fn damage(denied: &Denied) -> Damage {
    match denied {
        Denied::TooLarge(size) => Damage::TooLarge { size: *size },
        other => Damage::Io(other.why()),
    }
}

/// Kind, size and length of the header inside a loose object.
fn head(raw: &[u8], inflater: &mut Inflater) -> Result<(Kind, u64, usize), Damage> {
    let mut buffer = [0; MAX_HEADER];
    inflater.start();
    let (mut taken, mut made) = (0, 0);
    while let Some(room) = buffer.get_mut(made..).filter(|room| !room.is_empty()) {
        let (used, got, ended) = inflater.step(raw.get(taken..).unwrap_or_default(), room)?;
        taken += used;
        made += got;
        if ended || (used == 0 && got == 0) {
            break;
        }
    }
    let seen = buffer.get(..made).unwrap_or_default();
    let end = seen.iter().position(|&byte| byte == 0).ok_or(Damage::Header)?;
    let text = seen.get(..end).unwrap_or_default();
    let mut words = text.split(|&byte| byte == b' ');
    let (Some(name), Some(digits), None) = (words.next(), words.next(), words.next()) else {
        return Err(Damage::Header);
    };
    let kind = Kind::from_name(name).ok_or(Damage::Header)?;
    let size = std::str::from_utf8(digits).ok().and_then(|digits| digits.parse().ok());
    Ok((kind, size.ok_or(Damage::Header)?, end + 1))
}
