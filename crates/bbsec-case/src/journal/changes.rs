//! The changes of one step, in the journal: intent before, outcome after, and notes beside them.

use bbsec_core::{Change, ChangeLog, ChangeResult, Failure};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Entry, Journal};
use crate::CaseError;

/// Journal lines of one step, as [`ChangeLog`] has them. The number of an intent is the number of its line.
#[derive(Debug)]
pub struct JournalChanges {
    journal: Journal,
    run: String,
    step: String,
    past: Vec<(u64, Change, Option<ChangeResult>)>,
    notes: Vec<(String, Value)>,
}

#[derive(Serialize, Deserialize)]
struct Outcome {
    intent: u64,
    #[serde(flatten)]
    result: ChangeResult,
}

#[derive(Serialize, Deserialize)]
struct Note {
    name: String,
    note: Value,
}

impl JournalChanges {
    pub(super) fn new(journal: Journal, run: &str, step: &str) -> Result<Self, CaseError> {
        let mut log =
            Self { run: run.into(), step: step.into(), past: Vec::new(), notes: Vec::new(), journal };
        for entry in log.journal.entries()? {
            if entry.run.as_deref() == Some(run) && entry.step.as_deref() == Some(step) {
                log.remember(entry)?;
            }
        }
        Ok(log)
    }

    fn remember(&mut self, entry: Entry) -> Result<(), CaseError> {
        let json = |source| CaseError::Json { what: "a change in the journal", source };
        match entry.kind.as_str() {
            "intent" => {
                self.past.push((entry.seq, serde_json::from_value(entry.body).map_err(json)?, None));
            }
            "outcome" => {
                let outcome: Outcome = serde_json::from_value(entry.body).map_err(json)?;
                self.settle(outcome.intent, outcome.result);
            }
            "note" => {
                let note: Note = serde_json::from_value(entry.body).map_err(json)?;
                self.notes.push((note.name, note.note));
            }
            _ => {}
        }
        Ok(())
    }

    fn settle(&mut self, id: u64, result: ChangeResult) {
        if let Some(change) = self.past.iter_mut().find(|(seq, ..)| *seq == id) {
            change.2 = Some(result);
        }
    }

    fn append(&self, kind: &'static str, body: &impl Serialize) -> Result<Entry, CaseError> {
        let body = serde_json::to_value(body).map_err(|source| CaseError::Json { what: kind, source })?;
        self.journal.append(kind, Some(&self.run), Some(&self.step), body)
    }
}

impl ChangeLog for JournalChanges {
    fn intent(&mut self, change: &Change) -> Result<u64, Failure> {
        let seq = self.append("intent", change)?.seq;
        self.past.push((seq, change.clone(), None));
        Ok(seq)
    }

    fn outcome(&mut self, id: u64, result: &ChangeResult) -> Result<(), Failure> {
        self.append("outcome", &Outcome { intent: id, result: result.clone() })?;
        self.settle(id, result.clone());
        Ok(())
    }

    fn past(&self) -> Result<Vec<(u64, Change, Option<ChangeResult>)>, Failure> {
        Ok(self.past.clone())
    }

    fn note(&mut self, kind: &str, body: Value) -> Result<(), Failure> {
        self.append("note", &Note { name: kind.into(), note: body.clone() })?;
        self.notes.push((kind.into(), body));
        Ok(())
    }

    fn last_note(&self, kind: &str) -> Result<Option<Value>, Failure> {
        Ok(self.notes.iter().rev().find(|(name, _)| name == kind).map(|(_, body)| body.clone()))
    }
}
