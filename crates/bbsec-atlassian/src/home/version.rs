//! The product's version, out of what a home says about itself.

use std::{
    io::{BufRead as _, BufReader, Read as _},
    path::{Path, PathBuf},
};

use super::{Home, Kind, Product, name_of, shown};
use crate::read;

/// How much of one log is searched for its start-up lines.
const MAX_LOG: u64 = 256 << 20;
const MAX_LOGS: usize = 40;

/// The version and what told it. The newest start that the logs hold counts; an installation's libraries come next,
/// the build number in `confluence.cfg.xml` last.
pub(super) fn find(home: &Home) -> Option<(String, String)> {
    from_logs(home).or_else(|| from_installation(home)).or_else(|| from_build_number(home))
}

fn from_logs(home: &Home) -> Option<(String, String)> {
    let local = home.local()?;
    let (folder, prefix) = match home.product() {
        Product::Bitbucket => ("log", "atlassian-bitbucket"),
        Product::Stash => ("log", "atlassian-stash"),
        Product::Jira => ("log", "atlassian-jira"),
        Product::Confluence => ("logs", "atlassian-confluence"),
    };
    let mut logs: Vec<_> = home
        .tree()
        .list(&local.join(folder))
        .unwrap_or_default()
        .into_iter()
        .filter(|node| {
            let name = name_of(&node.path);
            let rest = name.strip_prefix(prefix).unwrap_or("x");
            // Not the access, audit, security or profiler log.
            node.kind == Kind::File && (rest.starts_with('.') || rest.starts_with("-2"))
        })
        .collect();
    // The newest files first, so that the bound cuts off the oldest. Which start is the newest is what the lines say:
    // a copy of a home has the time of the copy on every file.
    logs.sort_by_key(|node| std::cmp::Reverse((node.modified, name_of(&node.path))));
    logs.into_iter()
        .take(MAX_LOGS)
        .filter_map(|node| {
            let (stamp, version) = last_start(home, &node.path)?;
            Some((stamp, version, format!("the newest start in {}", shown(&node.path))))
        })
        .max_by(|a, b| a.0.cmp(&b.0))
        .map(|(_, version, how)| (version, how))
}

/// The time of day as the log writes it, which sorts as text, and the version of the last start in a log.
fn last_start(home: &Home, log: &Path) -> Option<(String, String)> {
    let real = home.tree().resolve(log).ok()?;
    let opened = read::open(&real).ok()?;
    let mut reader = BufReader::new(opened.bytes.take(MAX_LOG.min(opened.limit)));
    let mut line = Vec::new();
    let mut found = None;
    loop {
        line.clear();
        match (&mut reader).take(1 << 20).read_until(b'\n', &mut line) {
            Ok(0) | Err(_) => return found,
            Ok(_) => {}
        }
        if let Some(version) = version_in(&line) {
            let stamp = String::from_utf8_lossy(line.get(..23).unwrap_or_default()).into_owned();
            found = Some((if stamp.starts_with("20") { stamp } else { String::new() }, version));
        }
    }
}

/// `Starting Bitbucket 7.4.0 (204e35a …`, `Starting Confluence 7.13.0 [build …`, Jira's `Version   : 8.20.1`.
fn version_in(line: &[u8]) -> Option<String> {
    if memchr::memmem::find(line, b"Starting ").is_none() && memchr::memmem::find(line, b"Version").is_none()
    {
        return None;
    }
    let text = String::from_utf8_lossy(line);
    for product in ["Bitbucket ", "Stash ", "Confluence ", "JIRA ", "Jira "] {
        if let Some((before, after)) = text.split_once(product)
            && before.trim_end().ends_with("Starting")
        {
            return version_at(after);
        }
    }
    let trimmed = text.trim().trim_start_matches("___").trim();
    let (_, after) = trimmed.strip_prefix("Version")?.split_once(':')?;
    version_at(after.trim())
}

/// A dotted number at the start of a text.
fn version_at(text: &str) -> Option<String> {
    let end =
        text.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '-'))).unwrap_or(text.len());
    let version = text.get(..end)?.trim_end_matches(['.', '-']);
    let numbers = version.split(['.', '-']).take_while(|part| part.parse::<u32>().is_ok()).count();
    (numbers >= 2 && version.len() <= 40).then(|| version.to_owned())
}

/// Libraries that carry the product's version in their name.
fn from_installation(home: &Home) -> Option<(String, String)> {
    let (lib, prefixes): (&str, &[&str]) = match home.product() {
        Product::Bitbucket => {
            ("app/WEB-INF/lib", &["bitbucket-service-impl-", "bitbucket-platform-", "bitbucket-api-"])
        }
        Product::Stash => ("atlassian-stash/WEB-INF/lib", &["stash-service-impl-", "stash-api-"]),
        Product::Jira => ("atlassian-jira/WEB-INF/lib", &["jira-core-", "jira-api-"]),
        Product::Confluence => ("confluence/WEB-INF/lib", &["confluence-"]),
    };
    let folders: Vec<PathBuf> = home.installs().iter().map(|install| install.join(lib)).collect();
    folders.iter().find_map(|folder| {
        home.tree().list(folder).ok()?.into_iter().find_map(|node| {
            let name = name_of(&node.path);
            let rest = prefixes.iter().find_map(|prefix| name.strip_prefix(prefix))?;
            let version = version_at(rest.strip_suffix(".jar")?)?;
            Some((version, format!("the library {}", shown(&node.path))))
        })
    })
}

fn from_build_number(home: &Home) -> Option<(String, String)> {
    let file = home.first_file(&["confluence.cfg.xml"])?;
    let text = home.tree().read(&file, 4 << 20).ok()?;
    let number = crate::config::xml::element_text(&text, "buildNumber")?;
    Some((format!("build {number}"), format!("buildNumber in {}", shown(&file))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn start_up_lines_tell_the_version() {
        for (line, version) in [
            (
                "2020-09-08 07:53:45,084 INFO [main] c.a.b.i.b.l.BuildInfoLogger Starting Bitbucket 7.4.0 (204e35a built on",
                "7.4.0",
            ),
            ("2021-01-01 INFO Starting Confluence 7.13.0 [build 8703 based on commit", "7.13.0"),
            ("     Version                                       : 8.20.1", "8.20.1"),
        ] {
            assert_eq!(version_in(line.as_bytes()).as_deref(), Some(version));
        }
        for line in ["Starting Bitbucket now", "Version: unknown", "GET /Version : 1"] {
            assert_eq!(version_in(line.as_bytes()), None, "{line}");
        }
    }
}
