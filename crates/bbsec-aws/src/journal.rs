//! One change to AWS: written down, made, and its outcome written down.

use bbsec_core::{Change, ChangeResult, Context, Failure};
use serde_json::Value;

use crate::error::AwsError;

/// Journals the intent, runs `act`, journals the outcome. The error comes back for the caller to weigh: after the cut
/// has begun, one failed change must not keep the others from being made.
pub(crate) fn change(
    context: &mut Context<'_>,
    change: Change,
    act: impl FnOnce() -> Result<Value, AwsError>,
) -> Result<Result<Value, AwsError>, Failure> {
    let id = context.changes.intent(&change)?;
    let result = act();
    let outcome = match &result {
        Ok(answer) => ChangeResult::Done { answer: answer.clone() },
        Err(error) => ChangeResult::Failed { error: error.chain() },
    };
    context.changes.outcome(id, &outcome)?;
    Ok(result)
}

/// A change with its undo in words.
pub(crate) fn planned(
    operation: &'static str,
    subject: impl Into<String>,
    before: Value,
    after: Value,
    undo: impl Into<Option<String>>,
) -> Change {
    Change { operation: operation.to_owned(), subject: subject.into(), before, after, undo: undo.into() }
}
