//! Refuses credentials that expire before the test ends, before the load begins: after they expire, no function could be started or
//! stopped.

use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use ltc_config::credentials::Aws;

use super::StartupError;
use super::aws_profile::Home;

/// The variable in which `aws configure export-credentials --format env` and credential brokers store the expiry of temporary keys.
const VARIABLE: &str = "AWS_CREDENTIAL_EXPIRATION";

/// The end of credentials that cannot be refreshed.
#[derive(Debug)]
pub(super) struct Expiry {
    /// What ends, with its verb: `the AWS credentials of the environment expire`.
    pub(super) what: String,
    pub(super) at: Timestamp,
    /// How they are renewed.
    pub(super) renew: String,
}

/// When the credentials end that the run uses. `None` for permanent keys, for those that the SDK refreshes, and if the end is unknown. `own`:
/// the section `AWS` of the credentials file, whose keys come before those of the environment.
///
/// # Errors
/// If the time in the environment can't be read.
pub(super) fn find(
    own: Option<&Aws>,
    variables: impl Fn(&str) -> Option<String>,
    read: impl Fn(&Path) -> Option<String>,
) -> Result<Option<Expiry>, StartupError> {
    let variable = |name: &str| variables(name).filter(|value| !value.is_empty());
    let own_id = own.and_then(|own| own.access_key_id.as_ref()).map(|id| id.expose());
    let id = variable("AWS_ACCESS_KEY_ID");
    let (None, None) = (own_id, &id) else {
        // Without a token, the keys are permanent. Of keys that only the file has, the end is unknown.
        let is_temporary = id.as_deref().is_some_and(|id| own_id.is_none_or(|own| own == id)) && variable("AWS_SESSION_TOKEN").is_some();
        let Some(text) = variable(VARIABLE).filter(|_| is_temporary) else { return Ok(None) };
        let at = text.parse().map_err(|_| {
            StartupError::wrong([format!(
                "unexpected `{text}` in {VARIABLE}, expected a time such as 2026-01-03T13:00:00Z: correct the variable, remove it, or add \
                 --allow-expiring"
            )])
        })?;
        let renew = "renew them, use a profile that the SDK can refresh (SSO, a role)".to_owned();
        return Ok(Some(Expiry { what: "the AWS credentials of the environment expire".into(), at, renew }));
    };
    Ok(Home { variable, read }.expiry(own.and_then(|own| own.profile.as_deref())))
}

/// Refuses a test that lasts longer than its credentials.
///
/// # Errors
/// If the credentials expire before the test ends. `lasts` is the time until its last function has ended; `None`: until it is stopped.
pub(super) fn check(now: Duration, lasts: Option<Duration>, expires: Option<Expiry>) -> Result<(), StartupError> {
    let Some(Expiry { what, at, renew }) = expires else { return Ok(()) };
    let end = lasts.and_then(|lasts| Timestamp::from_second(i64::try_from((now + lasts).as_secs()).ok()?).ok());
    if end.is_some_and(|end| end <= at) {
        return Ok(());
    }
    let end = end.map_or_else(|| "which has no end".to_owned(), |end| format!("which ends at {end}"));
    Err(StartupError::wrong([format!("{what} at {at}, before the test, {end}: {renew}, shorten the test, or add --allow-expiring")]))
}

#[cfg(test)]
mod tests {
    use ltc_config::credentials::Secret;

    use super::*;

    /// The result with these variables, if the file of credentials has this key.
    fn of(names: &[&str], own: Option<&str>, expires: &str) -> Result<Option<Expiry>, StartupError> {
        let variable = |name: &str| {
            let value = if name == VARIABLE { expires } else { "AKIDENV" };
            names.contains(&name).then(|| value.to_owned())
        };
        let own = own.map(|id| Aws { access_key_id: Some(Secret::new(id)), ..Aws::default() });
        find(own.as_ref(), variable, |_| None)
    }

    const TEMPORARY: [&str; 3] = ["AWS_ACCESS_KEY_ID", "AWS_SESSION_TOKEN", VARIABLE];

    #[test]
    fn expiry_is_that_of_temporary_keys_that_are_used() {
        let is_found = |names: &[&str], own| of(names, own, "2026-01-03T13:00:00Z").unwrap().is_some();
        assert!(is_found(&TEMPORARY, None));
        assert!(is_found(&TEMPORARY, Some("AKIDENV")), "the file reads the same keys from the environment");
        assert!(!is_found(&TEMPORARY, Some("AKIDFILE")), "the keys of the file are used");
        assert!(!is_found(&[TEMPORARY[0], VARIABLE], None), "permanent keys");
        assert!(!is_found(&TEMPORARY[1..], None) && !is_found(&TEMPORARY[..2], None));
    }

    #[test]
    fn unreadable_expiry_of_keys_that_are_used_is_an_error() {
        for text in ["tomorrow", "2026-01-03", "1767441600"] {
            let error = of(&TEMPORARY, None, text).unwrap_err();
            assert!(
                error.lines[0].starts_with(&format!("unexpected `{text}` in AWS_CREDENTIAL_EXPIRATION, expected a time such as")),
                "{error:?}"
            );
            assert!(of(&TEMPORARY, Some("AKIDFILE"), text).is_ok() && of(&[TEMPORARY[0], VARIABLE], None, text).is_ok());
        }
    }

    #[test]
    fn credentials_that_expire_before_the_end_are_refused_with_the_time() {
        // 2026-01-03T12:00:00Z.
        let now = Duration::from_secs(1_767_441_600);
        let expires = || of(&TEMPORARY, None, "2026-01-03T13:00:00Z").unwrap();
        let hour = Duration::from_secs(3600);
        assert!(check(now, Some(hour), expires()).is_ok() && check(now, Some(hour * 2), None).is_ok());
        let error = check(now, Some(hour * 2), expires()).unwrap_err();
        assert!(
            error.lines[0].contains("expire at 2026-01-03T13:00:00Z, before the test, which ends at 2026-01-03T14:00:00Z"),
            "{error:?}"
        );
        let endless = check(now, None, expires()).unwrap_err();
        assert!(endless.lines[0].contains("which has no end") && endless.lines[0].contains("--allow-expiring"), "{endless:?}");
    }
}
