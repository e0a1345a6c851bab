//! The verdict: what was wanted, what AWS's configuration says now, and what follows for every way in and out.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    acl, cidr,
    groups::{self, Rule},
    input::IsolateInput,
    model::{Limit, NodeVerdict, Path, Setting, State},
    protect::{protective, settings},
    ways::{Way, ways},
};
use crate::facts::{Acl, Interface, NodeFacts};

/// What was read back after the cut. `None` says that it could not be read.
#[derive(Debug, Clone, Default)]
pub(crate) struct ReadBack {
    pub(crate) interfaces: Option<Vec<Interface>>,
    pub(crate) rules: BTreeMap<String, Vec<Rule>>,
    /// The instance's facts anew: targets, classic load balancers, scaling group, attributes.
    pub(crate) now: NodeFacts,
    pub(crate) acls: Option<Vec<Acl>>,
    /// Target groups on which deregistration closes connections.
    pub(crate) closing: BTreeSet<String>,
    /// Interfaces that this run took through an open group, by its journal.
    pub(crate) opened: BTreeSet<String>,
    /// Roles of the profile, and whether a policy denies everything to their older sessions.
    pub(crate) revoked: BTreeMap<String, bool>,
    /// What could not be read.
    pub(crate) unread: Vec<String>,
}

/// Whether one interface's groups let nothing through that is not allowed, and in words why.
fn sealed(read: &ReadBack, interface: &str, allow: &[String]) -> (bool, String) {
    let Some(found) = read.interfaces.as_ref().and_then(|all| all.iter().find(|i| i.id == interface)) else {
        return (false, "the interface could not be read back".to_owned());
    };
    let [group] = found.groups.as_slice() else {
        return (false, format!("it has the groups {}", found.groups.join(", ")));
    };
    match read.rules.get(group) {
        None => (false, format!("the rules of {group} could not be read")),
        Some(rules) if groups::quarantines(rules, allow) => {
            let left = if rules.is_empty() {
                "no rule".to_owned()
            } else {
                format!("{} allowed ranges", rules.len())
            };
            (true, format!("its only group {group} has {left}"))
        }
        Some(rules) => (false, format!("its group {group} has {} rules", rules.len())),
    }
}

/// Whether network ACLs on the far side drop what comes from and goes to the interface.
fn denied_far(read: &ReadBack, way: &Way, facts: &NodeFacts) -> Result<String, String> {
    let acls = read.acls.as_ref().ok_or("the network ACLs could not be read")?;
    if way.far.is_empty() {
        return Err("its packets pass no subnet but the instance's own".to_owned());
    }
    if way.far.contains(&way.subnet) {
        return Err("it has an interface in the instance's own subnet, where no ACL is crossed".to_owned());
    }
    let interface =
        facts.interfaces.iter().find(|i| i.id == way.interface).ok_or("the interface is unknown")?;
    let addresses = if way.ipv6 { &interface.ipv6 } else { &interface.ipv4 };
    let ranges: Vec<&String> =
        addresses.iter().chain(interface.prefixes.iter().filter(|p| p.contains(':') == way.ipv6)).collect();
    for subnet in &way.far {
        let Some(acl) = acls.iter().find(|a| a.subnets.contains(subnet)) else {
            return Err(format!("the network ACL of {subnet} is unknown"));
        };
        for range in &ranges {
            if !acl::denies(acl, false, range) && !acl::denies(acl, true, range) {
                return Err(format!("{} of {subnet} lets {range} pass", acl.id));
            }
        }
    }
    Ok(format!("network ACLs of {} deny its addresses", way.far.join(", ")))
}

fn still_registered(read: &ReadBack, way: &Way) -> Option<String> {
    if let Some(group) = &way.group {
        let target = read
            .now
            .targets
            .iter()
            .find(|t| t.group == *group && t.state != "draining" && t.state != "unused")?;
        return Some(format!("it is still registered as {} ({})", target.id, target.state));
    }
    (way.via == "classic-load-balancer" && read.now.classic.iter().any(|c| c.name == way.through))
        .then(|| "it is still registered".to_owned())
}

fn row(way: &Way, connections: &str, state: State, why: String, read_back: &str) -> Path {
    Path {
        via: way.via.to_owned(),
        through: way.through.clone(),
        interface: way.interface.clone(),
        family: if way.ipv6 { "ipv6" } else { "ipv4" }.to_owned(),
        direction: way.direction.to_owned(),
        connections: connections.to_owned(),
        state,
        why,
        read_back: read_back.to_owned(),
    }
}

const READ_GROUPS: &str = "ec2:DescribeNetworkInterfaces and ec2:DescribeSecurityGroupRules";
const READ_BALANCERS: &str =
    "elasticloadbalancing:DescribeTargetHealth, and the interface's groups and rules";

fn new_connections(read: &ReadBack, way: &Way, allow: &[String]) -> Path {
    let (is_sealed, why) = sealed(read, &way.interface, allow);
    let balanced = way.via.ends_with("load-balancer");
    let read_back = if balanced { READ_BALANCERS } else { READ_GROUPS };
    match still_registered(read, way) {
        Some(registered) if !is_sealed => {
            row(way, "new", State::Open, format!("{registered}, and {why}"), read_back)
        }
        _ if is_sealed => row(way, "new", State::Cut, why, read_back),
        _ => row(way, "new", State::Open, why, read_back),
    }
}

fn established(read: &ReadBack, way: &Way, facts: &NodeFacts, allow: &[String]) -> Path {
    let (is_sealed, why) = sealed(read, &way.interface, allow);
    if !is_sealed {
        return row(way, "established", State::Open, why, READ_GROUPS);
    }
    if !way.always_tracked {
        return if read.opened.contains(&way.interface) {
            let why =
                "the interface went through an open group, which ends tracking, into the quarantine group";
            row(
                way,
                "established",
                State::Cut,
                why.to_owned(),
                "the journal of the two changes, and the groups read back",
            )
        } else {
            let why = "the interface was not taken through an open group by this run, so tracked connections may live on";
            row(way, "established", State::Open, why.to_owned(), "the journal")
        };
    }
    if let Some(group) = &way.group
        && read.closing.contains(group)
        && still_registered(read, way).is_none()
        && way.via == "network-load-balancer"
    {
        let why = "the target is deregistered, and the target group closes connections on deregistration";
        let how = "elasticloadbalancing:DescribeTargetGroupAttributes and DescribeTargetHealth";
        return row(way, "established", State::Cut, why.to_owned(), how);
    }
    match denied_far(read, way, facts) {
        Ok(why) => row(way, "established", State::Cut, why, "ec2:DescribeNetworkAcls"),
        Err(why) => {
            let why = format!("AWS tracks connections on this path whatever the rules are, and {why}");
            row(
                way,
                "established",
                State::Open,
                why,
                "ec2:DescribeRouteTables, DescribeNetworkAcls and target groups",
            )
        }
    }
}

/// The verdict on one instance.
pub(crate) fn judge(before: &NodeFacts, read: &ReadBack, input: &IsolateInput) -> NodeVerdict {
    let allow: Vec<String> = input.allow.iter().filter_map(|a| cidr::full(a)).collect();
    let mut facts = before.clone();
    // What came later, or could not be read before, leads somewhere too.
    join(&mut facts.interfaces, read.interfaces.iter().flatten(), |a, b| a.id == b.id);
    join(&mut facts.routes, &read.now.routes, |a, b| a == b);
    join(&mut facts.devices, &read.now.devices, |a, b| a.id == b.id);
    join(&mut facts.targets, &read.now.targets, |a, b| a.group == b.group && a.id == b.id);
    join(&mut facts.classic, &read.now.classic, |a, b| a.name == b.name);
    let mut paths = Vec::new();
    for way in ways(&facts) {
        paths.push(new_connections(read, &way, &allow));
        paths.push(established(read, &way, &facts, &allow));
    }
    for range in &allow {
        for interface in &facts.interfaces {
            paths.push(Path {
                via: "allowed-range".to_owned(),
                through: range.clone(),
                interface: interface.id.clone(),
                family: if range.contains(':') { "ipv6" } else { "ipv4" }.to_owned(),
                direction: "in".to_owned(),
                connections: "new".to_owned(),
                state: State::Allowed,
                why: "the responder asked for it".to_owned(),
                read_back: READ_GROUPS.to_owned(),
            });
        }
    }
    let settings = wanted_settings(before, read, input);
    let established = !paths.is_empty()
        && paths.iter().all(|p| p.state != State::Open)
        && read.interfaces.is_some()
        // What could not be read may hide a path.
        && read.unread.is_empty()
        && settings.iter().all(|s| s.holds || !s.name.starts_with("registration"));
    NodeVerdict {
        instance: before.instance.clone(),
        established,
        paths,
        settings,
        cannot_cut: limits(before, input),
        problems: read.unread.clone(),
        peers: before.peers.clone(),
    }
}

fn join<'a, T: Clone + 'a>(
    all: &mut Vec<T>,
    more: impl IntoIterator<Item = &'a T>,
    same: impl Fn(&T, &T) -> bool,
) {
    for item in more {
        if !all.iter().any(|known| same(known, item)) {
            all.push(item.clone());
        }
    }
}

fn wanted_settings(before: &NodeFacts, read: &ReadBack, input: &IsolateInput) -> Vec<Setting> {
    let mut all = Vec::new();
    let found = settings(&read.now);
    for wanted in settings(before).iter().map(protective) {
        let now = found.iter().find(|s| s.name() == wanted.name());
        all.push(Setting {
            name: wanted.name(),
            wanted: wanted.value().to_string(),
            found: now.map_or_else(|| "unknown".to_owned(), |n| n.value().to_string()),
            holds: now == Some(&wanted),
        });
    }
    for target in &before.targets {
        let now = read.now.targets.iter().find(|t| t.group == target.group && t.id == target.id);
        let state = now.map_or("not registered", |t| t.state.as_str());
        all.push(Setting {
            name: format!("registration in {}", target.group),
            wanted: "not registered".to_owned(),
            found: state.to_owned(),
            holds: matches!(state, "not registered" | "draining" | "unused"),
        });
    }
    for balancer in &before.classic {
        let still = read.now.classic.iter().any(|c| c.name == balancer.name);
        all.push(Setting {
            name: format!("registration with {}", balancer.name),
            wanted: "not registered".to_owned(),
            found: if still { "registered" } else { "not registered" }.to_owned(),
            holds: !still,
        });
    }
    if before.scaling.is_some() {
        let now = read.now.scaling.as_ref();
        let lifecycle = now.map_or("not in a group", |s| s.lifecycle.as_str());
        all.push(Setting {
            name: "scaling group lifecycle".to_owned(),
            wanted: "Standby".to_owned(),
            found: lifecycle.to_owned(),
            holds: now.is_none() || lifecycle.contains("Standby"),
        });
        let suspended = now.is_none_or(|s| s.suspended.iter().any(|p| p == "Terminate"));
        all.push(Setting {
            name: "scaling group termination".to_owned(),
            wanted: "suspended".to_owned(),
            found: if suspended { "suspended" } else { "active" }.to_owned(),
            holds: suspended,
        });
    }
    if input.revoke_role_sessions && before.profile_arn.is_some() {
        let gone = read.now.profile_association.is_none();
        all.push(Setting {
            name: "instance profile".to_owned(),
            wanted: "detached".to_owned(),
            found: if gone { "detached" } else { "attached" }.to_owned(),
            holds: gone,
        });
        all.extend(read.revoked.iter().map(|(role, denied)| Setting {
            name: format!("older sessions of {role}"),
            wanted: "denied everything".to_owned(),
            found: if *denied { "denied everything" } else { "not denied" }.to_owned(),
            holds: *denied,
        }));
    }
    all
}

fn limits(facts: &NodeFacts, input: &IsolateInput) -> Vec<Limit> {
    let limit = |path: &str, why: &str, help: &str| Limit {
        path: path.to_owned(),
        why: why.to_owned(),
        help: help.to_owned(),
    };
    let mut all = vec![
        limit(
            "the VPC's DNS resolver (VPC base address + 2, 169.254.169.253, fd00:ec2::253)",
            "neither security groups nor network ACLs filter it, so data can leave inside DNS queries",
            "Route 53 Resolver DNS Firewall on the VPC, with a rule group that blocks every domain, and query logging",
        ),
        limit(
            "the instance metadata service (169.254.169.254, fd00:ec2::254)",
            "it is answered by the host, below every filter of the VPC; role credentials keep coming",
            "--revoke-role-sessions; or ec2:ModifyInstanceMetadataOptions with the endpoint disabled",
        ),
        limit(
            "the time service (169.254.169.123, fd00:ec2::123)",
            "it is answered by the host, below every filter of the VPC",
            "it carries no traffic of others; nothing is needed",
        ),
        limit(
            "connections that stay tracked with a device in the same subnet",
            "packets between interfaces of one subnet cross no network ACL",
            "isolate or stop the other side, or cut on the host itself",
        ),
    ];
    if facts.profile_arn.is_some() && !input.revoke_role_sessions {
        all.push(limit(
            "credentials that the instance's role has issued already",
            "they work from anywhere until they expire, and the network has no say in it",
            "--revoke-role-sessions, after reading who else uses the role",
        ));
    }
    if facts.state == "running" {
        all.push(limit(
            "the EC2 serial console",
            "it reaches a running instance without its network",
            "deny ec2-instance-connect:SendSerialConsoleSSHPublicKey, or ec2:DisableSerialConsoleAccess for the account",
        ));
    }
    all
}
