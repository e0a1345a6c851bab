//! A Bitbucket node's home: access log by days, application log, audit log, repositories.

use std::{collections::BTreeMap, fmt::Write as _, path::Path};

use anyhow::Result;
use chrono::{DateTime, Duration, NaiveDateTime, Timelike, Utc};

use super::{request::Request, spec::Script};

/// Writes the home.
pub fn write(script: &Script, home: &Path, requests: &[Request]) -> Result<()> {
    let mut days: BTreeMap<chrono::NaiveDate, String> = BTreeMap::new();
    for (count, request) in requests.iter().enumerate() {
        let came = request.at - Duration::milliseconds(80);
        let id = id(script, wall(script, came), count);
        let day = |at| wall(script, at).date();
        let log = days.entry(day(came)).or_default();
        line(log, script, request, came, &format!("i*{id}"), false)?;
        if request.status.is_some() {
            let log = days.entry(day(request.at)).or_default();
            line(log, script, request, request.at, &format!("o*{id}"), true)?;
        }
    }
    let last = days.keys().next_back().copied();
    let logs = home.join("log");
    std::fs::create_dir_all(&logs)?;
    for (day, text) in days.into_iter().filter(|(day, _)| *day != script.missing_day) {
        let name = if Some(day) == last {
            "atlassian-bitbucket-access.log".to_owned()
        } else {
            format!("atlassian-bitbucket-access-{day}.0.log")
        };
        std::fs::write(logs.join(name), text)?;
    }
    let started = wall(script, script.window.0).format("%Y-%m-%d %H:%M:%S,000");
    std::fs::write(
        logs.join("atlassian-bitbucket.log"),
        format!(
            "{started} INFO  [main]  com.atlassian.bitbucket.internal.boot.log.BuildInfoLogger Starting Bitbucket {} \
             (204e35a built on Tue Jul 05 14:31:59 UTC 2022)\n",
            script.bitbucket.version
        ),
    )?;
    repositories(home, requests)
}

/// The time that the server's clock showed.
pub fn wall(script: &Script, at: DateTime<Utc>) -> NaiveDateTime {
    let clock = script.bitbucket.clock.iter().rev().find(|clock| clock.from <= at);
    (at + Duration::hours(clock.map_or(0, |clock| clock.hours))).naive_utc()
}

fn id(script: &Script, wall: NaiveDateTime, count: usize) -> String {
    format!("{}x{}x{}x{}", script.bitbucket.node, wall.hour() * 60 + wall.minute(), 40_000 + count, count % 3)
}

fn line(
    log: &mut String,
    script: &Script,
    request: &Request,
    at: DateTime<Utc>,
    id: &str,
    answered: bool,
) -> Result<()> {
    let who = &request.who;
    let time = wall(script, at).format("%Y-%m-%d %H:%M:%S,%3f");
    let chain = who.via.as_ref().map_or_else(|| who.ip.clone(), |via| format!("{},{via}", who.ip));
    let user = who.user.as_deref().unwrap_or("-");
    let ssh = request.action.starts_with("SSH");
    let (protocol, action, agent) = if ssh {
        ("ssh", request.action.clone(), format!("\"{}\"", who.agent))
    } else {
        ("https", format!("\"{} HTTP/1.1\"", request.action), format!("\"\" \"{}\"", who.agent))
    };
    write!(log, "{chain} | {protocol} | {id} | {user} | {time} | {action} | {agent} | ")?;
    let session = who.session.as_deref().unwrap_or("-");
    if !answered {
        writeln!(log, "- | - | - | - | - | {session} | ")?;
        return Ok(());
    }
    let mut labels: Vec<String> = who.token.iter().map(|token| format!("access-token:id:{token}")).collect();
    labels.extend(request.labels.iter().cloned());
    labels.extend(who.ssh_key.iter().map(|key| format!("ssh:id:{key}")));
    labels.extend(who.ssh_label.iter().map(|label| format!("ssh:label:'{label}'")));
    let labels = if labels.is_empty() { "-".to_owned() } else { labels.join(", ") };
    let status = request.status.unwrap_or_default();
    writeln!(log, "{status} | {} | {} | {labels} | 80 | {session} | ", request.read, request.out)?;
    Ok(())
}

/// Bare, empty repositories for all that are named, but the deleted one.
fn repositories(home: &Path, requests: &[Request]) -> Result<()> {
    let mut names: Vec<&str> = requests
        .iter()
        .filter_map(|request| request.truth.as_ref()?.id.as_deref())
        .filter(|name| !name.starts_with("OLD/"))
        .collect();
    names.sort_unstable();
    names.dedup();
    for (number, name) in names.into_iter().enumerate() {
        let folder = home.join(format!("shared/data/repositories/{}", number + 1));
        for part in ["objects/info", "objects/pack", "refs/heads", "refs/tags"] {
            std::fs::create_dir_all(folder.join(part))?;
        }
        std::fs::write(folder.join("HEAD"), "ref: refs/heads/main\n")?;
        std::fs::write(folder.join("config"), "[core]\n\trepositoryformatversion = 0\n\tbare = true\n")?;
        let (project, slug) = name.split_once('/').unwrap_or((name, name));
        std::fs::write(
            folder.join("repository-config"),
            format!(
                "[bitbucket]\n\thierarchy = 8597e1f873a45c2b9d{number:02x}\n\tproject = {project}\n\trepository = {slug}\n"
            ),
        )?;
    }
    Ok(())
}
