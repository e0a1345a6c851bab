//! Which ways lead to and from an instance: from its routes, the devices of its VPC, and its load balancers.

use std::collections::BTreeSet;

use crate::facts::{Device, Interface, NodeFacts, Route};

/// One way, before anything is said about whether it is cut.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Way {
    pub(crate) via: &'static str,
    pub(crate) through: String,
    pub(crate) interface: String,
    pub(crate) subnet: String,
    pub(crate) ipv6: bool,
    pub(crate) direction: &'static str,
    /// AWS tracks connections on it whatever the rules say, so a change of groups does not end them.
    pub(crate) always_tracked: bool,
    /// Subnets that its packets pass through on the far side, where a network ACL sees the instance's address.
    pub(crate) far: Vec<String>,
    /// The target group, for load balancers.
    pub(crate) group: Option<String>,
}

/// Every way of an instance.
pub(crate) fn ways(facts: &NodeFacts) -> Vec<Way> {
    let mut all = Vec::new();
    for interface in &facts.interfaces {
        for ipv6 in [false, true] {
            let has = if ipv6 { !interface.ipv6.is_empty() } else { !interface.ipv4.is_empty() };
            if !has {
                continue;
            }
            let base = Way {
                interface: interface.id.clone(),
                subnet: interface.subnet.clone(),
                ipv6,
                direction: "both",
                ..Way::default()
            };
            all.push(Way { via: "same-subnet", through: interface.subnet.clone(), ..base.clone() });
            all.push(Way { via: "same-vpc", through: facts.vpc.clone(), ..base.clone() });
            routed(facts, interface, &base, &mut all);
            endpoints(facts, &base, &mut all);
        }
    }
    balanced(facts, &mut all);
    all
}

fn routed(facts: &NodeFacts, interface: &Interface, base: &Way, all: &mut Vec<Way>) {
    let mut seen = BTreeSet::new();
    for route in facts.routes.iter().filter(|r| r.subnet == interface.subnet && r.state != "blackhole") {
        let prefix_list = route.destination.starts_with("pl-");
        let is_v6 = route.destination.contains(':');
        // NAT64: an IPv6 route to a NAT gateway carries IPv6 packets too.
        if (!prefix_list && is_v6 != base.ipv6) || !seen.insert(route.target.clone()) {
            continue;
        }
        if let Some(way) = by_target(facts, interface, base, route) {
            all.push(way);
        }
    }
}

fn by_target(facts: &NodeFacts, interface: &Interface, base: &Way, route: &Route) -> Option<Way> {
    let device = facts.devices.iter().find(|d| d.id == route.target);
    let far = device.map(|d| d.subnets.clone()).unwrap_or_default();
    let kind = route.target.split('-').next().unwrap_or_default();
    let (via, direction, always_tracked) = match kind {
        "local" => return None,
        "igw" => {
            // Without a public address nothing passes an internet gateway.
            if !base.ipv6 && interface.public.is_empty() {
                return None;
            }
            ("internet-gateway", "both", false)
        }
        "nat" => ("nat-gateway", "out", true),
        "eigw" => ("egress-only-internet-gateway", "out", true),
        "tgw" => ("transit-gateway", "both", true),
        "pcx" => ("vpc-peering", "both", false),
        "vgw" => ("virtual-private-gateway", "both", false),
        "vpce" => match device {
            Some(Device { kind, .. }) if kind == "gateway-lb-endpoint" => {
                ("gateway-lb-endpoint", "both", true)
            }
            Some(Device { service: Some(service), .. }) => {
                ("gateway-endpoint", "out", service.to_lowercase().ends_with(".dynamodb"))
            }
            _ => ("gateway-endpoint", "out", true),
        },
        "eni" => ("network-appliance", "both", false),
        _ => ("other-gateway", "both", true),
    };
    Some(Way { via, through: route.target.clone(), direction, always_tracked, far, ..base.clone() })
}

fn endpoints(facts: &NodeFacts, base: &Way, all: &mut Vec<Way>) {
    for device in facts.devices.iter().filter(|d| d.kind == "interface-endpoint") {
        all.push(Way {
            via: "interface-endpoint",
            through: device.id.clone(),
            direction: "out",
            always_tracked: true,
            far: device.subnets.clone(),
            ..base.clone()
        });
    }
}

fn balanced(facts: &NodeFacts, all: &mut Vec<Way>) {
    for target in &facts.targets {
        // An instance target is reached on its first interface; an address target on the one that holds the address.
        let holder = facts
            .interfaces
            .iter()
            .find(|i| i.ipv4.contains(&target.id) || i.ipv6.contains(&target.id))
            .or_else(|| facts.interfaces.first());
        let Some(interface) = holder else { continue };
        let name = target.group.rsplit('/').nth(1).unwrap_or(&target.group).to_owned();
        let (via, always_tracked) = match target.kind.as_str() {
            "application" => ("application-load-balancer", false),
            "gateway" => ("gateway-load-balancer", true),
            _ => ("network-load-balancer", true),
        };
        all.push(Way {
            via,
            through: name,
            interface: interface.id.clone(),
            subnet: interface.subnet.clone(),
            ipv6: target.id.contains(':'),
            direction: "in",
            always_tracked,
            far: target.subnets.clone(),
            group: Some(target.group.clone()),
        });
    }
    for balancer in &facts.classic {
        let Some(interface) = facts.interfaces.first() else { continue };
        all.push(Way {
            via: "classic-load-balancer",
            through: balancer.name.clone(),
            interface: interface.id.clone(),
            subnet: interface.subnet.clone(),
            direction: "in",
            far: balancer.subnets.clone(),
            ..Way::default()
        });
    }
}
