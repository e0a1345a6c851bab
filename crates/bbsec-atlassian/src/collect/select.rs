//! Which files of a home are copied, which folders are registered in place, and which are only named.

use std::path::{Path, PathBuf};

use crate::home::{Home, Kind, Node, Tree, name_of};

/// What is done with an entry of a home.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// Copied into the case; what it is.
    Copy(&'static str),
    /// A folder: looked into.
    Enter,
    /// A folder that is hashed where it lies; what it is.
    Register(&'static str),
    /// Neither: named.
    Leave,
}

/// Folders whose bytes are too many to copy, relative to a local or shared home.
const IN_PLACE: [(&str, &str); 12] = [
    ("data/repositories", "repositories"),
    ("repositories", "repositories"),
    ("data/attachments", "attachments"),
    ("data/git-lfs", "large files"),
    ("data/avatars", "avatars"),
    ("data/migration", "migration archives"),
    ("attachments", "attachments"),
    ("shared-home/attachments", "attachments"),
    ("backups", "backups"),
    ("export", "exports"),
    ("import", "imports"),
    ("installed", "installation"),
];

/// Folders that the product can make again and that tell nothing.
const LEFT: [&str; 12] = [
    "caches",
    "index",
    "indexes",
    "journal",
    "search",
    "elasticsearch",
    "opensearch",
    "data/db",
    "viewfile",
    "thumbnails",
    "analytics-logs",
    "shared/search",
];

const LOG_FOLDERS: [&str; 2] = ["log", "logs"];
const PLUGIN_FOLDERS: [&str; 9] = [
    "plugins",
    ".bundled-plugins",
    ".osgi-plugins",
    "bundled-plugins",
    "plugins-cache",
    "plugins-temp",
    "plugins-osgi-cache",
    "bundled-plugins_language",
    "osgi-plugins",
];
const TEMP_FOLDERS: [&str; 3] = ["tmp", "temp", "webwork-temp"];

/// The largest file outside of logs and plugins that is copied as configuration.
const MAX_CONFIG: u64 = 64 << 20;

/// Decides for one entry; `part` is the home, shared home or installation that it lies in.
pub(super) fn fate(home: &Home, part: &Path, node: &Node) -> Fate {
    let below = node.path.strip_prefix(part).unwrap_or(&node.path);
    // A shared home within the local one is seen as a home of its own.
    let below = match home.shared() {
        Some(shared) if shared != part && node.path.starts_with(shared) => {
            node.path.strip_prefix(shared).unwrap_or(below)
        }
        _ => below,
    };
    if home.installs().iter().any(|install| install == part) {
        return installed(below, node);
    }
    let text = below.to_string_lossy();
    let first = text.split('/').next().unwrap_or_default();
    if node.kind == Kind::Folder {
        return folder(&text, first);
    }
    if LOG_FOLDERS.contains(&first) {
        return Fate::Copy(if text.contains("/audit/") { "audit log" } else { "log" });
    }
    if PLUGIN_FOLDERS.contains(&first) {
        return Fate::Copy("plugin");
    }
    if TEMP_FOLDERS.contains(&first) {
        return if is_code(&node.path) { Fate::Copy("temporary file") } else { Fate::Leave };
    }
    if text.starts_with("data/") && !text.ends_with(".properties") {
        return Fate::Leave;
    }
    if node.size <= MAX_CONFIG { Fate::Copy("configuration") } else { Fate::Leave }
}

fn folder(text: &str, first: &str) -> Fate {
    if let Some((_, what)) = IN_PLACE.iter().find(|(name, _)| *name == text) {
        return Fate::Register(what);
    }
    if LEFT.contains(&text) || first == "caches" { Fate::Leave } else { Fate::Enter }
}

/// Of an installation: configuration, logs, start scripts, web shells' places. The rest is compared by `scan plugins`.
fn installed(below: &Path, node: &Node) -> Fate {
    let text = below.to_string_lossy();
    let first = text.split('/').next().unwrap_or_default();
    if node.kind == Kind::Folder {
        return if matches!(first, "jre" | "licenses" | "elasticsearch" | "opensearch") {
            Fate::Leave
        } else {
            Fate::Enter
        };
    }
    let web_config = text.contains("WEB-INF/classes/")
        && [".properties", ".xml", ".yml", ".yaml", ".groovy", ".class"]
            .iter()
            .any(|end| text.ends_with(end));
    match first {
        "logs" | "log" => Fate::Copy("log"),
        "conf" => Fate::Copy("configuration"),
        "bin" if node.size <= MAX_CONFIG => Fate::Copy("start script"),
        "temp" | "work" if is_code(&node.path) => Fate::Copy("temporary file"),
        _ if web_config => Fate::Copy("configuration"),
        _ if [".jsp", ".jspx", ".jspf"].iter().any(|end| text.ends_with(end)) => {
            Fate::Copy("web page with code")
        }
        _ => Fate::Leave,
    }
}

/// What can run or was uploaded: code, archives, scripts.
fn is_code(path: &Path) -> bool {
    let name = name_of(path).to_ascii_lowercase();
    name.starts_with("plugin_")
        || [".jar", ".obr", ".war", ".zip", ".class", ".jsp", ".jspx", ".sh", ".py", ".so", ".groovy", ".elf"]
            .iter()
            .any(|end| name.ends_with(end))
}

/// Everything of a home, sorted by what is done with it.
#[derive(Debug, Default)]
pub(super) struct Selection {
    /// Files to copy, with what they are.
    pub(super) copy: Vec<(Node, &'static str)>,
    /// Folders to register, with what they are.
    pub(super) register: Vec<(PathBuf, &'static str)>,
    /// Folders and files that are left, with how many files were passed by.
    pub(super) left: std::collections::BTreeMap<PathBuf, u64>,
    /// Links, with where they lead.
    pub(super) links: Vec<(PathBuf, PathBuf)>,
    /// Devices, pipes, sockets.
    pub(super) special: Vec<PathBuf>,
    /// What could not be listed.
    pub(super) errors: Vec<crate::home::TreeError>,
}

/// Looks at every entry once.
pub(super) fn select(home: &Home) -> Selection {
    let mut out = Selection::default();
    for part in home.parts() {
        let tree = home.tree();
        for entry in tree.walk(&part, |node| fate(home, &part, node) == Fate::Enter) {
            match entry {
                Ok(node) => sort(home, tree, &part, node, &mut out),
                Err(error) => out.errors.push(error),
            }
        }
    }
    // Logs go first: they rotate away. Audit logs before access logs, small before large.
    let rank = |what: &str| match what {
        "audit log" => 0,
        "log" => 1,
        "temporary file" => 2,
        "plugin" => 3,
        _ => 4,
    };
    out.copy.sort_by(|a, b| (rank(a.1), &a.0.path).cmp(&(rank(b.1), &b.0.path)));
    out
}

fn sort(home: &Home, tree: &Tree, part: &Path, node: Node, out: &mut Selection) {
    match (node.kind, fate(home, part, &node)) {
        (Kind::Link, _) => {
            let target = std::fs::read_link(tree.root().join(&node.path)).unwrap_or_default();
            out.links.push((node.path, target));
        }
        (Kind::Other, _) => out.special.push(node.path),
        (Kind::Folder, Fate::Register(what)) => out.register.push((node.path, what)),
        (Kind::File, Fate::Copy(what)) => out.copy.push((node, what)),
        (_, Fate::Leave) => {
            let folder =
                if node.kind == Kind::Folder { Some(node.path.as_path()) } else { node.path.parent() };
            *out.left.entry(folder.unwrap_or(Path::new("")).into()).or_default() += 1;
        }
        _ => {}
    }
}
