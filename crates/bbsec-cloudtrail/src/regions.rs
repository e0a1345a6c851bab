//! Regions that were not used before: whoever steals credentials likes to work where nobody looks.

use std::collections::BTreeMap;

use bbsec_core::{Confidence, Finding, Place, Severity, Subject, Time};

use crate::Record;

/// How long the records have to reach back before a region counts as new, in microseconds: a day.
const BASELINE: i64 = 86_400_000_000;
/// Places that are kept.
const PLACES: usize = 5;

#[derive(Debug)]
struct Use {
    count: u64,
    first: Time,
    who: String,
    places: Vec<Place>,
}

/// First use of each region by a caller that is no AWS service.
#[derive(Debug, Default)]
pub(crate) struct Regions {
    regions: BTreeMap<String, Use>,
}

impl Regions {
    pub(crate) fn add(&mut self, record: &Record) {
        let (Some(region), Some(who), false) = (record.region(), record.principal(), record.by_service())
        else {
            return;
        };
        let used = self.regions.entry(region.to_owned()).or_insert_with(|| Use {
            count: 0,
            first: record.time,
            who: who.to_owned(),
            places: Vec::new(),
        });
        used.count += 1;
        if record.time < used.first {
            used.first = record.time;
            who.clone_into(&mut used.who);
        }
        if used.places.len() < PLACES {
            used.places.push(record.at.clone());
        }
    }

    pub(crate) fn findings(&self) -> Vec<Finding> {
        let Some(start) = self.regions.values().map(|used| used.first).min() else { return Vec::new() };
        self.regions
            .iter()
            .filter(|(_, used)| start.until(used.first) >= BASELINE)
            .map(|(region, used)| {
                let mut finding = Finding::new(
                    "cloudtrail",
                    "region-first-used",
                    format!("{region} was used for the first time in these records"),
                    Severity::Low,
                    Confidence::Medium,
                    Subject::new("aws-region", region.clone()),
                    Some(used.first),
                )
                .because(format!(
                    "{} calls, the first by {}; the records begin {}",
                    used.count,
                    used.who,
                    start.short()
                ));
                finding.evidence.clone_from(&used.places);
                finding.actor = Some(used.who.clone());
                finding
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_region_counts_as_new_only_after_a_day_of_records() {
        let mut regions = Regions::default();
        for (time, region) in [
            ("2026-01-01T00:00:00Z", "eu-west-1"),
            ("2026-01-01T20:00:00Z", "us-east-1"),
            ("2026-01-03T00:00:00Z", "ap-east-1"),
            ("2026-01-03T01:00:00Z", "eu-west-1"),
        ] {
            let record = json!({"eventTime": time, "eventName": "DescribeInstances", "awsRegion": region,
                "userIdentity": {"arn": "arn:aws:iam::111122223333:user/a"}});
            regions.add(&Record::new(record, Place::new("x", 0, 0)).unwrap());
        }
        let found: Vec<String> = regions.findings().into_iter().map(|finding| finding.title).collect();
        assert_eq!(found, ["ap-east-1 was used for the first time in these records"]);
    }
}
