//! LookupEvents: page by page, newest first, each page stored as AWS sent it before the next one counts.

use std::{sync::mpsc::SyncSender, time::Duration};

use aws_sdk_cloudtrail::primitives::DateTime;
use bbsec_core::Time;
use serde::Deserialize;

use super::pacer::Pacer;
use crate::{
    client::Aws,
    error::{AwsError, Kind},
    tape,
};

/// How often one page is asked for before the region is given up.
const PATIENCE: u32 = 12;

/// What one region is asked for.
#[derive(Debug, Clone)]
pub(super) struct Task {
    pub(super) region: String,
    pub(super) from: Time,
    pub(super) to: Time,
    /// Pages that are stored already.
    pub(super) pages: u64,
    /// Where the last stored page ended.
    pub(super) token: Option<String>,
    /// The oldest event of the stored pages.
    pub(super) oldest: Option<Time>,
    /// The last stored page was the last one.
    pub(super) done: bool,
}

/// What a worker tells.
pub(super) enum Told {
    /// A page, as AWS sent it.
    Page { region: String, number: u64, body: Vec<u8>, summary: Page },
    /// AWS said "too much".
    Throttled { region: String },
    /// The region is read.
    Done { region: String },
    /// The region could not be read further.
    Failed { region: String, why: String },
}

/// What a page holds, as far as paging needs it.
#[derive(Debug, Clone, Default)]
pub(super) struct Page {
    pub(super) events: u64,
    pub(super) newest: Option<Time>,
    pub(super) oldest: Option<Time>,
    pub(super) token: Option<String>,
}

#[derive(Deserialize)]
struct Body {
    #[serde(rename = "Events", default)]
    events: Vec<BodyEvent>,
    #[serde(rename = "NextToken")]
    token: Option<String>,
}

#[derive(Deserialize)]
struct BodyEvent {
    #[serde(rename = "EventTime")]
    time: Option<f64>,
}

/// Reads a stored page again, or one that just came. `None` when it is no such page.
pub(super) fn page(body: &[u8]) -> Option<Page> {
    let body: Body = serde_json::from_slice(body).ok()?;
    let times = || {
        body.events
            .iter()
            .filter_map(|e| e.time)
            .filter(|t| t.is_finite())
            .map(|t| Time::from_micros((t * 1e6) as i64))
    };
    Some(Page {
        events: body.events.len() as u64,
        newest: times().max(),
        oldest: times().min(),
        token: body.token,
    })
}

/// Reads one region to its end, sending every page. `stop` is asked between pages.
pub(super) fn region(
    aws: &Aws,
    account: &str,
    mut task: Task,
    told: &SyncSender<Told>,
    stop: &(dyn Fn() -> bool + Sync),
) {
    let region = task.region.clone();
    let fail = |why: String| drop(told.send(Told::Failed { region: region.clone(), why }));
    let client = match aws.cloudtrail(Some(&region)) {
        Ok(client) => client,
        Err(error) => return fail(error.chain()),
    };
    let pacer = Pacer::of(account, &region);
    let mut tries = 0u32;
    while !task.done {
        if stop() {
            return fail("stopped by the responder; resume the run to go on".to_owned());
        }
        pacer.wait();
        let call = client
            .lookup_events()
            .start_time(DateTime::from_secs(task.from.micros().div_euclid(1_000_000)))
            .end_time(DateTime::from_secs(task.to.micros().div_euclid(1_000_000)))
            .max_results(50)
            .set_next_token(task.token.clone());
        let (answer, mut exchanges) =
            tape::record(|| aws.run("cloudtrail:LookupEvents", &region, call.send()).map(|_| ()));
        if let Err(error) = answer {
            tries += 1;
            if error.kind() == Kind::Throttled {
                drop(told.send(Told::Throttled { region: region.clone() }));
            } else if stale(&error) && task.token.is_some() {
                // Tokens do not live for ever. Going on from the oldest event that is stored overlaps by a second.
                task.token = None;
                task.to =
                    task.oldest.map_or(task.to, |o| Time::from_micros(o.micros().saturating_add(1_000_000)));
            } else if !worth_another(&error) {
                return fail(error.chain());
            }
            if tries >= PATIENCE {
                return fail(format!("given up after {tries} tries: {}", error.chain()));
            }
            let pause = if error.kind() == Kind::Throttled { 250 } else { 700 };
            pacer.back_off(Duration::from_millis(pause).saturating_mul(tries.min(10)));
            continue;
        }
        let Some(body) = exchanges.pop().map(|e| e.body) else {
            return fail("AWS's answer could not be kept".to_owned());
        };
        let Some(summary) = page(&body) else { return fail("AWS's answer is no page of events".to_owned()) };
        tries = 0;
        task.pages += 1;
        task.oldest = summary.oldest.or(task.oldest);
        task.token.clone_from(&summary.token);
        task.done = summary.token.is_none();
        if told.send(Told::Page { region: region.clone(), number: task.pages, body, summary }).is_err() {
            return;
        }
    }
    drop(told.send(Told::Done { region }));
}

fn stale(error: &AwsError) -> bool {
    error.code().is_some_and(|c| c.contains("NextToken"))
}

fn worth_another(error: &AwsError) -> bool {
    match error.kind() {
        Kind::Timeout | Kind::Unreachable => true,
        Kind::Other => error.code().is_none_or(|c| c.contains("Internal") || c.contains("Unavailable")),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_tells_its_span_and_its_token() {
        let found = page(br#"{"Events":[{"EventTime":1.5},{"EventTime":3e0}],"NextToken":"x"}"#).unwrap();
        assert_eq!((found.events, found.token.as_deref()), (2, Some("x")));
        assert_eq!(found.oldest, Some(Time::from_micros(1_500_000)));
        assert!(page(b"<html>").is_none());
    }
}
