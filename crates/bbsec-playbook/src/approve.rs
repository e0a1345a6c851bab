//! Asking a person. How (terminal, signed file) is the binary's.

use bbsec_core::Plan;

/// What a person is asked.
#[derive(Debug, Clone)]
pub struct Request<'a> {
    /// The step.
    pub step: &'a str,
    /// The question.
    pub message: &'a str,
    /// What would change, when the step is an action.
    pub plan: Option<&'a Plan>,
    /// SHA-256 over the plan: the answer is bound to it.
    pub digest: &'a str,
}

/// What the person said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Yes; who, and how it is known.
    Yes {
        /// Who.
        by: String,
    },
    /// No, or nobody could be asked; why.
    No {
        /// Why.
        why: String,
    },
}

/// Asks.
pub trait Approver {
    /// Asks a person and returns what they said.
    fn ask(&self, request: &Request<'_>) -> Answer;
}
