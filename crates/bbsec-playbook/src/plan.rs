//! What a run would do: reads only, every change from what to what.

use bbsec_case::Case;
use bbsec_core::{Context, Exit, Failure, Plan, Progress};
use serde::Serialize;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::{Capability, Playbook, Registry, expression, inputs::resolve_inputs, order::order};

/// One step of the plan.
#[derive(Debug, Clone, Serialize)]
pub struct PlannedStep {
    /// The step.
    pub id: String,
    /// What it uses; `None` for what a person does.
    pub uses: Option<String>,
    /// What would change, for an action whose input is known already.
    pub plan: Option<Plan>,
    /// Whether a person is asked first.
    pub approval: bool,
    /// IAM permissions that it needs.
    pub permissions: Vec<&'static str>,
    /// Why nothing more can be said yet.
    pub note: Option<String>,
}

/// The whole plan.
#[derive(Debug, Clone, Serialize)]
pub struct RunPlan {
    /// `bbsec-ir.plan/v1`.
    pub schema: &'static str,
    /// The playbook.
    pub playbook: String,
    /// The steps in the order in which they would run.
    pub steps: Vec<PlannedStep>,
    /// SHA-256 over the steps.
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
    let scope = json!({"inputs": inputs, "steps": {}, "run": {"id": "plan"}, "case": {"id": case.meta().id}});
    let order = order(&playbook.steps).map_err(|cycle| {
        Failure::new(Exit::Usage, format!("these steps wait for each other: {}", cycle.join(", ")))
    })?;
    let mut steps = Vec::new();
    for step in order.iter().filter_map(|index| playbook.steps.get(*index)) {
        let mut planned = PlannedStep {
            id: step.id.value().clone(),
            uses: step.uses.as_ref().map(|uses| uses.value().clone()),
            plan: None,
            approval: step.approve.is_some(),
            permissions: Vec::new(),
            note: step.manual.as_ref().map(|_| "done by a person".into()),
        };
        if let Some(Capability::Action(action)) = planned.uses.as_deref().and_then(|id| registry.get(id)) {
            planned.permissions = action.meta().permissions.to_vec();
            let with = Value::Object(
                step.with.iter().map(|(name, value)| (name.clone(), value.value().clone())).collect(),
            );
            match expression::interpolate(&with, &scope) {
                Ok(with) => {
                    planned.plan = Some(plan_action(action.as_ref(), &with, case, progress, &step.id)?);
                }
                Err(_) => planned.note = Some("its input comes out of an earlier step".into()),
            }
        }
        steps.push(planned);
    }
    let digest = digest(&steps);
    Ok(RunPlan { schema: "bbsec-ir.plan/v1", playbook: playbook.name.value().clone(), steps, digest })
}

/// One action's plan; whatever it would journal is dropped.
pub(crate) fn plan_action(
    action: &dyn bbsec_core::DynAction,
    with: &Value,
    case: &mut Case,
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
