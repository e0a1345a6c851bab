//! P-GIT-SSLVERIFY, and what in a git configuration or a hook runs programs: of the host's users and of every
//! repository.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use bbsec_core::{Confidence, Finding, Place, Severity, Subject, escape, hex};
use sha2::{Digest as _, Sha256};

use super::Out;
use crate::home::{Home, Kind, gitconfig, name_of, place, shown};

/// Settings that make git run a program, or send it elsewhere.
const RUNS: [&str; 17] = [
    "core.fsmonitor",
    "core.sshcommand",
    "core.hookspath",
    "core.gitproxy",
    "core.pager",
    "core.editor",
    "core.askpass",
    "core.alternaterefscommand",
    "uploadpack.packobjectshook",
    "diff.external",
    "gpg.program",
    "credential.helper",
    "sequence.editor",
    "receive.procreceiverefs",
    "http.proxy",
    "include.path",
    "protocol.ext.allow",
];
const MAX_HOOK: u64 = 1 << 20;

pub(super) fn check(home: &Home, out: &mut Out) {
    let mut configs: Vec<PathBuf> = [
        ".gitconfig",
        ".config/git/config",
        "config/git/config",
        "config/git/system-config",
        "git/gitconfig",
    ]
    .iter()
    .flat_map(|name| home.every_file(&[name]))
    .collect();
    for name in ["etc/gitconfig", "root/.gitconfig"] {
        configs.extend(home.tree().is_file(name).then(|| PathBuf::from(name)));
    }
    for user in home.tree().list(Path::new("home")).unwrap_or_default() {
        let path = user.path.join(".gitconfig");
        configs.extend(home.tree().is_file(&path).then_some(path));
    }
    let mut hooks: BTreeMap<(String, String), Vec<PathBuf>> = BTreeMap::new();
    let mut with_hooks = 0_usize;
    for repository in repositories(home) {
        for name in ["config", "config.worktree"] {
            let path = repository.join(name);
            configs.extend(home.tree().is_file(&path).then_some(path));
        }
        with_hooks += usize::from(hooks_of(home, &repository, &mut hooks, out));
    }
    for path in configs {
        config(home, &path, out);
    }
    odd_hooks(&hooks, with_hooks, out);
}

fn repositories(home: &Home) -> Vec<PathBuf> {
    let Some(shared) = home.shared().filter(|_| home.product().keeps_repositories()) else {
        return Vec::new();
    };
    let nodes = home.tree().list(&shared.join("data/repositories")).unwrap_or_default();
    nodes.into_iter().filter(|node| node.kind == Kind::Folder).map(|node| node.path).collect()
}

fn config(home: &Home, path: &Path, out: &mut Out) {
    let bytes = match home.tree().read(path, gitconfig::MAX_BYTES) {
        Ok(bytes) => bytes,
        Err(error) => {
            out.gaps.push(error.gap("git configuration"));
            return;
        }
    };
    out.answer("P-GIT-SSLVERIFY");
    for entry in gitconfig::parse(&bytes).0 {
        let at = Place::new(shown(path), entry.offset, entry.length);
        let off = matches!(entry.value.to_ascii_lowercase().as_str(), "false" | "no" | "off" | "0" | "");
        let name = entry.name();
        let subject = format!("{}:{name}", shown(path));
        if entry.section == "http" && entry.key == "sslverify" && off {
            let fix = format!(
                "git config --file {} --unset-all {}",
                escape::shell_word(&shown(path)),
                escape::shell_word(&name)
            );
            out.fail(
                "P-GIT-SSLVERIFY",
                "Git does not check the server's certificate",
                Severity::High,
                &subject,
                at,
                fix,
                &["whoever stands between can read and change what is fetched and pushed".into()],
            );
            continue;
        }
        let plain = format!("{}.{}", entry.section, entry.key);
        let filter =
            entry.section == "filter" && matches!(entry.key.as_str(), "clean" | "smudge" | "process");
        let alias = entry.section == "alias" && entry.value.starts_with('!');
        let credentials = plain == "credential.helper" && !entry.value.contains(['!', '/']);
        if (RUNS.contains(&plain.as_str()) || filter || alias)
            && !off
            && !credentials
            && !entry.value.eq_ignore_ascii_case("true")
        {
            let title = format!("{name} makes git run a program or leads it elsewhere");
            let mut finding = Finding::new(
                "config",
                "git.runs-program",
                title,
                Severity::High,
                Confidence::Medium,
                Subject::new("configuration", subject),
                None,
            )
            .because(format!(
                "its value is {}",
                escape::terminal(&entry.value.chars().take(200).collect::<String>())
            ))
            .seen_at(at);
            finding.fix = Some(format!(
                "keep the file as evidence, then: git config --file {} --unset-all {}",
                escape::shell_word(&shown(path)),
                escape::shell_word(&name)
            ));
            out.findings.push(finding);
        }
    }
}

/// Hooks of a repository by name and content; samples are not run.
fn hooks_of(
    home: &Home,
    repository: &Path,
    hooks: &mut BTreeMap<(String, String), Vec<PathBuf>>,
    out: &mut Out,
) -> bool {
    let folder = repository.join("hooks");
    let mut any = false;
    for node in home.tree().walk(&folder, |_| true) {
        let node = match node {
            Ok(node) => node,
            Err(error) if error.missing() => return any,
            Err(error) => {
                out.gaps.push(error.gap("hook"));
                continue;
            }
        };
        let name = shown(node.path.strip_prefix(&folder).unwrap_or(&node.path));
        if node.kind == Kind::Folder || name.contains(".sample") {
            continue;
        }
        match home.tree().read(&node.path, MAX_HOOK) {
            Ok(bytes) => {
                any = true;
                hooks.entry((name, hex::encode(Sha256::digest(bytes)))).or_default().push(node.path);
            }
            Err(error) => out.gaps.push(error.gap("hook")),
        }
    }
    any
}

/// The product writes the same hooks into every repository; one that few repositories have is somebody's own.
fn odd_hooks(hooks: &BTreeMap<(String, String), Vec<PathBuf>>, repositories: usize, out: &mut Out) {
    for ((name, digest), paths) in hooks {
        let common = repositories >= 4 && paths.len().saturating_mul(2) > repositories;
        let Some(first) = paths.first().filter(|_| !common) else { continue };
        let title =
            format!("The hook {name} runs in {} of {repositories} repositories with hooks", paths.len());
        let mut finding = Finding::new(
            "config",
            "git.hook",
            title,
            Severity::Medium,
            Confidence::Low,
            Subject::new("hook", shown(first)),
            None,
        )
        .because("hooks run as the product's user on every push; the product's own are the same everywhere");
        finding.evidence = paths.iter().take(5).map(|path| place(path)).collect();
        finding.fix = Some(format!(
            "read it, keep it as evidence, then: chmod -x {}",
            escape::shell_word(&shown(first))
        ));
        finding.data.insert("sha256".into(), serde_json::json!(digest));
        finding.data.insert("name".into(), serde_json::json!(name_of(first)));
        out.findings.push(finding);
    }
}
