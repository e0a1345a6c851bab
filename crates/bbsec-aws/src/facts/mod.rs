//! What AWS says about one instance and everything that it can be reached through.

pub(crate) mod balancers;
pub(crate) mod elsewhere;
pub(crate) mod groups;
pub(crate) mod instance;
pub(crate) mod network;
mod peers;
pub(crate) mod scaling;

use std::collections::BTreeMap;

use bbsec_core::Gap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{client::Aws, error::AwsError};

/// Everything about one instance that containment, restoring and the report need.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct NodeFacts {
    /// Instance id.
    pub instance: String,
    /// Account of the caller.
    pub account: String,
    /// Region.
    pub region: String,
    /// `running`, `stopped`, …
    pub state: String,
    /// VPC id.
    pub vpc: String,
    /// Availability zone.
    pub zone: String,
    /// AMI.
    pub image: String,
    /// Instance type.
    pub instance_type: String,
    /// When it was launched, as AWS writes it.
    pub launched: Option<String>,
    /// Instance profile ARN.
    pub profile_arn: Option<String>,
    /// Id of the association with the profile.
    pub profile_association: Option<String>,
    /// Tags.
    pub tags: BTreeMap<String, String>,
    /// How its metadata service answers.
    pub metadata_options: Option<MetadataOptions>,
    /// Interfaces, by device index.
    pub interfaces: Vec<Interface>,
    /// The security groups of its interfaces, with their rules.
    pub security_groups: Vec<SecurityGroup>,
    /// EBS volumes.
    pub volumes: Vec<Volume>,
    /// `DisableApiTermination`.
    pub termination_protection: Option<bool>,
    /// `DisableApiStop`.
    pub stop_protection: Option<bool>,
    /// `InstanceInitiatedShutdownBehavior`.
    pub shutdown_behaviour: Option<String>,
    /// Registrations with ALB, NLB and gateway load balancers.
    pub targets: Vec<Target>,
    /// Classic load balancers that it is registered with.
    pub classic: Vec<Classic>,
    /// Its scaling group.
    pub scaling: Option<Scaling>,
    /// Routes that apply to its subnets.
    pub routes: Vec<Route>,
    /// Where NAT gateways, endpoints and transit gateway attachments have their interfaces.
    pub devices: Vec<Device>,
    /// Every network ACL of the VPC.
    pub acls: Vec<Acl>,
    /// Other instances of the same cluster.
    pub peers: Vec<Peer>,
}

/// How the instance metadata service answers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct MetadataOptions {
    /// `required` (IMDSv2 only) or `optional`.
    pub http_tokens: String,
    /// `enabled` or `disabled`.
    pub http_endpoint: String,
    /// How many hops an answer may travel.
    pub http_put_response_hop_limit: i32,
    /// `enabled` where instance tags can be read through it.
    pub instance_metadata_tags: String,
}

/// A security group, under the names that the EC2 API has for its parts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct SecurityGroup {
    /// `sg-…`.
    pub group_id: String,
    /// Its name, which anybody may choose.
    pub group_name: String,
    /// Tags.
    pub tags: BTreeMap<String, String>,
    /// Inbound rules, one per peer.
    pub ip_permissions: Vec<Permission>,
    /// Outbound rules, one per peer.
    pub ip_permissions_egress: Vec<Permission>,
}

/// One rule and one peer of a security group.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Permission {
    /// `tcp`, or `-1` for all.
    pub ip_protocol: String,
    /// First port; absent for all.
    pub from_port: Option<i32>,
    /// Last port.
    pub to_port: Option<i32>,
    /// IPv4 range.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cidr_ip: Option<String>,
    /// IPv6 range.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cidr_ipv6: Option<String>,
    /// Prefix list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prefix_list_id: Option<String>,
    /// Another group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_group_id: Option<String>,
}

/// A network interface.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Interface {
    /// `eni-…`.
    pub id: String,
    /// Position.
    pub device_index: i32,
    /// Its subnet.
    pub subnet: String,
    /// Its VPC.
    pub vpc: String,
    /// Security groups, in AWS's order.
    pub groups: Vec<String>,
    /// Private IPv4 addresses.
    pub ipv4: Vec<String>,
    /// Public IPv4 addresses.
    pub public: Vec<String>,
    /// IPv6 addresses.
    pub ipv6: Vec<String>,
    /// Delegated IPv4 and IPv6 prefixes.
    pub prefixes: Vec<String>,
}

/// An EBS volume.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Volume {
    /// `vol-…`.
    pub id: String,
    /// `/dev/sda1`.
    pub device: String,
    /// Whether it dies with the instance.
    pub delete_on_termination: bool,
    /// Whether it is the root volume.
    pub root: bool,
}

/// A registration in a target group.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Target {
    /// Target group ARN.
    pub group: String,
    /// `application`, `network` or `gateway`, by its load balancer or protocol.
    pub kind: String,
    /// The registered id: an instance id or an address.
    pub id: String,
    /// Port.
    pub port: Option<i32>,
    /// Zone, for address targets.
    pub zone: Option<String>,
    /// `healthy`, `draining`, …
    pub state: String,
    /// Load balancer ARNs.
    pub balancers: Vec<String>,
    /// Subnets of these load balancers.
    pub subnets: Vec<String>,
}

/// A registration with a classic load balancer.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Classic {
    /// Its name.
    pub name: String,
    /// Its subnets.
    pub subnets: Vec<String>,
}

/// Membership in a scaling group.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Scaling {
    /// Name of the group.
    pub group: String,
    /// `InService`, `Standby`, …
    pub lifecycle: String,
    /// Suspended processes.
    pub suspended: Vec<String>,
    /// Minimum size.
    pub min: i32,
    /// Desired capacity.
    pub desired: i32,
    /// Target group ARNs that the group registers its instances with.
    pub target_groups: Vec<String>,
}

/// A route of one of the instance's subnets.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Route {
    /// Route table.
    pub table: String,
    /// The instance's subnet.
    pub subnet: String,
    /// CIDR or prefix list.
    pub destination: String,
    /// Id of what it leads to.
    pub target: String,
    /// `active` or `blackhole`.
    pub state: String,
}

/// Something in the VPC with interfaces of its own.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Device {
    /// `nat-…`, `vpce-…`, `tgw-…`.
    pub id: String,
    /// `nat-gateway`, `interface-endpoint`, `gateway-endpoint`, `gateway-lb-endpoint`, `transit-gateway`.
    pub kind: String,
    /// What it serves: an endpoint's service name.
    pub service: Option<String>,
    /// Subnets of its interfaces.
    pub subnets: Vec<String>,
}

/// A network ACL.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Acl {
    /// `acl-…`.
    pub id: String,
    /// Subnets that it guards.
    pub subnets: Vec<String>,
    /// Its entries.
    pub entries: Vec<AclEntry>,
}

/// An entry of a network ACL.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct AclEntry {
    /// Rule number.
    pub number: i32,
    /// True for outbound.
    pub egress: bool,
    /// True for allow.
    pub allow: bool,
    /// `-1` for all.
    pub protocol: String,
    /// The IPv4 or IPv6 range: the source of an inbound rule, the destination of an outbound one.
    pub cidr: String,
}

/// Another instance of the same cluster.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Peer {
    /// Instance id.
    pub instance: String,
    /// `Name` tag.
    pub name: Option<String>,
    /// How it is known to belong to the cluster.
    pub why: Vec<String>,
}

/// Reads the world and keeps count of what it could not read.
pub(crate) struct Reader<'a> {
    pub(crate) aws: &'a Aws,
    pub(crate) gaps: Vec<Gap>,
}

impl NodeFacts {
    /// Whether it was terminated: nothing of it can be put back.
    pub(crate) fn is_gone(&self) -> bool {
        self.state == "terminated"
    }
}

impl<'a> Reader<'a> {
    pub(crate) fn new(aws: &'a Aws) -> Self {
        Self { aws, gaps: Vec::new() }
    }

    /// What is wanted but not needed: a failure becomes a gap.
    pub(crate) fn soft<T: Default>(&mut self, what: &str, result: Result<T, AwsError>) -> T {
        match result {
            Ok(value) => value,
            Err(error) => {
                self.gaps.push(Gap::unread("AWS facts", what, error.chain(), 1));
                T::default()
            }
        }
    }

    /// The instance with its volumes and interfaces only.
    pub(crate) fn volumes_only(&mut self, instance: &str) -> Result<NodeFacts, AwsError> {
        self.base(instance)
    }

    /// What is left of an instance that AWS no longer has: its VPC's ACLs and its scaling group.
    pub(crate) fn gone(&mut self, before: &NodeFacts) -> NodeFacts {
        let acls = network::acls(self.aws, &before.vpc);
        let scaling = before.scaling.as_ref().map(|s| scaling::group(self.aws, &s.group)).transpose();
        NodeFacts {
            instance: before.instance.clone(),
            vpc: before.vpc.clone(),
            state: "terminated".to_owned(),
            acls: self.soft("network ACLs", acls),
            scaling: self.soft("scaling group", scaling),
            ..NodeFacts::default()
        }
    }

    /// Everything about one instance. Only the instance and its interfaces are needed; the rest may be missing.
    pub(crate) fn node(&mut self, instance: &str) -> Result<NodeFacts, AwsError> {
        let mut facts = self.base(instance)?;
        let attributes = self.attributes(&mut facts);
        self.soft("instance attributes", attributes);
        let profile = self.profile_association(&mut facts);
        self.soft("instance profile association", profile);
        let groups = groups::security_groups(self.aws, &facts);
        facts.security_groups = self.soft("security groups", groups);
        let network = self.network(&mut facts);
        self.soft("routes and network ACLs", network);
        let devices = self.devices(&mut facts);
        self.soft("NAT gateways, endpoints and attachments", devices);
        let targets = self.targets(&mut facts);
        self.soft("target groups", targets);
        let classic = self.classic(&mut facts);
        self.soft("classic load balancers", classic);
        let scaling = self.scaling(&facts.instance);
        facts.scaling = self.soft("scaling group", scaling);
        let peers = self.peers(&facts);
        facts.peers = self.soft("peers of the cluster", peers);
        Ok(facts)
    }
}
