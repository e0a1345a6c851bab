//! Services that do not answer. One call to them takes minutes until it is given up, so the next ones are not even tried for
//! a while: what can be done through the other services must not wait for them.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use crate::error::{AwsError, Kind};

/// How long a silent service is left alone.
const WHILE: Duration = Duration::from_mins(1);

/// Which services were silent, and when.
#[derive(Debug, Default)]
pub(crate) struct Silence(Mutex<BTreeMap<&'static str, Instant>>);

/// The service of an operation, unless its room repeats calls by itself.
fn service(operation: &'static str) -> Option<&'static str> {
    operation.split(':').next().filter(|name| !matches!(*name, "cloudtrail" | "s3"))
}

impl Silence {
    /// The error of a call that is not tried.
    pub(crate) fn refuses(&self, operation: &'static str, subject: &str) -> Option<AwsError> {
        let name = service(operation)?;
        let since = *self.0.lock().unwrap_or_else(PoisonError::into_inner).get(name)?;
        (since.elapsed() < WHILE).then(|| AwsError::Call {
            operation,
            subject: subject.to_owned(),
            kind: Kind::Timeout,
            code: None,
            source: format!("not tried: {name} did not answer a moment ago").into(),
        })
    }

    /// Remembers how a call ended.
    pub(crate) fn note(&self, operation: &'static str, error: Option<&AwsError>) {
        let Some(name) = service(operation) else { return };
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if error.is_some_and(|error| error.kind() == Kind::Timeout) {
            all.insert(name, Instant::now());
        } else {
            all.remove(name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_silent_service_is_left_alone_and_the_others_are_not() {
        let silence = Silence::default();
        let timeout = |operation| AwsError::Call {
            operation,
            subject: "x".into(),
            kind: Kind::Timeout,
            code: None,
            source: "late".into(),
        };
        for operation in ["ec2:DescribeInstances", "s3:PutObject"] {
            silence.note(operation, Some(&timeout(operation)));
        }
        assert!(silence.refuses("ec2:DescribeVpcs", "x").is_some());
        assert!(silence.refuses("iam:GetRole", "x").is_none());
        assert!(silence.refuses("s3:PutObject", "x").is_none(), "uploads repeat by themselves");
        silence.note("ec2:DescribeInstances", None);
        assert!(silence.refuses("ec2:DescribeVpcs", "x").is_none());
    }
}
