//! Where code can lie: every archive, class and page with code in a home, in an installation, and in the temporary
//! folders of a host.

use std::path::{Path, PathBuf};

use crate::home::{Home, Kind, Node, TreeError, name_of};

/// What a place says about the code in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Role {
    /// A person installed it.
    Installed,
    /// It came with the product.
    Bundled,
    /// The product's own copy of an installed or bundled plugin.
    Derived,
    /// An upload's temporary copy: it stays when the plugin is removed again.
    Leftover,
    /// A library or class of the web application.
    Webapp,
    /// A page with code.
    Page,
    /// Anywhere else.
    Elsewhere,
}

impl Role {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Installed => "installed",
            Self::Bundled => "bundled",
            Self::Derived => "derived",
            Self::Leftover => "upload leftover",
            Self::Webapp => "web application",
            Self::Page => "page",
            Self::Elsewhere => "elsewhere",
        }
    }
}

/// Folders that hold data in masses and no code that runs.
const DATA: [&str; 10] = [
    "data/repositories",
    "data/attachments",
    "data/git-lfs",
    "data/avatars",
    "attachments",
    "index",
    "caches/indexes",
    "caches/indexesV1",
    "elasticsearch",
    "opensearch",
];

/// Temporary folders of a host, in a snapshot.
const HOST_TEMP: [&str; 3] = ["tmp", "var/tmp", "dev/shm"];

/// Every candidate, once, in the order of paths; and what could not be listed.
pub(super) fn find(home: &Home) -> (Vec<(Node, Role)>, Vec<TreeError>) {
    let mut parts = home.parts();
    for temp in HOST_TEMP.map(PathBuf::from) {
        if home.tree().is_folder(&temp) && !parts.iter().any(|part| temp.starts_with(part)) {
            parts.push(temp);
        }
    }
    let (mut found, mut errors) = (Vec::new(), Vec::new());
    for part in parts {
        let enter = |node: &Node| {
            let bases = home.shared().into_iter().chain(home.local());
            !bases.into_iter().any(|base| DATA.iter().any(|data| node.path == base.join(data)))
        };
        for entry in home.tree().walk(&part, enter) {
            match entry {
                Ok(node) if node.kind == Kind::File => {
                    found.extend(role(&node.path).map(|role| (node, role)));
                }
                Ok(_) => {}
                Err(error) => errors.push(error),
            }
        }
    }
    found.sort_by(|a, b| a.0.path.cmp(&b.0.path));
    found.dedup_by(|a, b| a.0.path == b.0.path);
    (found, errors)
}

/// `None` for what is no code.
pub(super) fn role(path: &Path) -> Option<Role> {
    let name = name_of(path).to_ascii_lowercase();
    let text = format!("/{}", path.to_string_lossy());
    let ends = |suffixes: &[&str]| suffixes.iter().any(|suffix| name.ends_with(suffix));
    let archive = ends(&[".jar", ".obr", ".war"]);
    if ends(&[".jsp", ".jspx", ".jspf"]) {
        return Some(Role::Page);
    }
    let in_temp = ["/temp/", "/tmp/", "/plugins-temp/"].iter().any(|folder| text.contains(folder));
    if in_temp && (archive || name.starts_with("plugin_")) {
        // The plugin system's own caches lie in temporary folders too.
        let derived = text.contains("osgi") || text.contains("/bundle");
        return Some(if derived { Role::Derived } else { Role::Leftover });
    }
    if ends(&[".class"]) {
        return Some(if text.contains("/WEB-INF/") { Role::Webapp } else { Role::Elsewhere });
    }
    if !archive {
        return None;
    }
    let has = |folder: &str| text.contains(folder);
    Some(if has("/installed-plugins/") {
        Role::Installed
    } else if has("bundled-plugins") {
        Role::Bundled
    } else if has("osgi-plugins")
        || has("plugins-osgi-cache")
        || has("plugins-cache")
        || has("transformed-plugins")
    {
        Role::Derived
    } else if has("/WEB-INF/") || has("/lib/") {
        Role::Webapp
    } else {
        Role::Elsewhere
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_has_its_role() {
        for (path, expected) in [
            ("shared/plugins/installed-plugins/a.jar", Some(Role::Installed)),
            (".osgi-plugins/transformed-plugins/a_1.jar", Some(Role::Derived)),
            ("plugins/.bundled-plugins/a.jar", Some(Role::Bundled)),
            ("opt/atlassian/confluence/temp/plugin_6443_shellplug.jar", Some(Role::Leftover)),
            ("tmp/plugin_1.obr", Some(Role::Leftover)),
            ("opt/atlassian/jira/atlassian-jira/WEB-INF/lib/jira-core-9.jar", Some(Role::Webapp)),
            ("opt/atlassian/jira/atlassian-jira/WEB-INF/classes/a/B.class", Some(Role::Webapp)),
            ("opt/x/confluence/pages/x.JSP", Some(Role::Page)),
            ("shared/config/x.jar", Some(Role::Elsewhere)),
            ("shared/config/x.txt", None),
        ] {
            assert_eq!(role(Path::new(path)), expected, "{path}");
        }
    }
}
