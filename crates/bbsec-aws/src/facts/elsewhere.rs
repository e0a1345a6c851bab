//! Where an instance is that is not where it was looked for.

use aws_sdk_ec2::config::Region;

use crate::{
    client::Aws,
    error::{AwsError, Kind},
    tape,
};

/// The region of the same account that has the instance. Only those that are enabled are asked.
pub(crate) fn region_of(aws: &Aws, instance: &str) -> Result<Option<String>, AwsError> {
    let here = aws.region()?;
    let regions = aws.run("ec2:DescribeRegions", "the account", aws.ec2()?.describe_regions().send())?;
    for region in regions.regions().iter().filter_map(|r| r.region_name()).filter(|r| *r != here) {
        let config = aws_sdk_ec2::config::Builder::from(aws.config()?)
            .region(Region::new(region.to_owned()))
            .interceptor(tape::Tap)
            .build();
        let client = aws_sdk_ec2::Client::from_conf(config);
        let call = client.describe_instances().instance_ids(instance);
        match aws.run("ec2:DescribeInstances", instance, call.send()) {
            Ok(found) if found.reservations().iter().any(|r| !r.instances().is_empty()) => {
                return Ok(Some(region.to_owned()));
            }
            Ok(_) => {}
            Err(error) if error.kind() == Kind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(None)
}
