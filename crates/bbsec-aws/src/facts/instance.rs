//! The instance itself: description, interfaces, volumes, protections, profile.

use aws_sdk_ec2::types::{Filter, InstanceAttributeName};

use super::{Interface, MetadataOptions, NodeFacts, Reader, Volume};
use crate::{
    client::Aws,
    error::{AwsError, Kind},
};

/// An EC2 filter.
pub(crate) fn filter(name: &str, values: &[&str]) -> Filter {
    Filter::builder().name(name).set_values(Some(values.iter().map(ToString::to_string).collect())).build()
}

/// The interfaces of an instance, as they are now.
pub(crate) fn interfaces(aws: &Aws, instance: &str) -> Result<Vec<Interface>, AwsError> {
    let pages = aws
        .ec2()?
        .describe_network_interfaces()
        .filters(filter("attachment.instance-id", &[instance]))
        .into_paginator()
        .items()
        .send();
    let found = aws.run("ec2:DescribeNetworkInterfaces", instance, pages.collect::<Result<Vec<_>, _>>())?;
    let mut interfaces: Vec<Interface> = found.iter().map(interface).collect();
    interfaces.sort_by(|a, b| (a.device_index, &a.id).cmp(&(b.device_index, &b.id)));
    Ok(interfaces)
}

fn interface(found: &aws_sdk_ec2::types::NetworkInterface) -> Interface {
    let text = |value: Option<&str>| value.unwrap_or_default().to_owned();
    Interface {
        id: text(found.network_interface_id()),
        device_index: found
            .attachment()
            .and_then(aws_sdk_ec2::types::NetworkInterfaceAttachment::device_index)
            .unwrap_or(0),
        subnet: text(found.subnet_id()),
        vpc: text(found.vpc_id()),
        groups: found.groups().iter().filter_map(|g| g.group_id().map(str::to_owned)).collect(),
        ipv4: found
            .private_ip_addresses()
            .iter()
            .filter_map(|a| a.private_ip_address().map(str::to_owned))
            .collect(),
        public: found
            .private_ip_addresses()
            .iter()
            .filter_map(|a| a.association().and_then(|x| x.public_ip()))
            .chain(found.association().and_then(|a| a.public_ip()))
            .map(str::to_owned)
            .collect::<std::collections::BTreeSet<String>>()
            .into_iter()
            .collect(),
        ipv6: found.ipv6_addresses().iter().filter_map(|a| a.ipv6_address().map(str::to_owned)).collect(),
        prefixes: found
            .ipv4_prefixes()
            .iter()
            .filter_map(|p| p.ipv4_prefix())
            .chain(found.ipv6_prefixes().iter().filter_map(|p| p.ipv6_prefix()))
            .map(str::to_owned)
            .collect(),
    }
}

impl Reader<'_> {
    /// Description and interfaces; without these nothing can be done.
    pub(super) fn base(&mut self, id: &str) -> Result<NodeFacts, AwsError> {
        let aws = self.aws;
        let region = aws.region()?;
        let missing = || AwsError::Missing { what: "instance", id: id.to_owned(), region: region.clone() };
        let answer =
            aws.run("ec2:DescribeInstances", id, aws.ec2()?.describe_instances().instance_ids(id).send());
        let answer = match answer {
            Err(error) if error.kind() == Kind::NotFound => return Err(missing()),
            other => other?,
        };
        let found = answer
            .reservations()
            .iter()
            .flat_map(aws_sdk_ec2::types::Reservation::instances)
            .next()
            .ok_or_else(missing)?;
        let state = found.state().and_then(|s| s.name()).map(|n| n.as_str().to_owned()).unwrap_or_default();
        if matches!(state.as_str(), "terminated" | "shutting-down") {
            return Err(AwsError::Gone { id: id.to_owned(), state });
        }
        let account = aws.identity().map(|i| i.account.clone());
        let account = self.soft("the caller's account", account);
        let root = found.root_device_name();
        Ok(NodeFacts {
            instance: id.to_owned(),
            account,
            region,
            state,
            vpc: found.vpc_id().unwrap_or_default().to_owned(),
            zone: found.placement().and_then(|p| p.availability_zone()).unwrap_or_default().to_owned(),
            image: found.image_id().unwrap_or_default().to_owned(),
            instance_type: found.instance_type().map(|t| t.as_str().to_owned()).unwrap_or_default(),
            launched: found.launch_time().map(ToString::to_string),
            profile_arn: found.iam_instance_profile().and_then(|p| p.arn()).map(str::to_owned),
            tags: found
                .tags()
                .iter()
                .filter_map(|t| Some((t.key()?.to_owned(), t.value().unwrap_or_default().to_owned())))
                .collect(),
            metadata_options: found.metadata_options().map(|options| MetadataOptions {
                http_tokens: options.http_tokens().map(|t| t.as_str().to_owned()).unwrap_or_default(),
                http_endpoint: options.http_endpoint().map(|t| t.as_str().to_owned()).unwrap_or_default(),
                http_put_response_hop_limit: options.http_put_response_hop_limit().unwrap_or(0),
                instance_metadata_tags: options
                    .instance_metadata_tags()
                    .map(|t| t.as_str().to_owned())
                    .unwrap_or_default(),
            }),
            volumes: found
                .block_device_mappings()
                .iter()
                .filter_map(|m| {
                    let ebs = m.ebs()?;
                    Some(Volume {
                        id: ebs.volume_id()?.to_owned(),
                        device: m.device_name()?.to_owned(),
                        delete_on_termination: ebs.delete_on_termination().unwrap_or(false),
                        root: m.device_name() == root,
                    })
                })
                .collect(),
            interfaces: interfaces(aws, id)?,
            ..NodeFacts::default()
        })
    }

    /// Protections and shutdown behaviour.
    pub(super) fn attributes(&mut self, facts: &mut NodeFacts) -> Result<(), AwsError> {
        let aws = self.aws;
        let ask = |name: InstanceAttributeName| {
            let call = aws.ec2()?.describe_instance_attribute().instance_id(&facts.instance).attribute(name);
            aws.run("ec2:DescribeInstanceAttribute", &facts.instance, call.send())
        };
        let termination = ask(InstanceAttributeName::DisableApiTermination)?;
        let stop = ask(InstanceAttributeName::DisableApiStop)?;
        let shutdown = ask(InstanceAttributeName::InstanceInitiatedShutdownBehavior)?;
        facts.termination_protection =
            termination.disable_api_termination().and_then(aws_sdk_ec2::types::AttributeBooleanValue::value);
        facts.stop_protection =
            stop.disable_api_stop().and_then(aws_sdk_ec2::types::AttributeBooleanValue::value);
        facts.shutdown_behaviour =
            shutdown.instance_initiated_shutdown_behavior().and_then(|v| v.value()).map(str::to_owned);
        Ok(())
    }

    /// The association with an instance profile.
    pub(super) fn profile_association(&mut self, facts: &mut NodeFacts) -> Result<(), AwsError> {
        let Some((id, profile)) = association(self.aws, &facts.instance)? else { return Ok(()) };
        facts.profile_association = Some(id);
        if let Some(arn) = profile {
            facts.profile_arn = Some(arn);
        }
        Ok(())
    }
}

/// The active association of an instance with a profile, as it is now: its id, and the profile's ARN.
pub(crate) fn association(aws: &Aws, instance: &str) -> Result<Option<(String, Option<String>)>, AwsError> {
    let call =
        aws.ec2()?.describe_iam_instance_profile_associations().filters(filter("instance-id", &[instance]));
    let answer = aws.run("ec2:DescribeIamInstanceProfileAssociations", instance, call.send())?;
    let active = answer
        .iam_instance_profile_associations()
        .iter()
        .find(|a| a.state().is_none_or(|s| matches!(s.as_str(), "associated" | "associating")));
    Ok(active.and_then(|a| {
        let profile = a.iam_instance_profile().and_then(|p| p.arn()).map(str::to_owned);
        Some((a.association_id()?.to_owned(), profile))
    }))
}
