//! Playbooks: a YAML file that says what will happen, checked before anything does, run step by step with every step
//! journalled, resumed after a crash, and taken back in reverse.
//!
//! A single command is a playbook of one step, so that journal, approval, dry run, resume and undo exist once.

mod approve;
mod diagnostic;
mod execute;
mod expression;
mod inputs;
mod order;
mod parse;
mod plan;
mod registry;
mod schema;
mod spanned;
mod state;
mod undo;
mod validate;

pub use approve::{Answer, Approver, Request};
pub use diagnostic::{Diagnostic, Level, render};
pub use execute::{Mode, Observer, RunReport, RunRequest, StepReport, StepState, run};
pub use inputs::resolve_inputs;
pub use parse::parse;
pub use plan::{PlannedStep, RunPlan, plan};
pub use registry::{Capability, Registry};
pub use schema::{InputSpec, InputType, OnFailure, Playbook, SCHEMA, Step};
pub use spanned::Sp;
pub use undo::{UndoneStep, undo};
pub use validate::validate;
