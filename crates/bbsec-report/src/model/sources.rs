//! The register of evidence: every numbered claim points at a file, an offset and a length.

use std::collections::HashMap;

use bbsec_core::Place;
use schemars::JsonSchema;
use serde::Serialize;

use crate::{CaseData, Redactor};

/// Claims cite at most so many pieces each.
const PER_CLAIM: usize = 4;
/// The register holds at most so many.
const MOST: usize = 2000;

/// A sentence and the evidence behind it.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct Claim {
    /// The sentence.
    pub text: String,
    /// Numbers in the register of evidence.
    pub sources: Vec<usize>,
    /// The part of the report that shows it in full.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub see: Option<&'static str>,
}

impl Claim {
    /// A sentence without evidence of its own.
    pub(crate) fn plain(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }

    /// A sentence with evidence.
    pub(crate) fn cited(text: impl Into<String>, sources: Vec<usize>) -> Self {
        Self { text: text.into(), sources, see: None }
    }
}

/// One piece of evidence.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Source {
    /// Its number, from 1.
    pub number: usize,
    /// The file, as the reader named it.
    pub file: String,
    /// First byte.
    pub offset: u64,
    /// How many bytes; 0 is the whole file.
    pub length: u32,
    /// Path below `evidence/data/`, where the bag holds the file.
    pub in_bag: Option<String>,
    /// The file's SHA-256, where the bag holds it.
    pub sha256: Option<String>,
    /// A command that prints the bytes; `None` for what is compressed or inside an archive.
    pub show: Option<String>,
    /// The bytes themselves without secrets, where whoever holds the case read them.
    pub quote: Option<String>,
}

/// Characters of a quotation.
const QUOTED: usize = 600;

impl Source {
    /// Puts the bytes of the evidence beside its place.
    pub fn quote(&mut self, bytes: &[u8], redactor: &Redactor) {
        let mut text = String::from_utf8_lossy(bytes).trim_end().to_owned();
        redactor.clean(&mut text);
        if let Some((at, _)) = text.char_indices().nth(QUOTED) {
            text.truncate(at);
            text.push('…');
        }
        self.quote = (!text.is_empty()).then_some(text);
    }
}

/// Numbers places in the order in which they are first cited.
pub(super) struct Register {
    numbers: HashMap<(String, u64), usize>,
    sources: Vec<Source>,
    bag: HashMap<String, (String, String)>,
    /// Files that were looked up by the end of a path.
    found: HashMap<String, Option<(String, String)>>,
}

impl Register {
    pub(super) fn new(data: &CaseData) -> Self {
        let mut bag = HashMap::new();
        for item in data.evidence.iter().filter(|item| item.in_place.is_none()) {
            let value = (item.path.clone(), item.sha256.clone());
            bag.entry(item.path.clone()).or_insert_with(|| value.clone());
            bag.entry(item.provenance.source.clone()).or_insert(value);
        }
        Self { numbers: HashMap::new(), sources: Vec::new(), bag, found: HashMap::new() }
    }

    /// Numbers of the first few places.
    pub(super) fn cite<'a>(&mut self, places: impl IntoIterator<Item = &'a Place>) -> Vec<usize> {
        let mut numbers = Vec::new();
        for place in places {
            if numbers.len() == PER_CLAIM {
                break;
            }
            if let Some(number) = self.number(place).filter(|number| !numbers.contains(number)) {
                numbers.push(number);
            }
        }
        numbers
    }

    fn number(&mut self, place: &Place) -> Option<usize> {
        let key = (place.file.to_string(), place.offset);
        if let Some(number) = self.numbers.get(&key) {
            return Some(*number);
        }
        if self.sources.len() >= MOST {
            return None;
        }
        let number = self.sources.len() + 1;
        let held = self.held(&place.file);
        let file =
            held.as_ref().map_or_else(|| place.file.to_string(), |(path, _)| format!("evidence/data/{path}"));
        let packed = place.file.contains('!')
            || [".gz", ".zip", ".bz2", ".xz", ".zst"].iter().any(|ending| place.file.ends_with(ending));
        let word = bbsec_core::escape::shell_word(&file);
        let show = (!packed && place.length > 0).then(|| {
            format!("tail -c +{} {word} | head -c {}", place.offset.saturating_add(1), place.length)
        });
        self.sources.push(Source {
            number,
            file: place.file.to_string(),
            offset: place.offset,
            length: place.length,
            sha256: held.as_ref().map(|(_, sha256)| sha256.clone()),
            in_bag: held.map(|(path, _)| path),
            show,
            quote: None,
        });
        self.numbers.insert(key, number);
        Some(number)
    }

    /// The bag's item for a file: by its path, its source, or, where only one fits, by the end of either.
    fn held(&mut self, file: &str) -> Option<(String, String)> {
        let plain =
            file.strip_prefix("evidence/data/").or_else(|| file.strip_prefix("data/")).unwrap_or(file);
        let member = plain.split('!').next().unwrap_or(plain);
        if let Some(held) = self.bag.get(plain).or_else(|| self.bag.get(member)) {
            return Some(held.clone());
        }
        if let Some(known) = self.found.get(member) {
            return known.clone();
        }
        let end = format!("/{}", member.trim_start_matches('/'));
        let fitting: std::collections::BTreeSet<_> =
            self.bag.iter().filter(|(name, _)| name.ends_with(&end)).map(|(_, held)| held.clone()).collect();
        let one = fitting.first().filter(|_| fitting.len() == 1).cloned();
        self.found.insert(member.to_owned(), one.clone());
        one
    }

    pub(super) fn into_sources(self) -> Vec<Source> {
        self.sources
    }
}
