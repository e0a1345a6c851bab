//! Credentials of several providers, made from the seed: right in form, length, alphabet and checksum, and nobody's.
//!
//! Nothing that looks like a secret stands in this source; values exist only in the generated home.

use std::fmt::Write as _;

use anyhow::{Context, Result};
use chrono::{DateTime, Utc};
use crc32fast::hash as crc32;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use ssh_key::{LineEnding, PrivateKey, private::Ed25519Keypair};

use super::{
    base64,
    rng::{BASE32, BASE36, BASE62, HEX, Rng},
};

/// What sort of credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// AWS access key id and secret access key.
    AwsKey,
    /// GitHub classic personal access token.
    GithubToken,
    /// npm automation token.
    NpmToken,
    /// GitLab personal access token.
    GitlabToken,
    /// Slack bot token.
    SlackBot,
    /// Slack incoming webhook.
    SlackWebhook,
    /// OpenSSH private key.
    SshKey,
    /// PostgreSQL URL with a password.
    DatabaseUrl,
    /// Stripe live key.
    Stripe,
    /// Google API key.
    GoogleApi,
    /// SendGrid API key.
    Sendgrid,
    /// Azure storage account key.
    AzureStorage,
    /// DigitalOcean personal access token.
    Digitalocean,
    /// Docker Hub access token.
    Dockerhub,
    /// Atlassian Cloud API token.
    AtlassianCloud,
    /// Bitbucket Data Center HTTP access token.
    BitbucketToken,
    /// JSON Web Token.
    Jwt,
}

/// One credential with its value.
#[derive(Debug, Clone)]
pub struct Secret {
    /// Who can revoke it.
    pub provider: &'static str,
    /// The bytes that are secret, alone.
    pub value: String,
    /// Its name that is no secret.
    pub public_id: Option<String>,
    /// As people commit it.
    pub text: String,
    /// The file that people commit it in.
    pub file: &'static str,
}

impl Secret {
    /// Plain SHA-256 of the secret's bytes: the contract's fingerprint without a case.
    pub fn fingerprint(&self) -> String {
        hex(&Sha256::digest(&self.value))
    }
}

/// Lower-case hex.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// An AWS access key id: its account number stands in bits 7 to 47 of the base32 text, as in real ones.
pub fn aws_key_id(rng: &mut Rng, prefix: &str, account: u64) -> String {
    let mut number = (1_u128 << 79) | (u128::from(account) << 39);
    number |= u128::from(rng.below(1 << 39));
    let symbols = BASE32.as_bytes();
    let mut text = String::from(prefix);
    for place in (0..16).rev() {
        let symbol = symbols.get(((number >> (place * 5)) & 31) as usize).copied().unwrap_or(b'A');
        text.push(char::from(symbol));
    }
    text
}

/// GitHub's and npm's form: thirty random characters and the CRC-32 of them in base62, six wide.
fn checksummed(rng: &mut Rng, prefix: &str) -> String {
    let body = rng.text(BASE62, 30);
    let mut rest = u64::from(crc32(body.as_bytes()));
    let mut tail = [b'0'; 6];
    for place in tail.iter_mut().rev() {
        *place = BASE62.as_bytes().get((rest % 62) as usize).copied().unwrap_or(b'0');
        rest /= 62;
    }
    format!("{prefix}{body}{}", String::from_utf8_lossy(&tail))
}

/// An Ed25519 key pair from the stream, in OpenSSH's format: PEM, public key line, fingerprint.
pub fn ssh_key(rng: &mut Rng, comment: &str) -> Result<(String, String, String)> {
    let pair = Ed25519Keypair::from_seed(&rng.bytes::<32>());
    let mut key = PrivateKey::from(pair);
    key.set_comment(comment);
    let pem = key.to_openssh(LineEnding::LF).context("cannot write an SSH key")?.trim_end().to_owned();
    let public = key.public_key().to_openssh().context("cannot write an SSH public key")?;
    Ok((pem, public, key.fingerprint(ssh_key::HashAlg::Sha256).to_string()))
}

/// Makes a credential.
pub fn make(kind: Kind, rng: &mut Rng, account: &str, name: &str, at: DateTime<Utc>) -> Result<Secret> {
    Ok(match kind {
        Kind::AwsKey => aws_key(rng, account)?,
        Kind::DatabaseUrl => database_url(rng, name),
        Kind::SshKey => {
            let (pem, _, fingerprint) = ssh_key(rng, &format!("deploy@{name}"))?;
            plain("keys", pem.clone(), Some(fingerprint), format!("{pem}\n"), "deploy/id_ed25519")
        }
        Kind::BitbucketToken => {
            let (id, value) = bitbucket_token(rng);
            let text = format!("BITBUCKET_TOKEN={value}\n");
            plain("atlassian", value, Some(id), text, "ci/.env.ci")
        }
        Kind::Jwt => jwt(rng, at),
        Kind::AzureStorage => {
            let account = format!("st{}", rng.text(BASE36, 10));
            let value = base64::encode(&rng.bytes::<64>());
            let text = format!(
                "AZURE_STORAGE_CONNECTION_STRING=\"DefaultEndpointsProtocol=https;AccountName={account};AccountKey={value};EndpointSuffix=core.windows.net\"\n"
            );
            plain("azure", value, None, text, "backup/azure.env")
        }
        _ => token(kind, rng),
    })
}

/// Credentials that are one token in one line.
fn token(kind: Kind, rng: &mut Rng) -> Secret {
    let upper = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    let url_safe = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
    let (provider, value, before, file) = match kind {
        Kind::NpmToken => ("npm", checksummed(rng, "npm_"), "//registry.npmjs.org/:_authToken=", ".npmrc"),
        Kind::GitlabToken => {
            ("gitlab", format!("glpat-{}", rng.text(BASE62, 20)), "GITLAB_TOKEN=", "scripts/mirror.sh")
        }
        Kind::SlackBot => {
            let value = format!("xoxb-{}-{}-{}", rng.digits(12), rng.digits(13), rng.text(BASE62, 24));
            ("slack", value, "slack.bot.token=", "src/main/resources/notify.properties")
        }
        Kind::SlackWebhook => {
            let path = format!("T{}/B{}/{}", rng.text(upper, 10), rng.text(upper, 10), rng.text(BASE62, 24));
            ("slack", format!("https://hooks.slack.com/services/{path}"), "WEBHOOK_URL=", "ops/alert.env")
        }
        Kind::Stripe => {
            ("stripe", format!("sk_live_{}", rng.text(BASE62, 24)), "STRIPE_SECRET_KEY=", "payments/.env")
        }
        Kind::GoogleApi => {
            ("google", format!("AIza{}", rng.text(url_safe, 35)), "maps.apiKey=", "app/local.properties")
        }
        Kind::Sendgrid => {
            let value = format!("SG.{}.{}", rng.text(url_safe, 22), rng.text(url_safe, 43));
            ("sendgrid", value, "SENDGRID_API_KEY=", "mailer/.env")
        }
        Kind::Digitalocean => {
            ("digitalocean", format!("dop_v1_{}", rng.text(HEX, 64)), "DO_TOKEN=", "infra/do.env")
        }
        Kind::Dockerhub => {
            ("docker", format!("dckr_pat_{}", rng.text(url_safe, 27)), "DOCKER_PASSWORD=", "ci/push-image.sh")
        }
        Kind::AtlassianCloud => {
            let body = format!("ATATT3xFfGF0{}", rng.text(url_safe, 171));
            let value = format!("{body}={:08X}", crc32(body.as_bytes()));
            ("atlassian", value, "JIRA_API_TOKEN=", "tools/jira-sync.env")
        }
        _ => ("github", checksummed(rng, "ghp_"), "GITHUB_TOKEN=", "scripts/release.env"),
    };
    let text = format!("{before}{value}\n");
    plain(provider, value, None, text, file)
}

fn plain(
    provider: &'static str,
    value: String,
    public_id: Option<String>,
    text: String,
    file: &'static str,
) -> Secret {
    Secret { provider, value, public_id, text, file }
}

fn aws_key(rng: &mut Rng, account: &str) -> Result<Secret> {
    let id = aws_key_id(rng, "AKIA", account.parse().context("the AWS account is no number")?);
    let value = rng.text("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", 40);
    let text = format!("[default]\naws_access_key_id = {id}\naws_secret_access_key = {value}\n");
    Ok(plain("aws", value, Some(id), text, "deploy/aws-credentials.ini"))
}

fn database_url(rng: &mut Rng, name: &str) -> Secret {
    let (user, host) = (format!("{name}_app"), format!("{name}-db.int.example.com"));
    let value = format!("{}{}{}", rng.text(BASE62, 11), rng.pick(&["-", "_", "."]), rng.text(BASE62, 6));
    let text = format!("DATABASE_URL=postgres://{user}:{value}@{host}:5432/{name}\n");
    plain("database", value, Some(format!("{user}@{host}/{name}")), text, "service/.env.production")
}

/// Bitbucket Data Center's token: base64 of the numeric id, a colon and twenty bytes; the id is what the log prints.
pub fn bitbucket_token(rng: &mut Rng) -> (String, String) {
    let id = rng.digits(12);
    let mut bytes = format!("{id}:").into_bytes();
    bytes.extend_from_slice(&rng.bytes::<20>());
    (id, format!("BBDC-{}", base64::encode(&bytes)))
}

fn jwt(rng: &mut Rng, at: DateTime<Utc>) -> Secret {
    let kid = rng.text(HEX, 16);
    let header = format!(r#"{{"alg":"HS256","typ":"JWT","kid":"{kid}"}}"#);
    let body = format!(r#"{{"sub":"batch","iss":"https://id.example.com","iat":{}}}"#, at.timestamp());
    let value = format!(
        "{}.{}.{}",
        base64::encode_url(header.as_bytes()),
        base64::encode_url(body.as_bytes()),
        base64::encode_url(&rng.bytes::<32>())
    );
    let text = format!("SERVICE_JWT={value}\n");
    plain("jwt", value, Some(kid), text, "jobs/batch.env")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aws_key_ids_name_their_account() {
        // The published way to read the account: base32-decode the id, take bits 7..47.
        let id = aws_key_id(&mut Rng::new(7, "test"), "AKIA", 123_456_789_012);
        let number = id[4..].bytes().fold(0_u128, |sum, symbol| {
            sum << 5 | BASE32.bytes().position(|known| known == symbol).unwrap() as u128
        });
        assert_eq!((number >> 39) & ((1 << 40) - 1), 123_456_789_012);
        assert_eq!(id.len(), 20);
    }

    #[test]
    fn github_tokens_end_in_their_checksum() {
        let token = checksummed(&mut Rng::new(7, "test"), "ghp_");
        assert_eq!(token.len(), 40);
        let expected = token[34..].bytes().fold(0_u64, |sum, symbol| {
            sum * 62 + BASE62.bytes().position(|known| known == symbol).unwrap() as u64
        });
        assert_eq!(expected, u64::from(crc32(&token.as_bytes()[4..34])));
    }
}
