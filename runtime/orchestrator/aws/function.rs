//! Creates, updates, inspects and removes one function in one region. Every operation can be repeated.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_lambda::Client;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::{
    Architecture as Processor, Environment, FunctionCode, FunctionConfiguration, LastUpdateStatus, Runtime, State, VpcConfig,
};
use ltc_config::profile::Architecture;
use ltc_engine::clock;

use super::error::{AwsError, Cause};
use super::names::{ALIAS, MADE};
use super::package::Package;
use super::session::Session;

/// The handler's name. A custom runtime ignores it.
const HANDLER: &str = "bootstrap";
/// The longest timeout of a Lambda function, in seconds.
const TIMEOUT_S: i32 = 900;
/// The most time until a function is ready.
const READY: Duration = Duration::from_secs(180);
/// The time after which a new role is known everywhere.
const ROLE: Duration = Duration::from_secs(60);
/// The number of versions that are kept: the current and the previous one.
const VERSIONS: usize = 2;

/// The wanted state of a function.
#[derive(Debug)]
pub(super) struct FunctionSpec<'a> {
    pub(super) name: &'a str,
    pub(super) role: &'a str,
    pub(super) memory_mb: i32,
    pub(super) description: String,
    pub(super) subnets: &'a [String],
    pub(super) security_groups: &'a [String],
    pub(super) environment: HashMap<String, String>,
    pub(super) kms_key: Option<String>,
    /// `None`: as it is.
    pub(super) reserved: Option<u64>,
    pub(super) tags: HashMap<String, String>,
    pub(super) package: &'a Package,
}

/// The actual state of a function.
#[derive(Debug)]
pub(super) struct DeployedFunction {
    pub(super) configuration: FunctionConfiguration,
    pub(super) tags: HashMap<String, String>,
    /// The reserved concurrency of the function, if it has one.
    pub(super) reserved: Option<u64>,
}

/// The functions of a region.
#[derive(Debug)]
pub(super) struct Functions<'a> {
    client: Client,
    region: &'a str,
}

/// The change that [`Functions::ensure`] made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FunctionChange {
    Created,
    /// The code was uploaded.
    Uploaded,
    /// The code was current, but its settings were changed.
    Configured,
    Nothing,
}

macro_rules! call {
    ($self:ident, $action:literal, $request:expr) => {
        $request.send().await.map_err(|error| AwsError::sdk(&format!(concat!("lambda:", $action, " in {}"), $self.region), &error))
    };
}

impl<'a> Functions<'a> {
    pub(super) fn new(session: &Session, region: &'a str) -> Self {
        Self { client: session.lambda(region), region }
    }

    pub(super) async fn find(&self, name: &str) -> Result<Option<DeployedFunction>, AwsError> {
        match call!(self, "GetFunction", self.client.get_function().function_name(name)) {
            Ok(answer) => {
                let mut tags = answer.tags().cloned().unwrap_or_default();
                // Without the permission to list tags, `GetFunction` leaves them out. A missing permission must not look like missing tags.
                if let Some(arn) = answer.configuration().and_then(FunctionConfiguration::function_arn).filter(|_| tags.is_empty()) {
                    tags = call!(self, "ListTags", self.client.list_tags().resource(arn))?.tags.unwrap_or_default();
                }
                let reserved = answer.concurrency().and_then(|known| u64::try_from(known.reserved_concurrent_executions()?).ok());
                Ok(answer.configuration.map(|configuration| DeployedFunction { configuration, tags, reserved }))
            }
            Err(error) if error.cause == Cause::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Creates or updates the function so that it has the wanted state.
    pub(super) async fn ensure(&self, wanted: &FunctionSpec<'_>) -> Result<FunctionChange, AwsError> {
        let Some(found) = self.find(wanted.name).await? else {
            self.create(wanted)
                .await
                .map_err(|error| error.of_missing(&format!("function {} not found in {}", wanted.name, self.region)))?;
            self.ready(wanted.name).await?;
            self.reserve(wanted, None).await?;
            return Ok(FunctionChange::Created);
        };
        let is_own = found.tags.contains_key(MADE);
        let has = &found.configuration;
        let mut done = FunctionChange::Nothing;
        if wanted.differs(has, is_own) {
            let request = self.client.update_function_configuration().function_name(wanted.name).handler(HANDLER);
            // An unchanged role is left out, so that the deployer needs no permission to pass roles.
            let request = if has.role() == Some(wanted.role) { request } else { request.role(wanted.role) };
            let request = request.runtime(Runtime::Providedal2023).timeout(TIMEOUT_S).memory_size(wanted.memory_mb);
            let request = request.description(&wanted.description).vpc_config(wanted.vpc());
            let request = match wanted.variables(is_own) {
                Some(variables) => request.environment(Environment::builder().set_variables(Some(variables)).build()),
                None => request,
            };
            let request = match wanted.key(is_own) {
                Some(key) => request.kms_key_arn(key),
                None => request,
            };
            call!(self, "UpdateFunctionConfiguration", request)?;
            self.ready(wanted.name).await?;
            done = FunctionChange::Configured;
        }
        let architecture = processor(wanted.package.architecture);
        if has.code_sha256() != Some(&wanted.package.sha256) || has.architectures() != [architecture.clone()] {
            let request = self.client.update_function_code().function_name(wanted.name).architectures(architecture);
            call!(self, "UpdateFunctionCode", request.zip_file(Blob::new(wanted.package.zip.clone())))?;
            self.ready(wanted.name).await?;
            done = FunctionChange::Uploaded;
        }
        if self.reserve(wanted, found.reserved).await? && done == FunctionChange::Nothing {
            done = FunctionChange::Configured;
        }
        // A function that somebody else created keeps its tags, so that `destroy` doesn't remove it.
        let mut tags = wanted.tags.clone();
        tags.retain(|key, _| key != MADE || is_own);
        if tags.iter().any(|(key, value)| found.tags.get(key) != Some(value)) {
            let arn = has.function_arn().unwrap_or_default();
            call!(self, "TagResource", self.client.tag_resource().resource(arn).set_tags(Some(tags)))?;
        }
        Ok(done)
    }

    /// Reserves concurrency where that is wanted and differs; whether it did.
    async fn reserve(&self, wanted: &FunctionSpec<'_>, has: Option<u64>) -> Result<bool, AwsError> {
        let Some(reserved) = wanted.reserved.filter(|reserved| has != Some(*reserved)) else { return Ok(false) };
        let number = i32::try_from(reserved).unwrap_or(i32::MAX);
        let request = self.client.put_function_concurrency().function_name(wanted.name).reserved_concurrent_executions(number);
        call!(self, "PutFunctionConcurrency", request)?;
        Ok(true)
    }

    async fn create(&self, wanted: &FunctionSpec<'_>) -> Result<(), AwsError> {
        let begun = clock::now();
        loop {
            let request = self.client.create_function().function_name(wanted.name).role(wanted.role).handler(HANDLER);
            let request = request.runtime(Runtime::Providedal2023).timeout(TIMEOUT_S).memory_size(wanted.memory_mb);
            let request = request.architectures(processor(wanted.package.architecture)).description(&wanted.description);
            let code = FunctionCode::builder().zip_file(Blob::new(wanted.package.zip.clone())).build();
            let request = request.code(code).set_tags(Some(wanted.tags.clone()));
            let request = if wanted.subnets.is_empty() { request } else { request.vpc_config(wanted.vpc()) };
            let variables = wanted.variables(false).map(|variables| Environment::builder().set_variables(Some(variables)).build());
            let request = request.set_environment(variables).set_kms_key_arn(wanted.kms_key.clone());
            match call!(self, "CreateFunction", request) {
                Ok(_) => return Ok(()),
                // Lambda doesn't know the new role yet.
                Err(error)
                    if error.code == "InvalidParameterValueException" && error.message.contains("role") && clock::since(begun) < ROLE =>
                {
                    tokio::time::sleep(Duration::from_secs(2)).await;
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Waits until the function can be invoked and its last update is complete.
    pub(super) async fn ready(&self, name: &str) -> Result<(), AwsError> {
        let begun = clock::now();
        let mut pause = Duration::from_millis(100);
        loop {
            let now = call!(self, "GetFunctionConfiguration", self.client.get_function_configuration().function_name(name))?;
            let reason = now.state_reason().or(now.last_update_status_reason()).unwrap_or("no reason was given").to_owned();
            let failed = |what: &str| Err(AwsError::new(Cause::Other, format!("{name} in {}: {what}: {reason}", self.region)));
            match (now.state(), now.last_update_status()) {
                (Some(State::Failed), _) => return failed("it cannot be started"),
                (_, Some(LastUpdateStatus::Failed)) => return failed("its last change failed"),
                (None | Some(State::Active | State::Inactive), None | Some(LastUpdateStatus::Successful)) => return Ok(()),
                _ if clock::since(begun) > READY => return failed("it is not ready after three minutes"),
                _ => {}
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(Duration::from_secs(2));
        }
    }

    /// Publishes the current code, unless the alias already points to it, and moves the alias to it. Returns the version, and whether it is
    /// new.
    pub(super) async fn publish(&self, name: &str) -> Result<(String, bool), AwsError> {
        let alias = match call!(self, "GetAlias", self.client.get_alias().function_name(name).name(ALIAS)) {
            Ok(alias) => alias.function_version,
            Err(error) if error.cause == Cause::NotFound => None,
            Err(error) => return Err(error),
        };
        // Lambda returns the last version if nothing has changed since.
        let published = call!(self, "PublishVersion", self.client.publish_version().function_name(name))?;
        let version = published.version.unwrap_or_default();
        match alias {
            Some(alias) if alias == version => return Ok((version, false)),
            Some(_) => {
                call!(self, "UpdateAlias", self.client.update_alias().function_name(name).name(ALIAS).function_version(&version))?;
            }
            None => {
                call!(self, "CreateAlias", self.client.create_alias().function_name(name).name(ALIAS).function_version(&version))?;
            }
        }
        Ok((version, true))
    }

    /// The version that the alias points to.
    pub(super) async fn alias(&self, name: &str) -> Result<Option<String>, AwsError> {
        match call!(self, "GetAlias", self.client.get_alias().function_name(name).name(ALIAS)) {
            Ok(alias) => Ok(alias.function_version),
            Err(error) if error.cause == Cause::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Removes versions that no alias needs any more. Returns how many.
    pub(super) async fn prune(&self, name: &str) -> Result<usize, AwsError> {
        let versions = call!(self, "ListVersionsByFunction", self.client.list_versions_by_function().function_name(name))?;
        let mut numbers: Vec<u64> = versions.versions().iter().filter_map(|version| version.version()?.parse().ok()).collect();
        numbers.sort_unstable();
        let surplus = numbers.len().saturating_sub(VERSIONS);
        for number in &numbers[..surplus] {
            let request = self.client.delete_function().function_name(name).qualifier(number.to_string());
            call!(self, "DeleteFunction", request)?;
        }
        Ok(surplus)
    }

    /// Removes the function with all its versions and aliases. Returns whether it existed.
    pub(super) async fn delete(&self, name: &str) -> Result<bool, AwsError> {
        match call!(self, "DeleteFunction", self.client.delete_function().function_name(name)) {
            Ok(_) => Ok(true),
            Err(error) if error.cause == Cause::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// The unreserved concurrency of the account, and its whole concurrency.
    pub(super) async fn concurrency(&self) -> Result<(u64, u64), AwsError> {
        let settings = call!(self, "GetAccountSettings", self.client.get_account_settings())?;
        let limit =
            settings.account_limit.ok_or_else(|| AwsError::new(Cause::Other, "lambda:GetAccountSettings answered without limits"))?;
        let number = |number: i32| u64::try_from(number).unwrap_or(0);
        let all = number(limit.concurrent_executions);
        Ok((limit.unreserved_concurrent_executions.map_or(all, number), all))
    }
}

impl FunctionSpec<'_> {
    fn vpc(&self) -> VpcConfig {
        VpcConfig::builder().set_subnet_ids(Some(self.subnets.to_vec())).set_security_group_ids(Some(self.security_groups.to_vec())).build()
    }

    /// The environment variables to set; `None`: the function keeps its own. If the profile has none, a function that `deploy` created has
    /// none either, and one that an administrator created keeps its own.
    fn variables(&self, is_own: bool) -> Option<HashMap<String, String>> {
        (is_own || !self.environment.is_empty()).then(|| self.environment.clone())
    }

    /// The key to set, by the same rule; an empty text is AWS's own key.
    fn key(&self, is_own: bool) -> Option<&str> {
        self.kms_key.as_deref().or(is_own.then_some(""))
    }

    /// Whether anything but the code differs from the deployed function.
    fn differs(&self, has: &FunctionConfiguration, is_own: bool) -> bool {
        let same = |wanted: &[String], has: &[String]| wanted.len() == has.len() && wanted.iter().all(|one| has.contains(one));
        let vpc = has.vpc_config();
        let variables = has.environment().and_then(|environment| environment.variables()).cloned().unwrap_or_default();
        self.variables(is_own).is_some_and(|wanted| wanted != variables)
            || self.key(is_own).is_some_and(|key| key != has.kms_key_arn().unwrap_or_default())
            || has.memory_size() != Some(self.memory_mb)
            || has.timeout() != Some(TIMEOUT_S)
            || has.role() != Some(self.role)
            || has.handler() != Some(HANDLER)
            || has.runtime() != Some(&Runtime::Providedal2023)
            || has.description().unwrap_or_default() != self.description
            || !same(self.subnets, vpc.map(|vpc| vpc.subnet_ids()).unwrap_or_default())
            || !same(self.security_groups, vpc.map(|vpc| vpc.security_group_ids()).unwrap_or_default())
    }
}

fn processor(architecture: Architecture) -> Processor {
    match architecture {
        Architecture::X86_64 => Processor::X8664,
        Architecture::Arm64 => Processor::Arm64,
    }
}
