//! What can go wrong with AWS, and what a responder does about it.

use std::error::Error;

use aws_sdk_ec2::error::{ProvideErrorMetadata, SdkError};
use bbsec_core::{Exit, Failure};

/// Why a call failed, as far as it matters for what to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The identity may not do this.
    Unauthorized,
    /// No credentials were found.
    NoCredentials,
    /// The credentials are no longer, or not, valid.
    Expired,
    /// Nobody answered.
    Unreachable,
    /// No answer in time.
    Timeout,
    /// Too many calls.
    Throttled,
    /// The thing is not there.
    NotFound,
    /// Anything else.
    Other,
}

/// What AWS answered: its code and its words.
#[derive(Debug, thiserror::Error)]
#[error("AWS answered {code}: {message}")]
pub struct Answer {
    code: String,
    message: String,
}

/// An error of this room.
#[derive(Debug, thiserror::Error)]
pub enum AwsError {
    /// The runtime could not be started.
    #[error("the runtime for AWS calls cannot be started")]
    Runtime(#[source] std::io::Error),
    /// No region is configured.
    #[error("no AWS region is set")]
    NoRegion,
    /// A setting cannot be used.
    #[error("{0}")]
    Setting(String),
    /// A call failed.
    #[error("{operation} failed for {subject}")]
    Call {
        /// `ec2:DescribeInstances`, which is also the permission that it needs.
        operation: &'static str,
        /// The id or ARN.
        subject: String,
        /// What sort of failure.
        kind: Kind,
        /// AWS's error code.
        code: Option<String>,
        /// What AWS or the transport said.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// A thing that was named does not exist here.
    #[error("there is no {what} {id} in {region}")]
    Missing {
        /// `instance`, `bucket`, …
        what: &'static str,
        /// As given.
        id: String,
        /// Where it was looked for.
        region: String,
    },
    /// An instance that is being, or was, terminated.
    #[error("{id} is {state}: nothing of it is left to work on")]
    Gone {
        /// Instance.
        id: String,
        /// `terminated` or `shutting-down`.
        state: String,
    },
    /// AWS answered something that makes no sense to us.
    #[error("{operation} answered without {missing} for {subject}")]
    Strange {
        /// The call.
        operation: &'static str,
        /// The id or ARN.
        subject: String,
        /// What was expected.
        missing: &'static str,
    },
}

impl AwsError {
    /// From an SDK error, keeping AWS's own words as the source.
    pub(crate) fn call<E>(operation: &'static str, subject: &str, error: SdkError<E>) -> Self
    where
        E: Error + ProvideErrorMetadata + Send + Sync + 'static,
    {
        let code = error.code().map(str::to_owned);
        let kind = kind(&error, code.as_deref());
        let source: Box<dyn Error + Send + Sync> = match &code {
            Some(code) => {
                let message = error.message().unwrap_or("(no message)");
                Box::new(Answer { code: code.clone(), message: message.chars().take(600).collect() })
            }
            None => Box::new(error),
        };
        Self::Call { operation, subject: subject.to_owned(), kind, code, source }
    }

    /// The sort of failure.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Call { kind, .. } => *kind,
            Self::Missing { .. } | Self::Gone { .. } => Kind::NotFound,
            _ => Kind::Other,
        }
    }

    /// AWS's error code, where AWS answered.
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Call { code, .. } => code.as_deref(),
            _ => None,
        }
    }

    /// The call that failed.
    pub(crate) fn operation(&self) -> &'static str {
        match self {
            Self::Call { operation, .. } | Self::Strange { operation, .. } => operation,
            _ => "",
        }
    }

    /// The permission that was refused.
    pub fn lacks(&self) -> Option<&'static str> {
        match self {
            Self::Call { operation, kind: Kind::Unauthorized, .. } => Some(operation),
            _ => None,
        }
    }

    /// The whole chain in one line, for journals and gaps.
    pub fn chain(&self) -> String {
        let mut text = self.to_string();
        let mut next = self.source();
        while let Some(error) = next {
            text.push_str(": ");
            text.push_str(&error.to_string());
            next = error.source();
        }
        bbsec_core::escape::terminal(&text).chars().take(1000).collect()
    }

    fn help(&self) -> Option<String> {
        let text = match self {
            Self::NoRegion => "give --region, or set AWS_REGION or the profile's region".to_owned(),
            Self::Missing { what: "instance", region, .. } => format!(
                "check the id, the region ({region}; --region) and the account (--profile); a terminated instance \
                 disappears after about an hour"
            ),
            Self::Gone { .. } => {
                "its volumes may live on: look for them and for their snapshots in the account".to_owned()
            }
            Self::Call { operation, kind, code, .. } => match kind {
                Kind::Unauthorized => format!(
                    "the identity needs {operation}; `bbsec-ir aws policy` prints the least policy for a command"
                ),
                Kind::NoCredentials => {
                    "give --profile, run `aws sso login`, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
                        .to_owned()
                }
                Kind::Expired => format!(
                    "renew the credentials ({}), then resume the run: what was done is journalled and is not repeated",
                    code.as_deref().unwrap_or("expired")
                ),
                Kind::Unreachable => {
                    "check the network, the region's name and AWS_ENDPOINT_URL; then resume the run"
                        .to_owned()
                }
                Kind::Timeout => {
                    "AWS did not answer in time; resume the run to go on where it stopped".to_owned()
                }
                Kind::Throttled => {
                    "too many API calls in this account; wait a minute and resume the run".to_owned()
                }
                Kind::NotFound => {
                    "check the id, the region (--region) and the account (--profile)".to_owned()
                }
                Kind::Other => return None,
            },
            _ => return None,
        };
        Some(text)
    }
}

impl From<AwsError> for Failure {
    fn from(error: AwsError) -> Self {
        let exit = match &error {
            AwsError::NoRegion | AwsError::Setting(_) => Exit::Usage,
            AwsError::Gone { .. } => Exit::Nothing,
            _ => Exit::Failed,
        };
        let help = error.help();
        let message = error.to_string();
        let mut failure = match error {
            AwsError::Call { source, .. } => Failure { exit, message, help: None, source: Some(source) },
            AwsError::Runtime(source) => {
                Failure { exit, message, help: None, source: Some(Box::new(source)) }
            }
            _ => Failure::new(exit, message),
        };
        failure.help = help;
        failure
    }
}

fn kind<E>(error: &SdkError<E>, code: Option<&str>) -> Kind
where
    E: Error + ProvideErrorMetadata + 'static,
{
    if let Some(code) = code {
        return kind_of_code(code);
    }
    match error {
        SdkError::TimeoutError(_) => Kind::Timeout,
        SdkError::DispatchFailure(failure) if failure.is_timeout() => Kind::Timeout,
        SdkError::DispatchFailure(failure) if failure.is_io() => Kind::Unreachable,
        SdkError::ServiceError(answer) => match answer.raw().status().as_u16() {
            403 => Kind::Unauthorized,
            404 => Kind::NotFound,
            429 | 503 => Kind::Throttled,
            _ => Kind::Other,
        },
        other => {
            let text = format!("{other:?}").to_lowercase();
            if text.contains("credential") || text.contains("sso") || text.contains("identity") {
                Kind::NoCredentials
            } else if matches!(error, SdkError::DispatchFailure(_)) {
                Kind::Unreachable
            } else {
                Kind::Other
            }
        }
    }
}

/// What AWS's error codes mean to us.
fn kind_of_code(code: &str) -> Kind {
    match code {
        "UnauthorizedOperation" | "AccessDenied" | "AccessDeniedException" | "AuthorizationError" => {
            Kind::Unauthorized
        }
        "ExpiredToken"
        | "ExpiredTokenException"
        | "RequestExpired"
        | "InvalidClientTokenId"
        | "AuthFailure"
        | "UnrecognizedClientException"
        | "InvalidAccessKeyId"
        | "SignatureDoesNotMatch"
        | "InvalidToken" => Kind::Expired,
        "RequestLimitExceeded"
        | "Throttling"
        | "ThrottlingException"
        | "SlowDown"
        | "TooManyRequestsException" => Kind::Throttled,
        code if code.contains("NotFound") || code.contains("NoSuch") || code.ends_with("ID.Malformed") => {
            Kind::NotFound
        }
        _ => Kind::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_become_advice() {
        for (code, kind) in [
            ("UnauthorizedOperation", Kind::Unauthorized),
            ("ExpiredToken", Kind::Expired),
            ("InvalidInstanceID.NotFound", Kind::NotFound),
            ("InvalidInstanceID.Malformed", Kind::NotFound),
            ("RequestLimitExceeded", Kind::Throttled),
            ("InternalError", Kind::Other),
        ] {
            assert_eq!(kind_of_code(code), kind, "{code}");
        }
    }

    #[test]
    fn a_refusal_names_the_permission() {
        let error = AwsError::Call {
            operation: "ec2:ModifyNetworkInterfaceAttribute",
            subject: "eni-1".into(),
            kind: Kind::Unauthorized,
            code: Some("UnauthorizedOperation".into()),
            source: Box::new(Answer { code: "UnauthorizedOperation".into(), message: "no".into() }),
        };
        let failure = Failure::from(error);
        assert!(failure.help.unwrap_or_default().contains("ec2:ModifyNetworkInterfaceAttribute"));
        assert_eq!(failure.message, "ec2:ModifyNetworkInterfaceAttribute failed for eni-1");
    }
}
