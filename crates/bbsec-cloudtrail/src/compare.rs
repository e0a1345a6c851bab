//! The two ways in which CloudTrail tells the same events, held against each other: LookupEvents, which nobody in the account
//! can alter, and the trail's logs in S3, which an administrator can delete.

use std::{
    collections::{BTreeMap, HashMap, hash_map::DefaultHasher},
    hash::{Hash as _, Hasher as _},
    path::PathBuf,
};

use bbsec_core::{Progress, Time};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{CloudtrailError, Record, read};

/// Events are delivered to S3 within about a quarter of an hour; in the youngest they may still be on their way.
const DELIVERY: i64 = 15 * 60 * 1_000_000;
/// Events that are named of each kind.
const NAMED: usize = 20;

/// What one region's two sources have in common.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Compared {
    /// From where on both sources hold events.
    pub from: Option<Time>,
    /// Up to where both do.
    pub to: Option<Time>,
    /// Management events of that span that both hold.
    pub both: u64,
    /// Those that only LookupEvents holds: the logs were altered or not delivered.
    pub only_lookup: u64,
    /// Those that only the logs hold.
    pub only_logs: u64,
    /// Some that only LookupEvents holds: event id, time and name.
    pub missing_from_logs: Vec<String>,
}

#[derive(Debug)]
struct Seen {
    time: Time,
    lookup: bool,
    logs: bool,
    shown: String,
}

/// Compares pages of LookupEvents with logs, region by region. Regions of which only one source holds anything are left out.
pub fn compare(
    lookup: &[PathBuf],
    logs: &[PathBuf],
    progress: &dyn Progress,
) -> Result<BTreeMap<String, Compared>, CloudtrailError> {
    let mut regions: BTreeMap<String, HashMap<u64, Seen>> = BTreeMap::new();
    for (paths, from_lookup) in [(lookup, true), (logs, false)] {
        let mut take = |record: Record| {
            // Data events and insights stand in logs only.
            let category = record.json.get("eventCategory").and_then(|value| value.as_str());
            let (Some(id), true) = (record.id(), category.is_none_or(|category| category == "Management"))
            else {
                return Ok(());
            };
            let region = record.json.get("awsRegion").and_then(|value| value.as_str()).unwrap_or_default();
            let mut hash = DefaultHasher::new();
            id.hash(&mut hash);
            let seen = regions.entry(region.to_owned()).or_default().entry(hash.finish());
            let seen = seen.or_insert_with(|| Seen {
                time: record.time,
                lookup: false,
                logs: false,
                shown: String::new(),
            });
            if from_lookup {
                seen.lookup = true;
                seen.shown = format!("{id} {} {}", record.time, record.name());
            } else {
                seen.logs = true;
            }
            Ok(())
        };
        if !paths.is_empty() {
            match read(paths, &mut take, &mut |_| Ok(()), progress) {
                Ok(_) | Err(CloudtrailError::Empty(_)) => {}
                Err(error) => return Err(error),
            }
        }
    }
    Ok(regions.into_iter().filter_map(|(region, events)| Some((region, one(&events)?))).collect())
}

fn one(events: &HashMap<u64, Seen>) -> Option<Compared> {
    let span = |of: fn(&Seen) -> bool| {
        let times = || events.values().filter(move |seen| of(seen)).map(|seen| seen.time);
        Some((times().min()?, times().max()?))
    };
    let ((first, last), (begun, ended)) = (span(|seen| seen.lookup)?, span(|seen| seen.logs)?);
    let from = first.max(begun);
    let to = Time::from_micros(last.min(ended).micros().saturating_sub(DELIVERY));
    let mut out = Compared { from: Some(from), to: Some(to), ..Compared::default() };
    let mut missing: Vec<&Seen> = Vec::new();
    for seen in events.values().filter(|seen| seen.time >= from && seen.time <= to) {
        match (seen.lookup, seen.logs) {
            (true, true) => out.both += 1,
            (true, false) => missing.push(seen),
            _ => out.only_logs += 1,
        }
    }
    out.only_lookup = missing.len() as u64;
    missing.sort_by_key(|seen| seen.time);
    out.missing_from_logs = missing.into_iter().take(NAMED).map(|seen| seen.shown.clone()).collect();
    Some(out)
}

#[cfg(test)]
mod tests {
    use bbsec_core::Silent;
    use serde_json::{Value, json};

    use super::*;

    fn record(n: u32) -> Value {
        json!({"eventID": format!("e{n}"), "eventName": "RunInstances", "eventSource": "ec2.amazonaws.com",
            "eventTime": format!("2026-01-01T{:02}:{:02}:00Z", n / 60, n % 60), "awsRegion": "eu-west-1",
            "eventCategory": "Management"})
    }

    #[test]
    fn an_event_that_was_taken_out_of_the_logs_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let (pages, log) = (folder.path().join("page.json"), folder.path().join("log.json"));
        let events: Vec<Value> = (0..60).map(|n| json!({"CloudTrailEvent": record(n).to_string()})).collect();
        std::fs::write(&pages, json!({"Events": events}).to_string()).unwrap();
        let mut records: Vec<Value> = (0..60).filter(|n| *n != 17).map(record).collect();
        records.push(json!({"eventID": "data", "eventName": "GetObject", "eventSource": "s3.amazonaws.com",
            "eventTime": "2026-01-01T00:20:00Z", "awsRegion": "eu-west-1", "eventCategory": "Data"}));
        std::fs::write(&log, json!({"Records": records}).to_string()).unwrap();
        let found = compare(&[pages], &[log], &Silent).unwrap();
        let region = &found["eu-west-1"];
        assert_eq!((region.both, region.only_lookup, region.only_logs), (44, 1, 0));
        assert!(region.missing_from_logs[0].starts_with("e17 "), "{region:?}");
    }
}
