//! A session with AWS: credentials from the SDK's default chain (environment, profile, SSO, container, instance), regions, endpoints.

use std::time::Duration;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_sdk_lambda::config::StalledStreamProtectionConfig;
use aws_sdk_lambda::config::retry::RetryConfig;
use aws_sdk_lambda::config::timeout::TimeoutConfig;
use ltc_config::credentials::Aws;

use super::connector;
use super::error::{AwsError, Cause, chain};
use super::keys::KeptKeys;
use super::signed::endpoint_of_environment;

/// The time limit of a call to the control plane. Uploads have megabytes.
const CALL: Duration = Duration::from_secs(120);
/// The time limit for finding credentials.
const CREDENTIALS_TIMEOUT: Duration = Duration::from_secs(20);

/// An AWS account with the credentials of this process.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    config: SdkConfig,
    provider: SharedCredentialsProvider,
    pub(super) http: reqwest::Client,
}

impl Session {
    /// Finds credentials: those of `config/systems_credentials.yml`, or the SDK's chain.
    pub(crate) async fn open(own: Option<&Aws>) -> Result<Self, AwsError> {
        let http = connector::client().map_err(|why| AwsError::new(Cause::Other, why))?;
        let mut loader = aws_config::defaults(BehaviorVersion::latest()).http_client(connector::for_sdk(&http));
        if let Some(own) = own {
            if let Some(profile) = &own.profile {
                loader = loader.profile_name(profile);
            }
            if let Some(region) = own.region.clone().filter(|region| !region.is_empty()) {
                loader = loader.region(Region::new(region));
            }
            if let (Some(id), Some(secret)) = (&own.access_key_id, &own.secret_access_key) {
                let token = own.session_token.as_ref().map(|token| token.expose().to_owned()).filter(|token| !token.is_empty());
                let keys = Credentials::new(id.expose(), secret.expose(), token, None, "config/systems_credentials.yml");
                loader = loader.credentials_provider(keys);
            }
        }
        let config = tokio::time::timeout(CREDENTIALS_TIMEOUT, loader.load()).await;
        let config = config.map_err(|_| AwsError::new(Cause::NoCredentials, "no AWS configuration was found in 20 seconds"))?;
        let provider = config.credentials_provider().ok_or_else(|| AwsError::new(Cause::NoCredentials, "no AWS credentials found"))?;
        let provider = SharedCredentialsProvider::new(KeptKeys::of(provider));
        let config = config.into_builder().credentials_provider(provider.clone()).build();
        let session = Self { config, provider, http };
        session.credentials().await?;
        Ok(session)
    }

    /// The current keys. Temporary keys are renewed.
    pub(super) async fn credentials(&self) -> Result<Credentials, AwsError> {
        match tokio::time::timeout(CREDENTIALS_TIMEOUT, self.provider.provide_credentials()).await {
            Ok(Ok(credentials)) => Ok(credentials),
            Ok(Err(error)) => Err(AwsError::new(Cause::NoCredentials, format!("no AWS credentials found: {}", chain(&error)))),
            Err(_) => Err(AwsError::new(Cause::NoCredentials, "no AWS credentials were found in 20 seconds")),
        }
    }

    /// The given regions, or the region of the SDK's configuration.
    pub(crate) fn regions(&self, requested: Vec<String>) -> Result<Vec<String>, AwsError> {
        if !requested.is_empty() {
            return Ok(requested);
        }
        let region = self.config.region().map(ToString::to_string).filter(|region| !region.is_empty());
        region.map(|region| vec![region]).ok_or_else(|| {
            AwsError::new(
                Cause::Other,
                "no region is set: add --region us-west-2, `location: us-west-2` to the profile's test_header, or set AWS_REGION",
            )
        })
    }

    /// The control plane of a region. Failed calls are repeated.
    pub(super) fn lambda(&self, region: &str) -> aws_sdk_lambda::Client {
        let config = aws_sdk_lambda::config::Builder::from(&self.config)
            .region(Region::new(region.to_owned()))
            .retry_config(RetryConfig::standard().with_max_attempts(4))
            .timeout_config(TimeoutConfig::builder().operation_attempt_timeout(CALL).build());
        aws_sdk_lambda::Client::from_conf(config.build())
    }

    /// A client for invocations. It repeats no call, because one that seems to have failed may have started, and it has no read timeout.
    pub(super) fn invoker(&self, region: &str) -> aws_sdk_lambda::Client {
        let config = aws_sdk_lambda::config::Builder::from(&self.config)
            .region(Region::new(region.to_owned()))
            .retry_config(RetryConfig::disabled())
            .timeout_config(TimeoutConfig::disabled())
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
        aws_sdk_lambda::Client::from_conf(config.build())
    }

    /// The endpoint of a service, if the configuration sets another one than AWS's own: `AWS_ENDPOINT_URL_S3`, `AWS_ENDPOINT_URL`, or
    /// `endpoint_url` of the profile.
    pub(super) fn endpoint(&self, service: &str) -> Option<String> {
        endpoint_of_environment(service).or_else(|| Some(self.config.endpoint_url()?.trim_end_matches('/').to_owned()))
    }
}
