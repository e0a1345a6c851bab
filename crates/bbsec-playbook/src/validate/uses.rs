//! What a step does: exactly one thing, that exists, with an input that fits.

use serde_json::Value;

use super::unknown;
use crate::{Capability, Diagnostic, Registry, Sp, Step};

pub(super) fn kind(step: &Step, registry: &Registry, found: &mut Vec<Diagnostic>) {
    let wrong = |message: String, help: &str| Diagnostic::error("PB009", message, step.id.span()).help(help);
    match (&step.uses, &step.manual, &step.approve) {
        (Some(_), Some(_), _) => found
            .push(wrong(format!("step `{}` has both `uses` and `manual`", *step.id), "make two steps of it")),
        (Some(uses), None, _) => {
            if let Some(capability) = registry.get(uses) {
                with(step, capability, found);
            } else {
                let known: Vec<&str> = registry.all().map(Capability::id).collect();
                let message = format!("nothing is called `{}`", **uses);
                found.push(unknown("PB008", message, uses.span(), uses, &known));
            }
        }
        (None, _, _) if !step.with.is_empty() => found.push(wrong(
            format!("step `{}` has `with` and nothing to give it to", *step.id),
            "`with` is the input of what stands in `uses`",
        )),
        (None, Some(_), Some(_)) => found.push(wrong(
            format!("step `{}` asks a person about a person's task", *step.id),
            "make two steps of it, or leave `approve` out",
        )),
        (None, None, None) => found.push(wrong(
            format!("step `{}` does nothing", *step.id),
            "give it `uses:` with an action or analysis, `manual:` with what a person does, or `approve:`",
        )),
        (None, _, _) => {}
    }
    let action = step.uses.as_ref().and_then(|uses| registry.get(uses));
    if step.retry.is_some() && !matches!(action, Some(Capability::Action(_)) | None) {
        found.push(
            Diagnostic::warning("PB027", format!("`{}` is not tried again", *step.id), step.id.span())
                .help("an analysis of the same evidence ends the same way; only actions are repeated"),
        );
    }
    if let Some(approve) = &step.approve {
        let by = approve.by.len();
        if by > 0 && approve.min.is_some_and(|min| min as usize > by) {
            found.push(wrong(
                format!("step `{}` asks for more people than `by` names", *step.id),
                "name more of them, or lower `min`",
            ));
        }
    }
}

/// `with:` against the input schema: names, missing ones, and the types of literals.
fn with(step: &Step, capability: &Capability, found: &mut Vec<Diagnostic>) {
    let schema = capability.input_schema().to_value();
    let properties = schema.get("properties").and_then(Value::as_object).cloned().unwrap_or_default();
    let known: Vec<&str> = properties.keys().map(String::as_str).collect();
    for (name, value) in &step.with {
        let Some(property) = properties.get(name) else {
            let message = format!("`{}` takes no `{name}`", capability.id());
            found.push(unknown("PB010", message, value.span(), name, &known));
            continue;
        };
        if let Some(wanted) = wrong_type(property, value.value()) {
            found.push(Diagnostic::error("PB011", format!("`{name}` must be {wanted}"), value.span()));
        }
    }
    let required = schema.get("required").and_then(Value::as_array).into_iter().flatten();
    for required in required.filter_map(Value::as_str).filter(|name| !step.with.contains_key(*name)) {
        let message = format!("`{}` needs `{required}` in `with:`", capability.id());
        found.push(Diagnostic::error("PB012", message, step.uses.as_ref().and_then(Sp::span)));
    }
}

/// What a literal should have been; expressions are typed only when they are evaluated.
fn wrong_type(property: &Value, value: &Value) -> Option<String> {
    if value.as_str().is_some_and(|text| text.contains("${{")) {
        return None;
    }
    let types: Vec<&str> = match property.get("type")? {
        Value::String(one) => vec![one.as_str()],
        Value::Array(many) => many.iter().filter_map(Value::as_str).collect(),
        _ => return None,
    };
    let fits = types.iter().any(|kind| match *kind {
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        "null" => value.is_null(),
        _ => true,
    });
    let word = |kind: &&str| match *kind {
        "string" => "text",
        "integer" => "a whole number",
        "number" => "a number",
        "boolean" => "true or false",
        "array" => "a list",
        "object" => "keys and values",
        _ => "nothing",
    };
    (!fits).then(|| types.iter().filter(|kind| **kind != "null").map(word).collect::<Vec<_>>().join(" or "))
}
