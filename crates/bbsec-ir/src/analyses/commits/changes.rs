//! What a commit changes that runs by itself: build definitions, hooks, submodules.

use bbsec_git::{Commit, Kind, Limits, Mode, Oid, Store, commit, tree};

/// Trees that are read for one commit; a change of more is told as such.
const TREES: usize = 4_000;
/// Changed paths that are looked at.
const PATHS: usize = 100_000;
/// The deepest path.
const DEPTH: usize = 128;

/// Why a path matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Runs {
    /// Runs on the build machine.
    Build,
    /// Runs on the machine of whoever clones, commits or installs.
    Hook,
    /// Brings another repository in.
    Submodule,
}

impl Runs {
    /// The name in findings.
    pub(crate) const fn rule(self) -> &'static str {
        match self {
            Self::Build => "commits.build-changed",
            Self::Hook => "commits.hook-changed",
            Self::Submodule => "commits.submodule-changed",
        }
    }

    /// What a change of it means.
    pub(crate) const fn what(self) -> &'static str {
        match self {
            Self::Build => "changes what the build machine runs",
            Self::Hook => "changes what runs on the machine of whoever clones or commits",
            Self::Submodule => "changes which other repositories belong to it",
        }
    }
}

/// What a path is, if it matters.
pub(crate) fn runs(path: &str, mode: Mode) -> Option<Runs> {
    if mode.is_submodule() || path == ".gitmodules" {
        return Some(Runs::Submodule);
    }
    let lower = path.to_ascii_lowercase();
    let file = lower.rsplit('/').next().unwrap_or(&lower);
    let ends = |endings: &[&str]| endings.iter().any(|ending| file.ends_with(ending));
    let starts = |folders: &[&str]| folders.iter().any(|folder| lower.starts_with(folder));
    let build = matches!(
        file,
        "bitbucket-pipelines.yml" | "bitbucket-pipelines.yaml" | ".gitlab-ci.yml" | ".travis.yml" | ".drone.yml"
            | "azure-pipelines.yml" | "buildspec.yml" | "buildspec.yaml" | "cloudbuild.yaml" | "appveyor.yml"
            | "bamboo.yml" | ".woodpecker.yml" | "codefresh.yml" | "jenkinsfile" | "concourse.yml"
    ) || file.starts_with("jenkinsfile")
        || starts(&[".github/workflows/", ".github/actions/", "bamboo-specs/", ".circleci/", ".buildkite/", ".gitlab/", ".teamcity/", ".tekton/"])
        // Steps of a Jenkins library: every pipeline that uses it runs them.
        || (lower.starts_with("vars/") || lower.contains("/vars/")) && ends(&[".groovy"]);
    if build {
        return Some(Runs::Build);
    }
    let hook = starts(&[".githooks/", ".husky/", ".git-hooks/", "githooks/", "hooks/"])
        || matches!(
            file,
            ".pre-commit-config.yaml"
                | "lefthook.yml"
                | ".lefthook.yml"
                | ".lfsconfig"
                | ".gitattributes"
                | ".envrc"
        )
        || lower.starts_with(".vscode/") && matches!(file, "tasks.json" | "settings.json");
    hook.then_some(Runs::Hook)
}

/// Paths that matter and that a commit changes against every one of its parents, and whether all were looked at.
pub(crate) fn of(store: &Store, oid: &Oid, limits: &Limits) -> (Vec<(String, Runs)>, bool) {
    let Ok((Kind::Commit, data)) = store.read(oid, limits) else { return (Vec::new(), false) };
    let Commit { tree: own, parents, .. } = commit(&data);
    let Some(own) = own else { return (Vec::new(), false) };
    let mut whole = true;
    let mut changed: Option<Vec<(String, Runs)>> = None;
    let before: Vec<Option<Oid>> = if parents.is_empty() {
        vec![None]
    } else {
        parents
            .iter()
            .map(|parent| {
                let read = store.read(parent, limits).ok().filter(|(kind, _)| *kind == Kind::Commit);
                whole &= read.is_some();
                read.and_then(|(_, data)| commit(&data).tree)
            })
            .collect()
    };
    for tree in before {
        let mut diff = Diff { store, limits, trees: 0, paths: 0, found: Vec::new(), whole: true };
        diff.trees(tree, Some(own), "", 0);
        whole &= diff.whole;
        let found = diff.found;
        changed = Some(match changed {
            None => found,
            Some(before) => before.into_iter().filter(|path| found.contains(path)).collect(),
        });
    }
    (changed.unwrap_or_default(), whole)
}

struct Diff<'a> {
    store: &'a Store,
    limits: &'a Limits,
    trees: usize,
    paths: usize,
    found: Vec<(String, Runs)>,
    whole: bool,
}

type Entry = (Vec<u8>, Mode, Oid);

impl Diff<'_> {
    fn entries(&mut self, oid: Option<Oid>) -> Vec<Entry> {
        let Some(oid) = oid else { return Vec::new() };
        self.trees += 1;
        if let Ok((Kind::Tree, data)) = self.store.read(&oid, self.limits) {
            return tree(&data).map(|entry| (entry.name.to_vec(), entry.mode, entry.oid)).collect();
        }
        self.whole = false;
        Vec::new()
    }

    fn trees(&mut self, before: Option<Oid>, after: Option<Oid>, folder: &str, depth: usize) {
        if before == after {
            return;
        }
        if depth > DEPTH || self.trees > TREES || self.paths > PATHS {
            self.whole = false;
            return;
        }
        let old: std::collections::BTreeMap<Vec<u8>, (Mode, Oid)> =
            self.entries(before).into_iter().map(|(name, mode, oid)| (name, (mode, oid))).collect();
        let new = self.entries(after);
        let kept: std::collections::BTreeSet<&[u8]> = new.iter().map(|(name, ..)| name.as_slice()).collect();
        // What was removed matters as well: a hook that no longer checks.
        let removed: Vec<(Vec<u8>, Mode)> = old
            .iter()
            .filter(|(name, (mode, _))| !mode.is_tree() && !kept.contains(name.as_slice()))
            .map(|(name, (mode, _))| (name.clone(), *mode))
            .collect();
        for (name, mode) in removed {
            self.path(folder, &name, mode);
        }
        for (name, mode, oid) in &new {
            let was = old.get(name);
            if was.is_some_and(|(old_mode, old_oid)| old_mode == mode && old_oid == oid) {
                continue;
            }
            if mode.is_tree() {
                let path = format!("{folder}{}/", String::from_utf8_lossy(name));
                let was = was.filter(|(mode, _)| mode.is_tree()).map(|(_, oid)| *oid);
                self.trees(was, Some(*oid), &path, depth + 1);
            } else {
                self.path(folder, name, *mode);
            }
        }
    }

    fn path(&mut self, folder: &str, name: &[u8], mode: Mode) {
        self.paths += 1;
        let path = format!("{folder}{}", String::from_utf8_lossy(name));
        if let Some(runs) = runs(&path, mode) {
            self.found.push((path, runs));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_that_run_by_themselves_are_known() {
        let file = Mode(0o100_644);
        for (path, mode, expected) in [
            ("bitbucket-pipelines.yml", file, Some(Runs::Build)),
            ("service/Jenkinsfile.release", file, Some(Runs::Build)),
            (".github/workflows/ci.yml", file, Some(Runs::Build)),
            ("vars/notifyBuild.groovy", file, Some(Runs::Build)),
            (".husky/pre-commit", file, Some(Runs::Hook)),
            (".gitattributes", file, Some(Runs::Hook)),
            ("libs/common", Mode(0o160_000), Some(Runs::Submodule)),
            (".gitmodules", file, Some(Runs::Submodule)),
            ("src/main.rs", file, None),
            ("docs/hooks.md", file, None),
        ] {
            assert_eq!(runs(path, mode), expected, "{path}");
        }
    }
}
