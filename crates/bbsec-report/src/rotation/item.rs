//! One credential's line of the list: its class, the reasons, and what to do.

use std::collections::BTreeSet;

use bbsec_core::{Confidence, ExposedSecret, Place, Severity, Time};

use super::{
    Class, Exposure, Location, RotationItem, Use,
    exposure::Exposures,
    identity::{Credential, Login},
    uses::{self, Uses},
};
use crate::{
    CaseData, RotationState,
    knowledge::{self, Names},
    words,
};

/// Places that one item names; the rest are counted.
const PLACES: usize = 50;
/// Uses and exposures that one item names.
const NAMED: usize = 50;
/// Pieces of evidence that one item names.
const CITED: usize = 12;

pub(super) fn build(
    data: &CaseData,
    credential: &Credential<'_>,
    exposures: &Exposures<'_>,
    uses: &Uses,
) -> RotationItem {
    match &credential.login {
        Some(login) => of_login(data, credential, login, uses),
        None => of_rows(data, credential, exposures, uses),
    }
}

/// What the rows of one credential say together.
struct Facts<'a> {
    best: &'a ExposedSecret,
    exposed_to: Vec<Exposure>,
    used: Vec<Use>,
    found_at: Vec<Location>,
    on_host: bool,
    dead: Option<String>,
    administrator: Option<String>,
}

fn of_rows(
    data: &CaseData,
    credential: &Credential<'_>,
    exposures: &Exposures<'_>,
    uses: &Uses,
) -> RotationItem {
    let Some(best) = best_row(&credential.rows) else { return empty(credential) };
    let of_product = is_products_own(&best.provider);
    let mut used = uses.of_ids(credential.public_ids.iter(), of_product);
    let (exposed_to, found_at) = places(credential, exposures);
    if let Some(exposed) = exposed_to.iter().map(|exposure| exposure.first).min() {
        uses::tie_by_exposure(&mut used, exposed, &data.scope.own.addresses);
    }
    let on_host = credential.rows.iter().any(|row| is_on_host(data, row));
    let administrator = administrator(data, credential, &used);
    let dead =
        uses.inactive(credential.public_ids.iter()).map(str::to_owned).or_else(|| dead_by_notes(credential));
    let facts = Facts { best, exposed_to, used, found_at, on_host, dead, administrator };
    let class = class(&facts);
    let why = why(&facts, class);
    let mut item = skeleton(data, credential, best, &facts.used);
    item.class = class;
    item.why = why;
    item.first_exposed = facts.exposed_to.iter().map(|exposure| exposure.first).min();
    item.occurrences = credential.rows.iter().map(|row| row.occurrences.max(1)).fold(0, u64::saturating_add);
    item.evidence = evidence(&facts);
    item.administrator = facts.administrator;
    item.exposed_to = facts.exposed_to;
    item.used = facts.used;
    item.found_at = facts.found_at;
    item.exposed_to.truncate(NAMED);
    item.used.truncate(NAMED);
    item.found_at.truncate(PLACES);
    item
}

/// The row that says most: not generic, surest, worst.
fn best_row<'a>(rows: &[&'a ExposedSecret]) -> Option<&'a ExposedSecret> {
    rows.iter().copied().max_by(|a, b| {
        let key = |row: &ExposedSecret| {
            (row.provider != "generic", row.confidence, row.severity, row.public_id.is_some(), row.at_head)
        };
        key(a).cmp(&key(b)).then_with(|| (&b.rule, &b.repo, &b.path).cmp(&(&a.rule, &a.repo, &a.path)))
    })
}

/// Whether a credential's numeric id is one that the product's own log prints.
pub(super) fn is_products_own(provider: &str) -> bool {
    ["bitbucket", "jira", "confluence", "atlassian", "ssh"].iter().any(|name| provider.starts_with(name))
}

fn is_on_host(data: &CaseData, row: &ExposedSecret) -> bool {
    data.host_fingerprints.contains(&row.fingerprint.0)
        || row.notes.iter().any(|note| note.contains("held by the host"))
        || (row.repo.is_none() && row.slug.is_none() && matches!(row.object.kind.as_str(), "file" | "config"))
}

/// `PROJECT/slug` where the home told it, else the path that was scanned.
fn target(row: &ExposedSecret) -> String {
    match (&row.project, &row.slug) {
        (Some(project), Some(slug)) => format!("{project}/{slug}"),
        _ => row.repo.clone().unwrap_or_else(|| "the host".into()),
    }
}

fn places(credential: &Credential<'_>, exposures: &Exposures<'_>) -> (Vec<Exposure>, Vec<Location>) {
    let mut exposed_to: Vec<Exposure> = Vec::new();
    let mut found_at = Vec::new();
    let mut seen = BTreeSet::new();
    for row in &credential.rows {
        let target = target(row);
        let reached = exposures.to(&target);
        found_at.push(Location {
            touched: !reached.is_empty(),
            path: row.path.clone().or_else(|| (row.object.kind == "file").then(|| row.object.id.clone())),
            line: row.line,
            commit: row.commit.clone(),
            committed_at: row.committed_at,
            author: author(row),
            reachable: row.reachable.iter().map(|reach| reach.name.clone()).collect(),
            at_head: row.at_head,
            occurrences: row.occurrences,
            target: target.clone(),
        });
        if seen.insert(target) {
            exposed_to.extend(reached);
        }
    }
    exposed_to.sort_by(|a, b| (a.first, &a.target, &a.actor).cmp(&(b.first, &b.target, &b.actor)));
    found_at.sort_by(|a, b| {
        (!a.touched, !a.at_head, &a.target, &a.path).cmp(&(!b.touched, !b.at_head, &b.target, &b.path))
    });
    (exposed_to, found_at)
}

fn author(row: &ExposedSecret) -> Option<String> {
    match (&row.author, &row.email) {
        (Some(name), Some(email)) => Some(format!("{name} <{email}>")),
        (Some(name), None) => Some(name.clone()),
        (None, Some(email)) => Some(email.clone()),
        (None, None) => None,
    }
}

fn dead_by_notes(credential: &Credential<'_>) -> Option<String> {
    const DEAD: [&str; 5] = ["expired", "revoked", "documentation example", "test key", "placeholder"];
    let says = |note: &&String| {
        let note = note.to_lowercase();
        DEAD.iter().any(|word| note.contains(word))
    };
    // Only when every row says so: another place may hold a live one.
    let mut found = None;
    for row in &credential.rows {
        found = Some(row.notes.iter().find(says)?);
    }
    found.cloned()
}

fn administrator(data: &CaseData, credential: &Credential<'_>, used: &[Use]) -> Option<String> {
    let known = credential.public_ids.iter().find(|id| data.administrators.contains(*id)).cloned();
    let principal = used.iter().filter_map(|u| u.principal.as_ref());
    let named = principal.clone().find(|arn| data.administrators.contains(*arn)).cloned();
    if let Some(who) = known.or(named) {
        return Some(format!("{who} has administrator's rights"));
    }
    if let Some(arn) = principal.clone().find(|arn| arn.ends_with(":root")) {
        return Some(format!("{arn} is the account's root"));
    }
    let accounts = ["root", "admin", "administrator", "postgres", "sa", "sys", "system"];
    credential.public_ids.iter().find_map(|id| {
        let (account, _) = id.split_once('@')?;
        let account = account.rsplit(['/', ':']).next().unwrap_or(account);
        accounts
            .contains(&account.to_ascii_lowercase().as_str())
            .then(|| format!("the account is called {account}, by custom an administrator's"))
    })
}

fn class(facts: &Facts<'_>) -> Class {
    let sure = facts.best.confidence >= Confidence::Medium || facts.found_at.iter().any(|l| l.at_head);
    if facts.used.iter().any(|used| used.by_actor) {
        Class::Used
    } else if facts.exposed_to.is_empty() {
        if facts.on_host { Class::OnHost } else { Class::Untouched }
    } else if facts.dead.is_none() && sure {
        Class::ExposedLive
    } else {
        Class::Exposed
    }
}

fn why(facts: &Facts<'_>, class: Class) -> Vec<String> {
    let mut why = Vec::new();
    why.extend(used_for(&facts.used));
    for exposure in facts.exposed_to.iter().take(3) {
        let how = match exposure.how.as_str() {
            "whole" => "took the whole of",
            _ => "read in",
        };
        why.push(format!(
            "{} {how} {}, first on {} ({}).",
            exposure.actor,
            exposure.target,
            words::when(exposure.first),
            exposure.verbs.iter().map(|(verb, n)| format!("{verb} ×{n}")).collect::<Vec<_>>().join(", ")
        ));
    }
    if facts.exposed_to.len() > 3 {
        why.push(format!("{} more ways in which it was exposed.", facts.exposed_to.len() - 3));
    }
    why.extend(facts.administrator.iter().map(|reason| format!("Administrator: {reason}.")));
    why.extend(facts.dead.iter().map(|reason| format!("Probably dead: {reason}.")));
    why.push(standing(facts));
    why.extend(caution(facts));
    if facts.on_host && class != Class::OnHost {
        why.push("The compromised host held it as well.".into());
    }
    match class {
        Class::OnHost => why.push("Whoever ran code on the host could read it; that leaves no log.".into()),
        Class::Untouched => {
            why.push("No suspect is known to have read it. With code on the host, they could have.".into());
        }
        _ => {}
    }
    why
}

/// What it was used for, in one sentence for each reason to think so.
fn used_for(used: &[Use]) -> Vec<String> {
    let mut groups: Vec<(&Use, Vec<&Use>)> = Vec::new();
    for one in used {
        match groups.iter_mut().find(|(first, _)| (first.by_actor, &first.tie) == (one.by_actor, &one.tie)) {
            Some((_, group)) => group.push(one),
            None => groups.push((one, vec![one])),
        }
    }
    let sentences = groups.iter().take(4).map(|(first, group)| {
        let calls: Vec<String> = group
            .iter()
            .take(4)
            .map(|used| format!("{} ×{}", used.action, words::count(used.count)))
            .collect();
        let more = group.len().saturating_sub(4);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let span = match (
            group.iter().filter_map(|used| used.first).min(),
            group.iter().filter_map(|used| used.last).max(),
        ) {
            (Some(from), Some(to)) if from != to => format!(", {}", words::span(from, to)),
            (Some(from), _) => format!(", {}", words::when(from)),
            _ => String::new(),
        };
        let who = if first.by_actor { "Used by the actor" } else { "Used" };
        format!("{who} for {}{more}{span}; {}.", calls.join(", "), first.tie.trim_end_matches('.'))
    });
    sentences.collect()
}

/// Where it stands today.
fn standing(facts: &Facts<'_>) -> String {
    let Some(location) = facts.found_at.first() else { return "Where it stands is not known.".into() };
    let line = location.line.map(|line| format!(", line {line}")).unwrap_or_default();
    let path = location.path.as_deref().unwrap_or("an object without a path");
    if location.at_head {
        format!("It stands at the tip of a branch of {}: {path}{line}.", location.target)
    } else if location.commit.is_none() {
        format!("It stands in {}: {path}{line}.", location.target)
    } else if location.reachable.is_empty() {
        format!("It stands in {} in commits that no ref reaches: {path}{line}.", location.target)
    } else {
        format!("It stands in the history of {}: {path}{line}.", location.target)
    }
}

/// What speaks against the exposure. It stays exposed: commit dates can be set freely, and commits read by id.
fn caution(facts: &Facts<'_>) -> Option<String> {
    let touched: Vec<&Location> = facts.found_at.iter().filter(|location| location.touched).collect();
    let last = facts.exposed_to.iter().map(|exposure| exposure.last).max()?;
    if !touched.is_empty() && touched.iter().all(|l| l.committed_at.is_some_and(|at| at > last)) {
        return Some(
            "Its commits are dated after the actor's last read; a commit's date can be set freely.".into(),
        );
    }
    let hidden = |l: &&Location| l.commit.is_some() && l.reachable.is_empty();
    (!touched.is_empty() && touched.iter().all(hidden)).then(|| {
        "No ref reaches it now: a clone carries it only if one did then, but it can be read by commit id."
            .into()
    })
}

fn evidence(facts: &Facts<'_>) -> Vec<Place> {
    let mut seen = BTreeSet::new();
    let places = facts.used.iter().flat_map(|used| &used.evidence);
    places
        .chain(facts.exposed_to.iter().flat_map(|exposure| &exposure.evidence))
        .filter(|place| seen.insert((place.file.to_string(), place.offset)))
        .take(CITED)
        .cloned()
        .collect()
}

/// The item without what depends on the case's story.
fn skeleton(
    data: &CaseData,
    credential: &Credential<'_>,
    best: &ExposedSecret,
    used: &[Use],
) -> RotationItem {
    let public_id = best.public_id.clone().or_else(|| credential.public_ids.first().cloned());
    let principal = used.iter().find_map(|used| used.principal.clone());
    let mut item = empty(credential);
    item.owner = principal
        .as_ref()
        .map(|arn| format!("{arn}, as the log names it"))
        .or_else(|| author(best).map(|author| format!("not known; brought in by {author}")));
    item.provider.clone_from(&best.provider);
    item.title.clone_from(&best.title);
    item.severity = credential.rows.iter().map(|row| row.severity).max().unwrap_or(best.severity);
    item.confidence = best.confidence;
    item.state = state(data, credential);
    let names = Names::of(public_id.as_deref(), &best.provider, principal.as_deref());
    item.public_id = public_id;
    advise(&mut item, &best.rule, None, &names);
    item
}

fn of_login(data: &CaseData, credential: &Credential<'_>, login: &Login<'_>, uses: &Uses) -> RotationItem {
    let mut item = empty(credential);
    let user = login.user.as_deref().unwrap_or("an unknown user");
    let product = data.product.clone().unwrap_or_else(|| "atlassian".into());
    let (kind, title) = match login.kind {
        "aws" if login.id.starts_with("ASIA") => {
            ("aws-session", format!("Session {} of {}", login.id, words::brief(user)))
        }
        "aws" => ("aws-access-key", format!("Access key {} of {}", login.id, words::brief(user))),
        "token" if product == "jira" || product == "confluence" => {
            ("atlassian-pat", format!("Access token {} of {user}", login.id))
        }
        "token" => ("bitbucket-token", format!("Access token {} of {user}", login.id)),
        "ssh-key" => ("bitbucket-ssh", format!("SSH key {} of {user}", login.id)),
        _ => ("atlassian-account", format!("Password and sessions of {user}")),
    };
    item.provider = if login.kind == "aws" { "aws".into() } else { product };
    item.title = title;
    item.severity = Severity::Critical;
    item.confidence = Confidence::High;
    item.class = Class::Used;
    item.public_id = Some(login.id.clone());
    item.owner.clone_from(&login.user);
    item.used = uses.of_ids(std::iter::once(&login.id), true);
    item.administrator = login
        .user
        .as_ref()
        .filter(|user| data.administrators.contains(*user))
        .map(|user| format!("{user} has administrator's rights"));
    let first = login.touches.iter().map(|touch| touch.first).min();
    let last = login.touches.iter().map(|touch| touch.last).max();
    item.why = if login.kind == "aws" { used_for(&item.used) } else { login_why(login, first, last) };
    item.why.extend(item.administrator.iter().map(|reason| format!("Administrator: {reason}.")));
    item.first_exposed = first;
    let touched = login.touches.iter().flat_map(|touch| &touch.evidence);
    let used = item.used.iter().flat_map(|used| &used.evidence);
    item.evidence = touched.chain(used.filter(|_| login.kind == "aws")).take(CITED).cloned().collect();
    item.occurrences = login.touches.len() as u64;
    item.state = state(data, credential);
    item.used.truncate(NAMED);
    let names = match login.kind {
        "aws" => Names::of(Some(&login.id), "aws", login.user.as_deref()),
        _ => Names { id: Some(login.id.clone()), user: login.user.clone(), host: None },
    };
    advise(&mut item, "", Some(kind), &names);
    item
}

fn login_why(login: &Login<'_>, first: Option<Time>, last: Option<Time>) -> Vec<String> {
    let targets: BTreeSet<&str> = login.touches.iter().map(|touch| touch.target.id.as_str()).collect();
    let span = match (first, last) {
        (Some(first), Some(last)) => words::span(first, last),
        _ => "at a time not known".into(),
    };
    let mut why = vec![format!(
        "The actor worked with it: {} touched, {span}.",
        words::many(targets.len(), "target", "targets")
    )];
    let mut hops: Vec<&String> = login.touches.iter().flat_map(|touch| &touch.why).collect();
    hops.sort();
    hops.dedup();
    why.extend(hops.into_iter().take(4).cloned());
    why
}

fn advise(item: &mut RotationItem, rule: &str, kind: Option<&str>, names: &Names) {
    let entry = kind
        .and_then(knowledge::kind)
        .or_else(|| knowledge::kind_of(&item.provider, rule, item.public_id.as_deref()));
    let Some(entry) = entry else { return };
    let fill = |lines: &[String]| lines.iter().map(|line| names.fill(line)).collect::<Vec<_>>();
    item.kind.clone_from(&entry.name);
    item.opens.clone_from(&entry.opens);
    item.who.clone_from(&entry.who);
    item.breaks = names.fill(&entry.breaks);
    item.revoke = fill(&entry.revoke);
    item.replace = fill(&entry.replace);
    item.check_dead = fill(&entry.check_dead);
    item.see_use = fill(&entry.see_use);
    item.documented = entry.documented();
}

/// How far the rotation is, under any key that the credential ever had; a dismissal counts as a state.
fn state(data: &CaseData, credential: &Credential<'_>) -> Option<RotationState> {
    let ids: Vec<String> = credential.keys().map(|key| super::rotation_id(&key)).collect();
    if let Some(state) = ids.iter().find_map(|id| data.rotation_state.get(id)) {
        return Some(state.clone());
    }
    let mut keys = ids.iter().chain(&credential.fingerprints);
    keys.find_map(|key| data.dismissed.get(key)).map(|dismissal| RotationState {
        state: "dismissed".into(),
        by: dismissal.by.clone(),
        at: dismissal.at,
        note: Some(dismissal.why.clone()),
    })
}

fn empty(credential: &Credential<'_>) -> RotationItem {
    RotationItem {
        id: credential.id(),
        rank: 0,
        class: Class::Untouched,
        public_id: None,
        fingerprints: credential.fingerprints.iter().cloned().collect(),
        provider: String::new(),
        kind: String::new(),
        name: String::new(),
        title: String::new(),
        severity: Severity::Info,
        confidence: Confidence::Low,
        administrator: None,
        why: Vec::new(),
        first_exposed: None,
        exposed_to: Vec::new(),
        used: Vec::new(),
        found_at: Vec::new(),
        occurrences: 0,
        owner: None,
        opens: String::new(),
        who: String::new(),
        revoke: Vec::new(),
        replace: Vec::new(),
        breaks: String::new(),
        check_dead: Vec::new(),
        see_use: Vec::new(),
        documented: String::new(),
        state: None,
        evidence: Vec::new(),
        sources: Vec::new(),
    }
}
