//! Checks that no file here can answer: each is asked, with what would mend it.

use bbsec_core::{Confidence, Finding, Severity, Subject};

use super::Out;
use crate::home::Product;

/// One question.
struct Question {
    check: &'static str,
    ask: &'static str,
    fix: &'static str,
    /// Asked only where this check could be answered, since it is about the same thing.
    only_with: Option<&'static str>,
    /// Asked only about this product.
    product: Option<Product>,
}

const fn ask(check: &'static str, ask: &'static str, fix: &'static str) -> Question {
    Question { check, ask, fix, only_with: None, product: None }
}

impl Question {
    const fn with(mut self, check: &'static str) -> Self {
        self.only_with = Some(check);
        self
    }
}

/// In the order of the table of posture checks. What a file or AWS did answer is not asked again.
const QUESTIONS: [Question; 39] = [
    ask(
        "P-SG-MIN",
        "Does every rule of the security groups have somebody who needs it today?",
        "aws ec2 describe-security-group-rules --filters Name=group-id,Values=GROUP   # remove each rule that nobody claims",
    ),
    ask(
        "P-SG-FEW",
        "Are the node's security groups few enough to be read together?",
        "aws ec2 describe-instances --instance-ids INSTANCE --query 'Reservations[].Instances[].SecurityGroups'",
    ),
    ask(
        "P-SG-OPEN",
        "Does a security group let 0.0.0.0/0 or ::/0 in, other than to the load balancer's port 443?",
        "aws ec2 describe-security-groups --filters Name=ip-permission.cidr,Values=0.0.0.0/0\naws ec2 revoke-security-group-ingress --group-id GROUP --protocol tcp --port PORT --cidr 0.0.0.0/0",
    ),
    ask(
        "P-NET-SUBNET",
        "Does the node stand in a subnet with a route to an internet gateway, without need?",
        "aws ec2 describe-route-tables --filters Name=association.subnet-id,Values=SUBNET   # then move the node to a private subnet",
    ),
    ask(
        "P-HTTP",
        "Can the product be reached over plain HTTP, through the load balancer or past it?",
        "curl -sI http://HOST/ | head -1   # must redirect to https, or not answer",
    ),
    ask(
        "P-SELFSIGNED",
        "Is the certificate signed by an authority that clients know?",
        "openssl s_client -connect HOST:443 -servername HOST </dev/null 2>/dev/null | openssl x509 -noout -issuer -subject -enddate",
    ),
    ask(
        "P-GIT-SSLVERIFY",
        "Do build machines and clients verify the server's certificate?",
        "git config --system --unset-all http.sslVerify; git config --global --unset-all http.sslVerify   # on every client",
    ),
    ask(
        "P-TRAIL",
        "Is CloudTrail on, in all regions, with log file validation?",
        "aws cloudtrail describe-trails --include-shadow-trails\naws cloudtrail update-trail --name TRAIL --is-multi-region-trail --enable-log-file-validation",
    ),
    ask(
        "P-OS-UPDATES",
        "Are the operating system's packages current?",
        "apt list --upgradable 2>/dev/null || dnf check-update   # on the node; rebuild from a current image",
    ),
    ask(
        "P-VERSION",
        "Which version of the product runs, and does it get security fixes?",
        "curl -s https://HOST/rest/api/latest/application-properties   # Jira: /rest/api/2/serverInfo",
    ),
    ask(
        "P-BACKUP",
        "Is there a backup from before the first malicious event, and was it restored once?",
        "aws ec2 describe-snapshots --owner-ids self --query 'Snapshots[?StartTime<`DATE`]'\naws rds describe-db-snapshots --db-instance-identifier DB",
    ),
    ask(
        "P-USER",
        "Does the product run as a user of its own that is not root?",
        "ps -o user= -p \"$(pgrep -f 'atlassian|bitbucket|confluence|jira' | head -1)\"",
    ),
    ask(
        "P-DIRS",
        "Can anybody but the product's user read its home or write its installation?",
        "chmod -R o-rwx HOME; chown -R root: INSTALL; chown -R PRODUCT: INSTALL/logs INSTALL/temp INSTALL/work",
    ),
    ask(
        "P-BINARIES",
        "Is the installation byte for byte what Atlassian ships?",
        "bbsec-ir scan plugins --home HOME --baseline CLEAN-INSTALLATION-OF-THE-SAME-VERSION",
    ),
    ask(
        "P-SSO",
        "Do people log in through single sign-on, with a second factor?",
        "Administration > Authentication methods > add SAML or OpenID Connect; make it the default",
    ),
    ask(
        "P-BASIC",
        "Is basic authentication with passwords switched off for REST and git?",
        "Administration > Authentication methods > Allow basic authentication on API calls: off",
    ),
    ask(
        "P-PAT",
        "Do access tokens expire, and are those that nobody uses revoked?",
        "Administration > HTTP access tokens > Require expiry\nbitbucket.properties: plugin.access.tokens.max.expiry.days=90",
    ),
    ask(
        "P-LEAVERS",
        "Are the accounts of people who left disabled?",
        "compare the directory with the list of employees; Administration > Users > deactivate",
    ),
    ask(
        "P-ADMINS",
        "Who administers the product, and does each of them still need to?",
        "bbsec-ir scan accounts --home HOME --database DUMP.sql   # lists administrators and since when",
    ),
    ask(
        "P-SHARED",
        "Does everybody have an account of their own, also for administration and builds?",
        "replace shared accounts by personal ones, and build accounts by one per system",
    ),
    ask(
        "P-NAMES",
        "Are administrators' account names guessable (admin, root, the company's name)?",
        "rename them: Administration > Users > NAME > Rename",
    ),
    ask(
        "P-WEBSUDO",
        "Are administrators asked for their password again before they administer?",
        "Administration > Security > Secure administrator sessions: on",
    ),
    ask(
        "P-ALLOWLIST",
        "Can the product be reached from addresses that have no need to?",
        "aws ec2 authorize-security-group-ingress --group-id BALANCER-GROUP --protocol tcp --port 443 --cidr OFFICE-OR-VPN/32",
    ),
    ask(
        "P-RATE",
        "Are requests per user limited?",
        "Administration > Rate limiting: on   # bitbucket.properties: feature.rate.limiting=true",
    ),
    ask(
        "P-CAPTCHA",
        "Must a captcha be solved after some failed logins?",
        "Administration > Server settings > CAPTCHA attempts: 3",
    ),
    ask(
        "P-FAIL2BAN",
        "Does Fail2ban, or something like it, lock addresses out after failed logins?",
        "apt-get install fail2ban   # with a filter on atlassian-*-security.log",
    ),
    ask(
        "P-WAF",
        "Does a web application firewall stand before the product?",
        "aws wafv2 get-web-acl-for-resource --resource-arn BALANCER-ARN   # associate AWSManagedRulesCommonRuleSet, KnownBadInputs",
    ),
    ask(
        "P-AUDIT",
        "How far does the audit log go, and how long is it kept?",
        "Administration > Audit log > Settings: coverage Full for security-relevant areas, retention 3 years",
    ),
    ask(
        "P-LOGROTATE",
        "Are access logs kept elsewhere for longer than the product keeps them?",
        "aws s3 sync HOME/log/ s3://LOG-ARCHIVE/$(hostname)/ --exclude '*' --include 'atlassian-*-access*' --include 'audit/*'",
    ),
    ask(
        "P-LOGACCESS",
        "Can the log folders be read from outside, through a web server or a share?",
        "curl -sI https://HOST/logs/ | head -1; chmod -R o-rwx HOME/log INSTALL/logs",
    ),
    ask(
        "P-CONF-SECRET",
        "Do configuration files hold secrets in the clear?",
        "grep -nEi 'password|secret|token' HOME/shared/*.properties HOME/*.xml   # move what is found into a secret store",
    ),
    ask(
        "P-SM-POLICY",
        "May only the node's role read the secret?",
        "aws secretsmanager get-resource-policy --secret-id SECRET\naws iam simulate-principal-policy --policy-source-arn ROLE-ARN --action-names secretsmanager:GetSecretValue --resource-arns '*'",
    )
    .with("P-SM-JSON"),
    ask(
        "P-SIGNED",
        "Must commits be signed, and is the signer compared with the pusher?",
        "bbsec-ir scan commits --home HOME   # then: Repository settings > Hooks > Verify commit signature",
    ),
    ask(
        "P-IMDS2",
        "Does the instance require version 2 of the metadata service?",
        "aws ec2 modify-instance-metadata-options --instance-id INSTANCE --http-tokens required --http-put-response-hop-limit 1",
    ),
    ask(
        "P-CLOUD-ACCESS",
        "Bitbucket Cloud workspaces: are addresses allow-listed and two-step verification required, and is nothing public?",
        "Workspace settings > Access controls: allowed IP addresses, two-step verification, private content only; forking policy: no public forks",
    ),
    ask(
        "P-CLOUD-PIPELINES",
        "Bitbucket Cloud workspaces: are commits signed, merge checks on, runners isolated, secrets scanned, the audit log read?",
        "Repository settings > Branch restrictions and merge checks; Pipelines > Runners; Workspace settings > Audit log",
    ),
    ask(
        "P-ADVISORIES",
        "Does somebody get Atlassian's security advisories?",
        "my.atlassian.com > Email preferences > Tech alerts",
    ),
    ask(
        "P-DRILL",
        "When was a compromise last rehearsed?",
        "bbsec-ir run playbooks/compromised-bitbucket.yaml --dry-run   # with the people who would do it",
    ),
    ask(
        "P-RECHECK",
        "Are these measures checked again after every upgrade?",
        "bbsec-ir scan config --home HOME --facts FACTS --fail-on high   # in a schedule",
    ),
];

/// Checks of Secrets Manager say nothing where it is not used.
const ONLY_WITH_SECRETS_MANAGER: [&str; 4] = ["P-SM-CLASS", "P-SM-JSON", "P-SM-POLICY", "P-SM-READS"];

/// Asks what was not answered; says which checks do not apply.
pub(super) fn ask_rest(product: Product, out: &mut Out) -> (Vec<&'static str>, Vec<&'static str>) {
    let mut asked = Vec::new();
    let mut void = Vec::new();
    for question in &QUESTIONS {
        let applies = question.only_with.is_none_or(|check| out.answered.contains(check))
            && question.product.is_none_or(|wanted| wanted == product);
        if out.answered.contains(question.check) {
            continue;
        }
        if !applies {
            void.push(question.check);
            continue;
        }
        asked.push(question.check);
        let subject = Subject::new("question", question.check);
        let mut finding = Finding::new(
            "config",
            question.check,
            format!("Question: {}", question.ask),
            Severity::Info,
            Confidence::Low,
            subject,
            None,
        )
        .because("no file and no AWS fact that is here can tell");
        finding.fix = Some(question.fix.into());
        out.findings.push(finding);
    }
    void.extend(
        ONLY_WITH_SECRETS_MANAGER
            .iter()
            .filter(|check| {
                !out.answered.contains(**check) && !asked.contains(*check) && !void.contains(*check)
            })
            .copied()
            .collect::<Vec<_>>(),
    );
    (asked, void)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every id of the table of posture checks, as the guidance was taken apart.
    const TABLE: [&str; 40] = [
        "P-SG-MIN",
        "P-SG-FEW",
        "P-SG-OPEN",
        "P-NET-SUBNET",
        "P-HTTP",
        "P-SELFSIGNED",
        "P-GIT-SSLVERIFY",
        "P-TRAIL",
        "P-OS-UPDATES",
        "P-VERSION",
        "P-BACKUP",
        "P-USER",
        "P-DIRS",
        "P-BINARIES",
        "P-SSO",
        "P-BASIC",
        "P-PAT",
        "P-LEAVERS",
        "P-ADMINS",
        "P-SHARED",
        "P-NAMES",
        "P-WEBSUDO",
        "P-ALLOWLIST",
        "P-RATE",
        "P-CAPTCHA",
        "P-FAIL2BAN",
        "P-WAF",
        "P-AUDIT",
        "P-LOGROTATE",
        "P-LOGACCESS",
        "P-CONF-SECRET",
        "P-SM-CLASS",
        "P-SM-JSON",
        "P-SM-POLICY",
        "P-SM-READS",
        "P-IMDS2",
        "P-SIGNED",
        "P-ADVISORIES",
        "P-DRILL",
        "P-RECHECK",
    ];

    #[test]
    fn every_check_of_the_table_is_asked_or_does_not_apply() {
        let mut out = Out::default();
        let (asked, void) = ask_rest(Product::Bitbucket, &mut out);
        for check in TABLE {
            assert!(asked.contains(&check) || void.contains(&check), "{check}");
        }
        assert!(asked.iter().any(|check| check.starts_with("P-CLOUD-")));
        assert!(out.findings.iter().all(|finding| finding.fix.is_some()));
        // What is answered is not asked.
        let mut out = Out::default();
        out.answer("P-SM-JSON");
        out.answer("P-IMDS2");
        let (asked, void) = ask_rest(Product::Bitbucket, &mut out);
        assert!(!asked.contains(&"P-IMDS2") && asked.contains(&"P-SM-POLICY"));
        assert!(!void.contains(&"P-SM-POLICY"));
    }
}
