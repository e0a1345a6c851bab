//! `log/atlassian-bitbucket-access*.log`: two lines per request, one file per day, the older ones gzipped.
//!
//! Before the upgrade SSH lines have the form of Atlassian's support article (action not quoted, a single quoted
//! client, short `i` lines); after it the newer form, with the action quoted and an empty referer.

use std::{collections::BTreeMap, fmt::Write as _, path::Path};

use anyhow::{Context, Result};
use chrono::{DateTime, Duration, NaiveDate, Timelike, Utc};

use super::{
    placement::gzip,
    request::Request,
    rng::{BASE36, Rng},
    spec::Spec,
};

/// Request ids by the request's mark.
pub type Marks = BTreeMap<&'static str, (String, DateTime<Utc>)>;

/// What was written.
#[derive(Debug, Default)]
pub struct Written {
    /// Lines, over all files.
    pub lines: usize,
    /// Ids of the requests that other logs name.
    pub marks: Marks,
}

fn time(at: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(at).unwrap_or_default()
}

/// What the server's clock on the wall shows.
fn wall(spec: &Spec, at: i64) -> DateTime<Utc> {
    time(at) + Duration::hours(spec.logs.utc_offset_hours)
}

/// Writes the log of all requests, in the order of their lines' times.
pub fn write(spec: &Spec, home: &Path, requests: &mut [Request]) -> Result<Written> {
    requests.sort_by_key(|request| request.at);
    let mut written = Written::default();
    let mut lines: Vec<(i64, u32, String)> = Vec::with_capacity(requests.len() * 2);
    let mut rng = Rng::new(spec.seed, "access log");
    let boots = [boot(&mut rng), boot(&mut rng)];
    let mut count = 0_u32;
    for request in requests.iter() {
        let started = time(request.at);
        let shown = wall(spec, request.at);
        let modern = shown.date_naive() >= spec.logs.upgraded;
        count += 1;
        let [older, newer] = &boots;
        let minute = shown.hour() * 60 + shown.minute();
        let node = if modern { newer } else { older };
        let id = format!("{node}x{minute}x{count}x{}", rng.below(6));
        if let Some(mark) = request.mark {
            written.marks.insert(mark, (id.clone(), started));
        }
        lines.push((request.at, count, line(spec, request, &id, true, modern)));
        if request.status.is_some() {
            let ended = request.at + request.duration as i64;
            lines.push((ended, count, line(spec, request, &id, false, modern)));
        }
    }
    lines.sort();
    written.lines = lines.len();
    save(spec, home, &lines)?;
    Ok(written)
}

fn boot(rng: &mut Rng) -> String {
    rng.text(BASE36, 7).to_uppercase()
}

fn line(spec: &Spec, request: &Request, id: &str, incoming: bool, modern: bool) -> String {
    let at = if incoming { request.at } else { request.at + request.duration as i64 };
    let stamp = wall(spec, at).format("%Y-%m-%d %H:%M:%S,%3f");
    let balancer = &spec.aws.balancer_address;
    // SSH comes through a TCP listener and shows its client alone.
    let address = if request.ssh || request.client == *balancer {
        request.client.clone()
    } else {
        format!("{},{balancer}", request.client)
    };
    let (protocol, direction) = (if request.ssh { "ssh" } else { "https" }, if incoming { 'i' } else { 'o' });
    // A request comes in before anybody has logged in; SSH has.
    let user = request.user.as_deref().filter(|_| request.ssh || !incoming).unwrap_or("-");
    let session = request.session.as_deref().unwrap_or("-");
    let mut out = format!("{address} | {protocol} | {direction}@{id} | {user} | {stamp} | ");
    let old_ssh = request.ssh && !modern;
    if old_ssh {
        let _ = write!(out, "{} | \"{}\" | ", request.action, request.agent);
        if incoming {
            let _ = write!(out, "- | - | {session} | ");
            return out.trim_end().to_owned();
        }
    } else {
        let _ = write!(out, "\"{}\" | \"{}\" \"{}\" | ", request.action, request.referer, request.agent);
    }
    if incoming {
        let _ = write!(out, "- | - | - | - | - | {session} |");
    } else {
        let labels = if request.labels.is_empty() { "-".into() } else { request.labels.join(", ") };
        let status = request.status.unwrap_or_default();
        let (read, written, took) = (request.read, request.written, request.duration);
        let _ = write!(out, "{status} | {read} | {written} | {labels} | {took} | {session} |");
    }
    out
}

fn save(spec: &Spec, home: &Path, lines: &[(i64, u32, String)]) -> Result<()> {
    let folder = home.join("log");
    std::fs::create_dir_all(&folder)?;
    let mut days: BTreeMap<NaiveDate, String> = BTreeMap::new();
    for (at, _, line) in lines {
        let day = days.entry(wall(spec, *at).date_naive()).or_default();
        day.push_str(line);
        day.push('\n');
    }
    let last = days.keys().next_back().copied().context("the log has no line")?;
    for (day, text) in days {
        let age = (last - day).num_days();
        if age == 0 {
            std::fs::write(folder.join("atlassian-bitbucket-access.log"), text)?;
        } else if age <= 2 {
            std::fs::write(folder.join(format!("atlassian-bitbucket-access-{day}.0.log")), text)?;
        } else {
            let path = folder.join(format!("atlassian-bitbucket-access-{day}.0.log.gz"));
            std::fs::write(path, gzip(text.as_bytes())?)?;
        }
    }
    Ok(())
}
