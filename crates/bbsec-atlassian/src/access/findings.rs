//! What stands out in the access log by itself.

use std::collections::{BTreeMap, HashMap, HashSet};

use bbsec_core::{Confidence, Event, Finding, IndicatorKind, Place, Severity, Subject, Time, Verb};

use super::{builder::AccessBuilder, suspects::Suspects};

/// How many requests without a response are told one by one.
const MOST_UNANSWERED: usize = 200;
/// How many repositories in an hour are many.
const MASS: usize = 10;
const HOUR: i64 = 3_600_000_000;

/// Repositories that left in one hour.
#[derive(Debug, Clone, Default)]
struct Spree {
    hour: i64,
    repositories: HashSet<String>,
    bytes: u64,
    at: Option<Place>,
}

/// The busiest hours of one ident.
#[derive(Debug, Default)]
struct Busy {
    now: Spree,
    best: Spree,
    /// Most in an hour on another day than the best.
    other_day: usize,
}

/// Archives that one ident took.
#[derive(Debug, Default)]
struct Archives {
    count: u64,
    bytes: u64,
    repositories: HashSet<String>,
    first: Option<(Time, Place)>,
}

/// Collects signs while events stream through.
#[derive(Debug, Default)]
pub(super) struct Signs {
    busy: HashMap<u32, Busy>,
    archives: HashMap<u32, Archives>,
    unanswered: Vec<(u32, Time, String, String, Place)>,
    more_unanswered: u64,
}

impl Signs {
    pub(super) fn add(&mut self, event: &Event, ident: u32) {
        if !event.source.ends_with(".access") {
            return;
        }
        if let Some(why) = event.extra.get("unanswered") {
            if self.unanswered.len() < MOST_UNANSWERED {
                self.unanswered.push((
                    ident,
                    event.time,
                    event.action.clone(),
                    why.clone(),
                    event.at.clone(),
                ));
            } else {
                self.more_unanswered += 1;
            }
        }
        let Some(target) = &event.target else { return };
        if super::counting::counts(event) != super::counting::Counts::Touch {
            return;
        }
        if event.verb == Verb::Archive {
            let archives = self.archives.entry(ident).or_default();
            archives.count += 1;
            archives.bytes = archives.bytes.saturating_add(event.bytes_out.unwrap_or(0));
            if archives.repositories.len() < 1000 {
                archives.repositories.insert(target.id.clone());
            }
            archives.first.get_or_insert_with(|| (event.time, event.at.clone()));
        }
        if matches!(event.verb, Verb::Clone | Verb::Archive) {
            self.busy.entry(ident).or_default().add(event, &target.id);
        }
    }
}

impl Busy {
    fn add(&mut self, event: &Event, repository: &str) {
        let hour = event.time.micros().div_euclid(HOUR);
        if hour != self.now.hour || self.now.at.is_none() {
            self.close();
            self.now = Spree { hour, at: Some(event.at.clone()), ..Spree::default() };
        }
        if self.now.repositories.len() < 10_000 && !self.now.repositories.contains(repository) {
            self.now.repositories.insert(repository.to_owned());
        }
        self.now.bytes = self.now.bytes.saturating_add(event.bytes_out.unwrap_or(0));
    }

    fn close(&mut self) {
        let now = std::mem::take(&mut self.now);
        let (count, best) = (now.repositories.len(), self.best.repositories.len());
        let other_day = now.hour.div_euclid(24) != self.best.hour.div_euclid(24);
        if count > best {
            if other_day {
                self.other_day = self.other_day.max(best);
            }
            self.best = now;
        } else if other_day {
            self.other_day = self.other_day.max(count);
        }
    }
}

/// All findings.
pub(super) fn findings(of: &AccessBuilder, suspects: &Suspects) -> Vec<Finding> {
    let mut found = of.log_time.findings(&of.scope);
    found.extend(shared_indicators(of, suspects));
    let mut numbers: Vec<&u32> = of.signs.busy.keys().collect();
    numbers.sort_unstable();
    found.extend(numbers.into_iter().filter_map(|number| mass_clone(of, suspects, *number)));
    let mut numbers: Vec<&u32> = of.signs.archives.keys().collect();
    numbers.sort_unstable();
    found.extend(numbers.into_iter().filter_map(|number| archive(of, suspects, *number)));
    found.extend(unanswered(of, suspects));
    found.extend(too_many(of));
    found
}

/// What was left out to bound the memory.
fn too_many(of: &AccessBuilder) -> Option<Finding> {
    let (merged, untold) = (of.idents.merged, of.untold);
    if merged == 0 && untold == 0 {
        return None;
    }
    let title = "Not every address and thing could be told apart: somebody invents them";
    let subject = Subject::new("log", "access");
    let finding =
        Finding::new("access", "too-many", title, Severity::Medium, Confidence::High, subject, None)
            .because(format!("{merged} requests are told without their address, {untold} are in no row"))
            .because("narrow the window with --from and --to, or give fewer logs at a time");
    Some(finding)
}

fn finding(
    of: &AccessBuilder,
    number: u32,
    rule: &str,
    title: impl FnOnce(&str) -> String,
    (severity, confidence): (Severity, Confidence),
    at: Time,
) -> Option<Finding> {
    let ident = of.idents.all.get(number as usize)?;
    let name = ident.name();
    let subject = Subject::new("actor", &name);
    let mut finding = Finding::new("access", rule, title(&name), severity, confidence, subject, Some(at));
    finding.actor = ident.user.clone().or_else(|| ident.ip.clone());
    Some(finding)
}

fn why_suspect(suspects: &Suspects, number: u32) -> Option<String> {
    suspects.tied.get(&number).map(|tied| format!("ties to the suspect: {}", tied.why.join(" → ")))
}

fn mass_clone(of: &AccessBuilder, suspects: &Suspects, number: u32) -> Option<Finding> {
    let busy = of.signs.busy.get(&number)?;
    let (best, other_day) = if busy.now.repositories.len() > busy.best.repositories.len() {
        (&busy.now, busy.other_day.max(busy.best.repositories.len()))
    } else {
        (&busy.best, busy.other_day)
    };
    let count = best.repositories.len();
    let suspect = suspects.tied.contains_key(&number);
    // A build server clones as many every day.
    if count < MASS || (!suspect && other_day.saturating_mul(2) >= count) {
        return None;
    }
    let weight =
        if suspect { (Severity::Critical, Confidence::High) } else { (Severity::High, Confidence::Medium) };
    let at = Time::from_micros(best.hour.saturating_mul(HOUR));
    let title = |name: &str| format!("{name} cloned or downloaded {count} repositories within an hour");
    let mut finding = finding(of, number, "mass-clone", title, weight, at)?
        .because(format!("{count} repositories, {} bytes, in the hour from {}", best.bytes, at.short()))
        .because(format!("most in an hour on any other day: {other_day}"));
    finding.why.extend(why_suspect(suspects, number));
    finding.evidence.extend(best.at.clone());
    Some(finding)
}

fn archive(of: &AccessBuilder, suspects: &Suspects, number: u32) -> Option<Finding> {
    let archives = of.signs.archives.get(&number)?;
    let ident = of.idents.all.get(number as usize)?;
    let suspect = suspects.tied.contains_key(&number);
    let weight = match (suspect, &ident.user) {
        (true, _) => (Severity::High, Confidence::High),
        (false, None) => (Severity::Medium, Confidence::Medium),
        (false, Some(_)) => return None,
    };
    let (at, place) = archives.first.clone()?;
    let title = |name: &str| format!("{name} downloaded {} archives of whole repositories", archives.count);
    let mut repositories: Vec<&str> = archives.repositories.iter().map(String::as_str).collect();
    repositories.sort_unstable();
    repositories.truncate(20);
    let mut finding = finding(of, number, "archive-download", title, weight, at)?
        .because(format!("{} bytes: {}", archives.bytes, repositories.join(", ")))
        .because("an archive is the whole source without a trace in git");
    finding.why.extend(why_suspect(suspects, number));
    finding.evidence.push(place);
    Some(finding)
}

/// Requests without a response, worst where git runs behind them: an injected command that hangs looks like this.
fn unanswered(of: &AccessBuilder, suspects: &Suspects) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut rest: BTreeMap<u32, (u64, Time, Place)> = BTreeMap::new();
    for (number, time, action, why, place) in &of.signs.unanswered {
        let runs_git = ["/archive", "/commits", "/diff", "/compare", "/browse", "/raw", "/patch"]
            .iter()
            .any(|part| action.contains(part));
        let ended = why.contains("log ends");
        if !runs_git || ended {
            let entry = rest.entry(*number).or_insert_with(|| (0, *time, place.clone()));
            entry.0 += 1;
            continue;
        }
        let weight = if action.contains("/archive") || suspects.tied.contains_key(number) {
            (Severity::High, Confidence::Medium)
        } else {
            (Severity::Medium, Confidence::Low)
        };
        let short: String = action.chars().take(160).collect();
        let title = |name: &str| format!("a request of {name} that runs git never got its response");
        if let Some(finding) = finding(of, *number, "unanswered-request", title, weight, *time) {
            let mut finding = finding
                .because(format!("{why}: {short}"))
                .because(
                    "the request crashed, was killed, or hangs, as it does while an injected command runs",
                )
                .seen_at(place.clone());
            finding.why.extend(why_suspect(suspects, *number));
            found.push(finding);
        }
    }
    for (number, (count, time, place)) in rest {
        let title = |name: &str| format!("{count} requests of {name} without a response");
        let weight = (Severity::Info, Confidence::Low);
        let finding = finding(of, number, "unanswered-requests", title, weight, time);
        found
            .extend(finding.map(|finding| {
                finding.because("aborted, or still running when the log ends").seen_at(place)
            }));
    }
    if of.signs.more_unanswered > 0
        && let Some(last) = found.last_mut()
    {
        last.why.push(format!(
            "{} more requests without a response are not told one by one",
            of.signs.more_unanswered
        ));
    }
    found
}

/// A given address that many accounts work from says nothing by itself.
fn shared_indicators(of: &AccessBuilder, suspects: &Suspects) -> Vec<Finding> {
    of.seeds
        .iter()
        .filter(|seed| seed.indicator.kind == IndicatorKind::Ip)
        .filter_map(|seed| {
            let count = suspects.shared.get(&seed.indicator.value)?;
            let finding = Finding::new(
                "access",
                "shared-indicator",
                format!("{} is used by {count} accounts as their own address", seed.indicator),
                Severity::Medium,
                Confidence::High,
                Subject::new("indicator", seed.indicator.to_string()),
                None,
            )
            .because("a proxy, a NAT gateway or a build server: the address alone ties nobody to the suspect")
            .because("give the user, session, token or key as well");
            Some(finding)
        })
        .collect()
}
