//! Every file of a repository that is neither a pack, an index of one, nor a loose object: configuration, hooks, messages,
//! reflogs, what a crash or a person left behind.

use std::{
    os::unix::ffi::OsStrExt,
    path::{Path, PathBuf},
};

use crate::{
    Limits, Problem, ProblemKind, Problems,
    fence::{Denied, Fence},
    loose,
};

/// What a file is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FileRole {
    /// `config`, `config.worktree`, `repository-config`.
    Config,
    /// Below `hooks`.
    Hook,
    /// A ref or `packed-refs`.
    Refs,
    /// Below `logs`.
    Reflog,
    /// An index.
    Index,
    /// A message that was being written: `COMMIT_EDITMSG`, `MERGE_MSG`, …
    Message,
    /// Below `lost-found`.
    LostFound,
    /// Large file storage.
    Lfs,
    /// Left behind in the object store, such as an unfinished object.
    Leftover,
    /// Anything else.
    Other,
}

/// One file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlainFile {
    /// Where it is.
    pub path: PathBuf,
    /// The same, from the repository's folder on.
    pub relative: PathBuf,
    /// What it is for.
    pub role: FileRole,
    /// How large it is.
    pub size: u64,
}

/// Folders below this depth are not entered.
const MAX_DEPTH: usize = 128;

/// Lists the files. Repositories of submodules below `modules` are listed like any folder, their object stores left out.
pub fn other_files(git_dir: &Path, within: Option<&Path>, problems: &mut Problems) -> Vec<PlainFile> {
    let limits = Limits::default();
    let fence = match Fence::around(within.unwrap_or(git_dir)) {
        Ok(fence) => fence,
        Err(error) => {
            problems.push(Denied::Io(error).problem(git_dir));
            return Vec::new();
        }
    };
    let mut out = Vec::new();
    let mut open = vec![(git_dir.to_owned(), PathBuf::new(), 0)];
    while let Some((dir, relative, depth)) = open.pop() {
        let listed = match fence.list(&dir) {
            Ok(listed) => listed,
            Err(denied) => {
                problems.push(denied.problem(&dir));
                continue;
            }
        };
        for entry in listed {
            let relative = relative.join(&entry.name);
            let meta = std::fs::symlink_metadata(&entry.path);
            let link = meta.as_ref().is_ok_and(std::fs::Metadata::is_symlink);
            if entry.is_dir {
                // A linked folder lies elsewhere inside of the evidence, or leads back.
                if link {
                    continue;
                }
                if is_nested(&entry.path, &relative) {
                    problems.push(Problem::at(ProblemKind::Nested, &dir));
                }
                if depth < MAX_DEPTH {
                    open.push((entry.path, relative, depth + 1));
                } else {
                    problems.push(Problem::at(
                        ProblemKind::Limit("folders in each other".to_owned()),
                        entry.path,
                    ));
                }
            } else if let Some(role) = role(&relative) {
                match fence.open_listed(&entry.path) {
                    Ok((_, size)) => out.push(PlainFile { path: entry.path, relative, role, size }),
                    Err(denied) => problems.push(denied.problem(&entry.path)),
                }
            }
        }
        if out.len() > limits.max_names {
            problems.push(Problem::at(ProblemKind::Limit("files".to_owned()), dir));
            break;
        }
    }
    out.sort_by(|a, b| a.relative.cmp(&b.relative));
    out
}

/// Whether a folder is the object store of a repository that lies below this one.
fn is_nested(path: &Path, relative: &Path) -> bool {
    relative.iter().count() > 1 && path.ends_with("objects") && path.join("pack").is_dir()
}

/// What a path is for; `None` for what the object store reads by itself.
fn role(relative: &Path) -> Option<FileRole> {
    let parts: Vec<&[u8]> = relative.iter().map(OsStrExt::as_bytes).collect();
    let name = parts.last().copied().unwrap_or_default();
    if let Some(at) =
        parts.iter().position(|part| *part == b"objects").filter(|_| !parts.contains(&&b"lfs"[..]))
    {
        let below = parts.get(at + 1..).unwrap_or_default();
        let made_of_objects = match below {
            [.., folder, file] => {
                loose::oid_of(folder, file).is_some() || (*folder == b"pack" && derived(file))
            }
            _ => false,
        };
        let listed =
            below.first() == Some(&&b"info"[..]) && !name.starts_with(b"alternates") && !name.contains(&b' ');
        return if made_of_objects || listed { None } else { Some(FileRole::Leftover) };
    }
    let first = parts.first().copied().unwrap_or_default();
    let role = match (first, name) {
        (b"hooks", _) => FileRole::Hook,
        (b"logs", _) => FileRole::Reflog,
        (b"refs" | b"stash-refs", _) | (_, b"packed-refs") => FileRole::Refs,
        (b"lost-found", _) => FileRole::LostFound,
        (b"lfs", _) => FileRole::Lfs,
        (_, b"config" | b"config.worktree" | b"repository-config") => FileRole::Config,
        (_, b"index") => FileRole::Index,
        (_, name) if name.ends_with(b"MSG") || name.ends_with(b"_MSG~") => FileRole::Message,
        _ if parts.contains(&&b"logs"[..]) => FileRole::Reflog,
        _ => FileRole::Other,
    };
    Some(role)
}

/// Packs, and what git derives from them.
fn derived(name: &[u8]) -> bool {
    let extension = name.rsplit(|&byte| byte == b'.').next().unwrap_or_default();
    name.starts_with(b"multi-pack-index")
        || name.starts_with(b"tmp_pack_")
        || matches!(extension, b"pack" | b"idx" | b"rev" | b"bitmap" | b"mtimes" | b"keep" | b"promisor")
}
