//! The account and the functions' role.

use reqwest::Method;

use super::error::{AwsError, Cause};
use super::policy;
use super::session::Session;
use super::signed::{SignedRequest, element, host, iam_region};

/// The name of the only policy of a role that ltc created.
const POLICY: &str = "ltc";

impl Session {
    /// The account's number. This call is also the cheapest check of the keys.
    pub(crate) async fn account(&self, region: &str) -> Result<String, AwsError> {
        let answer = self.query("sts", region, "GetCallerIdentity", &[]).await?;
        element(&answer, "Account")
            .ok_or_else(|| AwsError::new(Cause::Other, "sts:GetCallerIdentity answered without an account: is AWS_ENDPOINT_URL right?"))
    }

    /// The ARN of a role by its name.
    pub(super) async fn find_role(&self, region: &str, name: &str) -> Result<Option<String>, AwsError> {
        match self.query("iam", region, "GetRole", &[("RoleName", name)]).await {
            Ok(answer) => Ok(element(&answer, "Arn")),
            Err(error) if error.cause == Cause::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Creates a role that functions may assume.
    pub(super) async fn create_role(&self, region: &str, name: &str) -> Result<String, AwsError> {
        let trust = policy::trust(region);
        let parameters = [
            ("RoleName", name),
            ("AssumeRolePolicyDocument", &trust),
            ("Description", "What load test functions of ltc may do"),
            ("Tags.member.1.Key", "ltc"),
            ("Tags.member.1.Value", "function role"),
        ];
        let answer = self.query("iam", region, "CreateRole", &parameters).await?;
        element(&answer, "Arn").ok_or_else(|| AwsError::new(Cause::Other, "iam:CreateRole answered without an ARN"))
    }

    /// Writes the role's policy. It is written each time, so that it is always the one of this version.
    pub(super) async fn put_role_policy(&self, region: &str, name: &str, document: &str) -> Result<(), AwsError> {
        let parameters = [("RoleName", name), ("PolicyName", POLICY), ("PolicyDocument", document)];
        self.query("iam", region, "PutRolePolicy", &parameters).await.map(drop)
    }

    /// Removes the role. Returns whether it existed.
    pub(super) async fn delete_role(&self, region: &str, name: &str) -> Result<bool, AwsError> {
        for (action, parameters) in
            [("DeleteRolePolicy", &[("RoleName", name), ("PolicyName", POLICY)][..]), ("DeleteRole", &[("RoleName", name)][..])]
        {
            match self.query("iam", region, action, parameters).await {
                Ok(_) => {}
                Err(error) if error.cause == Cause::NotFound && action == "DeleteRole" => return Ok(false),
                Err(error) if error.cause == Cause::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        Ok(true)
    }

    /// Calls a service's query API.
    async fn query(&self, service: &str, region: &str, action: &str, parameters: &[(&str, &str)]) -> Result<String, AwsError> {
        let version = if service == "iam" { "2010-05-08" } else { "2011-06-15" };
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.append_pair("Action", action).append_pair("Version", version).extend_pairs(parameters);
        let body = form.finish();
        let plain = SignedRequest {
            call: format!("{service}:{action}"),
            service,
            region: if service == "iam" { iam_region(region) } else { region },
            method: Method::POST,
            url: format!("{}/", self.endpoint(service).unwrap_or_else(|| host(service, region))),
            headers: &[("content-type", "application/x-www-form-urlencoded; charset=utf-8")],
            body: body.as_bytes(),
        };
        plain.send(&self.http, &self.credentials().await?).await
    }
}
