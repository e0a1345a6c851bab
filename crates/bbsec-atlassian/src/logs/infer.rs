//! The time zone of logs that print none, out of other evidence: a log that prints offsets, or the audit log, which
//! counts in UTC and tells of the same users from the same addresses at the same moments.

use std::collections::{BTreeMap, HashMap, HashSet};

use bbsec_core::Event;

use super::{
    audit::AuditLog,
    bitbucket::{AccessLog, PipeAudit},
    format::{Format, Product, product},
    input::Piece,
    parser::{LineParser, Raw},
};
use crate::read::{Clock, Line, Lines, Zone};

/// How many files of a kind are looked into, and how many lines of each.
const FILES: usize = 12;
const AUDIT_LINES: usize = 2_000;
const ACCESS_LINES: usize = 60_000;
/// How many audit events of one user and address are compared.
const PER_PAIR: usize = 200;
/// Request and audit event lie this close together.
const CLOSE: i64 = 5_000_000;
const QUARTER: i64 = 15 * 60 * 1_000_000;
/// How many audit events must agree.
const ENOUGH: usize = 3;

/// A zone for each product that needs one, with how it was found.
#[derive(Debug, Default)]
pub(crate) struct Inferred {
    bitbucket: Option<(Zone, String)>,
    others: Vec<(Product, Zone, String)>,
}

impl Inferred {
    /// Looks at the pieces; costs nothing where no zone is missing.
    pub(crate) fn from(pieces: &[Piece], missing: bool) -> Self {
        if !missing {
            return Self::default();
        }
        Self { bitbucket: from_audit(pieces), others: from_offsets(pieces) }
    }

    /// The zone of a file.
    pub(crate) fn of(&self, format: Format) -> Option<(Zone, String)> {
        let wanted = match format {
            Format::BitbucketAccess | Format::BitbucketApplication => return self.bitbucket.clone(),
            Format::JiraApplication | Format::JiraSecurity => Product::Jira,
            Format::ConfluenceApplication | Format::ConfluenceSecurity => Product::Confluence,
            _ => return None,
        };
        self.others.iter().find(|(product, ..)| *product == wanted).map(|(_, zone, how)| (*zone, how.clone()))
    }
}

/// Access logs of Jira and Confluence print their offset: the newest one counts.
fn from_offsets(pieces: &[Piece]) -> Vec<(Product, Zone, String)> {
    let mut found = Vec::new();
    for (format, product) in
        [(Format::JiraAccess, Product::Jira), (Format::ConfluenceAccess, Product::Confluence)]
    {
        let newest = pieces
            .iter()
            .filter(|piece| piece.sniffed.format == Some(format))
            .filter_map(|piece| Some((piece.sniffed.first?, piece.sniffed.offset?, piece)))
            .max_by_key(|(first, ..)| *first);
        if let Some((_, offset, piece)) = newest {
            found.push((
                product,
                Zone::Fixed(offset),
                format!("inferred: {} prints this offset", piece.file),
            ));
        }
    }
    found
}

/// The events of the first lines of a piece.
fn events(piece: &Piece, parser: &mut dyn LineParser, most: usize, take: &mut dyn FnMut(&Event)) {
    let Ok(opened) = piece.open() else { return };
    let mut lines = Lines::new(opened.bytes, opened.limit);
    let mut clock = Clock::new(Zone::UTC);
    for _ in 0..most {
        let Some(line) = lines.next_line() else { return };
        let Line::Whole { bytes, offset } = line else { continue };
        let raw = Raw { bytes, file: &piece.file, offset };
        // What cannot be read here is told when the file is read as a whole.
        let _ = parser.line(raw, &mut clock, &mut |event| {
            take(event);
            Ok(())
        });
    }
}

/// Votes for the distance between local time and UTC, in quarters of an hour.
fn from_audit(pieces: &[Piece]) -> Option<(Zone, String)> {
    let of =
        |format: Format| pieces.iter().filter(move |piece| piece.sniffed.format == Some(format)).take(FILES);
    let mut known: HashMap<(String, String), Vec<(i64, usize)>> = HashMap::new();
    let mut count = 0_usize;
    let mut learn = |event: &Event| {
        let (Some(user), Some(ip)) = (&event.user, event.ips.first()) else { return };
        let times = known.entry((user.clone(), ip.clone())).or_default();
        if times.len() < PER_PAIR {
            times.push((event.time.micros(), count));
            count += 1;
        }
    };
    for piece in of(Format::JsonAudit)
        .filter(|piece| product(&piece.file).is_none_or(|product| product == Product::Bitbucket))
    {
        events(piece, &mut AuditLog::new(None), AUDIT_LINES, &mut learn);
    }
    for piece in of(Format::BitbucketPipeAudit) {
        events(piece, &mut PipeAudit, AUDIT_LINES, &mut learn);
    }
    if known.is_empty() {
        return None;
    }
    let mut votes: BTreeMap<i64, HashSet<usize>> = BTreeMap::new();
    for piece in of(Format::BitbucketAccess) {
        events(piece, &mut AccessLog::default(), ACCESS_LINES, &mut |event| {
            let (Some(user), Some(ip)) = (&event.user, event.ips.first()) else { return };
            for (utc, number) in known.get(&(user.clone(), ip.clone())).into_iter().flatten() {
                let distance = event.time.micros().saturating_sub(*utc);
                let quarters = distance.saturating_add(QUARTER / 2).div_euclid(QUARTER);
                let off = distance.saturating_sub(quarters.saturating_mul(QUARTER));
                if off.abs() <= CLOSE && (-56..=56).contains(&quarters) {
                    votes.entry(quarters).or_default().insert(*number);
                }
            }
        });
    }
    let mut ranked: Vec<(usize, i64)> =
        votes.iter().map(|(quarters, events)| (events.len(), *quarters)).collect();
    ranked.sort_unstable_by(|a, b| b.cmp(a));
    let (most, quarters) = ranked.first().copied()?;
    let second = ranked.get(1).map_or(0, |(votes, _)| *votes);
    if most < ENOUGH || most < second.saturating_mul(2) {
        return None;
    }
    let zone = Zone::Fixed(i32::try_from(quarters * 900).ok()?);
    Some((
        zone,
        format!("inferred: {most} audit events, which count in UTC, fit the access log's requests this way"),
    ))
}
