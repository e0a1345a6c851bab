use std::{fs, os::unix::fs::symlink, path::Path};

use super::*;

/// Writes files below a folder; names that end in a slash are folders.
pub(crate) fn write(root: &Path, files: &[(&str, &str)]) {
    for (name, text) in files {
        let path = root.join(name);
        if name.ends_with('/') {
            fs::create_dir_all(&path).unwrap();
        } else {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
    }
}

const CONFIG: &str = "#>****\n# THIS FILE IS MAINTAINED BY ATLASSIAN BITBUCKET\n[bitbucket]\n\thierarchy = 8597e1f873a45c2b9d3f\n\tproject = atlas\n\trepository = jira\n";

fn bitbucket() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    write(
        dir.path(),
        &[
            ("shared/bitbucket.properties", "jdbc.user=x\n"),
            ("shared/data/repositories/10/HEAD", "ref: refs/heads/main\n"),
            ("shared/data/repositories/10/repository-config", CONFIG),
            ("shared/data/repositories/2/HEAD", "ref: refs/heads/main\n"),
            (
                "shared/data/repositories/2/repository-config",
                "[bitbucket]\nproject = ~alice\nrepository = notes\n",
            ),
            (
                "log/atlassian-bitbucket.log",
                "2020-09-08 07:53:45,084 INFO [main] c.a.b.i.b.l.BuildInfoLogger Starting Bitbucket 7.4.0 (204e35a built\n",
            ),
        ],
    );
    dir
}

#[test]
fn names_repositories_from_their_own_configuration() {
    let dir = bitbucket();
    let home = Home::open(dir.path()).unwrap();
    assert_eq!(home.product(), Product::Bitbucket);
    assert_eq!(home.version().unwrap().0, "7.4.0");
    let (repositories, gaps) = home.repositories().unwrap();
    let names: Vec<_> = repositories
        .iter()
        .map(|r| (r.id.as_str(), r.project.as_deref().unwrap(), r.slug.as_deref().unwrap(), r.personal))
        .collect();
    assert_eq!(names, [("2", "~alice", "notes", true), ("10", "ATLAS", "jira", false)]);
    assert!(gaps.is_empty(), "{gaps:?}");
}

#[test]
fn a_shared_home_alone_will_do() {
    let dir = bitbucket();
    let home = Home::open(&dir.path().join("shared")).unwrap();
    assert_eq!((home.product(), home.local()), (Product::Bitbucket, None));
    assert_eq!(home.repositories().unwrap().0.len(), 2);
}

#[test]
fn a_home_is_found_in_a_mounted_snapshot() {
    let dir = tempfile::tempdir().unwrap();
    write(
        dir.path(),
        &[
            ("etc/hostname", "x"),
            ("var/atlassian/application-data/bitbucket/shared/bitbucket.properties", ""),
            ("var/atlassian/application-data/bitbucket/shared/data/repositories/1/HEAD", "x"),
            ("opt/atlassian/bitbucket/8.9.1/app/WEB-INF/lib/bitbucket-api-8.9.1.jar", ""),
        ],
    );
    let home = Home::open(dir.path()).unwrap();
    assert_eq!(home.installs(), [Path::new("opt/atlassian/bitbucket/8.9.1")]);
    assert_eq!(home.version().unwrap().0, "8.9.1");
    assert_eq!(home.repositories().unwrap().0.len(), 1);
}

#[test]
fn the_other_products_are_told_apart() {
    for (files, product) in [
        (&[("dbconfig.xml", "<x/>")][..], Product::Jira),
        (&[("confluence.cfg.xml", "<x/>")][..], Product::Confluence),
        (&[("stash-config.properties", ""), ("data/repositories/1/HEAD", "")][..], Product::Stash),
    ] {
        let dir = tempfile::tempdir().unwrap();
        write(dir.path(), files);
        assert_eq!(Home::open(dir.path()).unwrap().product(), product);
    }
}

#[test]
fn what_is_no_home_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let open = |path: &Path| Home::open(path).map(|_| ()).unwrap_err().to_string();
    assert!(open(&dir.path().join("none")).starts_with("no such folder"));
    assert!(open(dir.path()).ends_with("is empty"));
    write(dir.path(), &[("file", "x")]);
    assert!(open(&dir.path().join("file")).ends_with("is no folder"));
    assert!(open(dir.path()).contains("looked for"));
    write(dir.path(), &[("var/atlassian/a/dbconfig.xml", ""), ("var/atlassian/b/confluence.cfg.xml", "")]);
    assert!(open(dir.path()).contains("var/atlassian/a (jira), var/atlassian/b (confluence)"));
}

#[test]
fn hostile_and_odd_repositories_are_named_and_do_not_escape() {
    let dir = bitbucket();
    let outside = tempfile::tempdir().unwrap();
    write(outside.path(), &[("HEAD", "x")]);
    write(
        dir.path(),
        &[
            ("shared/data/repositories/3/HEAD", "x"),
            (
                "shared/data/repositories/3/repository-config",
                "[bitbucket]\nproject = ../../etc\nrepository = \"a\\nb\"\n???\n",
            ),
            ("shared/data/repositories/4/objects/", ""),
            ("shared/data/repositories/empty/", ""),
            ("shared/data/repositories/README", "x"),
        ],
    );
    symlink(outside.path(), dir.path().join("shared/data/repositories/5")).unwrap();
    let (repositories, gaps) = Home::open(dir.path()).unwrap().repositories().unwrap();
    let ids: Vec<_> = repositories.iter().map(|r| r.id.as_str()).collect();
    assert_eq!(ids, ["2", "3", "4", "10"]);
    assert!(repositories[1].project.is_none() && repositories[1].slug.is_none());
    let mut named: Vec<_> =
        gaps.iter().map(|gap| gap.subject.rsplit("repositories/").next().unwrap()).collect();
    named.sort_unstable();
    assert_eq!(
        named,
        [
            "3/repository-config",
            "3/repository-config",
            "3/repository-config",
            "4/repository-config",
            "5",
            "README",
            "empty"
        ]
    );
}

#[test]
fn a_shared_home_elsewhere_is_a_gap() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), &[("log/atlassian-bitbucket.log", "")]);
    symlink("/mnt/efs/bitbucket", dir.path().join("shared")).unwrap();
    let home = Home::open(dir.path()).unwrap();
    assert!(home.shared().is_none());
    let (repositories, gaps) = home.repositories().unwrap();
    assert!(repositories.is_empty() && gaps[0].unread && gaps[0].why.contains("/mnt/efs/bitbucket"));
}

#[test]
fn mesh_and_extra_data_stores_are_named() {
    let dir = bitbucket();
    write(
        dir.path(),
        &[
            ("shared/bitbucket.properties", "plugin.bitbucket-mesh.port=7777\nmesh.enabled=false\n"),
            ("shared/data/repositories/p/0030/h/8a2a778e2d97e278f541/r/5/HEAD", "x"),
        ],
    );
    let (repositories, gaps) = Home::open(dir.path()).unwrap().repositories().unwrap();
    assert!(repositories.iter().any(|r| r.id == "5"));
    assert_eq!(gaps.iter().filter(|gap| gap.kind == "repository store" && gap.unread).count(), 1);
}
