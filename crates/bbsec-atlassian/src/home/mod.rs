//! A product's home on disk: which product, which version, where its parts lie, and which repositories it keeps.
//!
//! Works on a node's local home, on a shared home alone, and on a mounted snapshot of a whole host.

mod detect;
mod error;
pub(crate) mod gitconfig;
mod mounts;
mod repositories;
mod tree;
mod version;

use std::path::{Path, PathBuf};

use bbsec_core::Gap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use error::HomeError;
pub(crate) use mounts::outside;
pub use repositories::Repository;
pub use tree::{Kind, Node, Tree, TreeError, Walk, place, shown};
pub(crate) use tree::{modified, name_of};

/// An Atlassian product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Product {
    /// Bitbucket Server or Data Center, 4.0 and later.
    Bitbucket,
    /// Stash, Bitbucket's name until 3.11.
    Stash,
    /// Jira, all applications.
    Jira,
    /// Confluence.
    Confluence,
}

impl Product {
    /// The name in machine output.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bitbucket => "bitbucket",
            Self::Stash => "stash",
            Self::Jira => "jira",
            Self::Confluence => "confluence",
        }
    }

    /// Whether it keeps git repositories.
    pub const fn keeps_repositories(self) -> bool {
        matches!(self, Self::Bitbucket | Self::Stash)
    }
}

/// A home, opened for reading.
#[derive(Debug, Clone)]
pub struct Home {
    root: PathBuf,
    tree: Tree,
    product: Product,
    version: Option<(String, String)>,
    local: Option<PathBuf>,
    shared: Option<PathBuf>,
    installs: Vec<PathBuf>,
    gaps: Vec<Gap>,
}

impl Home {
    /// Looks at a folder: a home, a shared home, or the mount point of a snapshot that holds one.
    pub fn open(path: &Path) -> Result<Self, HomeError> {
        let found = std::fs::symlink_metadata(path).and_then(|_| std::fs::metadata(path));
        match found {
            Err(source) if source.kind() == std::io::ErrorKind::NotFound => {
                return Err(HomeError::Missing { path: path.into(), source });
            }
            Err(source) => return Err(HomeError::Unreadable { path: path.into(), source }),
            Ok(found) if !found.is_dir() => return Err(HomeError::NotAFolder { path: path.into() }),
            Ok(_) => {}
        }
        let unreadable = |source| HomeError::Unreadable { path: path.into(), source };
        if std::fs::read_dir(path).map_err(unreadable)?.next().is_none() {
            return Err(HomeError::Empty { path: path.into() });
        }
        let tree = Tree::new(path).map_err(unreadable)?;
        let layout = detect::layout(&tree, path)?;
        let mut home = Self {
            root: path.into(),
            tree,
            product: layout.product,
            version: None,
            local: layout.local,
            shared: layout.shared,
            installs: layout.installs,
            gaps: layout.gaps,
        };
        home.version = version::find(&home);
        Ok(home)
    }

    /// The folder as it was given.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The evidence below it.
    pub const fn tree(&self) -> &Tree {
        &self.tree
    }

    /// Which product's home it is.
    pub const fn product(&self) -> Product {
        self.product
    }

    /// The version, and what told it.
    pub fn version(&self) -> Option<(&str, &str)> {
        self.version.as_ref().map(|(version, how)| (version.as_str(), how.as_str()))
    }

    /// The node's own home, below the root; `None` when only a shared home was given.
    pub fn local(&self) -> Option<&Path> {
        self.local.as_deref()
    }

    /// The shared home, below the root; `None` when it lies outside what was given.
    pub fn shared(&self) -> Option<&Path> {
        self.shared.as_deref()
    }

    /// Installation folders of the product, below the root; found in snapshots only.
    pub fn installs(&self) -> &[PathBuf] {
        &self.installs
    }

    /// Parts of the home that are not within what was given.
    pub fn gaps(&self) -> &[Gap] {
        &self.gaps
    }

    /// The folders that make up the home, no folder below another.
    pub fn parts(&self) -> Vec<PathBuf> {
        let mut parts: Vec<PathBuf> = Vec::new();
        for part in self.local.iter().chain(&self.shared).chain(&self.installs) {
            if !parts.iter().any(|known| part.starts_with(known)) {
                parts.retain(|known| !known.starts_with(part));
                parts.push(part.clone());
            }
        }
        parts
    }

    /// The first of several paths that is there as a file: each is tried below the shared and the local home.
    pub(crate) fn first_file(&self, names: &[&str]) -> Option<PathBuf> {
        self.candidates(names).into_iter().find(|path| self.tree.is_file(path))
    }

    /// Every one of several paths that is there as a file.
    pub(crate) fn every_file(&self, names: &[&str]) -> Vec<PathBuf> {
        let mut found: Vec<PathBuf> = Vec::new();
        for path in self.candidates(names) {
            if self.tree.is_file(&path) && !found.contains(&path) {
                found.push(path);
            }
        }
        found
    }

    fn candidates(&self, names: &[&str]) -> Vec<PathBuf> {
        let bases = self.shared.iter().chain(&self.local).chain(&self.installs);
        bases.flat_map(|base| names.iter().map(move |name| base.join(name))).collect()
    }

    /// The repositories that the home keeps, and those that it says lie elsewhere.
    pub fn repositories(&self) -> Result<(Vec<Repository>, Vec<Gap>), HomeError> {
        repositories::find(self)
    }
}

#[cfg(test)]
pub(crate) mod tests;
