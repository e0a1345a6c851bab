//! Denies that `--cut-tracked` added to network ACLs.

use bbsec_core::ChangeResult;
use serde_json::Value;

use super::{
    Past,
    step::{Step, states},
};
use crate::{
    facts::{AclEntry, NodeFacts},
    isolate::acl,
};

pub(super) fn steps(before: &NodeFacts, now: &NodeFacts, past: &Past) -> Vec<Step> {
    let ours = acl::addresses(before);
    let mut steps: Vec<Step> = Vec::new();
    for (_, change, result) in past.iter().filter(|(_, c, _)| c.operation == "ec2:CreateNetworkAclEntry") {
        let entry = change.after.get("entry").cloned().unwrap_or_default();
        let Ok(entry) = serde_json::from_value::<AclEntry>(entry) else { continue };
        if !ours.contains(&entry.cidr) {
            continue;
        }
        let Some(acl) = now.acls.iter().find(|a| a.id == change.subject) else { continue };
        let current = acl.entries.iter().find(|e| e.number == entry.number && e.egress == entry.egress);
        // A number that somebody else took before us was never ours.
        if !matches!(result, Some(ChangeResult::Done { .. })) && current != Some(&entry) {
            continue;
        }
        let direction = if entry.egress { "outbound" } else { "inbound" };
        let name = format!("{} {direction} rule {}", acl.id, entry.number);
        if steps.iter().any(|s| s.name == name) {
            continue;
        }
        let (id, gone) = (acl.id.clone(), entry.clone());
        steps.push(Step::new(
            "ec2:DeleteNetworkAclEntry",
            &acl.id,
            name,
            "entry",
            states(current, &entry, Value::Null),
            move |aws| acl::set(aws, &id, &gone, false),
        ));
    }
    steps
}
