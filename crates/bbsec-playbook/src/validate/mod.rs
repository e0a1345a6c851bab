//! Everything that can be wrong with a playbook without asking the network: all of it at once, each with its place.

mod flow;
mod names;
mod response;
mod uses;

use std::collections::BTreeSet;

use crate::{
    Diagnostic, Level, Playbook, Registry, SCHEMA, decode::Decoder, inputs, nearest::suggest, testing, yaml,
};

/// A playbook as it was read, and everything that is wrong with it.
#[derive(Debug)]
pub struct Checked {
    /// What could be made out. Run it only when nothing that was found is an error.
    pub playbook: Option<Playbook>,
    /// Errors first, then warnings, each in the order of the file.
    pub found: Vec<Diagnostic>,
}

impl Checked {
    /// How many errors there are.
    pub fn errors(&self) -> usize {
        self.found.iter().filter(|diagnostic| diagnostic.level == Level::Error).count()
    }
}

/// Reads a playbook, checks it against the registry, and runs its own tests. Asks no network.
pub fn check(text: &str, registry: &Registry) -> Checked {
    let root = match yaml::read(text) {
        Ok(root) => root,
        Err(diagnostic) => return Checked { playbook: None, found: vec![diagnostic] },
    };
    let mut decoder = Decoder::default();
    let playbook = decoder.playbook(&root);
    let mut found = decoder.found;
    if let Some(playbook) = &playbook {
        let sound = found.is_empty();
        found.extend(semantics(playbook, registry));
        // Tests of a playbook that is not whole would only repeat what is wrong with it.
        if sound && !found.iter().any(|diagnostic| diagnostic.level == Level::Error) {
            found.extend(testing::tests(playbook));
        }
    }
    for diagnostic in &mut found {
        diagnostic.narrow(text);
    }
    found.sort_by_key(|diagnostic| {
        (diagnostic.level != Level::Error, diagnostic.span.map_or(0, |span| span.0), diagnostic.code)
    });
    found.dedup_by(|a, b| a.span == b.span && a.message == b.message);
    Checked { playbook, found }
}

/// Reads a playbook that must be sound in form; what it says is not checked.
pub fn parse(text: &str) -> Result<Playbook, Vec<Diagnostic>> {
    let mut decoder = Decoder::default();
    match yaml::read(text).map(|root| decoder.playbook(&root)) {
        Ok(Some(playbook)) if decoder.found.is_empty() => Ok(playbook),
        Ok(_) => Err(decoder.found),
        Err(diagnostic) => Err(vec![diagnostic]),
    }
}

fn semantics(playbook: &Playbook, registry: &Registry) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    header(playbook, &mut found);
    inputs_of(playbook, &mut found);
    step_ids(playbook, &mut found);
    for step in &playbook.steps {
        uses::kind(step, registry, &mut found);
        flow::needs(playbook, step, &mut found);
        flow::failure(playbook, step, registry, &mut found);
        names::expressions(playbook, step, registry, &mut found);
    }
    names::outputs(playbook, registry, &mut found);
    flow::cycle(playbook, &mut found);
    response::order(playbook, registry, &mut found);
    names::unused_inputs(playbook, &mut found);
    found
}

fn header(playbook: &Playbook, found: &mut Vec<Diagnostic>) {
    // A missing key has been reported already.
    if playbook.schema.as_str() != SCHEMA && !playbook.schema.is_empty() {
        found.push(
            Diagnostic::error(
                "PB003",
                format!("unknown schema `{}`", *playbook.schema),
                playbook.schema.span(),
            )
            .help(format!("this program reads `{SCHEMA}`")),
        );
    }
    if playbook.steps.is_empty() {
        found.push(Diagnostic::error("PB004", "the playbook has no steps", playbook.name.span()));
    }
}

fn inputs_of(playbook: &Playbook, found: &mut Vec<Diagnostic>) {
    for (name, spec) in &playbook.inputs {
        if let Some(default) = &spec.default
            && let Err(failure) = inputs::checked(name, spec, default)
        {
            found.push(Diagnostic::error("PB005", failure.message, default.span()));
        }
        for bound in [&spec.min, &spec.max].into_iter().flatten() {
            if inputs::bound_of(&spec.kind, bound).is_none() {
                let kind = spec.kind.to_string();
                let message = format!("{} bounds no {kind}", **bound);
                found.push(Diagnostic::error("PB005", message, bound.span()));
            }
        }
    }
}

fn step_ids(playbook: &Playbook, found: &mut Vec<Diagnostic>) {
    let mut seen = BTreeSet::new();
    for step in &playbook.steps {
        if !seen.insert(step.id.as_str()) {
            let message = format!("two steps are called `{}`", *step.id);
            found.push(Diagnostic::error("PB006", message, step.id.span()));
        }
        if step.id.is_empty() || !step.id.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
        {
            found.push(
                Diagnostic::error("PB006", format!("`{}` cannot be a step's name", *step.id), step.id.span())
                    .help("use letters, digits, `-` and `_`"),
            );
        }
    }
}

/// An unknown name, with the one that was likely meant.
fn unknown(
    code: &'static str,
    message: String,
    span: Option<(usize, usize)>,
    wrong: &str,
    known: &[&str],
) -> Diagnostic {
    Diagnostic::error(code, message, span).help(suggest(wrong, known))
}
