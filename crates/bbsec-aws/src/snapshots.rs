//! `collect.volumes`: one crash-consistent set of snapshots per instance. Requesting is quick and fixes the content;
//! waiting, checking and locking come later, so that a playbook can cut in between.

mod copy;
mod model;
mod request;

use std::{sync::Arc, time::Duration};

use aws_sdk_ec2::types::LockMode as SdkLockMode;
use bbsec_core::{
    Action, ActionMeta, Context, Effect, Exit, Failure, Gap, Idempotency, Observed, Phase, Plan, Time, Undo,
    Unit, Verdict,
};
use serde_json::json;

pub use self::model::{LockMode, Snapshot, VolumeSet, VolumesInput, VolumesOutput};
pub(crate) use self::request::request;
use self::request::{covers, existing, made_here, request_set};
use crate::{
    client::Aws,
    collect_instance,
    facts::{NodeFacts, Reader},
    journal::planned,
    tape,
};

/// Snapshots the volumes of instances.
#[derive(Debug, Clone)]
pub struct CollectVolumes(pub Arc<Aws>);

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
