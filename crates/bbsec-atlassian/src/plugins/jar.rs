//! One archive: descriptor, manifest, and what its classes are able to do.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{Cursor, Read, Seek},
};

use zip::ZipArchive;

use super::{
    class,
    descriptor::{self, Descriptor},
    signs::{self, Sign},
};

/// Entries of one archive; the largest products' libraries have some twenty thousand.
const MAX_ENTRIES: usize = 200_000;
/// Unpacked bytes that are read from one archive and those within it.
const MAX_UNPACKED: u64 = 2 << 30;
/// An archive within an archive is unpacked into memory.
const MAX_INNER: u64 = 96 << 20;
const MAX_DEPTH: usize = 3;
const MAX_TEXT: u64 = 4 << 20;

/// What an archive tells.
#[derive(Debug, Default)]
pub(super) struct Jar {
    /// `atlassian-plugin.xml`.
    pub(super) descriptor: Option<Descriptor>,
    /// `META-INF/MANIFEST.MF`, main section.
    pub(super) manifest: BTreeMap<String, String>,
    /// Signs by class, inner classes counted with the class around them.
    pub(super) classes: BTreeMap<String, BTreeSet<Sign>>,
    /// Pages with Java in them.
    pub(super) pages: Vec<(String, BTreeSet<Sign>)>,
    /// How many classes.
    pub(super) count: u64,
    /// How many entries of any kind.
    pub(super) entries: u64,
    /// Different times of last change of the entries.
    pub(super) times: BTreeSet<(u16, u8, u8, u8, u8, u8)>,
    /// Passwords in property files of known vulnerable apps.
    pub(super) predefined_password: bool,
    /// What could not be read, in words.
    pub(super) unread: Vec<String>,
}

impl Jar {
    /// Every sign of any class.
    pub(super) fn all(&self) -> BTreeSet<Sign> {
        self.classes.values().chain(self.pages.iter().map(|(_, signs)| signs)).flatten().copied().collect()
    }
}

/// Reads an archive. What is wrong with it is in [`Jar::unread`].
pub(super) fn read(from: impl Read + Seek) -> Jar {
    let mut jar = Jar::default();
    let mut budget = MAX_UNPACKED;
    archive(from, "", 0, &mut jar, &mut budget);
    jar
}

fn archive(from: impl Read + Seek, prefix: &str, depth: usize, jar: &mut Jar, budget: &mut u64) {
    let mut zip = match ZipArchive::new(from) {
        Ok(zip) => zip,
        Err(error) => {
            jar.unread.push(format!("{prefix}no readable zip archive: {error}"));
            return;
        }
    };
    if zip.len() > MAX_ENTRIES {
        jar.unread.push(format!("{prefix}{} entries, of which {MAX_ENTRIES} were looked at", zip.len()));
    }
    for index in 0..zip.len().min(MAX_ENTRIES) {
        let mut entry = match zip.by_index(index) {
            Ok(entry) => entry,
            Err(error) => {
                jar.unread.push(format!("{prefix}entry {index}: {error}"));
                continue;
            }
        };
        let name = String::from_utf8_lossy(entry.name_raw()).into_owned();
        if entry.is_dir() {
            continue;
        }
        jar.entries += 1;
        if let Some(time) = entry.last_modified().filter(|_| depth == 0) {
            jar.times.insert((
                time.year(),
                time.month(),
                time.day(),
                time.hour(),
                time.minute(),
                time.second(),
            ));
        }
        let Some(limit) = limit(&name, depth) else { continue };
        let mut bytes = Vec::new();
        let most = limit.min(*budget);
        let read = (&mut entry).take(most.saturating_add(1)).read_to_end(&mut bytes);
        if let Err(error) = read {
            jar.unread.push(format!("{prefix}{name}: {error}"));
            continue;
        }
        *budget = budget.saturating_sub(bytes.len() as u64);
        if bytes.len() as u64 > most {
            jar.unread.push(format!("{prefix}{name}: larger than {most} bytes"));
            continue;
        }
        content(&name, bytes, prefix, depth, jar, budget);
    }
}

/// How much of an entry is read; `None` for what tells nothing.
fn limit(name: &str, depth: usize) -> Option<u64> {
    let lower = name.to_ascii_lowercase();
    let ends = |suffixes: &[&str]| suffixes.iter().any(|suffix| lower.ends_with(suffix));
    if ends(&[".class"]) {
        Some(class::MAX_CLASS)
    } else if ends(&[".jsp", ".jspx", ".jspf"])
        || lower == "atlassian-plugin.xml"
        || lower == "meta-inf/manifest.mf"
        || ends(&["default.properties"])
    {
        Some(MAX_TEXT)
    } else if ends(&[".jar", ".obr", ".war"]) || (depth == 0 && ends(&["plugins.zip"])) {
        Some(MAX_INNER)
    } else {
        None
    }
}

fn content(name: &str, bytes: Vec<u8>, prefix: &str, depth: usize, jar: &mut Jar, budget: &mut u64) {
    let lower = name.to_ascii_lowercase();
    // Looked at by content as well: a class need not be called one.
    if bytes.starts_with(&[0xca, 0xfe, 0xba, 0xbe]) || [".class"].iter().any(|end| lower.ends_with(end)) {
        jar.count += 1;
        match class::parse(&bytes) {
            Some(class) => {
                let outer = class.name.split('$').next().unwrap_or_default().to_owned();
                let signs = signs::of_class(&class);
                if !signs.is_empty() {
                    jar.classes.entry(outer).or_default().extend(signs);
                }
            }
            None => jar.unread.push(format!("{prefix}{name}: no readable class")),
        }
    } else if lower == "atlassian-plugin.xml" && depth == 0 {
        jar.descriptor = Some(descriptor::parse(&bytes));
    } else if lower == "meta-inf/manifest.mf" && depth == 0 {
        jar.manifest = descriptor::manifest(&bytes);
    } else if lower.ends_with("default.properties") {
        jar.predefined_password |= memchr::memmem::find(&bytes, b"predefined.user.password=").is_some();
    } else if [".jsp", ".jspx", ".jspf"].iter().any(|end| lower.ends_with(end)) {
        let found = signs::of_page(&String::from_utf8_lossy(&bytes));
        jar.pages.push((format!("{prefix}{name}"), found));
    } else if depth < MAX_DEPTH {
        archive(Cursor::new(bytes), &format!("{prefix}{name}!"), depth + 1, jar, budget);
    } else {
        jar.unread.push(format!("{prefix}{name}: archives are nested too deep"));
    }
}
