//! The verdict beside the flow simulator: what lives is exactly what the verdict calls open.

use bbsec_aws::{Isolate, IsolateInput, Isolation, State};
use bbsec_core::Action;
use serde_json::{Value, json};

use crate::support::{Lab, World};

/// One connection of every kind on every interface, as the simulator wants them.
const FLOWS: &str = "
ec2 = client('ec2')
node = facts['nodes']['node1']
if UNTRACKED:
    everything = [{'IpProtocol': '-1', 'IpRanges': [{'CidrIp': '0.0.0.0/0'}]}]
    if not IPV4_ONLY:
        everything[0]['Ipv6Ranges'] = [{'CidrIpv6': '::/0'}]
    for g in ('node', 'cluster'):
        ec2.authorize_security_group_ingress(GroupId=facts['groups'][g], IpPermissions=everything)
flows = []
def flow(via, eni, ipv6, direction, port, peer, **more):
    flows.append(dict(id='%s %s %s %s' % (via, eni, 'ipv6' if ipv6 else 'ipv4', direction), via=via, interface=eni, ipv6=ipv6,
                      direction=direction, protocol='tcp', port=port, peer=peer, **more))
for number, eni in enumerate(node['interfaces']):
    for ipv6 in (False,) if IPV4_ONLY else (False, True):
        near, out = ('2001:db8::9', '2001:db8::7') if ipv6 else ('10.20.1.99', '198.51.100.7')
        flow('same-subnet', eni, ipv6, 'out', 5432, near)
        flow('same-vpc', eni, ipv6, 'out', 5432, near, far=[facts['subnets']['peer']])
        if PUBLIC:
            if ipv6 or number == 0:
                flow('internet-gateway', eni, ipv6, 'out', 443, out)
        elif ipv6:
            flow('egress-only-internet-gateway', eni, ipv6, 'out', 443, out)
        else:
            flow('nat-gateway', eni, ipv6, 'out', 443, out, far=[facts['nat_subnet']])
far = [facts['subnets']['public'], facts['subnets']['public_b']]
flow('network-load-balancer', node['interfaces'][0], False, 'in', 7999, '203.0.113.5', far=far,
     target_group=facts['target_groups']['network'])
post('flows', flows)
out = get('flows')
";

fn case(interfaces: u32, dual: bool, public: bool, untracked: bool, cut_tracked: bool) {
    let name = format!(
        "{interfaces} interfaces, dual {dual}, public {public}, untracked {untracked}, cut_tracked {cut_tracked}"
    );
    let count = interfaces.to_string();
    let mut seed = vec!["--interfaces", &count];
    if !dual {
        seed.push("--ipv4-only");
    }
    if public {
        seed.push("--public");
    }
    let Some(lab) = Lab::start(&seed) else { return };
    let word = |b: bool| if b { "True" } else { "False" };
    let begun = lab.boto(&format!(
        "UNTRACKED, IPV4_ONLY, PUBLIC = {}, {}, {}\n{FLOWS}",
        word(untracked),
        word(!dual),
        word(public)
    ));
    assert!(begun.as_array().unwrap().iter().all(|f| f["alive"] == true), "{name}: {begun}");
    let mut world = World::new();
    let input = IsolateInput { instance: vec![lab.id("/node1")], cut_tracked, ..IsolateInput::default() };
    let isolation = Isolate(lab.aws()).apply(&input, &mut world.context()).unwrap();
    assert!(isolation.instances[0].problems.is_empty(), "{name}: {:?}", isolation.instances[0].problems);
    let flows = lab.boto("out = get('flows')");
    for flow in flows.as_array().unwrap() {
        let open = |connections: &str| says_open(&isolation, flow, connections);
        assert_eq!(flow["alive"], json!(open("established")), "{name}: {flow}");
        assert_eq!(flow["new"], json!(open("new")), "{name}: {flow}");
    }
    let left: Vec<&Value> = flows.as_array().unwrap().iter().filter(|f| f["alive"] == true).collect();
    let uncut = left.iter().all(|f| f["via"] == "egress-only-internet-gateway");
    assert!(!cut_tracked || uncut, "{name}: {left:?}");
    assert_eq!(
        isolation.established,
        left.is_empty() && isolation.instances[0].paths.iter().all(|p| p.state != State::Open)
    );
}

fn says_open(isolation: &Isolation, flow: &Value, connections: &str) -> bool {
    let family = if flow["ipv6"] == true { "ipv6" } else { "ipv4" };
    let paths: Vec<_> = isolation.instances[0]
        .paths
        .iter()
        .filter(|p| {
            flow["via"] == p.via.as_str()
                && flow["interface"] == p.interface.as_str()
                && p.family == family
                && p.connections == connections
        })
        .collect();
    assert_eq!(paths.len(), 1, "the verdict names {} once", flow["id"]);
    paths[0].state == State::Open
}

#[test]
fn a_nat_gateway_in_the_nodes_own_subnet_is_out_of_reach_of_every_acl_and_is_called_open() {
    for cut_tracked in [false, true] {
        let Some(lab) = Lab::start(&["--interfaces", "1", "--ipv4-only", "--near-nat"]) else { return };
        lab.boto(&format!("UNTRACKED, IPV4_ONLY, PUBLIC = False, True, False\n{FLOWS}"));
        let input = IsolateInput { instance: vec![lab.id("/node1")], cut_tracked, ..IsolateInput::default() };
        let isolation = Isolate(lab.aws()).apply(&input, &mut World::new().context()).unwrap();
        let flows = lab.boto("out = get('flows')");
        for flow in flows.as_array().unwrap() {
            assert_eq!(flow["alive"], json!(says_open(&isolation, flow, "established")), "{flow}");
        }
        let nat = flows.as_array().unwrap().iter().find(|f| f["via"] == "nat-gateway").unwrap();
        assert_eq!(nat["alive"], true, "cut_tracked {cut_tracked}");
        assert!(!isolation.established);
    }
}

macro_rules! matrix {
    ($($name:ident: $interfaces:expr, $dual:expr, $public:expr;)*) => { $(
        #[test]
        fn $name() {
            for untracked in [false, true] {
                for cut_tracked in [false, true] {
                    case($interfaces, $dual, $public, untracked, cut_tracked);
                }
            }
        }
    )* };
}

matrix! {
    one_interface_ipv4_private: 1, false, false;
    one_interface_ipv4_public: 1, false, true;
    one_interface_dual_private: 1, true, false;
    one_interface_dual_public: 1, true, true;
    two_interfaces_ipv4_private: 2, false, false;
    two_interfaces_ipv4_public: 2, false, true;
    two_interfaces_dual_private: 2, true, false;
    two_interfaces_dual_public: 2, true, true;
    fifteen_interfaces_ipv4_private: 15, false, false;
    fifteen_interfaces_ipv4_public: 15, false, true;
    fifteen_interfaces_dual_private: 15, true, false;
    fifteen_interfaces_dual_public: 15, true, true;
}
