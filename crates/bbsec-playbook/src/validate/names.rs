//! Expressions: their syntax, and every name in them.

use std::collections::BTreeSet;

use serde_json::Value;

use super::unknown;
use crate::{Diagnostic, Playbook, Registry, Step, expression, order::closure, spanned::Span};

/// What expressions know.
const ROOTS: [&str; 4] = ["inputs", "steps", "case", "run"];

/// Where an expression stands.
struct Place<'a> {
    playbook: &'a Playbook,
    registry: &'a Registry,
    step: Option<&'a Step>,
    span: Option<Span>,
}

pub(super) fn expressions(
    playbook: &Playbook,
    step: &Step,
    registry: &Registry,
    found: &mut Vec<Diagnostic>,
) {
    let place = |span| Place { playbook, registry, step: Some(step), span };
    if let Some(when) = &step.when {
        names(&place(when.span()), expression::whole(when).unwrap_or(when), found);
    }
    let approve = step.approve.iter().map(|approve| &approve.message);
    for text in approve.chain(step.manual.iter().map(|manual| &manual.text)) {
        inside(&place(text.span()), text, found);
    }
    for value in step.with.values() {
        texts(value.value(), &mut |text| inside(&place(value.span()), text, found));
    }
}

pub(super) fn outputs(playbook: &Playbook, registry: &Registry, found: &mut Vec<Diagnostic>) {
    for output in playbook.outputs.values() {
        inside(&Place { playbook, registry, step: None, span: output.span() }, output, found);
    }
}

/// Calls `each` with every text in a value.
fn texts(value: &Value, each: &mut impl FnMut(&str)) {
    match value {
        Value::String(text) => each(text),
        Value::Array(items) => items.iter().for_each(|item| texts(item, each)),
        Value::Object(fields) => fields.values().for_each(|item| texts(item, each)),
        _ => {}
    }
}

fn inside(place: &Place<'_>, text: &str, found: &mut Vec<Diagnostic>) {
    for inner in expression::all(text) {
        names(place, inner, found);
    }
    if text.matches("${{").count() > expression::all(text).len() {
        found
            .push(Diagnostic::error("PB014", "`${{` is never closed", place.span).help("close it with `}}`"));
    }
    if text.contains("${%") {
        found.push(
            Diagnostic::error("PB014", "`${%` blocks are not part of playbooks", place.span)
                .help("use an expression: ${{ … }}"),
        );
    }
}

fn names(place: &Place<'_>, text: &str, found: &mut Vec<Diagnostic>) {
    let used = match expression::names(text) {
        Ok(used) => used,
        Err(why) => {
            let shown: String = text.chars().take(60).collect();
            found.push(
                Diagnostic::error("PB014", format!("bad expression `{shown}`: {why}"), place.span).at(text),
            );
            return;
        }
    };
    for name in used {
        if let Some(diagnostic) = one(place, &name) {
            found.push(diagnostic.at(&name));
        }
    }
}

/// What is wrong with one dotted name.
fn one(place: &Place<'_>, name: &str) -> Option<Diagnostic> {
    let playbook = place.playbook;
    let mut parts = name.split('.');
    let (root, second) = (parts.next().unwrap_or_default(), parts.next());
    let (third, fourth) = (parts.next(), parts.next());
    match (root, second) {
        ("inputs", Some(input)) => {
            let known: Vec<&str> = playbook.inputs.keys().map(String::as_str).collect();
            let message = format!("there is no input `{input}`");
            (!known.contains(&input)).then(|| unknown("PB015", message, place.span, input, &known))
        }
        ("steps", Some(id)) => step_output(place, id, third, fourth),
        ("case", Some(field)) => {
            let known = ["id", "title", "root"];
            let message = format!("a case has no `{field}`");
            (!known.contains(&field)).then(|| unknown("PB015", message, place.span, field, &known))
        }
        ("inputs" | "steps" | "case" | "run", _) => None,
        _ => {
            let message = format!("nothing is called `{name}`");
            Some(unknown("PB015", message, place.span, root, &ROOTS))
        }
    }
}

/// `steps.ID.outputs.NAME`: the step exists, has ended by then, and hands that on.
fn step_output(place: &Place<'_>, id: &str, field: Option<&str>, output: Option<&str>) -> Option<Diagnostic> {
    let steps = &place.playbook.steps;
    let known: Vec<&str> = steps.iter().map(|step| step.id.as_str()).collect();
    let Some(other) = steps.iter().find(|step| step.id.as_str() == id) else {
        return Some(unknown("PB015", format!("there is no step `{id}`"), place.span, id, &known));
    };
    if let Some(step) = place.step
        && !closure(steps, &step.id).contains(id)
    {
        let message = format!("step `{}` uses `{id}` but does not need it", *step.id);
        return Some(
            Diagnostic::error("PB016", message, place.span).help(format!("add `{id}` to its `needs`")),
        );
    }
    let fields = ["state", "ok", "outputs"];
    match field {
        Some(field) if !fields.contains(&field) => {
            let message = format!("a step has no `{field}`");
            Some(unknown("PB015", message, place.span, field, &fields))
        }
        Some("outputs") => {
            let output = output?;
            let capability = place.registry.get(other.uses.as_ref()?)?;
            let schema = capability.output_schema().to_value();
            let properties = schema.get("properties").and_then(Value::as_object)?;
            let known: Vec<&str> = properties.keys().map(String::as_str).chain(["results"]).collect();
            let message = format!("`{}` hands on no `{output}`", capability.id());
            (!known.contains(&output)).then(|| unknown("PB017", message, place.span, output, &known))
        }
        _ => None,
    }
}

pub(super) fn unused_inputs(playbook: &Playbook, found: &mut Vec<Diagnostic>) {
    let mut used = BTreeSet::new();
    let mut note = |expression: &str| used.extend(expression::names(expression).unwrap_or_default());
    for step in &playbook.steps {
        step.when.iter().for_each(|when| note(expression::whole(when).unwrap_or(when)));
        let approve = step.approve.iter().map(|approve| &approve.message);
        for text in approve.chain(step.manual.iter().map(|manual| &manual.text)) {
            expression::all(text).into_iter().for_each(&mut note);
        }
        for value in step.with.values() {
            texts(value.value(), &mut |text| expression::all(text).into_iter().for_each(&mut note));
        }
    }
    for output in playbook.outputs.values() {
        expression::all(output).into_iter().for_each(&mut note);
    }
    for (name, spec) in &playbook.inputs {
        let path = format!("inputs.{name}");
        if !used.iter().any(|used| *used == path || used.starts_with(&format!("{path}.")))
            && !used.contains("inputs")
        {
            let message = format!("the input `{name}` is never used");
            found.push(Diagnostic::warning("PB023", message, spec.kind.span()));
        }
    }
}
