//! Clients: one configuration for all, timeouts on every call, and the runtime behind the blocking edge.

use std::{fmt, future::Future, sync::OnceLock, time::Duration};

use aws_config::{AppName, BehaviorVersion, Region, SdkConfig, retry::RetryConfig, timeout::TimeoutConfig};
use aws_sdk_ec2::{
    config::Credentials,
    error::{ProvideErrorMetadata, SdkError},
};

use crate::{error::AwsError, silence::Silence, tape};

/// How AWS is reached.
#[derive(Clone)]
pub struct AwsSettings {
    /// Named profile; the SDK's default chain otherwise.
    pub profile: Option<String>,
    /// Region; the SDK's default chain otherwise.
    pub region: Option<String>,
    /// Profile of the evidence account.
    pub vault_profile: Option<String>,
    /// Role in the evidence account, assumed for the vault.
    pub vault_role_arn: Option<String>,
    /// Goes into the user agent, into tags and into session names.
    pub case_id: String,
    /// How long one attempt of a call may take.
    pub attempt_timeout: Duration,
    /// How often a call is tried.
    pub attempts: u32,
    /// Another endpoint for every service; the SDK's own environment (`AWS_ENDPOINT_URL`) otherwise.
    pub endpoint_url: Option<String>,
    /// Access key id and secret, for test servers; the SDK's own chain otherwise.
    pub static_keys: Option<(String, String)>,
}

impl fmt::Debug for AwsSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AwsSettings")
            .field("profile", &self.profile)
            .field("region", &self.region)
            .field("vault_profile", &self.vault_profile)
            .field("vault_role_arn", &self.vault_role_arn)
            .field("case_id", &self.case_id)
            .finish_non_exhaustive()
    }
}

impl Default for AwsSettings {
    fn default() -> Self {
        Self {
            profile: None,
            region: None,
            vault_profile: None,
            vault_role_arn: None,
            case_id: "none".to_owned(),
            attempt_timeout: Duration::from_secs(20),
            attempts: 5,
            endpoint_url: None,
            static_keys: None,
        }
    }
}

/// AWS, as this tool talks to it. Cheap to make: nothing is contacted before the first call.
pub struct Aws {
    settings: AwsSettings,
    runtime: tokio::runtime::Runtime,
    config: OnceLock<SdkConfig>,
    vault: OnceLock<SdkConfig>,
    account: OnceLock<Identity>,
    silence: Silence,
    ec2: OnceLock<aws_sdk_ec2::Client>,
    autoscaling: OnceLock<aws_sdk_autoscaling::Client>,
    elb: OnceLock<aws_sdk_elasticloadbalancing::Client>,
    elbv2: OnceLock<aws_sdk_elasticloadbalancingv2::Client>,
    iam: OnceLock<aws_sdk_iam::Client>,
    sts: OnceLock<aws_sdk_sts::Client>,
    s3: OnceLock<aws_sdk_s3::Client>,
    vault_s3: OnceLock<aws_sdk_s3::Client>,
}

/// Who the calls are made as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// Twelve digits.
    pub account: String,
    /// The caller.
    pub arn: String,
}

impl fmt::Debug for Aws {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Aws").field("settings", &self.settings).finish_non_exhaustive()
    }
}

macro_rules! client {
    ($name:ident, $krate:ident) => {
        pub(crate) fn $name(&self) -> Result<&$krate::Client, AwsError> {
            if let Some(client) = self.$name.get() {
                return Ok(client);
            }
            let config = $krate::config::Builder::from(self.config()?).interceptor(tape::Tap).build();
            Ok(self.$name.get_or_init(|| $krate::Client::from_conf(config)))
        }
    };
}

impl Aws {
    /// Takes the settings; contacts nobody.
    pub fn new(settings: AwsSettings) -> Result<Self, AwsError> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("aws")
            .enable_all()
            .build()
            .map_err(AwsError::Runtime)?;
        Ok(Self {
            settings,
            runtime,
            config: OnceLock::new(),
            vault: OnceLock::new(),
            account: OnceLock::new(),
            silence: Silence::default(),
            ec2: OnceLock::new(),
            autoscaling: OnceLock::new(),
            elb: OnceLock::new(),
            elbv2: OnceLock::new(),
            iam: OnceLock::new(),
            sts: OnceLock::new(),
            s3: OnceLock::new(),
            vault_s3: OnceLock::new(),
        })
    }

    /// The settings.
    pub fn settings(&self) -> &AwsSettings {
        &self.settings
    }

    /// The region that calls go to.
    pub fn region(&self) -> Result<String, AwsError> {
        self.config()?.region().map(ToString::to_string).ok_or(AwsError::NoRegion)
    }

    /// Who the calls are made as, asked once.
    pub fn identity(&self) -> Result<&Identity, AwsError> {
        if let Some(identity) = self.account.get() {
            return Ok(identity);
        }
        let answer =
            self.run("sts:GetCallerIdentity", "the caller", self.sts()?.get_caller_identity().send())?;
        let identity = Identity {
            account: answer.account().unwrap_or_default().to_owned(),
            arn: answer.arn().unwrap_or_default().to_owned(),
        };
        Ok(self.account.get_or_init(|| identity))
    }

    client!(ec2, aws_sdk_ec2);
    client!(autoscaling, aws_sdk_autoscaling);
    client!(elb, aws_sdk_elasticloadbalancing);
    client!(elbv2, aws_sdk_elasticloadbalancingv2);
    client!(iam, aws_sdk_iam);
    client!(sts, aws_sdk_sts);

    /// S3 as the compromised account sees it.
    pub(crate) fn s3(&self) -> Result<&aws_sdk_s3::Client, AwsError> {
        if let Some(client) = self.s3.get() {
            return Ok(client);
        }
        let client = s3_client(self.config()?);
        Ok(self.s3.get_or_init(|| client))
    }

    /// S3 with the evidence account's own identity, where one is configured.
    pub(crate) fn vault_s3(&self) -> Result<&aws_sdk_s3::Client, AwsError> {
        if let Some(client) = self.vault_s3.get() {
            return Ok(client);
        }
        let client = s3_client(self.vault_config()?);
        Ok(self.vault_s3.get_or_init(|| client))
    }

    /// CloudTrail in one region; this room keeps its own rate, so the SDK does not retry.
    pub(crate) fn cloudtrail(&self, region: Option<&str>) -> Result<aws_sdk_cloudtrail::Client, AwsError> {
        let mut builder = aws_sdk_cloudtrail::config::Builder::from(self.config()?)
            .retry_config(RetryConfig::disabled())
            .interceptor(tape::Tap);
        if let Some(region) = region {
            builder = builder.region(Region::new(region.to_owned()));
        }
        Ok(aws_sdk_cloudtrail::Client::from_conf(builder.build()))
    }

    /// Waits for one call, and names it in errors and recordings.
    pub(crate) fn run<T, E>(
        &self,
        operation: &'static str,
        subject: &str,
        call: impl Future<Output = Result<T, SdkError<E>>>,
    ) -> Result<T, AwsError>
    where
        E: std::error::Error + ProvideErrorMetadata + Send + Sync + 'static,
    {
        if let Some(error) = self.silence.refuses(operation, subject) {
            return Err(error);
        }
        tape::name(operation);
        let answer = self.runtime.block_on(call).map_err(|error| AwsError::call(operation, subject, error));
        self.silence.note(operation, answer.as_ref().err());
        answer
    }

    /// Waits for anything.
    pub(crate) fn block<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }

    /// The configuration of the compromised account.
    pub(crate) fn config(&self) -> Result<&SdkConfig, AwsError> {
        if let Some(config) = self.config.get() {
            return Ok(config);
        }
        let config = self.load(self.settings.profile.as_deref())?;
        if config.region().is_none() {
            return Err(AwsError::NoRegion);
        }
        Ok(self.config.get_or_init(|| config))
    }

    /// The configuration of the evidence account.
    pub(crate) fn vault_config(&self) -> Result<&SdkConfig, AwsError> {
        if let Some(config) = self.vault.get() {
            return Ok(config);
        }
        let profile = self.settings.vault_profile.as_deref().or(self.settings.profile.as_deref());
        let base = self.load(profile)?;
        let config = match &self.settings.vault_role_arn {
            None => base,
            Some(arn) => {
                let session = format!("bbsec-ir-{}", session_name(&self.settings.case_id));
                let provider = aws_config::sts::AssumeRoleProvider::builder(arn.clone())
                    .session_name(session)
                    .configure(&base);
                let provider = self.block(provider.build());
                base.into_builder()
                    .credentials_provider(aws_sdk_ec2::config::SharedCredentialsProvider::new(provider))
                    .build()
            }
        };
        Ok(self.vault.get_or_init(|| config))
    }

    fn load(&self, profile: Option<&str>) -> Result<SdkConfig, AwsError> {
        let name = format!("bbsec-ir-{}", session_name(&self.settings.case_id));
        let app = AppName::new(name)
            .map_err(|_| AwsError::Setting("the case id cannot stand in a user agent".to_owned()))?;
        let attempt = self.settings.attempt_timeout;
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(Duration::from_secs(5).min(attempt))
            .read_timeout(attempt)
            .operation_attempt_timeout(attempt)
            .operation_timeout(attempt.saturating_mul(self.settings.attempts.max(1).saturating_add(1)))
            .build();
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .app_name(app)
            .timeout_config(timeouts)
            .retry_config(RetryConfig::standard().with_max_attempts(self.settings.attempts.max(1)));
        if let Some(profile) = profile {
            loader = loader.profile_name(profile);
        }
        if let Some(region) = &self.settings.region {
            loader = loader.region(Region::new(region.clone()));
        }
        if let Some(url) = &self.settings.endpoint_url {
            loader = loader.endpoint_url(url);
        }
        if let Some((id, secret)) = &self.settings.static_keys {
            loader = loader.credentials_provider(Credentials::new(id, secret, None, None, "settings"));
        }
        Ok(self.block(loader.load()))
    }
}

/// Path style where a custom endpoint is configured: test servers and S3 look-alikes have no wildcard names.
fn s3_client(config: &SdkConfig) -> aws_sdk_s3::Client {
    let custom = config.endpoint_url().is_some() || std::env::var_os("AWS_ENDPOINT_URL_S3").is_some();
    let builder = aws_sdk_s3::config::Builder::from(config).interceptor(tape::Tap).force_path_style(custom);
    aws_sdk_s3::Client::from_conf(builder.build())
}

/// The characters of a case id that may stand in a session name and a user agent.
fn session_name(case: &str) -> String {
    let kept: String =
        case.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_')).take(30).collect();
    if kept.is_empty() { "case".to_owned() } else { kept }
}
