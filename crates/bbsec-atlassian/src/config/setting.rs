//! Every setting of a home, whatever file format it stands in.

use std::path::PathBuf;

use bbsec_core::{Gap, Place};
use zeroize::Zeroizing;

use super::{properties, xml};
use crate::home::{Home, Kind, name_of, shown};

const MAX_FILE: u64 = 8 << 20;

/// One setting. Its value may be a password: overwritten when dropped, and in no `Debug` output.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Setting {
    pub(super) file: String,
    pub(super) key: String,
    pub(super) value: Zeroizing<String>,
    pub(super) at: Place,
    /// 1-based; 0 where lines are not counted.
    pub(super) line: u64,
}

impl std::fmt::Debug for Setting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Setting {{ {} in {}:{} }}", self.key, self.file, self.line)
    }
}

/// Folders whose files are looked at, below shared home, local home and installations.
const FOLDERS: [&str; 9] = [
    "",
    "config",
    "shared-home",
    "conf",
    "bin",
    "app/WEB-INF/classes",
    "atlassian-jira/WEB-INF/classes",
    "confluence/WEB-INF/classes",
    "atlassian-stash/WEB-INF/classes",
];

/// Settings in the order of files; copies such as `bitbucket.properties.bak` included.
pub(super) fn gather(home: &Home) -> (Vec<Setting>, Vec<Gap>) {
    let (mut settings, mut gaps) = (Vec::new(), Vec::new());
    let mut files: Vec<PathBuf> = Vec::new();
    for base in
        home.shared().into_iter().chain(home.local()).chain(home.installs().iter().map(PathBuf::as_path))
    {
        for folder in FOLDERS.map(|folder| base.join(folder)) {
            match home.tree().list(&folder) {
                Ok(nodes) => files.extend(nodes.into_iter().filter(|n| n.kind == Kind::File).map(|n| n.path)),
                Err(error) if error.missing() => {}
                Err(error) => gaps.push(error.gap("configuration")),
            }
        }
    }
    files.sort();
    files.dedup();
    for file in files {
        let name = name_of(&file).to_ascii_lowercase();
        let is = |words: &[&str]| words.iter().any(|word| name.contains(word));
        let reader: fn(&str, &[u8], &mut Vec<Setting>) = if is(&[".properties"]) {
            from_properties
        } else if is(&["dbconfig.xml", "confluence.cfg.xml", "server.xml", "crowd.xml"]) {
            from_xml
        } else if is(&["setenv", "set-jre-home", "_config.sh"])
            || [".conf", "user.sh"].iter().any(|end| name.ends_with(end))
        {
            from_script
        } else {
            continue;
        };
        match home.tree().read(&file, MAX_FILE) {
            Ok(bytes) => reader(&shown(&file), &bytes, &mut settings),
            Err(error) => gaps.push(error.gap("configuration")),
        }
    }
    (settings, gaps)
}

fn from_properties(file: &str, bytes: &[u8], out: &mut Vec<Setting>) {
    out.extend(properties::parse(bytes).into_iter().map(|property| Setting {
        file: file.into(),
        at: Place::new(file, property.offset, property.length),
        key: property.key,
        value: property.value.into(),
        line: property.line,
    }));
}

/// Elements with text, and attributes: a Tomcat connector keeps its passwords in attributes.
fn from_xml(file: &str, bytes: &[u8], out: &mut Vec<Setting>) {
    for entry in xml::elements(bytes).0 {
        let line = line_of(bytes, entry.offset);
        let at = Place::new(file, entry.offset, entry.length);
        for (name, value) in entry.attributes.iter().filter(|(name, _)| name != "name") {
            let key = format!("{}.{name}", entry.name);
            out.push(Setting { file: file.into(), key, value: value.clone().into(), at: at.clone(), line });
        }
        let value = entry.value.trim().to_owned();
        if !value.is_empty() {
            out.push(Setting { file: file.into(), key: entry.name, value: value.into(), at, line });
        }
    }
}

/// `-Dkey=value` and `KEY=value` of start scripts. Nothing is expanded.
fn from_script(file: &str, bytes: &[u8], out: &mut Vec<Setting>) {
    let mut offset = 0_u64;
    for (number, raw) in bytes.split_inclusive(|byte| *byte == b'\n').enumerate() {
        let text = String::from_utf8_lossy(raw);
        let at = Place::new(file, offset, u32::try_from(raw.len()).unwrap_or(u32::MAX));
        offset = offset.saturating_add(raw.len() as u64);
        if text.trim_start().starts_with('#') {
            continue;
        }
        let words = text.split(|c: char| c.is_whitespace() || matches!(c, '"' | '\''));
        for word in words {
            let Some((key, value)) = word.split_once('=') else { continue };
            let key = key.strip_prefix("-D").unwrap_or(key);
            let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
            if !key.is_empty() && key.chars().all(plain) && !value.is_empty() && !value.starts_with('$') {
                let setting = Setting {
                    file: file.into(),
                    key: key.into(),
                    value: value.to_owned().into(),
                    at: at.clone(),
                    line: number as u64 + 1,
                };
                out.push(setting);
            }
        }
    }
}

fn line_of(bytes: &[u8], offset: u64) -> u64 {
    let end = usize::try_from(offset).unwrap_or(usize::MAX).min(bytes.len());
    1 + memchr::memchr_iter(b'\n', bytes.get(..end).unwrap_or_default()).count() as u64
}
