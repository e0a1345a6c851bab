//! Indicators: one fact by which an actor can be recognised, written `KIND:VALUE`.

use std::{fmt, str::FromStr};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What sort of fact an indicator is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum IndicatorKind {
    /// An IPv4 or IPv6 address.
    Ip,
    /// A user name, as the product writes it.
    User,
    /// A session id of the product.
    Session,
    /// The numeric id of an access token, as the access log prints it.
    Token,
    /// The numeric id of an SSH key, as the access log prints it, or its `SHA256:…` fingerprint.
    SshKey,
    /// A user agent, whole.
    UserAgent,
    /// An AWS access key id or a principal's ARN.
    AwsPrincipal,
    /// A request id, without the marks that the access log puts in front.
    Request,
}

impl IndicatorKind {
    /// Every kind with its name on the command line.
    pub const ALL: [(Self, &'static str); 8] = [
        (Self::Ip, "ip"),
        (Self::User, "user"),
        (Self::Session, "session"),
        (Self::Token, "token"),
        (Self::SshKey, "ssh-key"),
        (Self::UserAgent, "user-agent"),
        (Self::AwsPrincipal, "aws-principal"),
        (Self::Request, "request"),
    ];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(kind, _)| *kind == self).map_or("", |(_, name)| name)
    }
}

/// One indicator. Reads and prints as `KIND:VALUE`, for example `ip:203.0.113.7`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct Indicator {
    /// What sort of fact.
    pub kind: IndicatorKind,
    /// The fact; addresses are in their canonical short form.
    pub value: String,
}

/// A text that is no indicator.
#[derive(Debug, Clone, thiserror::Error)]
pub enum BadIndicator {
    /// No `KIND:` in front.
    #[error("an indicator is written KIND:VALUE, for example ip:203.0.113.7; got {0:?}")]
    NoKind(String),
    /// An unknown kind.
    #[error(
        "unknown kind of indicator {0:?}; known: ip, user, session, token, ssh-key, user-agent, aws-principal, request"
    )]
    UnknownKind(String),
    /// Nothing after the colon.
    #[error("the indicator {0:?} has no value")]
    Empty(String),
    /// `ip:` with something else than an address.
    #[error("not an IP address: {0:?}")]
    NotAnAddress(String),
}

impl Indicator {
    /// An indicator of a kind; an address and a request id are brought into their canonical form.
    pub fn new(kind: IndicatorKind, value: impl Into<String>) -> Self {
        let value = value.into();
        let value = match kind {
            IndicatorKind::Ip => {
                value.parse::<std::net::IpAddr>().map_or(value, |ip| ip.to_canonical().to_string())
            }
            // The access log puts marks in front that no other log prints: `i` or `o`, then `@` or `*`.
            IndicatorKind::Request => {
                let id = value.strip_prefix(['i', 'o']).unwrap_or(&value);
                id.trim_start_matches(['@', '*']).to_owned()
            }
            _ => value,
        };
        Self { kind, value }
    }
}

impl FromStr for Indicator {
    type Err = BadIndicator;
    fn from_str(text: &str) -> Result<Self, BadIndicator> {
        let (name, value) = text.split_once(':').ok_or_else(|| BadIndicator::NoKind(text.into()))?;
        let kind = IndicatorKind::ALL
            .iter()
            .find(|(_, known)| *known == name)
            .map(|(kind, _)| *kind)
            .ok_or_else(|| BadIndicator::UnknownKind(name.into()))?;
        let value = value.trim();
        if value.is_empty() {
            return Err(BadIndicator::Empty(text.into()));
        }
        if kind == IndicatorKind::Ip && value.parse::<std::net::IpAddr>().is_err() {
            return Err(BadIndicator::NotAnAddress(value.into()));
        }
        Ok(Self::new(kind, value))
    }
}

impl fmt::Display for Indicator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.kind.name(), self.value)
    }
}

impl From<Indicator> for String {
    fn from(value: Indicator) -> Self {
        value.to_string()
    }
}

impl TryFrom<String> for Indicator {
    type Error = BadIndicator;
    fn try_from(value: String) -> Result<Self, BadIndicator> {
        value.parse()
    }
}
