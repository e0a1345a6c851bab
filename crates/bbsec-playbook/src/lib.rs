//! Playbooks: a YAML file that says what will happen, checked before anything does, run with every step journalled,
//! resumed after a crash, and taken back in reverse.
//!
//! A single command is a playbook of one step, so that journal, approval, dry run, resume and undo exist once.

mod approve;
mod decode;
mod diagnostic;
mod expression;
mod input_type;
mod inputs;
mod json_schema;
mod nearest;
mod order;
mod period;
mod plan;
mod registry;
mod run;
mod schedule;
mod schema;
mod spanned;
mod state;
mod tasks;
mod testing;
mod undo;
mod validate;
mod yaml;

pub use approve::{APPROVAL_NAMESPACE, Answer, Approval, Approver, Request, signature_files, signed};
pub use diagnostic::{Diagnostic, Level, render};
pub use input_type::{InputType, Scalar};
pub use inputs::resolve_inputs;
pub use json_schema::json_schema;
pub use period::Period;
pub use plan::{PlannedStep, RunPlan, plan};
pub use registry::{Capability, Registry};
pub use run::{
    model::{Mode, Observer, RunReport, RunRequest, StepReport, StepState},
    run,
};
pub use schema::{Approve, Defaults, InputSpec, Manual, OnFailure, Playbook, Retry, SCHEMA, Step, TestCase};
pub use spanned::{Sp, Span};
pub use tasks::{PersonalTask, task, task_done, task_skipped, tasks};
pub use undo::{TakenBack, UndoableStep, UndoneStep, take_back, undo, undoable};
pub use validate::{Checked, check, parse};
