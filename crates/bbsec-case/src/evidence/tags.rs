//! The tag files of the bag (RFC 8493), computed from the journal's evidence lines alone.
//!
//! Because they can be computed, a tag file on the disk is either what the journal says now, what it said some items
//! ago (a writer was stopped), or changed.

use std::{borrow::Cow, fmt::Write as _};

use bbsec_core::{EvidenceItem, Time, escape, hex};
use sha2::{Digest as _, Sha256};

use crate::{CaseError, canonical, files};

pub(crate) const DECLARATION: &str = "bagit.txt";
pub(crate) const INFO: &str = "bag-info.txt";
pub(crate) const MANIFEST: &str = "manifest-sha256.txt";
pub(crate) const PROVENANCE: &str = "provenance.jsonl";
pub(crate) const TAG_MANIFEST: &str = "tagmanifest-sha256.txt";

/// Every tag file, in the order in which they are written.
pub(crate) const ALL: [&str; 5] = [DECLARATION, MANIFEST, PROVENANCE, INFO, TAG_MANIFEST];

/// More items than are written between two times at which tag files are made durable.
const LOOK_BACK: usize = 64;

/// What `bag-info.txt` says besides the counts; fixed when the case is made.
#[derive(Debug, Clone)]
pub(crate) struct About {
    pub(crate) id: String,
    pub(crate) responder: String,
    pub(crate) created: Time,
}

/// What stands in the tag files after every item.
#[derive(Debug, Clone)]
pub(crate) struct Tags {
    about: About,
    manifest: Growing,
    provenance: Growing,
    /// Bytes of payload after each item.
    octets: Vec<u64>,
}

/// A file to which one line per item is appended.
#[derive(Debug, Clone, Default)]
struct Growing {
    text: String,
    ends: Vec<usize>,
    hash: Sha256,
}

impl Growing {
    fn push(&mut self, line: &str) {
        self.text.push_str(line);
        self.hash.update(line.as_bytes());
        self.ends.push(self.text.len());
    }

    fn upto(&self, items: usize) -> &str {
        let end =
            items.checked_sub(1).map_or(0, |last| self.ends.get(last).copied().unwrap_or(self.text.len()));
        self.text.get(..end).unwrap_or_default()
    }

    fn sha256(&self, items: usize) -> String {
        if items >= self.ends.len() {
            hex::encode(self.hash.clone().finalize())
        } else {
            files::sha256(self.upto(items).as_bytes())
        }
    }
}

impl Tags {
    pub(crate) fn new(about: About) -> Self {
        Self { about, manifest: Growing::default(), provenance: Growing::default(), octets: Vec::new() }
    }

    /// How many items there are.
    pub(crate) fn len(&self) -> usize {
        self.octets.len()
    }

    /// Takes in the next item; gives the lines for manifest and provenance.
    pub(crate) fn push(&mut self, item: &EvidenceItem, size: u64) -> Result<(String, String), CaseError> {
        let line = format!("{}  data/{}\n", item.sha256, item.path);
        let value = serde_json::to_value(item)
            .map_err(|source| CaseError::Json { what: "an item of evidence", source })?;
        let provenance = canonical::to_string(&value) + "\n";
        self.manifest.push(&line);
        self.provenance.push(&provenance);
        self.octets.push(self.octets.last().unwrap_or(&0).saturating_add(size));
        Ok((line, provenance))
    }

    /// A tag file's text after so many items.
    pub(crate) fn text(&self, name: &str, items: usize) -> Cow<'_, str> {
        match name {
            DECLARATION => "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n".into(),
            MANIFEST => self.manifest.upto(items).into(),
            PROVENANCE => self.provenance.upto(items).into(),
            INFO => self.info(items).into(),
            _ => self.tag_manifest(items).into(),
        }
    }

    /// Whether a tag file has a text that a stopped writer or a power cut can have left: that of an earlier item, or
    /// the beginning of a file to which lines are appended.
    pub(crate) fn is_older(&self, name: &str, bytes: &[u8]) -> bool {
        let now = self.len();
        match name {
            MANIFEST | PROVENANCE => self.text(name, now).as_bytes().starts_with(bytes),
            INFO | TAG_MANIFEST if bytes.is_empty() => true,
            _ => (now.saturating_sub(LOOK_BACK)..=now).rev().any(|n| self.text(name, n).as_bytes() == bytes),
        }
    }

    fn info(&self, items: usize) -> String {
        let octets = items.checked_sub(1).and_then(|last| self.octets.get(last)).unwrap_or(&0);
        let line = |text: &str| escape::terminal(text).into_owned();
        let mut out = String::new();
        let _ = writeln!(out, "Bag-Software-Agent: bbsec-ir");
        let _ = writeln!(out, "Bagging-Date: {}", self.about.created.date());
        let _ = writeln!(out, "Contact-Name: {}", line(&self.about.responder));
        let _ = writeln!(out, "External-Identifier: {}", line(&self.about.id));
        let _ = writeln!(out, "Payload-Oxum: {octets}.{items}");
        out
    }

    fn tag_manifest(&self, items: usize) -> String {
        let digest = |name: &str| files::sha256(self.text(name, items).as_bytes());
        let mut out = String::new();
        for (name, sha256) in [
            (INFO, digest(INFO)),
            (DECLARATION, digest(DECLARATION)),
            (MANIFEST, self.manifest.sha256(items)),
            (PROVENANCE, self.provenance.sha256(items)),
        ] {
            let _ = writeln!(out, "{sha256}  {name}");
        }
        out
    }
}
