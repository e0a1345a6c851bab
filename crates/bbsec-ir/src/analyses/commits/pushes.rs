//! Pushes, as the access log tells them, by repository; and who of those who pushed is suspect.

use std::{collections::BTreeMap, ops::ControlFlow};

use bbsec_case::{Access as Open, Case, EventFilter};
use bbsec_core::{CaseStore, Event, Failure, Place, Progress, Scope, Sink, TargetKind, Time, Touch, Verb};

use crate::analyses::{database, scan_access};

/// Pushes that are kept; a busy instance has some ten thousand a day.
const MOST: usize = 2_000_000;

/// One push, or a commit that the server made for somebody: a merge or an edit in the browser.
#[derive(Debug, Clone)]
pub(crate) struct Push {
    pub(crate) time: Time,
    pub(crate) user: Option<String>,
    pub(crate) ip: Option<String>,
    pub(crate) means: Option<String>,
    /// Made in the browser or through REST.
    pub(crate) by_server: bool,
    /// Why whoever pushed is taken for the suspect.
    pub(crate) suspect: Option<Vec<String>>,
    pub(crate) at: Place,
}

impl Push {
    /// Who pushed, in words.
    pub(crate) fn who(&self) -> String {
        let mut who = self.user.clone().unwrap_or_else(|| "anonymous".into());
        for part in [self.means.as_ref(), self.ip.as_ref().map(|ip| format!("from {ip}")).as_ref()]
            .into_iter()
            .flatten()
        {
            who.push(' ');
            who.push_str(part);
        }
        who
    }
}

/// Pushes of every repository, by `PROJECT/slug`, in order of time.
#[derive(Debug, Default)]
pub(crate) struct Pushes {
    pub(crate) by_repository: BTreeMap<String, Vec<Push>>,
    pub(crate) untold: u64,
    count: usize,
}

impl Pushes {
    fn add(&mut self, event: &Event) {
        let Some(push) = push(event) else { return };
        let Some(target) = &event.target else { return };
        if self.count >= MOST {
            self.untold += 1;
            return;
        }
        self.count += 1;
        self.by_repository.entry(target.id.clone()).or_default().push(push);
    }

    /// First and last.
    pub(crate) fn span(&self) -> Option<(Time, Time)> {
        let times = || self.by_repository.values().flatten().map(|push| push.time);
        Some((times().min()?, times().max()?))
    }

    fn finish(mut self, touches: &[Touch]) -> Self {
        for (repository, pushes) in &mut self.by_repository {
            pushes.sort_by_key(|push| push.time);
            let suspects: Vec<&Touch> = touches
                .iter()
                .filter(|touch| touch.suspect && touch.target.kind == TargetKind::Repository)
                .filter(|touch| touch.target.id == *repository)
                .collect();
            for push in pushes.iter_mut() {
                let fits = |touch: &&&Touch| {
                    touch.actor.user == push.user
                        && touch.first <= push.time
                        && push.time <= touch.last
                        && push.ip.as_ref().is_none_or(|ip| touch.actor.ips.contains(ip))
                };
                push.suspect = suspects.iter().find(fits).map(|touch| touch.why.clone());
            }
        }
        self
    }
}

fn push(event: &Event) -> Option<Push> {
    if !event.source.ends_with(".access") || event.target.as_ref()?.kind != TargetKind::Repository {
        return None;
    }
    let merged = event.action.starts_with("POST ")
        && event.action.contains("/pull-requests/")
        && event.action.split(['?', ' ']).nth(1).is_some_and(|path| path.ends_with("/merge"));
    let pushed = event.verb == Verb::Push;
    // Failed: nothing came in. An SSH command ends with 0.
    let failed = event.status.is_some_and(|status| status >= 300 || (1..100).contains(&status));
    if !(merged || pushed) || failed || event.extra.contains_key("unanswered") {
        return None;
    }
    let means = match (&event.token, &event.ssh_key) {
        (Some(token), _) => Some(format!("with token {token}")),
        (None, Some(key)) => Some(format!("with SSH key {key}")),
        (None, None) => None,
    };
    Some(Push {
        time: event.time,
        user: event.user.clone(),
        ip: event.ips.first().cloned(),
        means,
        by_server: merged || event.action.starts_with("PUT ") || event.action.starts_with("POST /rest/"),
        suspect: None,
        at: event.at.clone(),
    })
}

/// Out of the case, where `scan access` has been there before; else out of the logs.
pub(crate) fn read(
    input: &super::super::scan_commits::CommitsInput,
    scope: &Scope,
    case: Option<&dyn CaseStore>,
    sink: &mut dyn Sink,
    progress: &dyn Progress,
) -> Result<Pushes, Failure> {
    let mut pushes = Pushes::default();
    if let Some(case) = case.filter(|_| input.log.is_empty()) {
        let opened = Case::open(case.root(), Open::Read)?;
        let filter = EventFilter { sources: vec!["bitbucket.access".into()], ..EventFilter::default() };
        let read = opened.events(&filter, &mut |event| {
            pushes.add(&event);
            ControlFlow::Continue(())
        })?;
        if read > 0 {
            return Ok(pushes.finish(&opened.touches()?));
        }
    }
    let inputs = match scan_access::log_inputs(&input.log, input.home.as_deref(), case) {
        Ok(inputs) => inputs,
        // Without logs there are commits all the same.
        Err(failure) if failure.exit == bbsec_core::Exit::Nothing => return Ok(pushes),
        Err(failure) => return Err(failure),
    };
    let rows = database::rows(&[], case, sink, progress)?;
    let mut take = |event: &Event| pushes.add(event);
    let (_, access, _) = scan_access::pass(&inputs, scope, &[], &rows, sink, progress, Some(&mut take))?;
    Ok(pushes.finish(&access.touches))
}
