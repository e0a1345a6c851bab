//! The cut itself, in its order. One failed change never keeps the next from being made; each is named at the end.

use std::collections::BTreeMap;

use bbsec_core::{Change, Context, Failure};
use serde_json::{Value, json};

use super::{cidr, groups::Role, input::IsolateInput};
use crate::{
    client::Aws,
    error::{AwsError, Kind},
    facts::{Interface, NodeFacts, instance},
    journal::{self, planned},
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

    fn weigh<T>(&mut self, error: AwsError) -> Result<Option<T>, Failure> {
        if matches!(error.kind(), Kind::Expired | Kind::NoCredentials | Kind::Unreachable) {
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

    /// Every interface: through the open group into the quarantine group.
    fn interfaces(&mut self, facts: &NodeFacts, allow: &[String]) -> Result<(), Failure> {
        let aws = self.aws;
        let id = facts.instance.as_str();
        // Read anew: an interface may have been attached since the facts were taken.
        let now = self.ask(|| instance::interfaces(aws, id))?.unwrap_or_else(|| facts.interfaces.clone());
        let mut by_vpc: BTreeMap<&str, Vec<&Interface>> = BTreeMap::new();
        for interface in &now {
            by_vpc.entry(&interface.vpc).or_default().push(interface);
        }
        for (vpc, interfaces) in by_vpc {
            let Some(quarantine) = self.group(Role::Quarantine, vpc, allow)? else { continue };
            let to_do: Vec<&Interface> =
                interfaces.iter().copied().filter(|i| !self.is_cut(i, &quarantine)).collect();
            if to_do.is_empty() {
                continue;
            }
            let open = self.group(Role::Open, vpc, &[])?;
            for interface in to_do {
                if let Some(open) = &open {
                    self.swap(interface, Role::Open, open)?;
                }
                self.swap(interface, Role::Quarantine, &quarantine)?;
            }
            if let Some(open) = open
                && !self.group_in_use(&open)?
            {
                self.delete_group(&open)?;
            }
        }
        Ok(())
    }

    /// Whether this run has already put the interface into the quarantine group, by way of an open group.
    fn is_cut(&self, interface: &Interface, quarantine: &str) -> bool {
        interface.groups == [quarantine.to_owned()] && super::opened(self.context, &interface.id)
    }

    fn swap(&mut self, interface: &Interface, role: Role, group: &str) -> Result<(), Failure> {
        let aws = self.aws;
        let change = planned(
            "ec2:ModifyNetworkInterfaceAttribute",
            &interface.id,
            json!({ "groups": interface.groups }),
            json!({ "groups": [group], "role": role.name() }),
            Some("put back the groups of the restore point".to_owned()),
        );
        self.change(change, || {
            let call = aws
                .ec2()?
                .modify_network_interface_attribute()
                .network_interface_id(&interface.id)
                .groups(group);
            aws.run("ec2:ModifyNetworkInterfaceAttribute", &interface.id, call.send())?;
            Ok(json!({}))
        })?;
        Ok(())
    }
}
