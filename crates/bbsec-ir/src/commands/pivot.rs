//! `pivot`: what is linked to an indicator, hop by hop, over all logs of a case.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    ops::ControlFlow,
};

use bbsec_case::{Access, Case, EventFilter, names};
use bbsec_core::{Event, Exit, Failure, Indicator, IndicatorKind, Place, Time};
use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

use crate::{output::Listing, session::Session, show};

/// An address with more users than this belongs to a proxy or an office: whom it links is said, and not followed.
const SHARED: usize = 5;
/// Requests whose lines in other logs are looked for.
const REQUESTS: usize = 200_000;

/// `pivot`
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  bbsec-ir pivot ip:203.0.113.7
  bbsec-ir pivot token:263466287238 --hops 1 --format json
  bbsec-ir pivot request:@9K7Z3NNx6x3112x1

The first hop also counts lines of other logs that belong to the same requests. Addresses that many
users share, user agents and requests are shown and not followed further.")]
pub(crate) struct PivotArgs {
    /// KIND:VALUE; kinds: ip, user, session, token, ssh-key, user-agent, aws-principal, request
    indicator: Indicator,
    /// How many hops to follow
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..=6))]
    hops: u8,
    /// First moment
    #[arg(long, value_name = "TIME")]
    from: Option<Time>,
    /// Last moment
    #[arg(long, value_name = "TIME")]
    to: Option<Time>,
}

/// What ties one indicator to another.
#[derive(Debug)]
struct Link {
    hop: u8,
    via: Indicator,
    events: u64,
    first: Time,
    last: Time,
    at: Place,
    sources: BTreeSet<String>,
}

/// What was done to one thing.
#[derive(Debug)]
struct Touched {
    events: u64,
    bytes_out: u64,
    first: Time,
    last: Time,
}

#[derive(Debug)]
struct Web {
    start: Indicator,
    links: BTreeMap<Indicator, Link>,
    /// Addresses that are not followed, with how many users they were seen with.
    shared: BTreeMap<Indicator, usize>,
    targets: BTreeMap<String, Touched>,
    requests: HashSet<String>,
    sources: BTreeMap<String, u64>,
}

/// A row for machines: an indicator that is linked, a target that was touched, or a source that tells of it.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub(crate) struct Row {
    /// How many steps away.
    #[serde(skip_serializing_if = "Option::is_none")]
    hop: Option<u8>,
    /// The indicator.
    #[serde(skip_serializing_if = "Option::is_none")]
    linked: Option<Indicator>,
    /// Through which other one.
    #[serde(skip_serializing_if = "Option::is_none")]
    via: Option<Indicator>,
    /// Kind and id of what was touched.
    #[serde(skip_serializing_if = "Option::is_none")]
    target: Option<String>,
    /// A log.
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<String>,
    /// In how many events.
    events: u64,
    /// What was sent in them.
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes_out: Option<u64>,
    /// The first of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    first: Option<Time>,
    /// The last of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    last: Option<Time>,
    /// The logs that say so.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    sources: Vec<String>,
    /// A line that proves it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    evidence: Vec<Place>,
    /// Whether the next hop starts from it too.
    #[serde(skip_serializing_if = "Option::is_none")]
    followed: Option<bool>,
}

pub(crate) fn pivot(session: &Session, args: PivotArgs) -> Result<Exit, Failure> {
    let case = session.case(Access::Read)?;
    let mut web = Web {
        start: args.indicator.clone(),
        links: BTreeMap::new(),
        shared: BTreeMap::new(),
        targets: BTreeMap::new(),
        requests: HashSet::new(),
        sources: BTreeMap::new(),
    };
    let window = EventFilter { from: args.from, to: args.to, ..EventFilter::default() };
    let mut frontier = BTreeSet::from([args.indicator]);
    for hop in 1..=args.hops {
        frontier = web.hop(&case, &window, hop, &frontier)?;
        if hop == 1 {
            web.other_logs(&case, &window)?;
            if web.sources.is_empty() {
                session.say("no event of the case carries this indicator");
                return Ok(Exit::Nothing);
            }
        }
        if frontier.is_empty() {
            break;
        }
    }
    session.output.rows(&web.listing())?;
    Ok(Exit::Done)
}

impl Web {
    /// Follows the frontier over one hop; gives the next frontier.
    fn hop(
        &mut self,
        case: &Case,
        window: &EventFilter,
        hop: u8,
        frontier: &BTreeSet<Indicator>,
    ) -> Result<BTreeSet<Indicator>, Failure> {
        let filter = EventFilter { indicators: frontier.iter().cloned().collect(), ..window.clone() };
        let mut found: BTreeMap<(Indicator, Indicator), Link> = BTreeMap::new();
        let mut users: BTreeMap<Indicator, BTreeSet<String>> = BTreeMap::new();
        case.events(&filter, &mut |event| {
            if hop == 1 {
                self.saw(&event);
            }
            for via in frontier.iter().filter(|via| names(&event, via)) {
                if via.kind == IndicatorKind::Ip
                    && let Some(user) = &event.user
                {
                    let known = users.entry(via.clone()).or_default();
                    if known.len() <= SHARED {
                        known.insert(user.clone());
                    }
                }
                self.note(&event, via, hop, &mut found);
            }
            ControlFlow::Continue(())
        })?;
        for (via, known) in
            users.into_iter().filter(|(via, known)| known.len() > SHARED && *via != self.start)
        {
            self.shared.insert(via, known.len());
        }
        let mut next = BTreeSet::new();
        for ((other, via), link) in found {
            if self.shared.contains_key(&via) {
                continue;
            }
            if followed(other.kind) {
                next.insert(other.clone());
            }
            // Of several ways to an indicator the one with most events is shown.
            match self.links.get_mut(&other) {
                Some(known) if known.hop < hop || known.events >= link.events => {}
                Some(known) => *known = link,
                None => _ = self.links.insert(other, link),
            }
        }
        Ok(next)
    }

    fn note(
        &self,
        event: &Event,
        via: &Indicator,
        hop: u8,
        found: &mut BTreeMap<(Indicator, Indicator), Link>,
    ) {
        for other in indicators(event) {
            if other == *via || other == self.start || self.links.contains_key(&other) {
                continue;
            }
            let link = found.entry((other, via.clone())).or_insert_with(|| Link {
                hop,
                via: via.clone(),
                events: 0,
                first: event.time,
                last: event.time,
                at: event.at.clone(),
                sources: BTreeSet::new(),
            });
            link.events += 1;
            link.first = link.first.min(event.time);
            link.last = link.last.max(event.time);
            if !link.sources.contains(event.source.as_ref()) {
                link.sources.insert(event.source.clone().into_owned());
            }
        }
    }

    /// Counts an event of the indicator itself.
    fn saw(&mut self, event: &Event) {
        *self.sources.entry(event.source.clone().into_owned()).or_default() += 1;
        if let Some(request) = &event.request
            && self.requests.len() < REQUESTS
        {
            self.requests.insert(request.clone());
        }
        if let Some(target) = &event.target {
            let touched = self
                .targets
                .entry(format!("{} {}", target.kind.name(), target.id))
                .or_insert(Touched { events: 0, bytes_out: 0, first: event.time, last: event.time });
            touched.events += 1;
            touched.bytes_out = touched.bytes_out.saturating_add(event.bytes_out.unwrap_or(0));
            touched.first = touched.first.min(event.time);
            touched.last = touched.last.max(event.time);
        }
    }

    /// Lines of other logs that tell of the same requests and do not name the indicator themselves.
    fn other_logs(&mut self, case: &Case, window: &EventFilter) -> Result<(), Failure> {
        if self.requests.is_empty() {
            return Ok(());
        }
        let requests = std::mem::take(&mut self.requests);
        let filter = EventFilter { requests, ..window.clone() };
        let mut found = BTreeMap::new();
        case.events(&filter, &mut |event| {
            if !names(&event, &self.start) {
                self.saw(&event);
                let via = self.start.clone();
                self.note(&event, &via, 1, &mut found);
            }
            ControlFlow::Continue(())
        })?;
        for ((other, _), link) in found {
            self.links.entry(other).or_insert(link);
        }
        Ok(())
    }

    fn listing(&self) -> Listing {
        let (mut cells, mut rows) = (Vec::new(), Vec::new());
        let mut links: Vec<(&Indicator, &Link)> = self.links.iter().collect();
        links.sort_by(|a, b| a.1.hop.cmp(&b.1.hop).then(b.1.events.cmp(&a.1.events)).then(a.0.cmp(b.0)));
        for (indicator, link) in links {
            let shared = self.shared.get(indicator);
            let note = shared.map_or(String::new(), |_| format!(" (more than {SHARED} users: not followed)"));
            cells.push(vec![
                link.hop.to_string(),
                format!("{}{note}", show::clip(&indicator.to_string(), 60)),
                if link.hop > 1 { show::clip(&link.via.to_string(), 30) } else { String::new() },
                link.events.to_string(),
                link.first.short(),
            ]);
            rows.push(self.row(indicator, link));
        }
        let mut touched: Vec<_> = self.targets.iter().collect();
        touched
            .sort_by_key(|(name, touched)| (std::cmp::Reverse((touched.bytes_out, touched.events)), *name));
        for (target, touched) in touched {
            cells.push(vec![
                "-".into(),
                target.clone(),
                format!("{} sent", show::bytes(touched.bytes_out)),
                touched.events.to_string(),
                touched.first.short(),
            ]);
            rows.push(json!(Row {
                target: Some(target.clone()),
                events: touched.events,
                bytes_out: Some(touched.bytes_out),
                first: Some(touched.first),
                last: Some(touched.last),
                ..Row::default()
            }));
        }
        for (source, events) in &self.sources {
            rows.push(json!(Row { source: Some(source.clone()), events: *events, ..Row::default() }));
        }
        Listing {
            name: "pivot",
            heads: vec!["hop", "linked or touched", "through", "events", "first"],
            cells,
            rows,
        }
    }

    fn row(&self, indicator: &Indicator, link: &Link) -> Value {
        json!(Row {
            hop: Some(link.hop),
            linked: Some(indicator.clone()),
            via: Some(link.via.clone()),
            events: link.events,
            first: Some(link.first),
            last: Some(link.last),
            sources: link.sources.iter().cloned().collect(),
            evidence: vec![link.at.clone()],
            followed: Some(followed(indicator.kind) && !self.shared.contains_key(indicator)),
            ..Row::default()
        })
    }
}

/// A user agent is many people's, and a request's other lines are joined by the first hop.
fn followed(kind: IndicatorKind) -> bool {
    !matches!(kind, IndicatorKind::UserAgent | IndicatorKind::Request)
}

/// Every indicator that an event carries by which an actor can be known.
fn indicators(event: &Event) -> Vec<Indicator> {
    let one = |kind, value: &Option<String>| value.as_ref().map(|value| Indicator::new(kind, value.clone()));
    let mut all: Vec<Indicator> =
        event.ips.first().map(|ip| Indicator::new(IndicatorKind::Ip, ip.clone())).into_iter().collect();
    all.extend(one(IndicatorKind::User, &event.user));
    all.extend(one(IndicatorKind::Session, &event.session));
    all.extend(one(IndicatorKind::Token, &event.token));
    all.extend(one(IndicatorKind::SshKey, &event.ssh_key));
    all.extend(one(IndicatorKind::UserAgent, &event.user_agent));
    all
}
