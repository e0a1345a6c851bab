//! Events: what the evidence says happened.

use std::{borrow::Cow, collections::BTreeMap};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Place, Target, Time};

/// What kind of thing was done, over all products. The names are those of the contract's `verbs`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Verb {
    /// The whole of a repository was sent.
    Clone,
    /// Part of a repository was sent.
    Fetch,
    /// Something was pushed.
    Push,
    /// Refs were listed; no content left.
    Refs,
    /// An archive of a repository was downloaded.
    Archive,
    /// One file was downloaded.
    Raw,
    /// Source was looked at in the browser or through REST.
    Browse,
    /// A large file was transferred.
    Lfs,
    /// Code, pages or tickets were searched.
    Search,
    /// Another REST call on the target.
    Api,
    /// A setting was looked at or changed.
    Admin,
    /// A page or ticket was looked at.
    View,
    /// A page or ticket was changed.
    Edit,
    /// An attachment was transferred.
    Attachment,
    /// Pages, tickets or a space were exported.
    Export,
    /// Somebody logged in, or tried to.
    Login,
    /// Everything else.
    Other,
}

impl Verb {
    /// Every verb with its name in machine output.
    pub const ALL: [(Self, &'static str); 17] = [
        (Self::Clone, "clone"),
        (Self::Fetch, "fetch"),
        (Self::Push, "push"),
        (Self::Refs, "refs"),
        (Self::Archive, "archive"),
        (Self::Raw, "raw"),
        (Self::Browse, "browse"),
        (Self::Lfs, "lfs"),
        (Self::Search, "search"),
        (Self::Api, "api"),
        (Self::Admin, "admin"),
        (Self::View, "view"),
        (Self::Edit, "edit"),
        (Self::Attachment, "attachment"),
        (Self::Export, "export"),
        (Self::Login, "login"),
        (Self::Other, "other"),
    ];

    /// The name in machine output.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(verb, _)| *verb == self).map_or("other", |(_, name)| name)
    }

    /// The verb of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| *known == name).map(|(verb, _)| *verb)
    }
}

/// One thing that happened, as one line, row or record of the evidence says.
///
/// A request and its response are one event. What the source does not say is `None`, never a guess.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Event {
    /// When.
    pub time: Time,
    /// The reader that made it: `bitbucket.access`, `bitbucket.audit`, `jira.access`, `cloudtrail`, …; the hive folder
    /// of the event store.
    pub source: Cow<'static, str>,
    /// plaso's `data_type` where it has one, else `bbsec:…`.
    pub data_type: Cow<'static, str>,
    /// The user name; `None` for anonymous.
    pub user: Option<String>,
    /// Addresses, the originating client first, the last proxy last.
    pub ips: Vec<String>,
    /// Session id.
    pub session: Option<String>,
    /// Access token id.
    pub token: Option<String>,
    /// SSH key id.
    pub ssh_key: Option<String>,
    /// User agent or SSH client version.
    pub user_agent: Option<String>,
    /// Request id, without the in/out mark: joins access, application and audit log.
    pub request: Option<String>,
    /// What kind of thing was done.
    pub verb: Verb,
    /// The action in the source's own words: request line, audit key, API name.
    pub action: String,
    /// What it was done to.
    pub target: Option<Target>,
    /// HTTP status, or an SSH command's exit code.
    pub status: Option<i32>,
    /// Bytes that the server received.
    pub bytes_in: Option<u64>,
    /// Bytes that the server sent: what left.
    pub bytes_out: Option<u64>,
    /// How long it took, in microseconds.
    pub duration: Option<u64>,
    /// Labels of the access log.
    pub labels: Vec<String>,
    /// Everything else that the source says, by the source's (or plaso's) name for it.
    pub extra: BTreeMap<String, String>,
    /// The bytes that say so.
    pub at: Place,
}

impl Event {
    /// An event with only what every source has.
    pub fn new(
        time: Time,
        source: impl Into<Cow<'static, str>>,
        data_type: impl Into<Cow<'static, str>>,
        verb: Verb,
        action: impl Into<String>,
        at: Place,
    ) -> Self {
        Self {
            time,
            source: source.into(),
            data_type: data_type.into(),
            user: None,
            ips: Vec::new(),
            session: None,
            token: None,
            ssh_key: None,
            user_agent: None,
            request: None,
            verb,
            action: action.into(),
            target: None,
            status: None,
            bytes_in: None,
            bytes_out: None,
            duration: None,
            labels: Vec::new(),
            extra: BTreeMap::new(),
            at,
        }
    }
}
