//! Bursts of failed logins: by address, and by account over many addresses.

use std::collections::BTreeMap;

use bbsec_core::{Confidence, Event, Finding, Place, Scope, Severity, Subject, Time, Verb};
use serde_json::json;

use super::fields;

/// A burst: this many failures within the time below.
const BURST: usize = 10;
const WITHIN: i64 = 10 * 60 * 1_000_000;
const MAX_KEPT: usize = 2_000_000;

#[derive(Debug)]
struct Failure {
    time: Time,
    account: u32,
    at: Place,
}

#[derive(Debug, Default)]
pub(super) struct Logins {
    by_address: BTreeMap<String, Vec<Failure>>,
    accounts: Vec<String>,
    numbers: BTreeMap<String, u32>,
    successes: BTreeMap<String, Vec<(Time, String)>>,
    kept: usize,
}

impl Logins {
    pub(super) fn see(&mut self, event: &Event) {
        if event.verb != Verb::Login || self.kept >= MAX_KEPT {
            return;
        }
        let action = event.action.to_ascii_lowercase();
        let failed = action.contains("fail");
        let success =
            action.contains("success") || action.contains("logged.in") || action.contains("login.success");
        let Some(address) = event.ips.first().cloned() else { return };
        let account = fields::find(event, "attribute:", &["target", "username", "user name"])
            .or_else(|| fields::object(event, &["user"]).map(|(name, _)| name))
            .or(event.user.as_deref())
            .unwrap_or_default()
            .to_owned();
        if failed {
            let next = u32::try_from(self.accounts.len()).unwrap_or(u32::MAX);
            let number = *self.numbers.entry(account.clone()).or_insert(next);
            if number == next {
                self.accounts.push(account);
            }
            self.kept += 1;
            self.by_address.entry(address).or_default().push(Failure {
                time: event.time,
                account: number,
                at: event.at.clone(),
            });
        } else if success && !action.contains("logout") {
            self.kept += 1;
            self.successes.entry(address).or_default().push((event.time, account));
        }
    }

    pub(super) fn findings(mut self, scope: &Scope) -> Vec<Finding> {
        let mut out = Vec::new();
        for (address, failures) in &mut self.by_address {
            failures.sort_by_key(|failure| failure.time);
            let burst = failures.windows(BURST).find(|window| {
                matches!((window.first(), window.last()), (Some(a), Some(b)) if a.time.until(b.time) <= WITHIN)
            });
            let Some(first) = burst.and_then(<[Failure]>::first) else { continue };
            let mut accounts: Vec<&str> = failures
                .iter()
                .filter_map(|failure| self.accounts.get(failure.account as usize).map(String::as_str))
                .collect();
            accounts.sort_unstable();
            accounts.dedup();
            let entered =
                self.successes.get(address).and_then(|all| all.iter().find(|(time, _)| *time >= first.time));
            let severity = if entered.is_some() { Severity::High } else { Severity::Medium };
            let mut finding = Finding::new(
                "accounts",
                "accounts.failed-logins",
                format!("{} failed logins on {} accounts from {address}", failures.len(), accounts.len()),
                severity,
                Confidence::Medium,
                Subject::new("ip", address.clone()),
                Some(first.time),
            )
            .because(format!("{BURST} or more within ten minutes, the first at {}", first.time.short()));
            if accounts.len() >= 5 {
                finding.why.push("many accounts: passwords were tried across accounts".into());
            }
            if let Some((time, account)) = entered {
                finding.why.push(format!("then a login succeeded at {} ({account})", time.short()));
            }
            if scope.from.is_some() && scope.contains(first.time) {
                finding.why.push("within the window".into());
            }
            finding.evidence = failures.iter().take(5).map(|failure| failure.at.clone()).collect();
            finding.actor = Some(address.clone());
            finding.data.insert("accounts".into(), json!(accounts.iter().take(50).collect::<Vec<_>>()));
            finding.data.insert("count".into(), json!(failures.len()));
            out.push(finding);
        }
        out
    }
}
