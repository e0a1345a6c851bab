//! Names of providers, as they stand in the names of variables and in the words beside them.

use std::{collections::HashMap, sync::OnceLock};

/// One name per line; after `=` the provider it belongs to, where that is written otherwise.
const LIST: &str = include_str!("../../rules/providers.txt");

static NAMES: OnceLock<HashMap<&'static str, &'static str>> = OnceLock::new();

fn names() -> &'static HashMap<&'static str, &'static str> {
    NAMES.get_or_init(|| {
        LIST.lines()
            .map(str::trim)
            .filter(|line| !line.is_empty() && !line.starts_with('#'))
            .map(|line| line.split_once('=').unwrap_or((line, line)))
            .collect()
    })
}

/// The provider named in `text`, which is the name of a variable and what stands shortly before it. The last name wins:
/// it is the nearest.
pub(super) fn named(text: &[u8]) -> Option<&'static str> {
    let names = names();
    let mut best = None;
    let words = words(text);
    for (at, word) in words.iter().enumerate() {
        if let Some(provider) = names.get(word.as_str()) {
            best = Some(*provider);
        }
        if let Some(next) = words.get(at + 1)
            && let Some(provider) = names.get(format!("{word}{next}").as_str())
        {
            best = Some(*provider);
        }
    }
    best
}

/// Lower-case words: split at what is no letter or digit, and where the case rises.
fn words(text: &[u8]) -> Vec<String> {
    let mut all = Vec::new();
    let mut word = String::new();
    let mut before = b' ';
    for &byte in text {
        let rises = before.is_ascii_lowercase() && byte.is_ascii_uppercase();
        if (!byte.is_ascii_alphanumeric() || rises) && !word.is_empty() {
            all.push(std::mem::take(&mut word));
        }
        if byte.is_ascii_alphanumeric() {
            word.push(char::from(byte.to_ascii_lowercase()));
        }
        before = byte;
    }
    if !word.is_empty() {
        all.push(word);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_provider_is_seen_in_every_way_of_writing() {
        for text in ["datadog_api_", "DATADOG_", "myDatadog", "x.datadog-", "the data dog "] {
            assert_eq!(named(text.as_bytes()), Some("datadog"), "{text}");
        }
        assert_eq!(named(b"metadatadogma"), None);
    }
}
