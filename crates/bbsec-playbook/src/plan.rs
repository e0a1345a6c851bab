//! What a run would do: reads only, every change from what to what.

use std::collections::{BTreeMap, BTreeSet};

use bbsec_case::Case;
use bbsec_core::{CaseStore, Context, Exit, Failure, Plan, Progress};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use crate::{Capability, Playbook, Registry, Step, expression, inputs::resolve_inputs, order::order};

/// One step of the plan.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct PlannedStep {
    /// The step.
    pub id: String,
    /// What it uses; `None` for what a person does.
    pub uses: Option<String>,
    /// Steps that must have ended before.
    pub needs: Vec<String>,
    /// What would change, for an action whose input is known already.
    pub plan: Option<Plan>,
    /// The question that a person is asked first.
    pub asks: Option<String>,
    /// IAM permissions that it needs.
    pub permissions: Vec<&'static str>,
    /// Why it would not happen, or why nothing more can be said yet.
    pub note: Option<String>,
    /// Its condition is false: it would be skipped.
    pub skipped: bool,
}

/// The whole plan.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct RunPlan {
    /// `bbsec-ir.plan/v1`.
    pub schema: &'static str,
    /// The playbook.
    pub playbook: String,
    /// The inputs, completed.
    pub inputs: Map<String, Value>,
    /// The steps in the order in which they would start.
    pub steps: Vec<PlannedStep>,
    /// IAM permissions that all of it needs.
    pub permissions: BTreeSet<&'static str>,
    /// Those of them that are known to be missing, with the steps that need them. Only what AWS lets one try without
    /// doing it can be known before.
    pub missing: BTreeMap<String, Vec<String>>,
    /// SHA-256 over inputs and steps.
    pub digest: String,
}

/// Computes the plan. Nothing in the world or in the case is changed.
pub fn plan(
    playbook: &Playbook,
    given: &Map<String, Value>,
    case: &mut Case,
    registry: &Registry,
    progress: &dyn Progress,
) -> Result<RunPlan, Failure> {
    let inputs = resolve_inputs(&playbook.inputs, given)?;
    let meta = json!({"id": case.meta().id, "title": case.meta().title, "root": case.root()});
    let scope = json!({"inputs": inputs, "steps": {}, "run": {"id": "plan"}, "case": meta});
    let order = order(&playbook.steps).map_err(|cycle| {
        Failure::new(Exit::Usage, format!("these steps wait for each other: {}", cycle.join(" → ")))
    })?;
    let mut steps = Vec::new();
    let mut missing: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for step in order.iter().filter_map(|index| playbook.steps.get(*index)) {
        let planned = planned(step, &scope, case, registry, progress)?;
        for permission in planned.plan.iter().flat_map(|plan| &plan.missing) {
            missing.entry(permission.clone()).or_default().push(planned.id.clone());
        }
        steps.push(planned);
    }
    let wanted = steps.iter().filter(|step| !step.skipped).flat_map(|step| &step.permissions);
    Ok(RunPlan {
        schema: "bbsec-ir.plan/v1",
        playbook: playbook.name.value().clone(),
        permissions: wanted.copied().collect(),
        digest: digest(&(&inputs, &steps)),
        inputs,
        steps,
        missing,
    })
}

fn planned(
    step: &Step,
    scope: &Value,
    case: &mut Case,
    registry: &Registry,
    progress: &dyn Progress,
) -> Result<PlannedStep, Failure> {
    let text = |text: &str| expression::text_of(text, scope).unwrap_or_else(|_| text.to_owned());
    let mut planned = PlannedStep {
        id: step.id.value().clone(),
        uses: step.uses.as_ref().map(|uses| uses.value().clone()),
        needs: step.needs.iter().map(|need| need.value().clone()).collect(),
        plan: None,
        asks: step.approve.as_ref().map(|approve| text(&approve.message)),
        permissions: Vec::new(),
        note: step.manual.as_ref().map(|manual| text(&manual.text)),
        skipped: false,
    };
    if let Some(when) = &step.when {
        match expression::holds(when, scope) {
            Ok(true) => {}
            Ok(false) => {
                planned.skipped = true;
                planned.note = Some(format!("skipped: {} is false", when.as_str()));
                return Ok(planned);
            }
            Err(_) => planned.note = Some(format!("if {}, which an earlier step decides", when.as_str())),
        }
    }
    if let Some(Capability::Action(action)) = planned.uses.as_deref().and_then(|id| registry.get(id)) {
        planned.permissions = action.meta().permissions.to_vec();
        match expression::interpolate(&step.input(), scope) {
            Ok(with) => planned.plan = Some(plan_action(action.as_ref(), &with, case, progress, &step.id)?),
            Err(_) => planned.note = Some("its input comes out of an earlier step".into()),
        }
    }
    Ok(planned)
}

/// One action's plan; whatever it would journal is dropped.
pub(crate) fn plan_action(
    action: &dyn bbsec_core::DynAction,
    with: &Value,
    case: &mut dyn CaseStore,
    progress: &dyn Progress,
    step: &str,
) -> Result<Plan, Failure> {
    let mut gaps = Vec::new();
    let mut nowhere = Nowhere;
    let mut context = Context { case, changes: &mut nowhere, progress, gaps: &mut gaps, run: "plan", step };
    action.plan(with, &mut context)
}

/// SHA-256 over a value's JSON.
pub(crate) fn digest(value: &impl Serialize) -> String {
    let bytes = serde_json::to_vec(value).unwrap_or_default();
    bbsec_core::hex::encode(Sha256::digest(bytes))
}

/// A change log for planning: a plan that tries to change something is a mistake in the action.
struct Nowhere;

impl bbsec_core::ChangeLog for Nowhere {
    fn intent(&mut self, change: &bbsec_core::Change) -> Result<u64, Failure> {
        Err(Failure::new(
            Exit::Failed,
            format!("planning tried to change {} with {}", change.subject, change.operation),
        ))
    }
    fn outcome(&mut self, _: u64, _: &bbsec_core::ChangeResult) -> Result<(), Failure> {
        Ok(())
    }
    fn past(&self) -> Result<Vec<(u64, bbsec_core::Change, Option<bbsec_core::ChangeResult>)>, Failure> {
        Ok(Vec::new())
    }
    fn note(&mut self, _: &str, _: Value) -> Result<(), Failure> {
        Ok(())
    }
    fn last_note(&self, _: &str) -> Result<Option<Value>, Failure> {
        Ok(None)
    }
}
