//! What a Bitbucket request did, and to which repository: from its URI or SSH command and the labels.
//!
//! Rules after Atlassian's own support scripts: only the labels tell a clone from a listing of refs, since with
//! protocol version 2 both are a POST to `git-upload-pack`.

#![allow(
    clippy::match_same_arms,
    clippy::unnecessary_wraps,
    reason = "the tables have one row per form of address, and every row gives the same type"
)]

use bbsec_core::{Target, TargetKind, Verb};

use crate::logs::uri::{Path, is};

/// What the labels say about a git command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum GitLabel {
    Push,
    Clone,
    Fetch,
    None,
}

/// Reads the labels that name a git operation. `clone` wins over `fetch`, `shallow` and `negotiation`.
pub(crate) fn git_label(label: &str, before: GitLabel) -> GitLabel {
    match label {
        "push" => GitLabel::Push,
        "clone" | "shallow clone" | "partial clone" if before != GitLabel::Push => GitLabel::Clone,
        "fetch" | "shallow fetch" | "partial fetch" if before == GitLabel::None => GitLabel::Fetch,
        _ => before,
    }
}

fn git_verb(label: GitLabel) -> Verb {
    match label {
        GitLabel::Push => Verb::Push,
        GitLabel::Clone => Verb::Clone,
        GitLabel::Fetch => Verb::Fetch,
        GitLabel::None => Verb::Refs,
    }
}

/// `PROJECT/slug` with the project in upper case, or `~user/slug`.
pub(crate) fn repository(project: &str, slug: &str) -> Target {
    let slug = slug.strip_suffix(".git").unwrap_or(slug).to_lowercase();
    let project = if project.starts_with('~') { project.to_lowercase() } else { project.to_uppercase() };
    Target::new(TargetKind::Repository, project + "/" + &slug)
}

fn project(key: &str) -> Target {
    let key = if key.starts_with('~') { key.to_lowercase() } else { key.to_uppercase() };
    Target::new(TargetKind::Project, key)
}

pub(crate) fn instance() -> Target {
    Target::new(TargetKind::Instance, "instance")
}

/// An SSH command: `SSH - git-upload-pack '/proj/repo.git'`; Stash 2 wrote it without `SSH - `.
pub(crate) fn ssh(action: &str, label: GitLabel) -> (Verb, Option<Target>) {
    let command = action.strip_prefix("SSH - ").unwrap_or(action);
    let (name, argument) = command.split_once(' ').unwrap_or((command, ""));
    let path = argument.trim().trim_matches(['\'', '"']);
    let mut parts = path.split('/').filter(|part| !part.is_empty());
    let target = match (parts.next(), parts.next()) {
        (Some(owner), Some(slug)) => Some(repository(owner, slug)),
        _ => None,
    };
    let verb = match name {
        "git-upload-pack" | "git-receive-pack" => git_verb(label),
        "git-upload-archive" => Verb::Archive,
        "git-lfs-authenticate" | "git-lfs-transfer" => Verb::Lfs,
        _ => Verb::Other,
    };
    (verb, target)
}

/// An HTTP request.
pub(crate) fn http(method: &str, uri: &str, label: GitLabel) -> (Verb, Option<Target>) {
    let path = Path::of(uri);
    // A context path may stand in front.
    for skip in 0..=1 {
        let found = match path.part(skip) {
            "scm" | "git" => scm(&path, skip + 1, label),
            "projects" => projects(method, &path, skip),
            "users" => users(method, &path, skip),
            "rest" => rest(method, &path, skip + 1),
            "plugins" if is(path.part(skip + 1), "servlet") => servlet(&path, skip + 2),
            "admin" => Some((Verb::Admin, Some(instance()))),
            "login" | "j_atl_security_check" | "j_atl_security_logout" | "logout" => {
                Some((Verb::Login, None))
            }
            "repos" => Some((Verb::Browse, Some(instance()))),
            "account" => Some((Verb::Other, None)),
            _ => None,
        };
        if let Some(found) = found {
            return found;
        }
    }
    (Verb::Other, None)
}

fn scm(path: &Path<'_>, at: usize, label: GitLabel) -> Option<(Verb, Option<Target>)> {
    let (owner, slug) = (path.part(at), path.part(at + 1));
    if owner.is_empty() || slug.is_empty() {
        return None;
    }
    let verb = match (path.part(at + 2), path.part(at + 3)) {
        ("info", "lfs") => Verb::Lfs,
        ("git-upload-pack" | "git-receive-pack", _) | ("info", "refs") => git_verb(label),
        _ => Verb::Api,
    };
    Some((verb, Some(repository(&path.text(at), &path.text(at + 1)))))
}

/// `/projects/K` and `/projects/K/repos/s/…`
fn projects(method: &str, path: &Path<'_>, at: usize) -> Option<(Verb, Option<Target>)> {
    let key = path.text(at + 1);
    if key.is_empty() {
        return Some((Verb::Browse, Some(instance())));
    }
    if path.part(at + 2) == "repos" && !path.part(at + 3).is_empty() {
        let target = repository(&key, &path.text(at + 3));
        return Some((web_verb(method, path, at + 4), Some(target)));
    }
    let verb = if is_admin(path.part(at + 2)) { Verb::Admin } else { Verb::Browse };
    Some((verb, Some(project(&key))))
}

/// `/users/name/repos/s/…`: personal repositories.
fn users(method: &str, path: &Path<'_>, at: usize) -> Option<(Verb, Option<Target>)> {
    let name = path.text(at + 1);
    if name.is_empty() {
        return None;
    }
    if path.part(at + 2) == "repos" && !path.part(at + 3).is_empty() {
        let target = repository(&format!("~{name}"), &path.text(at + 3));
        return Some((web_verb(method, path, at + 4), Some(target)));
    }
    Some((Verb::Browse, Some(project(&format!("~{name}")))))
}

fn web_verb(method: &str, path: &Path<'_>, at: usize) -> Verb {
    match path.part(at) {
        "raw" | "attachments" => Verb::Raw,
        "archive" => Verb::Archive,
        part if is_admin(part) => Verb::Admin,
        // The list of pull requests shows no source.
        "pull-requests" if path.part(at + 1).is_empty() => Verb::Other,
        _ if method == "GET" || method == "HEAD" => Verb::Browse,
        _ => Verb::Api,
    }
}

fn is_admin(part: &str) -> bool {
    matches!(
        part,
        "settings"
            | "permissions"
            | "hooks"
            | "webhooks"
            | "keys"
            | "ssh"
            | "access-tokens"
            | "restrictions"
            | "branchmodel"
            | "default-reviewers"
            | "conditions"
            | "reviewer-groups"
            | "hook-scripts"
            | "secret-scanning"
    )
}

/// `/rest/<module>/<version>/…`
fn rest(method: &str, path: &Path<'_>, at: usize) -> Option<(Verb, Option<Target>)> {
    let module = path.part(at);
    match module {
        "git-lfs" => {
            // Bodies of large files: /rest/git-lfs/storage/PROJ/repo/oid, and …/git-lfs/admin/…
            let target = (path.part(at + 1) == "storage" && !path.part(at + 3).is_empty())
                .then(|| repository(&path.text(at + 2), &path.text(at + 3)));
            return Some((if target.is_some() { Verb::Lfs } else { Verb::Admin }, target));
        }
        "plugins" => return Some((Verb::Admin, Some(instance()))),
        "search" => return Some((Verb::Search, Some(instance()))),
        "audit" => return Some((Verb::Admin, Some(instance()))),
        _ => {}
    }
    // Find the thing after the version, whatever the module is called.
    for skip in 1..=3 {
        match path.part(at + skip) {
            "projects" if !path.part(at + skip + 1).is_empty() => {
                return Some(rest_project(method, module, path, at + skip));
            }
            "users" if path.part(at + skip + 2) == "repos" && !path.part(at + skip + 3).is_empty() => {
                let owner = format!("~{}", path.text(at + skip + 1));
                let target = repository(&owner, &path.text(at + skip + 3));
                return Some((rest_verb(method, module, path, at + skip + 4), Some(target)));
            }
            "projects" | "repos" | "users" | "groups" | "profile" | "inbox" | "dashboard" => {
                return Some((Verb::Api, Some(instance())));
            }
            "admin" | "cluster" | "license" | "hook-scripts" => return Some((Verb::Admin, Some(instance()))),
            _ => {}
        }
    }
    Some((Verb::Other, None))
}

fn rest_project(method: &str, module: &str, path: &Path<'_>, at: usize) -> (Verb, Option<Target>) {
    let key = path.text(at + 1);
    if path.part(at + 2) == "repos" && !path.part(at + 3).is_empty() {
        let target = repository(&key, &path.text(at + 3));
        return (rest_verb(method, module, path, at + 4), Some(target));
    }
    let admin = is_admin(path.part(at + 2)) || is_admin(module);
    (if admin { Verb::Admin } else { Verb::Api }, Some(project(&key)))
}

fn rest_verb(method: &str, module: &str, path: &Path<'_>, at: usize) -> Verb {
    let reads = method == "GET" || method == "HEAD";
    match (path.part(at), path.part(at + 2)) {
        ("archive", _) => Verb::Archive,
        ("raw" | "attachments", _) => Verb::Raw,
        // Editing a file through REST makes a commit.
        ("browse" | "edit", _) if !reads => Verb::Push,
        (
            "browse" | "files" | "commits" | "compare" | "patch" | "diff" | "changes" | "last-modified"
            | "branches" | "tags" | "blame" | "raw-diff" | "diff-stats-summary" | "related",
            _,
        ) if reads => Verb::Browse,
        ("pull-requests", "diff" | "commits" | "changes" | "patch") if reads => Verb::Browse,
        (part, _) if is_admin(part) || is_admin(module) => Verb::Admin,
        ("", _) if !reads => Verb::Admin,
        _ => Verb::Api,
    }
}

/// `/plugins/servlet/…`
fn servlet(path: &Path<'_>, at: usize) -> Option<(Verb, Option<Target>)> {
    match path.part(at) {
        "archive" => {
            let (owner, slug) = match path.part(at + 1) {
                "projects" => (path.text(at + 2), path.text(at + 4)),
                "users" => (format!("~{}", path.text(at + 2)), path.text(at + 4)),
                _ => return Some((Verb::Archive, None)),
            };
            Some((Verb::Archive, Some(repository(&owner, &slug))))
        }
        "search" => Some((Verb::Search, Some(instance()))),
        "upm" | "applinks" | "troubleshooting" | "audit" | "embedded-crowd" | "admin" | "data-pipeline"
        | "stp" => Some((Verb::Admin, Some(instance()))),
        _ => Some((Verb::Other, None)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown((verb, target): (Verb, Option<Target>)) -> String {
        format!("{} {}", verb.name(), target.map_or("-".into(), |target| target.id))
    }

    #[test]
    fn a_clone_is_told_from_a_listing_by_its_label() {
        let post = |label| shown(http("POST", "/scm/tb/token.git/git-upload-pack", label));
        assert_eq!(post(GitLabel::None), "refs TB/token");
        assert_eq!(post(GitLabel::Clone), "clone TB/token");
        assert_eq!(post(GitLabel::Fetch), "fetch TB/token");
    }

    #[test]
    fn every_form_of_repository_address_is_known() {
        for (method, uri, expected) in [
            ("GET", "/scm/~Ann/Dot.git/info/refs?service=git-upload-pack", "refs ~ann/dot"),
            ("GET", "/git/STASH/mina-sshd-fork.git/info/refs", "refs STASH/mina-sshd-fork"),
            ("GET", "/bitbucket/scm/a/b.git/info/refs", "refs A/b"),
            ("GET", "/projects/sec/repos/keys/raw/id_rsa?at=refs%2Fheads%2Fmain", "raw SEC/keys"),
            ("GET", "/projects/SEC/repos/keys/browse/src/a.rs", "browse SEC/keys"),
            ("GET", "/projects/SEC/repos/keys", "browse SEC/keys"),
            ("GET", "/projects/SEC/repos/keys/settings/hooks", "admin SEC/keys"),
            ("GET", "/users/ann/repos/dot/browse", "browse ~ann/dot"),
            (
                "GET",
                "/rest/api/latest/projects/SEC/repos/keys/archive?format=zip&at=main",
                "archive SEC/keys",
            ),
            ("GET", "/rest/api/1.0/projects/~ann/repos/dot/raw/x", "raw ~ann/dot"),
            ("GET", "/rest/api/1.0/users/ann/repos/dot/commits", "browse ~ann/dot"),
            ("PUT", "/rest/api/1.0/projects/SEC/repos/keys/browse/README", "push SEC/keys"),
            ("GET", "/rest/api/latest/projects/A/repos/b/pull-requests/394/diff", "browse A/b"),
            ("POST", "/rest/api/1.0/projects/TEST/repos/test/pull-requests", "api TEST/test"),
            ("GET", "/rest/keys/1.0/projects/SEC/repos/keys/ssh", "admin SEC/keys"),
            ("GET", "/rest/git-lfs/storage/SEC/keys/abc123", "lfs SEC/keys"),
            ("POST", "/scm/sec/keys.git/info/lfs/objects/batch", "lfs SEC/keys"),
            ("GET", "/plugins/servlet/archive/projects/SEC/repos/keys?at=x", "archive SEC/keys"),
            ("POST", "/rest/search/latest/search", "search instance"),
            ("GET", "/rest/api/latest/repos?limit=1000", "api instance"),
            ("GET", "/rest/api/1.0/admin/users", "admin instance"),
            ("GET", "/projects/SEC", "browse SEC"),
            ("GET", "/rest/api/1.0/projects/SEC/permissions/users", "admin SEC"),
            ("GET", "/admin/users", "admin instance"),
            ("POST", "/rest/plugins/1.0/?token=1", "admin instance"),
            ("GET", "/%70rojects/SEC/repos/keys/browse", "browse SEC/keys"),
            ("GET", "//projects/./SEC/repos/ke%79s/browse;jsessionid=1", "browse SEC/keys"),
            ("GET", "/s/d41d8/_/download/batch.css", "other -"),
            ("POST", "/j_atl_security_check", "login -"),
            ("GET", "/", "other -"),
            ("GET", "", "other -"),
        ] {
            assert_eq!(shown(http(method, uri, GitLabel::None)), expected, "{method} {uri}");
        }
    }

    #[test]
    fn ssh_commands_name_their_repository_in_three_ways() {
        for (action, expected) in [
            ("SSH - git-upload-pack '/foo/bar.git'", "clone FOO/bar"),
            ("git-upload-pack '/CONF/teamcal.git'", "clone CONF/teamcal"),
            ("SSH - git-upload-pack '~ann/dot.git'", "clone ~ann/dot"),
            ("SSH - git-upload-pack", "clone -"),
            ("SSH - whoami", "other -"),
        ] {
            assert_eq!(shown(ssh(action, GitLabel::Clone)), expected, "{action}");
        }
    }
}
