//! P-CONF-SECRET, P-SM-CLASS, P-SM-JSON, P-SM-READS: secrets in the configuration, and how they are kept.

use bbsec_core::{Severity, escape};

use super::{
    Out,
    host::{is_database, is_secret},
    jdbc::{self, Form, Pointer},
    setting::Setting,
};
use crate::home::{Home, Product};

const STORE: &str = "com.atlassian.secrets.store.aws.AwsSecretsManagerStore";

pub(super) fn check(settings: &[Setting], home: &Home, out: &mut Out) {
    let product = home.product();
    for setting in settings.iter().filter(|setting| is_secret(&setting.key)) {
        let database = is_database(settings, setting);
        let cipher = jdbc::cipher(settings, &setting.file);
        let marked = setting.value.starts_with("{ENC}");
        let class = cipher.as_ref().filter(|_| database || marked).map(|(_, class)| class.as_str());
        let subject = format!("{}:{}", setting.file, setting.key);
        let severity = if database { Severity::High } else { Severity::Medium };
        out.answer("P-CONF-SECRET");
        let (title, severity) = match jdbc::form(&setting.value, class) {
            Form::Plain if setting.key.to_ascii_lowercase().contains("license") => continue,
            Form::Plain => (format!("{} stands in the clear", setting.key), severity),
            Form::Base64(_) => {
                (format!("{} is only Base64, which is as good as in the clear", setting.key), severity)
            }
            Form::Algorithm => {
                (format!("{} is encrypted, and its key lies on the same host", setting.key), Severity::Medium)
            }
            Form::SecretsManager(pointer) => {
                pointed(setting, &pointer, cipher.as_ref(), home, out);
                continue;
            }
            Form::Vault | Form::Other(_) | Form::Empty => continue,
        };
        out.fail(
            "P-CONF-SECRET",
            title,
            severity,
            &subject,
            setting.at.clone(),
            fix(setting, product),
            &["whoever read this file has the secret: rotate it as well".into()],
        );
    }
}

fn fix(setting: &Setting, product: Product) -> String {
    if !matches!(product, Product::Bitbucket) {
        return "keep it in AWS Secrets Manager or another secret store that the product supports, and rotate it".into();
    }
    format!(
        "aws secretsmanager create-secret --name bitbucket/{0} --secret-string file://secret.json\n\
         # in bitbucket.properties:\n\
         encrypted-property.cipher.classname={STORE}\n\
         {1}={{ENC}}{{\"region\":\"REGION\",\"secretId\":\"bitbucket/{0}\",\"secretPointer\":\"/password\"}}",
        escape::path_component(&setting.key),
        escape::terminal(&setting.key)
    )
}

/// A pointer into Secrets Manager: whether this product resolves it, and what to ask CloudTrail.
fn pointed(
    setting: &Setting,
    pointer: &Pointer,
    cipher: Option<&(String, String)>,
    home: &Home,
    out: &mut Out,
) {
    let product = home.product();
    let subject = format!("{}:{}", setting.file, setting.key);
    out.answer("P-SM-JSON");
    if !pointer.wrong.is_empty() {
        let corrected = serde_json::json!({
            "region": pointer.region.as_deref().unwrap_or("REGION"),
            "secretId": pointer.secret.as_deref().unwrap_or("SECRET"),
            "secretPointer": format!("/{}", pointer.path.as_deref().unwrap_or("password").trim_start_matches('/')),
        });
        let title = format!("{} points into Secrets Manager in a way that is not resolved", setting.key);
        let fix = format!("{}={{ENC}}{corrected}", escape::terminal(&setting.key));
        out.fail("P-SM-JSON", title, Severity::Medium, &subject, setting.at.clone(), fix, &pointer.wrong);
    }
    out.answer("P-SM-CLASS");
    let mut wrong = Vec::new();
    match cipher {
        None => wrong.push("no class is named that would resolve the value".to_owned()),
        Some((key, class)) => {
            if class != STORE {
                wrong.push(format!("the class is {class}, not {STORE}"));
            }
            if product == Product::Bitbucket && key != "encrypted-property.cipher.classname" {
                wrong.push(format!(
                    "Bitbucket names the class in encrypted-property.cipher.classname, not in {key}"
                ));
            }
        }
    }
    if let Some((version, _)) =
        home.version().filter(|(version, _)| product == Product::Bitbucket && older(version))
    {
        wrong.push(format!(
            "Bitbucket {version} does not know secret stores, which came with 8.13; it reads a cipher class from \
             jdbc.password.decrypter.classname"
        ));
    }
    if product == Product::Bitbucket && !setting.value.starts_with("{ENC}") {
        wrong.push("Bitbucket expects {ENC} before the JSON".into());
    }
    if !wrong.is_empty() {
        let fix = format!("encrypted-property.cipher.classname={STORE}");
        let title = format!("{} is not resolved as it stands", setting.key);
        out.fail("P-SM-CLASS", title, Severity::Medium, &subject, setting.at.clone(), fix, &wrong);
    }
    let secret = pointer.secret.as_deref().unwrap_or_default();
    let fix = format!(
        "aws cloudtrail lookup-events --region {} --lookup-attributes AttributeKey=ResourceName,AttributeValue={}",
        escape::shell_word(pointer.region.as_deref().unwrap_or("REGION")),
        escape::shell_word(secret)
    );
    let title = format!("Who has read the secret {secret} since the compromise?");
    out.fail(
        "P-SM-READS",
        title,
        Severity::Info,
        secret,
        setting.at.clone(),
        fix,
        &["the instance's role can read it, and so could the actor".into()],
    );
}

/// Whether a Bitbucket is older than 8.13, which brought the interface that the class implements (Atlassian, "Custom
/// implementation": from 8.13 on, ciphers are deprecated and secret stores take their place).
fn older(version: &str) -> bool {
    let mut parts = version.split('.').map(|part| part.parse::<u32>().ok());
    matches!((parts.next().flatten(), parts.next().flatten()), (Some(major), Some(minor)) if (major, minor) < (8, 13))
}
