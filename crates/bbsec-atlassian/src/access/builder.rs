//! Takes the events and keeps what the rows need.

use std::collections::{BTreeMap, HashMap};

use bbsec_core::{Event, Indicator, IndicatorKind, Place, Scope, Target, Time, Verb};

use super::{
    Access, Origin,
    agents::Agents,
    counting::{Counts, counts},
    findings::Signs,
    ident::Idents,
    log_time::LogTime,
    made::AllMade,
    sessions::Sessions,
};

/// How many places stand in a row.
const PLACES: usize = 5;

/// One actor part and one thing.
#[derive(Debug, Clone)]
pub(super) struct Cell {
    pub verbs: BTreeMap<Verb, u64>,
    pub bytes_out: u64,
    pub first: Time,
    pub last: Time,
    pub refused: u64,
    pub places: Vec<Place>,
}

/// What a cell is about: the ident, whether its events themselves matched an indicator, the thing.
pub(super) type CellKey = (u32, bool, u32);

/// A seed of suspicion.
#[derive(Debug, Clone)]
pub(super) struct Seed {
    pub indicator: Indicator,
    pub origin: Origin,
    pub why: String,
}

/// Builds [`Access`] out of a stream of events.
pub struct AccessBuilder {
    pub(super) seeds: Vec<Seed>,
    pub(super) scope: Scope,
    pub(super) idents: Idents,
    pub(super) agents: Agents,
    pub(super) sessions: Sessions,
    pub(super) targets: Vec<Target>,
    target_numbers: HashMap<Target, u32>,
    pub(super) cells: HashMap<CellKey, Cell>,
    pub(super) fill_ins: HashMap<CellKey, Cell>,
    pub(super) signs: Signs,
    pub(super) log_time: LogTime,
    pub(super) made: AllMade,
}

impl AccessBuilder {
    /// `suspects` are the indicators that the responder gave; the scope's own are added.
    pub fn new(suspects: Vec<Indicator>, scope: &Scope) -> Self {
        let mut seeds: Vec<Seed> = Vec::new();
        for indicator in suspects.into_iter().chain(scope.suspects.iter().cloned()) {
            let indicator = normal(indicator);
            if !seeds.iter().any(|seed| seed.indicator == indicator) {
                let why = format!("given: {indicator}");
                seeds.push(Seed { indicator, origin: Origin::Given, why });
            }
        }
        Self {
            seeds,
            scope: scope.clone(),
            idents: Idents::default(),
            agents: Agents::default(),
            sessions: Sessions::default(),
            targets: Vec::new(),
            target_numbers: HashMap::new(),
            cells: HashMap::new(),
            fill_ins: HashMap::new(),
            signs: Signs::default(),
            log_time: LogTime::default(),
            made: AllMade::default(),
        }
    }

    /// An indicator that a detection names; `why` is its reason. Sessions, agents and requests are only matched in
    /// events that come afterwards.
    pub fn infer(&mut self, indicator: Indicator, why: impl Into<String>) {
        let indicator = normal(indicator);
        if !self.seeds.iter().any(|seed| seed.indicator == indicator) {
            self.seeds.push(Seed { indicator, origin: Origin::Detected, why: why.into() });
        }
    }

    /// Takes one event, of any source.
    pub fn add(&mut self, event: &Event) {
        self.log_time.add(event);
        if event.user.is_none() && event.ips.is_empty() {
            return;
        }
        let agent = event.user_agent.as_deref().and_then(|agent| self.agents.of(agent));
        let ident = self.idents.of(event, agent);
        if let Some(session) = &event.session {
            self.sessions.saw(session, ident, &event.at);
        }
        self.made.add(event, ident);
        let tag = self.tag(event);
        if let Some(seed) = tag
            && let Some(ident) = self.idents.all.get_mut(ident as usize)
            && !ident.tagged.iter().any(|(known, ..)| *known == seed)
        {
            ident.tagged.push((seed, event.at.clone(), event.time));
        }
        if !self.scope.contains(event.time) {
            return;
        }
        self.signs.add(event, ident);
        let kind = counts(event);
        let Some(target) = event.target.as_ref().filter(|_| kind != Counts::No) else { return };
        let key = (ident, tag.is_some(), self.target_number(target));
        let cells = if kind == Counts::FillIn { &mut self.fill_ins } else { &mut self.cells };
        let cell = cells.entry(key).or_insert_with(|| Cell {
            verbs: BTreeMap::new(),
            bytes_out: 0,
            first: event.time,
            last: event.time,
            refused: 0,
            places: Vec::new(),
        });
        cell.add(event, kind);
    }

    /// The rows, the findings and the indicators.
    pub fn finish(self) -> Access {
        super::rows::finish(self)
    }

    fn target_number(&mut self, target: &Target) -> u32 {
        if let Some(number) = self.target_numbers.get(target) {
            return *number;
        }
        let number = u32::try_from(self.targets.len()).unwrap_or(u32::MAX);
        self.targets.push(target.clone());
        self.target_numbers.insert(target.clone(), number);
        number
    }

    /// The seed that this very event matches by something that changes from event to event.
    fn tag(&self, event: &Event) -> Option<usize> {
        self.seeds.iter().position(|seed| {
            let value = &seed.indicator.value;
            match seed.indicator.kind {
                IndicatorKind::Session => event.session.as_ref() == Some(value),
                IndicatorKind::Request => event.request.as_ref() == Some(value),
                IndicatorKind::UserAgent => event.user_agent.as_ref() == Some(value),
                // An address further along the chain: the first one is the client's to invent.
                IndicatorKind::Ip => event.ips.iter().skip(1).any(|ip| ip == value),
                _ => false,
            }
        })
    }
}

impl Cell {
    fn add(&mut self, event: &Event, kind: Counts) {
        if kind == Counts::Refused {
            self.refused = self.refused.saturating_add(1);
            return;
        }
        if self.verbs.is_empty() {
            (self.first, self.last) = (event.time, event.time);
        }
        let count = self.verbs.entry(event.verb).or_default();
        *count = count.saturating_add(1);
        self.bytes_out = self.bytes_out.saturating_add(event.bytes_out.unwrap_or(0));
        self.first = self.first.min(event.time);
        self.last = self.last.max(event.time);
        // The first place of every verb, then the first places at all.
        if self.places.len() < PLACES && (*count == 1 || self.places.len() < PLACES - 2) {
            self.places.push(event.at.clone());
        }
    }

    /// Takes another cell in.
    pub(super) fn merge(&mut self, other: Self) {
        if other.verbs.is_empty() {
            self.refused = self.refused.saturating_add(other.refused);
            return;
        }
        if self.verbs.is_empty() {
            let refused = self.refused;
            *self = other;
            self.refused = self.refused.saturating_add(refused);
            return;
        }
        for (verb, count) in other.verbs {
            let sum = self.verbs.entry(verb).or_default();
            *sum = sum.saturating_add(count);
        }
        self.bytes_out = self.bytes_out.saturating_add(other.bytes_out);
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
        self.refused = self.refused.saturating_add(other.refused);
        self.places.extend(other.places);
        self.places.truncate(PLACES);
    }
}

/// Request ids are compared without the marks that the access log puts in front.
fn normal(mut indicator: Indicator) -> Indicator {
    if indicator.kind == IndicatorKind::Request {
        let id = indicator.value.as_str();
        let id = id.strip_prefix(['i', 'o']).filter(|rest| rest.starts_with(['@', '*'])).unwrap_or(id);
        indicator.value = id.trim_start_matches(['@', '*']).to_owned();
    }
    indicator
}
