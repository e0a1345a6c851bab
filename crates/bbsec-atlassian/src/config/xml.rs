//! The little XML that Jira's and Confluence's configuration files hold. External entities are never resolved.

use quick_xml::{Reader, events::Event};

/// Elements deeper than this are no configuration.
const MAX_DEPTH: usize = 100;

/// `<name>text</name>` or `<property name="…">text</property>`, with where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    /// The `name` attribute of a property, else the element's name.
    pub(crate) name: String,
    /// Text, unescaped.
    pub(crate) value: String,
    /// Byte offset of the text.
    pub(crate) offset: u64,
    /// Its length.
    pub(crate) length: u32,
    /// Attributes of the element.
    pub(crate) attributes: Vec<(String, String)>,
    /// The names of the elements around it and its own, outermost first.
    pub(crate) path: Vec<String>,
}

impl Entry {
    /// An attribute's value.
    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// Every element, in the order in which they end, and whether the whole file was XML.
pub(crate) fn elements(bytes: &[u8]) -> (Vec<Entry>, bool) {
    // Bytes that are no UTF-8 are replaced; offsets behind them are then a little off.
    let text = String::from_utf8_lossy(bytes);
    let mut reader = Reader::from_str(&text);
    reader.config_mut().check_end_names = false;
    let mut open: Vec<Entry> = Vec::new();
    let mut done = Vec::new();
    loop {
        let before = reader.buffer_position();
        match reader.read_event() {
            Err(_) => {
                done.extend(open.into_iter().rev());
                return (done, false);
            }
            Ok(Event::Eof) => {
                let whole = open.is_empty();
                done.extend(open.into_iter().rev());
                return (done, whole);
            }
            Ok(Event::Start(start)) => {
                if open.len() >= MAX_DEPTH {
                    done.extend(open.into_iter().rev());
                    return (done, false);
                }
                let entry = begin(&start, &open, reader.buffer_position());
                open.push(entry);
            }
            Ok(Event::Empty(start)) => done.push(begin(&start, &open, before)),
            Ok(Event::End(_)) => done.extend(open.pop()),
            Ok(Event::Text(text)) => {
                if let Some(entry) = open.last_mut() {
                    entry.value.push_str(&text);
                    entry.length = length(before, reader.buffer_position());
                }
            }
            Ok(Event::CData(text)) => {
                if let Some(entry) = open.last_mut() {
                    entry.value.push_str(&text);
                    entry.length = length(before, reader.buffer_position());
                }
            }
            Ok(Event::GeneralRef(reference)) => {
                if let Some(entry) = open.last_mut() {
                    entry.value.push_str(&resolved(&reference));
                }
            }
            Ok(Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_)) => {}
        }
    }
}

/// Elements that hold text of their own.
pub(crate) fn properties(bytes: &[u8]) -> (Vec<Entry>, bool) {
    let (mut entries, whole) = elements(bytes);
    for entry in &mut entries {
        entry.value = entry.value.trim().to_owned();
    }
    entries.retain(|entry| !entry.value.is_empty());
    (entries, whole)
}

/// The text of the first element of a name.
pub(crate) fn element_text(bytes: &[u8], name: &str) -> Option<String> {
    let entry = properties(bytes).0.into_iter().find(|entry| entry.name == name)?;
    (entry.value.len() <= 200).then_some(entry.value)
}

fn begin(start: &quick_xml::events::BytesStart<'_>, open: &[Entry], at: u64) -> Entry {
    let element = start.local_name().as_ref().to_owned();
    let attributes: Vec<(String, String)> = start
        .attributes()
        .with_checks(false)
        .take(100)
        .flatten()
        .map(|attribute| {
            let key = attribute.key.as_ref().to_owned();
            (key, unescape(&attribute.value))
        })
        .collect();
    let name = attributes
        .iter()
        .find(|(key, _)| element == "property" && key == "name")
        .map_or_else(|| element.clone(), |(_, value)| value.clone());
    let mut path: Vec<String> = open.last().map(|parent| parent.path.clone()).unwrap_or_default();
    path.push(element);
    Entry { name, value: String::new(), offset: at, length: 0, attributes, path }
}

fn length(from: u64, to: u64) -> u32 {
    u32::try_from(to.saturating_sub(from)).unwrap_or(u32::MAX)
}

fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        if let Some((name, tail)) = after.split_once(';').filter(|(name, _)| name.len() <= 10) {
            out.push_str(&resolved(name));
            rest = tail;
        } else {
            out.push('&');
            rest = after;
        }
    }
    out.push_str(rest);
    out
}

/// The five predefined entities and numbers; every other reference stays as it is written.
fn resolved(name: &str) -> String {
    let number = name.strip_prefix('#').and_then(|number| match number.strip_prefix(['x', 'X']) {
        Some(hex) => u32::from_str_radix(hex, 16).ok(),
        None => number.parse().ok(),
    });
    match name {
        "amp" => "&".into(),
        "lt" => "<".into(),
        "gt" => ">".into(),
        "quot" => "\"".into(),
        "apos" => "'".into(),
        _ => number.and_then(char::from_u32).map_or_else(|| format!("&{name};"), String::from),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn reads_properties_and_where_they_stand() {
        let text = br#"<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>
<c><property name="hibernate.connection.password">a&amp;b&e;</property><jdbc-datasource><username k='"'>u</username></jdbc-datasource></c>"#;
        let (found, whole) = properties(text);
        assert!(whole);
        let shown: Vec<_> = found.iter().map(|e| (e.name.as_str(), e.value.as_str())).collect();
        assert_eq!(shown, [("hibernate.connection.password", "a&b&e;"), ("username", "u")]);
        assert_eq!(found[1].path, ["c", "jdbc-datasource", "username"]);
        assert_eq!(text[found[1].offset as usize], b'u');
        assert!(!properties(b"<a><b>x").1);
    }

    proptest! {
        #[test]
        fn never_panics(text in ".{0,200}") {
            let _ = elements(text.as_bytes());
        }
    }
}
