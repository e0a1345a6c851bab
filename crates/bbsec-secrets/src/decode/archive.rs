//! Archives: zip (and jar, war, docx, …) and tar, member by member.

use std::io::Cursor;

use super::stream;
use crate::engine::{Engine, Marks};

/// Which one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Zip,
    Tar,
}

/// By the first bytes; tar by the mark in its first header.
pub(super) fn kind(data: &[u8]) -> Option<Kind> {
    if data.starts_with(b"PK\x03\x04") || data.starts_with(b"PK\x05\x06") {
        return Some(Kind::Zip);
    }
    (data.get(257..262) == Some(b"ustar")).then_some(Kind::Tar)
}

pub(super) fn undo(engine: &mut Engine, kind: Kind, data: &[u8], marks: &mut Marks) {
    match kind {
        Kind::Zip => zip(engine, data, marks),
        Kind::Tar => tar(engine, data, marks),
    }
}

fn zip(engine: &mut Engine, data: &[u8], marks: &mut Marks) {
    let all = (0, data.len());
    let Ok(mut archive) = zip::ZipArchive::new(Cursor::new(data)) else {
        engine.stats.damaged += 1;
        return;
    };
    if archive.len() > engine.limits.members {
        engine.stats.not_decoded += (archive.len() - engine.limits.members) as u64;
    }
    let mut names = String::new();
    for index in 0..archive.len().min(engine.limits.members) {
        match archive.by_index(index) {
            Ok(member) => {
                if member.is_dir() {
                    continue;
                }
                let name = String::from_utf8_lossy(member.name_raw()).into_owned();
                let how = format!("zip!{name}");
                names.push_str(&name);
                names.push('\n');
                let size = member.compressed_size().min(data.len() as u64) as usize;
                stream::read(engine, member, size, &how, all, marks);
            }
            // Encrypted, or packed in a way that we do not undo.
            Err(_) => engine.stats.damaged += 1,
        }
    }
    engine.inner(names.as_bytes(), "zip member names", all, all, marks);
}

fn tar(engine: &mut Engine, data: &[u8], marks: &mut Marks) {
    let all = (0, data.len());
    let mut archive = tar::Archive::new(data);
    let Ok(entries) = archive.entries() else {
        engine.stats.damaged += 1;
        return;
    };
    let mut names = Vec::new();
    for (count, entry) in entries.enumerate() {
        if count >= engine.limits.members {
            engine.stats.not_decoded += 1;
            break;
        }
        let Ok(entry) = entry else {
            engine.stats.damaged += 1;
            break;
        };
        let path = entry.path_bytes().into_owned();
        names.extend_from_slice(&path);
        if let Some(target) = entry.link_name_bytes() {
            names.extend_from_slice(b" -> ");
            names.extend_from_slice(&target);
        }
        names.push(b'\n');
        if entry.header().entry_type().is_file() {
            let how = format!("tar!{}", String::from_utf8_lossy(&path));
            let size = usize::try_from(entry.size()).unwrap_or(usize::MAX).min(data.len());
            stream::read(engine, entry, size, &how, all, marks);
        }
    }
    engine.inner(&names, "tar member names", all, all, marks);
}
