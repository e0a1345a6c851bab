//! Idents: user, token, key and origin, each combination once. What is known of it stays small.

use std::{
    collections::HashMap,
    hash::{BuildHasher, RandomState},
};

use bbsec_core::{Event, Place, Time};

/// Beyond this many, addresses of the same account are no longer told apart: somebody invents one per request.
const MOST: usize = 500_000;
/// How many days are remembered one by one.
const DAYS: usize = 32;
/// How many session ids are remembered for the row.
const SESSIONS: usize = 16;
/// How many user agents are remembered per ident.
const AGENTS: usize = 8;

/// One combination of who and from where.
#[derive(Debug, Clone)]
pub(super) struct Ident {
    pub user: Option<String>,
    pub token: Option<String>,
    pub ssh_key: Option<String>,
    pub ip: Option<String>,
    /// Other addresses of the forwarded chain, at most a few.
    pub chain: Vec<String>,
    pub first: Time,
    pub last: Time,
    pub events: u64,
    /// First days on which it was seen, as days since the epoch.
    pub days: Vec<i64>,
    pub sessions: Vec<String>,
    pub more_sessions: bool,
    pub agents: Vec<u32>,
    pub at: Place,
    /// The first event that matched an indicator by session, agent or request, for each such indicator.
    pub tagged: Vec<(usize, Place, Time)>,
}

impl Ident {
    /// How people would say who this is.
    pub(super) fn name(&self) -> String {
        let mut name = self.user.clone().unwrap_or_else(|| "anonymous".into());
        if let Some(token) = &self.token {
            name = name + " with token " + token;
        }
        if let Some(key) = &self.ssh_key {
            name = name + " with SSH key " + key;
        }
        if let Some(ip) = &self.ip {
            name = name + " from " + ip;
        }
        name
    }
}

/// All idents.
#[derive(Debug, Default)]
pub(super) struct Idents {
    pub all: Vec<Ident>,
    index: HashMap<u64, Vec<u32>>,
    hash: RandomState,
    /// Events whose address was one too many.
    pub merged: u64,
}

/// The day of a time.
pub(super) fn day(time: Time) -> i64 {
    time.micros().div_euclid(86_400_000_000)
}

impl Idents {
    /// The number of the ident that an event belongs to; its statistics are kept up to date.
    pub(super) fn of(&mut self, event: &Event, agent: Option<u32>) -> u32 {
        let number = self.find_or_add(event);
        let Some(ident) = self.all.get_mut(number as usize) else { return number };
        ident.events = ident.events.saturating_add(1);
        ident.first = ident.first.min(event.time);
        ident.last = ident.last.max(event.time);
        let day = day(event.time);
        if ident.days.last() != Some(&day) && ident.days.len() < DAYS && !ident.days.contains(&day) {
            ident.days.push(day);
        }
        if let Some(session) = &event.session
            && ident.sessions.last() != Some(session)
            && !ident.sessions.contains(session)
        {
            if ident.sessions.len() < SESSIONS {
                ident.sessions.push(session.clone());
            } else {
                ident.more_sessions = true;
            }
        }
        if let Some(agent) = agent
            && ident.agents.len() < AGENTS
            && !ident.agents.contains(&agent)
        {
            ident.agents.push(agent);
        }
        for hop in event.ips.iter().skip(1) {
            if ident.chain.len() < 4 && !ident.chain.contains(hop) {
                ident.chain.push(hop.clone());
            }
        }
        number
    }

    fn find_or_add(&mut self, event: &Event) -> u32 {
        let key = (&event.user, &event.token, &event.ssh_key, event.ips.first());
        let numbers = self.index.entry(self.hash.hash_one(key)).or_default();
        let found = numbers.iter().copied().find(|number| {
            self.all
                .get(*number as usize)
                .is_some_and(|ident| (&ident.user, &ident.token, &ident.ssh_key, ident.ip.as_ref()) == key)
        });
        if let Some(number) = found {
            return number;
        }
        if self.all.len() >= MOST && !event.ips.is_empty() {
            self.merged = self.merged.saturating_add(1);
            let nameless = Event { ips: Vec::new(), ..event.clone() };
            return self.find_or_add(&nameless);
        }
        let number = u32::try_from(self.all.len()).unwrap_or(u32::MAX);
        numbers.push(number);
        self.all.push(Ident {
            user: event.user.clone(),
            token: event.token.clone(),
            ssh_key: event.ssh_key.clone(),
            ip: event.ips.first().cloned(),
            chain: Vec::new(),
            first: event.time,
            last: event.time,
            events: 0,
            days: Vec::new(),
            sessions: Vec::new(),
            more_sessions: false,
            agents: Vec::new(),
            at: event.at.clone(),
            tagged: Vec::new(),
        });
        number
    }
}
