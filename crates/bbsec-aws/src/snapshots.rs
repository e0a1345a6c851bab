//! `collect.volumes`: one crash-consistent set of snapshots per instance. Requesting is quick and fixes the content;
//! waiting, checking and locking come later, so that a playbook can cut in between.

mod copy;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use aws_config::retry::RetryConfig;
use aws_sdk_ec2::types::{InstanceSpecification, LockMode as SdkLockMode, ResourceType};
use bbsec_core::{
    Action, ActionMeta, ChangeResult, Context, Effect, Exit, Failure, Gap, Idempotency, Observed, Phase,
    Plan, Time, Undo, Unit, Verdict,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{
    client::Aws,
    collect_instance,
    error::{AwsError, Kind},
    facts::{NodeFacts, Reader, instance::filter},
    isolate::tags,
    journal::planned,
    tape,
};

/// Snapshots the volumes of instances.
#[derive(Debug, Clone)]
pub struct CollectVolumes(pub Arc<Aws>);

/// How a snapshot is locked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum LockMode {
    /// Who has the permission can unlock.
    #[default]
    Governance,
    /// Nobody can unlock, not even the account's root, until the time is over.
    Compliance,
}

/// Snapshot every volume of instances at one moment, wait, check, and lock.
#[derive(Debug, Clone, Default, PartialEq, Eq, clap::Args, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct VolumesInput {
    /// Instance; repeat for several. The case's instances when none is given
    #[arg(long = "instance", value_name = "ID", num_args = 1..)]
    pub instance: Vec<String>,
    /// Wait until the snapshots are complete, check the set against what is attached, and lock them
    #[arg(long)]
    pub wait: bool,
    /// Lock the snapshots for so many days
    #[arg(long, value_name = "DAYS")]
    pub lock_days: Option<i32>,
    /// How they are locked
    #[arg(long, value_enum, default_value_t)]
    pub mode: LockMode,
    /// Copy the snapshots under this KMS key
    #[arg(long, value_name = "KEY")]
    pub copy_kms_key: Option<String>,
    /// Share the snapshots (their copies, where they are copied) with this account
    #[arg(long, value_name = "ACCOUNT")]
    pub share_with: Option<String>,
    /// Make a new set although this case has one already
    #[arg(long)]
    pub again: bool,
}

/// One snapshot.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Snapshot {
    /// `snap-…`.
    pub id: String,
    /// `vol-…`.
    pub volume: String,
    /// `pending`, `completed`, `error`.
    pub state: String,
    /// As AWS writes it.
    pub progress: String,
    /// When its content was fixed.
    pub started: Option<String>,
    /// GiB of the volume.
    pub size: i32,
    /// Whether it is encrypted.
    pub encrypted: bool,
    /// KMS key.
    pub kms_key: Option<String>,
    /// Which request made it.
    pub set: String,
    /// The copy under another KMS key.
    pub copy: Option<String>,
    /// The account that it, or its copy, is shared with.
    pub shared_with: Option<String>,
    /// `governance`, `compliance`, …
    pub lock: Option<String>,
    /// When the lock ends.
    pub locked_until: Option<String>,
}

/// The snapshots of one instance.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct VolumeSet {
    /// Instance.
    pub instance: String,
    /// Volumes that are attached.
    pub attached: Vec<String>,
    /// Their snapshots.
    pub snapshots: Vec<Snapshot>,
    /// Attached volumes without a snapshot.
    pub missing: Vec<String>,
    /// Whether every volume has a completed snapshot.
    pub complete: bool,
}

/// What was made.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct VolumesOutput {
    /// `bbsec-ir.volumes/v1`.
    pub schema: String,
    /// One per instance.
    pub sets: Vec<VolumeSet>,
    /// Whether completion was waited for.
    pub waited: bool,
    /// Lineage documents: paths below `evidence/data/`.
    pub evidence: Vec<String>,
}

/// Snapshots of this case for an instance, the newest set only.
fn existing(aws: &Aws, case: &str, instance: &str) -> Result<Vec<Snapshot>, AwsError> {
    let pages = aws
        .ec2()?
        .describe_snapshots()
        .owner_ids("self")
        .filters(filter("tag:bbsec-ir:case", &[case]))
        .filters(filter("tag:bbsec-ir:instance", &[instance]))
        .into_paginator()
        .items()
        .send();
    let found = aws.run("ec2:DescribeSnapshots", instance, pages.collect::<Result<Vec<_>, _>>())?;
    let mut sets: BTreeMap<String, Vec<Snapshot>> = BTreeMap::new();
    for s in &found {
        let set = s.tags().iter().find(|t| t.key() == Some("bbsec-ir:set")).and_then(|t| t.value());
        let set = set.unwrap_or_default().to_owned();
        sets.entry(set.clone()).or_default().push(Snapshot {
            id: s.snapshot_id().unwrap_or_default().to_owned(),
            volume: s.volume_id().unwrap_or_default().to_owned(),
            state: s.state().map(|v| v.as_str().to_owned()).unwrap_or_default(),
            progress: s.progress().unwrap_or_default().to_owned(),
            started: s.start_time().map(ToString::to_string),
            size: s.volume_size().unwrap_or(0),
            encrypted: s.encrypted().unwrap_or(false),
            kms_key: s.kms_key_id().map(str::to_owned),
            set,
            ..Snapshot::default()
        });
    }
    Ok(sets.pop_last().map(|(_, snapshots)| snapshots).unwrap_or_default())
}

/// Requests the snapshots of one instance, unless this case has a set that covers what is attached.
pub(crate) fn request(
    aws: &Aws,
    node: &NodeFacts,
    context: &mut Context<'_>,
) -> Result<Result<Vec<Snapshot>, AwsError>, Failure> {
    request_set(aws, node, context, false)
}

fn covers(snapshots: &[Snapshot], node: &NodeFacts) -> bool {
    !snapshots.is_empty()
        && node.volumes.iter().all(|v| snapshots.iter().any(|s| s.volume == v.id && s.state != "error"))
}

fn request_set(
    aws: &Aws,
    node: &NodeFacts,
    context: &mut Context<'_>,
    again: bool,
) -> Result<Result<Vec<Snapshot>, AwsError>, Failure> {
    let case = context.case.id().to_owned();
    let id = node.instance.as_str();
    match existing(aws, &case, id) {
        Err(error) => return Ok(Err(error)),
        // Asked for anew, a set that this very step has made already is still not made twice.
        Ok(found) if covers(&found, node) && (!again || made_here(context, id)?) => return Ok(Ok(found)),
        Ok(_) => {}
    }
    let set = Time::now().to_string();
    let change = planned(
        "ec2:CreateSnapshots",
        id,
        json!(null),
        json!({ "volumes": node.volumes.iter().map(|v| &v.id).collect::<Vec<_>>(), "set": set }),
        None,
    );
    let number = context.changes.intent(&change)?;
    let result = create(aws, node, &case, context.run, &set);
    let outcome = match &result {
        Ok(made) => ChangeResult::Done {
            answer: json!({ "snapshots": made.iter().map(|s| &s.id).collect::<Vec<_>>() }),
        },
        Err(error) => ChangeResult::Failed { error: error.chain() },
    };
    context.changes.outcome(number, &outcome)?;
    Ok(result)
}

fn made_here(context: &Context<'_>, instance: &str) -> Result<bool, Failure> {
    Ok(context
        .changes
        .past()?
        .iter()
        .any(|(_, c, _)| c.operation == "ec2:CreateSnapshots" && c.subject == instance))
}

/// CreateSnapshots has no idempotency token. So it is never blindly repeated: after an answer that was lost, the set's
/// own tag says whether the snapshots were made.
fn create(aws: &Aws, node: &NodeFacts, case: &str, run: &str, set: &str) -> Result<Vec<Snapshot>, AwsError> {
    let id = node.instance.as_str();
    let mut tries = 0u32;
    loop {
        tries += 1;
        let spec = tags(
            ResourceType::Snapshot,
            &[
                ("bbsec-ir:case", case),
                ("bbsec-ir:run", run),
                ("bbsec-ir:instance", id),
                ("bbsec-ir:set", set),
                ("Name", &format!("bbsec-ir {case} {id}")),
            ],
        );
        let call = aws
            .ec2()?
            .create_snapshots()
            .instance_specification(InstanceSpecification::builder().instance_id(id).build())
            .description(format!("bbsec-ir case {case}, instance {id}"))
            .tag_specifications(spec)
            .customize()
            .config_override(aws_sdk_ec2::config::Config::builder().retry_config(RetryConfig::disabled()));
        let Err(error) = aws.run("ec2:CreateSnapshots", id, call.send()) else {
            return existing(aws, case, id);
        };
        let unclear = matches!(error.kind(), Kind::Timeout | Kind::Unreachable | Kind::Other)
            && !error.code().is_some_and(|c| c.starts_with("Invalid") || c.contains("LimitExceeded"));
        if unclear {
            for _ in 0..3 {
                std::thread::sleep(Duration::from_millis(700));
                let found = existing(aws, case, id)?;
                if found.first().is_some_and(|s| s.set == set) {
                    return Ok(found);
                }
            }
        }
        if tries >= 4 || !(unclear || error.kind() == Kind::Throttled) {
            return Err(error);
        }
        std::thread::sleep(Duration::from_secs(u64::from(tries)));
    }
}

impl CollectVolumes {
    fn node(&self, id: &str, context: &mut Context<'_>) -> Result<NodeFacts, Failure> {
        let mut reader = Reader::new(&self.0);
        let facts = reader.volumes_only(id)?;
        context.gaps.append(&mut reader.gaps);
        Ok(facts)
    }

    fn set(node: &NodeFacts, snapshots: Vec<Snapshot>) -> VolumeSet {
        let missing: Vec<String> = node
            .volumes
            .iter()
            .filter(|v| !snapshots.iter().any(|s| s.volume == v.id && s.state != "error"))
            .map(|v| v.id.clone())
            .collect();
        let complete = missing.is_empty()
            && !snapshots.is_empty()
            && node
                .volumes
                .iter()
                .all(|v| snapshots.iter().any(|s| s.volume == v.id && s.state == "completed"));
        VolumeSet {
            instance: node.instance.clone(),
            attached: node.volumes.iter().map(|v| v.id.clone()).collect(),
            snapshots,
            missing,
            complete,
        }
    }

    /// Waits until no snapshot is pending. Stops when asked to; the run can be resumed.
    fn wait(&self, node: &NodeFacts, context: &Context<'_>) -> Result<Vec<Snapshot>, Failure> {
        let case = context.case.id().to_owned();
        let task = context.progress.task("snapshots", Unit::Items, None);
        let mut pause = Duration::from_millis(500);
        let mut done = 0;
        loop {
            let found = existing(&self.0, &case, &node.instance)?;
            task.total(found.len() as u64);
            let finished = found.iter().filter(|s| s.state != "pending").count();
            task.advance((finished.saturating_sub(done)) as u64);
            done = finished;
            if let Some(pending) = found.iter().find(|s| s.state == "pending") {
                task.at(&format!("{} {}", pending.id, pending.progress));
            } else {
                return Ok(found);
            }
            if context.progress.cancelled() {
                return Err(Failure::new(Exit::Interrupted, "stopped while snapshots were pending")
                    .help("resume the run to go on waiting; the snapshots go on by themselves"));
            }
            std::thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_secs(15));
        }
    }

    fn lock(
        &self,
        snapshots: &mut [Snapshot],
        input: &VolumesInput,
        context: &mut Context<'_>,
    ) -> Result<(), Failure> {
        let Some(days) = input.lock_days else { return Ok(()) };
        let aws = &self.0;
        let ids: Vec<String> = snapshots.iter().map(|s| s.id.clone()).collect();
        self.locks(snapshots, &ids)?;
        for snapshot in snapshots.iter_mut().filter(|s| s.state == "completed" && s.lock.is_none()) {
            let mode = match input.mode {
                LockMode::Governance => SdkLockMode::Governance,
                LockMode::Compliance => SdkLockMode::Compliance,
            };
            let change = planned(
                "ec2:LockSnapshot",
                &snapshot.id,
                json!({ "lock": null }),
                json!({ "lock": mode.as_str(), "days": days }),
                (input.mode == LockMode::Governance).then(|| "ec2:UnlockSnapshot".to_owned()),
            );
            let id = snapshot.id.clone();
            let result = crate::journal::change(context, change, || {
                let call = aws.ec2()?.lock_snapshot().snapshot_id(&id).lock_mode(mode).lock_duration(days);
                aws.run("ec2:LockSnapshot", &id, call.send())?;
                Ok(json!({}))
            })?;
            if let Err(error) = result {
                context.gaps.push(Gap::unread("snapshot lock", &snapshot.id, error.chain(), 1));
            }
        }
        self.locks(snapshots, &ids)
    }

    fn locks(&self, snapshots: &mut [Snapshot], ids: &[String]) -> Result<(), Failure> {
        let aws = &self.0;
        let call = aws.ec2()?.describe_locked_snapshots().set_snapshot_ids(Some(ids.to_vec()));
        let found = aws.run("ec2:DescribeLockedSnapshots", "snapshots", call.send())?;
        for locked in found.snapshots() {
            if let Some(snapshot) = snapshots.iter_mut().find(|s| Some(s.id.as_str()) == locked.snapshot_id())
            {
                snapshot.lock = locked.lock_state().map(|s| s.as_str().to_owned());
                snapshot.locked_until = locked.lock_expires_on().map(ToString::to_string);
            }
        }
        Ok(())
    }

    fn finish(
        &self,
        node: &NodeFacts,
        input: &VolumesInput,
        context: &mut Context<'_>,
    ) -> Result<(VolumeSet, Vec<String>), Failure> {
        let mut snapshots = self.wait(node, context)?;
        copy::copy_and_share(&self.0, &mut snapshots, input, context)?;
        self.lock(&mut snapshots, input, context)?;
        let set = Self::set(node, snapshots);
        for volume in &set.missing {
            context.gaps.push(Gap::unread("volume", volume, "it is attached but has no usable snapshot", 1));
        }
        let case = context.case.id().to_owned();
        let (_, exchanges) = tape::record(|| existing(&self.0, &case, &node.instance));
        let mut named = node.clone();
        if named.account.is_empty() {
            named.account = self.0.identity().map(|i| i.account.clone()).unwrap_or_default();
        }
        let folder = collect_instance::folder(&named, Time::now());
        let text = serde_json::to_vec_pretty(&set)
            .map_err(|e| Failure::because("the lineage cannot be written as JSON", e))?;
        let mut paths = vec![collect_instance::store(
            context,
            &format!("{folder}/snapshot-lineage.json"),
            &node.instance,
            "ec2:DescribeSnapshots, ec2:DescribeLockedSnapshots",
            "snapshot lineage",
            &text,
        )?];
        for (name, exchange) in collect_instance::numbered(&exchanges) {
            let path = format!("{folder}/{name}");
            let how = exchange.operation;
            paths.push(collect_instance::store(
                context,
                &path,
                &node.instance,
                how,
                "AWS API answer",
                &exchange.body,
            )?);
        }
        Ok((set, paths))
    }
}

impl Action for CollectVolumes {
    type Input = VolumesInput;
    type Output = VolumesOutput;

    fn meta(&self) -> ActionMeta {
        ActionMeta {
            id: "collect.volumes",
            summary: "Snapshot every volume of instances at one moment, wait, check the set, and lock it",
            version: 1,
            effect: Effect::Changes,
            undo: Undo::Impossible("snapshots are evidence; deleting them is a person's decision"),
            idempotency: Idempotency::LooksFirst,
            permissions: &[
                "ec2:CopySnapshot",
                "ec2:CreateSnapshots",
                "ec2:CreateTags",
                "ec2:DescribeInstances",
                "ec2:DescribeLockedSnapshots",
                "ec2:DescribeNetworkInterfaces",
                "ec2:DescribeSnapshotAttribute",
                "ec2:DescribeSnapshots",
                "ec2:LockSnapshot",
                "ec2:ModifySnapshotAttribute",
                "kms:CreateGrant",
                "kms:Decrypt",
                "kms:DescribeKey",
                "kms:GenerateDataKeyWithoutPlaintext",
                "kms:ReEncryptFrom",
                "kms:ReEncryptTo",
                "sts:GetCallerIdentity",
            ],
        }
    }

    fn plan(&self, input: &VolumesInput, context: &mut Context<'_>) -> Result<Plan, Failure> {
        let mut plan = Plan::default();
        let all = collect_instance::instances(&input.instance, context)?;
        plan.summary = format!("snapshot the volumes of {}", all.join(", "));
        for id in all {
            let node = self.node(&id, context)?;
            let case = context.case.id().to_owned();
            let found = existing(&self.0, &case, &id)?;
            if covers(&found, &node) && !input.again {
                plan.warnings.push(format!("{id} has a set of snapshots of this case already; it is used"));
                continue;
            }
            let volumes: Vec<&str> = node.volumes.iter().map(|v| v.id.as_str()).collect();
            plan.changes.push(planned(
                "ec2:CreateSnapshots",
                &id,
                json!(null),
                json!({ "volumes": volumes }),
                None,
            ));
        }
        if input.lock_days.is_some() && input.mode == LockMode::Compliance {
            plan.warnings
                .push("a compliance lock cannot be taken back by anybody before its time is over".to_owned());
        }
        Ok(plan)
    }

    fn observe(
        &self,
        input: &VolumesInput,
        context: &mut Context<'_>,
    ) -> Result<Observed<VolumesOutput>, Failure> {
        let mut output =
            VolumesOutput { schema: SCHEMA.to_owned(), waited: input.wait, ..VolumesOutput::default() };
        for id in collect_instance::instances(&input.instance, context)? {
            let node = self.node(&id, context)?;
            let case = context.case.id().to_owned();
            let found = existing(&self.0, &case, &id)?;
            if input.wait || !covers(&found, &node) || (input.again && !made_here(context, &id)?) {
                return Ok(Observed::NotDone);
            }
            output.sets.push(Self::set(&node, found));
        }
        Ok(Observed::Done(output))
    }

    fn apply(&self, input: &VolumesInput, context: &mut Context<'_>) -> Result<VolumesOutput, Failure> {
        let mut output =
            VolumesOutput { schema: SCHEMA.to_owned(), waited: input.wait, ..VolumesOutput::default() };
        let mut nodes = Vec::new();
        // Every set is requested before any is waited for.
        for id in collect_instance::instances(&input.instance, context)? {
            let node = self.node(&id, context)?;
            let snapshots = request_set(&self.0, &node, context, input.again)??;
            nodes.push((node, snapshots));
        }
        for (node, snapshots) in nodes {
            if input.wait {
                let (set, paths) = self.finish(&node, input, context)?;
                output.sets.push(set);
                output.evidence.extend(paths);
            } else {
                output.sets.push(Self::set(&node, snapshots));
            }
        }
        Ok(output)
    }

    fn verify(
        &self,
        input: &VolumesInput,
        output: &VolumesOutput,
        context: &mut Context<'_>,
    ) -> Result<Verdict, Failure> {
        let mut verdict = Verdict::default();
        let case = context.case.id().to_owned();
        for set in &output.sets {
            let node = self.node(&set.instance, context)?;
            let mut found = existing(&self.0, &case, &set.instance)?;
            if input.lock_days.is_some() && input.wait {
                let ids: Vec<String> = found.iter().map(|s| s.id.clone()).collect();
                self.locks(&mut found, &ids)?;
            }
            for volume in &node.volumes {
                let Some(snapshot) = found.iter().find(|s| s.volume == volume.id) else {
                    verdict.violated.push(format!("{} of {} has no snapshot", volume.id, set.instance));
                    continue;
                };
                let line = format!("{} of {} is {}", snapshot.id, volume.id, snapshot.state);
                let good = if input.wait { snapshot.state == "completed" } else { snapshot.state != "error" };
                if good { &mut verdict.checked } else { &mut verdict.violated }.push(line);
                if input.wait && input.lock_days.is_some() {
                    let line =
                        format!("{} is locked: {}", snapshot.id, snapshot.lock.as_deref().unwrap_or("no"));
                    if snapshot.lock.is_some() { &mut verdict.checked } else { &mut verdict.violated }
                        .push(line);
                }
            }
        }
        verdict.holds = verdict.violated.is_empty();
        Ok(verdict)
    }

    fn undo(&self, _: &VolumesInput, _: &mut Context<'_>) -> Result<Verdict, Failure> {
        Ok(Verdict {
            holds: false,
            checked: vec![],
            violated: vec!["snapshots are evidence and are not deleted".to_owned()],
        })
    }

    fn phase(&self) -> Phase {
        Phase::Request
    }
}

const SCHEMA: &str = "bbsec-ir.volumes/v1";
