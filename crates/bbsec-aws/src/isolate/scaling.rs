//! The scaling group: no termination, and the node in standby.

use std::time::Duration;

use aws_config::retry::RetryConfig;
use bbsec_core::Failure;
use serde_json::{Value, json};

use super::cut::Cut;
use crate::{
    client::Aws,
    error::{AwsError, Kind},
    facts::{NodeFacts, Scaling},
    journal::planned,
};

/// Not repeated blindly: a second call would lower the desired capacity again. After a lost answer the group tells.
fn enter_standby(aws: &Aws, group: &str, id: &str) -> Result<Value, AwsError> {
    let mut tries = 0u64;
    loop {
        tries += 1;
        let call = aws
            .autoscaling()?
            .enter_standby()
            .auto_scaling_group_name(group)
            .instance_ids(id)
            .should_decrement_desired_capacity(true)
            .customize()
            .config_override(
                aws_sdk_autoscaling::config::Config::builder().retry_config(RetryConfig::disabled()),
            );
        let Err(error) = aws.run("autoscaling:EnterStandby", id, call.send()) else { return Ok(json!({})) };
        let now = crate::facts::scaling::scaling(aws, id)?;
        if now.is_some_and(|s| s.lifecycle.contains("Standby")) {
            return Ok(json!({ "already": true }));
        }
        if tries >= 4 || matches!(error.kind(), Kind::Unauthorized | Kind::Expired | Kind::NotFound) {
            return Err(error);
        }
        std::thread::sleep(Duration::from_secs(tries));
    }
}

impl Cut<'_, '_> {
    pub(super) fn suspend_terminate(&mut self, facts: &NodeFacts) -> Result<(), Failure> {
        let aws = self.aws;
        let Some(scaling) = self.scaling_now(facts)? else { return Ok(()) };
        if scaling.suspended.iter().any(|p| p == "Terminate") {
            return Ok(());
        }
        let change = planned(
            "autoscaling:SuspendProcesses",
            &scaling.group,
            json!({ "suspended": scaling.suspended }),
            json!({ "suspend": "Terminate" }),
            Some("resume the process".to_owned()),
        );
        self.change(change, || {
            let call = aws
                .autoscaling()?
                .suspend_processes()
                .auto_scaling_group_name(&scaling.group)
                .scaling_processes("Terminate");
            aws.run("autoscaling:SuspendProcesses", &scaling.group, call.send())?;
            Ok(json!({}))
        })?;
        Ok(())
    }

    pub(super) fn standby(&mut self, facts: &NodeFacts) -> Result<(), Failure> {
        let aws = self.aws;
        let Some(scaling) = self.scaling_now(facts)? else { return Ok(()) };
        if scaling.lifecycle.contains("Standby") {
            return Ok(());
        }
        // Without a replacement: a new node would join the cluster with the same home and credentials. The desired
        // capacity then falls by one, which the minimum must allow.
        if scaling.desired <= scaling.min {
            let lower = scaling.desired.saturating_sub(1).max(0);
            self.set_min(&scaling, lower)?;
        }
        let id = facts.instance.as_str();
        let change = planned(
            "autoscaling:EnterStandby",
            format!("{}/{id}", scaling.group),
            json!({ "lifecycle": scaling.lifecycle, "desired": scaling.desired }),
            json!({ "lifecycle": "Standby" }),
            Some("leave standby".to_owned()),
        );
        self.change(change, || enter_standby(aws, &scaling.group, id))?;
        Ok(())
    }

    fn set_min(&mut self, scaling: &Scaling, min: i32) -> Result<(), Failure> {
        let aws = self.aws;
        let change = planned(
            "autoscaling:UpdateAutoScalingGroup",
            &scaling.group,
            json!({ "min": scaling.min }),
            json!({ "min": min }),
            Some("put back the minimum size".to_owned()),
        );
        self.change(change, || {
            let call = aws
                .autoscaling()?
                .update_auto_scaling_group()
                .auto_scaling_group_name(&scaling.group)
                .min_size(min);
            aws.run("autoscaling:UpdateAutoScalingGroup", &scaling.group, call.send())?;
            Ok(json!({}))
        })?;
        Ok(())
    }

    fn scaling_now(&mut self, facts: &NodeFacts) -> Result<Option<Scaling>, Failure> {
        let aws = self.aws;
        let id = facts.instance.as_str();
        Ok(self.ask(|| crate::facts::scaling::scaling(aws, id))?.unwrap_or_else(|| facts.scaling.clone()))
    }
}
