//! How much an observation weighs: by itself, by who did it, from where, when, and what came right before.

use std::collections::{BTreeMap, BTreeSet};

use bbsec_core::{Confidence, Finding, IndicatorKind, Scope, Severity, Subject, Time, escape};
use serde_json::json;

use super::{habits::Habits, observe::Observation, rules::Kind};

/// An account that gets rights, tokens or keys within this time after it was made.
const FRESH: i64 = 24 * 3600 * 1_000_000;

pub(super) fn findings(scope: &Scope, kept: &[Observation], habits: &Habits) -> Vec<Finding> {
    let mut world = World::new(scope);
    kept.iter().map(|observation| world.weigh(scope, observation, habits)).collect()
}

/// Points with their reasons.
struct Weight {
    points: u8,
    sure: Confidence,
    why: Vec<String>,
}

impl Weight {
    fn add(&mut self, points: u8, reason: String, sure: Confidence) {
        self.points = self.points.saturating_add(points).min(4);
        self.sure = self.sure.max(sure);
        self.why.push(reason);
    }
}

struct World {
    /// Accounts that the actor has or made.
    tainted: BTreeMap<String, String>,
    addresses: BTreeSet<String>,
    sessions: BTreeSet<String>,
    requests: BTreeSet<String>,
    created: BTreeMap<String, Time>,
}

impl World {
    fn new(scope: &Scope) -> Self {
        let of = |kind: IndicatorKind| {
            scope.suspects.iter().filter(move |given| given.kind == kind).map(|given| given.value.clone())
        };
        Self {
            tainted: of(IndicatorKind::User).map(|user| (user, "given as a suspect".to_owned())).collect(),
            addresses: of(IndicatorKind::Ip).collect(),
            sessions: of(IndicatorKind::Session).collect(),
            requests: of(IndicatorKind::Request).collect(),
            created: BTreeMap::new(),
        }
    }

    /// Why the author is taken for the actor.
    fn suspect(&self, seen: &Observation) -> Option<String> {
        if let Some(ip) = seen.ips.iter().find(|ip| self.addresses.contains(*ip)) {
            return Some(format!("done from the suspect address {ip}"));
        }
        if let Some(session) = seen.session.as_ref().filter(|session| self.sessions.contains(*session)) {
            return Some(format!("done in the suspect session {session}"));
        }
        if let Some(request) = seen.request.as_ref().filter(|request| self.requests.contains(*request)) {
            return Some(format!("done in the suspect request {request}"));
        }
        let author = seen.author.as_ref()?;
        self.tainted.get(author).map(|why| format!("done by the account {author}, {why}"))
    }

    fn weigh(&mut self, scope: &Scope, seen: &Observation, habits: &Habits) -> Finding {
        let mut weight = Weight { points: seen.rule.weight, sure: Confidence::Low, why: Vec::new() };
        let suspect = self.suspect(seen);
        if let Some(reason) = suspect.clone() {
            weight.add(2, reason, Confidence::High);
        }
        let system = seen.nobody.as_deref().is_some_and(|name| name.eq_ignore_ascii_case("system"));
        if let Some(nobody) = seen.nobody.as_ref().filter(|_| !system) {
            weight.add(2, format!("nobody was logged in ({nobody})"), Confidence::High);
        }
        for (points, reason) in &seen.more {
            weight.add(*points, reason.clone(), Confidence::Medium);
        }
        if let (Some(author), Some(ip)) = (&seen.author, seen.ips.first())
            && suspect.is_none()
            && habits.unusual(author, ip)
        {
            weight.add(
                1,
                format!("{author} usually works from another address than {ip}"),
                Confidence::Medium,
            );
        }
        let account = seen.account.as_ref();
        let born = account.and_then(|account| self.created.get(account)).map(|born| born.until(seen.time));
        if let Some(age) = born.filter(|age| (0..=FRESH).contains(age) && seen.rule.kind != Kind::UserCreated)
        {
            weight.add(1, format!("the account was created {} before", span(age)), Confidence::Medium);
        }
        let made_for_another = matches!(seen.rule.kind, Kind::TokenCreated | Kind::SshKeyCreated)
            && seen.author.is_some()
            && account.is_some_and(|account| seen.author.as_ref() != Some(account));
        if made_for_another {
            weight.add(
                1,
                "made for another account than the one that was logged in".into(),
                Confidence::Medium,
            );
        }
        if scope.from.is_some() && scope.contains(seen.time) && weight.points < 3 {
            weight.add(1, "within the window".into(), Confidence::Low);
        }
        self.learn(seen, suspect.is_some() || (seen.nobody.is_some() && !system));
        finding(seen, weight)
    }

    /// What the actor makes is the actor's.
    fn learn(&mut self, seen: &Observation, by_actor: bool) {
        let Some(account) = &seen.account else { return };
        if seen.rule.kind == Kind::UserCreated {
            self.created.insert(account.clone(), seen.time);
            if by_actor {
                let why = format!("which the actor created at {}", seen.time.short());
                self.tainted.entry(account.clone()).or_insert(why);
            }
        }
    }
}

fn span(micros: i64) -> String {
    let seconds = micros / 1_000_000;
    match seconds {
        ..120 => format!("{seconds} s"),
        120..7200 => format!("{} min", seconds / 60),
        _ => format!("{} h", seconds / 3600),
    }
}

const fn severity(weight: u8) -> Severity {
    match weight {
        0 => Severity::Info,
        1 => Severity::Low,
        2 => Severity::Medium,
        3 => Severity::High,
        _ => Severity::Critical,
    }
}

fn finding(seen: &Observation, weight: Weight) -> Finding {
    let who = seen.author.clone().or_else(|| seen.nobody.clone()).unwrap_or_else(|| "nobody".into());
    let shown = match (&seen.name, &seen.account) {
        (Some(name), Some(account)) if name != &seen.subject => {
            format!("{} {name} for {account}", seen.subject)
        }
        (_, Some(account)) if account != &seen.subject => format!("{} for {account}", seen.subject),
        (Some(name), None) if name != &seen.subject => format!("{} {name}", seen.subject),
        _ => seen.subject.clone(),
    };
    let from = seen.ips.first().map(|ip| format!(" from {ip}")).unwrap_or_default();
    let title = format!("{}: {} (by {who}{from})", seen.rule.what, escape::terminal(&shown));
    let mut subject = Subject::new(seen.rule.subject, seen.subject.clone());
    subject.name = seen.name.clone().or_else(|| seen.account.clone()).filter(|name| *name != seen.subject);
    let rule = match seen.rule.kind {
        Kind::AuditConfig if seen.more.iter().any(|(points, _)| *points >= 2) => "accounts.audit-lowered",
        Kind::GroupMember if seen.more.iter().any(|(points, _)| *points >= 2) => {
            "accounts.admin-group-member-added"
        }
        _ => seen.rule.id,
    };
    let mut finding =
        Finding::new("accounts", rule, title, severity(weight.points), weight.sure, subject, Some(seen.time))
            .seen_at(seen.at.clone());
    finding.why = weight.why;
    finding.actor = seen.author.clone().or_else(|| seen.ips.first().cloned());
    finding.fix = fix(seen);
    finding.data.insert("action".into(), json!(seen.action));
    finding.data.insert("ips".into(), json!(seen.ips));
    if let Some(account) = &seen.account {
        finding.data.insert("account".into(), json!(account));
    }
    for (name, value) in &seen.data {
        finding.data.insert((*name).into(), json!(value));
    }
    finding
}

/// A request that takes it back; the address and an administrator's token are the responder's.
fn fix(seen: &Observation) -> Option<String> {
    let delete = |path: String| format!("curl -X DELETE -H \"Authorization: Bearer $TOKEN\" \"$URL{path}\"");
    let account = seen.account.as_deref().map(percent);
    match seen.rule.kind {
        Kind::UserCreated if seen.action.starts_with("bitbucket") => {
            Some(delete(format!("/rest/api/latest/admin/users?name={}", account?)))
        }
        Kind::TokenCreated if seen.action.starts_with("bitbucket") => {
            Some(delete(format!("/rest/access-tokens/latest/users/{}/{}", account?, percent(&seen.subject))))
        }
        Kind::SshKeyCreated if seen.action.starts_with("bitbucket") => {
            Some(delete(format!("/rest/ssh/latest/keys/{}", percent(&seen.subject))))
        }
        Kind::AuditConfig => Some(
            "Administration → Audit log → Settings: set every coverage area to Full, and the retention back"
                .into(),
        ),
        _ => None,
    }
}

fn percent(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

/// Said when there were more events than can be weighed.
pub(super) fn dropped(count: u64, last: Option<Time>) -> Finding {
    Finding::new(
        "accounts",
        "accounts.incomplete",
        format!("{count} further changes to accounts were not weighed"),
        Severity::Medium,
        Confidence::High,
        Subject::new("configuration", "audit"),
        last,
    )
    .because("the audit logs hold more changes than are kept at once; narrow the window")
}
