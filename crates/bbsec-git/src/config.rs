//! The few facts of a repository's configuration that decide whether we can read it. Nothing is included or executed.

use std::path::{Path, PathBuf};

use crate::{Limits, ObjectDir, Oid, fence::Fence};

/// What the configuration says about the object store.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Facts {
    pub(crate) sha256: bool,
    pub(crate) promisor: bool,
}

/// Reads `config`. Lines that make no sense are passed over: another program's strictness is not ours.
pub(crate) fn facts(git_dir: &Path, fence: &Fence, limits: &Limits) -> Facts {
    let text = fence.read(&git_dir.join("config"), limits.max_file).unwrap_or_default();
    let mut facts = Facts::default();
    let mut extensions = false;
    for line in text.split(|&byte| byte == b'\n') {
        let line = String::from_utf8_lossy(line).trim().to_ascii_lowercase();
        if line.starts_with('[') {
            extensions = line.starts_with("[extensions]");
        }
        let setting = line.rsplit(']').next().unwrap_or_default();
        let (key, value) = setting.split_once('=').unwrap_or((setting, ""));
        let value = value.trim().trim_matches('"');
        match key.trim() {
            "objectformat" if extensions => facts.sha256 |= value.starts_with("sha256"),
            "partialclone" if extensions => facts.promisor = true,
            "promisor" => facts.promisor |= value != "false",
            _ => {}
        }
    }
    facts
}

/// The folder that holds `objects`: that of the main repository when `git_dir` is a linked worktree's.
pub(crate) fn common_dir(git_dir: &Path, fence: &mut Fence, widen: bool, limits: &Limits) -> PathBuf {
    if git_dir.join("objects").is_dir() {
        return git_dir.to_owned();
    }
    let Ok(text) = fence.read(&git_dir.join("commondir"), limits.max_file) else { return git_dir.to_owned() };
    let named = git_dir.join(String::from_utf8_lossy(&text).trim_end());
    if widen {
        let _ = fence.widen(&named);
    }
    fence.resolve(&named).unwrap_or_else(|_| git_dir.to_owned())
}

/// Commits whose parents a shallow clone left out: the file `shallow` beside `objects`.
pub(crate) fn shallow(dir: &ObjectDir, limits: &Limits) -> Vec<Oid> {
    let Some(git_dir) = dir.path().parent() else { return Vec::new() };
    let text = dir.fence.read(&git_dir.join("shallow"), limits.max_file).unwrap_or_default();
    text.split(|&byte| byte == b'\n').filter_map(|line| Oid::from_hex(line.trim_ascii())).collect()
}
