//! What is too large to copy is registered in place: every file is hashed where it lies, and the list goes into the
//! bag as `registered/<name>.sha256`, in the format of `sha256sum`, so that `sha256sum -c` checks it again.
//!
//! Links, devices and what cannot be read go into `registered/<name>.other.jsonl` beside it: a list that only named
//! what could be hashed would hide what could not. Links are named, never followed.

use std::{
    collections::HashMap,
    ffi::OsString,
    fs::{self, File, OpenOptions},
    io::{self, BufRead as _, BufReader, Write as _},
    os::unix::ffi::{OsStrExt as _, OsStringExt as _},
    path::{Path, PathBuf},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bbsec_core::{Progress, Unit};
use serde::{Deserialize, Serialize};

use super::walk::{Kind, Seen, walk};
use crate::{CaseError, files};

/// One file that was hashed; also the line of the partial list from which an interrupted registration goes on.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Hashed {
    /// Base64 of the path's bytes, because a path need not be text.
    path: String,
    size: u64,
    /// Modification time in nanoseconds: a file that changed meanwhile is hashed again.
    modified: i128,
    sha256: String,
}

/// Something below the folder that has no hash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Other {
    /// The path, with bytes that are no text as `\xNN`.
    pub path: String,
    /// `symlink`, `special` or `unreadable`.
    pub kind: String,
    /// Where a link points, or why it could not be read.
    pub what: String,
}

/// What registering a folder found.
pub(crate) struct Registration {
    /// The list in `sha256sum` format.
    pub(crate) list: Vec<u8>,
    /// What has no hash.
    pub(crate) others: Vec<Other>,
    /// Bytes of all hashed files.
    pub(crate) size: u64,
    pub(crate) files: u64,
}

/// Hashes every file below `folder`. What was hashed is kept in `partial` until the caller removes it.
pub(crate) fn hash_folder(
    folder: &Path,
    partial: &Path,
    progress: &dyn Progress,
) -> Result<Registration, CaseError> {
    if !fs::metadata(folder).map_err(CaseError::io("open", folder))?.is_dir() {
        let source = io::Error::from(io::ErrorKind::NotADirectory);
        return Err(CaseError::Io { op: "register", path: folder.into(), source });
    }
    let mut known = read_partial(partial)?;
    let mut log =
        OpenOptions::new().create(true).append(true).open(partial).map_err(CaseError::io("open", partial))?;
    let task = progress.task("hashing in place", Unit::Bytes, None);
    let mut out = Registration { list: Vec::new(), others: Vec::new(), size: 0, files: 0 };
    for seen in walk(folder) {
        if progress.cancelled() {
            return Err(CaseError::Cancelled { doing: format!("hashing {}", folder.display()) });
        }
        let Seen { path, kind } = seen;
        match kind {
            Kind::File { size, modified } => {
                let key = STANDARD.encode(path.as_os_str().as_bytes());
                let reused = known.remove(&key).filter(|old| old.size == size && old.modified == modified);
                let fresh = reused.is_none();
                let hashed = match reused {
                    Some(old) => Ok(old),
                    None => hash_file(folder, &path, key, progress, &*task),
                };
                match hashed {
                    Ok(hashed) => {
                        if fresh {
                            keep(&mut log, &hashed, partial)?;
                        } else {
                            task.advance(hashed.size);
                        }
                        out.size = out.size.saturating_add(hashed.size);
                        out.files = out.files.saturating_add(1);
                        list_line(&path, &hashed.sha256, &mut out.list);
                    }
                    Err(_) if progress.cancelled() => {
                        return Err(CaseError::Cancelled { doing: format!("hashing {}", folder.display()) });
                    }
                    Err(error) => out.others.push(other(&path, "unreadable", &error.to_string())),
                }
            }
            Kind::Link(target) => out.others.push(other(&path, "symlink", &shown(&target))),
            Kind::Special(what) => out.others.push(other(&path, "special", what)),
            Kind::Unreadable(why) => out.others.push(other(&path, "unreadable", &why)),
        }
    }
    Ok(out)
}

fn hash_file(
    folder: &Path,
    path: &Path,
    key: String,
    progress: &dyn Progress,
    task: &dyn bbsec_core::Task,
) -> io::Result<Hashed> {
    let file = files::open(&folder.join(path))?;
    let modified = super::walk::modified(&file.metadata()?);
    let (sha256, size) = files::sha256_reader(file, |count| {
        task.advance(count);
        if progress.cancelled() { Err(io::ErrorKind::Interrupted.into()) } else { Ok(()) }
    })?;
    Ok(Hashed { path: key, size, modified, sha256 })
}

fn keep(log: &mut File, hashed: &Hashed, partial: &Path) -> Result<(), CaseError> {
    let mut line = serde_json::to_vec(hashed)
        .map_err(|source| CaseError::Json { what: "a line of a hash list", source })?;
    line.push(b'\n');
    log.write_all(&line).map_err(CaseError::io("write", partial))
}

/// Lines that do not parse, such as a torn last one, are as if they had never been written: the file is hashed again.
fn read_partial(partial: &Path) -> Result<HashMap<String, Hashed>, CaseError> {
    let file = match files::open(partial) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(HashMap::new()),
        Err(source) => return Err(CaseError::Io { op: "open", path: partial.into(), source }),
    };
    let mut known = HashMap::new();
    let mut whole = 0_u64;
    let mut reader = BufReader::new(file);
    let mut line = Vec::new();
    while reader.read_until(b'\n', &mut line).map_err(CaseError::io("read", partial))? > 0 {
        if line.last() != Some(&b'\n') {
            break;
        }
        whole = whole.saturating_add(line.len() as u64);
        if let Ok(hashed) = serde_json::from_slice::<Hashed>(&line) {
            known.insert(hashed.path.clone(), hashed);
        }
        line.clear();
    }
    let file = OpenOptions::new().write(true).open(partial).map_err(CaseError::io("open", partial))?;
    file.set_len(whole).map_err(CaseError::io("shorten", partial))?;
    Ok(known)
}

fn other(path: &Path, kind: &str, what: &str) -> Other {
    Other { path: shown(path), kind: kind.into(), what: what.into() }
}

/// A path as text that says which bytes it has.
fn shown(path: &Path) -> String {
    let mut out = String::new();
    for chunk in path.as_os_str().as_bytes().utf8_chunks() {
        out.push_str(chunk.valid());
        for byte in chunk.invalid() {
            out.push_str(&format!("\\x{byte:02x}"));
        }
    }
    out
}

/// One line as `sha256sum` writes it: names with a backslash or a line end are escaped, and the line begins with a
/// backslash then.
fn list_line(path: &Path, sha256: &str, out: &mut Vec<u8>) {
    let bytes = path.as_os_str().as_bytes();
    if bytes.iter().any(|byte| matches!(byte, b'\\' | b'\n' | b'\r')) {
        out.push(b'\\');
    }
    out.extend_from_slice(sha256.as_bytes());
    out.extend_from_slice(b"  ");
    for byte in bytes {
        match byte {
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            byte => out.push(*byte),
        }
    }
    out.push(b'\n');
}

/// Reads such a line; `None` when it is none.
pub(crate) fn parse_list_line(line: &[u8]) -> Option<(PathBuf, String)> {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    let (escaped, line) = match line.strip_prefix(b"\\") {
        Some(rest) => (true, rest),
        None => (false, line),
    };
    let (sha256, rest) = line.split_at_checked(64)?;
    let sha256 = std::str::from_utf8(sha256).ok()?;
    bbsec_core::hex::decode(sha256)?;
    let name = rest.strip_prefix(b"  ").or_else(|| rest.strip_prefix(b" *"))?;
    let mut bytes = Vec::with_capacity(name.len());
    let mut rest = name.iter();
    while let Some(byte) = rest.next() {
        bytes.push(match (escaped, byte) {
            (true, b'\\') => match rest.next()? {
                b'\\' => b'\\',
                b'n' => b'\n',
                b'r' => b'\r',
                _ => return None,
            },
            (_, byte) => *byte,
        });
    }
    Some((PathBuf::from(OsString::from_vec(bytes)), sha256.into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_name_survives_the_list(name in proptest::collection::vec(1_u8..=255, 1..40)) {
            let path = PathBuf::from(OsString::from_vec(name));
            let mut line = Vec::new();
            list_line(&path, &files::sha256(b""), &mut line);
            prop_assert_eq!(line.split(|byte| *byte == b'\n').count(), 2);
            prop_assert_eq!(parse_list_line(&line), Some((path, files::sha256(b""))));
        }

        #[test]
        fn no_line_panics(line in proptest::collection::vec(any::<u8>(), 0..100)) {
            let _ = parse_list_line(&line);
        }
    }
}
