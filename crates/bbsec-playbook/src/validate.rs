//! Everything that can be wrong with a playbook without asking the network: all of it at once, each with its place.

use std::collections::{BTreeMap, BTreeSet};

use bbsec_core::Effect;
use serde_json::Value;

use crate::{
    Capability, Diagnostic, Playbook, Registry, SCHEMA, Sp, Step, expression, inputs,
    order::{closure, order},
};

/// Checks a parsed playbook against the registry. Errors come before warnings.
pub fn validate(playbook: &Playbook, registry: &Registry) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    header(playbook, &mut found);
    step_ids(playbook, &mut found);
    for step in &playbook.steps {
        kind(step, registry, &mut found);
        needs(playbook, step, &mut found);
        expressions(playbook, step, &mut found);
    }
    for output in playbook.outputs.values() {
        for text in expression::all(output) {
            names(playbook, None, text, output, &mut found);
        }
    }
    if let Err(cycle) = order(&playbook.steps) {
        let span = playbook
            .steps
            .iter()
            .find(|step| cycle.contains(step.id.value()))
            .and_then(|step| step.id.span());
        found.push(
            Diagnostic::error(
                "PB007",
                format!("these steps wait for each other: {}", cycle.join(", ")),
                span,
            )
            .help("remove one of their `needs`"),
        );
    }
    containment_order(playbook, registry, &mut found);
    unused_inputs(playbook, &mut found);
    found.sort_by_key(|diagnostic| diagnostic.level != crate::Level::Error);
    found
}

fn header(playbook: &Playbook, found: &mut Vec<Diagnostic>) {
    if playbook.schema.as_str() != SCHEMA {
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
    for (name, spec) in &playbook.inputs {
        if let Some(default) = &spec.default
            && let Err(failure) = inputs::typed(name, *spec.kind.value(), default)
        {
            found.push(Diagnostic::error("PB005", failure.message, spec.kind.span()));
        }
    }
}

fn step_ids(playbook: &Playbook, found: &mut Vec<Diagnostic>) {
    let mut seen = BTreeSet::new();
    for step in &playbook.steps {
        if !seen.insert(step.id.as_str()) {
            found.push(Diagnostic::error(
                "PB006",
                format!("two steps are called `{}`", *step.id),
                step.id.span(),
            ));
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

fn kind(step: &Step, registry: &Registry, found: &mut Vec<Diagnostic>) {
    match (&step.uses, &step.manual) {
        (Some(uses), None) => {
            if let Some(capability) = registry.get(uses) {
                with(step, capability, found);
            } else {
                let known: Vec<&str> = registry.all().map(Capability::id).collect();
                let mut diagnostic =
                    Diagnostic::error("PB008", format!("nothing is called `{}`", **uses), uses.span());
                diagnostic = diagnostic.help(match nearest(uses, &known) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("known: {}", known.join(", ")),
                });
                found.push(diagnostic);
            }
        }
        (None, Some(_)) => {
            if !step.with.is_empty() {
                found.push(Diagnostic::error("PB009", "a manual step takes no `with`", step.id.span()));
            }
        }
        (Some(_), Some(_)) => found.push(Diagnostic::error(
            "PB009",
            format!("step `{}` has both `uses` and `manual`; make two steps of it", *step.id),
            step.id.span(),
        )),
        (None, None) => found.push(
            Diagnostic::error("PB009", format!("step `{}` does nothing", *step.id), step.id.span())
                .help("give it `uses:` with an action or analysis, or `manual:` with what a person does"),
        ),
    }
}

/// `with:` against the input schema: names, missing ones, and the types of literals.
fn with(step: &Step, capability: &Capability, found: &mut Vec<Diagnostic>) {
    let schema = capability.input_schema().to_value();
    let properties = schema.get("properties").and_then(Value::as_object).cloned().unwrap_or_default();
    let known: Vec<&str> = properties.keys().map(String::as_str).collect();
    for (name, value) in &step.with {
        let Some(property) = properties.get(name) else {
            let help = match nearest(name, &known) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("it takes: {}", known.join(", ")),
            };
            found.push(
                Diagnostic::error("PB010", format!("`{}` takes no `{name}`", capability.id()), value.span())
                    .help(help),
            );
            continue;
        };
        if let Some(wanted) = wrong_type(property, value.value()) {
            found.push(Diagnostic::error("PB011", format!("`{name}` must be {wanted}"), value.span()));
        }
    }
    for required in
        schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
    {
        if !step.with.contains_key(required) {
            found.push(Diagnostic::error(
                "PB012",
                format!("`{}` needs `{required}` in `with:`", capability.id()),
                step.uses.as_ref().and_then(Sp::span),
            ));
        }
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
    (!fits).then(|| types.join(" or "))
}

fn needs(playbook: &Playbook, step: &Step, found: &mut Vec<Diagnostic>) {
    let known: Vec<&str> = playbook.steps.iter().map(|step| step.id.as_str()).collect();
    for need in &step.needs {
        if !known.contains(&need.as_str()) {
            let help = match nearest(need, &known) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("known steps: {}", known.join(", ")),
            };
            found.push(
                Diagnostic::error(
                    "PB013",
                    format!("step `{}` needs unknown step `{}`", *step.id, **need),
                    need.span(),
                )
                .help(help),
            );
        }
    }
}

fn expressions(playbook: &Playbook, step: &Step, found: &mut Vec<Diagnostic>) {
    if let Some(when) = &step.when {
        names(playbook, Some(step), when, when, found);
    }
    let texts =
        step.approve.iter().map(|approve| &approve.message).chain(step.manual.iter().map(|m| &m.text));
    for text in texts {
        for inner in expression::all(text) {
            names(playbook, Some(step), inner, text, found);
        }
    }
    for value in step.with.values() {
        let mut inner = Vec::new();
        collect(value.value(), &mut inner);
        for text in inner {
            names(playbook, Some(step), &text, value, found);
        }
    }
}

fn collect(value: &Value, out: &mut Vec<String>) {
    match value {
        Value::String(text) => out.extend(expression::all(text).into_iter().map(str::to_owned)),
        Value::Array(items) => items.iter().for_each(|item| collect(item, out)),
        Value::Object(fields) => fields.values().for_each(|item| collect(item, out)),
        _ => {}
    }
}

fn names<T>(
    playbook: &Playbook,
    step: Option<&Step>,
    text: &str,
    place: &Sp<T>,
    found: &mut Vec<Diagnostic>,
) {
    let used = match expression::names(text) {
        Ok(used) => used,
        Err(why) => {
            found.push(Diagnostic::error("PB014", format!("bad expression `{text}`: {why}"), place.span()));
            return;
        }
    };
    let steps: Vec<&str> = playbook.steps.iter().map(|step| step.id.as_str()).collect();
    let inputs: Vec<&str> = playbook.inputs.keys().map(String::as_str).collect();
    for name in used {
        let mut parts = name.split('.');
        let (root, second) = (parts.next().unwrap_or_default(), parts.next());
        let unknown = match (root, second) {
            ("inputs", Some(input)) => (!inputs.contains(&input)).then_some(("input", input, &inputs)),
            ("steps", Some(other)) => (!steps.contains(&other)).then_some(("step", other, &steps)),
            ("inputs" | "steps" | "case" | "run", _) => None,
            _ => {
                found.push(
                    Diagnostic::error("PB015", format!("nothing is called `{name}`"), place.span())
                        .help("expressions know `inputs`, `steps`, `case` and `run`"),
                );
                None
            }
        };
        if let Some((what, name, known)) = unknown {
            let help = nearest(name, known).map_or_else(
                || format!("known: {}", known.join(", ")),
                |near| format!("did you mean `{near}`?"),
            );
            found.push(
                Diagnostic::error("PB015", format!("there is no {what} `{name}`"), place.span()).help(help),
            );
        }
        if let (Some(step), "steps", Some(other)) = (step, root, second)
            && steps.contains(&other)
            && !closure(&playbook.steps, &step.id).contains(other)
        {
            found.push(
                Diagnostic::error(
                    "PB016",
                    format!("step `{}` uses `{other}` but does not need it", *step.id),
                    place.span(),
                )
                .help(format!("add `{other}` to its `needs`")),
            );
        }
    }
}

/// Containing before anything is recorded loses what the world looked like; waiting for preservation before containing
/// leaves the attacker in.
fn containment_order(playbook: &Playbook, registry: &Registry, found: &mut Vec<Diagnostic>) {
    let by_id: BTreeMap<&str, &Step> = playbook.steps.iter().map(|step| (step.id.as_str(), step)).collect();
    let uses = |step: &Step| step.uses.as_ref().map(|uses| uses.value().clone()).unwrap_or_default();
    for step in playbook.steps.iter().filter(|step| uses(step) == "isolate") {
        let before = closure(&playbook.steps, &step.id);
        let earlier: Vec<&Step> = before.iter().filter_map(|id| by_id.get(id).copied()).collect();
        if !earlier.iter().any(|other| uses(other) == "collect.instance") {
            found.push(
                Diagnostic::warning(
                    "PB020",
                    format!("`{}` isolates before any facts are kept", *step.id),
                    step.id.span(),
                )
                .help("let it need a `collect.instance` step"),
            );
        }
        for other in earlier.iter().filter(|other| {
            other.with.get("wait").is_some_and(|wait| wait.value() == &Value::Bool(true))
                || uses(other) == "collect.vault"
        }) {
            found.push(
                Diagnostic::warning(
                    "PB021",
                    format!("`{}` waits for `{}` before it cuts the node off", *step.id, *other.id),
                    step.id.span(),
                )
                .help("request the snapshots before isolating, wait for them after"),
            );
        }
        let changes = registry.get("isolate").is_some_and(|capability| match capability {
            Capability::Action(action) => action.meta().effect == Effect::Changes,
            Capability::Analysis(_) => false,
        });
        if changes && step.approve.is_none() {
            found.push(
                Diagnostic::warning(
                    "PB022",
                    format!("`{}` cuts off a system without asking", *step.id),
                    step.id.span(),
                )
                .help("add `approve:` with the question that a person answers"),
            );
        }
    }
}

fn unused_inputs(playbook: &Playbook, found: &mut Vec<Diagnostic>) {
    let text = serde_json::to_string(&playbook.steps).unwrap_or_default()
        + &serde_json::to_string(&playbook.outputs).unwrap_or_default();
    for (name, spec) in &playbook.inputs {
        if !text.contains(&format!("inputs.{name}")) {
            found.push(Diagnostic::warning(
                "PB023",
                format!("the input `{name}` is never used"),
                spec.kind.span(),
            ));
        }
    }
}

/// The known name that a misspelt one most likely meant.
fn nearest<'a>(wrong: &str, known: &[&'a str]) -> Option<&'a str> {
    known
        .iter()
        .map(|name| (distance(wrong, name), *name))
        .filter(|(distance, name)| *distance <= 1 + name.len() / 4)
        .min()
        .map(|(_, name)| name)
}

/// Levenshtein distance, for short names.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().take(64).collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().take(64).enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        if let Some(first) = row.first_mut() {
            *first = left;
        }
        for (cell, y) in row.iter_mut().skip(1).zip(&b) {
            let up = *cell;
            let here = (diagonal + usize::from(x != *y)).min(up + 1).min(left + 1);
            diagonal = up;
            left = here;
            *cell = here;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn misspelt_names_get_a_suggestion() {
        assert_eq!(nearest("snapsot", &["snapshot", "isolate"]), Some("snapshot"));
        assert_eq!(nearest("xyz", &["snapshot", "isolate"]), None);
        assert_eq!(distance("kitten", "sitting"), 3);
    }
}
