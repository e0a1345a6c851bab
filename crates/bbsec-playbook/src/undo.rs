//! Taking a run back: in reverse order, from the state journalled before, itself journalled.

use bbsec_case::{Case, Journal};
use bbsec_core::{
    CaseStore, Change, ChangeLog as _, ChangeResult, Context, DynAction, Exit, Failure, Progress, Undo,
    Verdict,
};
use serde_json::{Value, json};

use crate::{Capability, Registry, state};

/// One step that was taken back, or could not be.
#[derive(Debug, Clone)]
pub struct UndoneStep {
    /// The step.
    pub id: String,
    /// What the world says afterwards.
    pub verdict: Verdict,
}

/// One step that can be taken back.
#[derive(Debug, Clone)]
pub struct UndoableStep {
    /// The step.
    pub id: String,
    /// What it used.
    pub uses: String,
    /// What it changed, oldest first.
    pub changes: Vec<Change>,
}

/// What [`undo`] would take back, in its order: last step first.
pub fn undoable(
    case: &Case,
    registry: &Registry,
    run: &str,
    only: Option<&str>,
) -> Result<Vec<UndoableStep>, Failure> {
    let story = state::story(case, run)?;
    if let Some(only) = only
        && !story.steps.contains_key(only)
    {
        let known: Vec<&str> = story.order.iter().map(String::as_str).collect();
        return Err(Failure::new(Exit::Usage, format!("run `{run}` has no step `{only}`"))
            .help(crate::nearest::suggest(only, &known)));
    }
    let mut steps = Vec::new();
    for id in story.order.iter().rev().filter(|id| only.is_none_or(|only| only == id.as_str())) {
        let Some(told) = story.steps.get(id).filter(|told| !told.undone) else { continue };
        let Some(Capability::Action(action)) = registry.get(&told.uses) else { continue };
        let past = case.journal().change_log(run, id)?.past()?;
        let done = past.into_iter().filter(|(_, _, result)| !matches!(result, Some(ChangeResult::Already)));
        let changes: Vec<Change> = done.map(|(_, change, _)| change).collect();
        match action.meta().undo {
            Undo::NotNeeded => continue,
            Undo::Impossible(_) if changes.is_empty() => continue,
            Undo::Impossible(why) => {
                return Err(Failure::new(Exit::Failed, format!("step `{id}` cannot be undone: {why}"))
                    .help("undo the other steps one by one with --step"));
            }
            Undo::FromJournal => {}
        }
        steps.push(UndoableStep { id: id.clone(), uses: told.uses.clone(), changes });
    }
    if steps.is_empty() {
        return Err(Failure::new(
            Exit::Nothing,
            format!("run `{run}` changed nothing that is still in place"),
        ));
    }
    Ok(steps)
}

/// Undoes a run's steps, or one of them.
pub fn undo(
    case: &mut Case,
    registry: &Registry,
    run: &str,
    only: Option<&str>,
    progress: &dyn Progress,
) -> Result<Vec<UndoneStep>, Failure> {
    let steps = undoable(case, registry, run, only)?;
    let story = state::story(case, run)?;
    let journal = case.journal();
    let mut undone = Vec::new();
    for step in steps {
        let Some(Capability::Action(action)) = registry.get(&step.uses) else { continue };
        let with = story.steps.get(&step.id).map(|told| told.with.clone()).unwrap_or_default();
        let done = undo_step(&journal, case, action.as_ref(), run, &step.id, &with, progress)?;
        if let Some(verdict) = done {
            undone.push(UndoneStep { id: step.id, verdict });
        }
    }
    Ok(undone)
}

/// Undoes one step, journalled before and after. `None` when the action has nothing to take back.
pub(crate) fn undo_step(
    journal: &Journal,
    case: &mut dyn CaseStore,
    action: &dyn DynAction,
    run: &str,
    step: &str,
    with: &Value,
    progress: &dyn Progress,
) -> Result<Option<Verdict>, Failure> {
    match action.meta().undo {
        Undo::NotNeeded => return Ok(None),
        Undo::Impossible(why) => {
            return Err(Failure::new(Exit::Failed, format!("step `{step}` cannot be undone: {why}")));
        }
        Undo::FromJournal => {}
    }
    let uses = action.meta().id;
    let verdict = take_back(journal, case, uses, run, step, progress, |context| {
        let verdict = action.undo(with, context)?;
        Ok(TakenBack { whole: verdict.holds, verdict })
    })?;
    Ok(Some(verdict))
}

/// What came of taking a step back.
#[derive(Debug, Clone)]
pub struct TakenBack {
    /// What the world says.
    pub verdict: Verdict,
    /// Whether nothing of the step is left to take back.
    pub whole: bool,
}

/// Takes one step back in a way of the caller's own, journalled like any other.
pub fn take_back(
    journal: &Journal,
    case: &mut dyn CaseStore,
    uses: &str,
    run: &str,
    step: &str,
    progress: &dyn Progress,
    act: impl FnOnce(&mut Context<'_>) -> Result<TakenBack, Failure>,
) -> Result<Verdict, Failure> {
    let note = |kind: &str, body| {
        journal
            .append(kind, Some(run), Some(step), body)
            .map_err(|error| Failure::because("the journal cannot be written", error))
    };
    note("undo-started", json!({"uses": uses}))?;
    let mut gaps = Vec::new();
    let mut changes = journal.change_log(run, step)?;
    let mut context = Context { case, changes: &mut changes, progress, gaps: &mut gaps, run, step };
    let TakenBack { verdict, whole } = match act(&mut context) {
        Ok(taken) => taken,
        Err(failure) => {
            note("undo-ended", json!({"holds": false, "error": failure.message}))?;
            return Err(failure);
        }
    };
    note(
        "undo-ended",
        json!({"holds": verdict.holds, "checked": verdict.checked, "violated": verdict.violated}),
    )?;
    if whole {
        note("step-undone", json!({}))?;
    }
    Ok(verdict)
}
