//! Every text of a case goes through the redactor before anything is rendered.
//!
//! The types are taken apart by name: a field that is added to one of them does not compile here until it is named.

use std::{collections::BTreeMap, path::PathBuf};

use bbsec_core::{
    Actor, Change, ChangeResult, Event, EvidenceItem, ExposedSecret, Finding, Gap, Place, Provenance,
    Subject, Target, Touch,
};
use serde_json::Value;

use crate::{
    ActivityBucket, CaseData, ChangeRecord, Dismissal, RestorePoint, RotationState, StepRecord,
    redact::Redactor,
};

/// Something whose texts can be cleaned.
pub(crate) trait Scrub {
    fn scrub(&mut self, with: &Redactor);
}

impl Scrub for String {
    fn scrub(&mut self, with: &Redactor) {
        with.clean(self);
    }
}

impl<T: Scrub> Scrub for Option<T> {
    fn scrub(&mut self, with: &Redactor) {
        if let Some(inner) = self {
            inner.scrub(with);
        }
    }
}

impl<T: Scrub> Scrub for Vec<T> {
    fn scrub(&mut self, with: &Redactor) {
        for inner in self {
            inner.scrub(with);
        }
    }
}

impl<T: Scrub> Scrub for BTreeMap<String, T> {
    fn scrub(&mut self, with: &Redactor) {
        *self = std::mem::take(self)
            .into_iter()
            .map(|(mut key, mut value)| {
                key.scrub(with);
                value.scrub(with);
                (key, value)
            })
            .collect();
    }
}

impl Scrub for u64 {
    fn scrub(&mut self, _: &Redactor) {}
}

impl Scrub for Value {
    fn scrub(&mut self, with: &Redactor) {
        match self {
            Self::String(text) => {
                text.scrub(with);
            }
            Self::Array(values) => values.scrub(with),
            Self::Object(map) => scrub_map(map, with),
            Self::Null | Self::Bool(_) | Self::Number(_) => {}
        }
    }
}

/// Under a name that says so, a text is a secret whatever its shape.
fn scrub_map(map: &mut serde_json::Map<String, Value>, with: &Redactor) {
    const NAMES: [&str; 7] =
        ["password", "passwd", "passphrase", "secret", "secret_access_key", "session_token", "private_key"];
    *map = std::mem::take(map)
        .into_iter()
        .map(|(mut key, mut value)| {
            let lower = key.to_ascii_lowercase();
            if value.is_string() && NAMES.iter().any(|name| lower.ends_with(name)) {
                value = Value::String("[redacted]".into());
            }
            key.scrub(with);
            value.scrub(with);
            (key, value)
        })
        .collect();
}

macro_rules! scrub {
    ($type:ident { $($field:ident),* $(,)? } keep { $($kept:ident),* $(,)? }) => {
        impl Scrub for $type {
            fn scrub(&mut self, with: &Redactor) {
                let Self { $($field,)* $($kept: _),* } = self;
                $($field.scrub(with);)*
            }
        }
    };
}

impl Scrub for Place {
    fn scrub(&mut self, with: &Redactor) {
        let Self { file, offset: _, length: _ } = self;
        let mut text = file.to_string();
        with.clean(&mut text);
        if text != **file {
            *file = text.into();
        }
    }
}

impl Scrub for PathBuf {
    fn scrub(&mut self, with: &Redactor) {
        let mut text = self.to_string_lossy().into_owned();
        with.clean(&mut text);
        *self = text.into();
    }
}

impl Scrub for std::borrow::Cow<'static, str> {
    fn scrub(&mut self, with: &Redactor) {
        if let Self::Owned(text) = self {
            text.scrub(with);
        }
    }
}

scrub!(Subject { kind, id, name } keep {});
scrub!(Target { id, name } keep { kind });
scrub!(Actor { user, ips, sessions, tokens, ssh_keys } keep {});
scrub!(Touch { actor, target, verbs, why, evidence } keep { bytes_out, first, last, suspect });
scrub!(Finding { analysis, rule, title, subject, why, evidence, fix, actor, data }
    keep { id, severity, confidence, at });
scrub!(Gap { kind, subject, why, at } keep { count, unread });
scrub!(Provenance { source, how, what } keep {});
scrub!(EvidenceItem { path, provenance, by, tool, in_place } keep { size, sha256, acquired });
scrub!(Event {
    source, data_type, user, ips, session, token, ssh_key, user_agent, request, action, target, labels, extra, at,
} keep { time, verb, status, bytes_in, bytes_out, duration });
scrub!(Change { operation, subject, before, after, undo } keep {});
scrub!(StepRecord { run, step, uses, state, output, error } keep { started, ended });
scrub!(ChangeRecord { run, step, change, result } keep { time, undone });
scrub!(Dismissal { why, by } keep { at });
scrub!(RotationState { state, by, note } keep { at });
scrub!(RestorePoint { id, kind, source } keep { time });
scrub!(ActivityBucket { source } keep { start, width_micros, events, suspect_events, bytes_out });

impl Scrub for serde_json::Map<String, Value> {
    fn scrub(&mut self, with: &Redactor) {
        scrub_map(self, with);
    }
}

impl Scrub for ChangeResult {
    fn scrub(&mut self, with: &Redactor) {
        match self {
            Self::Done { answer } => answer.scrub(with),
            Self::Failed { error } => error.scrub(with),
            Self::Already => {}
        }
    }
}

impl Scrub for bbsec_core::secret::ObjectRef {
    fn scrub(&mut self, with: &Redactor) {
        let Self { kind, id } = self;
        kind.scrub(with);
        id.scrub(with);
    }
}

impl Scrub for bbsec_core::secret::Reach {
    fn scrub(&mut self, with: &Redactor) {
        let Self { kind, name } = self;
        kind.scrub(with);
        name.scrub(with);
    }
}

impl Scrub for ExposedSecret {
    fn scrub(&mut self, with: &Redactor) {
        let Self {
            fingerprint: _,
            keyed: _,
            public_id,
            rule,
            title,
            severity: _,
            confidence: _,
            provider,
            secret,
            repo,
            project,
            slug,
            object,
            path,
            line: _,
            column: _,
            commit,
            author,
            email,
            committed_at: _,
            reachable,
            at_head: _,
            occurrences: _,
            paths,
            notes,
        } = self;
        with.secret(secret);
        for text in [public_id, repo, project, slug, path, commit, author, email] {
            text.scrub(with);
        }
        for text in [rule, title, provider] {
            text.scrub(with);
        }
        object.scrub(with);
        reachable.scrub(with);
        paths.scrub(with);
        notes.scrub(with);
    }
}

impl Scrub for bbsec_core::Scope {
    fn scrub(&mut self, with: &Redactor) {
        let Self { from: _, to: _, suspects, instances, time_zones, own } = self;
        for suspect in suspects {
            suspect.value.scrub(with);
        }
        instances.scrub(with);
        time_zones.scrub(with);
        own.addresses.scrub(with);
        own.arns.scrub(with);
    }
}

/// The case with every text cut and cleaned.
pub(crate) fn clean(data: &CaseData) -> CaseData {
    let with = Redactor::new(data.fingerprinter.clone(), &data.secrets);
    let mut data = data.clone();
    let CaseData {
        id,
        title,
        product,
        product_version,
        responder,
        created: _,
        rendered_at: _,
        scope,
        findings,
        dismissed,
        secrets,
        touches,
        gaps,
        evidence,
        steps,
        changes,
        isolation,
        activity,
        timeline,
        rotation_state,
        settings,
        journal_head,
        tool_version,
        host_fingerprints: _,
        administrators: _,
        restore_points,
        fingerprinter: _,
    } = &mut data;
    for text in [id, title, tool_version] {
        text.scrub(&with);
    }
    for text in [product, product_version, responder, journal_head] {
        text.scrub(&with);
    }
    scope.scrub(&with);
    findings.scrub(&with);
    dismissed.scrub(&with);
    secrets.scrub(&with);
    touches.scrub(&with);
    gaps.scrub(&with);
    evidence.scrub(&with);
    steps.scrub(&with);
    changes.scrub(&with);
    isolation.scrub(&with);
    activity.scrub(&with);
    timeline.scrub(&with);
    rotation_state.scrub(&with);
    settings.scrub(&with);
    restore_points.scrub(&with);
    data
}
