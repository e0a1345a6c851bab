//! Sigma rules over events and CloudTrail records. Where the events come from is not known here.
//!
//! The format is Sigma's (SigmaHQ, "Sigma rules specification" 2.0); the engine is the `sigma-rust` crate. Our own rules
//! stand in `rules/`, one file a rule; responders' folders are read unchanged.

mod anchors;
mod builtin;
mod error;
mod fields;
mod load;
mod matcher;
mod rule;

pub use builtin::{builtin, text_of};
pub use error::DetectError;
pub use fields::{audit_fields, web_fields};
pub use load::{Checked, Flat, RuleSet, check};
pub use matcher::WebMatcher;
pub use rule::{LoadedRule, Source};
