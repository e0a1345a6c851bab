//! `isolate`: cut a node off, keep its state, and say what is cut and what is not. `undo` is `release`.
//!
//! Order: facts into evidence, restore point on the disk, snapshots requested, cut, verdict. Waiting for snapshots is
//! `collect.volumes`, so that it never delays the cut. The instance is never stopped or rebooted.

mod acl;
mod balancers;
mod cidr;
mod cut;
mod found;
mod groups;
mod input;
mod interfaces;
mod model;
mod plan;
mod preflight;
mod prepare;
mod protect;
mod read_back;
mod release;
mod scaling;
mod sessions;
mod verdict;
mod ways;

use std::{collections::BTreeSet, sync::Arc};

use bbsec_core::{
    Action, ActionMeta, ChangeResult, Context, Effect, Exit, Failure, Idempotency, Observed, Phase, Plan,
    Undo, Verdict,
};

use self::cut::Cut;
pub(crate) use self::{groups::tags, sessions::roles};
pub use self::{
    input::IsolateInput,
    model::{Isolation, Limit, NodeVerdict, Path, Setting, State},
};
use crate::{client::Aws, facts::NodeFacts, snapshots};

/// Cuts compromised instances off.
#[derive(Debug, Clone)]
pub struct Isolate(pub Arc<Aws>);

/// Whether a change journalled by this step put an interface into an open group, and AWS said yes.
pub(crate) fn opened(context: &Context<'_>, interface: &str) -> bool {
    opened_all(context).contains(interface)
}

fn opened_all(context: &Context<'_>) -> BTreeSet<String> {
    let mut opened = BTreeSet::new();
    for (_, change, result) in context.changes.past().unwrap_or_default() {
        if change.operation != "ec2:ModifyNetworkInterfaceAttribute" {
            continue;
        }
        match change.after.get("role").and_then(serde_json::Value::as_str) {
            Some("open") if matches!(result, Some(ChangeResult::Done { .. })) => {
                opened.insert(change.subject);
            }
            Some("open" | "quarantine") => {}
            // Given back its own groups: what was opened before counts no longer.
            _ => drop(opened.remove(&change.subject)),
        }
    }
    opened
}

impl Isolate {
    /// The nodes of the restore point that are meant: all when none is given.
    fn to_release(context: &Context<'_>, instances: &[String]) -> Result<Vec<NodeFacts>, Failure> {
        let mut nodes = Self::restore_point(context)?.unwrap_or_default();
        nodes.retain(|n| instances.is_empty() || instances.contains(&n.instance));
        Ok(nodes)
    }

    /// What [`Isolate::release`] would put back, and as warnings what somebody changed meanwhile.
    pub fn release_plan(&self, instances: &[String], context: &mut Context<'_>) -> Result<Plan, Failure> {
        release::plan(&self.0, context, &Self::to_release(context, instances)?)
    }

    /// Puts back what a step changed, of the given instances (all when empty). With `partial`, what somebody changed
    /// meanwhile is left alone and the rest is put back; without it nothing is touched then.
    pub fn release(
        &self,
        instances: &[String],
        partial: bool,
        context: &mut Context<'_>,
    ) -> Result<Verdict, Failure> {
        let nodes = Self::to_release(context, instances)?;
        if nodes.is_empty() {
            return Ok(Verdict {
                holds: true,
                checked: vec!["nothing was changed".to_owned()],
                violated: vec![],
            });
        }
        let verdict = release::release(&self.0, context, &nodes, partial)?;
        if verdict.holds {
            // What is put back is no longer held: isolating it again begins with what is there then.
            let mut rest = Self::restore_point(context)?.unwrap_or_default();
            rest.retain(|n| !nodes.iter().any(|done| done.instance == n.instance));
            Self::write_restore_point(context, &rest, &[])?;
        }
        Ok(verdict)
    }

    /// Whether the step still holds something that can be put back.
    pub fn holds_back(&self, context: &Context<'_>) -> Result<bool, Failure> {
        Ok(Self::restore_point(context)?.is_some_and(|nodes| !nodes.is_empty()))
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
            plan.warnings.extend(found::isolated(node, context));
        }
        let asked = preflight::preflight(&self.0, &nodes, context.gaps, input)?;
        plan.warnings.extend(asked.warnings());
        plan.missing.extend(asked.lacking.into_iter().map(|(_, permission)| permission.to_owned()));
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
        let nodes = Self::begun(context)?;
        let held = |id: &String| nodes.iter().any(|n| n.instance == *id);
        let peers = nodes.iter().flat_map(|n| &n.peers).map(|p| &p.instance).filter(|_| input.cluster);
        if nodes.is_empty() || !self.wanted(input, context)?.iter().chain(peers).all(held) {
            return Ok(Observed::NotDone);
        }
        let isolation = self.verdict(input, &nodes, context)?;
        let settled = isolation.instances.iter().all(|n| n.settings.iter().all(|s| s.holds));
        Ok(if isolation.established && settled { Observed::Done(isolation) } else { Observed::NotDone })
    }

    fn apply(&self, input: &IsolateInput, context: &mut Context<'_>) -> Result<Isolation, Failure> {
        let (nodes, evidence) = self.prepare(input, context)?;
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
            Some(nodes) if !nodes.is_empty() => nodes,
            _ => self.facts(input, context)?,
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
