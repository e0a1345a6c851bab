//! The scaling group of the instance.

use super::{Reader, Scaling};
use crate::{client::Aws, error::AwsError};

/// Membership in a scaling group, as it is now.
pub(crate) fn scaling(aws: &Aws, instance: &str) -> Result<Option<Scaling>, AwsError> {
    let client = aws.autoscaling()?;
    let answer = aws.run(
        "autoscaling:DescribeAutoScalingInstances",
        instance,
        client.describe_auto_scaling_instances().instance_ids(instance).send(),
    )?;
    let Some(member) = answer.auto_scaling_instances().first() else { return Ok(None) };
    let Some(name) = member.auto_scaling_group_name() else { return Ok(None) };
    let mut found = group(aws, name)?;
    member.lifecycle_state().unwrap_or_default().clone_into(&mut found.lifecycle);
    Ok(Some(found))
}

/// A scaling group by its name, as it is now.
pub(crate) fn group(aws: &Aws, name: &str) -> Result<Scaling, AwsError> {
    let groups = aws.run(
        "autoscaling:DescribeAutoScalingGroups",
        name,
        aws.autoscaling()?.describe_auto_scaling_groups().auto_scaling_group_names(name).send(),
    )?;
    let group = groups.auto_scaling_groups().first();
    Ok(Scaling {
        group: name.to_owned(),
        lifecycle: String::new(),
        suspended: group
            .map(|g| {
                g.suspended_processes().iter().filter_map(|p| p.process_name().map(str::to_owned)).collect()
            })
            .unwrap_or_default(),
        min: group.and_then(aws_sdk_autoscaling::types::AutoScalingGroup::min_size).unwrap_or(0),
        desired: group.and_then(aws_sdk_autoscaling::types::AutoScalingGroup::desired_capacity).unwrap_or(0),
        target_groups: group.map(|g| g.target_group_arns().to_vec()).unwrap_or_default(),
    })
}

impl Reader<'_> {
    pub(super) fn scaling(&mut self, instance: &str) -> Result<Option<Scaling>, AwsError> {
        scaling(self.aws, instance)
    }
}
