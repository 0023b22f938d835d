//! S3, for what it is used for here: one small object says that a test is to stop, and the functions look at it.

use aws_credential_types::Credentials;
use reqwest::Method;

use super::connector;
use super::error::{AwsError, Cause};
use super::session::Session;
use super::signed::{SignedRequest, endpoint_of_environment, suffix};

/// Where the objects lie that say stop.
pub(super) const STOPS: &str = "stop/";

/// A bucket, in the region that it is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Bucket {
    pub(crate) region: String,
    pub(crate) name: String,
}

impl Bucket {
    /// Its URL, or that of an object in it: by path where an endpoint is set, by host at AWS.
    fn url(&self, endpoint: Option<String>, key: &str) -> String {
        match endpoint {
            Some(endpoint) => format!("{endpoint}/{}/{key}", self.name),
            None => format!("https://{}.s3.{}.{}/{key}", self.name, self.region, suffix(&self.region)),
        }
    }

    fn plain<'a>(&'a self, method: Method, action: &str, url: String, body: &'a [u8]) -> SignedRequest<'a> {
        let call = format!("s3:{action} of {} in {}", self.name, self.region);
        SignedRequest { call, service: "s3", region: &self.region, method, url, headers: &[], body }
    }
}

impl Session {
    async fn s3(&self, bucket: &Bucket, method: Method, action: &str, key: &str, body: &[u8]) -> Result<String, AwsError> {
        let url = bucket.url(self.endpoint("s3"), key);
        bucket.plain(method, action, url, body).send(&self.http, &self.credentials().await?).await
    }

    /// Whether there is such a bucket, and it is ours.
    pub(super) async fn has_bucket(&self, bucket: &Bucket) -> Result<bool, AwsError> {
        match self.s3(bucket, Method::HEAD, "ListBucket", "", b"").await {
            Ok(_) => Ok(true),
            Err(error) if error.cause == Cause::NotFound => Ok(false),
            Err(error) if error.cause == Cause::Denied => {
                let why = format!("{error}; if another account has a bucket of that name, name one: profile.lambda.bucket");
                Err(AwsError::new(Cause::Denied, why))
            }
            Err(error) => Err(error),
        }
    }

    /// Makes a bucket where there is none; whether it did.
    pub(super) async fn ensure_bucket(&self, bucket: &Bucket) -> Result<bool, AwsError> {
        if self.has_bucket(bucket).await? {
            return Ok(false);
        }
        let place =
            format!("<CreateBucketConfiguration><LocationConstraint>{}</LocationConstraint></CreateBucketConfiguration>", bucket.region);
        // The first region has no name of its own here.
        let body = if bucket.region == "us-east-1" { "" } else { &place };
        match self.s3(bucket, Method::PUT, "CreateBucket", "", body.as_bytes()).await {
            Ok(_) => Ok(true),
            Err(error) if error.code == "BucketAlreadyOwnedByYou" => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Removes a bucket with what runs that were cut off left in it; whether there was one.
    pub(super) async fn delete_bucket(&self, bucket: &Bucket) -> Result<bool, AwsError> {
        let listed = match self.s3(bucket, Method::GET, "ListBucket", "?list-type=2", b"").await {
            Err(error) if error.cause == Cause::NotFound => return Ok(false),
            listed => listed?,
        };
        for part in listed.split("<Key>").skip(1) {
            let key = part.split("</Key>").next().unwrap_or_default();
            if key.starts_with(STOPS) {
                self.delete_object(bucket, key).await?;
            }
        }
        match self.s3(bucket, Method::DELETE, "DeleteBucket", "", b"").await {
            Ok(_) => Ok(true),
            Err(error) if error.cause == Cause::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }

    pub(super) async fn put_object(&self, bucket: &Bucket, key: &str, content: &str) -> Result<(), AwsError> {
        self.s3(bucket, Method::PUT, "PutObject", key, content.as_bytes()).await.map(drop)
    }

    pub(super) async fn delete_object(&self, bucket: &Bucket, key: &str) -> Result<(), AwsError> {
        match self.s3(bucket, Method::DELETE, "DeleteObject", key, b"").await {
            Err(error) if error.cause != Cause::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}

/// An object as a function reads it: with the keys of its role, which Lambda puts into the environment. No configuration is searched
/// for: a function has no time for it.
#[derive(Debug)]
pub(crate) struct ObjectReader {
    bucket: Bucket,
    key: String,
    http: reqwest::Client,
}

impl ObjectReader {
    /// # Errors
    /// Where no HTTP client can be made.
    pub(crate) fn new(region: &str, bucket: &str, key: &str) -> Result<Self, String> {
        let bucket = Bucket { region: region.to_owned(), name: bucket.to_owned() };
        Ok(Self { bucket, key: key.to_owned(), http: connector::client()? })
    }

    /// Its content; `None` where there is no such object.
    pub(crate) async fn read(&self) -> Result<Option<String>, AwsError> {
        let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let (Some(id), Some(secret)) = (variable("AWS_ACCESS_KEY_ID"), variable("AWS_SECRET_ACCESS_KEY")) else {
            return Err(AwsError::new(Cause::NoCredentials, "the function has no role"));
        };
        let credentials = Credentials::new(id, secret, variable("AWS_SESSION_TOKEN"), None, "role");
        let url = self.bucket.url(endpoint_of_environment("s3"), &self.key);
        match self.bucket.plain(Method::GET, "GetObject", url, b"").send(&self.http, &credentials).await {
            Ok(content) => Ok(Some(content)),
            Err(error) if error.cause == Cause::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_are_addressed_by_host_at_aws_and_by_path_elsewhere() {
        let bucket = Bucket { region: "eu-central-1".into(), name: "b".into() };
        assert_eq!(bucket.url(None, "stop/1"), "https://b.s3.eu-central-1.amazonaws.com/stop/1");
        assert_eq!(bucket.url(Some("http://127.0.0.1:4566".into()), "stop/1"), "http://127.0.0.1:4566/b/stop/1");
    }
}
