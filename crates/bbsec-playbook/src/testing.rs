//! A playbook's own `tests:`: its steps are walked as the runner walks them, with ends and outputs that the test gives
//! instead of the world's. Without network, and without a case.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use crate::{
    Diagnostic, Playbook, Sp, Step, StepState, TestCase, expression,
    inputs::resolve_inputs,
    run::{End, exit_of},
    schedule::{Next, Schedule},
};
use bbsec_core::Exit;

/// Runs every test; what does not hold is reported at the line of the test that says so.
pub(crate) fn tests(playbook: &Playbook) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for case in &playbook.tests {
        test(playbook, case, &mut found);
    }
    found
}

fn fails(case: &TestCase, why: impl std::fmt::Display, at: Option<(usize, usize)>) -> Diagnostic {
    Diagnostic::error("PB030", format!("test “{}”: {why}", *case.name), at.or(case.name.span()))
}

fn test(playbook: &Playbook, case: &TestCase, found: &mut Vec<Diagnostic>) {
    let given: Map<String, Value> =
        case.inputs.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
    let inputs = match (resolve_inputs(&playbook.inputs, &given), &case.refused) {
        (Ok(inputs), None) => inputs,
        (Ok(_), Some(refused)) => {
            found.push(fails(case, "the inputs were not refused", refused.span()));
            return;
        }
        (Err(failure), Some(refused)) => {
            let said = format!("{} {}", failure.message, failure.help.unwrap_or_default());
            if !said.contains(refused.as_str()) {
                found.push(fails(case, format!("refused with other words: {said}"), refused.span()));
            }
            return;
        }
        (Err(failure), None) => {
            found.push(fails(case, failure.message, None));
            return;
        }
    };
    let names =
        case.given.keys().chain(case.outputs.keys()).chain(case.expect.keys()).chain(case.with.keys());
    for name in names.chain(case.order.iter().chain(case.asks.iter().flatten()).map(Sp::value)) {
        if !playbook.steps.iter().any(|step| step.id.value() == name) {
            let known: Vec<&str> = playbook.steps.iter().map(|step| step.id.as_str()).collect();
            let help = crate::nearest::suggest(name, &known);
            found.push(fails(case, format!("there is no step `{name}`"), None).help(help));
            return;
        }
    }
    match walk(playbook, case, &inputs) {
        Ok(walked) => compare(case, &walked, found),
        Err((why, at)) => found.push(fails(case, why, at)),
    }
}

/// How a walk went.
#[derive(Default)]
struct Walked {
    states: BTreeMap<String, StepState>,
    with: BTreeMap<String, Value>,
    asked: BTreeSet<String>,
    /// For every step, the steps that had ended when it started.
    before: BTreeMap<String, BTreeSet<String>>,
    exit: Option<Exit>,
}

fn walk(
    playbook: &Playbook,
    case: &TestCase,
    inputs: &Map<String, Value>,
) -> Result<Walked, (String, Option<(usize, usize)>)> {
    let mut walked = Walked::default();
    let mut schedule = Schedule::new(playbook);
    let mut scope = json!({
        "inputs": inputs, "steps": {}, "run": {"id": "test"}, "case": {"id": "test", "title": "test", "root": "/case"},
    });
    // Steps that run side by side are started all before the first of them ends.
    let mut running: Vec<(&Step, StepState)> = Vec::new();
    loop {
        match schedule.next() {
            Next::Start(step) => {
                let ended = walked.states.keys().cloned().collect();
                walked.before.insert(step.id.value().clone(), ended);
                running.push((step, simulate(step, case, &scope, &mut walked)?));
            }
            Next::Skip(step, _) => note(step, StepState::Skipped, case, &mut scope, &mut walked),
            Next::Wait => {
                if running.is_empty() {
                    return Err(("the steps wait for each other".into(), None));
                }
                let (step, state) = running.remove(0);
                schedule.ended(step, state);
                note(step, state, case, &mut scope, &mut walked);
            }
            Next::End => break,
        }
    }
    let ends: Vec<End<'_>> =
        walked.states.iter().map(|(id, state)| (id.as_str(), *state, failure(*state))).collect();
    walked.exit = Some(exit_of(&ends, playbook));
    Ok(walked)
}

fn simulate(
    step: &Step,
    case: &TestCase,
    scope: &Value,
    walked: &mut Walked,
) -> Result<StepState, (String, Option<(usize, usize)>)> {
    let id = step.id.value();
    let without = |error| {
        let help = "say what the step before it hands on, under `outputs:`";
        format!("step `{id}`: {error}; {help}")
    };
    if let Some(when) = &step.when
        && !expression::holds(when, scope).map_err(|error| (without(error), when.span()))?
    {
        return Ok(StepState::Skipped);
    }
    let with = expression::interpolate(&step.input(), scope).map_err(|error| (without(error), None))?;
    walked.with.insert(id.clone(), with);
    if step.approve.is_some() {
        walked.asked.insert(id.clone());
    }
    match case.given.get(id) {
        Some(state) => StepState::named(state)
            .ok_or_else(|| (format!("`{}` is no state of a step", **state), state.span())),
        None if step.manual.is_some() => Ok(StepState::Open),
        None => Ok(StepState::Succeeded),
    }
}

fn note(step: &Step, state: StepState, case: &TestCase, scope: &mut Value, walked: &mut Walked) {
    let id = step.id.value().clone();
    let outputs = case.outputs.get(&id).cloned().unwrap_or_else(|| json!({}));
    if let Some(steps) = scope.get_mut("steps").and_then(Value::as_object_mut) {
        steps.insert(
            id.clone(),
            json!({"state": state.name(), "outputs": outputs, "ok": state == StepState::Succeeded}),
        );
    }
    walked.states.insert(id, state);
}

/// The exit code of a real step that ends like this; a violated one is taken for an open path.
fn failure(state: StepState) -> Option<Exit> {
    match state {
        StepState::Failed => Some(Exit::Failed),
        StepState::Refused => Some(Exit::Refused),
        StepState::Violated => Some(Exit::NotContained),
        _ => None,
    }
}

fn compare(case: &TestCase, walked: &Walked, found: &mut Vec<Diagnostic>) {
    for (id, wanted) in &case.expect {
        let state = walked.states.get(id).map_or("nothing", |state| state.name());
        if state != wanted.as_str() {
            found.push(fails(case, format!("`{id}` is {state}, not {}", **wanted), wanted.span()));
        }
    }
    for (id, wanted) in &case.with {
        let Some(with) = walked.with.get(id) else {
            found.push(fails(case, format!("`{id}` is not started"), wanted.span()));
            continue;
        };
        for (name, value) in wanted.as_object().into_iter().flatten() {
            let is = with.get(name).unwrap_or(&Value::Null);
            if is != value {
                found.push(fails(case, format!("`{id}` is given {name}: {is}, not {value}"), wanted.span()));
            }
        }
    }
    for (earlier, later) in case.order.iter().zip(case.order.iter().skip(1)) {
        if !walked.before.get(later.as_str()).is_some_and(|ended| ended.contains(earlier.as_str())) {
            let why = format!("`{}` starts before `{}` has ended", **later, **earlier);
            found.push(fails(case, why, later.span()));
        }
    }
    if let Some(asks) = &case.asks {
        let wanted: BTreeSet<String> = asks.iter().map(|id| id.value().clone()).collect();
        if wanted != walked.asked {
            let asked: Vec<&str> = walked.asked.iter().map(String::as_str).collect();
            let at = asks.first().and_then(Sp::span);
            found.push(fails(case, format!("the steps that ask are: {}", asked.join(", ")), at));
        }
    }
    if let (Some(wanted), Some(exit)) = (&case.exit, walked.exit)
        && exit.code() != **wanted
    {
        found.push(fails(case, format!("the exit code is {}, not {}", exit.code(), **wanted), wanted.span()));
    }
}
