//! Which events are wanted.

use std::collections::HashSet;

use bbsec_core::{Event, Indicator, IndicatorKind, Target, Time};

/// Which events are wanted. Empty members want everything; several members must all hold.
#[derive(Debug, Clone, Default)]
pub struct EventFilter {
    /// Not before.
    pub from: Option<Time>,
    /// Not after.
    pub to: Option<Time>,
    /// At least one of these is in the event.
    pub indicators: Vec<Indicator>,
    /// The request id.
    pub request: Option<String>,
    /// Events of these requests are wanted as well, whichever indicator they carry: what other logs say about the same
    /// requests.
    pub requests: HashSet<String>,
    /// Only these sources; a name that ends in `*` matches every source that begins so.
    pub sources: Vec<String>,
    /// What it was done to; the name is not compared.
    pub target: Option<Target>,
}

impl EventFilter {
    /// Whether an event is wanted.
    pub fn wants(&self, event: &Event) -> bool {
        self.from.is_none_or(|from| event.time >= from)
            && self.to.is_none_or(|to| event.time <= to)
            && self.wants_source(&event.source)
            && self.request.as_ref().is_none_or(|request| event.request.as_ref() == Some(request))
            && self.target.as_ref().is_none_or(|wanted| {
                event
                    .target
                    .as_ref()
                    .is_some_and(|target| target.kind == wanted.kind && target.id == wanted.id)
            })
            && self.wants_anyone(event)
    }

    fn wants_anyone(&self, event: &Event) -> bool {
        (self.indicators.is_empty() && self.requests.is_empty())
            || event.request.as_ref().is_some_and(|request| self.requests.contains(request))
            || self.indicators.iter().any(|one| names(event, one))
    }

    /// Whether events of a source can be wanted.
    pub(crate) fn wants_source(&self, source: &str) -> bool {
        self.sources.is_empty()
            || self.sources.iter().any(|wanted| match wanted.strip_suffix('*') {
                Some(prefix) => source.starts_with(prefix),
                None => wanted == source,
            })
    }

    /// Whether events of a day (`YYYY-MM-DD`) can be wanted.
    pub(crate) fn wants_date(&self, date: &str) -> bool {
        // Days outside the years of four digits do not sort as text; they are read.
        let plain = date.len() == 10;
        !plain
            || (self.from.is_none_or(|from| *date >= *from.date() || from.date().len() != 10)
                && self.to.is_none_or(|to| *date <= *to.date() || to.date().len() != 10))
    }
}

/// Whether an event names an indicator.
pub fn names(event: &Event, indicator: &Indicator) -> bool {
    let is = |field: &Option<String>| field.as_ref() == Some(&indicator.value);
    match indicator.kind {
        IndicatorKind::Ip => event.ips.iter().any(|ip| {
            *ip == indicator.value || Indicator::new(IndicatorKind::Ip, ip.as_str()).value == indicator.value
        }),
        IndicatorKind::User => is(&event.user),
        IndicatorKind::Session => is(&event.session),
        IndicatorKind::Token => is(&event.token),
        IndicatorKind::SshKey => is(&event.ssh_key),
        IndicatorKind::UserAgent => is(&event.user_agent),
        IndicatorKind::Request => is(&event.request),
        IndicatorKind::AwsPrincipal => {
            is(&event.user) || is(&event.token) || event.extra.values().any(|value| *value == indicator.value)
        }
    }
}
