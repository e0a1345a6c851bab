"""A flow simulator: which connections live on, by AWS's tracking rules. The product never asks it; tests compare with it.

A flow: {"id", "interface", "ipv6": bool, "via", "direction": "in" | "out" (who opened it), "protocol", "port",
"peer": address of the other side, "far": [subnets on the far side], "target_group": ARN for load balancers}.

The rules, each with the sentence of AWS's documentation that it follows
(EC2 user guide, "Amazon EC2 security group connection tracking"; VPC user guide, "Network ACL basics"):

R1  "When you change a security group rule, its tracked connections are not immediately interrupted. The security group
    continues to allow packets until existing connections time out."
R2  "An untracked flow of traffic is immediately interrupted if the rule that enables the flow is removed or modified."
R3  "If a security group rule permits TCP or UDP flows for all traffic (0.0.0.0/0 or ::/0) and there is a corresponding
    rule in the other direction that permits all response traffic [...] for all ports (0-65535), then that flow of traffic
    is not tracked, unless it is part of an automatically tracked connection."
R4  Automatically tracked, whatever the rules: egress-only internet gateways, Gateway Load Balancers, Global Accelerator,
    NAT gateways, Network Firewall, Network Load Balancers, PrivateLink, Lambda, transit gateway attachments, DynamoDB
    gateway endpoints ("Automatically tracked connections").
R5  "Adding a network ACL that blocks traffic in either direction breaks existing connections." An inbound entry names the
    source, an outbound entry the destination; traffic within a subnet crosses none.
R6  With `deregistration_delay.connection_termination.enabled` a Network Load Balancer "closes established connections
    immediately" at the end of the deregistration delay.
R7  That a tracked flow loses its tracking once rules of the form of R3 apply to it is how AWS's own runbook
    AWSSupport-ContainEC2Instance works (all-access group first, containment group second); no sentence promises it.
"""

import ipaddress

from moto.ec2.models import ec2_backends
from moto.elbv2.models import elbv2_backends

ALWAYS_TRACKED = {
    "nat-gateway", "egress-only-internet-gateway", "network-load-balancer", "gateway-load-balancer",
    "interface-endpoint", "transit-gateway",
}
FLOWS = []


def backends(table):
    for regions in list(table.values()):
        yield from list(regions.values())


def interface_of(flow):
    for backend in backends(ec2_backends):
        eni = backend.enis.get(flow["interface"])
        if eni is not None:
            return backend, eni
    return None, None


def address_of(eni, flow):
    return eni.ipv6_addresses[0] if flow["ipv6"] else eni.private_ip_address


def ranges(rule):
    return [rule.ip_range.get("CidrIp"), rule.ip_range.get("CidrIpv6")]


def matches(rule, flow, peer_groups=()):
    """Whether one rule lets the flow's packets through."""
    if rule.ip_protocol not in ("-1", flow["protocol"]):
        return False
    if rule.ip_protocol != "-1" and not rule.from_port <= flow["port"] <= rule.to_port:
        return False
    if rule.source_group:
        return rule.source_group.get("GroupId") in peer_groups
    peer = ipaddress.ip_address(flow["peer"])
    return any(r and peer in ipaddress.ip_network(r, strict=False) for r in ranges(rule))


def rules(eni, inbound):
    return [r for g in eni.group_set for r in (g.ingress_rules if inbound else g.egress_rules)]


def permitted(eni, flow):
    """Whether a new connection like this one passes the interface's groups."""
    return any(matches(r, flow, flow.get("peer_groups", ())) for r in rules(eni, flow["direction"] == "in"))


def everything(rule, ipv6):
    return ("::/0" if ipv6 else "0.0.0.0/0") in ranges(rule)


def untracked_by_rules(eni, flow):
    """R3."""
    inbound = flow["direction"] == "in"
    opens = any(everything(r, flow["ipv6"]) and matches(r, flow) for r in rules(eni, inbound))
    answers = any(
        everything(r, flow["ipv6"]) and (r.ip_protocol == "-1" or (r.from_port, r.to_port) == (0, 65535))
        for r in rules(eni, not inbound)
    )
    return opens and answers


def acl_of(backend, subnet):
    for acl in backend.network_acls.values():
        if any(a.subnet_id == subnet for a in acl.associations):
            return acl
    return None


def acl_blocks(backend, subnet, egress, address):
    """R5: the first entry by number that matches decides."""
    acl = acl_of(backend, subnet)
    if acl is None:
        return False
    for entry in sorted(acl.network_acl_entries, key=lambda e: int(e.rule_number)):
        if (str(entry.egress).lower() == "true") != egress:
            continue
        cidr = entry.ipv6_cidr_block or entry.cidr_block
        if cidr and ipaddress.ip_address(address) in ipaddress.ip_network(cidr, strict=False):
            return entry.rule_action == "deny"
    return False


def blocked_by_acl(backend, eni, flow):
    """Whether an ACL on the way drops the packets of either direction."""
    own = eni.subnet.id
    if flow["via"] == "same-subnet":
        return False
    address, peer = address_of(eni, flow), flow["peer"]
    if own not in flow["far"] and (acl_blocks(backend, own, True, peer) or acl_blocks(backend, own, False, peer)):
        return True
    return any(
        acl_blocks(backend, subnet, False, address) or acl_blocks(backend, subnet, True, address)
        for subnet in flow["far"]
        if subnet != own
    )


def registration(flow, eni):
    """(registered, closing on deregistration) for load balancer flows."""
    for backend in backends(elbv2_backends):
        group = backend.target_groups.get(flow.get("target_group"))
        if group is not None:
            attributes = group.attributes
            closing = (
                attributes.get("deregistration_delay.connection_termination.enabled") == "true"
                and attributes.get("deregistration_delay.timeout_seconds") == "0"
            )
            ids = {t.get("id") or t.get("Id") for t in group.targets.values()}
            return bool(ids & {eni.instance.id, eni.private_ip_address}), closing
    return True, False


def step():
    """Looks at every living flow after something changed."""
    for flow in FLOWS:
        backend, eni = interface_of(flow)
        if eni is None or not flow["alive"]:
            continue
        if blocked_by_acl(backend, eni, flow):
            flow.update(alive=False, why="R5")
            continue
        if flow.get("target_group"):
            registered, closing = registration(flow, eni)
            if not registered and closing and flow["via"] == "network-load-balancer":
                flow.update(alive=False, why="R6")
                continue
        if flow["via"] in ALWAYS_TRACKED:
            flow["why"] = "R4, R1"
            continue
        if untracked_by_rules(eni, flow):
            flow.update(tracked=False, why="R3, R7")
        elif flow["tracked"]:
            flow["why"] = "R1"
        elif permitted(eni, flow):
            flow.update(tracked=True, why="R1")
        else:
            flow.update(alive=False, why="R2")


def begin(flows):
    """Starts with these connections, all of them established under the rules of now."""
    FLOWS.clear()
    for flow in flows:
        backend, eni = interface_of(flow)
        flow.setdefault("far", [])
        flow["tracked"] = flow["via"] in ALWAYS_TRACKED or not untracked_by_rules(eni, flow)
        flow["alive"] = permitted(eni, flow) and not blocked_by_acl(backend, eni, flow)
        flow["why"] = "begun" if flow["alive"] else "never permitted"
        FLOWS.append(flow)
    return report()


def report():
    """Every flow: whether it lives, is tracked, and whether a new one like it could begin."""
    out = []
    for flow in FLOWS:
        backend, eni = interface_of(flow)
        can_begin = permitted(eni, flow) and not blocked_by_acl(backend, eni, flow)
        if flow.get("target_group"):
            can_begin = can_begin and registration(flow, eni)[0]
        out.append({**flow, "new": can_begin})
    return out
