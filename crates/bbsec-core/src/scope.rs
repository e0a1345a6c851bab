//! What a case is about: the window, the suspects, the instances, and which traces are our own.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Indicator, Time};

/// The scope of a case; a command's own flags go before it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Scope {
    /// First moment that matters.
    pub from: Option<Time>,
    /// Last moment that matters.
    pub to: Option<Time>,
    /// Indicators that the responder gave.
    pub suspects: Vec<Indicator>,
    /// EC2 instances of the compromised node or cluster.
    pub instances: Vec<String>,
    /// Time zone by source: `default`, or a log's file-name prefix, to an IANA name or an offset. Logs that print no
    /// zone are read in it.
    pub time_zones: BTreeMap<String, String>,
    /// Who we are, so that our own traces are told from the actor's.
    pub own: Footprint,
}

/// The responder's own traces.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Footprint {
    /// Addresses that the responder works from.
    pub addresses: Vec<String>,
    /// The ARN that the responder's AWS calls are made as.
    pub arns: Vec<String>,
}

impl Scope {
    /// Whether a moment lies in the window; an open end matches everything on that side.
    pub fn contains(&self, time: Time) -> bool {
        self.from.is_none_or(|from| time >= from) && self.to.is_none_or(|to| time <= to)
    }
}
