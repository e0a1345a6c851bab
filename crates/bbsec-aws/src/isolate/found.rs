//! What an instance looked like when it was found: whether somebody isolated it already, or began to.

use bbsec_core::Context;

use crate::facts::{NodeFacts, SecurityGroup};

/// In words, what its groups say about an isolation that is not this one.
pub(super) fn isolated(node: &NodeFacts, context: &Context<'_>) -> Vec<String> {
    let mut said = Vec::new();
    for group in &node.security_groups {
        let Some(role) = group.tags.get("bbsec-ir:role") else { continue };
        let tag = |name: &str| group.tags.get(name).map_or("unknown", String::as_str);
        let (case, run) = (tag("bbsec-ir:case"), tag("bbsec-ir:run"));
        let whose =
            if case == context.case.id() { format!("run {run}") } else { format!("case {case}, run {run}") };
        let state = if role == "open" { "began to isolate" } else { "isolated" };
        said.push(format!(
            "{} was found with the {role} group {} of {whose}, which {state} it; releasing this isolation restores that state",
            node.instance, group.group_id
        ));
    }
    if said.is_empty() && cut_off(node) {
        let names: Vec<&str> = node.security_groups.iter().map(|g| g.group_id.as_str()).collect();
        said.push(format!(
            "{} was found cut off by its groups {} which have no rule: somebody isolated it in another way",
            node.instance,
            names.join(", ")
        ));
    }
    said
}

/// Every group of every interface is without a rule.
fn cut_off(node: &NodeFacts) -> bool {
    let empty = |g: &SecurityGroup| g.ip_permissions.is_empty() && g.ip_permissions_egress.is_empty();
    !node.security_groups.is_empty() && node.security_groups.iter().all(empty)
}
