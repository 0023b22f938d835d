//! Keys of an account, kept until shortly before they expire. The SDK's chain keeps none itself: without this, each of a session's
//! requests would run the `credential_process` of a profile again, or ask SSO or STS for another role session.

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_credential_types::provider::{ProvideCredentials, Result, SharedCredentialsProvider, future};
use ltc_engine::clock::unix_now;
use tokio::sync::Mutex;

/// Keys are renewed this long before they expire.
const EARLY: Duration = Duration::from_secs(60);

/// A provider of credentials that keeps them.
#[derive(Debug)]
pub(super) struct KeptKeys {
    provider: SharedCredentialsProvider,
    last: Mutex<Option<Credentials>>,
}

impl KeptKeys {
    pub(super) fn of(provider: SharedCredentialsProvider) -> Self {
        Self { provider, last: Mutex::default() }
    }

    async fn at(&self, now: SystemTime) -> Result {
        let mut last = self.last.lock().await;
        let lasts = |keys: &Credentials, until: SystemTime| keys.expiry().is_none_or(|expiry| expiry > until);
        if let Some(keys) = last.as_ref().filter(|keys| lasts(keys, now + EARLY)) {
            return Ok(keys.clone());
        }
        match self.provider.provide_credentials().await {
            Ok(keys) => Ok(last.insert(keys).clone()),
            // A renewal that fails is tried again with the next request, as long as the old keys are valid.
            Err(error) => last.clone().filter(|keys| lasts(keys, now)).ok_or(error),
        }
    }
}

impl ProvideCredentials for KeptKeys {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.at(SystemTime::UNIX_EPOCH + unix_now()))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};

    use aws_credential_types::provider::error::CredentialsError;

    use super::*;

    /// Gives keys that last for ten minutes, numbered, and none after the second.
    #[derive(Clone, Debug, Default)]
    struct Numbered(Arc<AtomicU64>);

    const START: SystemTime = SystemTime::UNIX_EPOCH;

    fn minutes(count: u64) -> Duration {
        Duration::from_secs(60 * count)
    }

    impl ProvideCredentials for Numbered {
        fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
        where
            Self: 'a,
        {
            let number = self.0.fetch_add(1, Ordering::Relaxed);
            let keys = Credentials::new(format!("AKID{number}"), "secret", None, Some(START + minutes(10 * (number + 1))), "test");
            future::ProvideCredentials::ready(if number < 2 { Ok(keys) } else { Err(CredentialsError::not_loaded("gone")) })
        }
    }

    #[tokio::test]
    async fn keys_are_kept_until_shortly_before_they_expire() {
        let asked = Numbered::default();
        let keys = KeptKeys::of(SharedCredentialsProvider::new(asked.clone()));
        let at = async |time| keys.at(START + time).await.map(|keys| keys.access_key_id().to_owned()).ok();
        assert_eq!(at(Duration::ZERO).await.as_deref(), Some("AKID0"));
        assert_eq!(at(minutes(8)).await.as_deref(), Some("AKID0"));
        assert_eq!(asked.0.load(Ordering::Relaxed), 1, "they are not asked for again");
        assert_eq!(at(minutes(9) + Duration::from_secs(1)).await.as_deref(), Some("AKID1"));
        // They cannot be renewed any more, and are valid for another half a minute.
        assert_eq!(at(minutes(19) + Duration::from_secs(30)).await.as_deref(), Some("AKID1"));
        assert_eq!(at(minutes(20)).await, None);
    }
}
