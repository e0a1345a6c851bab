//! Who touched what, with volumes; and which of it ties to a suspect, hop by hop, each hop with its proof.
//!
//! Events stream through. What is kept grows with the number of actors and of things they touched, not with the
//! number of events; sessions are remembered for a bounded time.

mod agents;
mod builder;
mod counting;
mod fate;
mod fill_in;
mod findings;
mod ident;
mod log_time;
mod made;
mod rows;
mod sessions;
mod suspects;

#[cfg(test)]
mod tests;

use bbsec_core::{Finding, Indicator, Touch};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use builder::AccessBuilder;

/// Everything that the access events say.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Access {
    /// One row per actor and thing; what ties to a suspect and what does not are never in one row.
    pub touches: Vec<Touch>,
    /// Mass clones, archives, requests without a response, gaps and jumps in the logs, indicators that many share.
    pub findings: Vec<Finding>,
    /// The given and inferred indicators, and all that ties to them.
    pub indicators: Vec<TiedIndicator>,
}

/// Where an indicator comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// The responder gave it.
    Given,
    /// A detection named it.
    Detected,
    /// It ties to another one.
    Inferred,
}

/// An indicator of the suspect, and why.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TiedIndicator {
    /// The fact.
    pub indicator: Indicator,
    /// Where it comes from.
    pub origin: Origin,
    /// 1 for what was given, less with every hop and every weak proof.
    pub weight: f32,
    /// Each hop with its proof, from the given indicator to this one.
    pub why: Vec<String>,
}
