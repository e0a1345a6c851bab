//! The cut itself, in its order. One failed change never keeps the next from being made; each is named at the end.

use std::collections::BTreeMap;

use bbsec_core::{Change, ChangeResult, Context, Failure};
use serde_json::Value;

use super::{cidr, input::IsolateInput};
use crate::{
    client::Aws,
    error::{AwsError, Kind},
    facts::NodeFacts,
    journal,
};

/// One isolation being carried out.
pub(super) struct Cut<'a, 'c> {
    pub(super) aws: &'a Aws,
    pub(super) context: &'a mut Context<'c>,
    pub(super) case: String,
    /// What failed, by instance being cut.
    pub(super) problems: BTreeMap<String, Vec<String>>,
    pub(super) node: String,
}

impl<'a, 'c> Cut<'a, 'c> {
    pub(super) fn new(aws: &'a Aws, context: &'a mut Context<'c>) -> Self {
        let case = context.case.id().to_owned();
        Self { aws, context, case, problems: BTreeMap::new(), node: String::new() }
    }

    pub(super) fn problem(&mut self, text: String) {
        self.problems.entry(self.node.clone()).or_default().push(text);
    }

    /// One journalled change. `None` says that it failed, which is noted; lost credentials end the run, because every
    /// other call would fail too and the run can be resumed.
    pub(super) fn change(
        &mut self,
        change: Change,
        act: impl FnOnce() -> Result<Value, AwsError>,
    ) -> Result<Option<Value>, Failure> {
        match journal::change(self.context, change, act)? {
            Ok(answer) => Ok(Some(answer)),
            Err(error) => self.weigh(error),
        }
    }

    /// One question. `None` says that it failed, which is noted.
    pub(super) fn ask<T>(&mut self, ask: impl FnOnce() -> Result<T, AwsError>) -> Result<Option<T>, Failure> {
        match ask() {
            Ok(answer) => Ok(Some(answer)),
            Err(error) => self.weigh(error),
        }
    }

    /// Whether this step made a change already, AWS said yes, and it was not taken back since.
    pub(super) fn was_done(&self, operation: &str, undone_by: &str, subject: &str) -> Result<bool, Failure> {
        let past = self.context.changes.past()?;
        let last = past.iter().rev().find(|(_, c, r)| {
            c.subject == subject
                && (c.operation == undone_by
                    || c.operation == operation && matches!(r, Some(ChangeResult::Done { .. })))
        });
        Ok(last.is_some_and(|(_, c, _)| c.operation == operation))
    }

    fn weigh<T>(&mut self, error: AwsError) -> Result<Option<T>, Failure> {
        // Without EC2 nothing can be cut; without another service the rest can.
        let silent = matches!(error.kind(), Kind::Unreachable | Kind::Timeout);
        let ends = matches!(error.kind(), Kind::Expired | Kind::NoCredentials);
        if ends || silent && error.operation().starts_with("ec2:") {
            return Err(error.into());
        }
        self.problem(error.chain());
        Ok(None)
    }

    /// Cuts one node.
    pub(super) fn node(&mut self, facts: &NodeFacts, input: &IsolateInput) -> Result<(), Failure> {
        self.node.clone_from(&facts.instance);
        // A scaling group replaces what fails its health check, and a node that is cut off fails it: first stop that.
        self.suspend_terminate(facts)?;
        let allow: Vec<String> = input.allow.iter().filter_map(|range| cidr::full(range)).collect();
        self.interfaces(facts, &allow)?;
        self.leave_balancers(facts, input.cut_tracked)?;
        self.standby(facts)?;
        self.protect(facts)?;
        if input.cut_tracked {
            self.deny_addresses(facts)?;
        }
        if input.revoke_role_sessions {
            self.revoke_sessions(facts)?;
        }
        Ok(())
    }
}
