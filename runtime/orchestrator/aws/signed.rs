//! Signed requests (Signature Version 4) to IAM, STS, S3 and CloudWatch Logs. They are signed like `auth aws` of a spec. Only a few calls
//! are needed, and the SDK crates of these services would double the time of the first build.

use std::time::Duration;

use aws_credential_types::Credentials;
use reqwest::Method;

use super::error::{AwsError, Cause};
use ltc_engine::clock::Clock;
use ltc_engine::functions::{AwsCredentials, AwsRequest, AwsRules, aws_sign};
use ltc_engine::http::Target;

/// The time limit of a call.
const CALL: Duration = Duration::from_secs(20);

/// A request to a service.
#[derive(Debug)]
pub(super) struct SignedRequest<'a> {
    /// The call for messages, such as `iam:CreateRole`.
    pub(super) call: String,
    /// The service's name in the signature.
    pub(super) service: &'a str,
    pub(super) region: &'a str,
    pub(super) method: Method,
    pub(super) url: String,
    pub(super) headers: &'a [(&'a str, &'a str)],
    pub(super) body: &'a [u8],
}

impl SignedRequest<'_> {
    /// The headers of the signature.
    fn signature(&self, credentials: &Credentials) -> Result<Vec<(String, String)>, AwsError> {
        let refused = |why: String| AwsError::new(Cause::Other, format!("{} cannot be signed: {why}", self.call));
        let credentials = AwsCredentials {
            access_key_id: credentials.access_key_id().to_owned(),
            secret_access_key: credentials.secret_access_key().to_owned(),
            session_token: credentials.session_token().map(str::to_owned),
        };
        let target = Target::parse(&self.url).map_err(&refused)?;
        let request = AwsRequest {
            method: self.method.as_str(),
            host: target.authority(),
            target: target.path_and_query(),
            headers: self.headers,
            body: self.body,
            service: self.service,
            rules: AwsRules::of(self.service),
            region: self.region,
            credentials: &credentials,
            now: Clock::start().unix_nanos(),
        };
        aws_sign(&request).map_err(|error| refused(error.0))
    }

    /// Sends the request once. A status that isn't a success is an error.
    pub(super) async fn send(&self, http: &reqwest::Client, credentials: &Credentials) -> Result<String, AwsError> {
        let signature = self.signature(credentials)?;
        let mut request = http.request(self.method.clone(), &self.url).timeout(CALL).body(self.body.to_vec());
        for (name, value) in self.headers {
            request = request.header(*name, *value);
        }
        for (name, value) in signature {
            request = request.header(name, value);
        }
        let answer = request.send().await.map_err(|error| AwsError::unreachable(&self.call, &error))?;
        let status = answer.status();
        let text = answer.text().await.map_err(|error| AwsError::unreachable(&self.call, &error))?;
        if status.is_success() {
            return Ok(text);
        }
        let json: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
        let member = |key: &str| json[key].as_str().map(|value| value.rsplit('#').next().unwrap_or(value).to_owned());
        let code = element(&text, "Code").or_else(|| member("__type")).unwrap_or_else(|| status.to_string());
        let message = element(&text, "Message").or_else(|| member("message")).or_else(|| member("Message")).unwrap_or_default();
        Err(AwsError::answered(&self.call, status.as_u16(), &code, &message))
    }
}

/// The endpoint of a service, if the environment sets another one than AWS's own.
pub(super) fn endpoint_of_environment(service: &str) -> Option<String> {
    let variable = |name: &str| std::env::var(name).ok().filter(|url| !url.is_empty());
    // The words of AWS's own tools, which differ from the names in signatures.
    let word = if service == "secretsmanager" { "SECRETS_MANAGER".to_owned() } else { service.to_ascii_uppercase() };
    let own = variable(&format!("AWS_ENDPOINT_URL_{word}"));
    own.or_else(|| variable("AWS_ENDPOINT_URL")).map(|url| url.trim_end_matches('/').to_owned())
}

/// The host of a service in a region.
pub(super) fn host(service: &str, region: &str) -> String {
    let suffix = suffix(region);
    match (service, partition(region)) {
        ("iam", "aws") => "https://iam.amazonaws.com".to_owned(),
        ("iam", "aws-us-gov") => "https://iam.us-gov.amazonaws.com".to_owned(),
        ("iam", _) => format!("https://iam.{}.{suffix}", iam_region(region)),
        _ => format!("https://{service}.{region}.{suffix}"),
    }
}

/// The region that requests to IAM are signed for. IAM is one service for all regions of a partition.
pub(super) fn iam_region(region: &str) -> &'static str {
    match partition(region) {
        "aws-cn" => "cn-north-1",
        "aws-us-gov" => "us-gov-west-1",
        _ => "us-east-1",
    }
}

/// The suffix of the hosts in a region.
pub(super) fn suffix(region: &str) -> &'static str {
    if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" }
}

/// The partition of a region, as ARNs name it.
pub(super) fn partition(region: &str) -> &'static str {
    match region {
        region if region.starts_with("cn-") => "aws-cn",
        region if region.starts_with("us-gov-") => "aws-us-gov",
        _ => "aws",
    }
}

/// The text of the first element with that name. The responses are flat and small, so no XML parser is needed.
pub(super) fn element(xml: &str, name: &str) -> Option<String> {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    let text = xml.split_once(&open)?.1.split_once(&close)?.0;
    let plain = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&amp;", "&")];
    Some(plain.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to)))
}

/// The texts of all elements with that name.
pub(super) fn elements(xml: &str, name: &str) -> Vec<String> {
    let close = format!("</{name}>");
    xml.split_inclusive(&close).filter_map(|part| element(&part[part.rfind(&format!("<{name}>"))?..], name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_of_services_are_those_of_aws() {
        assert_eq!(host("iam", "eu-central-1"), "https://iam.amazonaws.com");
        assert_eq!(host("iam", "cn-northwest-1"), "https://iam.cn-north-1.amazonaws.com.cn");
        assert_eq!(host("sts", "eu-central-1"), "https://sts.eu-central-1.amazonaws.com");
        assert_eq!(partition("us-gov-west-1"), "aws-us-gov");
        assert_eq!(iam_region("us-gov-west-1"), "us-gov-west-1");
    }

    #[test]
    fn xml_elements_are_found_and_unescaped() {
        let xml = "<Error><Code>NoSuchEntity</Code><Message>role &quot;a&amp;b&quot; cannot be found</Message></Error>";
        assert_eq!(element(xml, "Code").as_deref(), Some("NoSuchEntity"));
        assert_eq!(element(xml, "Message").as_deref(), Some("role \"a&b\" cannot be found"));
        assert_eq!(element(xml, "Arn"), None);
        assert_eq!(elements("<K>a</K><x/><K>b&amp;c</K>", "K"), ["a", "b&c"]);
    }
}
