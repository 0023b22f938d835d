//! The AWS Signature Version 4 test suite, applied to `auth aws`.

use std::fs;
use std::path::Path;

use ltc_engine::functions::{AwsCredentials, AwsRequest, AwsRules, aws_sign, parse_time};
use ltc_engine::value::Value;

use crate::suite::{self, Outcome, Suite, name};

const SUITE: Suite = Suite {
    name: "sigv4",
    title: "[AWS Signature Version 4](https://github.com/awslabs/aws-c-auth/tree/main/tests/aws-signing-test-suite)",
    against: "`auth aws`",
    cases: 38,
    floor: 38,
};

#[test]
fn aws_signature_version_4_test_suite() {
    let Some(data) = suite::data("sigv4/tests/aws-signing-test-suite/v4") else { return };
    SUITE.judge(suite::files(&data, "").iter().map(|folder| (name(folder), outcome(folder))));
}

fn outcome(folder: &Path) -> Outcome {
    let context = suite::json(&folder.join("context.json"));
    let text = |key: &str| context[key].as_str().unwrap();
    let credential = |key: &str| context["credentials"][key].as_str().map(str::to_owned);
    let credentials = AwsCredentials {
        access_key_id: credential("access_key_id").unwrap(),
        secret_access_key: credential("secret_access_key").unwrap(),
        // Some services want the token unsigned. Then it is a normal header.
        session_token: credential("token").filter(|_| context["omit_session_token"] != true),
    };
    let Ok(Value::Time(now)) = parse_time(&Value::from(text("timestamp")), None) else { panic!("a time") };

    let request = fs::read_to_string(folder.join("request.txt")).unwrap();
    let (head, body) = request.split_once("\n\n").unwrap_or((&request, ""));
    let mut lines = head.lines();
    let (method, target) = lines.next().unwrap().rsplit_once(' ').unwrap().0.split_once(' ').unwrap();
    let mut headers: Vec<(String, String)> = Vec::new();
    for line in lines {
        match line.split_once(':') {
            Some((name, value)) if !line.starts_with(' ') => headers.push((name.to_owned(), value.to_owned())),
            // The line continues the value before it.
            _ => headers.last_mut().unwrap().1.push_str(line),
        }
    }
    let host = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("host")).unwrap().1.clone();
    let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (&**name, &**value)).collect();
    let service = text("service");
    let rules = AwsRules { normalize: context["normalize"] == true, send_hash: context["sign_body"] == true, ..AwsRules::of(service) };
    let request = AwsRequest {
        method,
        host: &host,
        target,
        headers: &headers,
        body: body.as_bytes(),
        service,
        rules,
        region: text("region"),
        credentials: &credentials,
        now,
    };
    let signed = aws_sign(&request).map_err(|fault| fault.0)?;
    let (_, authorization) = signed.last().unwrap();
    let expected = fs::read_to_string(folder.join("header-signature.txt")).unwrap();
    if authorization.ends_with(&format!("Signature={}", expected.trim())) { Ok(()) } else { Err(format!("signed as {authorization}")) }
}
