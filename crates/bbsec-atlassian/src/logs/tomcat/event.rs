//! A line of Tomcat's access log as an event.

use std::{borrow::Cow, collections::BTreeMap};

use bbsec_core::{Event, Place, Target, Time, Verb};

use super::{
    Pattern,
    pattern::{Field, Fields},
};
use crate::{
    logs::{
        confluence, jira,
        parser::{Bad, Emit, LineParser, Raw, addresses, number, text},
        uri::request_line,
    },
    read::{Clock, StampReader},
};

type What = fn(&str, &str) -> (Verb, Option<Target>);

/// Reads access logs of Jira and Confluence.
pub(crate) struct ValveLog {
    patterns: Vec<Pattern>,
    stamps: StampReader,
    source: &'static str,
    data_type: &'static str,
    what: What,
}

impl ValveLog {
    /// For Jira; `configured` patterns are tried before those that the product comes with.
    pub(crate) fn jira(configured: &[Pattern]) -> Self {
        Self::new(configured, "jira.access", "jira:access", jira::what)
    }

    /// For Confluence.
    pub(crate) fn confluence(configured: &[Pattern]) -> Self {
        Self::new(configured, "confluence.access", "confluence:access", confluence::what)
    }

    fn new(configured: &[Pattern], source: &'static str, data_type: &'static str, what: What) -> Self {
        let mut patterns = configured.to_vec();
        // A configured pattern that the product comes with keeps its place in the order.
        let built_in = Pattern::built_in();
        patterns.retain(|pattern| !built_in.contains(pattern));
        patterns.extend(built_in);
        Self { patterns, stamps: StampReader::default(), source, data_type, what }
    }

    fn event(&self, fields: &Fields<'_>, time: Time, at: Place) -> Event {
        let mut event =
            Event::new(time, Cow::Borrowed(self.source), Cow::Borrowed(self.data_type), Verb::Other, "", at);
        let mut extra = BTreeMap::new();
        let mut remote = Vec::new();
        let mut forwarded = Vec::new();
        for (field, value) in fields.iter().filter(|(_, value)| !value.is_empty() && *value != b"-") {
            match field {
                Field::User => event.user = Some(text(value)).filter(|user| user != "anonymous"),
                Field::Remote => remote = addresses(value),
                Field::Forwarded => forwarded = addresses(value),
                Field::Thread => _ = extra.insert("thread_name".to_owned(), text(value)),
                Field::Request => event.action = text(value),
                Field::Status => event.status = number(value).and_then(|status| i32::try_from(status).ok()),
                Field::Bytes => event.bytes_out = number(value),
                Field::Duration => event.duration = duration(value),
                Field::Referer => _ = extra.insert("http_request_referer".to_owned(), text(value)),
                Field::Agent => event.user_agent = Some(text(value.trim_ascii())),
                Field::RequestId => {
                    event.request = Some(text(value).trim_start_matches(['@', '*']).to_owned());
                }
                Field::Session => event.session = Some(text(value)),
                Field::Time | Field::Path | Field::Other => {}
            }
        }
        if event.bytes_out.is_none() && fields.contains(&(Field::Bytes, b"-")) {
            event.bytes_out = Some(0);
        }
        event.ips = forwarded;
        for address in remote {
            if !event.ips.contains(&address) {
                event.ips.push(address);
            }
        }
        let (method, uri) = request_line(&event.action);
        (event.verb, event.target) = (self.what)(method, uri);
        event.extra = extra;
        event
    }
}

/// Milliseconds, or seconds with a fraction.
fn duration(value: &[u8]) -> Option<u64> {
    if value.contains(&b'.') {
        let seconds: f64 = text(value).parse().ok()?;
        return Some((seconds * 1_000_000.0) as u64);
    }
    number(value).map(|millis| millis.saturating_mul(1000))
}

impl LineParser for ValveLog {
    fn line(&mut self, raw: Raw<'_>, clock: &mut Clock, emit: Emit<'_>) -> Result<Option<Time>, Bad> {
        let line = raw.bytes.trim_ascii_end();
        let fitted = self.patterns.iter().find_map(|pattern| pattern.fit(line, &mut self.stamps));
        let (stamp, fields) =
            fitted.ok_or("fits neither the configured access log pattern nor a known one")?;
        let time = clock.utc(stamp);
        emit(&mut self.event(&fields, time, raw.place()))?;
        Ok(Some(time))
    }
}
