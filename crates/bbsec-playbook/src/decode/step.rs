//! `steps:`.

use super::{Decoder, plain};
use crate::{Approve, Manual, Step, yaml::At};

const KEYS: [&str; 11] =
    ["id", "uses", "with", "needs", "when", "approve", "manual", "timeout", "on_failure", "retry", "covers"];

impl Decoder {
    pub(super) fn step(&mut self, at: &At) -> Option<Step> {
        let fields = self.fields(at, "a step", &KEYS)?;
        self.required(&fields, &["id"], "the step");
        // Without a name nothing can be said about it that a person could find again.
        let id = self.text_of(&fields, "id");
        let mut step = Step::new("");
        step.uses = self.text_of(&fields, "uses");
        step.with = self.map_of(&fields, "with", |d, at| Some(d.any(at)));
        step.needs = self.texts_of(&fields, "needs");
        step.when = self.text_of(&fields, "when");
        step.approve = fields.get("approve").and_then(|at| self.approve(at));
        step.manual = fields.get("manual").and_then(|at| self.manual(at));
        step.timeout = self.period_of(&fields, "timeout");
        step.on_failure = fields.get("on_failure").and_then(|at| self.on_failure(at));
        step.retry = fields.get("retry").and_then(|at| self.retry(at));
        step.covers = self.texts_of(&fields, "covers");
        step.id = id?;
        Some(step)
    }

    fn approve(&mut self, at: &At) -> Option<Approve> {
        let fields = self.fields(at, "`approve`", &["message", "by", "min", "expires"])?;
        self.required(&fields, &["message"], "`approve`");
        let by = self.texts_of(&fields, "by").into_iter().map(plain).collect();
        let min = self.count_of(&fields, "min", 1, 10);
        let expires = self.period_of(&fields, "expires").map(|period| *period.value());
        Some(Approve { message: self.text_of(&fields, "message")?, by, min, expires })
    }

    fn manual(&mut self, at: &At) -> Option<Manual> {
        let fields = self.fields(at, "`manual`", &["text", "owner", "evidence"])?;
        self.required(&fields, &["text"], "`manual`");
        let owner = self.text_of(&fields, "owner").map(plain);
        let evidence = self.text_of(&fields, "evidence").map(plain);
        Some(Manual { text: self.text_of(&fields, "text")?, owner, evidence })
    }
}
