//! Many of one thing within an hour of the clock: refusals, failed logins, bulk reads and deletions.

use std::collections::{BTreeMap, BTreeSet};

use bbsec_core::{Confidence, Finding, Place, Severity, Subject, Time};

use crate::Record;

/// Different things that are kept per credential, to tell a search from a broken job that repeats one call.
const MANY: usize = 1_000;
/// Places that are kept per burst.
const PLACES: usize = 5;

/// Microseconds of an hour.
const HOUR: i64 = 3_600_000_000;

/// A kind of burst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Refused,
    FailedLogins,
    SecretsRead,
    ObjectsRead,
    ObjectsDeleted,
}

/// What a kind means, and from how many on.
struct Meaning {
    rule: &'static str,
    what: &'static str,
    severity: Severity,
    /// Calls.
    calls: u64,
    /// Different operations, secrets or objects.
    different: usize,
}

impl Kind {
    const fn meaning(self) -> Meaning {
        let (rule, what, severity, calls, different) = match self {
            Self::Refused => ("access-denied-burst", "calls were refused", Severity::Medium, 20, 8),
            Self::FailedLogins => ("login-failures", "logins failed", Severity::Medium, 5, 1),
            Self::SecretsRead => ("secrets-read-in-bulk", "secrets were read", Severity::High, 10, 10),
            Self::ObjectsRead => ("objects-read-in-bulk", "objects were read", Severity::High, 500, 300),
            Self::ObjectsDeleted => {
                ("objects-deleted-in-bulk", "objects were deleted", Severity::High, 100, 1)
            }
        };
        Meaning { rule, what, severity, calls, different }
    }
}

#[derive(Debug)]
struct Seen {
    count: u64,
    first: Time,
    last: Time,
    different: BTreeSet<String>,
    places: Vec<Place>,
}

/// Counts by kind, by who did it, and by hour.
#[derive(Debug, Default)]
pub(crate) struct Bursts {
    seen: BTreeMap<(Kind, String, i64), Seen>,
    /// Addresses whose login succeeded.
    logged_in: BTreeSet<String>,
}

impl Bursts {
    pub(crate) fn add(&mut self, record: &Record) {
        if record.by_service() {
            return;
        }
        let who = record.access_key().or_else(|| record.principal()).unwrap_or("unknown").to_owned();
        if record.name() == "ConsoleLogin" {
            let Some(ip) = record.source_ip() else { return };
            if record.json.pointer("/responseElements/ConsoleLogin").and_then(|v| v.as_str())
                == Some("Success")
            {
                self.logged_in.insert(ip.to_owned());
            } else {
                self.count(Kind::FailedLogins, ip.to_owned(), String::new(), 1, record);
            }
            return;
        }
        if record.error_code().is_some_and(refused) {
            let operation = format!("{}:{}", record.service(), record.name());
            return self.count(Kind::Refused, who, operation, 1, record);
        }
        let asked = |name: &str| {
            let value = record.json.get("requestParameters").and_then(|asked| asked.get(name));
            value.and_then(|value| value.as_str()).unwrap_or_default().to_owned()
        };
        match (record.service(), record.name()) {
            ("secretsmanager", "GetSecretValue") => {
                self.count(Kind::SecretsRead, who, asked("secretId"), 1, record);
            }
            ("s3", "GetObject") => {
                let object = format!("{}/{}", asked("bucketName"), asked("key"));
                self.count(Kind::ObjectsRead, who, object, 1, record);
            }
            ("s3", "DeleteObject") => self.count(Kind::ObjectsDeleted, who, asked("bucketName"), 1, record),
            // One call deletes up to a thousand; the record tells no number.
            ("s3", "DeleteObjects") => {
                self.count(Kind::ObjectsDeleted, who, asked("bucketName"), 100, record);
            }
            _ => {}
        }
    }

    fn count(&mut self, kind: Kind, who: String, thing: String, times: u64, record: &Record) {
        let hour = record.time.micros().div_euclid(HOUR);
        let seen = self.seen.entry((kind, who, hour)).or_insert_with(|| Seen {
            count: 0,
            first: record.time,
            last: record.time,
            different: BTreeSet::new(),
            places: Vec::new(),
        });
        seen.count += times;
        seen.first = seen.first.min(record.time);
        seen.last = seen.last.max(record.time);
        if seen.different.len() < MANY {
            seen.different.insert(thing);
        }
        if seen.places.len() < PLACES {
            seen.places.push(record.at.clone());
        }
    }

    pub(crate) fn findings(&self) -> Vec<Finding> {
        let enough = |kind: Kind, seen: &Seen| {
            let meaning = kind.meaning();
            seen.count >= meaning.calls && seen.different.len() >= meaning.different
        };
        // The fullest hour stands for all of one credential's.
        let mut worst: BTreeMap<(Kind, &str), (&Seen, u32)> = BTreeMap::new();
        for ((kind, who, _), seen) in self.seen.iter().filter(|((kind, ..), seen)| enough(*kind, seen)) {
            let (fullest, hours) = worst.entry((*kind, who)).or_insert((seen, 0));
            *hours += 1;
            if seen.count > fullest.count {
                *fullest = seen;
            }
        }
        worst.into_iter().map(|((kind, who), (seen, hours))| self.finding(kind, who, seen, hours)).collect()
    }

    fn finding(&self, kind: Kind, who: &str, seen: &Seen, hours: u32) -> Finding {
        let Meaning { rule, what, severity, .. } = kind.meaning();
        let login = kind == Kind::FailedLogins;
        let entered = login && self.logged_in.contains(who);
        let title = format!("many {what}: {who}");
        let subject = Subject::new(if login { "address" } else { "aws-credential" }, who);
        let severity = if entered { Severity::High } else { severity };
        let mut finding =
            Finding::new("cloudtrail", rule, title, severity, Confidence::Medium, subject, Some(seen.first));
        let (first, last) = (seen.first.short(), seen.last.short());
        let (count, different) = (seen.count, seen.different.len());
        finding.why.push(format!("at least {count} between {first} and {last}, {different} different"));
        if hours > 1 {
            finding.why.push(format!("{hours} hours like this one"));
        }
        if entered {
            finding.why.push("a login from this address succeeded too".into());
        }
        finding.evidence.clone_from(&seen.places);
        finding
    }
}

fn refused(code: &str) -> bool {
    ["AccessDenied", "UnauthorizedOperation", "AccessDeniedException", "Forbidden", "AuthorizationError"]
        .iter()
        .any(|known| code.ends_with(known))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn rules(records: impl Iterator<Item = Value>) -> Vec<(String, Severity)> {
        let mut bursts = Bursts::default();
        for (number, mut record) in records.enumerate() {
            record["eventTime"] = json!("2026-01-01T00:00:00Z");
            record["userIdentity"] = json!({"type": "IAMUser", "accessKeyId": "AKIAEXAMPLE"});
            bursts.add(&Record::new(record, Place::new("x", number as u64, 0)).unwrap());
        }
        bursts.findings().into_iter().map(|finding| (finding.rule, finding.severity)).collect()
    }

    #[test]
    fn refusals_of_many_operations_are_a_search_and_of_one_are_not() {
        let refusal = |name: String| json!({"eventName": name, "eventSource": "iam.amazonaws.com", "errorCode": "AccessDenied"});
        let found = rules((0..24).map(|n| refusal(format!("List{}", n % 12))));
        assert_eq!(found, [("access-denied-burst".to_owned(), Severity::Medium)]);
        assert_eq!(rules((0..500).map(|_| refusal("ListUsers".into()))), []);
    }

    #[test]
    fn failed_logins_weigh_more_when_one_succeeds() {
        let login = |answer: &str| {
            json!({"eventName": "ConsoleLogin", "sourceIPAddress": "198.51.100.7",
            "eventSource": "signin.amazonaws.com", "responseElements": {"ConsoleLogin": answer}})
        };
        let failed = || (0..6).map(|_| login("Failure"));
        assert_eq!(rules(failed()), [("login-failures".to_owned(), Severity::Medium)]);
        let found = rules(failed().chain([login("Success")]));
        assert_eq!(found, [("login-failures".to_owned(), Severity::High)]);
    }

    #[test]
    fn bulk_reads_and_deletions_are_told() {
        let secret = |n: u32| {
            json!({"eventName": "GetSecretValue", "eventSource": "secretsmanager.amazonaws.com",
            "requestParameters": {"secretId": format!("s{n}")}})
        };
        assert_eq!(rules((0..12).map(secret)), [("secrets-read-in-bulk".to_owned(), Severity::High)]);
        assert_eq!(rules((0..12).map(|_| secret(1))), []);
        let batch = json!({"eventName": "DeleteObjects", "eventSource": "s3.amazonaws.com",
            "requestParameters": {"bucketName": "b"}});
        assert_eq!(rules([batch].into_iter()), [("objects-deleted-in-bulk".to_owned(), Severity::High)]);
    }
}
