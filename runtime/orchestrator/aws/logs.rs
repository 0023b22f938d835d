//! CloudWatch Logs: the log group of a function, which Lambda or `deploy` creates.

use reqwest::Method;
use serde_json::{Value, json};

use super::error::{AwsError, Cause};
use super::session::Session;
use super::signed::{SignedRequest, host};

fn group(function: &str) -> String {
    format!("/aws/lambda/{function}")
}

impl Session {
    /// Lets a function's log be kept for some days. The log group exists only after the function's first run, so it is created.
    pub(super) async fn keep_logs(&self, region: &str, function: &str, days: u64) -> Result<(), AwsError> {
        let group = group(function);
        match self.logs(region, "CreateLogGroup", &json!({ "logGroupName": group })).await {
            Err(error) if error.cause != Cause::Conflict => return Err(error),
            _ => {}
        }
        self.logs(region, "PutRetentionPolicy", &json!({ "logGroupName": group, "retentionInDays": days })).await.map(drop)
    }

    /// How many days a function's log is kept; `None`: for ever, or there is no log.
    pub(super) async fn log_retention(&self, region: &str, function: &str) -> Result<Option<u64>, AwsError> {
        let group = group(function);
        let answer = self.logs(region, "DescribeLogGroups", &json!({ "logGroupNamePrefix": group })).await?;
        let groups = answer["logGroups"].as_array().map(Vec::as_slice).unwrap_or_default();
        Ok(groups.iter().find(|found| found["logGroupName"] == group.as_str()).and_then(|found| found["retentionInDays"].as_u64()))
    }

    /// Removes the log group of a function; whether there was one.
    pub(super) async fn delete_logs(&self, region: &str, function: &str) -> Result<bool, AwsError> {
        match self.logs(region, "DeleteLogGroup", &json!({ "logGroupName": group(function) })).await {
            Ok(_) => Ok(true),
            Err(error) if error.cause == Cause::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }

    async fn logs(&self, region: &str, action: &str, body: &Value) -> Result<Value, AwsError> {
        let body = body.to_string();
        let target = format!("Logs_20140328.{action}");
        let request = SignedRequest {
            call: format!("logs:{action} in {region}"),
            service: "logs",
            region,
            method: Method::POST,
            url: format!("{}/", self.endpoint("logs").unwrap_or_else(|| host("logs", region))),
            headers: &[("content-type", "application/x-amz-json-1.1"), ("x-amz-target", &target)],
            body: body.as_bytes(),
        };
        let answer = request.send(&self.http, &self.credentials().await?).await?;
        Ok(serde_json::from_str(&answer).unwrap_or_default())
    }
}
