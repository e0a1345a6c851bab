//! Credentials that the instance's role has issued: the profile is detached and older sessions are denied everything.

use std::collections::BTreeSet;

use bbsec_core::Failure;
use serde_json::{Value, json};

use super::cut::Cut;
use crate::{
    client::Aws,
    error::AwsError,
    facts::{NodeFacts, instance::association},
    journal::planned,
    tape,
};

/// The roles behind an instance profile. A profile's name need not be its role's name.
pub(crate) fn roles(aws: &Aws, profile_arn: &str) -> Result<Vec<String>, AwsError> {
    let name = profile_arn.rsplit('/').next().unwrap_or(profile_arn);
    let answer = aws.run(
        "iam:GetInstanceProfile",
        name,
        aws.iam()?.get_instance_profile().instance_profile_name(name).send(),
    )?;
    Ok(answer
        .instance_profile()
        .map(|p| p.roles().iter().map(|r| r.role_name().to_owned()).collect())
        .unwrap_or_default())
}

/// Who else works with the roles of an instance's profile, in words: instances by any profile that holds the role, and
/// those whom the trust policy names.
pub(crate) fn other_users(aws: &Aws, facts: &NodeFacts) -> Result<Vec<String>, AwsError> {
    let Some(own) = &facts.profile_arn else { return Ok(Vec::new()) };
    let iam = aws.iam()?;
    let mut users = Vec::new();
    let mut profiles = BTreeSet::from([own.clone()]);
    for role in roles(aws, own)? {
        let pages = iam.list_instance_profiles_for_role().role_name(&role).into_paginator().items().send();
        let found =
            aws.run("iam:ListInstanceProfilesForRole", &role, pages.collect::<Result<Vec<_>, _>>())?;
        profiles.extend(found.iter().map(|p| p.arn().to_owned()));
        let answer = aws.run("iam:GetRole", &role, iam.get_role().role_name(&role).send())?;
        let trust = answer.role().and_then(|r| r.assume_role_policy_document()).unwrap_or_default();
        users.extend(trusted(trust).into_iter().map(|who| format!("{who} (may assume {role})")));
    }
    let pages = aws.ec2()?.describe_iam_instance_profile_associations().into_paginator().items().send();
    let found = aws.run(
        "ec2:DescribeIamInstanceProfileAssociations",
        &facts.instance,
        pages.collect::<Result<Vec<_>, _>>(),
    )?;
    users.extend(
        found
            .iter()
            .filter(|a| a.iam_instance_profile().and_then(|p| p.arn()).is_some_and(|p| profiles.contains(p)))
            .filter_map(|a| a.instance_id().map(str::to_owned))
            .filter(|id| *id != facts.instance),
    );
    users.sort();
    users.dedup();
    Ok(users)
}

/// Principals of a trust policy, other than EC2 itself.
fn trusted(document: &str) -> Vec<String> {
    let policy: Value = serde_json::from_str(&decoded(document)).unwrap_or_default();
    let listed = |value: &Value| match value {
        Value::Array(items) => items.clone(),
        Value::Null => Vec::new(),
        one => vec![one.clone()],
    };
    let mut found = Vec::new();
    for statement in listed(policy.get("Statement").unwrap_or(&Value::Null)) {
        match statement.get("Principal") {
            Some(Value::String(anybody)) => found.push(anybody.clone()),
            Some(Value::Object(kinds)) => {
                found.extend(kinds.values().flat_map(&listed).filter_map(|v| v.as_str().map(str::to_owned)));
            }
            _ => {}
        }
    }
    found.retain(|who| !who.starts_with("ec2.amazonaws.com"));
    found
}

/// IAM hands documents out percent-encoded.
fn decoded(document: &str) -> String {
    percent_encoding::percent_decode_str(document).decode_utf8_lossy().into_owned()
}

/// The text of an inline policy of a role.
pub(crate) fn policy(aws: &Aws, role: &str, name: &str) -> Result<String, AwsError> {
    let call = aws.iam()?.get_role_policy().role_name(role).policy_name(name);
    let answer = aws.run("iam:GetRolePolicy", role, call.send())?;
    Ok(decoded(answer.policy_document()))
}

/// Whether two policies say the same, however they are spaced.
pub(crate) fn same(a: &Value, b: &Value) -> bool {
    let parsed =
        |v: &Value| v.as_str().and_then(|text| serde_json::from_str::<Value>(text).ok()).unwrap_or_default();
    a == b || (!parsed(a).is_null() && parsed(a) == parsed(b))
}

/// Whether a policy denies everything to sessions that are older than some moment.
pub(crate) fn revokes(document: &str) -> bool {
    let policy: Value = serde_json::from_str(document).unwrap_or_default();
    policy.get("Statement").and_then(Value::as_array).into_iter().flatten().any(|statement| {
        statement.get("Effect").is_some_and(|e| e == "Deny")
            && statement.get("Action").is_some_and(|a| a == "*")
            && statement.pointer("/Condition/DateLessThan/aws:TokenIssueTime").is_some()
    })
}

/// The name of the inline policy that revokes sessions for a case.
pub(crate) fn policy_name(case: &str) -> String {
    let kept: String =
        case.chars().filter(|c| c.is_ascii_alphanumeric() || "-_.".contains(*c)).take(80).collect();
    format!("bbsec-ir-revoke-older-sessions-{kept}")
}

impl Cut<'_, '_> {
    /// Detached first: what the instance gets in between is then no newer than the moment that is denied.
    pub(super) fn revoke_sessions(&mut self, facts: &NodeFacts) -> Result<(), Failure> {
        let aws = self.aws;
        let Some(profile) = facts.profile_arn.clone() else { return Ok(()) };
        let roles = self.ask(|| roles(aws, &profile))?.unwrap_or_default();
        self.detach_profile(facts, &profile)?;
        let name = policy_name(&self.case);
        for role in roles {
            let subject = format!("{role}/{name}");
            if self.was_done("iam:PutRolePolicy", "iam:DeleteRolePolicy", &subject)? {
                continue;
            }
            // AWS's own clock, from its answer to the detaching or to the question for the roles.
            let Some(clock) = aws_clock() else {
                self.problem("AWS's own clock could not be read; sessions were not revoked".to_owned());
                return Ok(());
            };
            let document = json!({
                "Version": "2012-10-17",
                "Statement": [{
                    "Effect": "Deny",
                    "Action": "*",
                    "Resource": "*",
                    "Condition": { "DateLessThan": { "aws:TokenIssueTime": clock } }
                }]
            })
            .to_string();
            let change = planned(
                "iam:PutRolePolicy",
                subject,
                json!(null),
                json!({ "policy": document }),
                Some("delete the inline policy".to_owned()),
            );
            self.change(change, || {
                let call = aws
                    .iam()?
                    .put_role_policy()
                    .role_name(&role)
                    .policy_name(&name)
                    .policy_document(&document);
                aws.run("iam:PutRolePolicy", &role, call.send())?;
                Ok(json!({}))
            })?;
        }
        Ok(())
    }

    fn detach_profile(&mut self, facts: &NodeFacts, profile: &str) -> Result<(), Failure> {
        let aws = self.aws;
        let id = facts.instance.as_str();
        let Some(now) = self.ask(|| association(aws, id))? else { return Ok(()) };
        let Some((association, _)) = now else { return Ok(()) };
        let change = planned(
            "ec2:DisassociateIamInstanceProfile",
            id,
            json!({ "profile": profile, "association": association }),
            json!({ "profile": null }),
            Some("associate the profile again".to_owned()),
        );
        self.change(change, || {
            let call = aws.ec2()?.disassociate_iam_instance_profile().association_id(&association);
            match aws.run("ec2:DisassociateIamInstanceProfile", &association, call.send()) {
                // A lost answer is repeated by the client, which then finds nothing to detach.
                Err(error) if crate::facts::instance::association(aws, id)?.is_some() => Err(error),
                _ => Ok(json!({})),
            }
        })?;
        Ok(())
    }
}

/// The `Date` of AWS's last answer, as RFC 3339: a responder's own clock may be wrong or in another zone.
fn aws_clock() -> Option<String> {
    let date = tape::last_date()?;
    let time = chrono::DateTime::parse_from_rfc2822(&date).ok()?;
    Some(time.with_timezone(&chrono::Utc).to_rfc3339_opts(chrono::SecondsFormat::Secs, true))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trust_policy_names_everybody_but_ec2() {
        let document = json!({ "Statement": [
            { "Effect": "Allow", "Principal": { "Service": ["ec2.amazonaws.com", "lambda.amazonaws.com"] } },
            { "Effect": "Allow", "Principal": { "AWS": "arn:aws:iam::210987654321:root" } },
        ]})
        .to_string();
        let encoded = percent_encoding::utf8_percent_encode(&document, percent_encoding::NON_ALPHANUMERIC);
        let wanted = ["lambda.amazonaws.com", "arn:aws:iam::210987654321:root"];
        assert_eq!(trusted(&encoded.to_string()), wanted);
        assert_eq!(trusted(&document), wanted);
        assert!(trusted("not a policy").is_empty());
    }

    #[test]
    fn a_policy_revokes_only_when_it_denies_everything_by_issue_time() {
        let deny = |action: &str| {
            json!({ "Statement": [{ "Effect": "Deny", "Action": action, "Resource": "*",
                "Condition": { "DateLessThan": { "aws:TokenIssueTime": "2026-01-01T00:00:00Z" } } }] })
            .to_string()
        };
        assert!(revokes(&deny("*")) && !revokes(&deny("s3:*")) && !revokes("{}"));
    }
}
