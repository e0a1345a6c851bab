//! Every interface through the open group into the quarantine group.

use std::collections::BTreeMap;

use bbsec_core::Failure;
use serde_json::json;

use super::{cut::Cut, groups::Role};
use crate::{
    facts::{Interface, NodeFacts, instance},
    journal::planned,
};

impl Cut<'_, '_> {
    pub(super) fn interfaces(&mut self, facts: &NodeFacts, allow: &[String]) -> Result<(), Failure> {
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
            if !to_do.is_empty() {
                let open = self.group(Role::Open, vpc, &[])?;
                for interface in to_do {
                    self.through(interface, open.as_deref(), &quarantine)?;
                }
            }
            self.drop_open(vpc, facts)?;
        }
        Ok(())
    }

    /// Whether this run has already put the interface into the quarantine group, by way of an open group.
    fn is_cut(&self, interface: &Interface, quarantine: &str) -> bool {
        interface.groups == [quarantine.to_owned()] && super::opened(self.context, &interface.id)
    }

    /// An interface must not be left in the open group: where the quarantine group is refused, it gets back what it had.
    fn through(
        &mut self,
        interface: &Interface,
        open: Option<&str>,
        quarantine: &str,
    ) -> Result<(), Failure> {
        let opened = match open {
            Some(open) => self.swap(interface, &[open.to_owned()], Role::Open)?,
            None => false,
        };
        if self.swap(interface, &[quarantine.to_owned()], Role::Quarantine)? || !opened {
            return Ok(());
        }
        self.problem(format!("{} could not be quarantined and gets its groups back", interface.id));
        self.swap(interface, &interface.groups, Role::Before)?;
        Ok(())
    }

    /// Whether the interface has the groups now, as far as AWS's answer says.
    fn swap(&mut self, interface: &Interface, groups: &[String], role: Role) -> Result<bool, Failure> {
        let aws = self.aws;
        let change = planned(
            "ec2:ModifyNetworkInterfaceAttribute",
            &interface.id,
            json!({ "groups": interface.groups }),
            json!({ "groups": groups, "role": role.name() }),
            Some("put back the groups of the restore point".to_owned()),
        );
        let made = self.change(change, || {
            let call = aws
                .ec2()?
                .modify_network_interface_attribute()
                .network_interface_id(&interface.id)
                .set_groups(Some(groups.to_vec()));
            aws.run("ec2:ModifyNetworkInterfaceAttribute", &interface.id, call.send())?;
            Ok(json!({}))
        })?;
        Ok(made.is_some())
    }

    /// Deletes the open group once no interface stands in it, also one that a run left that was killed before.
    fn drop_open(&mut self, vpc: &str, facts: &NodeFacts) -> Result<(), Failure> {
        let Some(open) = self.existing(Role::Open, vpc)? else { return Ok(()) };
        // One that an interrupted isolation left an interface in is what releasing this one puts back.
        if facts.interfaces.iter().any(|i| i.groups.contains(&open)) || self.group_in_use(&open)? {
            return Ok(());
        }
        self.delete_group(&open)
    }
}
