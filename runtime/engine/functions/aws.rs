//! AWS Signature Version 4: creates the headers that sign a request.

use std::borrow::Cow;
use std::fmt::Write;

use ::hmac::Hmac;
use percent_encoding::{percent_decode_str, utf8_percent_encode};
use sha2::{Digest, Sha256};

use super::crypto::mac;
use crate::value::{Eval, RESERVED, timestamp};

/// The credentials a request is signed with.
#[derive(Clone)]
pub struct AwsCredentials {
    /// The access key's id.
    pub access_key_id: String,
    /// Its secret.
    pub secret_access_key: String,
    /// The token of temporary credentials.
    pub session_token: Option<String>,
}

impl AwsCredentials {
    /// The credentials of `auth aws`: those of the environment, if it has any.
    pub fn from_environment() -> Option<Self> {
        let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        Some(Self {
            access_key_id: variable("AWS_ACCESS_KEY_ID")?,
            secret_access_key: variable("AWS_SECRET_ACCESS_KEY")?,
            session_token: variable("AWS_SESSION_TOKEN"),
        })
    }
}

impl std::fmt::Debug for AwsCredentials {
    /// Leaves the secret and the token out of logs.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AwsCredentials").field("access_key_id", &self.access_key_id).finish_non_exhaustive()
    }
}

/// The rules of signing that differ between services.
#[derive(Clone, Copy, Debug)]
pub struct AwsRules {
    /// The path is signed without `.`, `..` and doubled slashes.
    pub normalize: bool,
    /// The path is encoded once more than it is sent.
    pub encode_twice: bool,
    /// The body's hash is sent in `x-amz-content-sha256`.
    pub send_hash: bool,
}

impl AwsRules {
    /// The rules of a service. S3 signs a path unchanged, because a key may contain anything, and requires the body's hash.
    pub fn of(service: &str) -> Self {
        let is_s3 = service == "s3";
        Self { normalize: !is_s3, encode_twice: !is_s3, send_hash: is_s3 }
    }
}

/// A request to sign.
#[derive(Clone, Debug)]
pub struct AwsRequest<'a> {
    /// Its method.
    pub method: &'a str,
    /// The host, with the port unless it is the scheme's default.
    pub host: &'a str,
    /// Path and query in the form that is sent.
    pub target: &'a str,
    /// The headers to sign: `content-type` and any `x-amz-…`. `host` is added if it is missing.
    pub headers: &'a [(&'a str, &'a str)],
    /// Its body.
    pub body: &'a [u8],
    /// The service's short name, `execute-api`, `s3`.
    pub service: &'a str,
    /// The service's rules of signing.
    pub rules: AwsRules,
    /// The region, `eu-central-1`.
    pub region: &'a str,
    /// The credentials that sign the request.
    pub credentials: &'a AwsCredentials,
    /// The time, in nanoseconds since the epoch.
    pub now: i128,
}

/// The headers to add to the request: `x-amz-date`, `authorization`, and `x-amz-content-sha256` and `x-amz-security-token` if they apply.
pub fn aws_sign(request: &AwsRequest<'_>) -> Eval<Vec<(String, String)>> {
    let date = timestamp(request.now)?.strftime("%Y%m%dT%H%M%SZ").to_string();
    let day = &date[..8];
    let body = hex::encode(Sha256::digest(request.body));
    let mut added = vec![("x-amz-date".to_owned(), date.clone())];
    if request.rules.send_hash {
        added.push(("x-amz-content-sha256".to_owned(), body.clone()));
    }
    if let Some(token) = &request.credentials.session_token {
        added.push(("x-amz-security-token".to_owned(), token.clone()));
    }

    let (canonical_headers, signed) = headers(request, &added);
    let canonical = format!("{}\n{}\n{}\n{canonical_headers}\n{signed}\n{body}", request.method, path(request), query(request));
    let scope = format!("{day}/{}/{}/aws4_request", request.region, request.service);
    let to_sign = format!("AWS4-HMAC-SHA256\n{date}\n{scope}\n{}", hex::encode(Sha256::digest(canonical)));
    let mut key = format!("AWS4{}", request.credentials.secret_access_key).into_bytes();
    for part in [day, request.region, request.service, "aws4_request"] {
        key = mac::<Hmac<Sha256>>(&key, part.as_bytes())?;
    }
    let signature = hex::encode(mac::<Hmac<Sha256>>(&key, to_sign.as_bytes())?);
    let id = &request.credentials.access_key_id;
    added.push((
        "authorization".to_owned(),
        format!("AWS4-HMAC-SHA256 Credential={id}/{scope}, SignedHeaders={signed}, Signature={signature}"),
    ));
    Ok(added)
}

/// The headers in canonical form, and their names.
fn headers(request: &AwsRequest<'_>, added: &[(String, String)]) -> (String, String) {
    let mut all: Vec<(String, String)> = Vec::new();
    let own = request.headers.iter().map(|(name, value)| (name.to_ascii_lowercase(), *value));
    let added = added.iter().map(|(name, value)| (name.clone(), value.as_str()));
    for (name, value) in own.chain(added) {
        let value = value.split_whitespace().collect::<Vec<_>>().join(" ");
        match all.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) => {
                known.push(',');
                known.push_str(&value);
            }
            None => all.push((name, value)),
        }
    }
    if !all.iter().any(|(name, _)| name == "host") {
        all.push(("host".to_owned(), request.host.to_owned()));
    }
    all.sort();
    let canonical = all.iter().fold(String::new(), |mut out, (name, value)| {
        // Writing to a String cannot fail.
        let _ = writeln!(out, "{name}:{value}");
        out
    });
    let names: Vec<&str> = all.iter().map(|(name, _)| name.as_str()).collect();
    (canonical, names.join(";"))
}

/// The path in the form that is signed.
fn path(request: &AwsRequest<'_>) -> String {
    let path = request.target.split('?').next().unwrap_or_default();
    let path = if request.rules.normalize { normalized(path).into() } else { Cow::Borrowed(path) };
    let segments = path.split('/').map(|segment| {
        let segment = if request.rules.encode_twice { segment.into() } else { percent_decode_str(segment).decode_utf8_lossy() };
        utf8_percent_encode(&segment, RESERVED).to_string()
    });
    segments.collect::<Vec<_>>().join("/")
}

/// A path without `.`, `..` and doubled slashes.
fn normalized(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => drop(kept.pop()),
            other => kept.push(other),
        }
    }
    let ends_in_folder = ["/", "/.", "/.."].iter().any(|end| path.ends_with(end));
    let end = if ends_in_folder && !kept.is_empty() { "/" } else { "" };
    format!("/{}{end}", kept.join("/"))
}

fn query(request: &AwsRequest<'_>) -> String {
    let Some((_, query)) = request.target.split_once('?') else {
        return String::new();
    };
    let mut pairs: Vec<(String, String)> = query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let encode = |text: &str| utf8_percent_encode(&percent_decode_str(text).decode_utf8_lossy(), RESERVED).to_string();
            (encode(name), encode(value))
        })
        .collect();
    pairs.sort();
    pairs.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signature(method: &str, url: &str, headers: &[(&str, &str)], body: &str, token: Option<&str>) -> String {
        let credentials = AwsCredentials {
            access_key_id: "AKIDEXAMPLE".to_owned(),
            secret_access_key: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".to_owned(),
            session_token: token.map(str::to_owned),
        };
        let url = url.trim_start_matches("https://");
        let (host, target) = url.split_at(url.find('/').unwrap());
        let request = AwsRequest {
            method,
            host,
            target,
            headers,
            body: body.as_bytes(),
            service: "service",
            rules: AwsRules::of("service"),
            region: "us-east-1",
            credentials: &credentials,
            now: 1_440_938_160_000_000_000,
        };
        let signed = aws_sign(&request).unwrap();
        let (_, authorization) = signed.last().unwrap();
        assert!(
            authorization.starts_with("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=")
        );
        authorization.rsplit_once('=').unwrap().1.to_owned()
    }

    /// Cases of the AWS Signature Version 4 test suite, by their names in it.
    #[test]
    fn signatures_are_those_of_the_aws_test_suite() {
        let base = "https://example.amazonaws.com";
        for (name, method, path, headers, body, expected) in [
            ("get-vanilla", "GET", "/", &[][..], "", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
            (
                "get-vanilla-query-order-key-case",
                "GET",
                "/?Param2=value2&Param1=value1",
                &[],
                "",
                "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
            ),
            (
                "get-vanilla-utf8-query",
                "GET",
                "/?%E1%88%B4=bar",
                &[],
                "",
                "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04",
            ),
            ("post-vanilla", "POST", "/", &[], "", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
            (
                "post-x-www-form-urlencoded",
                "POST",
                "/",
                &[("Content-Type", "application/x-www-form-urlencoded")],
                "Param1=value1",
                "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
            ),
        ] {
            assert_eq!(signature(method, &format!("{base}{path}"), headers, body, None), expected, "{name}");
        }
    }

    #[test]
    fn signature_for_s3_matches_its_documented_example() {
        let credentials = AwsCredentials {
            access_key_id: "AKIAIOSFODNN7EXAMPLE".to_owned(),
            secret_access_key: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".to_owned(),
            session_token: None,
        };
        let request = AwsRequest {
            method: "GET",
            host: "examplebucket.s3.amazonaws.com",
            target: "/test.txt",
            headers: &[("Range", "bytes=0-9")],
            body: b"",
            service: "s3",
            rules: AwsRules::of("s3"),
            region: "us-east-1",
            credentials: &credentials,
            now: 1_369_353_600_000_000_000,
        };
        let signed = aws_sign(&request).unwrap();
        assert!(signed.last().unwrap().1.ends_with("f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"));
        assert!(!format!("{credentials:?}").contains("bPxRfi"));
    }

    #[test]
    fn path_is_signed_as_its_service_reads_it() {
        for (path, signed) in [("/", "/"), ("//", "/"), ("/a/..", "/"), ("/a/./b/", "/a/b/"), ("//a//b", "/a/b"), ("/../x/.", "/x/")] {
            assert_eq!(normalized(path), signed, "{path}");
        }
        let credentials = AwsCredentials { access_key_id: String::new(), secret_access_key: String::new(), session_token: None };
        let request = |service| AwsRequest {
            method: "GET",
            host: "h",
            target: "/a//b/../c%20d?x",
            headers: &[],
            body: b"",
            service,
            rules: AwsRules::of(service),
            region: "r",
            credentials: &credentials,
            now: 0,
        };
        assert_eq!(path(&request("execute-api")), "/a/c%2520d");
        assert_eq!(path(&request("s3")), "/a//b/../c%20d");
    }

    #[test]
    fn session_token_is_signed() {
        assert_ne!(
            signature("GET", "https://example.amazonaws.com/", &[], "", Some("token")),
            signature("GET", "https://example.amazonaws.com/", &[], "", None)
        );
    }
}
