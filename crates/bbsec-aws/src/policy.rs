//! The least-privilege IAM policy for a set of actions.

use std::collections::{BTreeMap, BTreeSet};

use bbsec_core::ActionMeta;
use serde_json::{Value, json};

/// An IAM policy document that allows what the actions need and nothing else. Statements are grouped by service.
pub fn policy(actions: &[ActionMeta]) -> Value {
    let mut services: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for permission in actions.iter().flat_map(|a| a.permissions) {
        let service = permission.split(':').next().unwrap_or_default();
        services.entry(service).or_default().insert(permission);
    }
    let statements: Vec<Value> = services
        .into_iter()
        .map(|(service, permissions)| {
            let sid: String = service.chars().filter(char::is_ascii_alphanumeric).collect();
            json!({ "Sid": format!("BbsecIr{sid}"), "Effect": "Allow", "Action": permissions, "Resource": "*" })
        })
        .collect();
    json!({ "Version": "2012-10-17", "Statement": statements })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use bbsec_core::Action;

    use super::*;
    use crate::{Aws, AwsSettings, CollectVolumes};

    #[test]
    fn every_permission_of_an_action_is_in_its_policy() {
        let aws = Arc::new(Aws::new(AwsSettings::default()).unwrap());
        let meta = Action::meta(&CollectVolumes(aws));
        let document = policy(std::slice::from_ref(&meta));
        let text = document.to_string();
        assert!(meta.permissions.iter().all(|p| text.contains(p)));
        assert!(
            !text.contains('*')
                || text.matches("\"*\"").count() == document["Statement"].as_array().unwrap().len()
        );
    }
}
