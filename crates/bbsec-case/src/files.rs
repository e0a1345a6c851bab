//! Writing files so that a crash leaves either the old or the new bytes; reading without following links.

use std::{
    fs::{self, DirBuilder, File, OpenOptions, Permissions},
    io::{self, Read, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

use bbsec_core::hex;
use sha2::{Digest as _, Sha256};

use crate::CaseError;

/// Mode of evidence and results once they are written.
pub(crate) const READ_ONLY: u32 = 0o444;
/// Mode of everything that only the owner may see.
pub(crate) const PRIVATE: u32 = 0o600;

/// Opens a regular file for reading; a symbolic link, pipe or device is an error, and never blocks.
pub(crate) fn open(path: &Path) -> io::Result<File> {
    let file = OpenOptions::new().read(true).custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK).open(path)?;
    if file.metadata()?.is_file() {
        Ok(file)
    } else {
        Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"))
    }
}

/// Makes a file that must not exist yet.
pub(crate) fn create_new(path: &Path, mode: u32) -> Result<File, CaseError> {
    OpenOptions::new().read(true).write(true).create_new(true).mode(mode).open(path).map_err(|source| {
        if source.kind() == io::ErrorKind::AlreadyExists {
            CaseError::FileExists { path: path.into() }
        } else {
            CaseError::Io { op: "create", path: path.into(), source }
        }
    })
}

/// Makes a folder and its missing parents, visible to the owner alone.
pub(crate) fn create_dirs(path: &Path) -> Result<(), CaseError> {
    DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(CaseError::io("create", path))
}

/// Makes the names in a folder durable.
pub(crate) fn sync_dir(path: &Path) -> Result<(), CaseError> {
    File::open(path).and_then(|dir| dir.sync_all()).map_err(CaseError::io("sync", path))
}

/// Writes a whole file beside its place, makes it durable and moves it there: readers see the old bytes or the new.
pub(crate) fn replace(path: &Path, bytes: &[u8], mode: u32) -> Result<(), CaseError> {
    let temporary = beside(path);
    let written = write_durably(&temporary, bytes, mode).and_then(|()| {
        fs::rename(&temporary, path).map_err(CaseError::io("rename", path))?;
        sync_dir(parent(path))
    });
    if written.is_err() {
        // Best effort: the error that counts is the first one.
        let _ = fs::remove_file(&temporary);
    }
    written
}

/// Like [`replace`], without waiting for the disk: a killed process leaves the old bytes or the new, a power cut may
/// leave older ones.
pub(crate) fn swap(path: &Path, bytes: &[u8], mode: u32) -> Result<(), CaseError> {
    let temporary = beside(path);
    let _ = fs::remove_file(&temporary);
    let written = create_new(&temporary, mode)
        .and_then(|mut file| file.write_all(bytes).map_err(CaseError::io("write", &temporary)))
        .and_then(|()| fs::rename(&temporary, path).map_err(CaseError::io("rename", path)));
    if written.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    written
}

/// Makes a file's bytes durable.
pub(crate) fn sync(path: &Path) -> Result<(), CaseError> {
    File::open(path).and_then(|file| file.sync_all()).map_err(CaseError::io("sync", path))
}

/// Writes a file that must not exist yet, whole or not at all, and makes it read-only.
pub(crate) fn write_new(path: &Path, bytes: &[u8]) -> Result<(), CaseError> {
    if fs::symlink_metadata(path).is_ok() {
        return Err(CaseError::FileExists { path: path.into() });
    }
    replace(path, bytes, READ_ONLY)
}

fn write_durably(path: &Path, bytes: &[u8], mode: u32) -> Result<(), CaseError> {
    let _ = fs::remove_file(path);
    let mut file = create_new(path, PRIVATE)?;
    file.write_all(bytes).map_err(CaseError::io("write", path))?;
    file.set_permissions(Permissions::from_mode(mode)).map_err(CaseError::io("set the mode of", path))?;
    file.sync_all().map_err(CaseError::io("sync", path))
}

fn beside(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.new"))
}

/// The folder that holds a path.
pub(crate) fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// Reads a whole file of at most `limit` bytes.
pub(crate) fn read_limited(path: &Path, limit: u64) -> Result<Vec<u8>, CaseError> {
    let file = open(path).map_err(CaseError::io("open", path))?;
    let mut bytes = Vec::new();
    file.take(limit.saturating_add(1)).read_to_end(&mut bytes).map_err(CaseError::io("read", path))?;
    if bytes.len() as u64 > limit {
        let source = io::Error::new(io::ErrorKind::FileTooLarge, "larger than such a file can be");
        return Err(CaseError::Io { op: "read", path: path.into(), source });
    }
    Ok(bytes)
}

/// Hex SHA-256 of bytes in memory.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// Hex SHA-256 and length of what a reader gives; `tick` is called with every piece's length and may stop it.
pub(crate) fn sha256_reader(
    mut reader: impl Read,
    mut tick: impl FnMut(u64) -> io::Result<()>,
) -> io::Result<(String, u64)> {
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 256 * 1024];
    let mut size = 0_u64;
    loop {
        let count = match reader.read(&mut buffer) {
            Ok(0) => return Ok((hex::encode(hash.finalize()), size)),
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        hash.update(buffer.get(..count).unwrap_or_default());
        size = size.saturating_add(count as u64);
        tick(count as u64)?;
    }
}

/// Makes a folder visible to its owner alone.
pub(crate) fn make_private(path: &Path) -> Result<(), CaseError> {
    fs::set_permissions(path, Permissions::from_mode(0o700)).map_err(CaseError::io("set the mode of", path))
}
