//! `tests:`.

use super::Decoder;
use crate::{
    Diagnostic, Sp, TestCase,
    yaml::{At, Node},
};

const KEYS: [&str; 10] =
    ["name", "inputs", "given", "outputs", "expect", "with", "order", "asks", "refused", "exit"];

impl Decoder {
    pub(super) fn test(&mut self, at: &At) -> Option<TestCase> {
        let fields = self.fields(at, "a test", &KEYS)?;
        self.required(&fields, &["name"], "the test");
        let case = TestCase {
            inputs: self.map_of(&fields, "inputs", |_, at| Some(at.value())),
            given: self.map_of(&fields, "given", |d, at| d.text(at, "a state")),
            outputs: self.map_of(&fields, "outputs", |_, at| Some(at.value())),
            expect: self.map_of(&fields, "expect", |d, at| d.text(at, "a state")),
            with: self.map_of(&fields, "with", |d, at| Some(d.any(at))),
            order: self.texts_of(&fields, "order"),
            asks: fields.get("asks").is_some().then(|| self.texts_of(&fields, "asks")),
            refused: self.text_of(&fields, "refused"),
            exit: fields.get("exit").and_then(|at| self.exit(at)),
            name: self.text_of(&fields, "name")?,
        };
        Some(case)
    }

    fn exit(&mut self, at: &At) -> Option<Sp<u8>> {
        if let Node::Int(number) = at.node
            && let Ok(code) = u8::try_from(number)
        {
            return Some(Sp::new(code, at.span));
        }
        self.found.push(Diagnostic::error("PB005", "`exit` must be an exit code", at.span));
        None
    }
}
