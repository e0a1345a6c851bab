//! A folder of evidence: read, listed and walked without ever leaving it.
//!
//! Links are resolved as the compromised host would have seen them from the folder as its root. A link that leads out
//! is never followed; it is an error that names where it wanted to go.

use std::{
    ffi::OsStr,
    fs::{self, File, Metadata, OpenOptions},
    io::{self, Read as _},
    os::unix::fs::{MetadataExt as _, OpenOptionsExt as _},
    path::{Component, Path, PathBuf},
};

use bbsec_core::{Gap, Place, Time, escape};

/// How many links one path may lead through, as on Linux.
const MAX_LINKS: usize = 40;
/// How deep a walk goes.
const MAX_DEPTH: usize = 64;

/// What lies at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A regular file.
    File,
    /// A folder.
    Folder,
    /// A symbolic link; not followed.
    Link,
    /// A device, pipe or socket; never opened.
    Other,
}

/// One entry of a folder.
#[derive(Debug, Clone)]
pub struct Node {
    /// Path below the root.
    pub path: PathBuf,
    /// What it is.
    pub kind: Kind,
    /// Bytes.
    pub size: u64,
    /// When its content last changed.
    pub modified: Time,
    /// Permission bits.
    pub mode: u32,
    /// Owner.
    pub uid: u32,
    /// Device and inode: the same for two names of one file.
    pub identity: (u64, u64),
}

/// Why something in the folder could not be read.
#[derive(Debug, thiserror::Error)]
pub enum TreeError {
    /// The system refused.
    #[error("cannot {operation} {path}")]
    Io {
        /// What was tried.
        operation: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// A link that leads out of the folder, or in a circle.
    #[error("{path} is a link to {target}, which is not within the folder that was given")]
    Link {
        /// The link.
        path: PathBuf,
        /// Where it leads.
        target: PathBuf,
    },
    /// A device, pipe, socket or folder.
    #[error("{path} is no regular file")]
    NotAFile {
        /// The file.
        path: PathBuf,
    },
    /// Larger than anything of its kind is.
    #[error("{path} is larger than {limit} bytes")]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The most that is read.
        limit: u64,
    },
}

impl TreeError {
    /// Whether there is simply nothing there.
    pub fn missing(&self) -> bool {
        matches!(self, Self::Io { source, .. }
            if matches!(source.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory))
    }

    /// The file that it is about.
    pub fn path(&self) -> &Path {
        match self {
            Self::Io { path, .. }
            | Self::Link { path, .. }
            | Self::NotAFile { path }
            | Self::TooLarge { path, .. } => path,
        }
    }

    /// The same, as a gap.
    pub fn gap(&self, kind: &str) -> Gap {
        let why = match self {
            Self::Io { operation, source, .. } => format!("cannot {operation}: {source}"),
            other => other.to_string(),
        };
        Gap::unread(kind, shown(self.path()), escape::terminal(&why), 1)
    }
}

/// A path as text, for places and messages; forward slashes, what is not UTF-8 replaced.
pub fn shown(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// A place that means a whole file.
pub fn place(path: &Path) -> Place {
    Place::file(shown(path))
}

/// A folder of evidence.
#[derive(Debug, Clone)]
pub struct Tree {
    root: PathBuf,
}

impl Tree {
    /// Takes a folder. Links in the path that the responder gave are followed; those below it are not.
    pub fn new(root: &Path) -> io::Result<Self> {
        Ok(Self { root: fs::canonicalize(root)? })
    }

    /// The folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The path on this machine, with links resolved inside the folder. Nothing is opened.
    pub fn resolve(&self, path: &Path) -> Result<PathBuf, TreeError> {
        self.resolve_to(path, true).map(|inside| self.root.join(inside))
    }

    fn resolve_to(&self, path: &Path, last: bool) -> Result<PathBuf, TreeError> {
        let out = |target: &Path| TreeError::Link { path: path.into(), target: target.into() };
        let mut todo: Vec<PathBuf> = pieces(path);
        let mut inside = PathBuf::new();
        let mut links = 0;
        while let Some(piece) = todo.pop() {
            if piece == Path::new("..") {
                if !inside.pop() {
                    return Err(out(path));
                }
                continue;
            }
            let next = inside.join(&piece);
            let real = self.root.join(&next);
            let is_link = fs::symlink_metadata(&real).is_ok_and(|found| found.is_symlink());
            if !is_link || (todo.is_empty() && !last) {
                inside = next;
                continue;
            }
            links += 1;
            let target = fs::read_link(&real).map_err(|source| TreeError::Io {
                operation: "read the link",
                path: path.into(),
                source,
            })?;
            if links > MAX_LINKS {
                return Err(out(&target));
            }
            if target.is_absolute() {
                inside = PathBuf::new();
                // The path on the live host is within what was given: the same file.
                if let Ok(below) = target.strip_prefix(&self.root) {
                    todo.extend(pieces(below));
                    continue;
                }
                let first = pieces(&target).pop().unwrap_or_default();
                if fs::symlink_metadata(self.root.join(first)).is_err() {
                    return Err(out(&target));
                }
            }
            todo.extend(pieces(&target));
        }
        Ok(inside)
    }

    /// What lies at a path; a last component that is a link is told as one.
    pub fn stat(&self, path: &Path) -> Result<Node, TreeError> {
        let real = self.root.join(self.resolve_to(path, false)?);
        let found = fs::symlink_metadata(&real).map_err(|source| TreeError::Io {
            operation: "look at",
            path: path.into(),
            source,
        })?;
        Ok(node(path.into(), &found))
    }

    /// Whether a regular file lies there; links inside the folder are followed.
    pub fn is_file(&self, path: impl AsRef<Path>) -> bool {
        self.resolve(path.as_ref()).is_ok_and(|real| fs::symlink_metadata(real).is_ok_and(|m| m.is_file()))
    }

    /// Whether a folder lies there; links inside the folder are followed.
    pub fn is_folder(&self, path: impl AsRef<Path>) -> bool {
        self.resolve(path.as_ref()).is_ok_and(|real| fs::symlink_metadata(real).is_ok_and(|m| m.is_dir()))
    }

    /// Opens a regular file. A pipe or device is refused, without waiting for it.
    pub fn open(&self, path: &Path) -> Result<(File, Node), TreeError> {
        let failed = |operation, source| TreeError::Io { operation, path: path.into(), source };
        let real = self.resolve(path)?;
        let before = fs::symlink_metadata(&real).map_err(|source| failed("look at", source))?;
        if !before.is_file() {
            return Err(TreeError::NotAFile { path: path.into() });
        }
        let file = OpenOptions::new()
            .read(true)
            .custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK)
            .open(&real)
            .map_err(|source| failed("open", source))?;
        let found = file.metadata().map_err(|source| failed("look at", source))?;
        if !found.is_file() {
            return Err(TreeError::NotAFile { path: path.into() });
        }
        Ok((file, node(path.into(), &found)))
    }

    /// A whole file of at most `limit` bytes.
    pub fn read(&self, path: &Path, limit: u64) -> Result<Vec<u8>, TreeError> {
        let (file, _) = self.open(path)?;
        let mut bytes = Vec::new();
        file.take(limit.saturating_add(1)).read_to_end(&mut bytes).map_err(|source| TreeError::Io {
            operation: "read",
            path: path.into(),
            source,
        })?;
        if bytes.len() as u64 > limit {
            return Err(TreeError::TooLarge { path: path.into(), limit });
        }
        Ok(bytes)
    }

    /// The entries of a folder, by name; links among them are told, not followed.
    pub fn list(&self, path: &Path) -> Result<Vec<Node>, TreeError> {
        let failed = |source| TreeError::Io { operation: "list", path: path.into(), source };
        let real = self.resolve(path)?;
        let mut nodes = Vec::new();
        for entry in fs::read_dir(&real).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let below = path.join(entry.file_name());
            // An entry that vanished between listing and looking is nothing that can be read.
            if let Ok(found) = entry.metadata() {
                nodes.push(node(below, &found));
            }
        }
        nodes.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(nodes)
    }

    /// Everything below a folder, depth first, by name. Folders for which `enter` is false are told, not entered.
    pub fn walk<'a>(&'a self, path: &Path, enter: impl Fn(&Node) -> bool + 'a) -> Walk<'a> {
        let mut walk = Walk { tree: self, stack: Vec::new(), failed: None, enter: Box::new(enter) };
        walk.push(path, 0);
        walk
    }
}

/// See [`Tree::walk`].
pub struct Walk<'a> {
    tree: &'a Tree,
    stack: Vec<(Node, usize)>,
    failed: Option<TreeError>,
    enter: Box<dyn Fn(&Node) -> bool + 'a>,
}

impl Walk<'_> {
    fn push(&mut self, path: &Path, depth: usize) {
        match self.tree.list(path) {
            Ok(nodes) => self.stack.extend(nodes.into_iter().rev().map(|node| (node, depth))),
            Err(error) => self.failed = Some(error),
        }
    }
}

impl Iterator for Walk<'_> {
    type Item = Result<Node, TreeError>;
    fn next(&mut self) -> Option<Self::Item> {
        if let Some(error) = self.failed.take() {
            return Some(Err(error));
        }
        let (node, depth) = self.stack.pop()?;
        if node.kind == Kind::Folder && (self.enter)(&node) {
            if depth >= MAX_DEPTH {
                let source = io::Error::other("folders are nested too deep");
                self.failed = Some(TreeError::Io { operation: "list", path: node.path.clone(), source });
            } else {
                self.push(&node.path, depth + 1);
            }
        }
        Some(Ok(node))
    }
}

/// The components of a path, the first one last; what names the root or the folder itself is left out.
fn pieces(path: &Path) -> Vec<PathBuf> {
    let mut all: Vec<PathBuf> = path
        .components()
        .filter_map(|piece| match piece {
            Component::Normal(name) => Some(PathBuf::from(name)),
            Component::ParentDir => Some(PathBuf::from("..")),
            Component::Prefix(_) | Component::RootDir | Component::CurDir => None,
        })
        .collect();
    all.reverse();
    all
}

fn node(path: PathBuf, found: &Metadata) -> Node {
    let kind = match found.file_type() {
        kind if kind.is_file() => Kind::File,
        kind if kind.is_dir() => Kind::Folder,
        kind if kind.is_symlink() => Kind::Link,
        _ => Kind::Other,
    };
    Node {
        path,
        kind,
        size: found.len(),
        modified: modified(found),
        mode: found.mode() & 0o7777,
        uid: found.uid(),
        identity: (found.dev(), found.ino()),
    }
}

/// When a file's content last changed.
pub(crate) fn modified(found: &Metadata) -> Time {
    Time::from_micros(found.mtime().saturating_mul(1_000_000).saturating_add(found.mtime_nsec() / 1000))
}

/// The last component as text.
pub(crate) fn name_of(path: &Path) -> String {
    path.file_name().map(OsStr::to_string_lossy).unwrap_or_default().into_owned()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn links_are_followed_inside_and_never_out() {
        let outside = tempfile::tempdir().unwrap();
        fs::write(outside.path().join("secret"), "x").unwrap();
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        fs::create_dir_all(root.join("mnt/shared")).unwrap();
        fs::write(root.join("mnt/shared/a"), "inside").unwrap();
        symlink("/mnt/shared", root.join("absolute")).unwrap();
        symlink("mnt/../mnt/shared", root.join("relative")).unwrap();
        symlink(outside.path(), root.join("out")).unwrap();
        symlink("../../../../etc", root.join("up")).unwrap();
        symlink("circle", root.join("circle")).unwrap();
        let tree = Tree::new(root).unwrap();
        for inside in ["absolute/a", "relative/a", "mnt/shared/a"] {
            assert_eq!(tree.read(Path::new(inside), 100).unwrap(), b"inside", "{inside}");
        }
        for out in ["out/secret", "up/passwd", "circle", "../x"] {
            assert!(matches!(tree.read(Path::new(out), 100), Err(TreeError::Link { .. })), "{out}");
        }
        assert!(matches!(tree.read(Path::new("mnt/shared/a"), 3), Err(TreeError::TooLarge { .. })));
        let kinds: Vec<_> =
            tree.walk(Path::new(""), |_| true).map(|n| n.unwrap()).filter(|n| n.kind == Kind::Link).collect();
        assert_eq!(kinds.len(), 5, "links are told");
    }
}
