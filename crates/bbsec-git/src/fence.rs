//! Reading files of the evidence, and nothing else: no link is followed out of it, nothing that blocks is opened.

use std::{
    ffi::OsString,
    fs::{self, File},
    io::{self, Read},
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
};

/// The folders that may be read; every path is resolved and compared before it is opened.
#[derive(Debug, Clone)]
pub(crate) struct Fence {
    roots: Vec<PathBuf>,
}

/// Why a path was not read.
#[derive(Debug)]
pub(crate) enum Denied {
    Missing,
    Outside,
    Special,
    TooLarge(u64),
    Io(io::Error),
}

impl Denied {
    pub(crate) fn why(&self) -> String {
        match self {
            Self::Missing => "it is not there".to_owned(),
            Self::Outside => "it points out of the evidence".to_owned(),
            Self::Special => "it is no regular file".to_owned(),
            Self::TooLarge(size) => format!("it is larger than the limit ({size} bytes)"),
            Self::Io(error) => error.to_string(),
        }
    }

    pub(crate) fn into_io(self) -> io::Error {
        match self {
            Self::Io(error) => error,
            Self::Missing => io::Error::from(io::ErrorKind::NotFound),
            other => io::Error::other(other.why()),
        }
    }

    /// As a problem with `path`.
    pub(crate) fn problem(&self, path: &Path) -> crate::Problem {
        let kind = match self {
            Self::Outside => crate::ProblemKind::Outside,
            other => crate::ProblemKind::File(other.why()),
        };
        crate::Problem::at(kind, path)
    }
}

impl From<io::Error> for Denied {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::NotFound { Self::Missing } else { Self::Io(error) }
    }
}

/// One name in a folder.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Listed {
    pub(crate) name: OsString,
    pub(crate) path: PathBuf,
    pub(crate) is_dir: bool,
}

impl Fence {
    /// Around one folder, resolved.
    pub(crate) fn around(root: &Path) -> io::Result<Self> {
        Ok(Self { roots: vec![fs::canonicalize(root)?] })
    }

    /// Lets a further folder be read.
    pub(crate) fn widen(&mut self, root: &Path) -> io::Result<()> {
        let root = fs::canonicalize(root)?;
        if !self.roots.contains(&root) {
            self.roots.push(root);
        }
        Ok(())
    }

    /// The path with every link resolved, when it stays inside.
    pub(crate) fn resolve(&self, path: &Path) -> Result<PathBuf, Denied> {
        let real = fs::canonicalize(path)?;
        if self.roots.iter().any(|root| real.starts_with(root)) { Ok(real) } else { Err(Denied::Outside) }
    }

    /// Opens a regular file. `path` may itself be a link; the folder it stands in was resolved by whoever listed it.
    pub(crate) fn open_listed(&self, path: &Path) -> Result<(File, u64), Denied> {
        let mut meta = fs::symlink_metadata(path)?;
        let file = if meta.file_type().is_symlink() {
            let real = self.resolve(path)?;
            meta = fs::symlink_metadata(&real)?;
            Self::regular(&meta)?;
            File::open(real)?
        } else {
            Self::regular(&meta)?;
            File::open(path)?
        };
        Ok((file, meta.len()))
    }

    /// Opens a regular file anywhere below the roots.
    pub(crate) fn open(&self, path: &Path) -> Result<(File, u64), Denied> {
        let real = self.resolve(path)?;
        let meta = fs::symlink_metadata(&real)?;
        Self::regular(&meta)?;
        Ok((File::open(real)?, meta.len()))
    }

    /// A file's bytes, when there are at most `max`.
    pub(crate) fn read(&self, path: &Path, max: u64) -> Result<Vec<u8>, Denied> {
        let (file, size) = self.open(path)?;
        read_whole(file, size, max)
    }

    fn regular(meta: &fs::Metadata) -> Result<(), Denied> {
        if meta.is_file() { Ok(()) } else { Err(Denied::Special) }
    }

    /// Names in a folder, sorted; links are resolved, and what points outside is listed as a file so that opening it
    /// says why.
    pub(crate) fn list(&self, dir: &Path) -> Result<Vec<Listed>, Denied> {
        let real = self.resolve(dir)?;
        let mut out = Vec::new();
        for entry in fs::read_dir(&real)? {
            let entry = entry?;
            let file_type = entry.file_type()?;
            let path = entry.path();
            let is_dir = file_type.is_dir()
                || (file_type.is_symlink() && self.resolve(&path).is_ok_and(|real| real.is_dir()));
            out.push(Listed { name: entry.file_name(), path, is_dir });
        }
        out.sort();
        Ok(out)
    }
}

/// Reads a file of a known size whole, bounded even when it grows.
pub(crate) fn read_whole(file: File, size: u64, max: u64) -> Result<Vec<u8>, Denied> {
    if size > max {
        return Err(Denied::TooLarge(size));
    }
    let mut out = Vec::with_capacity(size as usize);
    file.take(max.saturating_add(1)).read_to_end(&mut out)?;
    if out.len() as u64 > max { Err(Denied::TooLarge(out.len() as u64)) } else { Ok(out) }
}

/// Fills as much of `buffer` as the file has from `offset` on; returns how much that is.
pub(crate) fn read_up_to(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    let mut filled = 0;
    while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match file.read_at(rest, offset.saturating_add(filled as u64)) {
            Ok(0) => break,
            Ok(n) => filled += n,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}
