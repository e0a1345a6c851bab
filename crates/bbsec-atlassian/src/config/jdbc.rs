//! The database password in every form that the products read, and the address that it opens.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bbsec_core::SecretBytes;
use serde_json::Value;

use super::setting::Setting;

/// Marks a value that a cipher class turns into the password.
const MARKS: [&str; 2] = ["{ENC}", "{ATL_SECURED}"];

/// How a secret setting is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Form {
    /// As it is.
    Plain,
    /// Base64: as good as plain. The decoded bytes.
    Base64(SecretBytes),
    /// Encrypted with a key in a file on the same host.
    Algorithm,
    /// A pointer into AWS Secrets Manager.
    SecretsManager(Pointer),
    /// A pointer into HashiCorp Vault.
    Vault,
    /// Encrypted by the product with a key of its own, or by a class that is not known here.
    Other(String),
    /// The product took it away.
    Empty,
}

/// `{"region": …, "secretId": …, "secretPointer": …}`, and what is wrong with it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Pointer {
    pub(super) region: Option<String>,
    pub(super) secret: Option<String>,
    pub(super) path: Option<String>,
    /// Why the product will not resolve it.
    pub(super) wrong: Vec<String>,
}

/// The class that opens a file's encrypted settings, and the key that names it.
pub(super) fn cipher(settings: &[Setting], file: &str) -> Option<(String, String)> {
    let names = [
        "encrypted-property.cipher.classname",
        "jdbc.password.decrypter.classname",
        "atlassian-password-cipher-provider",
    ];
    let found = settings
        .iter()
        .rev()
        .find(|s| s.file == file && names.iter().any(|name| s.key.eq_ignore_ascii_case(name)))?;
    Some((found.key.clone(), found.value.trim().to_owned()))
}

pub(super) fn form(value: &str, class: Option<&str>) -> Form {
    let trimmed = value.trim();
    if trimmed.is_empty() {
        return Form::Empty;
    }
    let mark = MARKS.iter().find(|mark| trimmed.starts_with(**mark));
    let bare = mark.and_then(|mark| trimmed.strip_prefix(*mark)).unwrap_or(trimmed).trim();
    let class = class.unwrap_or_default();
    let lower = class.to_ascii_lowercase();
    let is_json = bare.starts_with('{');
    if lower.contains(".aws.") || lower.contains("awssecretsmanager") || (is_json && bare.contains("ecretId"))
    {
        return Form::SecretsManager(pointer(bare));
    }
    if lower.contains("base64") {
        return STANDARD
            .decode(bare)
            .map_or_else(|_| Form::Other(class.into()), |bytes| Form::Base64(SecretBytes::new(bytes)));
    }
    if lower.contains("vault") || (is_json && bare.contains("mountPath")) {
        return Form::Vault;
    }
    if lower.contains("algorithm")
        || lower.contains("aes")
        || (is_json && bare.contains("sealedObjectFilePath"))
    {
        return Form::Algorithm;
    }
    if mark.is_some() || !class.is_empty() {
        return Form::Other(class.into());
    }
    Form::Plain
}

/// Parses as the product does: a JSON object, names with exact case, the pointer a JSON pointer (RFC 6901).
fn pointer(text: &str) -> Pointer {
    let mut out = Pointer::default();
    let Ok(Value::Object(object)) = serde_json::from_str::<Value>(text) else {
        out.wrong.push("the value is no JSON object".into());
        return out;
    };
    let get = |name: &str| {
        object.get(name).and_then(Value::as_str).map(str::trim).filter(|v| !v.is_empty()).map(str::to_owned)
    };
    out.region = get("region");
    out.secret = get("secretId");
    out.path = get("secretPointer");
    for (name, there) in [("region", out.region.is_some()), ("secretId", out.secret.is_some())] {
        if there {
            continue;
        }
        let other = object.keys().find(|key| key.eq_ignore_ascii_case(name));
        out.wrong.push(match other {
            Some(other) if other != name => format!("`{other}` is written with other capitals than `{name}`"),
            _ => format!("`{name}` is missing"),
        });
        let value = other.and_then(|other| object.get(other)).and_then(Value::as_str).map(str::to_owned);
        if name == "secretId" {
            out.secret = out.secret.take().or(value);
        } else {
            out.region = out.region.take().or(value);
        }
    }
    if out.path.as_ref().is_some_and(|pointer| !pointer.starts_with('/')) {
        out.wrong.push("`secretPointer` does not begin with a slash".into());
    }
    out
}

/// Host and database of a JDBC URL.
pub(super) fn address(url: &str) -> Option<(String, String)> {
    let rest = url.trim().strip_prefix("jdbc:")?;
    let rest = rest.strip_prefix("aws-wrapper:").unwrap_or(rest);
    let (kind, rest) = rest.split_once(':')?;
    let host_of = |authority: &str| {
        let first = authority.split(',').next().unwrap_or_default();
        let first = first.rsplit('@').next().unwrap_or(first);
        match first.strip_prefix('[').and_then(|v6| v6.split_once(']')) {
            Some((v6, _)) => v6.to_owned(),
            None => first.split([':', '\\']).next().unwrap_or_default().to_owned(),
        }
    };
    let found = match kind {
        "oracle" => {
            let (_, at) = rest.split_once('@')?;
            let at = at.trim_start_matches('/');
            let (authority, name) = at.split_once('/').or_else(|| at.rsplit_once(':'))?;
            (host_of(authority), name.to_owned())
        }
        "sqlserver" | "jtds" => {
            let rest = rest.trim_start_matches("sqlserver:").trim_start_matches('/');
            let (authority, options) = rest.split_once([';', '/']).unwrap_or((rest, ""));
            let name = options
                .split(';')
                .find_map(|option| {
                    let (key, value) = option.split_once('=')?;
                    matches!(key.to_ascii_lowercase().as_str(), "databasename" | "database").then_some(value)
                })
                .or_else(|| options.split(';').next().filter(|name| !name.contains('=')))
                .unwrap_or_default();
            (host_of(authority), name.to_owned())
        }
        _ => {
            // A database in a file has no server.
            let (authority, name) = rest.strip_prefix("//")?.split_once('/')?;
            (host_of(authority), name.split(['?', ';']).next().unwrap_or_default().to_owned())
        }
    };
    (!found.0.is_empty()).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_every_driver() {
        for (url, host, name) in [
            (
                "jdbc:postgresql://db.example.com:5432/bitbucket?targetServerType=master",
                "db.example.com",
                "bitbucket",
            ),
            ("jdbc:postgresql://a:1,b:2/x", "a", "x"),
            ("jdbc:postgresql://[2001:db8::1]:5432/x", "2001:db8::1", "x"),
            ("jdbc:mysql://db/jira?useUnicode=true", "db", "jira"),
            ("jdbc:sqlserver://db:1433;databaseName=conf;encrypt=true", "db", "conf"),
            ("jdbc:jtds:sqlserver://db:1433/conf;x=y", "db", "conf"),
            ("jdbc:oracle:thin:@//db:1521/SVC", "db", "SVC"),
            ("jdbc:oracle:thin:@db:1521:SID", "db", "SID"),
        ] {
            assert_eq!(address(url), Some((host.into(), name.into())), "{url}");
        }
        assert_eq!(address("jdbc:h2:file:/x"), None);
    }

    #[test]
    fn every_form_of_a_password_is_told() {
        const AWS: &str = "com.atlassian.secrets.store.aws.AwsSecretsManagerStore";
        assert_eq!(form("hunter2", None), Form::Plain);
        assert_eq!(
            form("aHVudGVyMg==", Some("com.atlassian.db.config.password.ciphers.base64.Base64Cipher")),
            Form::Base64(SecretBytes::new(b"hunter2".to_vec()))
        );
        assert_eq!(
            form("{ENC}aHVudGVyMg==", Some("com.atlassian.secrets.store.base64.Base64SecretStore")),
            Form::Base64(SecretBytes::new(b"hunter2".to_vec()))
        );
        assert_eq!(
            form(
                "{\"sealedObjectFilePath\":\"/x\"}",
                Some("com.atlassian.db.config.password.ciphers.algorithm.AlgorithmCipher")
            ),
            Form::Algorithm
        );
        assert_eq!(form("x", Some("com.atlassian.secrets.store.vault.VaultSecretStore")), Form::Vault);
        assert_eq!(form("{ATL_SECURED}", Some("x")), Form::Other("x".into()));
        let good = r#"{ENC}{"region":"eu-west-1","secretId":"db","secretPointer":"/password"}"#;
        let Form::SecretsManager(found) = form(good, Some(AWS)) else { panic!() };
        assert!(found.wrong.is_empty() && found.secret.as_deref() == Some("db"));
        for (bad, wrong) in [
            (r#"{"region":"us-east-1","secretId":"m","secretPointer":"password"}"#, "slash"),
            (r#"{"region":"us-east-1","secretID":"m"}"#, "other capitals"),
            (r#"{"secretId":"m"}"#, "`region` is missing"),
            ("{'region'}", "no JSON"),
        ] {
            let Form::SecretsManager(found) = form(bad, Some(AWS)) else { panic!("{bad}") };
            assert!(found.wrong.iter().any(|why| why.contains(wrong)), "{bad}: {:?}", found.wrong);
        }
    }
}
