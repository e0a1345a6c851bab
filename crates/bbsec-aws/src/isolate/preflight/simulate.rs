//! IAM's policy simulator: what the caller's policies say about actions, without trying them.

use crate::{client::Aws, error::AwsError};

/// Those of the permissions that the caller's policies deny.
pub(super) fn denied(aws: &Aws, permissions: &[&'static str]) -> Result<Vec<&'static str>, AwsError> {
    let source = principal(aws)?;
    let pages = aws
        .iam()?
        .simulate_principal_policy()
        .policy_source_arn(&source)
        .set_action_names(Some(permissions.iter().map(ToString::to_string).collect()))
        .into_paginator()
        .items()
        .send();
    let results = aws.run("iam:SimulatePrincipalPolicy", &source, pages.collect::<Result<Vec<_>, _>>())?;
    let denied: Vec<&str> = results
        .iter()
        .filter(|result| result.eval_decision().as_str() != "allowed")
        .map(aws_sdk_iam::types::EvaluationResult::eval_action_name)
        .collect();
    Ok(permissions.iter().copied().filter(|p| denied.iter().any(|d| d.eq_ignore_ascii_case(p))).collect())
}

/// The caller as the simulator knows it: of a role's session it wants the role.
fn principal(aws: &Aws) -> Result<String, AwsError> {
    let identity = aws.identity()?;
    let Some(role) = role_of_session(&identity.arn) else { return Ok(identity.arn.clone()) };
    // Only IAM knows the role's path.
    let found = aws.run("iam:GetRole", role, aws.iam()?.get_role().role_name(role).send());
    let partition = identity.arn.split(':').nth(1).unwrap_or("aws");
    Ok(found
        .ok()
        .and_then(|answer| answer.role().map(|r| r.arn().to_owned()))
        .unwrap_or_else(|| format!("arn:{partition}:iam::{}:role/{role}", identity.account)))
}

/// `arn:aws:sts::123456789012:assumed-role/NAME/SESSION`.
fn role_of_session(arn: &str) -> Option<&str> {
    arn.split(':').nth(5)?.strip_prefix("assumed-role/")?.split('/').next()
}

#[cfg(test)]
mod tests {
    use super::role_of_session;

    #[test]
    fn the_role_of_a_session_is_found() {
        for (arn, role) in [
            ("arn:aws:sts::123456789012:assumed-role/responder/alice", Some("responder")),
            ("arn:aws:iam::123456789012:user/alice", None),
            ("arn:aws:iam::123456789012:root", None),
            ("nonsense", None),
        ] {
            assert_eq!(role_of_session(arn), role, "{arn}");
        }
    }
}
