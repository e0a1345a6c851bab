//! `timeline`: the events of a case in order of time.

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
