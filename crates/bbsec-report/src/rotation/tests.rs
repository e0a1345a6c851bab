//! The join and its order, on a case that could have happened.

use super::*;
use crate::example;

fn list(data: &CaseData) -> Vec<String> {
    crate::rotation(data)
        .iter()
        .map(|item| {
            let admin = if item.administrator.is_some() { " (administrator)" } else { "" };
            format!("{} {}: {}{admin}", item.rank, item.class.name(), item.name)
        })
        .collect()
}

#[test]
fn the_list_is_ranked_by_what_the_actor_did() {
    insta::assert_snapshot!(list(&example::incident()).join("\n"), @"
    1 used: AKIAIOSFODNN7EXAMPLE
    2 used: Access token 412 of svc-ci
    3 exposed_live: postgres@db-1.corp.example/postgres (administrator)
    4 exposed_live: ledger@db-1.corp.example/ledger
    5 exposed_live: SHA256:uNiVztksCsDhcc0u9e8BrSRf0yv6h7jOcTjR3mSJx7s
    6 exposed: unnamed, bot/config.json in WEB/shop
    7 on_host: bitbucket@db-1.corp.example/bitbucket
    8 untouched: unnamed, ci.yml in HR/site
    ");
}
