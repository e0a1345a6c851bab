//! What the instance's subnets lead to: routes, network ACLs, NAT gateways, endpoints, attachments.

use std::collections::BTreeSet;

use super::{Acl, AclEntry, Device, NodeFacts, Reader, Route, instance::filter};
use crate::{client::Aws, error::AwsError};

/// Every network ACL of a VPC, as it is now.
pub(crate) fn acls(aws: &Aws, vpc: &str) -> Result<Vec<Acl>, AwsError> {
    let pages =
        aws.ec2()?.describe_network_acls().filters(filter("vpc-id", &[vpc])).into_paginator().items().send();
    let found = aws.run("ec2:DescribeNetworkAcls", vpc, pages.collect::<Result<Vec<_>, _>>())?;
    let entry = |e: &aws_sdk_ec2::types::NetworkAclEntry| AclEntry {
        number: e.rule_number().unwrap_or(0),
        egress: e.egress().unwrap_or(false),
        allow: e.rule_action().is_some_and(|a| a.as_str() == "allow"),
        protocol: e.protocol().unwrap_or_default().to_owned(),
        cidr: e.cidr_block().or(e.ipv6_cidr_block()).unwrap_or_default().to_owned(),
    };
    Ok(found
        .iter()
        .map(|acl| Acl {
            id: acl.network_acl_id().unwrap_or_default().to_owned(),
            subnets: acl.associations().iter().filter_map(|a| a.subnet_id().map(str::to_owned)).collect(),
            entries: acl.entries().iter().map(entry).collect(),
        })
        .collect())
}

fn target(route: &aws_sdk_ec2::types::Route) -> String {
    let found = route
        .nat_gateway_id()
        .or(route.transit_gateway_id())
        .or(route.egress_only_internet_gateway_id())
        .or(route.vpc_peering_connection_id())
        .or(route.network_interface_id())
        .or(route.carrier_gateway_id())
        .or(route.local_gateway_id())
        .or(route.core_network_arn())
        .or(route.gateway_id());
    found.unwrap_or("unknown").to_owned()
}

impl Reader<'_> {
    /// Routes of the instance's subnets, and the VPC's network ACLs.
    pub(super) fn network(&mut self, facts: &mut NodeFacts) -> Result<(), AwsError> {
        let subnets: BTreeSet<String> = facts.interfaces.iter().map(|i| i.subnet.clone()).collect();
        let pages = self
            .aws
            .ec2()?
            .describe_route_tables()
            .filters(filter("vpc-id", &[&facts.vpc]))
            .into_paginator()
            .items()
            .send();
        let tables =
            self.aws.run("ec2:DescribeRouteTables", &facts.vpc, pages.collect::<Result<Vec<_>, _>>())?;
        for subnet in &subnets {
            let own = tables
                .iter()
                .find(|t| t.associations().iter().any(|a| a.subnet_id() == Some(subnet.as_str())));
            let table = own
                .or_else(|| tables.iter().find(|t| t.associations().iter().any(|a| a.main() == Some(true))));
            for route in table.iter().flat_map(|t| t.routes()) {
                facts.routes.push(Route {
                    table: table.and_then(|t| t.route_table_id()).unwrap_or_default().to_owned(),
                    subnet: subnet.clone(),
                    destination: route
                        .destination_cidr_block()
                        .or(route.destination_ipv6_cidr_block())
                        .or(route.destination_prefix_list_id())
                        .unwrap_or_default()
                        .to_owned(),
                    target: target(route),
                    state: route.state().map(|s| s.as_str().to_owned()).unwrap_or_default(),
                });
            }
        }
        facts.acls = acls(self.aws, &facts.vpc)?;
        Ok(())
    }

    /// NAT gateways, VPC endpoints and transit gateway attachments of the VPC, with the subnets they stand in.
    pub(super) fn devices(&mut self, facts: &mut NodeFacts) -> Result<(), AwsError> {
        let (aws, vpc) = (self.aws, facts.vpc.as_str());
        let ec2 = aws.ec2()?;
        let mut devices = Vec::new();
        let pages =
            ec2.describe_nat_gateways().filter(filter("vpc-id", &[vpc])).into_paginator().items().send();
        for nat in aws.run("ec2:DescribeNatGateways", vpc, pages.collect::<Result<Vec<_>, _>>())? {
            devices.push(Device {
                id: nat.nat_gateway_id().unwrap_or_default().to_owned(),
                kind: "nat-gateway".to_owned(),
                service: None,
                subnets: nat.subnet_id().map(str::to_owned).into_iter().collect(),
            });
        }
        let pages =
            ec2.describe_vpc_endpoints().filters(filter("vpc-id", &[vpc])).into_paginator().items().send();
        for endpoint in aws.run("ec2:DescribeVpcEndpoints", vpc, pages.collect::<Result<Vec<_>, _>>())? {
            let kind = match endpoint.vpc_endpoint_type().map(|t| t.as_str().to_ascii_lowercase()).as_deref()
            {
                Some("interface") => "interface-endpoint",
                Some("gatewayloadbalancer") => "gateway-lb-endpoint",
                _ => "gateway-endpoint",
            };
            devices.push(Device {
                id: endpoint.vpc_endpoint_id().unwrap_or_default().to_owned(),
                kind: kind.to_owned(),
                service: endpoint.service_name().map(str::to_owned),
                subnets: endpoint.subnet_ids().to_vec(),
            });
        }
        let pages = ec2
            .describe_transit_gateway_vpc_attachments()
            .filters(filter("vpc-id", &[vpc]))
            .into_paginator()
            .items()
            .send();
        let found =
            aws.run("ec2:DescribeTransitGatewayVpcAttachments", vpc, pages.collect::<Result<Vec<_>, _>>())?;
        for attachment in found {
            devices.push(Device {
                id: attachment.transit_gateway_id().unwrap_or_default().to_owned(),
                kind: "transit-gateway".to_owned(),
                service: None,
                subnets: attachment.subnet_ids().to_vec(),
            });
        }
        facts.devices = devices;
        Ok(())
    }
}
