//! Walks a folder in a fixed order without following links and without leaving out what it cannot read.

use std::{
    fs::Metadata,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
};

use walkdir::{DirEntry, WalkDir};

/// Something below the folder.
pub(super) struct Seen {
    /// Relative to the folder.
    pub(super) path: PathBuf,
    pub(super) kind: Kind,
}

/// What it is.
pub(super) enum Kind {
    File { size: u64, modified: i128 },
    Link(PathBuf),
    Special(&'static str),
    Unreadable(String),
}

/// Everything below `folder` but folders themselves, sorted by name.
pub(super) fn walk(folder: &Path) -> impl Iterator<Item = Seen> {
    let root = folder.to_path_buf();
    WalkDir::new(folder).min_depth(1).follow_links(false).sort_by_file_name().into_iter().filter_map(
        move |entry| match entry {
            Ok(entry) if entry.file_type().is_dir() => None,
            Ok(entry) => Some(Seen { path: relative(&root, entry.path()), kind: kind(&entry) }),
            Err(error) => {
                let path = error.path().map_or_else(PathBuf::new, |path| relative(&root, path));
                let why = error.io_error().map_or_else(|| "cannot be read".into(), ToString::to_string);
                Some(Seen { path, kind: Kind::Unreadable(why) })
            }
        },
    )
}

fn relative(root: &Path, path: &Path) -> PathBuf {
    path.strip_prefix(root).unwrap_or(path).to_path_buf()
}

fn kind(entry: &DirEntry) -> Kind {
    if entry.path_is_symlink() {
        return match std::fs::read_link(entry.path()) {
            Ok(target) => Kind::Link(target),
            Err(error) => Kind::Unreadable(error.to_string()),
        };
    }
    if !entry.file_type().is_file() {
        return Kind::Special("a pipe, socket or device");
    }
    match entry.metadata() {
        Ok(metadata) => Kind::File { size: metadata.len(), modified: modified(&metadata) },
        Err(error) => Kind::Unreadable(error.to_string()),
    }
}

/// Modification time in nanoseconds.
pub(super) fn modified(metadata: &Metadata) -> i128 {
    i128::from(metadata.mtime()) * 1_000_000_000 + i128::from(metadata.mtime_nsec())
}
