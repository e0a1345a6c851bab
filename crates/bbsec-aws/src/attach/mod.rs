//! `collect.attach`: from a snapshot to a folder that can be read: a volume of it at a forensic instance, and the commands
//! that mount it without a write.
//!
//! EBS knows no read-only attachment: the kernel is told (`blockdev --setro`), and the file system (`ro`, no replay of the
//! journal). The snapshot itself stays untouched whatever happens to the volume.

mod mount;

use std::{sync::Arc, time::Duration};

use aws_config::retry::RetryConfig;
use aws_sdk_ec2::types::{Instance, ResourceType, Volume, VolumeState, VolumeType};
use bbsec_core::{
    Action, ActionMeta, Context, Effect, Exit, Failure, Gap, Idempotency, Observed, Plan, Undo, Verdict,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use crate::{
    client::Aws,
    collect_instance,
    error::{AwsError, Kind},
    facts::instance::filter,
    isolate::tags,
    journal::{self, planned},
};

const SCHEMA: &str = "bbsec-ir.attach/v1";
/// Devices that AWS recommends for data volumes of Linux instances.
const DEVICES: std::ops::RangeInclusive<char> = 'f'..='p';
/// How long a volume may take to be made or attached.
const PATIENCE: u32 = 120;

/// Attaches volumes of snapshots.
#[derive(Debug, Clone)]
pub struct CollectAttach(pub Arc<Aws>);

/// Make volumes of a case's snapshots and attach them to a forensic instance, to be mounted read-only.
#[derive(Debug, Clone, Default, PartialEq, Eq, clap::Args, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AttachInput {
    /// The forensic instance that gets the volumes
    #[arg(long = "to", value_name = "INSTANCE")]
    pub to: String,
    /// Instance whose snapshots are meant; repeat for several. The case's instances when none is given
    #[arg(long = "instance", value_name = "ID", num_args = 1..)]
    pub instance: Vec<String>,
    /// Snapshot, such as a copy that was shared with this account; repeat for several. Then no instance is looked at
    #[arg(long = "snapshot", value_name = "ID", num_args = 1..)]
    pub snapshot: Vec<String>,
}

/// One volume.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Attached {
    /// `snap-…`.
    pub snapshot: String,
    /// `vol-…`, made of it.
    pub volume: String,
    /// The device that was asked for; the kernel may call it otherwise.
    pub device: String,
    /// Where the commands mount it.
    pub mount_point: String,
    /// The commands, to be run on the forensic instance.
    pub commands: Vec<String>,
}

/// What was attached.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct AttachOutput {
    /// `bbsec-ir.attach/v1`.
    pub schema: String,
    /// The forensic instance.
    pub to: String,
    /// Volumes.
    pub volumes: Vec<Attached>,
    /// What to do next.
    pub next: Vec<String>,
}

/// A snapshot that is wanted.
struct Wanted {
    snapshot: String,
    encrypted: bool,
}

impl CollectAttach {
    fn target(&self, id: &str) -> Result<Instance, AwsError> {
        let call = self.0.ec2()?.describe_instances().instance_ids(id);
        let answer = self.0.run("ec2:DescribeInstances", id, call.send())?;
        let found = answer.reservations().iter().flat_map(aws_sdk_ec2::types::Reservation::instances).next();
        found.cloned().ok_or_else(|| AwsError::Missing {
            what: "instance",
            id: id.to_owned(),
            region: self.0.region().unwrap_or_default(),
        })
    }

    /// Completed snapshots that are meant; what is not ready is a gap.
    fn wanted(&self, input: &AttachInput, context: &mut Context<'_>) -> Result<Vec<Wanted>, Failure> {
        let case = context.case.id().to_owned();
        let mut call = self.0.ec2()?.describe_snapshots();
        let subject;
        if input.snapshot.is_empty() {
            let instances = collect_instance::instances(&input.instance, context)?;
            let names: Vec<&str> = instances.iter().map(String::as_str).collect();
            subject = names.join(", ");
            call = call
                .owner_ids("self")
                .filters(filter("tag:bbsec-ir:case", &[&case]))
                .filters(filter("tag:bbsec-ir:instance", &names));
        } else {
            subject = input.snapshot.join(", ");
            call = call.set_snapshot_ids(Some(input.snapshot.clone()));
        }
        let found = self.0.run("ec2:DescribeSnapshots", &subject, call.send())?;
        let mut wanted = Vec::new();
        for snapshot in found.snapshots() {
            let id = snapshot.snapshot_id().unwrap_or_default().to_owned();
            let state = snapshot.state().map(|state| state.as_str().to_owned()).unwrap_or_default();
            if state == "completed" {
                wanted.push(Wanted { snapshot: id, encrypted: snapshot.encrypted().unwrap_or(false) });
            } else {
                let why = format!("it is {state}; wait with `collect volumes --wait`, then attach again");
                context.gaps.push(Gap::unread("snapshot", id, why, 1));
            }
        }
        if wanted.is_empty() {
            return Err(Failure::new(Exit::Nothing, format!("there is no completed snapshot of {subject}"))
                .help("make them with `collect volumes --wait`, or name one with --snapshot"));
        }
        wanted.sort_by(|a, b| a.snapshot.cmp(&b.snapshot));
        Ok(wanted)
    }

    /// The volume of a snapshot that this case has made for this instance, if any.
    fn made(&self, case: &str, to: &str, snapshot: &str) -> Result<Option<Volume>, AwsError> {
        let call = self
            .0
            .ec2()?
            .describe_volumes()
            .filters(filter("tag:bbsec-ir:case", &[case]))
            .filters(filter("tag:bbsec-ir:attach-to", &[to]))
            .filters(filter("snapshot-id", &[snapshot]));
        let found = self.0.run("ec2:DescribeVolumes", snapshot, call.send())?;
        let is_gone = |volume: &Volume| {
            matches!(volume.state(), Some(VolumeState::Deleting | VolumeState::Deleted | VolumeState::Error))
        };
        Ok(found.volumes().iter().find(|volume| !is_gone(volume)).cloned())
    }

    fn create(
        &self,
        wanted: &Wanted,
        zone: &str,
        to: &str,
        context: &mut Context<'_>,
    ) -> Result<Volume, Failure> {
        let case = context.case.id().to_owned();
        if let Some(volume) = self.made(&case, to, &wanted.snapshot)? {
            return Ok(volume);
        }
        let run = context.run.to_owned();
        let snapshot = &wanted.snapshot;
        let token = bbsec_core::hex::encode(Sha256::digest(format!("{case}/{run}/{to}/{snapshot}")));
        let change = planned(
            "ec2:CreateVolume",
            snapshot,
            json!(null),
            json!({ "zone": zone, "for": to }),
            Some("delete the volume; the snapshot stays".to_owned()),
        );
        let aws = &self.0;
        journal::change(context, change, || {
            let spec = tags(
                ResourceType::Volume,
                &[("bbsec-ir:case", &case), ("bbsec-ir:run", &run), ("bbsec-ir:attach-to", to)],
            );
            // Retried here and not by the SDK: after an answer that was lost, the tags say whether the volume was made.
            let mut tries = 0;
            loop {
                tries += 1;
                let call = aws
                    .ec2()?
                    .create_volume()
                    .snapshot_id(snapshot)
                    .availability_zone(zone)
                    .volume_type(VolumeType::Gp3)
                    .set_encrypted(wanted.encrypted.then_some(true))
                    .client_token(token.chars().take(60).collect::<String>())
                    .tag_specifications(spec.clone())
                    .customize()
                    .config_override(
                        aws_sdk_ec2::config::Config::builder().retry_config(RetryConfig::disabled()),
                    );
                let error = match aws.run("ec2:CreateVolume", snapshot, call.send()) {
                    Ok(answer) => return Ok(json!({ "id": answer.volume_id() })),
                    Err(error) => error,
                };
                std::thread::sleep(Duration::from_millis(500 * tries));
                if let Some(volume) = self.made(&case, to, snapshot)? {
                    return Ok(json!({ "id": volume.volume_id() }));
                }
                if tries >= 4 || matches!(error.kind(), Kind::Unauthorized | Kind::NotFound) {
                    return Err(error);
                }
            }
        })??;
        let made = self.made(&case, to, snapshot)?;
        Ok(made.ok_or_else(|| AwsError::Strange {
            operation: "ec2:DescribeVolumes",
            subject: snapshot.clone(),
            missing: "the volume that was made",
        })?)
    }

    /// Waits until a volume is in a state; asks every second at most.
    fn wait(&self, volume: &str, state: &VolumeState, context: &Context<'_>) -> Result<Volume, Failure> {
        let mut pause = Duration::from_millis(100);
        for _ in 0..PATIENCE {
            let call = self.0.ec2()?.describe_volumes().volume_ids(volume);
            let found = self.0.run("ec2:DescribeVolumes", volume, call.send())?;
            match found.volumes().first() {
                Some(found) if found.state() == Some(state) => return Ok(found.clone()),
                Some(found) if found.state() == Some(&VolumeState::Error) => {
                    return Err(Failure::new(
                        Exit::Failed,
                        format!("{volume} could not be made of its snapshot"),
                    )
                    .help(
                        "may this account use the snapshot's KMS key? delete the volume and run it again",
                    ));
                }
                _ => {}
            }
            if context.progress.cancelled() {
                return Err(Failure::new(Exit::Interrupted, format!("stopped while {volume} was pending"))
                    .help("resume the run: the volume is not made twice"));
            }
            std::thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_secs(2));
        }
        Err(Failure::new(Exit::Failed, format!("{volume} did not become {}", state.as_str()))
            .help("run it again: it goes on where it stopped"))
    }

    fn attach(
        &self,
        volume: &str,
        to: &str,
        taken: &mut Vec<String>,
        context: &mut Context<'_>,
    ) -> Result<String, Failure> {
        let device = DEVICES
            .map(|letter| format!("/dev/sd{letter}"))
            .find(|device| !taken.contains(device))
            .ok_or_else(|| {
                Failure::new(Exit::Failed, format!("{to} has no free device between /dev/sdf and /dev/sdp"))
                    .help("detach what is not needed, or attach to another instance")
            })?;
        let change = planned(
            "ec2:AttachVolume",
            volume,
            json!(null),
            json!({ "instance": to, "device": device }),
            Some("detach the volume".to_owned()),
        );
        let aws = &self.0;
        journal::change(context, change, || {
            let call = aws.ec2()?.attach_volume().volume_id(volume).instance_id(to).device(&device);
            aws.run("ec2:AttachVolume", volume, call.send())?;
            Ok(json!({ "device": device }))
        })??;
        taken.push(device.clone());
        Ok(device)
    }

    fn one(
        &self,
        wanted: &Wanted,
        target: &Instance,
        taken: &mut Vec<String>,
        context: &mut Context<'_>,
    ) -> Result<Attached, Failure> {
        let to = target.instance_id().unwrap_or_default();
        let zone = target.placement().and_then(|place| place.availability_zone()).unwrap_or_default();
        let volume = self.create(wanted, zone, to, context)?;
        let id = volume.volume_id().unwrap_or_default().to_owned();
        let device = if let Some(device) = device_at(&volume, to) {
            device
        } else {
            self.wait(&id, &VolumeState::Available, context)?;
            self.attach(&id, to, taken, context)?
        };
        self.wait(&id, &VolumeState::InUse, context)?;
        let (mount_point, commands) = mount::commands(&id, &device);
        Ok(Attached { snapshot: wanted.snapshot.clone(), volume: id, device, mount_point, commands })
    }
}

/// The device under which a volume is attached to an instance.
fn device_at(volume: &Volume, to: &str) -> Option<String> {
    volume.attachments().iter().find(|at| at.instance_id() == Some(to))?.device().map(str::to_owned)
}

fn devices(target: &Instance) -> Vec<String> {
    target
        .block_device_mappings()
        .iter()
        .filter_map(|device| device.device_name().map(str::to_owned))
        .collect()
}

impl Action for CollectAttach {
    type Input = AttachInput;
    type Output = AttachOutput;

    fn meta(&self) -> ActionMeta {
        ActionMeta {
            id: "collect.attach",
            summary: "Make volumes of snapshots, attach them to a forensic instance, say how to mount them read-only",
            version: 1,
            effect: Effect::Changes,
            undo: Undo::FromJournal,
            idempotency: Idempotency::LooksFirst,
            permissions: &[
                "ec2:AttachVolume",
                "ec2:CreateTags",
                "ec2:CreateVolume",
                "ec2:DeleteVolume",
                "ec2:DescribeInstances",
                "ec2:DescribeSnapshots",
                "ec2:DescribeVolumes",
                "ec2:DetachVolume",
            ],
        }
    }

    fn plan(&self, input: &AttachInput, context: &mut Context<'_>) -> Result<Plan, Failure> {
        let target = self.target(&input.to)?;
        let zone = target.placement().and_then(|place| place.availability_zone()).unwrap_or_default();
        let wanted = self.wanted(input, context)?;
        let case = context.case.id().to_owned();
        let mut plan = Plan::default();
        for snapshot in &wanted {
            match self.made(&case, &input.to, &snapshot.snapshot)? {
                Some(volume) if device_at(&volume, &input.to).is_some() => {
                    plan.warnings.push(format!("{} is attached already", snapshot.snapshot));
                }
                _ => plan.changes.push(planned(
                    "ec2:AttachVolume",
                    &snapshot.snapshot,
                    json!(null),
                    json!({ "instance": input.to, "zone": zone }),
                    Some("detach and delete the volume".to_owned()),
                )),
            }
        }
        plan.summary = format!("attach volumes of {} snapshots to {} in {zone}", wanted.len(), input.to);
        Ok(plan)
    }

    fn observe(&self, _: &AttachInput, _: &mut Context<'_>) -> Result<Observed<AttachOutput>, Failure> {
        // Applying again looks for each volume and attachment first, and writes the commands anew.
        Ok(Observed::NotDone)
    }

    fn apply(&self, input: &AttachInput, context: &mut Context<'_>) -> Result<AttachOutput, Failure> {
        let target = self.target(&input.to)?;
        let wanted = self.wanted(input, context)?;
        let mut taken = devices(&target);
        let mut output =
            AttachOutput { schema: SCHEMA.to_owned(), to: input.to.clone(), ..AttachOutput::default() };
        for snapshot in &wanted {
            output.volumes.push(self.one(snapshot, &target, &mut taken, context)?);
        }
        output.next = mount::next(&output.volumes);
        Ok(output)
    }

    fn verify(
        &self,
        _: &AttachInput,
        output: &AttachOutput,
        _: &mut Context<'_>,
    ) -> Result<Verdict, Failure> {
        let mut verdict = Verdict::default();
        for attached in &output.volumes {
            let call = self.0.ec2()?.describe_volumes().volume_ids(&attached.volume);
            let found = self.0.run("ec2:DescribeVolumes", &attached.volume, call.send())?;
            let there = found.volumes().first().and_then(|volume| device_at(volume, &output.to));
            let line = format!("{} of {} is at {}", attached.volume, attached.snapshot, output.to);
            match there {
                Some(device) => verdict.checked.push(format!("{line} as {device}")),
                None => verdict.violated.push(format!("not so: {line}")),
            }
        }
        verdict.holds = verdict.violated.is_empty();
        Ok(verdict)
    }

    fn undo(&self, input: &AttachInput, context: &mut Context<'_>) -> Result<Verdict, Failure> {
        let mut verdict = Verdict::default();
        let made: Vec<String> = context
            .changes
            .past()?
            .into_iter()
            .filter(|(_, change, _)| change.operation == "ec2:CreateVolume")
            .map(|(_, change, _)| change.subject)
            .collect();
        let case = context.case.id().to_owned();
        for snapshot in made {
            let Some(volume) = self.made(&case, &input.to, &snapshot)? else {
                verdict.checked.push(format!("the volume of {snapshot} is gone"));
                continue;
            };
            let id = volume.volume_id().unwrap_or_default().to_owned();
            self.take_away(&id, device_at(&volume, &input.to).is_some(), &input.to, context)?;
            verdict.checked.push(format!("{id} is detached and deleted; {snapshot} stays"));
        }
        verdict.holds = verdict.violated.is_empty();
        Ok(verdict)
    }
}

impl CollectAttach {
    fn take_away(
        &self,
        id: &str,
        attached: bool,
        to: &str,
        context: &mut Context<'_>,
    ) -> Result<(), Failure> {
        let aws = &self.0;
        if attached {
            let change = planned("ec2:DetachVolume", id, json!({ "instance": to }), json!(null), None);
            journal::change(context, change, || {
                aws.run(
                    "ec2:DetachVolume",
                    id,
                    aws.ec2()?.detach_volume().volume_id(id).instance_id(to).send(),
                )?;
                Ok(json!({}))
            })??;
            self.wait(id, &VolumeState::Available, context)?;
        }
        let change = planned("ec2:DeleteVolume", id, json!({ "state": "available" }), json!(null), None);
        journal::change(context, change, || {
            match aws.run("ec2:DeleteVolume", id, aws.ec2()?.delete_volume().volume_id(id).send()) {
                Ok(_) => Ok(json!({})),
                Err(error) if error.kind() == Kind::NotFound => Ok(json!({ "already": true })),
                Err(error) => Err(error),
            }
        })??;
        Ok(())
    }
}
