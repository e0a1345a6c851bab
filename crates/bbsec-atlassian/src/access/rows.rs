//! From cells to rows: what belongs to one actor and is, or is not, suspect becomes one row.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use bbsec_core::{Actor, Indicator, IndicatorKind, Touch};

use super::{
    Access, Origin, TiedIndicator,
    builder::{AccessBuilder, Cell, CellKey},
    ident::Ident,
    suspects::Suspects,
};

/// How many sessions stand in a row.
const SESSIONS: usize = 50;
/// How many reasons stand in a row.
const REASONS: usize = 12;

/// Who a row is about: the user with one token, else one key, else one origin.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Credential {
    Token(String),
    Key(String),
    Origin(Option<String>),
}

type RowKey = (Option<String>, Credential, bool, u32);

#[derive(Default)]
struct Row {
    cell: Option<Cell>,
    actor: Actor,
    why: BTreeSet<Vec<String>>,
    notes: BTreeSet<String>,
}

pub(super) fn finish(mut of: AccessBuilder) -> Access {
    let suspects = Suspects::find(&of);
    let filled = super::fill_in::fill_ins(&of);
    let mut cells: Vec<(CellKey, Cell, Option<String>)> =
        of.cells.drain().map(|(key, cell)| (key, cell, None)).collect();
    cells.extend(filled.into_iter().map(|filled| (filled.key, filled.cell, Some(filled.note))));
    cells.sort_by_key(|(key, cell, _)| (cell.first, *key));
    let mut rows: BTreeMap<RowKey, Row> = BTreeMap::new();
    for ((number, tagged, target), cell, filled) in cells {
        let Some(ident) = of.idents.all.get(number as usize) else { continue };
        let tied = suspects.tied.get(&number);
        let suspect = (tagged || tied.is_some()) && !suspects.is_own(&of, ident);
        let credential = match (&ident.token, &ident.ssh_key) {
            (Some(token), _) => Credential::Token(token.clone()),
            (None, Some(key)) => Credential::Key(key.clone()),
            (None, None) => Credential::Origin(ident.ip.clone()),
        };
        let row = rows.entry((ident.user.clone(), credential, suspect, target)).or_default();
        row.take(ident, cell);
        if suspect {
            row.why.insert(reasons(&of, &suspects, number, tagged, ident));
        } else if let Some(note) = note(&of, &suspects, ident) {
            row.notes.insert(note);
        }
        row.notes.extend(filled);
    }
    let doubts = of.log_time.doubts(&of.scope);
    let touches = rows.into_iter().filter_map(|(key, row)| row.touch(&of, key, &doubts)).collect();
    let indicators = indicators(&of, &suspects);
    let findings = super::findings::findings(&of, &suspects);
    Access { touches, findings, indicators }
}

/// The hops to an ident; for one that is only partly suspect, the indicator that its events carry.
fn reasons(of: &AccessBuilder, suspects: &Suspects, number: u32, tagged: bool, ident: &Ident) -> Vec<String> {
    match suspects.tied.get(&number) {
        Some(tied) => tied.why.clone(),
        None if tagged => ident
            .tagged
            .iter()
            .filter_map(|(seed, place, _)| {
                Some(format!("{} ({}@{})", of.seeds.get(*seed)?.why, place.file, place.offset))
            })
            .collect(),
        None => Vec::new(),
    }
}

/// What must be said about a row that is not suspect.
fn note(of: &AccessBuilder, suspects: &Suspects, ident: &Ident) -> Option<String> {
    if suspects.is_own(of, ident) {
        return Some("our own address: the responder's traces".into());
    }
    let ip = ident.ip.as_deref().unwrap_or("an unknown address");
    if let Some(count) = ident.ip.as_ref().and_then(|ip| suspects.shared.get(ip))
        && of.seeds.iter().any(|seed| {
            seed.indicator.kind == IndicatorKind::Ip && Some(&seed.indicator.value) == ident.ip.as_ref()
        })
    {
        return Some(format!(
            "{ip} was given, but {count} accounts work from there: the address alone does not tie this to the suspect"
        ));
    }
    let user = ident.user.as_deref()?;
    let also = suspects.users.contains(user)
        || of
            .seeds
            .iter()
            .any(|seed| seed.indicator.kind == IndicatorKind::User && seed.indicator.value == user);
    also.then(|| {
        let since = ident.first.short();
        if suspects.usual(ident) {
            format!("account {user} is also used by the suspect; this is kept apart: {ip} was in use before that, since {since}")
        } else {
            format!("account {user} is also used by the suspect; nothing ties {ip} to it (seen since {since}): look at it")
        }
    })
}

impl Row {
    fn take(&mut self, ident: &Ident, cell: Cell) {
        match &mut self.cell {
            Some(sum) => sum.merge(cell),
            None => self.cell = Some(cell),
        }
        let actor = &mut self.actor;
        actor.user.clone_from(&ident.user);
        for (values, value) in [
            (&mut actor.ips, &ident.ip),
            (&mut actor.tokens, &ident.token),
            (&mut actor.ssh_keys, &ident.ssh_key),
        ] {
            if let Some(value) = value
                && !values.contains(value)
            {
                values.push(value.clone());
            }
        }
        for session in &ident.sessions {
            if actor.sessions.len() < SESSIONS && !actor.sessions.contains(session) {
                actor.sessions.push(session.clone());
            }
        }
        if ident.more_sessions {
            self.notes.insert("more sessions than are listed".into());
        }
    }

    /// A row, unless everything in it was refused.
    fn touch(
        self,
        of: &AccessBuilder,
        (user, _, suspect, target): RowKey,
        doubts: &[String],
    ) -> Option<Touch> {
        let cell = self.cell.filter(|cell| !cell.verbs.is_empty())?;
        let mut why: Vec<String> = Vec::new();
        for reason in self.why.into_iter().flatten().chain(self.notes) {
            if why.len() < REASONS && !why.contains(&reason) {
                why.push(reason);
            }
        }
        why.extend(cell.exploits.iter().map(|exploit| format!("exploit tried: {exploit}")));
        if cell.refused > 0 {
            why.push(format!(
                "{} more requests for it were refused, failed or were never answered",
                cell.refused
            ));
        }
        let target = of.targets.get(target as usize)?.clone();
        why.extend(of.fate.notes(user.as_deref(), &target));
        if suspect {
            why.extend(doubts.iter().cloned());
        }
        Some(Touch {
            actor: self.actor,
            target,
            verbs: cell.verbs.iter().map(|(verb, count)| (verb.name().to_owned(), *count)).collect(),
            bytes_out: cell.bytes_out,
            first: cell.first,
            last: cell.last,
            suspect,
            why,
            evidence: cell.places,
        })
    }
}

/// The seeds, and the facts of every ident that ties to them.
fn indicators(of: &AccessBuilder, suspects: &Suspects) -> Vec<TiedIndicator> {
    let mut found: HashMap<Indicator, TiedIndicator> = HashMap::new();
    for (at, seed) in of.seeds.iter().enumerate() {
        let mut why = vec![seed.why.clone()];
        if !suspects.matched.contains(&at) {
            why.push("nothing in the logs carries it".into());
        }
        let tied = TiedIndicator { indicator: seed.indicator.clone(), origin: seed.origin, weight: 1.0, why };
        found.insert(seed.indicator.clone(), tied);
    }
    let ordinary: HashSet<&str> = of
        .idents
        .all
        .iter()
        .zip(0_u32..)
        .filter(|(_, number)| !suspects.tied.contains_key(number))
        .filter_map(|(ident, _)| ident.user.as_deref())
        .collect();
    let mut numbers: Vec<&u32> = suspects.tied.keys().collect();
    numbers.sort_unstable();
    for number in numbers {
        let (Some(ident), Some(tied)) = (of.idents.all.get(*number as usize), suspects.tied.get(number))
        else {
            continue;
        };
        let mut add = |kind: IndicatorKind, value: &str, note: Option<String>| {
            let indicator = Indicator::new(kind, value);
            let mut why = tied.why.clone();
            why.push(format!("used by {}, first at {}@{}", ident.name(), ident.at.file, ident.at.offset));
            why.extend(note);
            let new = TiedIndicator {
                indicator: indicator.clone(),
                origin: Origin::Inferred,
                weight: tied.weight,
                why,
            };
            match found.get(&indicator) {
                Some(before) if before.origin != Origin::Inferred || before.weight >= new.weight => {}
                _ => {
                    found.insert(indicator, new);
                }
            }
        };
        if let Some(ip) = ident.ip.as_deref().filter(|ip| !suspects.shared.contains_key(*ip)) {
            add(IndicatorKind::Ip, ip, None);
        }
        if let Some(user) = &ident.user {
            let ordinary = ordinary.contains(user.as_str());
            let note = ordinary.then(|| "the account also has ordinary work, which is kept apart".to_owned());
            add(IndicatorKind::User, user, note);
        }
        for (kind, value) in [(IndicatorKind::Token, &ident.token), (IndicatorKind::SshKey, &ident.ssh_key)] {
            if let Some(value) = value {
                add(kind, value, None);
            }
        }
        for session in &ident.sessions {
            add(IndicatorKind::Session, session, None);
        }
        for agent in &ident.agents {
            let name = of.agents.name(*agent);
            if !super::agents::is_common_kind(name) {
                add(IndicatorKind::UserAgent, name, None);
            }
        }
    }
    // What a suspect made may not have been used yet.
    for made in &of.made.0 {
        let Some(tied) = suspects.tied.get(&made.by) else { continue };
        let mut why = tied.why.clone();
        why.push(format!("made by the suspect ({}@{})", made.at.file, made.at.offset));
        found.entry(made.what.clone()).or_insert_with(|| TiedIndicator {
            indicator: made.what.clone(),
            origin: Origin::Inferred,
            weight: tied.weight * 0.9,
            why,
        });
    }
    let mut found: Vec<TiedIndicator> = found.into_values().collect();
    found.sort_by(|a, b| (a.origin, &a.indicator).cmp(&(b.origin, &b.indicator)));
    found
}
