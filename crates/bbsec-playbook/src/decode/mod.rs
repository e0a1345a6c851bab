//! From the tree to a playbook. Nothing stops here: whatever does not fit is reported with its place and left out, so
//! that one look at a playbook shows everything that is wrong with it.

mod fields;
mod inputs;
mod step;
mod testing;

use indexmap::IndexMap;
use serde_json::Value;

use self::fields::Fields;
use crate::{
    Defaults, Diagnostic, OnFailure, Playbook, Retry, Sp,
    nearest::suggest,
    yaml::{At, Node},
};

/// Gathers what does not fit.
#[derive(Default)]
pub(crate) struct Decoder {
    pub(crate) found: Vec<Diagnostic>,
}

const KEYS: [&str; 8] = ["schema", "name", "description", "inputs", "defaults", "steps", "outputs", "tests"];

impl Decoder {
    /// The playbook, as far as it can be made out.
    pub(crate) fn playbook(&mut self, root: &At) -> Option<Playbook> {
        let fields = self.fields(root, "a playbook", &KEYS)?;
        let missing = Sp::new(String::new(), root.span.map(|(offset, _)| (offset, 1)));
        let steps = fields.get("steps").map(|at| self.list(at, "`steps`", Self::step)).unwrap_or_default();
        self.required(&fields, &["schema", "name", "steps"], "the playbook");
        Some(Playbook {
            schema: self.text_of(&fields, "schema").unwrap_or_else(|| missing.clone()),
            name: self.text_of(&fields, "name").unwrap_or(missing),
            description: self.text_of(&fields, "description").map(plain).unwrap_or_default(),
            inputs: self.map_of(&fields, "inputs", Self::input),
            defaults: fields.get("defaults").and_then(|at| self.defaults(at)).unwrap_or_default(),
            steps,
            outputs: self.map_of(&fields, "outputs", |decoder, at| decoder.text(at, "an output")),
            tests: fields.get("tests").map(|at| self.list(at, "`tests`", Self::test)).unwrap_or_default(),
        })
    }

    fn defaults(&mut self, at: &At) -> Option<Defaults> {
        let fields = self.fields(at, "`defaults`", &["on_failure", "retry", "timeout"])?;
        Some(Defaults {
            on_failure: fields
                .get("on_failure")
                .and_then(|at| self.on_failure(at))
                .map(|sp| sp.value().clone())
                .unwrap_or_default(),
            retry: fields.get("retry").and_then(|at| self.retry(at)),
            timeout: self.period_of(&fields, "timeout"),
        })
    }

    fn on_failure(&mut self, at: &At) -> Option<Sp<OnFailure>> {
        let text = self.text(at, "`on_failure`")?;
        let value = match text.as_str() {
            "halt" => OnFailure::Halt,
            "continue" => OnFailure::Continue,
            "undo" => OnFailure::Undo,
            other => match other.strip_prefix("goto:").map(str::trim) {
                Some(step) if !step.is_empty() => OnFailure::Goto(step.to_owned()),
                _ => {
                    self.found.push(
                        Diagnostic::error(
                            "PB005",
                            format!("`{other}` says nothing about a failure"),
                            at.span,
                        )
                        .help(suggest(other, &["halt", "continue", "undo", "goto:STEP"])),
                    );
                    return None;
                }
            },
        };
        Some(Sp::new(value, at.span))
    }

    fn retry(&mut self, at: &At) -> Option<Retry> {
        let fields = self.fields(at, "`retry`", &["attempts", "delay", "max_delay"])?;
        self.required(&fields, &["attempts"], "`retry`");
        let attempts = self.count_of(&fields, "attempts", 1, 10)?;
        let delay = self.period_of(&fields, "delay").map(|period| *period.value());
        let max_delay = self.period_of(&fields, "max_delay").map(|period| *period.value());
        Some(Retry { attempts, delay, max_delay })
    }

    /// Every field of a map, each read alike.
    fn map_of<T>(
        &mut self,
        fields: &Fields<'_>,
        name: &str,
        mut read: impl FnMut(&mut Self, &At) -> Option<T>,
    ) -> IndexMap<String, T> {
        let mut map = IndexMap::new();
        for (key, at) in self.entries(fields.get(name), name) {
            if let Some(value) = read(self, at) {
                map.insert(key.value().clone(), value);
            }
        }
        map
    }

    /// Any value, with its place.
    fn any(&mut self, at: &At) -> Sp<Value> {
        self.unique(at);
        Sp::new(at.value(), at.span)
    }

    /// Duplicate keys anywhere below.
    fn unique(&mut self, at: &At) {
        match &at.node {
            Node::List(items) => items.iter().for_each(|item| self.unique(item)),
            Node::Map(entries) => {
                self.duplicates(entries);
                for (_, item) in entries {
                    self.unique(item);
                }
            }
            _ => {}
        }
    }
}

fn plain(text: Sp<String>) -> String {
    text.value().clone()
}
