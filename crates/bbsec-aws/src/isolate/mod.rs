//! `isolate`: cut a node off, keep its state, and say what is cut and what is not. `undo` is `release`.
//!
//! Order: facts into evidence, restore point on the disk, snapshots requested, cut, verdict. Waiting for snapshots is
//! `collect.volumes`, so that it never delays the cut. The instance is never stopped or rebooted.

mod acl;
mod balancers;
mod cidr;
mod cut;
mod groups;
mod input;
mod model;
mod plan;
mod preflight;
mod protect;
mod release;
mod scaling;
mod sessions;
mod verdict;
mod ways;

use std::{collections::BTreeSet, sync::Arc};

use bbsec_core::{
    Action, ActionMeta, ChangeResult, Context, Effect, Exit, Failure, Idempotency, Observed, Phase, Plan,
    Time, Undo, Verdict,
};
use serde_json::json;

use self::{cut::Cut, verdict::ReadBack};
pub(crate) use self::{groups::tags, sessions::roles};
pub use self::{
    input::IsolateInput,
    model::{Isolation, Limit, NodeVerdict, Path, Setting, State},
};
use crate::{
    client::Aws,
    collect_instance,
    facts::{NodeFacts, Reader, instance, network},
    snapshots,
};

/// The note that holds what `release` puts back.
const RESTORE_POINT: &str = "restore-point";

/// Cuts compromised instances off.
#[derive(Debug, Clone)]
pub struct Isolate(pub Arc<Aws>);

/// Whether a change journalled by this step put an interface into an open group, and AWS said yes.
pub(crate) fn opened(context: &Context<'_>, interface: &str) -> bool {
    opened_all(context).contains(interface)
}

fn opened_all(context: &Context<'_>) -> BTreeSet<String> {
    let past = context.changes.past().unwrap_or_default();
    past.into_iter()
        .filter(|(_, c, r)| {
            c.operation == "ec2:ModifyNetworkInterfaceAttribute"
                && c.after.get("role").is_some_and(|role| role == "open")
                && matches!(r, Some(ChangeResult::Done { .. }))
        })
        .map(|(_, c, _)| c.subject)
        .collect()
}

impl Isolate {
    /// The instances that are meant: given, of the case, and with `cluster` their peers.
    fn wanted(&self, input: &IsolateInput, context: &Context<'_>) -> Result<Vec<String>, Failure> {
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

    /// Facts of every instance that is meant, read only.
    fn facts(&self, input: &IsolateInput, context: &mut Context<'_>) -> Result<Vec<NodeFacts>, Failure> {
        let mut to_do = self.wanted(input, context)?;
        let mut nodes: Vec<NodeFacts> = Vec::new();
        while let Some(id) = to_do.first().cloned() {
            to_do.remove(0);
            if nodes.iter().any(|n| n.instance == id) {
                continue;
            }
            let mut reader = Reader::new(&self.0);
            let facts = reader.node(&id)?;
            context.gaps.append(&mut reader.gaps);
            if input.cluster {
                to_do.extend(facts.peers.iter().map(|p| p.instance.clone()));
            }
            nodes.push(facts);
        }
        Ok(nodes)
    }

    /// The restore point of this step, if it was written.
    fn restore_point(context: &Context<'_>) -> Result<Option<Vec<NodeFacts>>, Failure> {
        let Some(note) = context.changes.last_note(RESTORE_POINT)? else { return Ok(None) };
        let nodes = note.get("nodes").cloned().unwrap_or_default();
        serde_json::from_value(nodes).map(Some).map_err(|e| {
            Failure::because("the restore point in the journal cannot be read", e).exit(Exit::Integrity)
        })
    }

    /// Facts into evidence and the restore point on the disk, before anything is changed.
    fn prepare(
        &self,
        input: &IsolateInput,
        context: &mut Context<'_>,
    ) -> Result<(Vec<NodeFacts>, Vec<String>), Failure> {
        let mut to_do = self.wanted(input, context)?;
        let (mut nodes, mut evidence): (Vec<NodeFacts>, Vec<String>) = (Vec::new(), Vec::new());
        while let Some(id) = to_do.first().cloned() {
            to_do.remove(0);
            if nodes.iter().any(|n| n.instance == id) {
                continue;
            }
            let (facts, mut paths, _) = collect_instance::collect(&self.0, &id, context)?;
            if input.cluster {
                to_do.extend(facts.peers.iter().map(|p| p.instance.clone()));
            }
            evidence.append(&mut paths);
            nodes.push(facts);
        }
        context.changes.note(
            RESTORE_POINT,
            json!({ "schema": "bbsec-ir.restore-point/v1", "taken": Time::now(), "nodes": nodes, "evidence": evidence }),
        )?;
        Ok((nodes, evidence))
    }

    /// The groups of an instance that is cut off already, by us or by somebody else: each without a rule.
    fn already_cut(&self, node: &NodeFacts) -> Option<String> {
        let all: BTreeSet<&String> = node.interfaces.iter().flat_map(|i| &i.groups).collect();
        let is_empty = |group: &&String| groups::rules(&self.0, group).is_ok_and(|rules| rules.is_empty());
        (!all.is_empty() && all.iter().all(is_empty))
            .then(|| all.into_iter().cloned().collect::<Vec<_>>().join(", "))
    }

    /// Stops before the first change where the identity may not make one without which nothing is cut.
    fn allowed(&self, nodes: &[NodeFacts], input: &IsolateInput) -> Result<(), Failure> {
        let mut lacking = BTreeSet::new();
        for node in nodes {
            let found = preflight::preflight(&self.0, node, input)?;
            lacking.extend(found.into_iter().filter(|l| l.needed).map(|l| l.permission));
        }
        if lacking.is_empty() {
            return Ok(());
        }
        let names: Vec<&str> = lacking.into_iter().collect();
        let message = format!("the identity lacks {}; nothing was changed", names.join(", "));
        Err(Failure::new(Exit::Failed, message)
            .help("`bbsec-ir aws policy isolate` prints the least policy; use another --profile, then resume the run"))
    }

    /// Reads everything back and judges it.
    fn verdict(
        &self,
        input: &IsolateInput,
        nodes: &[NodeFacts],
        context: &mut Context<'_>,
    ) -> Result<Isolation, Failure> {
        let aws = &self.0;
        let mut isolation = Isolation {
            schema: model::SCHEMA.to_owned(),
            case: context.case.id().to_owned(),
            run: context.run.to_owned(),
            at: Time::now(),
            basis: model::BASIS.to_owned(),
            ..Isolation::default()
        };
        let opened = opened_all(context);
        for before in nodes {
            isolation.account.clone_from(&before.account);
            isolation.region.clone_from(&before.region);
            let read = self.read_back(before, &opened)?;
            let mut node = verdict::judge(before, &read, input);
            node.peers.retain(|p| !nodes.iter().any(|n| n.instance == p.instance));
            if !node.peers.is_empty() {
                let names: Vec<&str> = node.peers.iter().map(|p| p.instance.as_str()).collect();
                isolation.warnings.push(format!(
                    "{} has peers that share its home, database and credentials and are not isolated: {} (--cluster)",
                    before.instance,
                    names.join(", ")
                ));
            }
            isolation.instances.push(node);
        }
        if input.cut_now {
            isolation.warnings.push("--cut-now: no snapshot was requested before the cut".to_owned());
        }
        if input.revoke_role_sessions {
            isolation.warnings.extend(nodes.iter().flat_map(|n| plan::role_users(aws, n)));
        }
        isolation.established =
            !isolation.instances.is_empty() && isolation.instances.iter().all(|n| n.established);
        Ok(isolation)
    }

    fn read_back(&self, before: &NodeFacts, opened: &BTreeSet<String>) -> Result<ReadBack, Failure> {
        let aws = &self.0;
        let mut reader = Reader::new(aws);
        let now = reader.node(&before.instance)?;
        let mut unread: Vec<String> =
            reader.gaps.iter().map(|g| format!("{}: {}", g.subject, g.why)).collect();
        let mut keep = |what: &str, error: crate::AwsError| unread.push(format!("{what}: {}", error.chain()));
        let interfaces = instance::interfaces(aws, &before.instance).map_err(|e| keep("interfaces", e)).ok();
        let acls = network::acls(aws, &before.vpc).map_err(|e| keep("network ACLs", e)).ok();
        let mut read = ReadBack { opened: opened.clone(), ..ReadBack::default() };
        for group in interfaces.iter().flatten().flat_map(|i| &i.groups) {
            match groups::rules(aws, group) {
                Ok(rules) => drop(read.rules.insert(group.clone(), rules)),
                Err(error) => keep(group, error),
            }
        }
        for target in before.targets.iter().filter(|t| t.kind == "network") {
            match balancers::attributes(aws, &target.group) {
                Ok(found) => {
                    let closes = balancers::CLOSING
                        .iter()
                        .all(|(k, v)| found.iter().any(|(key, value)| key == k && value == v));
                    if closes {
                        read.closing.insert(target.group.clone());
                    }
                }
                Err(error) => keep(&target.group, error),
            }
        }
        Ok(ReadBack { interfaces, now, acls, unread, ..read })
    }

    /// Puts back what a run changed, of the given instances (all when empty). With `partial`, what somebody changed
    /// meanwhile is left alone and the rest is put back; without it nothing is touched then.
    pub fn release(
        &self,
        instances: &[String],
        partial: bool,
        context: &mut Context<'_>,
    ) -> Result<Verdict, Failure> {
        let Some(mut nodes) = Self::restore_point(context)? else {
            return Ok(Verdict {
                holds: true,
                checked: vec!["nothing was changed".to_owned()],
                violated: vec![],
            });
        };
        nodes.retain(|n| instances.is_empty() || instances.contains(&n.instance));
        release::release(&self.0, context, &nodes, partial)
    }
}

impl Action for Isolate {
    type Input = IsolateInput;
    type Output = Isolation;

    fn meta(&self) -> ActionMeta {
        ActionMeta {
            id: "isolate",
            summary: "Cut compromised instances off the network and read back what is cut and what is not",
            version: 1,
            effect: Effect::Changes,
            undo: Undo::FromJournal,
            idempotency: Idempotency::LooksFirst,
            permissions: plan::PERMISSIONS,
        }
    }

    fn plan(&self, input: &IsolateInput, context: &mut Context<'_>) -> Result<Plan, Failure> {
        let nodes = self.facts(input, context)?;
        let mut plan = plan::plan(&self.0, &nodes, input);
        for node in &nodes {
            if let Some(groups) = self.already_cut(node) {
                plan.warnings.push(format!("{} is already cut off by its groups {groups}", node.instance));
            }
            let lacking = preflight::preflight(&self.0, node, input)?;
            plan.warnings.extend(lacking.iter().map(|l| {
                let weight =
                    if l.needed { "nothing can be cut without it" } else { "the rest is done without it" };
                format!("the identity lacks {}: {weight}", l.permission)
            }));
            plan.missing.extend(lacking.iter().map(|l| l.permission.to_owned()));
        }
        plan.warnings.sort();
        plan.warnings.dedup();
        plan.missing.sort();
        plan.missing.dedup();
        Ok(plan)
    }

    fn observe(
        &self,
        input: &IsolateInput,
        context: &mut Context<'_>,
    ) -> Result<Observed<Isolation>, Failure> {
        let Some(nodes) = Self::restore_point(context)? else { return Ok(Observed::NotDone) };
        let isolation = self.verdict(input, &nodes, context)?;
        let settled = isolation.instances.iter().all(|n| n.settings.iter().all(|s| s.holds));
        Ok(if isolation.established && settled { Observed::Done(isolation) } else { Observed::NotDone })
    }

    fn apply(&self, input: &IsolateInput, context: &mut Context<'_>) -> Result<Isolation, Failure> {
        let (nodes, evidence) = if let Some(nodes) = Self::restore_point(context)? {
            (nodes, Vec::new())
        } else {
            let prepared = self.prepare(input, context)?;
            self.allowed(&prepared.0, input)?;
            prepared
        };
        let mut requested = Vec::new();
        let mut warnings = Vec::new();
        if !input.cut_now {
            for node in &nodes {
                match snapshots::request(&self.0, node, context)? {
                    Ok(made) => requested.extend(made.into_iter().map(|s| s.id)),
                    Err(error) => {
                        warnings.push(format!("no snapshot of {}: {}", node.instance, error.chain()));
                    }
                }
            }
        }
        let mut cut = Cut::new(&self.0, context);
        for node in &nodes {
            cut.node(node, input)?;
        }
        let problems = cut.problems;
        let mut isolation = self.verdict(input, &nodes, context)?;
        for node in &mut isolation.instances {
            node.problems.extend(problems.get(&node.instance).cloned().unwrap_or_default());
        }
        isolation.snapshots = requested;
        isolation.evidence = evidence;
        isolation.warnings.extend(warnings);
        let text = serde_json::to_value(&isolation)
            .map_err(|e| Failure::because("the verdict cannot be written as JSON", e))?;
        context.changes.note("isolation-verdict", text)?;
        Ok(isolation)
    }

    fn verify(
        &self,
        input: &IsolateInput,
        output: &Isolation,
        context: &mut Context<'_>,
    ) -> Result<Verdict, Failure> {
        let nodes = match Self::restore_point(context)? {
            Some(nodes) => nodes,
            None => self.facts(input, context)?,
        };
        let isolation = self.verdict(input, &nodes, context)?;
        let mut verdict = Verdict::default();
        for node in &isolation.instances {
            for path in &node.paths {
                let line = format!("{} {}", node.instance, path.line());
                if path.state == State::Open { &mut verdict.violated } else { &mut verdict.checked }
                    .push(line);
            }
            for setting in &node.settings {
                let line = format!(
                    "{} {}: wanted {}, found {}",
                    node.instance, setting.name, setting.wanted, setting.found
                );
                if setting.holds { &mut verdict.checked } else { &mut verdict.violated }.push(line);
            }
            verdict.violated.extend(node.problems.iter().map(|p| format!("{} {p}", node.instance)));
        }
        let _ = output;
        verdict.holds = verdict.violated.is_empty() && isolation.established;
        Ok(verdict)
    }

    fn undo(&self, input: &IsolateInput, context: &mut Context<'_>) -> Result<Verdict, Failure> {
        self.release(&input.instance, false, context)
    }

    fn violation_exit(&self) -> Exit {
        Exit::NotContained
    }

    fn phase(&self) -> Phase {
        Phase::Contain
    }
}
