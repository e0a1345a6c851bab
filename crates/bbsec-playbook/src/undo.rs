//! Taking a run back: in reverse order, from the state journalled before, itself journalled.

use bbsec_case::Case;
use bbsec_core::{Context, Exit, Failure, Progress, Undo, Verdict};
use serde_json::json;

use crate::{Capability, Registry, state};

/// One step that was taken back, or could not be.
#[derive(Debug, Clone)]
pub struct UndoneStep {
    /// The step.
    pub id: String,
    /// What the world says afterwards.
    pub verdict: Verdict,
}

/// Undoes a run's steps, or one of them.
pub fn undo(
    case: &mut Case,
    registry: &Registry,
    run: &str,
    only: Option<&str>,
    progress: &dyn Progress,
) -> Result<Vec<UndoneStep>, Failure> {
    let story = state::story(case, run)?;
    let mut undone = Vec::new();
    for id in story.order.iter().rev().filter(|id| only.is_none_or(|only| only == id.as_str())) {
        let Some(told) = story.steps.get(id).filter(|told| !told.undone) else { continue };
        let Some(Capability::Action(action)) = registry.get(&told.uses) else { continue };
        match action.meta().undo {
            Undo::NotNeeded => continue,
            Undo::Impossible(why) => {
                return Err(Failure::new(Exit::Failed, format!("step `{id}` cannot be undone: {why}"))
                    .help("undo the other steps one by one with --step"));
            }
            Undo::FromJournal => {}
        }
        let journal = case.journal();
        let note = |kind: &str, body| {
            journal
                .append(kind, Some(run), Some(id), body)
                .map_err(|error| Failure::because("the journal cannot be written", error))
        };
        note("undo-started", json!({"uses": told.uses}))?;
        let mut gaps = Vec::new();
        let mut changes = journal.change_log(run, id)?;
        let mut context = Context { case, changes: &mut changes, progress, gaps: &mut gaps, run, step: id };
        let verdict = action.undo(&told.with, &mut context);
        let verdict = match verdict {
            Ok(verdict) => verdict,
            Err(failure) => {
                note("undo-ended", json!({"holds": false, "error": failure.message}))?;
                return Err(failure);
            }
        };
        note(
            "undo-ended",
            json!({"holds": verdict.holds, "checked": verdict.checked, "violated": verdict.violated}),
        )?;
        if verdict.holds {
            note("step-undone", json!({}))?;
        }
        undone.push(UndoneStep { id: id.clone(), verdict });
    }
    if undone.is_empty() {
        return Err(Failure::new(
            Exit::Nothing,
            format!("run `{run}` changed nothing that is still in place"),
        ));
    }
    Ok(undone)
}
