//! Reading fields: kinds of values, missing, unknown and repeated keys.

use std::collections::BTreeSet;

use super::Decoder;
use crate::{
    Diagnostic, Period, Sp,
    nearest::suggest,
    yaml::{At, Node},
};

/// The fields of a map.
pub(super) struct Fields<'n> {
    entries: &'n [(Sp<String>, At)],
    span: Option<(usize, usize)>,
}

impl<'n> Fields<'n> {
    /// A field that has a value; `name:` without one counts as left out.
    pub(super) fn get(&self, name: &str) -> Option<&'n At> {
        let (_, at) = self.entries.iter().find(|(key, _)| key.as_str() == name)?;
        (!matches!(at.node, Node::Null)).then_some(at)
    }
}

impl Decoder {
    /// The fields of a map; unknown and repeated ones are reported.
    pub(super) fn fields<'n>(&mut self, at: &'n At, what: &str, known: &[&str]) -> Option<Fields<'n>> {
        let Node::Map(entries) = &at.node else {
            self.wrong(at, what, "keys and values");
            return None;
        };
        self.duplicates(entries);
        for (key, _) in entries.iter().filter(|(key, _)| !known.contains(&key.as_str())) {
            self.found.push(
                Diagnostic::error("PB024", format!("{what} has no key `{}`", **key), key.span())
                    .help(suggest(key, known)),
            );
        }
        // A map's own place begins with its first key.
        let span = entries.first().and_then(|(key, _)| key.span()).or(at.span);
        Some(Fields { entries, span })
    }

    /// The entries of a map whose keys are free.
    pub(super) fn entries<'n>(&mut self, at: Option<&'n At>, name: &str) -> &'n [(Sp<String>, At)] {
        match at.map(|at| (&at.node, at)) {
            None => &[],
            Some((Node::Map(entries), _)) => {
                self.duplicates(entries);
                entries
            }
            Some((_, at)) => {
                self.wrong(at, &format!("`{name}`"), "keys and values");
                &[]
            }
        }
    }

    /// Reports keys that stand twice.
    pub(super) fn duplicates(&mut self, entries: &[(Sp<String>, At)]) {
        let mut seen = BTreeSet::new();
        for (key, _) in entries {
            if !seen.insert(key.as_str()) {
                self.found.push(
                    Diagnostic::error("PB026", format!("the key `{}` stands here twice", **key), key.span())
                        .help("remove one of the two"),
                );
            }
        }
    }

    /// Reports fields that must be there and are not.
    pub(super) fn required(&mut self, fields: &Fields<'_>, names: &[&str], what: &str) {
        for name in names.iter().filter(|name| fields.get(name).is_none()) {
            self.found.push(Diagnostic::error("PB025", format!("{what} lacks `{name}`"), fields.span));
        }
    }

    /// Reports a value of the wrong kind.
    pub(super) fn wrong(&mut self, at: &At, what: &str, wanted: &str) {
        let mut diagnostic =
            Diagnostic::error("PB005", format!("{what} must be {wanted}, not {}", at.kind()), at.span);
        if let (Node::Text(text), "true or false") = (&at.node, wanted)
            && matches!(text.to_ascii_lowercase().as_str(), "yes" | "no" | "on" | "off" | "y" | "n")
        {
            diagnostic = diagnostic.help("YAML's old yes and no are text here; write true or false");
        } else if wanted == "text" && matches!(at.node, Node::Int(_) | Node::Float(_) | Node::Bool(_)) {
            diagnostic = diagnostic.help("put it in quotes");
        }
        self.found.push(diagnostic);
    }

    /// A text.
    pub(super) fn text(&mut self, at: &At, what: &str) -> Option<Sp<String>> {
        if let Node::Text(text) = &at.node {
            return Some(Sp::new(text.clone(), at.span));
        }
        self.wrong(at, what, "text");
        None
    }

    /// The text of a field.
    pub(super) fn text_of(&mut self, fields: &Fields<'_>, name: &str) -> Option<Sp<String>> {
        fields.get(name).and_then(|at| self.text(at, &format!("`{name}`")))
    }

    /// A list whose items are read alike.
    pub(super) fn list<T>(
        &mut self,
        at: &At,
        what: &str,
        mut read: impl FnMut(&mut Self, &At) -> Option<T>,
    ) -> Vec<T> {
        let Node::List(items) = &at.node else {
            self.wrong(at, what, "a list");
            return Vec::new();
        };
        items.iter().filter_map(|item| read(self, item)).collect()
    }

    /// A field that is a list of texts.
    pub(super) fn texts_of(&mut self, fields: &Fields<'_>, name: &str) -> Vec<Sp<String>> {
        let what = format!("`{name}`");
        let item = format!("an item of `{name}`");
        fields.get(name).map(|at| self.list(at, &what, |d, at| d.text(at, &item))).unwrap_or_default()
    }

    /// A field that is a length of time.
    pub(super) fn period_of(&mut self, fields: &Fields<'_>, name: &str) -> Option<Sp<Period>> {
        let at = fields.get(name)?;
        let period = match &at.node {
            Node::Int(seconds) => u64::try_from(*seconds).ok().map(Period),
            Node::Text(text) => text.parse().ok(),
            _ => None,
        };
        if period.is_none() {
            self.wrong(at, &format!("`{name}`"), "a length of time such as 90s, 15m or 2h");
        }
        period.map(|period| Sp::new(period, at.span))
    }

    /// A field that is a small whole number.
    pub(super) fn count_of(&mut self, fields: &Fields<'_>, name: &str, least: u32, most: u32) -> Option<u32> {
        let at = fields.get(name)?;
        if let Node::Int(number) = at.node
            && let Ok(number) = u32::try_from(number)
            && (least..=most).contains(&number)
        {
            return Some(number);
        }
        self.found.push(Diagnostic::error(
            "PB005",
            format!("`{name}` must be a whole number from {least} to {most}"),
            at.span,
        ));
        None
    }
}
