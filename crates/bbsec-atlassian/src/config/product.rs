//! P-HTTP, P-CAPTCHA, P-RATE, P-WEBSUDO, P-AUDIT, P-BASIC, P-BINARIES, P-ALLOWLIST: what settings switch off.

use bbsec_core::Severity;

use super::{Out, setting::Setting};
use crate::home::Product;

/// A setting that weakens the product when it has one of these values.
struct Weak {
    check: &'static str,
    key: &'static str,
    values: &'static [&'static str],
    severity: Severity,
    title: &'static str,
    fix: &'static str,
}

const WEAK: [Weak; 11] = [
    Weak {
        check: "P-CAPTCHA",
        key: "feature.auth.captcha",
        values: &["false"],
        severity: Severity::Medium,
        title: "No captcha after failed logins",
        fix: "feature.auth.captcha=true",
    },
    Weak {
        check: "P-RATE",
        key: "feature.rate.limiting",
        values: &["false"],
        severity: Severity::Low,
        title: "Rate limiting is switched off",
        fix: "feature.rate.limiting=true",
    },
    Weak {
        check: "P-ALLOWLIST",
        key: "feature.public.access",
        values: &["true"],
        severity: Severity::Medium,
        title: "Public repositories can be read without a login",
        fix: "feature.public.access=false",
    },
    Weak {
        check: "P-WEBSUDO",
        key: "jira.websudo.is.disabled",
        values: &["true"],
        severity: Severity::High,
        title: "Administrators are not asked for their password again",
        fix: "jira.websudo.is.disabled = false",
    },
    Weak {
        check: "P-WEBSUDO",
        key: "password.confirmation.disabled",
        values: &["true"],
        severity: Severity::High,
        title: "Administrators are not asked for their password again",
        fix: "remove -Dpassword.confirmation.disabled=true from setenv.sh",
    },
    Weak {
        check: "P-BINARIES",
        key: "atlassian.upm.signature.check.disabled",
        values: &["true"],
        severity: Severity::High,
        title: "Signatures of apps are not checked",
        fix: "remove atlassian.upm.signature.check.disabled",
    },
    Weak {
        check: "P-BINARIES",
        key: "upm.plugin.upload.enabled",
        values: &["true"],
        severity: Severity::Medium,
        title: "Apps can be uploaded as files",
        fix: "remove upm.plugin.upload.enabled=true",
    },
    Weak {
        check: "P-BINARIES",
        key: "atlassian.dev.mode",
        values: &["true"],
        severity: Severity::High,
        title: "The product runs in developer mode",
        fix: "remove -Datlassian.dev.mode=true",
    },
    Weak {
        check: "P-AUDIT",
        key: "audit.highest.priority.to.log",
        values: &["NONE"],
        severity: Severity::High,
        title: "Nothing is audited",
        fix: "audit.highest.priority.to.log=HIGH",
    },
    Weak {
        check: "P-AUDIT",
        key: "plugin.audit.file.max.file.count",
        values: &["0", "1"],
        severity: Severity::Medium,
        title: "Audit files are hardly kept",
        fix: "plugin.audit.file.max.file.count=100",
    },
    Weak {
        check: "P-HTTP",
        key: "server.require-ssl",
        values: &["false"],
        severity: Severity::Medium,
        title: "The connector does not require TLS",
        fix: "server.require-ssl=true",
    },
];

pub(super) fn check(settings: &[Setting], product: Product, out: &mut Out) {
    for weak in &WEAK {
        for setting in settings.iter().filter(|setting| setting.key == weak.key) {
            out.answer(weak.check);
            if weak.values.iter().any(|value| setting.value.trim().eq_ignore_ascii_case(value)) {
                let subject = format!("{}:{}", setting.file, setting.key);
                out.fail(weak.check, weak.title, weak.severity, &subject, setting.at.clone(), weak.fix, &[]);
            }
        }
    }
    plain_http(settings, product, out);
    remote_debug(settings, out);
}

/// Addresses that begin with `http://`, and connectors that say so.
fn plain_http(settings: &[Setting], product: Product, out: &mut Out) {
    for setting in settings {
        let value = setting.value.trim();
        let lower = setting.key.to_ascii_lowercase();
        let base = matches!(
            lower.as_str(),
            "setup.baseurl" | "server.baseurl" | "confluence.webapp.base.url" | "jira.baseurl"
        );
        let scheme = lower == "server.scheme" || lower.ends_with("connector.scheme");
        let service = lower.ends_with("config.baseurl") || lower.ends_with("crowd.server.url");
        if !(base || scheme || service) {
            continue;
        }
        out.answer("P-HTTP");
        let plain = value.starts_with("http://") || (scheme && value.eq_ignore_ascii_case("http"));
        let local = ["http://localhost", "http://127.0.0.1", "http://[::1]"]
            .iter()
            .any(|prefix| value.starts_with(prefix));
        if !plain || local {
            continue;
        }
        let title = if service {
            "Another server is spoken to over plain HTTP"
        } else {
            "The product is reached over plain HTTP"
        };
        let fix = if product == Product::Bitbucket && !service {
            "server.scheme=https\nserver.secure=true\nsetup.baseUrl=https://HOST".to_owned()
        } else {
            format!("{}={}", setting.key, value.replacen("http", "https", 1))
        };
        let subject = format!("{}:{}", setting.file, setting.key);
        out.fail(
            "P-HTTP",
            title,
            Severity::High,
            &subject,
            setting.at.clone(),
            fix,
            &["passwords, tokens and session cookies cross the network in the clear".into()],
        );
    }
}

/// A debugger that listens is a shell for whoever reaches the port.
fn remote_debug(settings: &[Setting], out: &mut Out) {
    for setting in settings.iter().filter(|s| {
        s.key == "address"
            || s.key.ends_with("jdwp")
            || s.value.contains("jdwp")
            || s.key.ends_with("jmxremote.authenticate")
    }) {
        let debug = setting.value.contains("jdwp") || setting.value.contains("dt_socket");
        let jmx = setting.key.ends_with("jmxremote.authenticate") && *setting.value == "false";
        if debug || jmx {
            let title =
                if jmx { "JMX can be used without a login" } else { "A remote debugger is switched on" };
            let subject = format!("{}:{}", setting.file, setting.key);
            out.fail(
                "P-BINARIES",
                title,
                Severity::Critical,
                &subject,
                setting.at.clone(),
                "remove the option from the start script",
                &["whoever reaches the port runs code as the product".into()],
            );
        }
    }
}
