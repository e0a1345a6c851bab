//! Conclusions that no single record shows.

use std::collections::{BTreeMap, BTreeSet};

use bbsec_core::{Confidence, Finding, Place, Scope, Severity, Subject, Time};

use crate::{CredentialUses, Record, bursts::Bursts, regions::Regions};

/// Takes records in any order, and concludes at the end.
#[derive(Debug, Default)]
pub struct Conclusions {
    uses: CredentialUses,
    bursts: Bursts,
    regions: Regions,
    /// Addresses by instance whose role session called.
    sessions: BTreeMap<String, BTreeMap<String, Calls>>,
    /// Addresses that belong to an instance, from the facts.
    instance_addresses: BTreeMap<String, BTreeSet<String>>,
    own: bbsec_core::Footprint,
    own_calls: u64,
}

/// Calls of one session from one address.
#[derive(Debug)]
struct Calls {
    count: u64,
    first: Time,
    places: Vec<Place>,
}

impl Conclusions {
    /// Conclusions for a case. `addresses` are what the collected facts say each instance has, private and public.
    pub fn new(scope: &Scope, addresses: BTreeMap<String, BTreeSet<String>>) -> Self {
        Self { own: scope.own.clone(), instance_addresses: addresses, ..Self::default() }
    }

    /// Whether a record is the responder's own: by tool, by address, or by principal.
    pub fn is_own(&self, record: &Record) -> bool {
        record.user_agent().is_some_and(|agent| agent.contains("bbsec-ir"))
            || record.source_ip().is_some_and(|ip| self.own.addresses.iter().any(|own| own == ip))
            || record.principal().is_some_and(|arn| self.own.arns.iter().any(|own| own == arn))
    }

    /// Takes a record.
    pub fn add(&mut self, record: &Record) {
        if self.is_own(record) {
            self.own_calls += 1;
            return;
        }
        self.uses.add(record);
        self.bursts.add(record);
        self.regions.add(record);
        if let (Some(instance), Some(ip), false) =
            (record.instance_session(), record.source_ip(), record.by_service())
        {
            let seen = self
                .sessions
                .entry(instance.to_owned())
                .or_default()
                .entry(ip.to_owned())
                .or_insert_with(|| Calls { count: 0, first: record.time, places: Vec::new() });
            seen.count += 1;
            seen.first = seen.first.min(record.time);
            if seen.places.len() < 5 {
                seen.places.push(record.at.clone());
            }
        }
    }

    /// How many records were the responder's own.
    pub fn own_calls(&self) -> u64 {
        self.own_calls
    }

    /// What follows from all of them.
    pub fn finish(self) -> Vec<Finding> {
        let mut findings = self.uses.findings();
        findings.extend(self.bursts.findings());
        findings.extend(self.regions.findings());
        for (instance, addresses) in &self.sessions {
            let known = self.instance_addresses.get(instance);
            for (ip, Calls { count, first, places }) in addresses {
                // Without facts, a session that calls from more than one address is odd; with facts, any foreign one is.
                let (foreign, confidence) = match known {
                    Some(known) => (!known.contains(ip), Confidence::High),
                    None => (addresses.len() > 1 && *count < most(addresses), Confidence::Medium),
                };
                if !foreign {
                    continue;
                }
                let mut finding = Finding::new(
                    "cloudtrail",
                    "instance-credentials-elsewhere",
                    format!("the role credentials of {instance} were used from {ip}"),
                    Severity::Critical,
                    confidence,
                    Subject::new("instance", format!("{instance} {ip}")),
                    Some(*first),
                )
                .because(match known {
                    Some(_) => format!("{ip} is no address of the instance; {count} calls"),
                    None => format!(
                        "the instance's session calls from several addresses; {count} calls from this one"
                    ),
                });
                finding.evidence.clone_from(places);
                findings.push(finding);
            }
        }
        findings
    }
}

fn most(addresses: &BTreeMap<String, Calls>) -> u64 {
    addresses.values().map(|calls| calls.count).max().unwrap_or(0)
}
