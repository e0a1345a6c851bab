//! The whole case as the report sees it: read out of journal, runs, bag and events.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::ControlFlow,
};

use bbsec_case::{Case, Entry, EventFilter};
use bbsec_core::{CaseStore as _, Change, ChangeResult, Failure, Indicator, IndicatorKind, Severity, Time};
use bbsec_report::{
    ActivityBucket, CaseData, ChangeRecord, Dismissal, RestorePoint, RotationState, StepRecord,
};
use serde_json::Value;

/// Width of the bars of activity.
const HOUR: i64 = 3_600_000_000;
/// Events that the report's timeline holds at most.
const TIMELINE: usize = 3_000;

/// Reads everything that a report may say.
pub(crate) fn load(case: &Case) -> Result<CaseData, Failure> {
    let meta = case.meta();
    let entries = case.journal().entries()?;
    let findings = case.findings()?;
    let secrets = case.secrets()?;
    let touches = case.touches()?;
    let mut data = CaseData {
        id: meta.id.clone(),
        title: meta.title.clone(),
        product: meta.product.clone(),
        product_version: meta.product_version.clone(),
        responder: Some(meta.responder.clone()),
        created: meta.created,
        rendered_at: Time::now(),
        scope: meta.scope.clone(),
        gaps: case.gaps()?,
        evidence: case.evidence()?,
        steps: steps(&entries),
        changes: changes(&entries),
        isolation: isolation(&entries),
        rotation_state: rotation_state(&entries),
        dismissed: case
            .dismissed()?
            .into_iter()
            .map(|(id, dismissal)| {
                (id, Dismissal { why: dismissal.why, by: dismissal.by, at: dismissal.when })
            })
            .collect(),
        settings: meta.settings.clone(),
        journal_head: entries.last().map(|entry| entry.sha256.clone()),
        tool_version: concat!("bbsec-ir ", env!("CARGO_PKG_VERSION")).to_owned(),
        host_fingerprints: secrets
            .iter()
            .filter(|secret| secret.rule.starts_with("host."))
            .map(|secret| secret.fingerprint.0.clone())
            .collect(),
        administrators: administrators(&findings),
        restore_points: restore_points(&entries),
        fingerprinter: case.fingerprinter(),
        ..CaseData::default()
    };
    product(&mut data, &entries);
    data.findings = findings;
    data.secrets = secrets;
    data.touches = touches;
    activity(case, &entries, &mut data)?;
    Ok(data)
}

fn text(body: &Value, name: &str) -> String {
    body.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn steps(entries: &[Entry]) -> Vec<StepRecord> {
    let mut steps: Vec<StepRecord> = Vec::new();
    for entry in entries {
        let (Some(run), Some(step)) = (&entry.run, &entry.step) else { continue };
        let position = steps.iter().rposition(|known| known.run == *run && known.step == *step);
        match (entry.kind.as_str(), position) {
            ("step-started" | "manual", None) => steps.push(StepRecord {
                run: run.clone(),
                step: step.clone(),
                uses: text(&entry.body, "uses"),
                started: entry.time,
                ended: None,
                state: "started".into(),
                output: Value::Null,
                error: None,
            }),
            ("step-ended", Some(position)) => {
                if let Some(known) = steps.get_mut(position) {
                    known.ended = Some(entry.time);
                    known.state = text(&entry.body, "state");
                    known.output = entry.body.get("output").cloned().unwrap_or_default();
                    known.error = entry.body.get("error").and_then(Value::as_str).map(str::to_owned);
                }
            }
            ("step-undone", Some(position)) => {
                if let Some(known) = steps.get_mut(position) {
                    known.state = "undone".into();
                }
            }
            _ => {}
        }
    }
    steps
}

fn changes(entries: &[Entry]) -> Vec<ChangeRecord> {
    let mut changes: Vec<(u64, ChangeRecord)> = Vec::new();
    let mut undoing: BTreeSet<(String, String)> = BTreeSet::new();
    for entry in entries {
        let (Some(run), Some(step)) = (&entry.run, &entry.step) else { continue };
        let key = (run.clone(), step.clone());
        match entry.kind.as_str() {
            "undo-started" => {
                undoing.insert(key);
            }
            "undo-ended" => {
                undoing.remove(&key);
            }
            "step-undone" => {
                for (_, change) in
                    changes.iter_mut().filter(|(_, change)| change.run == *run && change.step == *step)
                {
                    change.undone = true;
                }
            }
            // What an undo changes is told by the undone marks.
            "intent" if !undoing.contains(&key) => {
                if let Ok(change) = serde_json::from_value::<Change>(entry.body.clone()) {
                    let record = ChangeRecord {
                        time: entry.time,
                        run: run.clone(),
                        step: step.clone(),
                        change,
                        result: None,
                        undone: false,
                    };
                    changes.push((entry.seq, record));
                }
            }
            "outcome" => {
                let intent = entry.body.get("intent").and_then(Value::as_u64);
                if let Some((_, change)) = changes.iter_mut().find(|(seq, _)| Some(*seq) == intent) {
                    change.result = serde_json::from_value::<ChangeResult>(entry.body.clone()).ok();
                }
            }
            _ => {}
        }
    }
    changes.into_iter().map(|(_, change)| change).collect()
}

/// The output of a capability's newest step that has one.
fn newest_output<'a>(entries: &'a [Entry], uses: &str) -> Option<&'a Value> {
    let started: BTreeSet<(&Option<String>, &Option<String>)> = entries
        .iter()
        .filter(|entry| entry.kind == "step-started" && text(&entry.body, "uses") == uses)
        .map(|entry| (&entry.run, &entry.step))
        .collect();
    entries
        .iter()
        .rev()
        .filter(|entry| entry.kind == "step-ended" && started.contains(&(&entry.run, &entry.step)))
        .find_map(|entry| entry.body.get("output").filter(|output| output.is_object()))
}

fn isolation(entries: &[Entry]) -> Option<Value> {
    newest_output(entries, "isolate")
        .filter(|output| output.get("schema").and_then(Value::as_str) == Some("bbsec-ir.isolation/v1"))
        .cloned()
}

/// What the evidence says of the product, where nobody has said it yet.
fn product(data: &mut CaseData, entries: &[Entry]) {
    let Some(output) = newest_output(entries, "collect.home") else { return };
    let said = |name: &str| output.get(name).and_then(Value::as_str).map(str::to_lowercase);
    data.product = data.product.take().or_else(|| said("product"));
    data.product_version = data.product_version.take().or_else(|| said("version"));
}

fn rotation_state(entries: &[Entry]) -> BTreeMap<String, RotationState> {
    entries
        .iter()
        .filter(|entry| entry.kind == "rotation")
        .map(|entry| {
            let note = text(&entry.body, "note");
            let state = RotationState {
                state: text(&entry.body, "state"),
                by: text(&entry.body, "by"),
                at: entry.time,
                note: (!note.is_empty()).then_some(note),
            };
            (text(&entry.body, "rotation"), state)
        })
        .collect()
}

/// Subjects of findings that say somebody was given administrator's rights.
fn administrators(findings: &[bbsec_core::Finding]) -> BTreeSet<String> {
    findings
        .iter()
        .filter(|finding| finding.data.get("administrator").and_then(Value::as_bool) == Some(true))
        .map(|finding| finding.subject.id.clone())
        .collect()
}

/// Snapshots that this response took, out of what `collect volumes` handed on.
fn restore_points(entries: &[Entry]) -> Vec<RestorePoint> {
    let sets = newest_output(entries, "collect.volumes").and_then(|output| output.get("sets")?.as_array());
    let snapshots = sets.into_iter().flatten().filter_map(|set| set.get("snapshots")?.as_array()).flatten();
    snapshots
        .filter_map(|snapshot| {
            Some(RestorePoint {
                id: snapshot.get("id")?.as_str()?.to_owned(),
                kind: "EBS snapshot".into(),
                time: snapshot.get("started")?.as_str()?.parse().ok()?,
                source: "taken by this response".into(),
            })
        })
        .collect()
}

/// What of an event decides whether it ties to a suspect.
struct Suspicion {
    given: BTreeSet<Indicator>,
}

impl Suspicion {
    /// The given indicators, and those that `scan access` tied to them.
    fn new(data: &CaseData, entries: &[Entry]) -> Self {
        let mut given: BTreeSet<Indicator> = data.scope.suspects.iter().cloned().collect();
        let tied = newest_output(entries, "scan.access").and_then(|output| output.get("indicators"));
        for indicator in tied.and_then(Value::as_array).into_iter().flatten() {
            let parsed =
                indicator.get("indicator").and_then(Value::as_str).and_then(|text| text.parse().ok());
            given.extend(parsed);
        }
        Self { given }
    }

    /// Addresses, sessions, tokens and keys tie an event; a user name alone does not, since a stolen account's owner
    /// goes on working.
    fn ties(&self, event: &bbsec_core::Event) -> bool {
        let has = |kind, value: &Option<String>| {
            value.as_ref().is_some_and(|value| self.given.contains(&Indicator::new(kind, value.clone())))
        };
        event
            .ips
            .first()
            .is_some_and(|ip| self.given.contains(&Indicator::new(IndicatorKind::Ip, ip.clone())))
            || has(IndicatorKind::Session, &event.session)
            || has(IndicatorKind::Token, &event.token)
            || has(IndicatorKind::SshKey, &event.ssh_key)
    }
}

fn activity(case: &Case, entries: &[Entry], data: &mut CaseData) -> Result<(), Failure> {
    let suspicion = Suspicion::new(data, entries);
    let places: BTreeSet<(String, u64)> = data
        .findings
        .iter()
        .filter(|finding| finding.severity >= Severity::High)
        .flat_map(|finding| finding.evidence.iter().map(|place| (place.file.to_string(), place.offset)))
        .collect();
    let mut buckets: BTreeMap<(i64, String), ActivityBucket> = BTreeMap::new();
    let mut timeline: BTreeMap<(Time, usize), bbsec_core::Event> = BTreeMap::new();
    let mut seen = 0_usize;
    case.events(&EventFilter::default(), &mut |event| {
        seen += 1;
        let start = event.time.micros().div_euclid(HOUR).saturating_mul(HOUR);
        let suspect = suspicion.ties(&event);
        let bucket = buckets.entry((start, event.source.to_string())).or_insert_with(|| ActivityBucket {
            start: Time::from_micros(start),
            width_micros: HOUR,
            source: event.source.to_string(),
            events: 0,
            suspect_events: 0,
            bytes_out: 0,
        });
        bucket.events += 1;
        bucket.suspect_events += u64::from(suspect);
        bucket.bytes_out = bucket.bytes_out.saturating_add(event.bytes_out.unwrap_or(0));
        if suspect || places.contains(&(event.at.file.to_string(), event.at.offset)) {
            timeline.insert((event.time, seen), event);
            if timeline.len() > TIMELINE {
                timeline.pop_last();
            }
        }
        ControlFlow::Continue(())
    })?;
    data.activity = buckets.into_values().collect();
    data.timeline = timeline.into_values().collect();
    Ok(())
}
