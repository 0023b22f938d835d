//! Calls that a test itself makes to the account, as an administrator or another program would.

use serde_json::Value;

use super::Front;
use super::wire::{Head, body_of, exchange};

impl Front {
    /// Removes a tag from a function, without the knowledge of ltc.
    pub(crate) fn untag(&self, key: &str, arn: &str, tag: &str) {
        let region = arn.split(':').nth(3).unwrap_or_default();
        self.call(key, (region, "lambda"), ("DELETE", format!("/2017-03-31/tags/{arn}?tagKeys={tag}")), &[], b"");
    }

    /// Stores a secret in Secrets Manager.
    pub(crate) fn store_secret(&self, key: &str, region: &str, name: &str, text: &str) {
        let body = serde_json::json!({ "Name": name, "SecretString": text });
        self.json(key, (region, "secretsmanager"), "secretsmanager.CreateSecret", &body);
    }

    /// Stores an encrypted parameter in Parameter Store.
    pub(crate) fn store_parameter(&self, key: &str, region: &str, name: &str, text: &str) {
        let body = serde_json::json!({ "Name": name, "Value": text, "Type": "SecureString" });
        self.json(key, (region, "ssm"), "AmazonSSM.PutParameter", &body);
    }

    /// A call of EC2, by its form without the version.
    pub(crate) fn ec2(&self, key: &str, region: &str, form: &str) -> String {
        let headers = [("content-type", "application/x-www-form-urlencoded")];
        let body = format!("{form}&Version=2016-11-15");
        String::from_utf8_lossy(&self.call(key, (region, "ec2"), ("POST", "/".to_owned()), &headers, body.as_bytes())).into_owned()
    }

    /// A call of a service that speaks JSON.
    pub(crate) fn json(&self, key: &str, place: (&str, &str), target: &str, body: &Value) -> Value {
        let headers = [("content-type", "application/x-amz-json-1.1"), ("x-amz-target", target)];
        let answer = self.call(key, place, ("POST", "/".to_owned()), &headers, body.to_string().as_bytes());
        serde_json::from_slice(&answer).unwrap_or_default()
    }

    /// A call to a service of a region; the response's body.
    fn call(
        &self,
        key: &str,
        (region, service): (&str, &str),
        (method, path): (&str, String),
        more: &[(&str, &str)],
        body: &[u8],
    ) -> Vec<u8> {
        let scope = format!("{key}/20260101/{region}/{service}/aws4_request");
        let signed = format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0");
        let own = [("host", self.address.as_str()), ("authorization", signed.as_str())];
        let headers = own.iter().chain(more).map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let answer = exchange(&self.address, &Head { method: method.into(), path, headers }, body).unwrap();
        assert!(answer.starts_with(b"HTTP/1.1 2"), "{}", String::from_utf8_lossy(&answer));
        body_of(&answer).unwrap()
    }
}
