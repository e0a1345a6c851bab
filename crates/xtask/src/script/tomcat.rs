//! Access logs of Confluence (its default pattern since 7.11) and of Jira (the pattern of its container image).

use std::{collections::BTreeMap, fmt::Write as _, path::Path};

use anyhow::{Context, Result};
use chrono::{DateTime, FixedOffset, Timelike, Utc};

use super::{
    request::Request,
    spec::{Product, Script},
};

/// Writes the installation's `logs` folder.
pub fn write(script: &Script, install: &Path, product: Product, requests: &[Request]) -> Result<()> {
    let node = if product == Product::Confluence { &script.confluence } else { &script.jira };
    let offset = FixedOffset::east_opt(node.utc_offset_hours * 3600).context("an offset within a day")?;
    let mut days: BTreeMap<chrono::NaiveDate, String> = BTreeMap::new();
    for (count, request) in requests.iter().enumerate() {
        let at = request.at.with_timezone(&offset);
        let log = days.entry(at.date_naive()).or_default();
        match product {
            Product::Jira => jira(log, request, at, count)?,
            _ => confluence(log, request, at, count)?,
        }
    }
    let logs = install.join("logs");
    std::fs::create_dir_all(&logs)?;
    for (day, text) in days {
        let name = match product {
            Product::Jira => format!("access_log.{day}"),
            _ => format!("conf_access_log.{day}.log"),
        };
        std::fs::write(logs.join(name), text)?;
    }
    Ok(())
}

/// `%t %{X-AUSERNAME}o %I %h %r %s %Dms %b %{Referer}i %{User-Agent}i`
fn confluence(log: &mut String, request: &Request, at: DateTime<FixedOffset>, count: usize) -> Result<()> {
    let who = &request.who;
    writeln!(
        log,
        "[{}] {} http-nio-8090-exec-{} {} {} HTTP/1.1 {} 31ms {} - {}",
        at.format("%d/%b/%Y:%H:%M:%S %z"),
        who.user.as_deref().unwrap_or("-"),
        count % 25 + 1,
        who.ip,
        request.action,
        request.status.unwrap_or_default(),
        bytes(request.out),
        who.agent
    )?;
    Ok(())
}

/// `%a %{jira.request.id}r %{jira.request.username}r %t "%m %U%q %H" %s %b %D "%{Referer}i" "%{User-Agent}i"
/// "%{jira.request.assession.id}r"`
fn jira(log: &mut String, request: &Request, at: DateTime<FixedOffset>, count: usize) -> Result<()> {
    let who = &request.who;
    let utc = at.with_timezone(&Utc);
    writeln!(
        log,
        "{} {}x{}x1 {} [{}] \"{} HTTP/1.1\" {} {} 31 \"-\" \"{}\" \"{}\"",
        who.ip,
        utc.hour() * 60 + utc.minute(),
        7000 + count,
        who.user.as_deref().unwrap_or("-"),
        at.format("%d/%b/%Y:%H:%M:%S %z"),
        request.action,
        request.status.unwrap_or_default(),
        bytes(request.out),
        who.agent,
        who.session.as_deref().unwrap_or("-")
    )?;
    Ok(())
}

/// `%b` shows a dash for nothing.
fn bytes(out: u64) -> String {
    if out == 0 { "-".into() } else { out.to_string() }
}
