//! The report of a case: it joins, ranks and renders what the case holds, and computes nothing that a scan could have
//! found. No network, no clock, no disk: the same case gives the same bytes.
//!
//! [`model`] joins a [`CaseData`] into a [`Report`]; [`html`], [`markdown`], [`json`] and [`tables`] render it,
//! [`handover`] writes the texts for those who must be told, [`bundle`] packs what may leave the house, and
//! [`export`] writes the formats that other programs read.

mod bundle;
mod data;
mod error;
pub mod export;
mod handover;
mod knowledge;
mod model;
mod redact;
mod render;
mod rotation;
mod scrub;
mod svg;
mod tables;
mod words;

pub use bundle::bundle;
pub use data::{ActivityBucket, CaseData, ChangeRecord, Dismissal, RestorePoint, RotationState, StepRecord};
pub use error::Error;
pub use handover::{Audience, handover};
pub use model::{
    ActorView, Answers, Candidate, ChangeView, Claim, ClassCount, Containment, Deadline, Done, EvidenceView,
    Field, Figure, Happened, Head, Lane, Mark, Period, Recovery, Report, Rotation, SCHEMA, SetAside, Source,
    StepView, TargetView, Tone, Touched, Unknown, Volume, field_keys, model,
};
pub use redact::Redactor;
pub use render::{html, json, markdown};
pub use rotation::{Class, Exposure, Location, RotationItem, Use, rotation_id};
pub use tables::tables;

/// The ranked list to rotate: one item per credential, every text cleaned of secrets.
pub fn rotation(data: &CaseData) -> Vec<RotationItem> {
    rotation::rotation(&scrub::clean(data))
}

#[cfg(test)]
mod example;
