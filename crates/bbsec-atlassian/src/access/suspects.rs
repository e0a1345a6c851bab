//! From the given indicators to all that ties to them.
//!
//! A hop needs a proof, and every proof has a weight: a session, token or key that is used from a second address is
//! strong, an address that a second account is used from is weaker, a rare user agent is weak. Two things stop a hop:
//! an address that many accounts use as their own, and work that an account did from that address before the trouble
//! began, since a stolen account goes on being used by its owner.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use bbsec_core::{IndicatorKind, Time};

use super::{agents::is_common_kind, builder::AccessBuilder, ident::Ident, made::Made};

/// Below this a tie is no longer told.
const LEAST: f32 = 0.3;
const HOUR: i64 = 3_600_000_000;

/// Why an ident is suspect.
#[derive(Debug, Clone)]
pub(super) struct Tied {
    pub weight: f32,
    pub why: Vec<String>,
    /// The seed at the beginning of the chain.
    pub seed: usize,
}

/// What is known after all hops.
#[derive(Debug, Default)]
pub(super) struct Suspects {
    /// By ident number.
    pub tied: HashMap<u32, Tied>,
    /// Addresses that many use: how many accounts.
    pub shared: BTreeMap<String, usize>,
    /// Accounts that a suspect uses.
    pub users: BTreeSet<String>,
    /// Seeds that matched something.
    pub matched: BTreeSet<usize>,
    /// When the first suspect thing happened.
    pub began: Option<Time>,
    /// First time that an account was used from each address.
    baseline: HashMap<String, HashMap<String, Time>>,
    /// Whether the logs go back before the beginning of the trouble.
    reaches_back: bool,
    /// By account, the address where most of its work is done; only when the logs do not reach back.
    main: HashMap<String, String>,
}

impl Suspects {
    pub(super) fn find(of: &AccessBuilder) -> Self {
        let mut found = Self { shared: shared(&of.idents.all), ..Self::default() };
        found.learn(of);
        let mut queue = VecDeque::new();
        found.began = of.scope.from;
        found.places(of, &mut queue);
        found.accounts(of, &mut queue);
        let links = Links::of(&of.idents.all, &of.made.0);
        while let Some(number) = queue.pop_front() {
            found.hop(of, &links, number, &mut queue);
        }
        let idents = found.tied.keys().filter_map(|number| of.idents.all.get(*number as usize));
        found.users = idents.filter_map(|ident| ident.user.clone()).collect();
        found
    }

    /// Seeds that are bound to one place or visit: addresses, sessions, requests, agents.
    fn places(&mut self, of: &AccessBuilder, queue: &mut VecDeque<u32>) {
        let mut first = None::<Time>;
        let mut hits = Vec::new();
        for (number, ident) in of.idents.all.iter().enumerate() {
            let number = u32::try_from(number).unwrap_or(u32::MAX);
            for (at, seed) in of.seeds.iter().enumerate() {
                let direct = seed.indicator.kind == IndicatorKind::Ip
                    && ident.ip.as_ref() == Some(&seed.indicator.value);
                if direct {
                    self.matched.insert(at);
                    if !self.shared.contains_key(&seed.indicator.value) {
                        first = Some(first.map_or(ident.first, |first| first.min(ident.first)));
                        hits.push((number, at, seed.why.clone()));
                    }
                }
            }
            for (at, place, time) in &ident.tagged {
                self.matched.insert(*at);
                let Some(seed) = of.seeds.get(*at) else { continue };
                let why = format!("{} ({}, {}@{})", seed.why, ident.name(), place.file, place.offset);
                first = Some(first.map_or(*time, |first| first.min(*time)));
                hits.push((number, *at, why));
            }
        }
        self.began = match (self.began, first) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        self.reach(of);
        for (number, seed, why) in hits {
            let Some(ident) = of.idents.all.get(number as usize) else { continue };
            let by_address = ident.ip.as_ref() == of.seeds.get(seed).map(|seed| &seed.indicator.value);
            // A tagged event makes the whole ident suspect only where the account was not at home before, and where
            // nobody's name is on what many send from there.
            let crowd =
                ident.user.is_none() && ident.ip.as_ref().is_some_and(|ip| self.shared.contains_key(ip));
            if !crowd && (by_address || !self.usual(ident)) {
                self.tie(number, Tied { weight: 1.0, why: vec![why], seed }, queue);
            }
        }
    }

    /// Seeds that follow an account wherever it is used: users, tokens, keys. Work from the usual place stays apart.
    fn accounts(&mut self, of: &AccessBuilder, queue: &mut VecDeque<u32>) {
        for (at, seed) in of.seeds.iter().enumerate() {
            let value = &seed.indicator.value;
            let hits: Vec<u32> = of
                .idents
                .all
                .iter()
                .enumerate()
                .filter(|(_, ident)| match seed.indicator.kind {
                    IndicatorKind::User => ident.user.as_ref() == Some(value),
                    IndicatorKind::Token => ident.token.as_ref() == Some(value),
                    IndicatorKind::SshKey => ident.ssh_key.as_ref() == Some(value),
                    _ => false,
                })
                .filter_map(|(number, _)| u32::try_from(number).ok())
                .collect();
            if hits.is_empty() {
                continue;
            }
            self.matched.insert(at);
            for number in &hits {
                let Some(ident) = of.idents.all.get(*number as usize) else { continue };
                if !self.usual(ident) && !self.at_home(of, ident) {
                    self.tie(*number, Tied { weight: 1.0, why: vec![seed.why.clone()], seed: at }, queue);
                }
            }
        }
    }

    /// Without a known beginning: the address that an account was used from on three days or more, before it was used
    /// from another one.
    fn at_home(&self, of: &AccessBuilder, ident: &Ident) -> bool {
        const DAY: i64 = 24 * HOUR;
        if self.began.is_some() || ident.user.is_none() || ident.days.len() < 3 {
            return false;
        }
        let mut others =
            of.idents.all.iter().filter(|other| other.user == ident.user && other.ip != ident.ip).peekable();
        others.peek().is_some() && others.all(|other| ident.first.until(other.first) >= DAY)
    }

    /// True when the account was used from this address, or from its neighbour inside the same private network,
    /// before the trouble began. Where the logs do not reach back that far, its main address counts as usual.
    pub(super) fn usual(&self, ident: &Ident) -> bool {
        let (Some(user), Some(ip), Some(began)) = (&ident.user, &ident.ip, self.began) else { return false };
        let Some(places) = self.baseline.get(user) else { return false };
        let before = |first: &Time| first.until(began) >= HOUR;
        if !self.reaches_back {
            return self.main.get(user) == Some(ip);
        }
        places.get(ip).is_some_and(before)
            || private_network(ip).is_some_and(|network| {
                places.iter().any(|(other, first)| before(first) && private_network(other) == Some(network))
            })
    }

    /// First uses of every address by every account.
    fn learn(&mut self, of: &AccessBuilder) {
        for ident in &of.idents.all {
            let (Some(user), Some(ip)) = (&ident.user, &ident.ip) else { continue };
            let first =
                self.baseline.entry(user.clone()).or_default().entry(ip.clone()).or_insert(ident.first);
            *first = (*first).min(ident.first);
        }
        // Whoever was renamed goes on working from where they did.
        for renamed in &of.fate.renamed {
            let before = self.baseline.get(&renamed.from).cloned().unwrap_or_default();
            let after = self.baseline.entry(renamed.to.clone()).or_default();
            for (ip, first) in before {
                let known = after.entry(ip).or_insert(first);
                *known = (*known).min(first);
            }
        }
    }

    /// Whether the logs go back before the trouble; if they do not, which address is an account's main one.
    fn reach(&mut self, of: &AccessBuilder) {
        let Some(began) = self.began else { return };
        self.reaches_back =
            of.idents.all.iter().any(|ident| ident.ip.is_some() && ident.first.until(began) >= HOUR);
        if self.reaches_back {
            return;
        }
        let seeded = |ip: &str| {
            of.seeds.iter().any(|seed| seed.indicator.kind == IndicatorKind::Ip && seed.indicator.value == ip)
        };
        let mut work: HashMap<&str, HashMap<&str, u64>> = HashMap::new();
        for ident in &of.idents.all {
            if let (Some(user), Some(ip)) = (&ident.user, &ident.ip)
                && !seeded(ip)
                && ident.tagged.is_empty()
            {
                *work.entry(user).or_default().entry(ip).or_default() += ident.events;
            }
        }
        for (user, places) in work {
            let all: u64 = places.values().sum();
            let main = places.into_iter().max_by_key(|(ip, events)| (*events, *ip));
            if let Some((ip, events)) = main
                && events.saturating_mul(10) >= all.saturating_mul(6)
                && events >= 5
            {
                self.main.insert(user.to_owned(), ip.to_owned());
            }
        }
    }

    fn tie(&mut self, number: u32, tied: Tied, queue: &mut VecDeque<u32>) {
        if tied.weight < LEAST {
            return;
        }
        match self.tied.get(&number) {
            Some(before) if before.weight >= tied.weight => {}
            _ => {
                self.tied.insert(number, tied);
                queue.push_back(number);
            }
        }
    }

    fn hop(&mut self, of: &AccessBuilder, links: &Links<'_>, from: u32, queue: &mut VecDeque<u32>) {
        let Some(here) = of.idents.all.get(from as usize) else { return };
        let Some(tied) = self.tied.get(&from).cloned() else { return };
        let mut next: Vec<(u32, f32, String)> = Vec::new();
        for (kind, value, group) in
            [("token", &here.token, &links.tokens), ("SSH key", &here.ssh_key, &links.keys)]
        {
            let Some(value) = value else { continue };
            for other in group.get(value.as_str()).into_iter().flatten() {
                next.push((*other, 0.9, format!("{kind} {value} was also used")));
            }
        }
        for tie in of.sessions.ties.values().filter(|tie| tie.one == from || tie.other == from) {
            let other = if tie.one == from { tie.other } else { tie.one };
            let proof = format!("session {} was also used ({}@{})", tie.session, tie.at.file, tie.at.offset);
            next.push((other, 0.9, proof));
        }
        if let Some(ip) = here.ip.as_deref().filter(|ip| !self.shared.contains_key(*ip)) {
            for other in links.ips.get(ip).into_iter().flatten() {
                let same = of.idents.all.get(*other as usize).is_some_and(|other| other.user == here.user);
                next.push((*other, if same { 0.95 } else { 0.7 }, format!("address {ip} was also used")));
            }
        }
        // Where many share the address, it still ties what the same account did from there.
        if let Some(ip) = here.ip.as_deref().filter(|ip| here.user.is_some() && self.shared.contains_key(*ip))
        {
            for other in links.ips.get(ip).into_iter().flatten() {
                if of.idents.all.get(*other as usize).is_some_and(|other| other.user == here.user) {
                    next.push((
                        *other,
                        0.9,
                        format!("the same account from the same address {ip} was also used"),
                    ));
                }
            }
        }
        for made in links.made.get(&from).into_iter().flatten() {
            let group = match made.what.kind {
                IndicatorKind::Token => &links.tokens,
                IndicatorKind::SshKey => &links.keys,
                _ => &links.users,
            };
            let proof = format!("{} was made ({}@{}) and then used", made.what, made.at.file, made.at.offset);
            for other in group.get(made.what.value.as_str()).into_iter().flatten() {
                next.push((*other, 0.9, proof.clone()));
            }
        }
        self.same_account(of, links, here, &mut next);
        self.by_agent(of, links, here, &mut next);
        for (other, weight, proof) in next {
            let Some(ident) = of.idents.all.get(other as usize).filter(|_| other != from) else { continue };
            if self.usual(ident) || self.is_own(of, ident) {
                continue;
            }
            let mut why = tied.why.clone();
            let weight = tied.weight * weight;
            why.push(format!(
                "{proof} by {}, first at {}@{} [weight {weight:.2}]",
                ident.name(),
                ident.at.file,
                ident.at.offset
            ));
            self.tie(other, Tied { weight, why, seed: tied.seed }, queue);
        }
    }

    /// The account alone proves little, unless it has only ever been the suspect's, or the same tool is used.
    fn same_account(
        &self,
        of: &AccessBuilder,
        links: &Links<'_>,
        here: &Ident,
        next: &mut Vec<(u32, f32, String)>,
    ) {
        let (Some(began), Some(user)) = (self.began, here.user.as_deref()) else { return };
        let all = links.users.get(user).map(Vec::as_slice).unwrap_or_default();
        let ident = |number: &u32| of.idents.all.get(*number as usize);
        let first = all.iter().filter_map(|number| Some((ident(number)?.first, *number))).min();
        let born_suspect = first
            .is_some_and(|(time, number)| time >= began && self.tied.contains_key(&number))
            && reaches_back_a_day(of, began);
        for other in all {
            if born_suspect {
                let proof =
                    format!("account {user} was only ever seen since the suspect used it; it was also used");
                next.push((*other, 0.8, proof));
                continue;
            }
            let Some(there) = ident(other) else { continue };
            let mut both = here.agents.iter().filter(|agent| there.agents.contains(agent));
            if let Some(agent) = both.find(|agent| !is_common_kind(of.agents.name(**agent))) {
                let agent = of.agents.name(*agent);
                next.push((*other, 0.6, format!("account {user} with user agent {agent:?} was also used")));
            }
        }
    }

    /// A tool that nobody used before and few use now.
    fn by_agent(
        &self,
        of: &AccessBuilder,
        links: &Links<'_>,
        here: &Ident,
        next: &mut Vec<(u32, f32, String)>,
    ) {
        let Some(began) = self.began.filter(|began| reaches_back_a_day(of, *began)) else { return };
        // The first visits may have come before the one that was given.
        let began = Time::from_micros(began.micros().saturating_sub(24 * HOUR));
        for agent in &here.agents {
            let name = of.agents.name(*agent);
            let all = links.agents.get(agent).map(Vec::as_slice).unwrap_or_default();
            let new =
                |number: &u32| of.idents.all.get(*number as usize).is_some_and(|ident| ident.first >= began);
            if is_common_kind(name) || all.len() > 6 || !all.iter().all(new) {
                continue;
            }
            for number in all {
                next.push((
                    *number,
                    0.5,
                    format!("user agent {name:?}, which nobody had before, was also used"),
                ));
            }
        }
    }

    /// Our own traces are not the actor's.
    pub(super) fn is_own(&self, of: &AccessBuilder, ident: &Ident) -> bool {
        ident.ip.as_ref().is_some_and(|ip| of.scope.own.addresses.contains(ip))
    }
}

/// Whether the logs go back a day before the trouble: else "never seen before" says nothing.
fn reaches_back_a_day(of: &AccessBuilder, began: Time) -> bool {
    // A row of the database says nothing of how far the logs go back.
    of.idents.all.iter().any(|ident| ident.ip.is_some() && ident.first.until(began) >= 24 * HOUR)
}

/// The first three bytes of a private IPv4 address.
fn private_network(ip: &str) -> Option<[u8; 3]> {
    let ip: std::net::Ipv4Addr = ip.parse().ok()?;
    let [a, b, c, _] = ip.octets();
    ip.is_private().then_some([a, b, c])
}

/// Idents by what they have in common.
struct Links<'a> {
    tokens: HashMap<&'a str, Vec<u32>>,
    keys: HashMap<&'a str, Vec<u32>>,
    ips: HashMap<&'a str, Vec<u32>>,
    users: HashMap<&'a str, Vec<u32>>,
    agents: HashMap<u32, Vec<u32>>,
    made: HashMap<u32, Vec<&'a Made>>,
}

impl<'a> Links<'a> {
    fn of(idents: &'a [Ident], made: &'a [Made]) -> Self {
        let mut links = Self {
            tokens: HashMap::new(),
            keys: HashMap::new(),
            ips: HashMap::new(),
            users: HashMap::new(),
            agents: HashMap::new(),
            made: HashMap::new(),
        };
        for made in made {
            links.made.entry(made.by).or_default().push(made);
        }
        for (number, ident) in idents.iter().enumerate() {
            let number = u32::try_from(number).unwrap_or(u32::MAX);
            for (value, group) in [
                (&ident.token, &mut links.tokens),
                (&ident.ssh_key, &mut links.keys),
                (&ident.ip, &mut links.ips),
                (&ident.user, &mut links.users),
            ] {
                if let Some(value) = value {
                    group.entry(value.as_str()).or_default().push(number);
                }
            }
            for agent in &ident.agents {
                links.agents.entry(*agent).or_default().push(number);
            }
        }
        links
    }
}

/// Addresses that many accounts call their own: four accounts or more, and a tenth of all, do four fifths of their
/// work from there.
fn shared(idents: &[Ident]) -> BTreeMap<String, usize> {
    let mut work: HashMap<&str, u64> = HashMap::new();
    let mut there: HashMap<(&str, &str), u64> = HashMap::new();
    for ident in idents {
        let (Some(user), Some(ip)) = (&ident.user, &ident.ip) else { continue };
        *work.entry(user).or_default() += ident.events;
        *there.entry((ip, user)).or_default() += ident.events;
    }
    let least = (work.len() / 10).max(4);
    let mut owners: BTreeMap<String, usize> = BTreeMap::new();
    for ((ip, user), events) in there {
        let all = work.get(user).copied().unwrap_or(0);
        if events.saturating_mul(5) >= all.saturating_mul(4) {
            *owners.entry(ip.to_owned()).or_default() += 1;
        }
    }
    owners.retain(|_, count| *count >= least);
    owners
}
