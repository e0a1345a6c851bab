//! `inputs:`.

use super::{Decoder, plain};
use crate::{
    Diagnostic, InputSpec, InputType, Scalar, Sp,
    nearest::suggest,
    yaml::{At, Node},
};

const KEYS: [&str; 7] = ["type", "description", "default", "one_of", "pattern", "min", "max"];

impl Decoder {
    pub(super) fn input(&mut self, at: &At) -> Option<InputSpec> {
        let fields = self.fields(at, "an input", &KEYS)?;
        self.required(&fields, &["type"], "the input");
        let spec = InputSpec {
            kind: fields.get("type").and_then(|at| self.input_type(at))?,
            description: self.text_of(&fields, "description").map(plain).unwrap_or_default(),
            default: fields.get("default").map(|at| self.any(at)),
            one_of: fields
                .get("one_of")
                .map(|at| self.list(at, "`one_of`", |_, item| Some(item.value())))
                .unwrap_or_default(),
            pattern: self.text_of(&fields, "pattern"),
            min: fields.get("min").map(|at| self.any(at)),
            max: fields.get("max").map(|at| self.any(at)),
        };
        if let Some(pattern) = &spec.pattern
            && let Err(error) = regex::Regex::new(pattern)
        {
            let why = error.to_string().lines().last().unwrap_or_default().to_owned();
            self.found.push(Diagnostic::error(
                "PB005",
                format!("the pattern is none: {why}"),
                pattern.span(),
            ));
        }
        Some(spec)
    }

    fn input_type(&mut self, at: &At) -> Option<Sp<InputType>> {
        let Node::Text(text) = &at.node else {
            self.wrong(at, "`type`", "text");
            return None;
        };
        if let Ok(kind) = text.parse() {
            return Some(Sp::new(kind, at.span));
        }
        let mut known: Vec<String> = Scalar::ALL.iter().map(|(name, _)| (*name).to_owned()).collect();
        known.extend(Scalar::ALL.iter().map(|(name, _)| format!("list<{name}>")));
        let names: Vec<&str> = known.iter().map(String::as_str).collect();
        let help = if crate::nearest::nearest(text, &names).is_some() {
            suggest(text, &names)
        } else {
            let names: Vec<&str> = Scalar::ALL.iter().map(|(name, _)| *name).collect();
            format!("types: {}, enum[a, b], and list<…> of each", names.join(", "))
        };
        self.found.push(Diagnostic::error("PB005", format!("`{text}` is no type"), at.span).help(help));
        None
    }
}
