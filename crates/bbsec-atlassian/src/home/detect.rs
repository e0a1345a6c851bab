//! Tells from the files that are there whose home a folder is.

use std::path::{Path, PathBuf};

use bbsec_core::Gap;

use super::{HomeError, Kind, Product, Tree, TreeError, name_of, shown};

/// What was found.
pub(super) struct Layout {
    pub(super) product: Product,
    pub(super) local: Option<PathBuf>,
    pub(super) shared: Option<PathBuf>,
    pub(super) installs: Vec<PathBuf>,
    pub(super) gaps: Vec<Gap>,
}

/// Files and folders that only a product's local home has.
const LOCAL: [(Product, &[&str]); 4] = [
    (
        Product::Bitbucket,
        &[
            "shared/bitbucket.properties",
            "log/atlassian-bitbucket-access.log",
            "log/atlassian-bitbucket.log",
            "log/audit/atlassian-bitbucket-audit.log",
            "shared/data/repositories",
        ],
    ),
    (
        Product::Stash,
        &[
            "shared/stash-config.properties",
            "stash-config.properties",
            "log/atlassian-stash-access.log",
            "log/atlassian-stash.log",
        ],
    ),
    (
        Product::Jira,
        &[
            "dbconfig.xml",
            "jira-config.properties",
            "log/atlassian-jira.log",
            "log/atlassian-jira-security.log",
        ],
    ),
    (
        Product::Confluence,
        &["confluence.cfg.xml", "logs/atlassian-confluence.log", "logs/atlassian-confluence-security.log"],
    ),
];

/// The same for a shared home that was given alone.
const SHARED: [(Product, &[&str]); 4] = [
    (Product::Bitbucket, &["bitbucket.properties", "data/repositories"]),
    (Product::Stash, &["data/repositories"]),
    (
        Product::Confluence,
        &["shared-home/confluence.cfg.xml", "dcl-document", "attachments/v4", "attachments/ver003"],
    ),
    (Product::Jira, &["data/attachments", "plugins/installed-plugins"]),
];

/// Where installers and images put homes on a host.
const PLACES: [&str; 10] = [
    "var/atlassian/application-data",
    "var/atlassian",
    "media/atl",
    "opt/atlassian",
    "opt/atlassian/application-data",
    "data/atlassian",
    "data",
    "home",
    "srv",
    "mnt",
];

fn score(tree: &Tree, base: &Path, markers: &[&str]) -> usize {
    markers
        .iter()
        .filter(|marker| {
            let path = base.join(marker);
            tree.is_file(&path) || tree.is_folder(&path)
        })
        .count()
}

fn best(tree: &Tree, base: &Path, table: &[(Product, &[&str])]) -> Option<Product> {
    let mut found: Option<(Product, usize)> = None;
    for (product, markers) in table {
        let score = score(tree, base, markers);
        if score > found.map_or(0, |(_, best)| best) {
            found = Some((*product, score));
        }
    }
    found.map(|(product, _)| product)
}

pub(super) fn layout(tree: &Tree, given: &Path) -> Result<Layout, HomeError> {
    let here = Path::new("");
    if let Some(product) = best(tree, here, &LOCAL) {
        return Ok(local(tree, product, here));
    }
    if let Some(product) = best(tree, here, &SHARED) {
        return Ok(Layout {
            product,
            local: None,
            shared: Some(here.into()),
            installs: Vec::new(),
            gaps: Vec::new(),
        });
    }
    let mut homes = in_snapshot(tree);
    if homes.len() > 1 {
        let homes =
            homes.iter().map(|(product, path)| format!("{} ({})", shown(path), product.name())).collect();
        return Err(HomeError::Several { path: given.into(), homes });
    }
    let Some((product, base)) = homes.pop() else {
        return Err(HomeError::NotAHome { path: given.into(), looked_for: looked_for() });
    };
    let mut layout = local(tree, product, &base);
    layout.installs = installs(tree, product);
    Ok(layout)
}

fn looked_for() -> String {
    let mut names: Vec<&str> =
        LOCAL.iter().chain(&SHARED).filter_map(|(_, markers)| markers.first().copied()).collect();
    names.sort_unstable();
    names.dedup();
    format!("{}; and for homes below {}", names.join(", "), PLACES.join(", "))
}

/// Homes at the usual places of a host, and one folder below those.
fn in_snapshot(tree: &Tree) -> Vec<(Product, PathBuf)> {
    let mut bases: Vec<PathBuf> = Vec::new();
    for place in PLACES {
        let below = tree.list(Path::new(place)).unwrap_or_default();
        bases.push(place.into());
        bases.extend(below.into_iter().filter(|n| n.kind == Kind::Folder).take(200).map(|n| n.path));
    }
    bases.sort();
    bases.dedup();
    let mut homes: Vec<(Product, PathBuf)> = Vec::new();
    for base in bases.into_iter().filter(|base| tree.is_folder(base)) {
        if let Some(product) = best(tree, &base, &LOCAL)
            && !homes.iter().any(|(_, known)| base.starts_with(known))
        {
            homes.push((product, base));
        }
    }
    homes
}

/// `/opt/atlassian/bitbucket/9.4.1`, `/opt/atlassian/jira`: folders that hold a web application.
fn installs(tree: &Tree, product: Product) -> Vec<PathBuf> {
    let webapp = match product {
        Product::Bitbucket => "app/WEB-INF",
        Product::Stash => "atlassian-stash/WEB-INF",
        Product::Jira => "atlassian-jira/WEB-INF",
        Product::Confluence => "confluence/WEB-INF",
    };
    let mut found = Vec::new();
    for place in ["opt/atlassian", "opt", "usr/local", "srv"] {
        for first in tree.list(Path::new(place)).unwrap_or_default().into_iter().take(200) {
            for folder in std::iter::once(first.path.clone()).chain(below(tree, &first.path)) {
                if tree.is_folder(folder.join(webapp)) && !found.contains(&folder) {
                    found.push(folder);
                }
            }
        }
    }
    found
}

fn below(tree: &Tree, path: &Path) -> Vec<PathBuf> {
    let nodes = tree.list(path).unwrap_or_default();
    nodes.into_iter().filter(|n| n.kind == Kind::Folder).take(50).map(|n| n.path).collect()
}

fn local(tree: &Tree, product: Product, base: &Path) -> Layout {
    let mut gaps = Vec::new();
    let shared = match product {
        Product::Bitbucket | Product::Stash => child(tree, base, "shared", &mut gaps),
        Product::Jira => named(tree, &base.join("cluster.properties"), "jira.shared.home", &mut gaps),
        Product::Confluence => {
            let named = named_in_xml(tree, &base.join("confluence.cfg.xml"), &mut gaps);
            named.or_else(|| child(tree, base, "shared-home", &mut gaps))
        }
    };
    let shared = shared.or_else(|| gaps.is_empty().then(|| base.to_path_buf()));
    Layout { product, local: Some(base.into()), shared, installs: Vec::new(), gaps }
}

fn child(tree: &Tree, base: &Path, name: &str, gaps: &mut Vec<Gap>) -> Option<PathBuf> {
    let path = base.join(name);
    if tree.is_folder(&path) {
        return Some(path);
    }
    match tree.resolve(&path) {
        Err(TreeError::Link { target, .. }) => gaps.push(elsewhere(&path, &shown(&target))),
        Ok(_) if tree.stat(&path).is_ok_and(|node| node.kind == Kind::Link) => {
            gaps.push(elsewhere(&path, "a folder that is not there"));
        }
        _ => {}
    }
    None
}

fn elsewhere(path: &Path, target: &str) -> Gap {
    Gap::unread(
        "shared home",
        shown(path),
        format!(
            "the shared home lies at {}, outside of what was given (a network file system, or another volume); give it as well",
            bbsec_core::escape::terminal(target)
        ),
        1,
    )
}

/// A shared home that a property names by its absolute path on the host.
fn named(tree: &Tree, file: &Path, key: &str, gaps: &mut Vec<Gap>) -> Option<PathBuf> {
    let text = tree.read(file, 1 << 20).ok()?;
    let properties = crate::config::properties::parse(&text);
    let target = properties.iter().rev().find(|entry| entry.key == key)?.value.clone();
    at_host_path(tree, file, &target, gaps)
}

fn named_in_xml(tree: &Tree, file: &Path, gaps: &mut Vec<Gap>) -> Option<PathBuf> {
    let text = tree.read(file, 4 << 20).ok()?;
    let (properties, _) = crate::config::xml::properties(&text);
    let target = properties.into_iter().find(|entry| entry.name == "confluence.cluster.home")?.value;
    if target.contains("${") {
        return None;
    }
    at_host_path(tree, file, &target, gaps)
}

fn at_host_path(tree: &Tree, file: &Path, target: &str, gaps: &mut Vec<Gap>) -> Option<PathBuf> {
    let path = Path::new(target.trim());
    let inside = path.strip_prefix(tree.root()).or_else(|_| path.strip_prefix("/")).unwrap_or(path);
    if tree.is_folder(inside) {
        return Some(inside.into());
    }
    // The same volume mounted elsewhere: the last component beside the file.
    let sibling = file.parent().map(|folder| folder.join(name_of(path)));
    if let Some(sibling) = sibling.filter(|sibling| tree.is_folder(sibling)) {
        return Some(sibling);
    }
    gaps.push(elsewhere(file, target));
    None
}
