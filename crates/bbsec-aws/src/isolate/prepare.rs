//! Before the first change: facts, the restore point, and whether the identity may do it.

use std::collections::VecDeque;

use bbsec_core::{Context, Exit, Failure, Time};
use serde_json::json;

use super::{Isolate, cidr, input::IsolateInput, preflight};
use crate::{
    collect_instance,
    facts::{NodeFacts, Reader, elsewhere},
};

/// The note that holds what `release` puts back.
const RESTORE_POINT: &str = "restore-point";

impl Isolate {
    /// The instances that are meant: given, or those of the case.
    pub(super) fn wanted(&self, input: &IsolateInput, context: &Context<'_>) -> Result<Vec<String>, Failure> {
        let given = if input.instance.is_empty() { &context.case.scope().instances } else { &input.instance };
        if given.is_empty() {
            return Err(Failure::new(Exit::Usage, "no instance is given")
                .help("name it with --instance i-…, or put it into the case"));
        }
        for range in &input.allow {
            if cidr::full(range).is_none() {
                return Err(Failure::new(Exit::Usage, format!("--allow {range:?} is no address range"))
                    .help("write 203.0.113.7/32 or 2001:db8::1/128"));
            }
        }
        let mut unique = Vec::new();
        for id in given {
            if !unique.contains(id) {
                unique.push(id.clone());
            }
        }
        Ok(unique)
    }

    /// Facts of every instance that is meant, with `cluster` of its peers too; those in `known` are not read again.
    fn nodes(
        &self,
        input: &IsolateInput,
        context: &mut Context<'_>,
        known: Vec<NodeFacts>,
        mut read: impl FnMut(&str, &mut Context<'_>) -> Result<NodeFacts, Failure>,
    ) -> Result<Vec<NodeFacts>, Failure> {
        let mut to_do: VecDeque<String> = self.wanted(input, context)?.into();
        let mut nodes = known;
        if input.cluster {
            to_do.extend(nodes.iter().flat_map(|n| &n.peers).map(|p| p.instance.clone()));
        }
        while let Some(id) = to_do.pop_front() {
            if nodes.iter().any(|n| n.instance == id) {
                continue;
            }
            let facts = read(&id, context).map_err(|failure| self.looked_elsewhere(&id, failure))?;
            if input.cluster {
                to_do.extend(facts.peers.iter().map(|p| p.instance.clone()));
            }
            nodes.push(facts);
        }
        Ok(nodes)
    }

    /// Says in which region an instance is that is not in this one.
    fn looked_elsewhere(&self, id: &str, failure: Failure) -> Failure {
        if !failure.message.starts_with("there is no instance") {
            return failure;
        }
        match elsewhere::region_of(&self.0, id) {
            Ok(Some(region)) => failure.help(format!("it is in {region}: give --region {region}")),
            _ => failure,
        }
    }

    /// Facts as they are now, read only.
    pub(super) fn facts(
        &self,
        input: &IsolateInput,
        context: &mut Context<'_>,
    ) -> Result<Vec<NodeFacts>, Failure> {
        self.nodes(input, context, Vec::new(), |id, context| {
            let mut reader = Reader::new(&self.0);
            let facts = reader.node(id)?;
            context.gaps.append(&mut reader.gaps);
            Ok(facts)
        })
    }

    /// The restore point of this step, if it was written.
    pub(super) fn restore_point(context: &Context<'_>) -> Result<Option<Vec<NodeFacts>>, Failure> {
        let Some(note) = context.changes.last_note(RESTORE_POINT)? else { return Ok(None) };
        let nodes = note.get("nodes").cloned().unwrap_or_default();
        serde_json::from_value(nodes).map(Some).map_err(|e| {
            Failure::because("the restore point in the journal cannot be read", e).exit(Exit::Integrity)
        })
    }

    /// The nodes of the restore point that this step has begun to change. Before the first change nothing binds: the
    /// world may have moved on since an attempt that stopped there.
    pub(super) fn begun(context: &Context<'_>) -> Result<Vec<NodeFacts>, Failure> {
        let keeps = ["ec2:CreateSnapshots", "ec2:CreateTags"];
        let changed = context.changes.past()?.iter().any(|(_, c, _)| !keeps.contains(&c.operation.as_str()));
        Ok(if changed { Self::restore_point(context)?.unwrap_or_default() } else { Vec::new() })
    }

    pub(super) fn write_restore_point(
        context: &mut Context<'_>,
        nodes: &[NodeFacts],
        evidence: &[String],
    ) -> Result<(), Failure> {
        context.changes.note(
            RESTORE_POINT,
            json!({ "schema": "bbsec-ir.restore-point/v1", "taken": Time::now(), "nodes": nodes, "evidence": evidence }),
        )
    }

    /// Facts into evidence and the restore point on the disk, before anything is changed.
    pub(super) fn prepare(
        &self,
        input: &IsolateInput,
        context: &mut Context<'_>,
    ) -> Result<(Vec<NodeFacts>, Vec<String>), Failure> {
        let mut evidence: Vec<String> = Vec::new();
        let known = Self::begun(context)?;
        let had = known.len();
        let nodes = self.nodes(input, context, known, |id, context| {
            let (facts, mut paths, _) = collect_instance::collect(&self.0, id, context)?;
            evidence.append(&mut paths);
            Ok(facts)
        })?;
        if nodes.len() > had {
            Self::write_restore_point(context, &nodes, &evidence)?;
            self.allowed(&nodes, input, context)?;
        }
        Ok((nodes, evidence))
    }

    /// Tells what is missing before the first change, and stops where nothing could be cut without it.
    fn allowed(
        &self,
        nodes: &[NodeFacts],
        input: &IsolateInput,
        context: &mut Context<'_>,
    ) -> Result<(), Failure> {
        let found = preflight::preflight(&self.0, nodes, context.gaps, input)?;
        let warnings = found.warnings();
        for warning in &warnings {
            context.progress.say(&format!("warning: {warning}"));
        }
        context.changes.note("preflight", json!({ "warnings": warnings }))?;
        let needed = found.needed();
        if needed.is_empty() {
            return Ok(());
        }
        let message = format!("the identity lacks {}; nothing was changed", needed.join(", "));
        Err(Failure::new(Exit::Failed, message)
            .help("`bbsec-ir aws policy isolate` prints the least policy; use another --profile, then repeat the command"))
    }
}
