//! `deploy`, `status` and `destroy`: create, show and remove what a test needs in the account. After a failure, each can be run again and
//! continues.

use std::collections::HashMap;

use aws_sdk_lambda::types::FunctionConfiguration;
use ltc_config::profile::{Architecture, LambdaSettings};
use ltc_config::secret_reference::SecretReference;

use super::error::{AwsError, Cause};
use super::function::{FunctionChange, FunctionSpec, Functions};
use super::names::{MADE, Names};
use super::package::Package;
use super::policy;
use super::session::Session;

/// Tags that `run` and `status` read.
pub(super) const PROGRAM: &str = "ltc-program";
const CONTENT: &str = "ltc-content";
const API: &str = "ltc-api-";

/// The parts of a deployment.
#[derive(Debug)]
pub(crate) struct Deployment<'a> {
    pub(crate) names: &'a Names,
    pub(crate) settings: &'a LambdaSettings,
    pub(crate) package: &'a Package,
    pub(crate) test: &'a str,
    /// The program's fingerprint. With it, `run` detects a function of another build before it invokes it.
    pub(crate) program: &'a str,
    pub(crate) compiler: &'a str,
    /// The apis and their versions.
    pub(crate) versions: &'a [(String, String)],
    /// Secrets in stores, which the orchestrator fetches.
    pub(crate) references: &'a [SecretReference],
}

impl Deployment<'_> {
    /// Deploys, and prints each change.
    pub(crate) async fn run(&self, session: &Session, say: &dyn Fn(String)) -> Result<(), AwsError> {
        let names = self.names;
        let account = session.account(names.home()).await?;
        let keys = names.regions.iter().map(|region| self.settings.kms_key_in(region)).collect::<Result<Vec<_>, _>>();
        let keys = keys.map_err(|why| AwsError::new(Cause::Other, why))?;
        self.network(session, say).await?;
        let role = self.role(session, &account, say).await?;
        let bucket = names.run_bucket(&account);
        match &names.own_bucket {
            Some(_) => names.check_own_bucket(session.has_bucket(&bucket).await?)?,
            None if session.ensure_bucket(&bucket).await? => say(format!("created bucket {} in {}", bucket.name, bucket.region)),
            None => {}
        }
        let mut wanted = FunctionSpec {
            name: &names.function,
            role: &role,
            memory_mb: i32::try_from(self.settings.memory_mb).unwrap_or(i32::MAX),
            description: format!("Load test {}, built by ltc {}", self.test, self.compiler),
            subnets: &self.settings.subnets,
            security_groups: &self.settings.security_groups,
            environment: self.settings.environment.clone().into_iter().collect(),
            kms_key: None,
            reserved: self.settings.reserved_concurrency,
            tags: self.tags(),
            package: self.package,
        };
        for (region, key) in names.regions.iter().zip(keys) {
            wanted.kms_key = key;
            if let Some(days) = self.settings.log_retention_days {
                session.keep_logs(region, &names.function, days).await?;
            }
            let functions = Functions::new(session, region);
            let done = functions.ensure(&wanted).await?;
            let (version, is_new) = functions.publish(&names.function).await?;
            functions.prune(&names.function).await?;
            let what = match done {
                FunctionChange::Created => "created",
                FunctionChange::Uploaded => "updated",
                FunctionChange::Configured => "reconfigured",
                FunctionChange::Nothing if is_new => "published",
                FunctionChange::Nothing => "unchanged",
            };
            say(format!(
                "{} in {region}: {what}, version {version}, {} MB, {}",
                names.function,
                self.settings.memory_mb,
                self.package.architecture.name()
            ));
        }
        Ok(())
    }

    /// Checks the network of functions in a VPC. What cannot be checked is no reason not to deploy.
    async fn network(&self, session: &Session, say: &dyn Fn(String)) -> Result<(), AwsError> {
        let settings = self.settings;
        if settings.subnets.is_empty() {
            return Ok(());
        }
        for region in &self.names.regions {
            let is_home = region == self.names.home();
            match session.check_network(region, &settings.subnets, &settings.security_groups, is_home).await {
                Ok(check) => {
                    check.problems.iter().for_each(|problem| crate::say::warning!("{problem}"));
                    if !check.addresses.is_empty() {
                        say(format!("requests to the internet from {region} come from {}", check.addresses.join(", ")));
                    }
                }
                Err(error) if error.cause == Cause::Denied => {
                    crate::say::warning!("the network of {region} is not checked: {error}");
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    async fn role(&self, session: &Session, account: &str, say: &dyn Fn(String)) -> Result<String, AwsError> {
        let (names, region, name) = (self.names, self.names.home(), self.names.role());
        match &names.own_role {
            Some(arn) if arn.starts_with("arn:") => return Ok(arn.clone()),
            Some(own) => {
                let found = session.find_role(region, &name).await?;
                return found
                    .ok_or_else(|| AwsError::new(Cause::NotFound, format!("role {own} not found: remove it to let `deploy` create one")));
            }
            None => {}
        }
        let arn = match session.find_role(region, &name).await? {
            Some(arn) => arn,
            None => {
                let created = session.create_role(region, &name).await;
                let arn = created.map_err(|error| error.of_missing(&format!("role {name} not found")))?;
                say(format!("created role {name}"));
                arn
            }
        };
        let document = policy::of_function(names, account, !self.settings.subnets.is_empty()).to_string();
        session.put_role_policy(region, &name, &document).await?;
        Ok(arn)
    }

    fn tags(&self) -> HashMap<String, String> {
        let own = [
            (MADE, "deploy"),
            (PROGRAM, self.program),
            (CONTENT, &self.package.sha256),
            ("ltc-version", self.compiler),
            ("ltc-test", self.test),
        ];
        let own = own.into_iter().map(|(key, value)| (key.to_owned(), tag(value)));
        let versions = self.versions.iter().map(|(api, version)| (format!("{API}{api}"), tag(version)));
        let configured = self.settings.tags.iter().map(|(key, value)| (key.clone(), value.clone()));
        own.chain(versions).chain(configured).collect()
    }

    /// Lists the calls that [`Self::run`] would make, in order, and the policies.
    pub(crate) fn describe(&self) -> String {
        let names = self.names;
        let vpc = !self.settings.subnets.is_empty();
        let mut lines = vec!["Calls of `deploy` (those with ? only if needed):".to_owned()];
        let home = names.home();
        let mut call = |text: String| lines.push(format!("  {text}"));
        call(format!("sts:GetCallerIdentity in {home}"));
        match &names.own_role {
            Some(arn) if arn.starts_with("arn:") => {}
            Some(_) => call(format!("iam:GetRole {}", names.role())),
            None => {
                call(format!("iam:GetRole {}", names.role()));
                call(format!("? iam:CreateRole {}", names.role()));
                call(format!("iam:PutRolePolicy {} (the policy below)", names.role()));
            }
        }
        call(format!("s3:ListBucket {} in {home}", names.bucket("ACCOUNT")));
        if names.own_bucket.is_none() {
            call(format!("? s3:CreateBucket {} in {home}", names.bucket("ACCOUNT")));
        }
        if vpc {
            call(format!(
                "ec2:DescribeSubnets, DescribeSecurityGroups, DescribeRouteTables, DescribeVpcEndpoints, ? DescribeNatGateways in {}",
                names.regions.join(", ")
            ));
        }
        for region in &names.regions {
            let function = &names.function;
            if let Some(days) = self.settings.log_retention_days {
                call(format!("? logs:CreateLogGroup, PutRetentionPolicy /aws/lambda/{function} in {region}: {days} days"));
            }
            call(format!("lambda:GetFunction, ? ListTags {function} in {region}"));
            call(format!(
                "? lambda:CreateFunction {function} in {region}: provided.al2023, {}, {} MB, timeout 900 s, {} bytes",
                self.package.architecture.name(),
                self.settings.memory_mb,
                self.package.zip.len()
            ));
            for action in ["UpdateFunctionConfiguration", "UpdateFunctionCode", "TagResource"] {
                call(format!("? lambda:{action} {function} in {region}"));
            }
            if let Some(reserved) = self.settings.reserved_concurrency {
                call(format!("? lambda:PutFunctionConcurrency {function} in {region}: {reserved}"));
            }
            call(format!("lambda:GetFunctionConfiguration {function} in {region}, until it is active"));
            call(format!("lambda:GetAlias, PublishVersion, ? CreateAlias or UpdateAlias {function}:{} in {region}", super::names::ALIAS));
            call(format!("lambda:ListVersionsByFunction, ? DeleteFunction of old versions of {function} in {region}"));
        }
        let policy = |value: &serde_json::Value| serde_json::to_string_pretty(value).unwrap_or_default();
        let function = policy::of_function(names, "ACCOUNT", vpc);
        let deployer = policy::of_deployer(names, "ACCOUNT", self.settings, self.references);
        format!(
            "{}\n\nPolicy of the functions' role {} (ACCOUNT is your account's number):\n{}\n\nThe minimal policy for deploy, status, run and destroy:\n{}",
            lines.join("\n"),
            names.role(),
            policy(&function),
            policy(&deployer)
        )
    }
}

/// Describes the deployment with a line for each region.
pub(crate) async fn status(session: &Session, names: &Names, settings: &LambdaSettings, program: &str) -> Result<Vec<String>, AwsError> {
    let mut lines = Vec::new();
    for region in &names.regions {
        let functions = Functions::new(session, region);
        let (free, all) = functions.concurrency().await?;
        let Some(found) = functions.find(&names.function).await? else {
            lines.push(format!("{} in {region}: not deployed; {free} of {all} functions may run at once", names.function));
            continue;
        };
        let version = functions.alias(&names.function).await?;
        let has = &found.configuration;
        let same = if found.tags.get(PROGRAM).is_some_and(|known| known == program) { "this build" } else { "another build than this one" };
        let mut apis: Vec<String> =
            found.tags.iter().filter_map(|(key, value)| Some(format!("{} {value}", key.strip_prefix(API)?))).collect();
        apis.sort();
        let mut more = about(has, found.reserved);
        if settings.log_retention_days.is_some() {
            let days = session.log_retention(region, &names.function).await?;
            more.push(days.map_or_else(|| "its log is kept for ever".to_owned(), |days| format!("its log is kept {days} days")));
        }
        apis.extend(more);
        lines.push(format!(
            "{} in {region}: {}, {same}, {}, {} MB, {}, changed {}{}; {free} of {all} functions may run at once",
            names.function,
            version.map_or_else(|| "no version is published".to_owned(), |version| format!("version {version}")),
            has.state().map_or("active", |state| state.as_str()).to_lowercase(),
            has.memory_size().unwrap_or_default(),
            has.architectures().first().map_or("x86_64", |architecture| architecture.as_str()),
            has.last_modified().unwrap_or("at an unknown time"),
            if apis.is_empty() { String::new() } else { format!(", {}", apis.join(", ")) },
        ));
    }
    Ok(lines)
}

/// The settings of a function that it may or may not have: the names of its variables, its key, its reserved concurrency.
fn about(has: &FunctionConfiguration, reserved: Option<u64>) -> Vec<String> {
    let mut more = Vec::new();
    let mut names: Vec<&str> =
        has.environment().and_then(|environment| environment.variables()).into_iter().flatten().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    if !names.is_empty() {
        more.push(format!("variables {}", names.join(" ")));
    }
    more.extend(has.kms_key_arn().filter(|key| !key.is_empty()).map(|key| format!("key {key}")));
    more.extend(reserved.map(|reserved| format!("{reserved} functions reserved")));
    more
}

/// Removes everything that `deploy` created, and the log group that Lambda created. It keeps what others created. Returns the regions that
/// no longer have a function.
pub(crate) async fn destroy(session: &Session, names: &Names, say: &dyn Fn(String)) -> Result<Vec<String>, AwsError> {
    let account = session.account(names.home()).await?;
    let mut removed = Vec::new();
    let mut kept = false;
    for region in &names.regions {
        let functions = Functions::new(session, region);
        match functions.find(&names.function).await? {
            None => say(format!("{} in {region}: not found", names.function)),
            Some(found) if !found.tags.contains_key(MADE) => {
                say(format!("{} in {region}: kept, because `deploy` did not create it", names.function));
                kept = true;
                continue;
            }
            Some(_) => {
                functions.delete(&names.function).await?;
                say(format!("{} in {region}: removed", names.function));
            }
        }
        removed.push(region.clone());
        if session.delete_logs(region, &names.function).await? {
            say(format!("log group /aws/lambda/{} in {region}: removed", names.function));
        }
    }
    if kept {
        say(format!("role {} and bucket {}: kept with the function", names.role(), names.bucket(&account)));
        return Ok(removed);
    }
    if names.own_bucket.is_none() {
        let bucket = names.run_bucket(&account);
        if session.delete_bucket(&bucket).await? {
            say(format!("bucket {}: removed", bucket.name));
        }
    }
    if names.own_role.is_none() && session.delete_role(names.home(), &names.role()).await? {
        say(format!("role {}: removed", names.role()));
    }
    Ok(removed)
}

/// Replaces the characters that a tag's value can't contain.
fn tag(value: &str) -> String {
    let plain = |char: char| if char.is_alphanumeric() || " _.:/=+-@".contains(char) { char } else { '_' };
    value.chars().map(plain).take(256).collect()
}

/// The processor architecture of the functions, if the command line or the profile sets one.
pub(crate) fn architecture(requested: Option<Architecture>, settings: &LambdaSettings) -> Option<Architecture> {
    requested.or(settings.architecture)
}
