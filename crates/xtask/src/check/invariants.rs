//! The house's rules that cargo's own description of the workspace can show.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use crate::shell;
use anyhow::{Context, Result, ensure};
use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Package};

/// Which of our crates each of our crates may depend on. What is not here may depend on nothing of ours.
const ARROWS: [(&str, &[&str]); 12] = [
    (
        "bbsec-ir",
        &[
            "bbsec-atlassian",
            "bbsec-aws",
            "bbsec-case",
            "bbsec-cloudtrail",
            "bbsec-core",
            "bbsec-detect",
            "bbsec-git",
            "bbsec-playbook",
            "bbsec-report",
            "bbsec-secrets",
        ],
    ),
    ("bbsec-playbook", &["bbsec-core", "bbsec-case"]),
    ("bbsec-report", &["bbsec-core", "bbsec-case"]),
    ("bbsec-aws", &["bbsec-core"]),
    ("bbsec-cloudtrail", &["bbsec-core"]),
    ("bbsec-atlassian", &["bbsec-core"]),
    ("bbsec-secrets", &["bbsec-core", "bbsec-git"]),
    ("bbsec-git", &["bbsec-core"]),
    ("bbsec-detect", &["bbsec-core"]),
    ("bbsec-case", &["bbsec-core"]),
    ("bbsec-core", &[]),
    ("xtask", &["bbsec-core"]),
];

/// What stands at the top of the repository, besides dotfiles.
const TOP: [&str; 9] =
    ["Cargo.lock", "Cargo.toml", "LICENSE", "README.md", "crates", "docs", "fixtures", "playbooks", "tests"];

/// The longest a source file may be.
const LINES: usize = 800;

/// Checks every rule; the error names all that do not hold.
pub(super) fn check(root: &Path) -> Result<String> {
    let metadata = MetadataCommand::new()
        .manifest_path(root.join("Cargo.toml"))
        .other_options(vec!["--locked".into()])
        .exec()
        .context("cargo metadata failed")?;
    let mut broken = arrows(&metadata);
    broken.extend(aws(&metadata));
    broken.extend(versions(&metadata));
    broken.extend(features(root)?);
    broken.extend(top(root)?);
    broken.extend(long_files(root)?);
    ensure!(broken.is_empty(), "{}", broken.join("\n"));
    Ok(format!("{} crates", metadata.workspace_packages().len()))
}

/// Names of a crate's dependencies that ship (tests may use more).
fn shipped(package: &Package) -> BTreeSet<&str> {
    let ships = |kind: DependencyKind| kind != DependencyKind::Development;
    package.dependencies.iter().filter(|d| ships(d.kind)).map(|d| d.name.as_str()).collect()
}

fn arrows(metadata: &Metadata) -> Vec<String> {
    let packages = metadata.workspace_packages();
    let ours: BTreeSet<&str> = packages.iter().map(|package| package.name.as_str()).collect();
    let allowed: BTreeMap<&str, &[&str]> = ARROWS.into_iter().collect();
    let mut broken = Vec::new();
    for package in &packages {
        let may = allowed.get(package.name.as_str()).copied().unwrap_or_default();
        for name in shipped(package).into_iter().filter(|name| ours.contains(name) && !may.contains(name)) {
            broken.push(format!("{} must not depend on {name}", package.name));
        }
    }
    broken
}

fn aws(metadata: &Metadata) -> Vec<String> {
    let packages = metadata.workspace_packages();
    let others = packages.iter().filter(|package| package.name.as_str() != "bbsec-aws");
    others
        .flat_map(|package| {
            let names = package.dependencies.iter().map(|dependency| dependency.name.as_str());
            names
                .filter(|name| name.starts_with("aws-"))
                .map(|name| {
                    format!("{} must not depend on {name}: only bbsec-aws speaks with AWS", package.name)
                })
                .collect::<Vec<_>>()
        })
        .collect()
}

fn versions(metadata: &Metadata) -> Vec<String> {
    let packages = metadata.workspace_packages();
    let mut broken = Vec::new();
    for package in &packages {
        for dependency in package.dependencies.iter().filter(|dependency| dependency.path.is_none()) {
            if dependency.req.to_string().contains('*') {
                broken.push(format!("{} takes any version of {}", package.name, dependency.name));
            }
            if dependency.source.as_ref().is_none_or(|source| !source.repr.contains("crates.io")) {
                broken.push(format!(
                    "{} takes {} from elsewhere than crates.io",
                    package.name, dependency.name
                ));
            }
        }
    }
    broken
}

/// A build of the program alone must select the features that a build of everything does: otherwise cargo compiles what
/// the two share, the AWS SDK among it, once for each.
fn features(root: &Path) -> Result<Vec<String>> {
    let tree = |of: &[&str]| -> Result<BTreeSet<String>> {
        let mut command = shell::cargo();
        command
            .current_dir(root)
            .args(["tree", "--locked", "--prefix", "none", "--format", "{p} {f}"])
            .args(of);
        let text = shell::capture(&mut command)?;
        Ok(text.lines().map(|line| line.trim_end_matches(" (*)").trim().to_owned()).collect())
    };
    let (alone, all) = (tree(&["--package", "bbsec-ir"])?, tree(&["--workspace"])?);
    let broken =
        alone.difference(&all).filter(|line| !line.starts_with("bbsec-") && !line.starts_with("xtask"));
    Ok(broken.map(|line| format!("built alone, bbsec-ir has other features: {line}")).collect())
}

fn top(root: &Path) -> Result<Vec<String>> {
    let mut broken = Vec::new();
    for entry in std::fs::read_dir(root)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if name != "target" && !name.starts_with('.') && !TOP.contains(&name.as_str()) {
            broken.push(format!("{name} does not belong at the top of the repository"));
        }
    }
    Ok(broken)
}

fn long_files(root: &Path) -> Result<Vec<String>> {
    let mut broken = Vec::new();
    let mut folders = vec![root.join("crates"), root.join("tests")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let lines = std::fs::read_to_string(&path)?.lines().count();
                if lines > LINES {
                    let name = super::relative(root, &path).display();
                    broken.push(format!("{name} has {lines} lines; {LINES} are the limit"));
                }
            }
        }
    }
    Ok(broken)
}
