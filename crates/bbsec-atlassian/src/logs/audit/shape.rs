//! The JSON of an audit event, in the shape of the file and in that of the REST answer.

use std::borrow::Cow;

use bbsec_core::Time;
use serde::Deserialize;
use serde_json::value::RawValue;

/// One event. Everything may be missing: system events have no source, old versions fewer fields.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Record<'a> {
    #[serde(borrow, default, alias = "type")]
    pub audit_type: Option<Kind<'a>>,
    #[serde(borrow, default)]
    pub author: Option<Author<'a>>,
    #[serde(borrow, default)]
    pub affected_objects: Option<Vec<Object<'a>>>,
    #[serde(borrow, default)]
    pub changed_values: Option<Vec<Change<'a>>>,
    #[serde(borrow, default)]
    pub extra_attributes: Option<Vec<Attribute<'a>>>,
    #[serde(borrow, default)]
    pub method: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    pub node: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    pub source: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    pub system: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    pub(super) timestamp: Option<Timestamp<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Kind<'a> {
    #[serde(borrow)]
    pub action: Option<Cow<'a, str>>,
    #[serde(borrow, alias = "actionI18nKey")]
    pub action_i18n_key: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub area: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub category: Option<Cow<'a, str>>,
    #[serde(borrow, alias = "categoryI18nKey")]
    pub category_i18n_key: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub level: Option<Cow<'a, str>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Author<'a> {
    #[serde(borrow)]
    pub id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub name: Option<Cow<'a, str>>,
    #[serde(borrow, rename = "type")]
    pub kind: Option<Cow<'a, str>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Object<'a> {
    #[serde(borrow)]
    pub id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub name: Option<Cow<'a, str>>,
    #[serde(borrow, rename = "type")]
    pub kind: Option<Cow<'a, str>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Change<'a> {
    #[serde(borrow)]
    pub key: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub from: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub to: Option<Cow<'a, str>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Attribute<'a> {
    #[serde(borrow)]
    pub name: Option<Cow<'a, str>>,
    #[serde(borrow, rename = "nameI18nKey")]
    pub name_i18n_key: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub value: Option<Cow<'a, str>>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Timestamp<'a> {
    #[serde(rename_all = "camelCase")]
    Split {
        epoch_second: i64,
        #[serde(default)]
        nano: i64,
    },
    Text(#[serde(borrow)] Cow<'a, str>),
    Millis(i64),
    Other(serde::de::IgnoredAny),
}

impl Record<'_> {
    /// Nothing but a time, in milliseconds since the epoch.
    pub(crate) fn at(millis: i64) -> Self {
        Self {
            audit_type: None,
            author: None,
            affected_objects: None,
            changed_values: None,
            extra_attributes: None,
            method: None,
            node: None,
            source: None,
            system: None,
            timestamp: Some(Timestamp::Millis(millis)),
        }
    }

    pub(crate) fn has_time(&self) -> bool {
        self.timestamp.is_some()
    }

    /// The time: seconds and a plain number of nanoseconds, an ISO text, or milliseconds.
    pub(crate) fn time(&self) -> Option<Time> {
        match self.timestamp.as_ref()? {
            Timestamp::Split { epoch_second, nano } => {
                Some(Time::from_micros(epoch_second.checked_mul(1_000_000)?.checked_add(nano / 1000)?))
            }
            Timestamp::Text(text) => text.parse().ok(),
            Timestamp::Millis(millis) => Some(Time::from_millis(*millis)),
            Timestamp::Other(_) => None,
        }
    }
}

/// A page of a REST answer.
#[derive(Debug, Deserialize)]
pub(crate) struct Page<'a> {
    #[serde(borrow)]
    pub entities: Vec<&'a RawValue>,
}
