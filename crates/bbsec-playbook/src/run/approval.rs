//! Asking before a step: bound to the digest of its plan, until it expires, written down before and after.

use std::{
    path::PathBuf,
    sync::mpsc::Sender,
    time::{Duration, Instant},
};

use bbsec_core::{Change, Exit, Failure, Plan, Time};
use serde_json::{Value, json};

use super::{
    Message, Run,
    model::{Done, StepState},
};
use crate::{Answer, Approve, Period, Request, Step, expression, plan::digest, state::Approved};

/// How long a question stands, unless the playbook says otherwise.
const STANDS: Period = Period(3600);

/// How often a question is asked anew because the world moved on while a person thought about it.
const ROUNDS: u32 = 3;

/// An answer that came sooner is about the world as it is.
const PROMPT: Duration = Duration::from_secs(5);

/// Makes the plan that a person is shown.
pub(super) type Planner<'a> = &'a dyn Fn() -> Result<Plan, Failure>;

impl Run<'_> {
    /// Asks, where the step says so. `None` means: go on.
    pub(super) fn approve<'p>(
        &self,
        step: &'p Step,
        scope: &Value,
        planner: Option<Planner<'_>>,
        sender: &Sender<Message<'p>>,
    ) -> Result<Option<Done>, Failure> {
        let Some(approve) = &step.approve else { return Ok(None) };
        let message =
            expression::text_of(&approve.message, scope).unwrap_or_else(|_| approve.message.value().clone());
        let mut plan = match planner.map(|planner| planner()).transpose() {
            Ok(plan) => plan,
            Err(failure) => return Ok(Some(Done::failed(failure))),
        };
        for _ in 0..ROUNDS {
            let told = self.told.get(step.id.as_str()).and_then(|told| told.approved.as_ref());
            if told.is_some_and(|told| stands(told, plan.as_ref())) {
                return Ok(None);
            }
            let asked = Instant::now();
            let _ = sender.send(Message::Waits);
            let answered = self.ask(step, approve, &message, plan.as_ref());
            let _ = sender.send(Message::GoesOn);
            if let Some(refused) = answered? {
                return Ok(Some(refused));
            }
            // What was agreed to must be what is done now, not what was planned before the answer came.
            let Some(planner) = planner.filter(|_| asked.elapsed() > PROMPT) else { return Ok(None) };
            let now = match planner() {
                Ok(now) => now,
                Err(failure) => return Ok(Some(Done::failed(failure))),
            };
            if plan.as_ref().is_some_and(|shown| shown.changes == now.changes) {
                return Ok(None);
            }
            self.log("approval-void", Some(&step.id), json!({"plan_sha256": digest(&Some(&now))}))?;
            plan = Some(now);
        }
        let failure = Failure::new(
            Exit::Refused,
            format!("the plan of step `{}` kept changing while it was approved", *step.id),
        );
        Ok(Some(Done { failure: Some(failure), ..Done::state(StepState::Refused) }))
    }

    fn ask(
        &self,
        step: &Step,
        approve: &Approve,
        message: &str,
        plan: Option<&Plan>,
    ) -> Result<Option<Done>, Failure> {
        let digest = digest(&plan);
        let stands = i64::try_from(approve.expires.unwrap_or(STANDS).0).unwrap_or(i64::MAX);
        let expires =
            Time::from_micros(Time::now().micros().saturating_add(stands.saturating_mul(1_000_000)));
        let min = approve.min.unwrap_or(1).max(1);
        let file = if self.approver.elsewhere() {
            Some(self.question(step, approve, message, plan, &digest, expires)?)
        } else {
            None
        };
        self.log(
            "approval-asked",
            Some(&step.id),
            json!({"message": message, "plan_sha256": digest, "by": approve.by, "min": min, "expires": expires}),
        )?;
        let whom = if approve.by.is_empty() { "a person".to_owned() } else { approve.by.join(" or ") };
        let waits = !self.approver.prepared(&step.id);
        if waits {
            self.observer.waits(&step.id, Some(&whom));
        }
        let request = Request {
            run: self.id,
            step: &step.id,
            message,
            plan,
            digest: &digest,
            by: &approve.by,
            min,
            expires,
            file: file.as_deref(),
        };
        let answer = self.approver.ask(&request);
        if waits {
            self.observer.waits(&step.id, None);
        }
        match answer {
            Answer::Yes(approvals) => {
                let by: Vec<&str> = approvals.iter().map(|approval| approval.by.as_str()).collect();
                let approvals: Vec<Value> =
                    approvals.iter().map(|one| json!({"by": one.by, "how": one.how})).collect();
                let body = json!({
                    "by": by.join(", "), "approvals": approvals, "plan_sha256": digest, "message": message,
                    "changes": changes(plan), "expires": expires,
                });
                self.log("approved", Some(&step.id), body)?;
                Ok(None)
            }
            Answer::No { why } => {
                self.log("refused", Some(&step.id), json!({"why": why, "plan_sha256": digest}))?;
                let failure =
                    Failure::new(Exit::Refused, format!("step `{}` was not approved: {why}", *step.id));
                Ok(Some(Done { failure: Some(failure), ..Done::state(StepState::Refused) }))
            }
        }
    }

    /// The question as a file that somebody elsewhere can read and sign.
    fn question(
        &self,
        step: &Step,
        approve: &Approve,
        message: &str,
        plan: Option<&Plan>,
        digest: &str,
        expires: Time,
    ) -> Result<PathBuf, Failure> {
        let case = self.case.read();
        let body = json!({
            "schema": "bbsec-ir.approval/v1", "case": case.meta().id, "run": self.id, "step": *step.id,
            "message": message, "by": approve.by, "min": approve.min.unwrap_or(1), "expires": expires,
            "plan_sha256": digest, "plan": plan,
        });
        let mut bytes = serde_json::to_vec_pretty(&body)
            .map_err(|error| Failure::because("the question cannot be written as JSON", error))?;
        bytes.push(b'\n');
        let folder = case.run_dir(self.id);
        let name = (1..1000)
            .map(|number| format!("approval-{}-{number}.json", *step.id))
            .find(|name| std::fs::symlink_metadata(folder.join(name)).is_err())
            .unwrap_or_else(|| format!("approval-{}-{digest}.json", *step.id));
        Ok(case.write_run_file(self.id, &name, &bytes)?)
    }
}

/// SHA-256 of each change.
fn changes(plan: Option<&Plan>) -> Vec<String> {
    plan.iter().flat_map(|plan| &plan.changes).map(one).collect()
}

/// What would be changed to what; what it was before may have moved on by our own doing.
fn one(change: &Change) -> String {
    digest(&(&change.operation, &change.subject, &change.after))
}

/// Whether an approval that was given before the run was interrupted still covers the plan: it is the same, or what is
/// left of it.
fn stands(approved: &Approved, plan: Option<&Plan>) -> bool {
    let in_time = approved.until.is_some_and(|until| Time::now() < until);
    let same = approved.plan == digest(&plan);
    let rest = !approved.changes.is_empty()
        && plan.is_some_and(|plan| plan.changes.iter().all(|change| approved.changes.contains(&one(change))));
    in_time && (same || rest)
}
