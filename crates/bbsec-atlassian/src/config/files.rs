//! P-DIRS, P-USER, P-LOGROTATE: owners, permissions, and how far back the access logs reach.

use std::path::{Path, PathBuf};

use bbsec_core::{Gap, Severity, escape};

use super::Out;
use crate::home::{Home, Kind, Node, name_of, place, shown};

/// What nobody but the product needs to read.
const PRIVATE: [&str; 8] = [
    "bitbucket.properties",
    "stash-config.properties",
    "dbconfig.xml",
    "confluence.cfg.xml",
    "config/ssh-server-keys.pem",
    "crowd.properties",
    ".ssh/id_rsa",
    ".pgpass",
];
/// At most this many files are named one by one.
const MAX_NAMED: usize = 20;

pub(super) fn check(home: &Home, out: &mut Out) {
    logs(home, out);
    if copied(home.root()) {
        let why = "a copy in a case keeps neither owners nor permissions; mount the snapshot to check them";
        out.gaps.push(Gap::unknown("permissions", shown(home.root()), why));
        return;
    }
    out.answer("P-DIRS");
    out.answer("P-USER");
    for part in home.parts() {
        if let Ok(node) = home.tree().stat(&part) {
            root_folder(home, &part, &node, out);
        }
    }
    for file in home.every_file(&PRIVATE) {
        let Ok(node) = home.tree().stat(&file) else { continue };
        if node.mode & 0o004 != 0 {
            let title = format!("Every account on the host can read {}", shown(&file));
            let fix = format!("chmod 0640 {}", host_path(home, &file));
            out.fail(
                "P-DIRS",
                title,
                Severity::High,
                &shown(&file),
                place(&file),
                fix,
                &[format!("mode {:04o}", node.mode)],
            );
        }
    }
    writable(home, out);
}

/// Whether the home lies in an evidence bag.
fn copied(root: &Path) -> bool {
    let real = std::fs::canonicalize(root).unwrap_or_else(|_| root.into());
    real.ancestors().take(6).any(|folder| folder.join("bagit.txt").is_file())
}

fn host_path(home: &Home, path: &Path) -> String {
    escape::shell_word(&shown(&home.tree().root().join(path)))
}

fn root_folder(home: &Home, part: &Path, node: &Node, out: &mut Out) {
    let subject = if part.as_os_str().is_empty() { "home".to_owned() } else { shown(part) };
    if node.uid == 0 {
        let title = format!("{subject} belongs to root: the product seems to run as root");
        let fix = format!(
            "useradd --system --shell /usr/sbin/nologin atlbitbucket; chown -R atlbitbucket: {}",
            host_path(home, part)
        );
        out.fail("P-USER", title, Severity::Medium, &subject, place(part), fix, &["owner 0".into()]);
    }
    if node.mode & 0o005 == 0o005 && !home.installs().iter().any(|install| install == part) {
        let title = format!("Every account on the host can list {subject}");
        let fix = format!("chmod o-rwx {}", host_path(home, part));
        out.fail(
            "P-DIRS",
            title,
            Severity::Medium,
            &subject,
            place(part),
            fix,
            &[format!("mode {:04o}", node.mode)],
        );
    }
}

/// What anybody may write: configuration, plugins, scripts that the product runs.
fn writable(home: &Home, out: &mut Out) {
    let mut found: Vec<PathBuf> = Vec::new();
    for part in home.parts() {
        let enter = |node: &Node| {
            !matches!(
                name_of(&node.path).as_str(),
                "repositories" | "attachments" | "caches" | "tmp" | "temp" | "git-lfs"
            )
        };
        let nodes = home.tree().walk(&part, enter).flatten();
        let open = nodes
            .filter(|node| matches!(node.kind, Kind::File | Kind::Folder) && node.mode & 0o1002 == 0o002);
        found.extend(open.map(|node| node.path));
    }
    found.sort();
    for path in found.iter().take(MAX_NAMED) {
        let title = format!("Every account on the host can change {}", shown(path));
        out.fail(
            "P-DIRS",
            title,
            Severity::High,
            &shown(path),
            place(path),
            format!("chmod o-w {}", host_path(home, path)),
            &[],
        );
    }
    if found.len() > MAX_NAMED {
        let why =
            format!("{} further files and folders can be changed by everybody", found.len() - MAX_NAMED);
        let fix = format!("chmod -R o-w {}", host_path(home, Path::new("")));
        out.fail("P-DIRS", why, Severity::High, "home", place(Path::new("")), fix, &[]);
    }
}

/// Bitbucket keeps its access log ten days; what is older must have been copied elsewhere.
fn logs(home: &Home, out: &mut Out) {
    if !home.product().keeps_repositories() {
        return;
    }
    let Some(folder) = home.local().map(|local| local.join("log")) else { return };
    let Ok(nodes) = home.tree().list(&folder) else { return };
    let is_log = |name: &str| {
        name.starts_with("atlassian-bitbucket-access") || name.starts_with("atlassian-stash-access")
    };
    let mut days: Vec<String> = nodes
        .iter()
        .map(|node| name_of(&node.path))
        .filter(|name| is_log(name))
        .filter_map(|name| {
            let date = name.splitn(4, '-').nth(3)?.get(..10)?.to_owned();
            date.bytes()
                .enumerate()
                .all(|(at, byte)| if at == 4 || at == 7 { byte == b'-' } else { byte.is_ascii_digit() })
                .then_some(date)
        })
        .collect();
    days.sort();
    days.dedup();
    if !nodes.iter().any(|node| is_log(&name_of(&node.path))) {
        return;
    }
    out.answer("P-LOGROTATE");
    if days.len() <= 10 {
        let title = format!("Access logs reach back {} days only", days.len() + 1);
        let source = escape::shell_word(&shown(&home.tree().root().join(&folder)));
        let fix = format!(
            "# /etc/cron.hourly: keep rotated logs elsewhere\naws s3 sync {source} s3://LOG-ARCHIVE/$(hostname)/ --exclude '*' --include 'atlassian-*-access-*' --include 'audit/*'"
        );
        let why = days.first().map_or_else(
            || "no rotated file is there".into(),
            |first| format!("the oldest rotated file is of {first}"),
        );
        out.fail("P-LOGROTATE", title, Severity::Low, &shown(&folder), place(&folder), fix, &[why]);
    }
}
