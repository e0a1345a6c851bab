//! Cases for tests: one that could have happened, one full of hostile text, one that is large.

use std::collections::BTreeMap;

use bbsec_core::{
    Actor, Change, ChangeResult, Confidence, Event, EvidenceItem, ExposedSecret, Finding, Fingerprinter, Gap,
    Indicator, Place, Provenance, SecretBytes, Severity, Subject, Target, TargetKind, Time, Touch, Verb,
    secret::{ObjectRef, Reach},
};
use serde_json::json;

use crate::{ActivityBucket, CaseData, ChangeRecord, Dismissal, RestorePoint, StepRecord};

pub(crate) fn t(text: &str) -> Time {
    text.parse().unwrap()
}

pub(crate) fn key() -> Fingerprinter {
    Fingerprinter::keyed_with(b"the key of the example case".to_vec())
}

/// A credential with only what every row has.
pub(crate) fn secret(with: &Fingerprinter, value: &str, provider: &str, rule: &str) -> ExposedSecret {
    ExposedSecret {
        fingerprint: with.of(value.as_bytes()),
        keyed: with.keyed(),
        public_id: None,
        rule: rule.into(),
        title: format!("{provider} credential"),
        severity: Severity::High,
        confidence: Confidence::High,
        provider: provider.into(),
        secret: SecretBytes::new(value.as_bytes().to_vec()).redacted(),
        repo: None,
        project: None,
        slug: None,
        object: ObjectRef { kind: "blob".into(), id: "8f1c2d".into() },
        path: None,
        line: None,
        column: None,
        commit: None,
        author: None,
        email: None,
        committed_at: None,
        reachable: Vec::new(),
        at_head: false,
        occurrences: 1,
        paths: Vec::new(),
        notes: Vec::new(),
    }
}

/// Puts a credential into a repository's history.
pub(crate) fn in_repo(mut secret: ExposedSecret, target: &str, path: &str, at_head: bool) -> ExposedSecret {
    let (project, slug) = target.split_once('/').unwrap();
    secret.repo = Some(format!("shared/data/repositories/{}", slug.len()));
    secret.project = Some(project.into());
    secret.slug = Some(slug.into());
    secret.path = Some(path.into());
    secret.line = Some(12);
    secret.commit = Some("3f786850e387550fdab836ed7e6dc881de23001b".into());
    secret.author = Some("Mara Lindqvist".into());
    secret.email = Some("mara@corp.example".into());
    secret.committed_at = Some(t("2024-03-05T10:20:00Z"));
    secret.at_head = at_head;
    if at_head {
        secret.reachable = vec![Reach { kind: "branch".into(), name: "refs/heads/main".into() }];
    }
    secret
}

pub(crate) fn touch(
    user: &str,
    target: &str,
    verbs: &[(&str, u64)],
    bytes: u64,
    span: (&str, &str),
) -> Touch {
    Touch {
        actor: Actor {
            user: Some(user.into()),
            ips: vec!["203.0.113.7".into()],
            tokens: vec!["412".into()],
            ..Actor::default()
        },
        target: Target::new(TargetKind::Repository, target),
        verbs: verbs.iter().map(|(verb, n)| ((*verb).to_owned(), *n)).collect(),
        bytes_out: bytes,
        first: t(span.0),
        last: t(span.1),
        suspect: true,
        why: vec!["203.0.113.7 was given as a suspect".into(), "token 412 was used from 203.0.113.7".into()],
        evidence: vec![Place::new("logs/atlassian-bitbucket-access-2026-11-18.0.log", bytes / 7, 240)],
    }
}

fn credential_use(id: &str, event: &str, count: u64, at: &str, ip: &str) -> Finding {
    let mut finding = Finding::new(
        "cloudtrail",
        "credential-use",
        format!("{id} called {event}"),
        Severity::Critical,
        Confidence::High,
        Subject::new("credential", id),
        Some(t(at)),
    )
    .because("first use from an address never seen before in 90 days")
    .seen_at(Place::new("cloudtrail/eu-central-1/2026-11-18.json.gz", 8812, 1403));
    finding.data = serde_json::Map::from_iter([
        ("credential".into(), json!(id)),
        ("event_name".into(), json!(event)),
        ("count".into(), json!(count)),
        ("first".into(), json!(at)),
        ("last".into(), json!(at)),
        ("source_ips".into(), json!([ip])),
        ("principal".into(), json!("arn:aws:iam::111122223333:user/ci/deploy")),
    ]);
    finding
}

fn finding(
    analysis: &str,
    rule: &str,
    title: &str,
    severity: Severity,
    kind: &str,
    at: Option<&str>,
) -> Finding {
    Finding::new(
        analysis,
        rule,
        title,
        severity,
        Confidence::High,
        Subject::new(kind, rule.to_lowercase()),
        at.map(t),
    )
    .seen_at(Place::new("logs/audit/20261118.audit.log", rule.len() as u64 * 811, 512))
}

/// A stolen token, copied repositories, used cloud keys, a planted plugin.
pub(crate) fn incident() -> CaseData {
    CaseData {
        id: "c-20261118-4f2a".into(),
        title: "Bitbucket, stolen CI token".into(),
        product: Some("bitbucket".into()),
        product_version: Some("9.4.8".into()),
        responder: Some("Corp CERT".into()),
        created: t("2026-11-18T09:02:00Z"),
        rendered_at: t("2026-11-19T16:30:00Z"),
        scope: bbsec_core::Scope {
            suspects: vec!["ip:203.0.113.7".parse::<Indicator>().unwrap()],
            instances: vec!["i-0a1b2c3d4e5f60718".into()],
            ..bbsec_core::Scope::default()
        },
        findings: findings(),
        dismissed: BTreeMap::from([(
            findings()[4].id.clone(),
            Dismissal {
                why: "our own test of the alarm".into(),
                by: "Ida".into(),
                at: t("2026-11-18T12:00:00Z"),
            },
        )]),
        secrets: secrets(),
        touches: touches(),
        gaps: vec![
            Gap::unknown(
                "access log",
                "2026-11-18T04:10:00Z/2026-11-18T04:50:00Z",
                "the log has no line between these times; other days have hundreds",
            ),
            Gap::unread("log lines", "logs/atlassian-bitbucket-2026-11-17.log", "not in any known form", 214),
            Gap::unread("repository", "LEGACY/monolith", "a pack is cut off after 3.1 GB", 1),
        ],
        evidence: evidence(),
        steps: steps(),
        changes: changes(),
        isolation: Some(json!({
            "schema": "bbsec-ir.isolation/v1", "holds": false,
            "checked": ["eni-0a1b has only sg-isolate", "eni-0c2d has only sg-isolate", "not in target group tg-git"],
            "remaining": ["connections tracked before 09:14 to 203.0.113.7 may live on until they idle out"],
            "instance": "i-0a1b2c3d4e5f60718"
        })),
        activity: activity(),
        timeline: timeline(),
        settings: BTreeMap::from([
            ("awareness_at".into(), "2026-11-18T08:40:00Z".into()),
            ("tlp".into(), "TLP:AMBER+STRICT".into()),
            ("detected_by".into(), "AWS GuardDuty finding, 18 November".into()),
        ]),
        journal_head: Some("b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9".into()),
        tool_version: "bbsec-ir 0.1.0".into(),
        host_fingerprints: [key().of(b"host database password").0].into(),
        restore_points: vec![
            RestorePoint {
                id: "snap-0aa11".into(),
                kind: "EBS snapshot".into(),
                time: t("2026-11-17T23:00:00Z"),
                source: "DescribeSnapshots".into(),
            },
            RestorePoint {
                id: "snap-0bb22".into(),
                kind: "EBS snapshot".into(),
                time: t("2026-11-18T23:00:00Z"),
                source: "DescribeSnapshots".into(),
            },
        ],
        fingerprinter: key(),
        ..CaseData::default()
    }
}

fn findings() -> Vec<Finding> {
    let deploy = "AKIAIOSFODNN7EXAMPLE";
    let mut plugin = finding(
        "plugins",
        "plugin-webshell",
        "A plugin that runs commands was installed: helper-5.1.jar",
        Severity::Critical,
        "plugin",
        Some("2026-11-18T03:41:10Z"),
    );
    plugin.why.push("its class answers /plugins/servlet/helper with the output of Runtime.exec".into());
    plugin.actor = Some("svc-ci".into());
    let mut admin = finding(
        "accounts",
        "admin-granted",
        "svc-ci was made system administrator by jdoe",
        Severity::Critical,
        "user",
        Some("2026-11-18T03:32:00Z"),
    );
    admin.actor = Some("jdoe".into());
    let door = finding(
        "config",
        "P-VERSION",
        "Bitbucket 9.4.8 is behind the newest bug-fix release of its line",
        Severity::Medium,
        "configuration",
        None,
    );
    vec![
        credential_use(deploy, "GetCallerIdentity", 2, "2026-11-18T04:55:12Z", "203.0.113.7"),
        credential_use(deploy, "ListBuckets", 14, "2026-11-18T04:56:40Z", "203.0.113.7"),
        credential_use(deploy, "GetObject", 2210, "2026-11-18T05:02:09Z", "203.0.113.7"),
        plugin,
        finding(
            "access",
            "login-failures",
            "300 failed logins in a minute",
            Severity::High,
            "user",
            Some("2026-11-18T03:00:00Z"),
        ),
        admin,
        door,
        finding(
            "config",
            "P-SG-OPEN",
            "Port 7999 is open to the world",
            Severity::High,
            "configuration",
            None,
        ),
        finding(
            "access",
            "new-address",
            "svc-ci worked from an address never seen before",
            Severity::Medium,
            "user",
            Some("2026-11-18T03:14:05Z"),
        ),
    ]
}

fn secrets() -> Vec<ExposedSecret> {
    let key = key();
    let mut deploy = in_repo(
        secret(&key, "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "aws", "aws-access-key"),
        "PAY/ledger",
        "deploy/terraform.tfvars",
        true,
    );
    deploy.public_id = Some("AKIAIOSFODNN7EXAMPLE".into());
    deploy.title = "AWS access key".into();
    deploy.severity = Severity::Critical;
    let mut same = in_repo(
        secret(&key, "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "generic", "generic-secret"),
        "PAY/ledger",
        "deploy/terraform.tfvars",
        true,
    );
    same.confidence = Confidence::Medium;
    let mut db = in_repo(
        secret(&key, "s3cr3t-ledger-pw", "postgres", "jdbc-url"),
        "PAY/ledger",
        "src/main/resources/application.yml",
        false,
    );
    db.public_id = Some("ledger@db-1.corp.example/ledger".into());
    let mut admin = in_repo(
        secret(&key, "another-db-password", "postgres", "jdbc-url"),
        "OPS/ansible",
        "group_vars/all.yml",
        true,
    );
    admin.public_id = Some("postgres@db-1.corp.example/postgres".into());
    let mut ssh = in_repo(
        secret(&key, "-----BEGIN OPENSSH PRIVATE KEY-----x", "ssh", "openssh-private-key"),
        "OPS/ansible",
        "keys/deploy",
        false,
    );
    ssh.public_id = Some("SHA256:uNiVztksCsDhcc0u9e8BrSRf0yv6h7jOcTjR3mSJx7s".into());
    let mut slack = in_repo(
        secret(&key, "xoxb-1234-5678-abcdefghijkl", "slack", "slack-bot-token"),
        "WEB/shop",
        "bot/config.json",
        false,
    );
    slack.notes.push("revoked: auth.test said so when it was found".into());
    let mut host = secret(&key, "host database password", "postgres", "bitbucket-properties");
    host.public_id = Some("bitbucket@db-1.corp.example/bitbucket".into());
    host.object = ObjectRef { kind: "config".into(), id: "shared/bitbucket.properties".into() };
    host.path = Some("shared/bitbucket.properties".into());
    host.title = "Database password of the product".into();
    let far = in_repo(
        secret(&key, "ghp_0123456789abcdefghijABCDEFGHIJ012345", "github", "github-pat"),
        "HR/site",
        "ci.yml",
        true,
    );
    vec![deploy, same, db, admin, ssh, slack, host, far]
}

fn touches() -> Vec<Touch> {
    let mut all = vec![
        touch(
            "svc-ci",
            "PAY/ledger",
            &[("refs", 2), ("clone", 1), ("browse", 31)],
            812_000_000,
            ("2026-11-18T03:14:05Z", "2026-11-18T03:52:40Z"),
        ),
        touch(
            "svc-ci",
            "OPS/ansible",
            &[("clone", 1)],
            64_000_000,
            ("2026-11-18T03:21:00Z", "2026-11-18T03:21:00Z"),
        ),
        touch(
            "svc-ci",
            "WEB/shop",
            &[("archive", 2)],
            1_400_000_000,
            ("2026-11-18T03:25:00Z", "2026-11-18T03:58:00Z"),
        ),
        touch("svc-ci", "HR/site", &[("refs", 1)], 900, ("2026-11-18T03:59:00Z", "2026-11-18T03:59:00Z")),
        touch("jdoe", "PAY/ledger", &[("raw", 3)], 12_000, ("2026-11-18T05:10:00Z", "2026-11-18T05:12:00Z")),
    ];
    let mut page =
        touch("svc-ci", "PAY", &[("admin", 4)], 40_000, ("2026-11-18T03:33:00Z", "2026-11-18T03:40:00Z"));
    page.target.kind = TargetKind::Project;
    all.push(page);
    let mut ordinary =
        touch("mara", "PAY/ledger", &[("push", 4)], 9000, ("2026-11-18T07:00:00Z", "2026-11-18T08:00:00Z"));
    ordinary.suspect = false;
    ordinary.actor.tokens.clear();
    ordinary.actor.ips = vec!["10.0.0.8".into()];
    all.push(ordinary);
    all
}

fn evidence() -> Vec<EvidenceItem> {
    let item = |path: &str, what: &str, size: u64| EvidenceItem {
        path: path.into(),
        size,
        sha256: bbsec_core::Fingerprinter::unkeyed().of(path.as_bytes()).0,
        provenance: Provenance { source: path.into(), how: "copied".into(), what: what.into() },
        acquired: t("2026-11-18T09:20:00Z"),
        by: "Ida".into(),
        tool: "bbsec-ir 0.1.0".into(),
        in_place: None,
    };
    let mut repositories = item("repositories.sha256", "repositories", 212_000_000_000);
    repositories.in_place = Some("/mnt/snapshot/shared/data/repositories".into());
    vec![
        item("logs/atlassian-bitbucket-access-2026-11-18.0.log", "access log", 48_000_000),
        item("logs/audit/20261118.audit.log", "audit log", 2_000_000),
        item("cloudtrail/eu-central-1/2026-11-18.json.gz", "CloudTrail", 11_000_000),
        repositories,
    ]
}

fn steps() -> Vec<StepRecord> {
    let step = |step: &str, uses: &str, from: &str, to: Option<&str>, state: &str| StepRecord {
        run: "run-1".into(),
        step: step.into(),
        uses: uses.into(),
        started: t(from),
        ended: to.map(t),
        state: state.into(),
        output: json!({}),
        error: None,
    };
    let mut failed =
        step("db", "collect.database", "2026-11-18T09:40:00Z", Some("2026-11-18T09:40:30Z"), "failed");
    failed.error = Some("connection refused by db-1.corp.example:5432".into());
    vec![
        step("isolate", "isolate", "2026-11-18T09:14:00Z", Some("2026-11-18T09:15:10Z"), "done"),
        step("volumes", "collect.volumes", "2026-11-18T09:16:00Z", Some("2026-11-18T09:38:00Z"), "done"),
        failed,
        step("trail", "scan.cloudtrail", "2026-11-18T10:05:00Z", Some("2026-11-18T10:05:12Z"), "done"),
        step("secrets", "scan.secrets", "2026-11-18T10:10:00Z", Some("2026-11-18T10:31:00Z"), "done"),
    ]
}

fn changes() -> Vec<ChangeRecord> {
    let change =
        |operation: &str, subject: &str, undo: Option<&str>, result: Option<ChangeResult>| ChangeRecord {
            time: t("2026-11-18T09:14:02Z"),
            run: "run-1".into(),
            step: "isolate".into(),
            change: Change {
                operation: operation.into(),
                subject: subject.into(),
                before: json!({}),
                after: json!({}),
                undo: undo.map(str::to_owned),
            },
            result,
            undone: false,
        };
    let done = || Some(ChangeResult::Done { answer: json!({}) });
    vec![
        change("ec2:CreateSecurityGroup", "sg-isolate", Some("delete the group"), done()),
        change("ec2:ModifyNetworkInterfaceAttribute", "eni-0a1b", Some("put back sg-git, sg-admin"), done()),
        change("ec2:ModifyNetworkInterfaceAttribute", "eni-0c2d", Some("put back sg-git"), None),
    ]
}

fn activity() -> Vec<ActivityBucket> {
    let start = t("2026-11-17T22:00:00Z").micros();
    let width = 10 * 60 * 1_000_000;
    (0..160)
        .map(|n: i64| {
            let at = start + n * width;
            let hour = at / 3_600_000_000 % 24;
            let busy = if (7..18).contains(&hour) { 1400 } else { 160 };
            let wave = u64::try_from((n * 7919) % 113).unwrap();
            let attack = (31..36).contains(&n) || (41..44).contains(&n);
            let lost = (37..41).contains(&n);
            ActivityBucket {
                start: Time::from_micros(at),
                width_micros: width,
                source: "bitbucket.access".into(),
                events: if lost { 0 } else { busy + wave * 3 },
                suspect_events: if attack { 24 + wave / 4 } else { 0 },
                bytes_out: 1000,
            }
        })
        .collect()
}

fn timeline() -> Vec<Event> {
    let mut clone = Event::new(
        t("2026-11-18T03:14:05Z"),
        "bitbucket.access",
        "atlassian:bitbucket:access",
        Verb::Clone,
        "POST /scm/pay/ledger.git/git-upload-pack HTTP/1.1",
        Place::new("logs/atlassian-bitbucket-access-2026-11-18.0.log", 116_000_000, 240),
    );
    clone.user = Some("svc-ci".into());
    clone.ips = vec!["203.0.113.7".into(), "10.0.0.2".into()];
    clone.token = Some("412".into());
    clone.user_agent = Some("git/2.39.2".into());
    clone.status = Some(200);
    clone.bytes_out = Some(812_000_000);
    clone.request = Some("@1ABCDEFx194x52x0".into());
    clone.target = Some(Target::new(TargetKind::Repository, "PAY/ledger"));
    clone.labels = vec!["clone".into(), "access-token:id:412".into()];
    vec![clone]
}

/// What attackers put where they may write.
pub(crate) const HOSTILE: [&str; 9] = [
    "<script>document.title='owned'</script>",
    "</script><img src=x onerror=\"document.title='owned'\">",
    "=HYPERLINK(\"http://x.example\",\"click\")",
    "\u{1b}[31mred\u{1b}[0m\u{7}",
    "gpj.exe\u{202e}txt",
    "{{ 7*7 }}{% for x in y %}",
    "`code`|[x](javascript:alert(1))\r\n# heading",
    "'; DROP TABLE x; -- $(reboot)",
    "javascript:alert(1)",
];

/// The incident with hostile text in every field that an attacker can write.
pub(crate) fn hostile() -> CaseData {
    let mut data = incident();
    let huge = "A".repeat(5 << 20);
    let texts: Vec<String> = HOSTILE.iter().map(|s| (*s).to_owned()).chain([huge]).collect();
    for (n, text) in texts.iter().enumerate() {
        let mut row = touch(
            text,
            &format!("X/{text}"),
            &[("clone", 1)],
            10,
            ("2026-11-18T03:14:05Z", "2026-11-18T03:14:06Z"),
        );
        row.actor.ips = vec![text.clone()];
        row.actor.tokens = vec![text.clone()];
        row.why = vec![text.clone()];
        row.verbs.insert(text.clone(), 3);
        row.target.name = Some(text.clone());
        row.evidence = vec![Place::new(text.as_str(), 1, 2)];
        data.touches.push(row);
        let mut secret =
            in_repo(secret(&key(), &format!("value-{n}"), text, text), &format!("X/{text}"), text, true);
        secret.slug = Some(text.clone());
        secret.public_id = Some(text.clone());
        secret.title.clone_from(text);
        secret.author = Some(text.clone());
        data.secrets.push(secret);
        let mut odd = finding("access", text, text, Severity::Critical, text, Some("2026-11-18T03:30:00Z"));
        odd.why = vec![text.clone()];
        odd.fix = Some(text.clone());
        odd.actor = Some(text.clone());
        odd.evidence = vec![Place::new(text.as_str(), 9, 9)];
        data.findings.push(odd);
        data.findings.push(credential_use(text, text, 1, "2026-11-18T04:55:12Z", text));
        data.gaps.push(Gap::unread(text.clone(), text.clone(), text.clone(), 2));
        data.settings.insert(format!("contact{n}"), text.clone());
        let mut event = timeline().remove(0);
        event.action.clone_from(text);
        event.user_agent = Some(text.clone());
        event.extra.insert(text.clone(), text.clone());
        data.timeline.push(event);
        let mut item = evidence().remove(0);
        item.path = format!("{n}-{}", bbsec_core::escape::path_component(text));
        item.provenance.what.clone_from(text);
        data.evidence.push(item);
    }
    data.settings.insert("contact".into(), HOSTILE[0].into());
    data.title = HOSTILE[0].into();
    data
}

/// Many findings, and a tenth as many credentials, for the clock.
pub(crate) fn large(findings: usize) -> CaseData {
    let mut data = incident();
    let key = key();
    data.secrets.extend((0..findings / 10).map(|n| {
        let value = bbsec_core::Fingerprinter::unkeyed().of(&n.to_be_bytes()).0;
        in_repo(
            secret(&key, &value, "generic", "generic-secret"),
            &format!("P{}/repo-{n}", n % 50),
            "a/config.yml",
            n % 2 == 0,
        )
    }));
    data.findings.extend((0..findings).map(|n| {
        finding(
            "detections",
            &format!("rule-{}", n % 40),
            &format!("Request number {n} with a path that a scanner would ask for"),
            if n % 9 == 0 { Severity::High } else { Severity::Low },
            "event",
            Some("2026-10-01T03:30:00Z"),
        )
        .because(format!("GET /rest/api/1.0/users?filter={n} answered 404 to 198.51.100.{}", n % 250))
    }));
    data
}
