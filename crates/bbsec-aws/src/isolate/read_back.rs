//! After the last change: AWS's configuration read back, and judged.

use std::collections::{BTreeMap, BTreeSet};

use bbsec_core::{Context, Failure, Time};

use super::{
    Isolate, balancers, found, groups,
    input::IsolateInput,
    model::{self, Isolation},
    opened_all, plan, sessions,
    verdict::{self, ReadBack},
};
use crate::{
    error::Kind,
    facts::{NodeFacts, Reader, instance, network},
};

impl Isolate {
    /// Reads everything back and judges it.
    pub(super) fn verdict(
        &self,
        input: &IsolateInput,
        nodes: &[NodeFacts],
        context: &mut Context<'_>,
    ) -> Result<Isolation, Failure> {
        let aws = &self.0;
        let mut isolation = Isolation {
            schema: model::SCHEMA.to_owned(),
            case: context.case.id().to_owned(),
            run: context.run.to_owned(),
            at: Time::now(),
            basis: model::BASIS.to_owned(),
            ..Isolation::default()
        };
        let opened = opened_all(context);
        for before in nodes {
            isolation.warnings.extend(found::isolated(before, context));
            isolation.account.clone_from(&before.account);
            isolation.region.clone_from(&before.region);
            let read = self.read_back(before, &opened, input, context)?;
            let mut node = verdict::judge(before, &read, input);
            node.peers.retain(|p| !nodes.iter().any(|n| n.instance == p.instance));
            if !node.peers.is_empty() {
                let names: Vec<&str> = node.peers.iter().map(|p| p.instance.as_str()).collect();
                isolation.warnings.push(format!(
                    "{} has peers that share its home, database and credentials and are not isolated: {} (--cluster)",
                    before.instance,
                    names.join(", ")
                ));
            }
            isolation.instances.push(node);
        }
        if input.cut_now {
            isolation.warnings.push("--cut-now: no snapshot was requested before the cut".to_owned());
        }
        if input.revoke_role_sessions {
            isolation.warnings.extend(nodes.iter().flat_map(|n| plan::role_users(aws, n)));
        }
        isolation.established =
            !isolation.instances.is_empty() && isolation.instances.iter().all(|n| n.established);
        Ok(isolation)
    }

    /// Whether the sessions of each role behind a profile are revoked, read back.
    fn revoked(&self, profile: &str, case: &str) -> Result<BTreeMap<String, bool>, crate::AwsError> {
        let name = sessions::policy_name(case);
        let mut revoked = BTreeMap::new();
        for role in sessions::roles(&self.0, profile)? {
            let denied = match sessions::policy(&self.0, &role, &name) {
                Ok(text) => sessions::revokes(&text),
                Err(error) if error.kind() == Kind::NotFound => false,
                Err(error) => return Err(error),
            };
            revoked.insert(role, denied);
        }
        Ok(revoked)
    }

    fn read_back(
        &self,
        before: &NodeFacts,
        opened: &BTreeSet<String>,
        input: &IsolateInput,
        context: &Context<'_>,
    ) -> Result<ReadBack, Failure> {
        let aws = &self.0;
        let mut reader = Reader::new(aws);
        let now = reader.node(&before.instance)?;
        let mut unread: Vec<String> =
            reader.gaps.iter().map(|g| format!("{}: {}", g.subject, g.why)).collect();
        let mut keep = |what: &str, error: crate::AwsError| unread.push(format!("{what}: {}", error.chain()));
        let interfaces = instance::interfaces(aws, &before.instance).map_err(|e| keep("interfaces", e)).ok();
        let acls = network::acls(aws, &before.vpc).map_err(|e| keep("network ACLs", e)).ok();
        let mut read = ReadBack { opened: opened.clone(), ..ReadBack::default() };
        if let Some(profile) = before.profile_arn.as_deref().filter(|_| input.revoke_role_sessions) {
            match self.revoked(profile, context.case.id()) {
                Ok(revoked) => read.revoked = revoked,
                Err(error) => keep("the role's policies", error),
            }
        }
        for group in interfaces.iter().flatten().flat_map(|i| &i.groups) {
            match groups::rules(aws, group) {
                Ok(rules) => drop(read.rules.insert(group.clone(), rules)),
                Err(error) => keep(group, error),
            }
        }
        for target in before.targets.iter().filter(|t| t.kind == "network") {
            match balancers::attributes(aws, &target.group) {
                Ok(found) => {
                    let closes = balancers::CLOSING
                        .iter()
                        .all(|(k, v)| found.iter().any(|(key, value)| key == k && value == v));
                    if closes {
                        read.closing.insert(target.group.clone());
                    }
                }
                Err(error) => keep(&target.group, error),
            }
        }
        Ok(ReadBack { interfaces, now, acls, unread, ..read })
    }
}
