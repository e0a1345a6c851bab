//! The instance profile and the policy that revokes its role's sessions.

use bbsec_core::Failure;
use serde_json::Value;

use super::{
    Past, sent,
    step::{Step, states},
};
use crate::{client::Aws, error::Kind, facts::NodeFacts, isolate::sessions};

pub(super) fn steps(
    aws: &Aws,
    before: &NodeFacts,
    now: &NodeFacts,
    past: &Past,
) -> Result<Vec<Step>, Failure> {
    let mut steps = policies(aws, before, past)?;
    if now.is_gone() {
        return Ok(steps);
    }
    let detached = sent(past, "ec2:DisassociateIamInstanceProfile").any(|c| c.subject == before.instance);
    let Some(arn) = before.profile_arn.clone().filter(|_| detached) else { return Ok(steps) };
    let id = before.instance.clone();
    let current = now.profile_association.as_ref().and(now.profile_arn.clone());
    steps.push(Step::new(
        "ec2:AssociateIamInstanceProfile",
        &before.instance,
        format!("instance profile of {id}"),
        "profile",
        states(current, Value::Null, &arn),
        move |aws| {
            let profile = aws_sdk_ec2::types::IamInstanceProfileSpecification::builder().arn(&arn).build();
            let call =
                aws.ec2()?.associate_iam_instance_profile().instance_id(&id).iam_instance_profile(profile);
            aws.run("ec2:AssociateIamInstanceProfile", &id, call.send()).map(drop)
        },
    ));
    Ok(steps)
}

/// Inline policies, compared by their text: one that somebody edited after the isolation is not ours to delete.
fn policies(aws: &Aws, before: &NodeFacts, past: &Past) -> Result<Vec<Step>, Failure> {
    let mut steps: Vec<Step> = Vec::new();
    let Some(arn) = before.profile_arn.as_deref() else { return Ok(steps) };
    let sent: Vec<_> = sent(past, "iam:PutRolePolicy").collect();
    if sent.is_empty() {
        return Ok(steps);
    }
    let roles = sessions::roles(aws, arn)?;
    // A resumed run puts the policy again, with a later time: each text that we sent may be the one that is there.
    for change in sent.iter().rev() {
        let Some((role, policy)) = change.subject.split_once('/') else { continue };
        let name = format!("inline policy {policy} of {role}");
        if !roles.iter().any(|r| r == role) || steps.iter().any(|s| s.name == name) {
            continue;
        }
        let present = match sessions::policy(aws, role, policy) {
            Ok(text) => Some(text),
            Err(error) if error.kind() == Kind::NotFound => None,
            Err(error) => return Err(error.into()),
        };
        let texts: Vec<&Value> = sent
            .iter()
            .filter(|c| c.subject == change.subject)
            .filter_map(|c| c.after.get("policy"))
            .collect();
        let current = present.map_or(Value::Null, Value::String);
        let ours = texts
            .iter()
            .find(|t| sessions::same(t, &current))
            .map_or_else(|| change.after.get("policy").cloned().unwrap_or_default(), |_| current.clone());
        let (role, policy) = (role.to_owned(), policy.to_owned());
        steps.push(Step::new(
            "iam:DeleteRolePolicy",
            &change.subject,
            name,
            "policy",
            states(current, ours, Value::Null),
            move |aws| {
                let call = aws.iam()?.delete_role_policy().role_name(&role).policy_name(&policy);
                aws.run("iam:DeleteRolePolicy", &role, call.send()).map(drop)
            },
        ));
    }
    Ok(steps)
}
