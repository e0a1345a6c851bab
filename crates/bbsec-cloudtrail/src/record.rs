//! One CloudTrail record.

use bbsec_core::{Event, Indicator, IndicatorKind, Place, Time, Verb};
use serde_json::Value;

/// A record as it stands in the file, with its place. Every accessor returns `None` for what is not there or has
/// another type: a record may have been written by anybody.
#[derive(Debug, Clone)]
pub struct Record {
    /// The record itself.
    pub json: Value,
    /// Where it stands.
    pub at: Place,
    /// `eventTime`.
    pub time: Time,
}

impl Record {
    /// A record, when the value is an object with an event name and a time. Log shippers (Logstash, Filebeat) replace
    /// `eventTime` by `@timestamp`.
    pub fn new(json: Value, at: Place) -> Option<Self> {
        let time = json.get("eventTime").or_else(|| json.get("@timestamp"))?.as_str()?.parse().ok()?;
        json.get("eventName")?.as_str()?;
        Some(Self { json, at, time })
    }

    fn text(&self, pointer: &str) -> Option<&str> {
        self.json.pointer(pointer)?.as_str().filter(|text| !text.is_empty())
    }

    /// `eventName`.
    pub fn name(&self) -> &str {
        self.text("/eventName").unwrap_or_default()
    }

    /// `eventSource` without `.amazonaws.com`.
    pub fn service(&self) -> &str {
        self.text("/eventSource").unwrap_or_default().trim_end_matches(".amazonaws.com")
    }

    /// `eventID`, unique per event: the same event in two files is one.
    pub fn id(&self) -> Option<&str> {
        self.text("/eventID")
    }

    /// `awsRegion`.
    pub fn region(&self) -> Option<&str> {
        self.text("/awsRegion")
    }

    /// `sourceIPAddress`: an address, or the name of the AWS service that called.
    pub fn source_ip(&self) -> Option<&str> {
        self.text("/sourceIPAddress")
    }

    /// `userAgent`.
    pub fn user_agent(&self) -> Option<&str> {
        self.text("/userAgent")
    }

    /// `errorCode`; `None` for what succeeded.
    pub fn error_code(&self) -> Option<&str> {
        self.text("/errorCode")
    }

    /// `userIdentity.accessKeyId`.
    pub fn access_key(&self) -> Option<&str> {
        self.text("/userIdentity/accessKeyId")
    }

    /// `userIdentity.arn`.
    pub fn principal(&self) -> Option<&str> {
        self.text("/userIdentity/arn").or_else(|| self.text("/userIdentity/principalId"))
    }

    /// The EC2 instance whose role session made the call: the session's name is the instance's id.
    pub fn instance_session(&self) -> Option<&str> {
        let session = self.text("/userIdentity/arn")?.rsplit('/').next()?;
        let assumed = self.text("/userIdentity/type")? == "AssumedRole";
        (assumed && session.starts_with("i-") && session.len() >= 10).then_some(session)
    }

    /// Whether the caller is an AWS service acting on somebody's behalf.
    pub fn by_service(&self) -> bool {
        self.text("/userIdentity/invokedBy").is_some()
            || self.source_ip().is_some_and(|ip| ip.ends_with(".amazonaws.com") || ip == "AWS Internal")
    }

    /// The access key id that a call handed out (`CreateAccessKey`, `AssumeRole`, `GetSessionToken`, …).
    pub fn issued_key(&self) -> Option<&str> {
        self.text("/responseElements/accessKey/accessKeyId")
            .or_else(|| self.text("/responseElements/credentials/accessKeyId"))
    }

    /// The record as an event of the timeline.
    pub fn to_event(&self) -> Event {
        let verb = if self.name().starts_with("ConsoleLogin") { Verb::Login } else { Verb::Api };
        let action = format!("{}:{}", self.service(), self.name());
        let mut event =
            Event::new(self.time, "cloudtrail", "bbsec:aws:cloudtrail", verb, action, self.at.clone());
        event.user = self.principal().map(str::to_owned);
        event.ips =
            self.source_ip().map(|ip| Indicator::new(IndicatorKind::Ip, ip).value).into_iter().collect();
        event.user_agent = self.user_agent().map(str::to_owned);
        event.request = self.text("/requestID").map(str::to_owned);
        for (name, value) in [
            ("event_id", self.id()),
            ("region", self.region()),
            ("error_code", self.error_code()),
            ("access_key_id", self.access_key()),
            ("account", self.text("/recipientAccountId")),
        ] {
            if let Some(value) = value {
                event.extra.insert(name.into(), value.into());
            }
        }
        event
    }
}
