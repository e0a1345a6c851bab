//! The words that all rooms share, and the traits through which they meet.
//!
//! Nothing here touches a disk, a network or a clock other than to read the time of day. A type that more than one
//! crate needs stands here; a type that one crate needs stands there.

pub mod action;
pub mod analysis;
pub mod change;
pub mod escape;
pub mod event;
pub mod evidence;
pub mod exit;
pub mod failure;
pub mod finding;
pub mod gap;
pub mod hex;
pub mod indicator;
pub mod place;
pub mod progress;
pub mod scope;
pub mod secret;
pub mod sink;
pub mod time;
pub mod touch;

pub use action::{
    Action, ActionMeta, Context, DynAction, Effect, Idempotency, Observed, Phase, Plan, Undo, Verdict,
};
pub use analysis::{Analysis, AnalysisMeta, DynAnalysis};
pub use change::{Change, ChangeLog, ChangeResult};
pub use event::{Event, Verb};
pub use evidence::{CaseStore, EvidenceItem, Provenance};
pub use exit::Exit;
pub use failure::Failure;
pub use finding::{Confidence, Finding, Severity, Subject};
pub use gap::Gap;
pub use indicator::{Indicator, IndicatorKind};
pub use place::Place;
pub use progress::{Progress, Silent, Task, Unit};
pub use scope::{Footprint, Scope};
pub use secret::{ExposedSecret, Fingerprint, Fingerprinter, ObjectRef, Reach, SecretBytes};
pub use sink::{Collected, QuarantinedLine, Sink};
pub use time::Time;
pub use touch::{Actor, Target, TargetKind, Touch};
