//! Takes the events and keeps what the rows need.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use bbsec_core::{Event, Indicator, IndicatorKind, Place, Scope, Target, TargetKind, Time, Verb};

use super::{
    Access, Origin,
    agents::Agents,
    counting::{self, Counts, counts},
    fate::Fate,
    findings::Signs,
    ident::Idents,
    log_time::LogTime,
    made::AllMade,
    sessions::Sessions,
};

/// How many places stand in a row.
const PLACES: usize = 5;
/// How many indicators detections may add; every event is compared with each.
const INFERRED: usize = 64;
/// Actors and things that are told apart. A scanner that asks for invented repositories makes a new one per request.
const CELLS: usize = 2_000_000;
/// How many exploits are told per row.
const EXPLOITS: usize = 8;

/// One actor part and one thing.
#[derive(Debug, Clone)]
pub(super) struct Cell {
    pub verbs: BTreeMap<Verb, u64>,
    pub bytes_out: u64,
    pub first: Time,
    pub last: Time,
    pub refused: u64,
    pub places: Vec<Place>,
    /// Exploits that were tried on it, with what came of them.
    pub exploits: BTreeSet<String>,
    /// For what an audit log or database says: how often on each day since the epoch.
    pub days: BTreeMap<i64, u64>,
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
    /// By kind and id: what people call a thing stands in some forms of its address only.
    target_numbers: HashMap<TargetKind, HashMap<String, u32>>,
    pub(super) cells: HashMap<CellKey, Cell>,
    pub(super) fill_ins: HashMap<CellKey, Cell>,
    pub(super) signs: Signs,
    pub(super) log_time: LogTime,
    pub(super) made: AllMade,
    /// Idents that rows of the database made.
    pub(super) from_database: HashSet<u32>,
    pub(super) fate: Fate,
    /// Events about actors and things that were too many.
    pub(super) untold: u64,
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
            from_database: HashSet::new(),
            fate: Fate::default(),
            untold: 0,
        }
    }

    /// An indicator that a detection names; `why` is its reason. Sessions, agents and requests are only matched in
    /// events that come afterwards. `None` when there are too many already.
    pub fn infer(&mut self, indicator: Indicator, why: impl Into<String>) -> Option<usize> {
        let indicator = normal(indicator);
        if let Some(known) = self.seeds.iter().position(|seed| seed.indicator == indicator) {
            return Some(known);
        }
        let inferred = self.seeds.iter().filter(|seed| seed.origin == Origin::Detected).count();
        if inferred >= INFERRED {
            return None;
        }
        self.seeds.push(Seed { indicator, origin: Origin::Detected, why: why.into() });
        Some(self.seeds.len() - 1)
    }

    /// Takes one event, of any source.
    pub fn add(&mut self, event: &Event) {
        self.take(event, None);
    }

    /// Takes an event in which a detection saw an exploit; `title` is the detection's. Unless it was refused, its thing
    /// counts as touched even where the answer was an error or never came, and its origin as the actor's.
    pub fn add_exploit(&mut self, event: &Event, title: &str) {
        self.take(event, Some(title));
    }

    fn take(&mut self, event: &Event, exploit: Option<&str>) {
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
        self.fate.add(event);
        let exploit = exploit.filter(|_| !counting::was_refused(event));
        let detected = exploit.and_then(|title| {
            let why = format!("detected: {title} ({}@{})", event.at.file, event.at.offset);
            self.infer(Indicator::new(IndicatorKind::Ip, event.ips.first()?), why)
        });
        let tag = self.tag(event).or(detected);
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
        let kind = match counts(event) {
            Counts::Refused if exploit.is_some() => Counts::Tried,
            kind => kind,
        };
        let Some(target) = event.target.as_ref().filter(|_| kind != Counts::No) else { return };
        let key = (ident, tag.is_some(), self.target_number(target));
        if event.source.ends_with(".database") {
            self.from_database.insert(ident);
        }
        let cells = if kind == Counts::FillIn { &mut self.fill_ins } else { &mut self.cells };
        if cells.len() >= CELLS && !cells.contains_key(&key) {
            self.untold = self.untold.saturating_add(1);
            return;
        }
        let cell = cells.entry(key).or_insert_with(|| Cell {
            verbs: BTreeMap::new(),
            bytes_out: 0,
            first: event.time,
            last: event.time,
            refused: 0,
            places: Vec::new(),
            exploits: BTreeSet::new(),
            days: BTreeMap::new(),
        });
        cell.add(event, kind);
        if let Some(title) = exploit.filter(|_| cell.exploits.len() < EXPLOITS) {
            cell.exploits.insert(format!("{title}: {}", answer(event)));
        }
    }

    /// The rows, the findings and the indicators.
    pub fn finish(self) -> Access {
        super::rows::finish(self)
    }

    fn target_number(&mut self, target: &Target) -> u32 {
        let numbers = self.target_numbers.entry(target.kind).or_default();
        if let Some(number) = numbers.get(target.id.as_str()).copied() {
            if let Some(known) = self.targets.get_mut(number as usize)
                && known.name.is_none()
            {
                known.name.clone_from(&target.name);
            }
            return number;
        }
        let number = u32::try_from(self.targets.len()).unwrap_or(u32::MAX);
        self.targets.push(target.clone());
        numbers.insert(target.id.clone(), number);
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
        // What an exploit did is in no log, so no verb says that content left; that the thing was reached is known.
        let verb = if kind == Counts::Tried { Verb::Other } else { event.verb };
        if kind == Counts::FillIn {
            *self.days.entry(super::ident::day(event.time)).or_default() += 1;
        }
        let count = self.verbs.entry(verb).or_default();
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
        self.exploits.extend(other.exploits.iter().cloned());
        if other.verbs.is_empty() {
            self.refused = self.refused.saturating_add(other.refused);
            return;
        }
        if self.verbs.is_empty() {
            let (refused, exploits) = (self.refused, std::mem::take(&mut self.exploits));
            *self = other;
            self.refused = self.refused.saturating_add(refused);
            self.exploits.extend(exploits);
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

/// How a request ended, in words.
fn answer(event: &Event) -> String {
    match (event.extra.contains_key("unanswered"), event.status) {
        (true, _) => "the request was never answered; what ran meanwhile is in no log".into(),
        (false, Some(status @ 500..=599)) => {
            format!("it ended in {status}, which does not say that nothing ran")
        }
        (false, Some(status)) => format!("it was answered with {status}"),
        (false, None) => "the log does not say how it ended".into(),
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
