//! Keeps the instance and its volumes from being destroyed, whoever tries.

use aws_sdk_ec2::types::{
    AttributeBooleanValue, AttributeValue, EbsInstanceBlockDeviceSpecification,
    InstanceBlockDeviceMappingSpecification,
};
use bbsec_core::Failure;
use serde_json::{Value, json};

use super::cut::Cut;
use crate::{client::Aws, error::AwsError, facts::NodeFacts, journal::planned};

/// A setting of an instance that `isolate` changes and `release` puts back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Attribute {
    Termination(bool),
    Stop(bool),
    Shutdown(String),
    DeleteOnTermination { device: String, on: bool },
}

impl Attribute {
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Termination(_) => "termination protection".to_owned(),
            Self::Stop(_) => "stop protection".to_owned(),
            Self::Shutdown(_) => "shutdown behaviour".to_owned(),
            Self::DeleteOnTermination { device, .. } => format!("delete {device} on termination"),
        }
    }

    pub(crate) fn value(&self) -> Value {
        match self {
            Self::Termination(on) | Self::Stop(on) | Self::DeleteOnTermination { on, .. } => json!(on),
            Self::Shutdown(text) => json!(text),
        }
    }

    /// Sends it.
    pub(crate) fn set(&self, aws: &Aws, instance: &str) -> Result<(), AwsError> {
        let call = aws.ec2()?.modify_instance_attribute().instance_id(instance);
        let switch = |on: bool| AttributeBooleanValue::builder().value(on).build();
        let call = match self {
            Self::Termination(on) => call.disable_api_termination(switch(*on)),
            Self::Stop(on) => call.disable_api_stop(switch(*on)),
            Self::Shutdown(text) => {
                call.instance_initiated_shutdown_behavior(AttributeValue::builder().value(text).build())
            }
            Self::DeleteOnTermination { device, on } => call.block_device_mappings(
                InstanceBlockDeviceMappingSpecification::builder()
                    .device_name(device)
                    .ebs(EbsInstanceBlockDeviceSpecification::builder().delete_on_termination(*on).build())
                    .build(),
            ),
        };
        aws.run("ec2:ModifyInstanceAttribute", instance, call.send())?;
        Ok(())
    }
}

/// The settings of an instance, as facts hold them.
pub(crate) fn settings(facts: &NodeFacts) -> Vec<Attribute> {
    let mut all = Vec::new();
    all.extend(facts.termination_protection.map(Attribute::Termination));
    all.extend(facts.stop_protection.map(Attribute::Stop));
    all.extend(facts.shutdown_behaviour.clone().map(Attribute::Shutdown));
    all.extend(
        facts.volumes.iter().map(|v| Attribute::DeleteOnTermination {
            device: v.device.clone(),
            on: v.delete_on_termination,
        }),
    );
    all
}

/// What an isolated instance should have.
pub(crate) fn protective(setting: &Attribute) -> Attribute {
    match setting {
        Attribute::Termination(_) => Attribute::Termination(true),
        Attribute::Stop(_) => Attribute::Stop(true),
        Attribute::Shutdown(_) => Attribute::Shutdown("stop".to_owned()),
        Attribute::DeleteOnTermination { device, .. } => {
            Attribute::DeleteOnTermination { device: device.clone(), on: false }
        }
    }
}

impl Cut<'_, '_> {
    pub(super) fn protect(&mut self, facts: &NodeFacts) -> Result<(), Failure> {
        let aws = self.aws;
        let id = facts.instance.as_str();
        for before in settings(facts) {
            let after = protective(&before);
            if before == after {
                continue;
            }
            let change = planned(
                "ec2:ModifyInstanceAttribute",
                id,
                json!({ before.name(): before.value() }),
                json!({ after.name(): after.value() }),
                Some(format!("put back {}", before.name())),
            );
            self.change(change, || after.set(aws, id).map(|()| json!({})))?;
        }
        Ok(())
    }
}
