use std::sync::Arc;

use bbsec_core::{Event, Place, Scope, Severity, Time, Verb};

use super::*;

const DAY: i64 = 86_400_000_000;

struct Log {
    builder: AccountsBuilder,
    start: Time,
    line: u64,
}

impl Log {
    fn new(suspects: &[&str]) -> Self {
        let scope = Scope {
            suspects: suspects.iter().map(|text| text.parse().unwrap()).collect(),
            ..Scope::default()
        };
        let mut log =
            Self { builder: AccountsBuilder::new(scope), start: "2026-11-01".parse().unwrap(), line: 0 };
        // An administrator's ordinary days, always from the same desk.
        for day in 0..10 {
            log.event(
                day * DAY,
                "admin",
                "10.0.0.1",
                "bitbucket.service.repository.audit.action.repositoryaccessed",
                &[],
            );
        }
        log
    }

    fn event(&mut self, after: i64, user: &str, ip: &str, action: &str, extra: &[(&str, &str)]) {
        let file: Arc<str> = "audit.log".into();
        self.line += 100;
        let time = Time::from_micros(self.start.micros() + after);
        let verb = if action.contains("authentication") { Verb::Login } else { Verb::Admin };
        let mut event =
            Event::new(time, "bitbucket.audit", "x", verb, action, Place::new(file, self.line, 99));
        event.user = (!user.is_empty()).then(|| user.to_owned());
        event.ips = vec![ip.to_owned()];
        for (name, value) in extra {
            event.extra.insert((*name).into(), (*value).into());
        }
        self.builder.add(&event);
    }

    fn findings(self) -> Vec<bbsec_core::Finding> {
        self.builder.finish()
    }
}

const NIGHT: i64 = 9 * DAY + 3 * 3_600_000_000;
const CREATED: &str = "bitbucket.service.user.audit.action.usercreated";
const GRANTED: &str = "bitbucket.service.user.audit.action.globalpermissiongranted";
const TOKEN: &str = "bitbucket.access.tokens.audit.action.accesstokencreated.personal";
const KEY: &str = "bitbucket.ssh.audit.action.sshkeycreated";

fn attack(log: &mut Log) {
    let who = [("object:USER", "svc (990)"), ("attribute:target", "svc")];
    log.event(NIGHT, "admin", "198.51.100.23", CREATED, &who);
    let grant =
        [("object:USER", "svc (990)"), ("attribute:Permission", "SYS_ADMIN"), ("attribute:target", "Global")];
    log.event(NIGHT + 8_000_000, "admin", "198.51.100.23", GRANTED, &grant);
    let token = [("attribute:ID", "2555"), ("attribute:Name", "backup"), ("attribute:target", "svc")];
    log.event(NIGHT + 20_000_000, "admin", "198.51.100.23", TOKEN, &token);
    let key = [
        ("attribute:ID", "7031"),
        ("attribute:Label", "root@localhost"),
        (
            "attribute:Public key",
            "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPeE7Xbu9EwEGSAaIdCaPi1bGWvN/F4/kaEXgiBcOjbN r",
        ),
        ("attribute:target", "svc"),
    ];
    log.event(NIGHT + 30_000_000, "svc", "192.0.2.9", KEY, &key);
    log.event(
        NIGHT + 40_000_000,
        "admin",
        "198.51.100.23",
        "atlassian.audit.event.action.audit.config.updated",
        &[("change:Coverage Level", "Advanced → Off")],
    );
}

fn found<'a>(all: &'a [bbsec_core::Finding], rule: &str, subject: &str) -> &'a bbsec_core::Finding {
    all.iter()
        .find(|f| f.rule == rule && f.subject.id == subject)
        .unwrap_or_else(|| panic!("{rule} {subject} in {all:#?}"))
}

#[test]
fn what_the_actor_planted_is_critical_and_ordinary_work_is_not() {
    let mut log = Log::new(&["ip:198.51.100.23"]);
    log.event(
        DAY,
        "admin",
        "10.0.0.1",
        CREATED,
        &[("object:USER", "newcomer (900)"), ("attribute:target", "newcomer")],
    );
    log.event(
        2 * DAY,
        "admin",
        "10.0.0.1",
        "atlassian.audit.event.action.audit.config.updated",
        &[("change:Retention", "1 Year → 2 Years")],
    );
    attack(&mut log);
    let all = log.findings();
    assert_eq!(found(&all, "accounts.user-created", "newcomer").severity, Severity::Low);
    assert_eq!(found(&all, "accounts.user-created", "svc").severity, Severity::High);
    assert_eq!(found(&all, "accounts.privilege-granted", "svc").severity, Severity::Critical);
    assert_eq!(found(&all, "accounts.token-created", "2555").severity, Severity::Critical);
    assert_eq!(found(&all, "accounts.audit-lowered", "audit").severity, Severity::Critical);
    let key = found(&all, "accounts.ssh-key-created", "7031");
    assert!(key.why.iter().any(|why| why.contains("which the actor created")), "{key:?}");
    assert!(key.data["fingerprint"].as_str().unwrap().starts_with("SHA256:"));
    assert_eq!(key.evidence[0].length, 99);
    assert_eq!(all.len(), 6, "keeping audit events longer is no finding");
}

#[test]
fn without_a_suspect_the_address_and_the_order_of_things_tell() {
    let mut log = Log::new(&[]);
    attack(&mut log);
    let all = log.findings();
    let user = found(&all, "accounts.user-created", "svc");
    assert_eq!(user.severity, Severity::Medium);
    assert!(user.why[0].contains("usually works from another address"));
    let grant = found(&all, "accounts.privilege-granted", "svc");
    assert_eq!(grant.severity, Severity::Critical);
    assert!(grant.why.iter().any(|why| why.contains("created 8 s before")), "{grant:?}");
}

#[test]
fn the_other_products_keys_are_known() {
    let mut log = Log::new(&[]);
    log.event(
        0,
        "",
        "203.0.113.1",
        "audit.logging.summary.user.created",
        &[("object:User", "x"), ("author", "Anonymous"), ("author_id", "-2")],
    );
    log.event(
        1,
        "a",
        "203.0.113.1",
        "audit.logging.summary.group.membership.added",
        &[("object:Group", "confluence-administrators"), ("object:User", "x")],
    );
    log.event(
        2,
        "a",
        "203.0.113.1",
        "jira.auditing.user.updated",
        &[("object:USER", "y"), ("change:Active / Inactive", "Inactive → Active")],
    );
    log.event(
        3,
        "a",
        "203.0.113.1",
        "jira.auditing.user.updated",
        &[("object:USER", "z"), ("change:Email", "a → b")],
    );
    let all = log.findings();
    assert_eq!(found(&all, "accounts.user-created", "x").severity, Severity::High);
    assert_eq!(found(&all, "accounts.admin-group-member-added", "x").severity, Severity::Critical);
    found(&all, "accounts.user-enabled", "y");
    assert!(all.iter().all(|finding| finding.subject.id != "z"));
}

#[test]
fn failed_logins_in_a_burst_with_the_login_that_followed() {
    let mut log = Log::new(&[]);
    for number in 0..12 {
        let target = format!("user{}", number % 6);
        log.event(
            NIGHT + number * 1_000_000,
            "",
            "203.0.113.9",
            "bitbucket.service.user.audit.action.authenticationfailure",
            &[("attribute:target", &target)],
        );
        log.event(
            DAY + number * DAY / 20,
            "",
            "10.0.0.7",
            "bitbucket.service.user.audit.action.authenticationfailure",
            &[("attribute:target", "bob")],
        );
    }
    log.event(
        NIGHT + 60_000_000,
        "user3",
        "203.0.113.9",
        "bitbucket.service.user.audit.action.authenticationsuccess",
        &[("attribute:target", "user3")],
    );
    let all = log.findings();
    assert_eq!(all.len(), 1);
    assert_eq!((all[0].subject.id.as_str(), all[0].severity), ("203.0.113.9", Severity::High));
    assert!(all[0].why.iter().any(|why| why.contains("login succeeded")));
}

#[test]
fn rows_without_their_event_are_found_and_rows_with_it_are_not() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("dump.sql");
    let dump = r#"COPY public."AO_E5A814_ACCESS_TOKEN" ("TOKEN_ID", "NAME", "USER_ID", "CREATED_DATE") FROM stdin;
2555	backup	990	2026-11-10 03:00:20
777	quiet	990	2026-11-10 03:00:21
1	old	990	2020-01-01 00:00:00
\.
COPY public.sta_normal_user (user_id, name) FROM stdin;
990	svc
\.
COPY public.cwd_user (id, user_name, created_date) FROM stdin;
6	svc	2026-11-10 03:00:00
7	x\nGIT_EXTERNAL_DIFF	2020-01-01 00:00:00
\.
COPY public.sta_global_permission (id, perm_id, group_name, user_id) FROM stdin;
2	7	\N	990
\.
COPY public."AO_C77861_AUDIT_ENTITY" ("ID") FROM stdin;
1
2
5
\.
-- PostgreSQL database dump complete
"#;
    std::fs::write(&path, dump).unwrap();
    let mut log = Log::new(&[]);
    attack(&mut log);
    log.event(
        NIGHT + DAY,
        "admin",
        "10.0.0.1",
        "bitbucket.service.repository.audit.action.repositoryaccessed",
        &[],
    );
    log.builder.add_database(crate::database::read_dump(&path, &bbsec_core::Silent).unwrap());
    let all = log.findings();
    let rows: Vec<_> = all
        .iter()
        .filter(|f| f.rule.starts_with("accounts.unaudited"))
        .map(|f| f.subject.id.as_str())
        .collect();
    assert_eq!(rows, ["777"]);
    found(&all, "accounts.hostile-name", "x\nGIT_EXTERNAL_DIFF");
    found(&all, "accounts.administrator", "svc");
    assert!(all.iter().any(|f| f.rule == "accounts.audit-rows-missing" && f.title.starts_with("2 rows")));
}
