//! The repositories of a Bitbucket home, from the `repository-config` that Bitbucket keeps inside each of them.

use std::path::{Path, PathBuf};

use bbsec_core::{Gap, Place, escape};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Home, HomeError, Kind, Node, TreeError, gitconfig, name_of, shown};

/// One repository as the home tells it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Repository {
    /// Bitbucket's numeric id; for a folder of another name, that name.
    pub id: String,
    /// The bare repository on this machine.
    pub git_dir: PathBuf,
    /// Project key, upper-case; `~user` for a personal project.
    pub project: Option<String>,
    /// Repository slug.
    pub slug: Option<String>,
    /// Forks of one another share it.
    pub hierarchy: Option<String>,
    /// Whether it lies in a user's personal project.
    pub personal: bool,
}

pub(super) fn find(home: &Home) -> Result<(Vec<Repository>, Vec<Gap>), HomeError> {
    if !home.product().keeps_repositories() {
        return Err(HomeError::NoRepositories { path: home.root().into(), product: home.product().name() });
    }
    let mut gaps = home.gaps().to_vec();
    let mut found = Vec::new();
    gaps.extend(elsewhere(home));
    let Some(shared) = home.shared() else {
        return Ok((found, gaps));
    };
    let folder = [shared.join("data/repositories"), shared.join("repositories")]
        .into_iter()
        .find(|folder| home.tree().stat(folder).is_ok());
    let Some(folder) = folder else {
        gaps.push(Gap::unread(
            "repository",
            shown(&shared.join("data/repositories")),
            "the folder of repositories is not in this home",
            1,
        ));
        return Ok((found, gaps));
    };
    let nodes = match home.tree().list(&folder) {
        Ok(nodes) => nodes,
        Err(error @ TreeError::Link { .. }) => {
            gaps.push(error.gap("repository"));
            return Ok((found, gaps));
        }
        Err(error) => return Err(HomeError::Repositories(error)),
    };
    for node in nodes {
        if node.kind == Kind::Folder && name_of(&node.path) == "p" {
            mesh(home, &node.path, &mut found, &mut gaps);
        } else {
            one(home, &node, &mut found, &mut gaps);
        }
    }
    found.sort_by(|a, b| (a.id.len(), &a.id).cmp(&(b.id.len(), &b.id)));
    Ok((found, gaps))
}

/// A Mesh node's folder: `p/<partition>/h/<hierarchy>/r/<id>`.
fn mesh(home: &Home, folder: &Path, found: &mut Vec<Repository>, gaps: &mut Vec<Gap>) {
    for entry in
        home.tree().walk(folder, |node| node.path.components().count() < folder.components().count() + 5)
    {
        match entry {
            Ok(node) => {
                let depth = node.path.components().count().saturating_sub(folder.components().count());
                if depth == 5 && node.path.parent().is_some_and(|parent| name_of(parent) == "r") {
                    one(home, &node, found, gaps);
                }
            }
            Err(error) => gaps.push(error.gap("repository")),
        }
    }
}

fn one(home: &Home, node: &Node, found: &mut Vec<Repository>, gaps: &mut Vec<Gap>) {
    let tree = home.tree();
    let name = name_of(&node.path);
    let real = match node.kind {
        Kind::Folder | Kind::Link => match tree.resolve(&node.path) {
            Ok(real) if tree.is_folder(&node.path) => real,
            Ok(_) => {
                gaps.push(Gap::unread("repository", shown(&node.path), "a link that leads to no folder", 1));
                return;
            }
            Err(error) => {
                gaps.push(error.gap("repository"));
                return;
            }
        },
        Kind::File | Kind::Other => {
            gaps.push(Gap::unknown(
                "repository",
                shown(&node.path),
                "a file among the repositories; not a repository",
            ));
            return;
        }
    };
    let has = |name: &str| tree.is_folder(node.path.join(name)) || tree.is_file(node.path.join(name));
    if !has("HEAD") && !has("objects") && !has("repository-config") {
        let why = "neither HEAD nor objects nor repository-config: not a repository";
        gaps.push(Gap::unknown("repository", shown(&node.path), why));
        return;
    }
    let config = config(home, &node.path.join("repository-config"), gaps);
    let personal = config.project.as_deref().is_some_and(|project| project.starts_with('~'));
    found.push(Repository {
        id: name,
        git_dir: real,
        personal,
        project: config.project,
        slug: config.slug,
        hierarchy: config.hierarchy,
    });
}

#[derive(Default)]
struct Config {
    project: Option<String>,
    slug: Option<String>,
    hierarchy: Option<String>,
}

fn config(home: &Home, path: &Path, gaps: &mut Vec<Gap>) -> Config {
    let bytes = match home.tree().read(path, gitconfig::MAX_BYTES) {
        Ok(bytes) => bytes,
        Err(error) if error.missing() => {
            let why = "no repository-config: project and name are known from the database only";
            gaps.push(Gap::unknown("repository name", shown(path), why));
            return Config::default();
        }
        Err(error) => {
            gaps.push(error.gap("repository name"));
            return Config::default();
        }
    };
    let (entries, bad) = gitconfig::parse(&bytes);
    if bad > 0 {
        gaps.push(Gap::unread("repository name", shown(path), "lines that are no git configuration", bad));
    }
    let mut config = Config::default();
    for entry in entries.into_iter().filter(|entry| entry.section == "bitbucket" || entry.section == "stash")
    {
        let value = entry.value.trim().to_owned();
        if !is_name(&value) {
            let mut gap = Gap::unread(
                "repository name",
                shown(path),
                format!(
                    "`{}` is no name that Bitbucket gives: {}",
                    entry.key,
                    escape::terminal(&short(&value))
                ),
                1,
            );
            gap.at = Some(Place::new(shown(path), entry.offset, entry.length));
            gaps.push(gap);
            continue;
        }
        match entry.key.as_str() {
            "project" => {
                config.project = Some(if value.starts_with('~') { value } else { value.to_uppercase() });
            }
            "repository" => config.slug = Some(value),
            "hierarchy" => config.hierarchy = Some(value),
            _ => {}
        }
    }
    config
}

fn short(text: &str) -> String {
    text.chars().take(80).collect()
}

/// Bitbucket's keys, slugs and hierarchy ids: nothing that is a path, an option or a control.
fn is_name(value: &str) -> bool {
    !value.is_empty()
        && value.len() <= 255
        && !value.starts_with(['-', '.'])
        && value.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '~' | '@' | '+'))
}

/// What the home says about repositories that lie elsewhere. The database is what knows for certain.
fn elsewhere(home: &Home) -> Vec<Gap> {
    let mut gaps = Vec::new();
    for file in home.every_file(&["bitbucket.properties", "stash-config.properties"]) {
        let Ok(bytes) = home.tree().read(&file, 4 << 20) else {
            continue;
        };
        for entry in crate::config::properties::parse(&bytes) {
            let key = entry.key.to_ascii_lowercase();
            let off = matches!(entry.value.trim(), "false" | "0" | "");
            let what = if key.contains("mesh") && !off {
                "Mesh nodes keep repositories on hosts of their own; collect their `data/repositories` as well"
            } else if (key.contains("data-store") || key.contains("datastore")) && !off {
                "an extra data store keeps repositories outside of the shared home; collect it as well"
            } else {
                continue;
            };
            let mut gap =
                Gap::unread("repository store", format!("{}: {}", shown(&file), entry.key), what, 1);
            gap.at = Some(Place::new(shown(&file), entry.offset, entry.length));
            gaps.push(gap);
        }
    }
    for base in home.local().into_iter().chain(home.shared()) {
        for name in ["mesh", "config/mesh"] {
            let path = base.join(name);
            if home.tree().is_folder(&path) && !gaps.iter().any(|gap| gap.subject == shown(&path)) {
                let why = "this node ran Mesh; repositories that were moved to Mesh nodes lie on other hosts; the database's table bb_mesh_node lists them";
                gaps.push(Gap::unknown("repository store", shown(&path), why));
            }
        }
    }
    gaps
}
