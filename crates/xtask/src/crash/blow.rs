//! Where and how the program is hit.

use std::{collections::BTreeSet, fmt};

use serde_json::{Value, json};

use super::Undisturbed;

/// What goes wrong with one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// Too many calls; nothing is done.
    Throttle,
    /// The connection is dropped; nothing is done.
    Reset,
    /// No answer for longer than the program waits; then it is carried out.
    Stall,
    /// Carried out, and the answer is lost.
    Lost,
}

impl Fault {
    /// Every one.
    pub const ALL: [Self; 4] = [Self::Throttle, Self::Reset, Self::Stall, Self::Lost];

    const fn name(self) -> &'static str {
        match self {
            Self::Throttle => "throttle",
            Self::Reset => "reset",
            Self::Stall => "stall",
            Self::Lost => "lost",
        }
    }
}

/// One way to cut the program short.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Blow {
    /// SIGKILL once the n-th journal line (from 1, of this process) is on the disk.
    AfterLine {
        /// Which line.
        line: usize,
        /// Its kind, as the undisturbed run wrote it.
        what: String,
    },
    /// SIGKILL when the n-th call (from 1) has arrived, before anything is done.
    BeforeCall {
        /// Which call.
        call: usize,
        /// `ec2.CreateSnapshots`.
        what: String,
    },
    /// SIGKILL when the n-th call was carried out, before it is answered.
    AfterCall {
        /// Which call.
        call: usize,
        /// `ec2.CreateSnapshots`.
        what: String,
    },
    /// The n-th call (from 1) meets a fault; nobody is killed.
    Call {
        /// Which call.
        call: usize,
        /// `ec2.CreateSnapshots`.
        what: String,
        /// What happens to it.
        fault: Fault,
    },
}

impl Blow {
    /// The rule for the lab, if the lab deals it. `pid_file` will hold the process id of the program.
    pub(super) fn rule(&self, pid_file: &str) -> Option<Value> {
        let rule = |call: usize, kind: &str| json!([{ "match": ".*", "after": call - 1, "times": 1, "kind": kind, "pid_file": pid_file, "secs": 4 }]);
        match self {
            Self::AfterLine { .. } => None,
            Self::BeforeCall { call, .. } => Some(rule(*call, "kill")),
            Self::AfterCall { call, .. } => Some(rule(*call, "kill-after")),
            Self::Call { call, fault, .. } => Some(rule(*call, fault.name())),
        }
    }

    /// Whether the program dies of it.
    pub fn kills(&self) -> bool {
        !matches!(self, Self::Call { .. })
    }

    /// In one word, for the table.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::AfterLine { .. } => "SIGKILL after the journal line",
            Self::BeforeCall { .. } => "SIGKILL before the call",
            Self::AfterCall { .. } => "SIGKILL after the call, before its answer",
            Self::Call { fault: Fault::Throttle, .. } => "throttled",
            Self::Call { fault: Fault::Reset, .. } => "connection reset",
            Self::Call { fault: Fault::Stall, .. } => "no answer in time, done later",
            Self::Call { fault: Fault::Lost, .. } => "done, answer lost",
        }
    }

    /// What was being done.
    pub fn what(&self) -> &str {
        match self {
            Self::AfterLine { what, .. }
            | Self::BeforeCall { what, .. }
            | Self::AfterCall { what, .. }
            | Self::Call { what, .. } => what,
        }
    }

    /// Which line or call.
    pub fn number(&self) -> usize {
        match self {
            Self::AfterLine { line, .. } => *line,
            Self::BeforeCall { call, .. } | Self::AfterCall { call, .. } | Self::Call { call, .. } => *call,
        }
    }
}

impl fmt::Display for Blow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} ({})", self.kind(), self.number(), self.what())
    }
}

/// Whether a call only reads.
fn reads(call: &str) -> bool {
    let operation = call.rsplit('.').next().unwrap_or(call);
    ["Describe", "Get", "List", "Head", "Lookup"].iter().any(|verb| operation.starts_with(verb))
}

/// Every place of an undisturbed run: SIGKILL after each journal line, before and after each call that changes something
/// and before each first call that reads; the four faults for each changing call and each first reading one.
pub fn places(undisturbed: &Undisturbed) -> Vec<Blow> {
    let mut all: Vec<Blow> = (1..)
        .zip(&undisturbed.lines)
        .map(|(line, what)| Blow::AfterLine { line, what: what.clone() })
        .collect();
    let mut met: BTreeSet<&str> = BTreeSet::new();
    for (call, what) in (1..).zip(&undisturbed.calls) {
        let first = met.insert(what);
        if reads(what) && !first {
            continue;
        }
        let what = what.clone();
        all.push(Blow::BeforeCall { call, what: what.clone() });
        if !reads(&what) {
            all.push(Blow::AfterCall { call, what: what.clone() });
        }
        all.extend(Fault::ALL.map(|fault| Blow::Call { call, what: what.clone(), fault }));
    }
    all
}
