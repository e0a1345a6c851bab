//! Credentials that the instance's role has issued: the profile is detached and older sessions are denied everything.

use bbsec_core::Failure;
use serde_json::json;

use super::cut::Cut;
use crate::{client::Aws, error::AwsError, facts::NodeFacts, journal::planned, tape};

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

/// Other instances that use the same profile.
pub(crate) fn other_users(aws: &Aws, facts: &NodeFacts) -> Result<Vec<String>, AwsError> {
    let pages = aws.ec2()?.describe_iam_instance_profile_associations().into_paginator().items().send();
    let found = aws.run(
        "ec2:DescribeIamInstanceProfileAssociations",
        &facts.instance,
        pages.collect::<Result<Vec<_>, _>>(),
    )?;
    Ok(found
        .iter()
        .filter(|a| a.iam_instance_profile().and_then(|p| p.arn()) == facts.profile_arn.as_deref())
        .filter_map(|a| a.instance_id().map(str::to_owned))
        .filter(|id| *id != facts.instance)
        .collect())
}

/// The name of the inline policy that revokes sessions for a case.
pub(crate) fn policy_name(case: &str) -> String {
    let kept: String =
        case.chars().filter(|c| c.is_ascii_alphanumeric() || "-_.".contains(*c)).take(80).collect();
    format!("bbsec-ir-revoke-older-sessions-{kept}")
}

impl Cut<'_, '_> {
    pub(super) fn revoke_sessions(&mut self, facts: &NodeFacts) -> Result<(), Failure> {
        let aws = self.aws;
        let Some(profile) = facts.profile_arn.clone() else { return Ok(()) };
        let roles = self.ask(|| roles(aws, &profile))?.unwrap_or_default();
        let Some(clock) = aws_clock() else {
            self.problem("AWS's own clock could not be read; sessions were not revoked".to_owned());
            return Ok(());
        };
        let name = policy_name(&self.case);
        for role in roles {
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
                format!("{role}/{name}"),
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
        let Some(association) = facts.profile_association.clone() else { return Ok(()) };
        let change = planned(
            "ec2:DisassociateIamInstanceProfile",
            &facts.instance,
            json!({ "profile": profile, "association": association }),
            json!({ "profile": null }),
            Some("associate the profile again".to_owned()),
        );
        self.change(change, || {
            let call = aws.ec2()?.disassociate_iam_instance_profile().association_id(&association);
            aws.run("ec2:DisassociateIamInstanceProfile", &association, call.send())?;
            Ok(json!({}))
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
