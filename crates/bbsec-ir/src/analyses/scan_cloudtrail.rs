//! `scan.cloudtrail`: attacks by rule, what each credential did, stolen instance credentials; our own calls told apart.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

use bbsec_cloudtrail::{CloudtrailError, Conclusions, Record};
use bbsec_core::{
    Analysis, AnalysisMeta, CaseStore, Confidence, Exit, Failure, Finding, Gap, Place, Progress, Sink,
    Subject, Time,
};
use bbsec_detect::{Flat, LoadedRule, RuleSet, Source};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::analyses::digests::{self, DigestReport};

/// Places that are kept per rule and principal.
const PLACES: usize = 10;

/// Where the records are.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema, clap::Args)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct CloudtrailInput {
    /// Files or folders; by default what the case has collected
    #[arg(long, value_name = "PATH", num_args = 1..)]
    pub(crate) path: Vec<PathBuf>,
    /// Sigma rules of your own, beside those that come with the program
    #[arg(long, value_name = "DIR", num_args = 1..)]
    pub(crate) rules: Vec<PathBuf>,
}

/// Counts.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct CloudtrailOutput {
    /// Files that held records.
    files: u64,
    /// Records, each event once.
    records: u64,
    /// Calls of the responder, left out of the conclusions.
    own_calls: u64,
    /// Rules that were evaluated.
    rules: usize,
    /// Findings.
    findings: usize,
    /// What the signed digests say of the logs, where digests were kept.
    digests: Option<DigestReport>,
}

/// The analysis.
pub(crate) struct ScanCloudtrail;

impl Analysis for ScanCloudtrail {
    type Input = CloudtrailInput;
    type Output = CloudtrailOutput;

    fn meta(&self) -> AnalysisMeta {
        AnalysisMeta {
            id: "scan.cloudtrail",
            summary: "Attacks in CloudTrail, and what each credential did",
            version: 1,
        }
    }

    fn run(
        &self,
        input: &CloudtrailInput,
        case: Option<&dyn CaseStore>,
        sink: &mut dyn Sink,
        progress: &dyn Progress,
    ) -> Result<CloudtrailOutput, Failure> {
        let paths = paths(input, case)?;
        let own_rules = own_rules(input, sink)?;
        let scope = case.map(|case| case.scope().clone()).unwrap_or_default();
        let mut found = Matches {
            conclusions: Conclusions::new(&scope, instance_addresses(case)?),
            rules: vec![bbsec_detect::builtin(), &own_rules],
            hits: BTreeMap::new(),
        };
        let mut gaps: Vec<Gap> = Vec::new();
        let summary = bbsec_cloudtrail::read(
            &paths,
            &mut |record| {
                if scope.contains(record.time) {
                    found.add(&record);
                }
                sink.event(&record.to_event()).map_err(CloudtrailError::Sink)
            },
            &mut |gap| {
                gaps.push(gap);
                Ok(())
            },
            progress,
        )?;
        gaps.into_iter().try_for_each(|gap| sink.gap(gap))?;
        let digests = digests::check(&kept_files(input, case)?, None, progress)?;
        let own_calls = found.conclusions.own_calls();
        let rules = found.rules.iter().map(|set| set.rules().len()).sum();
        let mut findings = found.finish();
        if let Some(digests) = &digests {
            findings.extend(digests.findings());
            digests.gaps().into_iter().try_for_each(|gap| sink.gap(gap))?;
        }
        let count = findings.len();
        findings.into_iter().try_for_each(|finding| sink.finding(finding))?;
        Ok(CloudtrailOutput {
            files: summary.files,
            records: summary.records,
            own_calls,
            rules,
            findings: count,
            digests: digests.map(|digests| digests.report),
        })
    }
}

/// Given paths, else what `collect cloudtrail` brought into the case.
fn paths(input: &CloudtrailInput, case: Option<&dyn CaseStore>) -> Result<Vec<PathBuf>, Failure> {
    if !input.path.is_empty() {
        return Ok(input.path.clone());
    }
    let Some(case) = case else {
        return Err(Failure::new(Exit::Usage, "no CloudTrail files are named").help("name them with --path"));
    };
    let items = case.evidence()?;
    let paths: Vec<PathBuf> = items
        .iter()
        .filter(|item| {
            [crate::analyses::TRAIL, crate::analyses::LOG].contains(&item.provenance.what.as_str())
        })
        .map(|item| case.evidence_path(item))
        .collect();
    if paths.is_empty() {
        return Err(Failure::new(Exit::Nothing, "the case holds no CloudTrail events")
            .help("bring them in with `bbsec-ir collect cloudtrail`, or name files with --path"));
    }
    Ok(paths)
}

/// Every file that belongs to the logs, digests and keys, with the name that places give it.
fn kept_files(
    input: &CloudtrailInput,
    case: Option<&dyn CaseStore>,
) -> Result<Vec<(PathBuf, String)>, Failure> {
    match case {
        Some(case) if input.path.is_empty() => digests::of_case(case),
        _ => Ok(digests::of_folders(&input.path)),
    }
}

fn own_rules(input: &CloudtrailInput, sink: &mut dyn Sink) -> Result<RuleSet, Failure> {
    let mut rules = RuleSet::default();
    for path in &input.rules {
        let (set, refused) = RuleSet::load(path)?;
        rules.extend(set);
        for rule in refused {
            let why = rule.refused.unwrap_or_default();
            sink.gap(Gap::unknown("rule", format!("{} ({})", rule.rule, rule.file), why))?;
        }
    }
    Ok(rules)
}

/// Addresses of each instance, out of the facts that `collect instance` wrote.
fn instance_addresses(case: Option<&dyn CaseStore>) -> Result<BTreeMap<String, BTreeSet<String>>, Failure> {
    let mut addresses: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let Some(case) = case else { return Ok(addresses) };
    let items = case.evidence()?;
    let Some(item) = items.iter().rev().find(|item| item.provenance.what == crate::analyses::FACTS) else {
        return Ok(addresses);
    };
    let path = case.evidence_path(item);
    let bytes = std::fs::read(&path)
        .map_err(|error| Failure::because(format!("cannot read the AWS facts {}", path.display()), error))?;
    if let Ok(facts) = serde_json::from_slice::<Value>(&bytes) {
        collect(&facts, None, &mut addresses);
    }
    Ok(addresses)
}

/// Every address below an object that names an instance, whatever the shape around it.
fn collect(value: &Value, instance: Option<&str>, into: &mut BTreeMap<String, BTreeSet<String>>) {
    match value {
        Value::Object(fields) => {
            let own = ["instance_id", "InstanceId"].iter().find_map(|name| fields.get(*name)?.as_str());
            let instance = own.or(instance);
            for field in fields.values() {
                collect(field, instance, into);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, instance, into)),
        Value::String(text) if text.parse::<std::net::IpAddr>().is_ok() => {
            if let Some(instance) = instance {
                into.entry(instance.to_owned()).or_default().insert(text.clone());
            }
        }
        _ => {}
    }
}

/// One rule's matches by one principal.
struct Hit {
    title: String,
    why: String,
    severity: bbsec_core::Severity,
    first: Time,
    last: Time,
    count: u64,
    refused: u64,
    ips: BTreeSet<String>,
    places: Vec<Place>,
}

struct Matches<'a> {
    conclusions: Conclusions,
    rules: Vec<&'a RuleSet>,
    hits: BTreeMap<(String, String), Hit>,
}

impl Matches<'_> {
    fn add(&mut self, record: &Record) {
        self.conclusions.add(record);
        if self.conclusions.is_own(record) || record.by_service() {
            return;
        }
        let Some(flat) = Flat::of(&record.json) else { return };
        let matching: Vec<&LoadedRule> =
            self.rules.iter().flat_map(|set| set.matching_flat(Source::Cloudtrail, &flat)).collect();
        for rule in matching {
            let principal = record.principal().or(record.access_key()).unwrap_or("nobody named").to_owned();
            let hit = self.hits.entry((rule.id.clone(), principal)).or_insert_with(|| Hit {
                title: rule.title.clone(),
                why: rule.description.clone(),
                severity: rule.severity,
                first: record.time,
                last: record.time,
                count: 0,
                refused: 0,
                ips: BTreeSet::new(),
                places: Vec::new(),
            });
            hit.count += 1;
            hit.refused += u64::from(record.error_code().is_some());
            hit.first = hit.first.min(record.time);
            hit.last = hit.last.max(record.time);
            if hit.ips.len() < 20 {
                hit.ips.extend(record.source_ip().map(str::to_owned));
            }
            if hit.places.len() < PLACES {
                hit.places.push(record.at.clone());
            }
        }
    }

    fn finish(self) -> Vec<Finding> {
        let mut findings = self.conclusions.finish();
        for ((rule, principal), hit) in self.hits {
            // What was refused every time shows an intention, not a loss.
            let confidence = if hit.refused == hit.count { Confidence::Low } else { Confidence::Medium };
            let subject = Subject::new("aws-principal", principal.clone());
            let mut finding = Finding::new(
                "cloudtrail",
                rule,
                hit.title,
                hit.severity,
                confidence,
                subject,
                Some(hit.first),
            );
            finding.why.push(hit.why);
            let from = hit.ips.iter().cloned().collect::<Vec<_>>().join(", ");
            let (count, refused, last) = (hit.count, hit.refused, hit.last.short());
            finding.why.push(format!("{count} calls until {last}, {refused} refused, from {from}"));
            finding.actor = Some(principal);
            finding.evidence = hit.places;
            findings.push(finding);
        }
        findings
    }
}
