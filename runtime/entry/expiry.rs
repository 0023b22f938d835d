//! Refuses credentials that expire before the test ends, before the load begins: after they expire, no function could be started or
//! stopped.

use std::time::Duration;

use jiff::Timestamp;
use ltc_config::credentials::Aws;

use super::StartupError;

/// The variable in which `aws configure export-credentials --format env` and credential brokers store the expiry of temporary keys.
const VARIABLE: &str = "AWS_CREDENTIAL_EXPIRATION";

/// When the temporary keys of the environment expire. `None` for permanent keys, and for keys from elsewhere, which the SDK refreshes. `own`:
/// the section `AWS` of the credentials file, whose keys come before those of the environment.
pub(super) fn of_environment(own: Option<&Aws>, variables: impl Fn(&str) -> Option<String>) -> Option<Timestamp> {
    let variable = |name: &str| variables(name).filter(|value| !value.is_empty());
    let id = variable("AWS_ACCESS_KEY_ID")?;
    // Without a token, the keys are permanent.
    variable("AWS_SESSION_TOKEN")?;
    let other = own.and_then(|own| own.access_key_id.as_ref()).is_some_and(|own| own.expose() != id);
    if other { None } else { variable(VARIABLE)?.parse().ok() }
}

/// Refuses a test that lasts longer than its credentials.
///
/// # Errors
/// If the credentials expire before the test ends. `lasts` is the time until its last function has ended; `None`: until it is stopped.
pub(super) fn check(now: Duration, lasts: Option<Duration>, expires: Option<Timestamp>) -> Result<(), StartupError> {
    let Some(expires) = expires else { return Ok(()) };
    let end = lasts.and_then(|lasts| Timestamp::from_second(i64::try_from((now + lasts).as_secs()).ok()?).ok());
    if end.is_some_and(|end| end <= expires) {
        return Ok(());
    }
    let end = end.map_or_else(|| "which has no end".to_owned(), |end| format!("which ends at {end}"));
    Err(StartupError::wrong([format!(
        "the AWS credentials of the environment expire at {expires}, before the test, {end}: renew them, use a profile that the SDK can \
         refresh (SSO, a role), shorten the test, or add --allow-expiring"
    )]))
}

#[cfg(test)]
mod tests {
    use ltc_config::credentials::Secret;

    use super::*;

    #[test]
    fn expiry_is_that_of_temporary_keys_that_are_used() {
        let of = |names: &[&str], own: Option<&str>| {
            let variable = |name: &str| {
                let value = if name == VARIABLE { "2026-01-03T13:00:00Z" } else { "AKIDENV" };
                names.contains(&name).then(|| value.to_owned())
            };
            let own = own.map(|id| Aws { access_key_id: Some(Secret::new(id)), ..Aws::default() });
            of_environment(own.as_ref(), variable).is_some()
        };
        let all = ["AWS_ACCESS_KEY_ID", "AWS_SESSION_TOKEN", VARIABLE];
        assert!(of(&all, None));
        assert!(of(&all, Some("AKIDENV")), "the file reads the same keys from the environment");
        assert!(!of(&all, Some("AKIDFILE")), "the keys of the file are used");
        assert!(!of(&[all[0], all[2]], None), "permanent keys");
        assert!(!of(&all[1..], None) && !of(&all[..2], None));
    }

    #[test]
    fn credentials_that_expire_before_the_end_are_refused_with_the_time() {
        // 2026-01-03T12:00:00Z.
        let now = Duration::from_secs(1_767_441_600);
        let expires = Some("2026-01-03T13:00:00Z".parse().unwrap());
        let hour = Duration::from_secs(3600);
        assert!(check(now, Some(hour), expires).is_ok() && check(now, Some(hour * 2), None).is_ok());
        let error = check(now, Some(hour * 2), expires).unwrap_err();
        assert!(
            error.lines[0].contains("expire at 2026-01-03T13:00:00Z, before the test, which ends at 2026-01-03T14:00:00Z"),
            "{error:?}"
        );
        let endless = check(now, None, expires).unwrap_err();
        assert!(endless.lines[0].contains("which has no end") && endless.lines[0].contains("--allow-expiring"), "{endless:?}");
    }
}
