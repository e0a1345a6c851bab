//! `timeline` and `pivot`: views over the events of a case.

use std::{collections::BTreeMap, ops::ControlFlow};

use bbsec_case::{Access, EventFilter};
use bbsec_core::{CaseStore as _, Event, Exit, Failure, Indicator, IndicatorKind, Time};
use clap::Args;
use serde_json::json;

use crate::{
    output::{Format, Listing},
    session::Session,
    show,
};

/// `timeline`
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  bbsec-ir timeline --from 2026-11-18T02:00Z --to 2026-11-18T04:00Z
  bbsec-ir timeline --actor ip:203.0.113.7 --format timesketch -o timeline.jsonl
  bbsec-ir timeline --request 9K7Z3NNx6x3112x1")]
pub(crate) struct TimelineArgs {
    /// First moment
    #[arg(long, value_name = "TIME")]
    from: Option<Time>,
    /// Last moment
    #[arg(long, value_name = "TIME")]
    to: Option<Time>,
    /// Only what this indicator did; a bare name is a user
    #[arg(long, value_name = "KIND:VALUE")]
    actor: Option<String>,
    /// Only this request, over all logs
    #[arg(long, value_name = "ID")]
    request: Option<String>,
    /// At most this many events
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    limit: usize,
}

/// `pivot`
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  bbsec-ir pivot ip:203.0.113.7
  bbsec-ir pivot token:263466287238 --format json")]
pub(crate) struct PivotArgs {
    /// KIND:VALUE
    indicator: Indicator,
}

pub(crate) fn timeline(session: &Session, args: TimelineArgs) -> Result<Exit, Failure> {
    let case = session.case(Access::Read)?;
    let indicators = args
        .actor
        .iter()
        .map(|actor| match actor.parse::<Indicator>() {
            Ok(indicator) => Ok(indicator),
            Err(_) if !actor.contains(':') => Ok(Indicator::new(IndicatorKind::User, actor.clone())),
            Err(error) => Err(Failure::new(Exit::Usage, error.to_string())),
        })
        .collect::<Result<Vec<_>, _>>()?;
    let filter = EventFilter {
        from: args.from,
        to: args.to,
        indicators,
        request: args.request,
        ..EventFilter::default()
    };
    let (events, more) = earliest(&case, &filter, args.limit)?;
    if more > 0 {
        session.say(&format!("{more} later events are not shown; raise --limit or narrow the window"));
    }
    if session.output.format_or(Format::Table) == Format::Timesketch {
        let redactor = bbsec_report::Redactor::new(case.fingerprinter(), &case.secrets()?);
        let mut lines = Vec::new();
        bbsec_report::export::timesketch(&events, &redactor, &mut lines)?;
        session.output.write(&lines)?;
    } else {
        let cells = events
            .iter()
            .map(|event| {
                vec![
                    event.time.short(),
                    event.user.clone().unwrap_or_else(|| "-".into()),
                    event.ips.first().cloned().unwrap_or_default(),
                    event.verb.name().to_owned(),
                    event
                        .target
                        .as_ref()
                        .map_or_else(|| show::clip(&event.action, 60), |target| target.id.clone()),
                    event.status.map(|status| status.to_string()).unwrap_or_default(),
                ]
            })
            .collect();
        let rows = events.iter().map(|event| json!(event)).collect();
        session.output.rows(&Listing {
            name: "timeline",
            heads: vec!["when", "user", "from", "verb", "what", "status"],
            cells,
            rows,
        })?;
    }
    Ok(if events.is_empty() { Exit::Nothing } else { Exit::Done })
}

/// The earliest events in order of time, and how many more there are. Memory is bounded by the limit.
fn earliest(
    case: &bbsec_case::Case,
    filter: &EventFilter,
    limit: usize,
) -> Result<(Vec<Event>, usize), Failure> {
    let mut kept: BTreeMap<(Time, usize), Event> = BTreeMap::new();
    let mut seen = 0_usize;
    case.events(filter, &mut |event| {
        kept.insert((event.time, seen), event);
        seen += 1;
        if kept.len() > limit {
            kept.pop_last();
        }
        ControlFlow::Continue(())
    })?;
    let shown = kept.len();
    Ok((kept.into_values().collect(), seen - shown))
}

pub(crate) fn pivot(session: &Session, args: PivotArgs) -> Result<Exit, Failure> {
    let case = session.case(Access::Read)?;
    let mut linked: BTreeMap<Indicator, (u64, Time, Time)> = BTreeMap::new();
    let mut targets: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    let filter = EventFilter { indicators: vec![args.indicator.clone()], ..EventFilter::default() };
    let count = case.events(&filter, &mut |event| {
        for indicator in indicators(&event).into_iter().filter(|indicator| *indicator != args.indicator) {
            let entry = linked.entry(indicator).or_insert((0, event.time, event.time));
            *entry = (entry.0 + 1, entry.1.min(event.time), entry.2.max(event.time));
        }
        if let Some(target) = &event.target {
            let entry = targets.entry(target.id.clone()).or_default();
            *entry = (entry.0 + 1, entry.1.saturating_add(event.bytes_out.unwrap_or(0)));
        }
        ControlFlow::Continue(())
    })?;
    if count == 0 {
        session.say("no event of the case carries this indicator");
        return Ok(Exit::Nothing);
    }
    let mut cells = Vec::new();
    let mut rows = Vec::new();
    for (indicator, (events, first, last)) in &linked {
        cells.push(vec![indicator.to_string(), events.to_string(), first.short(), last.short()]);
        rows.push(json!({"linked": indicator, "events": events, "first": first, "last": last}));
    }
    let mut touched: Vec<_> = targets.into_iter().collect();
    touched.sort_by_key(|(_, counts)| std::cmp::Reverse(*counts));
    for (target, (events, bytes)) in touched {
        cells.push(vec![
            target.clone(),
            events.to_string(),
            format!("{} sent", show::bytes(bytes)),
            String::new(),
        ]);
        rows.push(json!({"target": target, "events": events, "bytes_out": bytes}));
    }
    session.output.rows(&Listing {
        name: "pivot",
        heads: vec!["linked to it", "events", "first", "last"],
        cells,
        rows,
    })?;
    Ok(Exit::Done)
}

/// Every indicator that an event carries.
fn indicators(event: &Event) -> Vec<Indicator> {
    let one = |kind, value: &Option<String>| value.as_ref().map(|value| Indicator::new(kind, value.clone()));
    let mut all: Vec<Indicator> =
        event.ips.first().map(|ip| Indicator::new(IndicatorKind::Ip, ip.clone())).into_iter().collect();
    all.extend(one(IndicatorKind::User, &event.user));
    all.extend(one(IndicatorKind::Session, &event.session));
    all.extend(one(IndicatorKind::Token, &event.token));
    all.extend(one(IndicatorKind::SshKey, &event.ssh_key));
    all.extend(one(IndicatorKind::UserAgent, &event.user_agent));
    all
}
