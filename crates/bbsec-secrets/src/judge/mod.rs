//! How sure we are of a match, and what the credential is called: from checksums, structure, entropy and context.

mod checksum;
mod cloud;
mod entropy;
mod jwt;
mod keys;
mod placeholder;
mod published;
mod url;

use bbsec_core::{Confidence, Severity};

pub(crate) use entropy::{entropy, random};
pub(crate) use placeholder::{Placeholder, placeholder};

use crate::{
    bytes::{self, sub},
    rules::Rule,
};

/// What a match amounts to.
#[derive(Debug, Clone)]
pub(crate) struct Verdict {
    pub(crate) severity: Severity,
    pub(crate) confidence: Confidence,
    pub(crate) provider: Option<String>,
    pub(crate) public_id: Option<String>,
    pub(crate) notes: Vec<String>,
}

/// What can be computed from a credential beyond its shape. A rule names one with `check = "…"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Check {
    /// CRC-32 of the body in base62, as GitHub and npm append it.
    Crc32Base62,
    /// AWS access key ids: what kind, and the account.
    AwsId,
    /// AWS secret keys: joined with the access key id beside them.
    AwsSecret,
    /// JSON Web Tokens: header, issuer, key id, expiry.
    Jwt,
    /// Private keys: kind, encryption, the public half's fingerprint.
    PrivateKey,
    /// Addresses with a password: user, host, database.
    Url,
    /// Google service accounts: the account's address.
    GoogleAccount,
    /// Bitbucket and Jira tokens that are base64 of an id, a colon and random bytes.
    IdColonBytes,
    /// `Basic` credentials: base64 of user, colon and password.
    Basic,
    /// The value must look random.
    Random,
    /// The value must not be a placeholder or an expression.
    Literal,
    /// Connection strings of `key=value;` pairs: user, server, database.
    Pairs,
    /// `user:password` as command lines have it.
    UserPassword,
}

impl Check {
    pub(crate) fn named(name: &str) -> Result<Self, String> {
        Ok(match name {
            "crc32-base62" => Self::Crc32Base62,
            "aws-id" => Self::AwsId,
            "aws-secret" => Self::AwsSecret,
            "jwt" => Self::Jwt,
            "private-key" => Self::PrivateKey,
            "url" => Self::Url,
            "google-account" => Self::GoogleAccount,
            "id-colon-bytes" => Self::IdColonBytes,
            "basic" => Self::Basic,
            "random" => Self::Random,
            "literal" => Self::Literal,
            "pairs" => Self::Pairs,
            "user-password" => Self::UserPassword,
            other => return Err(format!("unknown check {other:?}")),
        })
    }
}

/// What a check says.
#[derive(Debug, Default)]
pub(crate) struct Said {
    /// It is no credential at all.
    pub(crate) refuse: bool,
    /// A checksum or structure holds (`true`) or does not (`false`).
    pub(crate) holds: Option<bool>,
    /// At most this sure.
    pub(crate) cap: Option<Confidence>,
    pub(crate) severity: Option<Severity>,
    pub(crate) public_id: Option<String>,
    pub(crate) notes: Vec<String>,
}

impl Said {
    pub(crate) fn refuse() -> Self {
        Self { refuse: true, ..Self::default() }
    }

    pub(crate) fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }
}

/// Judges the match of a rule; `None` when it is no credential.
pub(crate) fn verdict(
    rule: &Rule,
    data: &[u8],
    span: (usize, usize),
    secret: (usize, usize),
) -> Option<Verdict> {
    let value = sub(data, secret.0, secret.1);
    let said = match rule.check {
        Some(check) => run(check, data, span, secret),
        None => Said::default(),
    };
    if said.refuse {
        return None;
    }
    let mut notes = said.notes;
    let mut confidence = rule.confidence;
    if rule.source.is_none() {
        confidence = confidence.min(Confidence::Medium);
    }
    match said.holds {
        Some(true) => confidence = Confidence::High,
        Some(false) => {
            // Not low: a token may be cut or misspelt by one letter in the place where it was seen first.
            confidence = confidence.min(Confidence::Medium);
            notes.push("the checksum inside does not fit: made up, cut or damaged".into());
        }
        None => {}
    }
    if let Some(cap) = said.cap {
        confidence = confidence.min(cap);
    }
    if said.holds != Some(true)
        && let Some(placeholder) = placeholder(value)
    {
        confidence = Confidence::Low;
        notes.push(placeholder.reason().into());
    }
    if published::published(value) {
        confidence = Confidence::Low;
        notes.push("it stands in public samples: everybody has it".into());
    }
    if random(value) {
        notes.push(format!("it looks random ({:.1} bits per character)", entropy(value)));
    }
    let line = bytes::line_around(data, span.0, span.1, crate::engine::LINE);
    notes.extend(context(line));
    Some(Verdict {
        severity: said.severity.unwrap_or(rule.severity),
        confidence,
        provider: None,
        public_id: said.public_id,
        notes,
    })
}

/// What the line around a match says about it.
pub(crate) fn context(line: &[u8]) -> Option<String> {
    memchr::memmem::find(line, b"gitleaks:allow")
        .map(|_| "marked `gitleaks:allow` in the source: somebody chose to silence it".into())
}

fn run(check: Check, data: &[u8], span: (usize, usize), secret: (usize, usize)) -> Said {
    let value = sub(data, secret.0, secret.1);
    match check {
        Check::Crc32Base62 => checksum::crc32_base62(value),
        Check::AwsId => cloud::aws_id(value),
        Check::AwsSecret => cloud::aws_secret(data, span, value),
        Check::Jwt => jwt::jwt(value),
        Check::PrivateKey => keys::private_key(value),
        Check::Url => url::address(sub(data, span.0, span.1), value),
        Check::GoogleAccount => cloud::google_account(data, span),
        Check::IdColonBytes => checksum::id_colon_bytes(value),
        Check::Basic => url::basic(value),
        Check::Random if random(value) => Said::default(),
        Check::Random => {
            Said { cap: Some(Confidence::Low), ..Said::default() }.note("it does not look random")
        }
        Check::Literal => match placeholder(value) {
            Some(found) if found.expression() => Said::refuse(),
            _ => Said::default(),
        },
        Check::Pairs => url::pairs(sub(data, span.0, span.1), value),
        Check::UserPassword => url::user_password(value),
    }
}
