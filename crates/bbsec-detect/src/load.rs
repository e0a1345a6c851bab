//! Rules out of files and folders, each told whether it loads and why not.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use serde::Serialize;
use serde_json::Value;

use crate::{
    DetectError, LoadedRule, Source, anchors, fields,
    rule::{self, Head},
};

/// A rule file is a page or two.
const MAX_RULE: u64 = 1024 * 1024;
/// Folders below a given one.
const MAX_DEPTH: usize = 24;

/// One rule, and whether it loads.
#[derive(Debug, Clone, Serialize)]
pub struct Checked {
    /// The file.
    pub file: String,
    /// The rule's title or id.
    pub rule: String,
    /// Why it does not load.
    pub refused: Option<String>,
}

/// Rules that are evaluated together.
#[derive(Debug, Default)]
pub struct RuleSet {
    rules: Vec<Arc<LoadedRule>>,
}

impl RuleSet {
    /// Reads a file or folder. What does not load is in the second part.
    pub fn load(path: &Path) -> Result<(Self, Vec<Checked>), DetectError> {
        let mut files = Vec::new();
        let meta =
            std::fs::metadata(path).map_err(|source| DetectError::Read { path: path.to_owned(), source })?;
        if meta.is_dir() {
            list(path, 0, &mut files)?;
        } else {
            files.push(path.to_owned());
        }
        files.sort();
        let mut set = Self::default();
        let mut refused = Vec::new();
        for file in &files {
            let text = read(file)?;
            set.add(&file.display().to_string(), &text, &mut refused);
        }
        if set.rules.is_empty() && refused.is_empty() {
            return Err(DetectError::Empty(path.to_owned()));
        }
        Ok((set, refused))
    }

    /// Adds the rules of one file's text.
    pub fn add(&mut self, file: &str, text: &str, refused: &mut Vec<Checked>) {
        for document in documents(text) {
            match one(file, document) {
                Ok(rule) => self.rules.push(Arc::new(rule)),
                Err((name, why)) => {
                    refused.push(Checked { file: file.to_owned(), rule: name, refused: Some(why) });
                }
            }
        }
    }

    /// Takes another set's rules over.
    pub fn extend(&mut self, other: Self) {
        self.rules.extend(other.rules);
    }

    /// All rules.
    pub fn rules(&self) -> &[Arc<LoadedRule>] {
        &self.rules
    }

    /// The rules for a source that match an event, given in the field names of that source.
    pub fn matching<'a>(&'a self, source: Source, event: &Value) -> Vec<&'a LoadedRule> {
        Flat::of(event).map_or_else(Vec::new, |event| self.matching_flat(source, &event))
    }

    /// The same for an event that several sets are asked about.
    pub fn matching_flat<'a>(&'a self, source: Source, event: &Flat) -> Vec<&'a LoadedRule> {
        let of_source = self.rules.iter().map(Arc::as_ref).filter(|rule| rule.source == source);
        of_source.filter(|rule| rule.matches(&event.0)).collect()
    }
}

/// An event in the form that rules are evaluated on.
#[derive(Debug)]
pub struct Flat(sigma_rust::Event);

impl Flat {
    /// Brings an event, given in the field names of its source, into that form.
    pub fn of(event: &Value) -> Option<Self> {
        fields::sigma_event(event).map(Self)
    }
}

/// Checks every rule of a file or folder.
pub fn check(path: &Path) -> Result<Vec<Checked>, DetectError> {
    let (set, mut checked) = RuleSet::load(path)?;
    checked.extend(set.rules.into_iter().map(|rule| Checked {
        file: rule.file.clone(),
        rule: rule.title.clone(),
        refused: None,
    }));
    checked.sort_by(|a, b| a.file.cmp(&b.file).then(a.rule.cmp(&b.rule)));
    Ok(checked)
}

fn list(folder: &Path, depth: usize, files: &mut Vec<PathBuf>) -> Result<(), DetectError> {
    let failed = |source| DetectError::Read { path: folder.to_owned(), source };
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let kind = entry.file_type().map_err(failed)?;
        let path = entry.path();
        if kind.is_dir() && depth < MAX_DEPTH {
            list(&path, depth + 1, files)?;
        } else if kind.is_file() && path.extension().is_some_and(|ending| ending == "yml" || ending == "yaml")
        {
            files.push(path);
        }
    }
    Ok(())
}

fn read(file: &Path) -> Result<String, DetectError> {
    let failed = |source| DetectError::Read { path: file.to_owned(), source };
    let size = std::fs::metadata(file).map_err(failed)?.len();
    if size > MAX_RULE {
        return Err(failed(std::io::Error::other("larger than 1 MiB")));
    }
    std::fs::read_to_string(file).map_err(failed)
}

/// The YAML documents of a file.
fn documents(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut start = 0;
    let mut offset = 0;
    for line in text.split_inclusive('\n') {
        if line.trim_end() == "---" {
            parts.push(text.get(start..offset).unwrap_or_default());
            start = offset + line.len();
        }
        offset += line.len();
    }
    parts.push(text.get(start..).unwrap_or_default());
    parts.retain(|part| {
        part.lines().any(|line| !line.trim().is_empty() && !line.trim_start().starts_with('#'))
    });
    parts
}

fn one(file: &str, text: &str) -> Result<LoadedRule, (String, String)> {
    let stem =
        Path::new(file).file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let head: Head =
        serde_norway::from_str(text).map_err(|error| (stem.clone(), format!("is no rule: {error}")))?;
    let name = head.title.clone().or_else(|| head.id.clone()).unwrap_or_else(|| stem.clone());
    let refuse = |why: String| (name.clone(), why);
    if head.correlation.is_some() {
        return Err(refuse("is a correlation; single-event rules are read".into()));
    }
    if head.action.is_some() || head.detection.is_none() {
        return Err(refuse("has no detection of its own".into()));
    }
    let source = rule::source(&head.logsource).ok_or_else(|| {
        let part = |part: &Option<String>| part.clone().unwrap_or_else(|| "-".into());
        let logsource = &head.logsource;
        refuse(format!(
            "is about another source (product {}, service {}, category {})",
            part(&logsource.product),
            part(&logsource.service),
            part(&logsource.category)
        ))
    })?;
    let rule = sigma_rust::rule_from_yaml(text)
        .map_err(|error| refuse(format!("the engine refuses it: {error}")))?;
    Ok(LoadedRule {
        id: head.id.unwrap_or(stem),
        title: name,
        description: head.description.unwrap_or_default(),
        severity: rule::severity(head.level.as_deref()),
        source,
        tags: head.tags,
        author: head.author,
        false_positives: head.falsepositives,
        anchors: head.detection.as_ref().and_then(anchors::anchors),
        file: file.to_owned(),
        rule,
    })
}
