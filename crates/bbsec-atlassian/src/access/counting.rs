//! Which events are a touch: something was done to a thing, not merely asked for.

use bbsec_core::{Event, TargetKind, Verb};

/// What an event counts as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Counts {
    /// The thing was touched.
    Touch,
    /// It was asked for, and refused, failed or never answered: nothing shows that it left.
    Refused,
    /// An exploit that ended in an error or was never answered: the thing was reached, what happened there is not told.
    Tried,
    /// An audit or database record of a touch: used where the access log is gone.
    FillIn,
    /// Nothing was touched.
    No,
}

/// What an event counts as.
pub(super) fn counts(event: &Event) -> Counts {
    if event.target.is_none() || matches!(event.verb, Verb::Login | Verb::Other) {
        return Counts::No;
    }
    if !event.source.ends_with(".access") {
        // Administration is `scan accounts`' business unless it is about one repository, page or issue.
        let about = event.target.as_ref().map(|target| target.kind);
        return match about {
            Some(TargetKind::Instance | TargetKind::Project) | None => Counts::No,
            Some(_) => Counts::FillIn,
        };
    }
    if event.extra.contains_key("unanswered") {
        return Counts::Refused;
    }
    // Stash printed no status.
    let Some(status) = event.status else { return Counts::Touch };
    if event.extra.get("protocol").is_some_and(|protocol| protocol == "ssh") {
        // The exit code of a command: a client that hangs up early makes it fail after data went out.
        let said = matches!(event.verb, Verb::Clone | Verb::Fetch | Verb::Push)
            || event.labels.iter().any(|label| label == "refs");
        return if status == 0 || status == 200 || said { Counts::Touch } else { Counts::Refused };
    }
    match status {
        400..=499 => Counts::Refused,
        // A transfer that broke off still sent what it sent; an error page is no content.
        500..=599 if !matches!(event.verb, Verb::Clone | Verb::Fetch | Verb::Push) => Counts::Refused,
        // Not logged in: sent to the login page.
        300..=303 | 307 | 308 if event.user.is_none() => Counts::Refused,
        _ => Counts::Touch,
    }
}

/// Whether the server said no: what was asked for did not happen.
pub(super) fn was_refused(event: &Event) -> bool {
    matches!(event.status, Some(400..=499))
}
