//! One folder `objects`: its packs and loose objects, listed and opened with everything odd named.

use std::path::{Path, PathBuf};

use crate::{
    GitError, Oid, Problem, ProblemKind, Problems,
    fence::{Fence, Listed},
    idx::Index,
    limits::Limits,
    loose,
    pack::Pack,
    rescan,
};

/// A folder of objects, read once however many repositories share it.
#[derive(Debug)]
pub struct ObjectDir {
    path: PathBuf,
    pub(crate) fence: Fence,
    pub(crate) packs: Vec<Pack>,
    /// Sorted.
    pub(crate) loose: Vec<Oid>,
    /// Folders in which a push was being received.
    pub(crate) quarantines: Vec<PathBuf>,
}

impl ObjectDir {
    /// A folder that holds one pack.
    pub(crate) fn of_pack(pack: Pack, fence: &Fence) -> Self {
        Self {
            path: pack.path.clone(),
            fence: fence.clone(),
            packs: vec![pack],
            loose: Vec::new(),
            quarantines: Vec::new(),
        }
    }

    /// Lists and opens a folder `objects`.
    pub(crate) fn open(
        path: &Path,
        fence: &Fence,
        limits: &Limits,
        problems: &mut Problems,
    ) -> Result<Self, GitError> {
        let listed = fence
            .list(path)
            .map_err(|denied| GitError::Io { path: path.to_owned(), source: denied.into_io() })?;
        let mut dir = Self {
            path: path.to_owned(),
            fence: fence.clone(),
            packs: Vec::new(),
            loose: Vec::new(),
            quarantines: Vec::new(),
        };
        for entry in listed {
            let name = entry.name.as_encoded_bytes();
            if !entry.is_dir {
                continue;
            }
            if name.len() == 2 && name.iter().all(u8::is_ascii_hexdigit) {
                dir.list_loose(&entry, limits, problems);
            } else if name == b"pack" {
                dir.open_packs(&entry.path, limits, problems);
            } else if name.starts_with(b"incoming-") || name.starts_with(b"tmp_objdir-") {
                dir.quarantines.push(entry.path);
            }
        }
        dir.loose.sort_unstable();
        // The largest first: of several copies of an object, the one with most neighbours is read.
        dir.packs.sort_by_key(|pack| std::cmp::Reverse(pack.len));
        Ok(dir)
    }

    fn list_loose(&mut self, fan: &Listed, limits: &Limits, problems: &mut Problems) {
        match self.fence.list(&fan.path) {
            Ok(files) => {
                for file in files {
                    if let Some(oid) =
                        loose::oid_of(fan.name.as_encoded_bytes(), file.name.as_encoded_bytes())
                    {
                        self.loose.push(oid);
                    }
                }
                if self.loose.len() > limits.max_names {
                    self.loose.truncate(limits.max_names);
                    problems.push(Problem::at(ProblemKind::Limit("loose objects".to_owned()), &fan.path));
                }
            }
            Err(denied) => problems.push(denied.problem(&fan.path)),
        }
    }

    fn open_packs(&mut self, folder: &Path, limits: &Limits, problems: &mut Problems) {
        let files = match self.fence.list(folder) {
            Ok(files) => files,
            Err(denied) => return problems.push(denied.problem(folder)),
        };
        let has = |path: &Path| files.iter().any(|file| file.path == path);
        for file in &files {
            let name = file.name.as_encoded_bytes();
            let extension = file.path.extension().map(std::ffi::OsStr::as_encoded_bytes);
            match extension {
                Some(b"pack") => self.open_pack(&file.path, limits, problems),
                Some(b"idx") if !has(&file.path.with_extension("pack")) => {
                    problems.push(Problem::at(ProblemKind::PackMissing, &file.path));
                }
                Some(b"promisor") => problems.push(Problem::at(ProblemKind::Promisor, &file.path)),
                None if name.starts_with(b"tmp_pack_") => self.open_pack(&file.path, limits, problems),
                _ => {}
            }
        }
        let midx = folder.join("multi-pack-index");
        if has(&midx) {
            crate::midx::check(&self.fence, &midx, limits, &|name| has(&folder.join(name)), problems);
        }
    }

    fn open_pack(&mut self, path: &Path, limits: &Limits, problems: &mut Problems) {
        let (file, len) = match self.fence.open_listed(path) {
            Ok(opened) => opened,
            Err(denied) => return problems.push(denied.problem(path)),
        };
        let Ok(real) = self.fence.resolve(path) else { return };
        let declared = match Pack::declared(&file) {
            Ok(declared) => declared,
            Err(why) => return problems.push(Problem::at(ProblemKind::Pack(why), path)),
        };
        // An index is 28 bytes for each object, and 8 more for large offsets.
        let most = (u64::from(declared) * 40 + 4096).max(limits.max_file);
        let index = self
            .fence
            .read(&path.with_extension("idx"), most)
            .map_err(|denied| denied.why())
            .and_then(Index::parse)
            .and_then(
                |index| if index.len() == declared { Ok(index) } else { Err(counts(&index, declared)) },
            );
        let index = match index {
            Ok(index) => index,
            Err(why) => match rescan::index(&real, len, &self.fence, limits) {
                Ok((index, left)) => {
                    problems.push(Problem::at(ProblemKind::PackRescanned(why), path));
                    if index.len() != declared {
                        problems.push(Problem::at(ProblemKind::CountMismatch, path));
                    }
                    if left > 0 {
                        let mut problem = Problem::at(ProblemKind::HiddenBytes, path);
                        problem.count = left;
                        problems.push(problem);
                    }
                    index
                }
                Err(error) => return problems.push(Problem::at(ProblemKind::Pack(error.to_string()), path)),
            },
        };
        self.packs.push(Pack::new(&real, len, index));
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether it holds an object, by its lists.
    pub fn contains(&self, oid: &Oid) -> bool {
        self.loose.binary_search(oid).is_ok() || self.packs.iter().any(|pack| pack.index.find(oid).is_some())
    }

    /// How many objects its lists name; copies are counted each.
    pub fn objects(&self) -> u64 {
        self.loose.len() as u64 + self.packs.iter().map(|pack| u64::from(pack.entries())).sum::<u64>()
    }

    /// Bytes of its packs.
    pub fn pack_bytes(&self) -> u64 {
        self.packs.iter().map(|pack| pack.len).sum()
    }

    pub(crate) fn loose_path(&self, oid: &Oid) -> PathBuf {
        let hex = oid.to_string();
        let (dir, name) = hex.split_at(2);
        self.path.join(dir).join(name)
    }
}

fn counts(index: &Index, declared: u32) -> String {
    format!("it names {} objects, the pack declares {declared}", index.len())
}
