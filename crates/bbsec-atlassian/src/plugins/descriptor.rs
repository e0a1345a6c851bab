//! `atlassian-plugin.xml` and `META-INF/MANIFEST.MF`.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::config::xml;

/// A module that a plugin brings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Module {
    /// `servlet`, `servlet-filter`, `rest`, `repository-hook`, …
    pub(super) kind: String,
    /// Its key.
    pub(super) key: String,
    /// Its class.
    pub(super) class: Option<String>,
    /// Where it answers.
    pub(super) patterns: Vec<String>,
}

/// What a plugin says about itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(super) struct Descriptor {
    /// Plugin key.
    pub(super) key: String,
    /// Name.
    pub(super) name: String,
    /// Version.
    pub(super) version: String,
    /// Vendor's name.
    pub(super) vendor: String,
    /// Vendor's page.
    pub(super) vendor_url: String,
    /// Modules, in order.
    pub(super) modules: Vec<Module>,
    /// Whether the whole file was XML.
    pub(super) whole: bool,
}

const MAX_MODULES: usize = 2000;

pub(super) fn parse(bytes: &[u8]) -> Descriptor {
    let (entries, whole) = xml::elements(bytes);
    let mut out = Descriptor { whole, ..Descriptor::default() };
    let owned = |text: Option<&str>| text.unwrap_or_default().trim().to_owned();
    let mut patterns = Vec::new();
    for entry in &entries {
        let path: Vec<&str> = entry.path.iter().map(String::as_str).collect();
        match path.as_slice() {
            ["atlassian-plugin"] => {
                out.key = owned(entry.attribute("key"));
                out.name = owned(entry.attribute("name"));
            }
            ["atlassian-plugin", "plugin-info", "version"] => entry.value.trim().clone_into(&mut out.version),
            ["atlassian-plugin", "plugin-info", "vendor"] => {
                out.vendor = owned(entry.attribute("name"));
                out.vendor_url = owned(entry.attribute("url"));
            }
            ["atlassian-plugin", _, "url-pattern"] => patterns.push(entry.value.trim().to_owned()),
            ["atlassian-plugin", kind] if *kind != "plugin-info" && out.modules.len() < MAX_MODULES => {
                patterns.extend(entry.attribute("path").map(str::to_owned));
                out.modules.push(Module {
                    kind: (*kind).to_owned(),
                    key: owned(entry.attribute("key")),
                    class: entry.attribute("class").map(str::to_owned),
                    patterns: std::mem::take(&mut patterns),
                });
            }
            _ => {}
        }
    }
    out
}

/// The main section; a line that begins with a blank continues the one before.
pub(super) fn manifest(bytes: &[u8]) -> BTreeMap<String, String> {
    let text = String::from_utf8_lossy(bytes);
    let mut out: BTreeMap<String, String> = BTreeMap::new();
    let mut last = String::new();
    for line in text.lines() {
        if line.trim().is_empty() {
            break;
        }
        if let Some(rest) = line.strip_prefix(' ') {
            if let Some(value) = out.get_mut(&last) {
                value.push_str(rest);
            }
        } else if let Some((key, value)) = line.split_once(':') {
            key.trim().clone_into(&mut last);
            out.insert(last.clone(), value.trim().to_owned());
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_key_vendor_and_where_servlets_answer() {
        let found = parse(
            br#"<atlassian-plugin key="a.b" name="N" plugins-version="2"><plugin-info><version>1.0</version>
<vendor name="V" url="https://v"/></plugin-info><servlet key="s" class="a.S"><url-pattern>/x</url-pattern></servlet>
<rest key="r" path="/p"/></atlassian-plugin>"#,
        );
        assert_eq!(
            (found.key.as_str(), found.version.as_str(), found.vendor_url.as_str()),
            ("a.b", "1.0", "https://v")
        );
        let modules: Vec<_> = found.modules.iter().map(|m| (m.kind.as_str(), m.patterns.clone())).collect();
        assert_eq!(modules, [("servlet", vec!["/x".to_owned()]), ("rest", vec!["/p".to_owned()])]);
        let lines = manifest(b"A: b\r\n c\r\nB: 1\r\n\r\nName: x\r\n");
        assert_eq!(lines["A"], "bc");
        assert_eq!(lines.len(), 2);
    }
}
