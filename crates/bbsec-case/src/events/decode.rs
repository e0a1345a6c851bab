//! Turns a batch back into events.

use std::{borrow::Cow, collections::HashMap, path::Path, sync::Arc};

use arrow::array::{
    Array, Int32Array, ListArray, RecordBatch, StringArray, TimestampMicrosecondArray, UInt32Array,
    UInt64Array,
};
use bbsec_core::{Event, Indicator, IndicatorKind, Place, Target, TargetKind, Time, Verb};

use super::filter::EventFilter;
use crate::CaseError;

/// The columns of one batch.
pub(crate) struct Columns<'a> {
    time: &'a TimestampMicrosecondArray,
    texts: HashMap<&'static str, &'a StringArray>,
    ips: &'a ListArray,
    labels: &'a ListArray,
    status: &'a Int32Array,
    bytes_in: &'a UInt64Array,
    bytes_out: &'a UInt64Array,
    duration: &'a UInt64Array,
    offset: &'a UInt64Array,
    length: &'a UInt32Array,
}

const TEXTS: [&str; 14] = [
    "data_type",
    "user",
    "session",
    "token",
    "ssh_key",
    "user_agent",
    "request",
    "verb",
    "action",
    "target_kind",
    "target_id",
    "target_name",
    "extra",
    "file",
];

fn column<'a, T: 'static>(
    batch: &'a RecordBatch,
    name: &'static str,
    path: &Path,
) -> Result<&'a T, CaseError> {
    batch
        .column_by_name(name)
        .and_then(|array| array.as_any().downcast_ref::<T>())
        .ok_or_else(|| CaseError::Column { path: path.into(), column: name })
}

impl<'a> Columns<'a> {
    pub(crate) fn of(batch: &'a RecordBatch, path: &Path) -> Result<Self, CaseError> {
        let mut texts = HashMap::new();
        for name in TEXTS {
            texts.insert(name, column(batch, name, path)?);
        }
        Ok(Self {
            time: column(batch, super::schema::TIME, path)?,
            texts,
            ips: column(batch, "ips", path)?,
            labels: column(batch, "labels", path)?,
            status: column(batch, "status", path)?,
            bytes_in: column(batch, "bytes_in", path)?,
            bytes_out: column(batch, "bytes_out", path)?,
            duration: column(batch, "duration", path)?,
            offset: column(batch, "offset", path)?,
            length: column(batch, "length", path)?,
        })
    }

    pub(crate) fn time(&self, row: usize) -> Time {
        Time::from_micros(if row < self.time.len() { self.time.value(row) } else { 0 })
    }

    fn text(&self, name: &str, row: usize) -> Option<&'a str> {
        let array = *self.texts.get(name)?;
        (row < array.len() && array.is_valid(row)).then(|| array.value(row))
    }

    fn owned(&self, name: &str, row: usize) -> Option<String> {
        self.text(name, row).map(str::to_owned)
    }

    /// Whether an event can be wanted, told from the columns alone: most rows of a search need not become events.
    pub(crate) fn may_be_wanted(&self, row: usize, filter: &EventFilter) -> bool {
        filter.request.as_deref().is_none_or(|request| self.text("request", row) == Some(request))
            && filter.target.as_ref().is_none_or(|target| self.text("target_id", row) == Some(&*target.id))
            && (filter.indicators.is_empty() && filter.requests.is_empty()
                || self.text("request", row).is_some_and(|request| filter.requests.contains(request))
                || filter.indicators.iter().any(|indicator| self.may_match(row, indicator)))
    }

    fn may_match(&self, row: usize, indicator: &Indicator) -> bool {
        let is = |name| self.text(name, row) == Some(&*indicator.value);
        match indicator.kind {
            // An IPv6 address has many spellings; those are compared as addresses later.
            IndicatorKind::Ip => texts(self.ips, row, |ip| ip == indicator.value || ip.contains(':')),
            IndicatorKind::User => is("user"),
            IndicatorKind::Session => is("session"),
            IndicatorKind::Token => is("token"),
            IndicatorKind::SshKey => is("ssh_key"),
            IndicatorKind::UserAgent => is("user_agent"),
            IndicatorKind::Request => is("request"),
            IndicatorKind::AwsPrincipal => true,
        }
    }

    /// The event of a row. `source` and `files` avoid a copy of the same text per event.
    #[allow(
        clippy::ptr_arg,
        reason = "the clone of a borrowed Cow costs nothing, that of a str an allocation"
    )]
    pub(crate) fn event(&self, row: usize, source: &Cow<'static, str>, files: &mut FileNames) -> Event {
        let target = self.text("target_kind", row).and_then(target_kind).map(|kind| Target {
            kind,
            id: self.owned("target_id", row).unwrap_or_default(),
            name: self.owned("target_name", row),
        });
        Event {
            time: self.time(row),
            source: source.clone(),
            data_type: Cow::Owned(self.owned("data_type", row).unwrap_or_default()),
            user: self.owned("user", row),
            ips: list(self.ips, row),
            session: self.owned("session", row),
            token: self.owned("token", row),
            ssh_key: self.owned("ssh_key", row),
            user_agent: self.owned("user_agent", row),
            request: self.owned("request", row),
            verb: self.text("verb", row).and_then(Verb::from_name).unwrap_or(Verb::Other),
            action: self.owned("action", row).unwrap_or_default(),
            target,
            status: (self.status.is_valid(row)).then(|| self.status.value(row)),
            bytes_in: number(self.bytes_in, row),
            bytes_out: number(self.bytes_out, row),
            duration: number(self.duration, row),
            labels: list(self.labels, row),
            extra: self
                .text("extra", row)
                .and_then(|json| serde_json::from_str(json).ok())
                .unwrap_or_default(),
            at: Place {
                file: files.get(self.text("file", row).unwrap_or_default()),
                offset: number(self.offset, row).unwrap_or(0),
                length: if self.length.is_valid(row) { self.length.value(row) } else { 0 },
            },
        }
    }
}

/// Hands out one shared text per file name; consecutive events mostly come from the same file.
#[derive(Default)]
pub(crate) struct FileNames(Option<Arc<str>>);

impl FileNames {
    fn get(&mut self, name: &str) -> Arc<str> {
        match &self.0 {
            Some(known) if **known == *name => known.clone(),
            _ => self.0.insert(name.into()).clone(),
        }
    }
}

fn number(array: &UInt64Array, row: usize) -> Option<u64> {
    array.is_valid(row).then(|| array.value(row))
}

fn list(array: &ListArray, row: usize) -> Vec<String> {
    if array.is_null(row) {
        return Vec::new();
    }
    let values = array.value(row);
    let Some(texts) = values.as_any().downcast_ref::<StringArray>() else { return Vec::new() };
    texts.iter().flatten().map(str::to_owned).collect()
}

/// Whether some text of a row's list fits.
fn texts(array: &ListArray, row: usize, fits: impl Fn(&str) -> bool) -> bool {
    let Some(texts) = array.values().as_any().downcast_ref::<StringArray>() else { return true };
    let at = |index: usize| array.value_offsets().get(index).and_then(|offset| usize::try_from(*offset).ok());
    let (Some(start), Some(end)) = (at(row), at(row + 1)) else { return true };
    (start..end.min(texts.len())).any(|index| fits(texts.value(index)))
}

fn target_kind(name: &str) -> Option<TargetKind> {
    use TargetKind as K;
    [K::Repository, K::Page, K::Issue, K::Attachment, K::Space, K::Project, K::Export, K::Instance]
        .into_iter()
        .find(|kind| kind.name() == name)
}
