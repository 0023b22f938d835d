//! The names of a test's resources in an account. They are derived from the function's name alone, so that `run`, `status` and `destroy`
//! find what `deploy` created.

use ltc_config::identity;
use ltc_config::profile::LambdaSettings;

use super::error::{AwsError, Cause};
use super::signed::partition;
use super::storage::Bucket;

/// The alias that is invoked. It points to the version that was deployed last.
pub(super) const ALIAS: &str = "ltc";

/// The tag of resources that `deploy` created and `destroy` removes.
pub(super) const MADE: &str = "ltc-made";

/// The longest names that AWS accepts.
const FUNCTION: usize = 64;
const BUCKET: usize = 63;

/// The names of a test's resources.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Names {
    pub(crate) function: String,
    /// An existing role, by ARN or name. Without it, `deploy` creates one.
    pub(crate) own_role: Option<String>,
    /// An existing bucket. Without it, `deploy` creates one.
    pub(crate) own_bucket: Option<String>,
    /// All regions, at least one. The bucket is in the first.
    pub(crate) regions: Vec<String>,
}

impl Names {
    /// # Errors
    /// If the function can't have this name.
    pub(crate) fn new(
        test: &str,
        function: Option<String>,
        role: Option<String>,
        settings: &LambdaSettings,
        regions: Vec<String>,
    ) -> Result<Self, String> {
        let plain = |text: &str| -> String {
            text.chars().map(|char| if char.is_ascii_alphanumeric() || char == '-' || char == '_' { char } else { '-' }).collect()
        };
        let function = match function.or_else(|| settings.function.clone()) {
            Some(given) if given == plain(&given) && (1..=FUNCTION).contains(&given.len()) => given,
            Some(given) => {
                return Err(format!("unexpected function name `{given}`, expected up to {FUNCTION} letters, digits, `-` and `_`"));
            }
            None => format!("ltc-{}", identity::plain(test)),
        };
        Ok(Self { function, own_role: role.or_else(|| settings.role.clone()), own_bucket: settings.bucket.clone(), regions })
    }

    /// The region of resources that exist only once.
    pub(crate) fn home(&self) -> &str {
        self.regions.first().map_or("us-east-1", String::as_str)
    }

    pub(super) fn partition(&self) -> &'static str {
        partition(self.home())
    }

    /// The role's name.
    pub(super) fn role(&self) -> String {
        match &self.own_role {
            Some(own) => own.rsplit('/').next().unwrap_or(own).to_owned(),
            None => identity::fit(&self.function, FUNCTION - "-role".len()) + "-role",
        }
    }

    pub(super) fn role_arn(&self, account: &str) -> String {
        match &self.own_role {
            Some(own) if own.starts_with("arn:") => own.clone(),
            _ => format!("arn:{}:iam::{account}:role/{}", self.partition(), self.role()),
        }
    }

    /// The bucket's name. It contains the account's number, because a bucket's name is unique across all accounts.
    pub(super) fn bucket(&self, account: &str) -> String {
        if let Some(own) = &self.own_bucket {
            return own.clone();
        }
        let end = format!("-{account}-{}", self.home());
        let plain = |char: char| if char.is_ascii_alphanumeric() { char.to_ascii_lowercase() } else { '-' };
        let start: String = self.function.chars().map(plain).collect();
        format!("{}{end}", identity::fit(start.trim_matches('-'), BUCKET.saturating_sub(end.len())))
    }

    /// A bucket that an administrator made is used, and never created.
    pub(super) fn check_own_bucket(&self, is_there: bool) -> Result<(), AwsError> {
        match &self.own_bucket {
            Some(own) if !is_there => {
                let why = format!("bucket {own} not found: create it, or remove profile.lambda.bucket");
                Err(AwsError::new(Cause::NotFound, why))
            }
            _ => Ok(()),
        }
    }

    pub(super) fn run_bucket(&self, account: &str) -> Bucket {
        Bucket { region: self.home().to_owned(), name: self.bucket(account) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(function: Option<&str>) -> Result<Names, String> {
        Names::new("my test", function.map(str::to_owned), None, &LambdaSettings::default(), vec!["eu-central-1".into()])
    }

    #[test]
    fn names_are_valid_for_aws() {
        let made = names(None).unwrap();
        assert_eq!((made.function.as_str(), made.role().as_str()), ("ltc-my-test", "ltc-my-test-role"));
        assert_eq!(made.bucket("000000000000"), "ltc-my-test-000000000000-eu-central-1");
        let long = names(Some(&"X_y".repeat(21))).unwrap();
        assert!(long.role().len() <= 64 && long.bucket("000000000000").len() <= 63);
        assert!(long.bucket("1").starts_with("x-yx-y"));
        let test = |name: &str| Names::new(name, None, None, &LambdaSettings::default(), vec!["ap-southeast-2".into()]).unwrap();
        let (one, other) = (test(&format!("{}-one", "x".repeat(50))), test(&format!("{}-two", "x".repeat(50))));
        for names in [&one, &other] {
            let bucket = names.bucket("000000000000");
            assert!(names.function.len() <= 64 && names.role().len() <= 64 && bucket.len() <= 63, "{names:?} {bucket}");
        }
        assert_ne!(one.function, other.function);
        assert_ne!(one.bucket("1"), other.bucket("1"), "shortened names stay different");
        assert!(names(Some("a b")).unwrap_err().contains("`a b`"));
    }

    #[test]
    fn role_may_be_named_by_its_arn() {
        let mut made = names(None).unwrap();
        made.own_role = Some("arn:aws:iam::1:role/team/load".into());
        assert_eq!((made.role().as_str(), made.role_arn("2").as_str()), ("load", "arn:aws:iam::1:role/team/load"));
        made.own_role = Some("load".into());
        assert_eq!(made.role_arn("2"), "arn:aws:iam::2:role/load");
    }
}
