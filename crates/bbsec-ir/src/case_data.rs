//! The whole case as the report sees it: read out of journal, runs, bag and events.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    ops::ControlFlow,
};

use bbsec_case::{Case, Entry, EventFilter};
use bbsec_core::{CaseStore as _, Change, ChangeResult, Failure, Indicator, IndicatorKind, Severity, Time};
use bbsec_report::{
    ActivityBucket, CaseData, ChangeRecord, Dismissal, Redactor, Report, RestorePoint, RotationState,
    StepRecord,
};
use serde_json::Value;

use crate::settings;

/// Width of the bars of activity.
const HOUR: i64 = 3_600_000_000;
/// Events that the report's timeline holds at most.
const TIMELINE: usize = 3_000;

/// Reads everything that a report may say.
pub(crate) fn load(case: &Case) -> Result<CaseData, Failure> {
    let mut data = load_facts(case)?;
    add_events(case, &mut data, &mut |_| {})?;
    Ok(data)
}

/// Everything but what the events say, which are many.
pub(crate) fn load_facts(case: &Case) -> Result<CaseData, Failure> {
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
        settings: settings::for_report(case)?,
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
    for uses in ["collect.home", "collect.rest", "collect.database"] {
        let Some(output) = newest_output(entries, uses) else { continue };
        let said = |name: &str| match output.get(name)? {
            Value::String(text) if !text.is_empty() => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        };
        data.product = data.product.take().or_else(|| said("product").map(|name| name.to_lowercase()));
        data.product_version = data.product_version.take().or_else(|| said("version"));
        for key in ["sen", "server_id", "edition", "nodes"] {
            if let Some(value) = said(key) {
                told(data, key, format!("{value} (from {uses})"));
            }
        }
    }
}

/// A fact that the evidence tells stands back behind what a person said.
fn told(data: &mut CaseData, key: &str, value: String) {
    if data.settings.get(key).is_none_or(|known| known.trim().is_empty()) {
        data.settings.insert(key.to_owned(), value);
    }
}

/// Server id and support entitlement number, as Jira's audit log prints them when a licence is added.
fn licence(event: &bbsec_core::Event) -> impl Iterator<Item = (&'static str, String)> {
    let about = event.source.ends_with(".audit") && event.action.to_ascii_lowercase().contains("license");
    event.extra.iter().filter(move |_| about).filter_map(move |(name, value)| {
        let name = name.to_ascii_lowercase();
        let key = match () {
            () if name.ends_with("server id") => "server_id",
            () if name.contains("(sen)") || name.contains("support entitlement") => "sen",
            () => return None,
        };
        let value = value.rsplit(" → ").next().unwrap_or(value).trim();
        (!value.is_empty()).then(|| (key, format!("{value} (audit log, {})", event.time.short())))
    })
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

/// What one could rebuild from: snapshots and backups that any step found (`restore_points` of its output), and the
/// snapshots that this response took.
fn restore_points(entries: &[Entry]) -> Vec<RestorePoint> {
    let uses: BTreeSet<String> = entries
        .iter()
        .filter(|entry| entry.kind == "step-started")
        .map(|entry| text(&entry.body, "uses"))
        .collect();
    let found =
        uses.iter().filter_map(|uses| newest_output(entries, uses)?.get("restore_points")?.as_array());
    let found = found.flatten().filter_map(|point| serde_json::from_value(point.clone()).ok());
    let mut all: Vec<RestorePoint> = found.chain(taken_snapshots(entries)).collect();
    all.sort_by(|a, b| (a.time, &a.id).cmp(&(b.time, &b.id)));
    all.dedup_by(|a, b| a.id == b.id);
    all
}

/// Snapshots that this response took, out of what `collect volumes` handed on.
fn taken_snapshots(entries: &[Entry]) -> Vec<RestorePoint> {
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

/// Reads the events once: counts them over time, keeps the suspect and the grave, and hands each on.
pub(crate) fn add_events(
    case: &Case,
    data: &mut CaseData,
    each: &mut dyn FnMut(bbsec_core::Event),
) -> Result<(), Failure> {
    let suspicion = Suspicion::new(data, &case.journal().entries()?);
    let places: HashSet<(&str, u64)> = data
        .findings
        .iter()
        .filter(|finding| finding.severity >= Severity::High)
        .flat_map(|finding| finding.evidence.iter().map(|place| (&*place.file, place.offset)))
        .collect();
    // One entry a source: events come in order of time, so most of them fall where the last one fell.
    let mut buckets: Vec<ActivityBucket> = Vec::new();
    let mut newest: HashMap<Cow<'static, str>, usize> = HashMap::new();
    let mut timeline: BTreeMap<(Time, usize), bbsec_core::Event> = BTreeMap::new();
    let mut seen = 0_usize;
    let mut licences: BTreeMap<&'static str, String> = BTreeMap::new();
    case.events(&EventFilter::default(), &mut |event| {
        seen += 1;
        licences.extend(licence(&event));
        let start = event.time.micros().div_euclid(HOUR).saturating_mul(HOUR);
        let suspect = suspicion.ties(&event);
        let at = newest.get(&event.source).copied();
        let at = at.filter(|at| buckets.get(*at).is_some_and(|bucket| bucket.start.micros() == start));
        let at = at.unwrap_or_else(|| {
            newest.insert(event.source.clone(), buckets.len());
            buckets.push(bucket(start, &event.source));
            buckets.len() - 1
        });
        if let Some(bucket) = buckets.get_mut(at) {
            bucket.events += 1;
            bucket.suspect_events += u64::from(suspect);
            bucket.bytes_out = bucket.bytes_out.saturating_add(event.bytes_out.unwrap_or(0));
        }
        let wanted = suspect || places.contains(&(&*event.at.file, event.at.offset));
        if wanted
            && (timeline.len() < TIMELINE
                || timeline.last_key_value().is_some_and(|(last, _)| event.time < last.0))
        {
            timeline.insert((event.time, seen), event.clone());
            if timeline.len() > TIMELINE {
                timeline.pop_last();
            }
        }
        each(event);
        ControlFlow::Continue(())
    })?;
    data.activity = buckets;
    data.timeline = timeline.into_values().collect();
    for (key, value) in licences {
        told(data, key, value);
    }
    Ok(())
}

fn bucket(start: i64, source: &str) -> ActivityBucket {
    ActivityBucket {
        start: Time::from_micros(start),
        width_micros: HOUR,
        source: source.to_owned(),
        events: 0,
        suspect_events: 0,
        bytes_out: 0,
    }
}

/// Bytes of one piece of evidence that the report quotes at most.
const QUOTE: u64 = 2048;

/// Puts the bytes that claims rest on beside their places, where the bag holds them as plain text.
pub(crate) fn quote(case: &Case, report: &mut Report, redactor: &Redactor) {
    use std::io::{Read as _, Seek as _, SeekFrom};
    let bag = bbsec_core::CaseStore::root(case).join("evidence/data");
    for source in report.sources.iter_mut().filter(|source| source.show.is_some()) {
        let Some(path) = source.in_bag.as_ref().map(|path| bag.join(path)) else { continue };
        let read = std::fs::File::open(path).and_then(|mut file| {
            file.seek(SeekFrom::Start(source.offset))?;
            let mut bytes = Vec::new();
            file.take(u64::from(source.length).min(QUOTE)).read_to_end(&mut bytes)?;
            Ok(bytes)
        });
        // What cannot be read is told by `verify`; the place stands there all the same.
        if let Ok(bytes) = read {
            source.quote(&bytes, redactor);
        }
    }
}
