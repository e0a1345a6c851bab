//! Where the products keep their logs below a home or an installation.

use std::path::Path;

use super::LogInput;

/// Folders of a home that hold logs: Bitbucket and Jira `log/`, Confluence and Tomcat `logs/`, a shared home's copy,
/// Jira's Tomcat below its web application.
const FOLDERS: [&str; 8] = [
    "log",
    "logs",
    "shared/log",
    "shared/logs",
    "local/log",
    "atlassian-jira/logs",
    "install/logs",
    "app/logs",
];

/// The log folders of a home that are there. A cluster's nodes may lie side by side in one folder.
pub fn find(home: &Path) -> Vec<LogInput> {
    let mut found = Vec::new();
    let mut add = |folder: &Path| {
        for name in FOLDERS {
            let path = folder.join(name);
            // A link is told by the reader, if it leads out of the home.
            if path.is_dir() {
                found.push(LogInput { path, root: home.to_path_buf() });
            }
        }
    };
    add(home);
    for entry in std::fs::read_dir(home).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().to_ascii_lowercase();
        let is_node = name.starts_with("node") || name.starts_with("mesh") || name.starts_with("bitbucket");
        if is_node && entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            add(&entry.path());
        }
    }
    found.sort();
    found
}
