//! `collect.credentials-use`: whose access keys are whose and when they were last used, and which roles the compromised
//! instances carry. The join needs it: a leaked key id says nothing without its user.

use std::{collections::BTreeSet, sync::Arc};

use bbsec_core::{
    Action, ActionMeta, Context, Effect, Exit, Failure, Gap, Idempotency, Observed, Plan, Time, Undo, Unit,
    Verdict,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    client::Aws,
    collect_instance::{numbered, store},
    error::AwsError,
    facts::Reader,
    isolate::roles,
    tape,
};

/// Collects what IAM knows about credentials.
#[derive(Debug, Clone)]
pub struct CollectCredentialsUse(pub Arc<Aws>);

/// Bring into the case whose access keys are whose, when they were last used, and what the instances' roles may do.
#[derive(Debug, Clone, Default, PartialEq, Eq, clap::Args, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CredentialsUseInput {
    /// Access key id to ask about beside those of the account's users; repeat for several
    #[arg(long = "access-key", value_name = "AKIA…", num_args = 1..)]
    pub access_key: Vec<String>,
    /// Instance whose role is asked about; the case's instances when none is given
    #[arg(long = "instance", value_name = "ID", num_args = 1..)]
    pub instance: Vec<String>,
}

/// An access key.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct AccessKey {
    /// `AKIA…`.
    pub id: String,
    /// Its user.
    pub user: Option<String>,
    /// `Active`, `Inactive`, or nothing where it is not ours.
    pub status: Option<String>,
    /// When it was made.
    pub created: Option<String>,
    /// When it was last used.
    pub last_used: Option<String>,
    /// For which service.
    pub service: Option<String>,
    /// In which region.
    pub region: Option<String>,
}

/// A role that an instance carries.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct RoleUse {
    /// Name.
    pub role: String,
    /// Its ARN.
    pub arn: String,
    /// Instances that carry it.
    pub instances: Vec<String>,
    /// Names of inline policies.
    pub inline: Vec<String>,
    /// ARNs of attached policies.
    pub attached: Vec<String>,
    /// When it was last used.
    pub last_used: Option<String>,
    /// In which region.
    pub region: Option<String>,
}

/// What was collected.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct CredentialsUseOutput {
    /// `bbsec-ir.credentials-use/v1`.
    pub schema: String,
    /// Account.
    pub account: String,
    /// Access keys.
    pub keys: Vec<AccessKey>,
    /// Roles.
    pub roles: Vec<RoleUse>,
    /// Items stored, the document itself first.
    pub evidence: Vec<String>,
}

impl CollectCredentialsUse {
    fn keys(
        &self,
        input: &CredentialsUseInput,
        context: &mut Context<'_>,
    ) -> Result<Vec<AccessKey>, Failure> {
        let aws = &self.0;
        let mut keys: Vec<AccessKey> = Vec::new();
        let pages = aws.iam()?.list_users().into_paginator().items().send();
        let users = match aws.run("iam:ListUsers", "users", pages.collect::<Result<Vec<_>, _>>()) {
            Ok(users) => users,
            Err(error) => {
                context.gaps.push(Gap::unread("IAM users", "users", error.chain(), 1));
                Vec::new()
            }
        };
        let task = context.progress.task("access keys", Unit::Items, Some(users.len() as u64));
        for user in &users {
            if context.progress.cancelled() {
                return Err(Failure::new(Exit::Interrupted, "stopped before every user was asked for"));
            }
            let name = user.user_name();
            task.at(name);
            let pages = aws.iam()?.list_access_keys().user_name(name).into_paginator().items().send();
            match aws.run("iam:ListAccessKeys", name, pages.collect::<Result<Vec<_>, _>>()) {
                Ok(found) => keys.extend(found.iter().map(|k| AccessKey {
                    id: k.access_key_id().unwrap_or_default().to_owned(),
                    user: Some(name.to_owned()),
                    status: k.status().map(|s| s.as_str().to_owned()),
                    created: k.create_date().map(ToString::to_string),
                    ..AccessKey::default()
                })),
                Err(error) => context.gaps.push(Gap::unread("access keys", name, error.chain(), 1)),
            }
            task.advance(1);
        }
        let known: BTreeSet<String> = keys.iter().map(|k| k.id.clone()).collect();
        keys.extend(
            input
                .access_key
                .iter()
                .filter(|id| !known.contains(*id))
                .map(|id| AccessKey { id: id.clone(), ..AccessKey::default() }),
        );
        for key in &mut keys {
            let call = aws.iam()?.get_access_key_last_used().access_key_id(&key.id);
            match aws.run("iam:GetAccessKeyLastUsed", &key.id, call.send()) {
                Ok(answer) => {
                    if key.user.is_none() {
                        key.user = answer.user_name().map(str::to_owned);
                    }
                    if let Some(used) = answer.access_key_last_used() {
                        key.last_used = used.last_used_date().map(ToString::to_string);
                        key.service = Some(used.service_name().to_owned()).filter(|s| s != "N/A");
                        key.region = Some(used.region().to_owned()).filter(|s| s != "N/A");
                    }
                }
                Err(error) => context.gaps.push(Gap::unread("access key", &key.id, error.chain(), 1)),
            }
        }
        Ok(keys)
    }

    fn role(&self, name: &str, instance: &str) -> Result<RoleUse, AwsError> {
        let aws = &self.0;
        let iam = aws.iam()?;
        let answer = aws.run("iam:GetRole", name, iam.get_role().role_name(name).send())?;
        let role = answer.role();
        let pages = iam.list_role_policies().role_name(name).into_paginator().items().send();
        let inline = aws.run("iam:ListRolePolicies", name, pages.collect::<Result<Vec<_>, _>>())?;
        for policy in &inline {
            // The text stands in the recorded answer.
            aws.run(
                "iam:GetRolePolicy",
                name,
                iam.get_role_policy().role_name(name).policy_name(policy).send(),
            )?;
        }
        let pages = iam.list_attached_role_policies().role_name(name).into_paginator().items().send();
        let attached = aws.run("iam:ListAttachedRolePolicies", name, pages.collect::<Result<Vec<_>, _>>())?;
        let used = role.and_then(|r| r.role_last_used());
        Ok(RoleUse {
            role: name.to_owned(),
            arn: role.map(|r| r.arn().to_owned()).unwrap_or_default(),
            instances: vec![instance.to_owned()],
            inline,
            attached: attached.iter().filter_map(|p| p.policy_arn().map(str::to_owned)).collect(),
            last_used: used.and_then(|u| u.last_used_date()).map(ToString::to_string),
            region: used.and_then(|u| u.region()).map(str::to_owned),
        })
    }

    fn roles(&self, input: &CredentialsUseInput, context: &mut Context<'_>) -> Vec<RoleUse> {
        let given = if input.instance.is_empty() {
            context.case.scope().instances.clone()
        } else {
            input.instance.clone()
        };
        let mut all: Vec<RoleUse> = Vec::new();
        for id in given {
            let mut reader = Reader::new(&self.0);
            let found = reader.volumes_only(&id).and_then(|facts| match &facts.profile_arn {
                Some(arn) => roles(&self.0, arn),
                None => Ok(Vec::new()),
            });
            let names = match found {
                Ok(names) => names,
                Err(error) => {
                    context.gaps.push(Gap::unread("instance role", &id, error.chain(), 1));
                    continue;
                }
            };
            for name in names {
                if let Some(known) = all.iter_mut().find(|r| r.role == name) {
                    known.instances.push(id.clone());
                    continue;
                }
                match self.role(&name, &id) {
                    Ok(role) => all.push(role),
                    Err(error) => context.gaps.push(Gap::unread("role", &name, error.chain(), 1)),
                }
            }
        }
        all
    }
}

impl Action for CollectCredentialsUse {
    type Input = CredentialsUseInput;
    type Output = CredentialsUseOutput;

    fn meta(&self) -> ActionMeta {
        ActionMeta {
            id: "collect.credentials-use",
            summary: "Bring into the case whose access keys are whose, when they were last used, and the instances' roles",
            version: 1,
            effect: Effect::Acquires,
            undo: Undo::NotNeeded,
            idempotency: Idempotency::Natural,
            permissions: &[
                "ec2:DescribeInstances",
                "ec2:DescribeNetworkInterfaces",
                "iam:GetAccessKeyLastUsed",
                "iam:GetInstanceProfile",
                "iam:GetRole",
                "iam:GetRolePolicy",
                "iam:ListAccessKeys",
                "iam:ListAttachedRolePolicies",
                "iam:ListRolePolicies",
                "iam:ListUsers",
                "sts:GetCallerIdentity",
            ],
        }
    }

    fn plan(&self, _: &CredentialsUseInput, _: &mut Context<'_>) -> Result<Plan, Failure> {
        Ok(Plan { summary: "read users, access keys and roles from IAM".to_owned(), ..Plan::default() })
    }

    fn observe(
        &self,
        _: &CredentialsUseInput,
        _: &mut Context<'_>,
    ) -> Result<Observed<CredentialsUseOutput>, Failure> {
        Ok(Observed::NotDone)
    }

    fn apply(
        &self,
        input: &CredentialsUseInput,
        context: &mut Context<'_>,
    ) -> Result<CredentialsUseOutput, Failure> {
        let account = self.0.identity()?.account.clone();
        let (result, exchanges) = tape::record(|| -> Result<_, Failure> {
            Ok((self.keys(input, context)?, self.roles(input, context)))
        });
        let (keys, roles) = result?;
        let mut output = CredentialsUseOutput {
            schema: "bbsec-ir.credentials-use/v1".to_owned(),
            account: account.clone(),
            keys,
            roles,
            evidence: Vec::new(),
        };
        let folder = format!("aws/{account}/iam/{}", Time::now().to_chrono().format("%Y%m%dT%H%M%S%.6fZ"));
        let text = serde_json::to_vec_pretty(&output)
            .map_err(|e| Failure::because("the document cannot be written as JSON", e))?;
        let path = format!("{folder}/credentials-use.json");
        output.evidence.push(store(
            context,
            &path,
            &account,
            "read through the AWS API",
            "credentials' use",
            &text,
        )?);
        for (name, exchange) in numbered(&exchanges) {
            let path = format!("{folder}/{name}");
            output.evidence.push(store(
                context,
                &path,
                &account,
                exchange.operation,
                "AWS API answer",
                &exchange.body,
            )?);
        }
        Ok(output)
    }

    fn verify(
        &self,
        _: &CredentialsUseInput,
        output: &CredentialsUseOutput,
        context: &mut Context<'_>,
    ) -> Result<Verdict, Failure> {
        let held: BTreeSet<String> = context.case.evidence()?.into_iter().map(|i| i.path).collect();
        let (checked, violated): (Vec<_>, Vec<_>) =
            output.evidence.iter().cloned().partition(|p| held.contains(p));
        Ok(Verdict { holds: violated.is_empty(), checked, violated })
    }

    fn undo(&self, _: &CredentialsUseInput, _: &mut Context<'_>) -> Result<Verdict, Failure> {
        Ok(Verdict {
            holds: true,
            checked: vec!["nothing outside the case was changed".to_owned()],
            violated: vec![],
        })
    }
}
