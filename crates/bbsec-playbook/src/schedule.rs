//! Which step is next: a pure machine that the runner, the dry run and a playbook's own tests all follow.

use std::collections::{BTreeMap, BTreeSet};

use crate::{OnFailure, Playbook, Step, StepState, order::closure};

/// What to do now.
#[derive(Debug)]
pub(crate) enum Next<'p> {
    /// Start this step; others may be running.
    Start(&'p Step),
    /// This step does not happen, and why.
    Skip(&'p Step, String),
    /// Nothing until a running step has ended.
    Wait,
    /// Every step has ended.
    End,
}

/// The state of a run, as far as order goes.
#[derive(Debug)]
pub(crate) struct Schedule<'p> {
    playbook: &'p Playbook,
    /// Steps that have neither started nor been skipped, in the order of the file.
    waiting: Vec<&'p Step>,
    running: BTreeSet<&'p str>,
    ended: BTreeMap<&'p str, StepState>,
    /// Steps that did not happen, so that what needs them does not either; with the reason to tell.
    blocked: BTreeMap<&'p str, &'static str>,
    /// Steps that run only after a failure has led to them.
    handlers: BTreeSet<&'p str>,
    /// Those of them to which a failure has led.
    enabled: BTreeSet<&'p str>,
    /// Why nothing more is started.
    halted: Option<String>,
}

impl<'p> Schedule<'p> {
    pub(crate) fn new(playbook: &'p Playbook) -> Self {
        let targets: Vec<&str> = playbook
            .steps
            .iter()
            .filter_map(|step| match playbook.on_failure(step) {
                OnFailure::Goto(target) => Some(target.as_str()),
                _ => None,
            })
            .collect();
        let mut handlers = BTreeSet::new();
        for target in &targets {
            handlers.extend(with_dependents(playbook, target));
        }
        Self {
            playbook,
            waiting: playbook.steps.iter().collect(),
            running: BTreeSet::new(),
            ended: BTreeMap::new(),
            blocked: BTreeMap::new(),
            handlers,
            enabled: BTreeSet::new(),
            halted: None,
        }
    }

    /// Nothing more is started, for this reason.
    pub(crate) fn halt(&mut self, why: impl Into<String>) {
        self.halted.get_or_insert_with(|| why.into());
        self.enabled.clear();
    }

    /// What to do now. A step that is handed out counts as running until [`Schedule::ended`] is told of it.
    pub(crate) fn next(&mut self) -> Next<'p> {
        let Some(position) = self.waiting.iter().position(|step| self.decided(step)) else {
            if !self.running.is_empty() {
                return Next::Wait;
            }
            // What is left waits for steps that lead to nobody, or for each other, which validation refuses.
            let Some(step) = (!self.waiting.is_empty()).then(|| self.waiting.remove(0)) else {
                return Next::End;
            };
            let why = if self.handlers.contains(step.id.as_str()) {
                "no failure led to it".to_owned()
            } else {
                "what it needs never ended".to_owned()
            };
            return self.skip(step, why);
        };
        let step = self.waiting.remove(position);
        let id = step.id.as_str();
        if let Some(why) = self.halted.clone().filter(|_| !self.enabled.contains(id)) {
            return self.skip(step, why);
        }
        if !self.enabled.contains(id)
            && let Some((need, why)) =
                step.needs.iter().find_map(|need| self.blocked.get_key_value(need.as_str()))
        {
            let why = format!("`{need}` {why}");
            return self.skip(step, why);
        }
        self.running.insert(id);
        Next::Start(step)
    }

    /// Whether something can be said about a waiting step.
    fn decided(&self, step: &Step) -> bool {
        let id = step.id.as_str();
        if self.halted.is_some() && !self.enabled.contains(id) {
            return true;
        }
        if self.handlers.contains(id) && !self.enabled.contains(id) {
            return false;
        }
        // A handler does not wait for what the halt has cut short.
        let over = |need: &str| self.ended.contains_key(need) || !self.exists(need);
        step.needs.iter().all(|need| over(need))
            || step.needs.iter().any(|need| self.blocked.contains_key(need.as_str()))
    }

    fn exists(&self, id: &str) -> bool {
        self.playbook.steps.iter().any(|step| step.id.as_str() == id)
    }

    fn skip(&mut self, step: &'p Step, why: String) -> Next<'p> {
        self.ended.insert(&step.id, StepState::Skipped);
        self.blocked.insert(&step.id, "did not happen");
        Next::Skip(step, why)
    }

    /// A started step has ended.
    pub(crate) fn ended(&mut self, step: &'p Step, state: StepState) {
        let id = step.id.as_str();
        self.running.remove(id);
        self.ended.insert(id, state);
        let failed = matches!(state, StepState::Failed | StepState::Refused | StepState::Violated);
        if state == StepState::Open {
            self.blocked.insert(id, "is still a person's open task");
        }
        if !failed {
            return;
        }
        match self.playbook.on_failure(step) {
            OnFailure::Continue => {}
            OnFailure::Halt | OnFailure::Undo => {
                self.blocked.insert(id, "did not happen");
                self.halt("an earlier step failed");
            }
            OnFailure::Goto(target) => {
                self.blocked.insert(id, "did not happen");
                self.halt(format!("`{id}` failed, which leads to `{target}`"));
                self.enabled = with_dependents(self.playbook, target);
            }
        }
    }
}

/// A step and what needs it, directly or through others.
fn with_dependents<'p>(playbook: &'p Playbook, target: &str) -> BTreeSet<&'p str> {
    let needs_it =
        |step: &&Step| step.id.as_str() == target || closure(&playbook.steps, &step.id).contains(target);
    playbook.steps.iter().filter(needs_it).map(|step| step.id.as_str()).collect()
}
