//! S3: the small objects of runs, by which orchestrators, functions and later commands find each other.

use aws_credential_types::Credentials;
use reqwest::Method;

use super::connector;
use super::error::{AwsError, Cause};
use super::session::Session;
use super::signed::{SignedRequest, element, elements, endpoint_of_environment, suffix};

/// The prefix of all objects of runs, followed by the run's name and `/`.
pub(super) const RUNS: &str = "runs/";

/// A bucket and its region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Bucket {
    pub(crate) region: String,
    pub(crate) name: String,
}

impl Bucket {
    /// The URL of the bucket or of an object in it: by path if an endpoint is set, and by host at AWS.
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

    /// Whether the bucket exists in this account.
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

    /// Creates the bucket if it doesn't exist. Returns whether it did so.
    pub(super) async fn ensure_bucket(&self, bucket: &Bucket) -> Result<bool, AwsError> {
        if self.has_bucket(bucket).await? {
            return Ok(false);
        }
        let place =
            format!("<CreateBucketConfiguration><LocationConstraint>{}</LocationConstraint></CreateBucketConfiguration>", bucket.region);
        // The default region must not be named here.
        let body = if bucket.region == "us-east-1" { "" } else { &place };
        match self.s3(bucket, Method::PUT, "CreateBucket", "", body.as_bytes()).await {
            Ok(_) => Ok(true),
            Err(error) if error.code == "BucketAlreadyOwnedByYou" => Ok(false),
            Err(error) => Err(error.of_missing(&format!("bucket {} not found", bucket.name))),
        }
    }

    /// Removes a bucket, with objects that interrupted runs left in it. Returns whether it existed.
    pub(super) async fn delete_bucket(&self, bucket: &Bucket) -> Result<bool, AwsError> {
        let keys = match self.list_objects(bucket, RUNS).await {
            Err(error) if error.cause == Cause::NotFound => return Ok(false),
            keys => keys?,
        };
        for key in keys {
            self.delete_object(bucket, &key).await?;
        }
        match self.s3(bucket, Method::DELETE, "DeleteBucket", "", b"").await {
            Ok(_) => Ok(true),
            Err(error) if error.cause == Cause::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Removes a bucket, unless it contains files of other runs.
    pub(super) async fn delete_unused_bucket(&self, bucket: &Bucket) -> Result<(), AwsError> {
        if self.list_objects(bucket, RUNS).await?.is_empty() {
            self.delete_bucket(bucket).await?;
        }
        Ok(())
    }

    /// The keys with this prefix.
    pub(super) async fn list_objects(&self, bucket: &Bucket, prefix: &str) -> Result<Vec<String>, AwsError> {
        self.list(bucket, prefix, "", "Key").await
    }

    /// The folders below a prefix, as complete prefixes.
    pub(super) async fn list_folders(&self, bucket: &Bucket, prefix: &str) -> Result<Vec<String>, AwsError> {
        let folders = self.list(bucket, prefix, "&delimiter=%2F", "Prefix").await?;
        Ok(folders.into_iter().filter(|folder| folder != prefix).collect())
    }

    /// All pages of a list: the texts of one kind of element in the responses.
    async fn list(&self, bucket: &Bucket, prefix: &str, more: &str, name: &str) -> Result<Vec<String>, AwsError> {
        let encoded = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        let (mut found, mut page) = (Vec::new(), String::new());
        loop {
            let query = format!("?list-type=2&prefix={}{more}{page}", encoded(prefix));
            let listed = self.s3(bucket, Method::GET, "ListBucket", &query, b"").await?;
            found.extend(elements(&listed, name));
            match element(&listed, "NextContinuationToken") {
                Some(token) => page = format!("&continuation-token={}", encoded(&token)),
                None => return Ok(found),
            }
        }
    }

    /// An object's content; `None` if it doesn't exist.
    pub(super) async fn get_object(&self, bucket: &Bucket, key: &str) -> Result<Option<String>, AwsError> {
        match self.s3(bucket, Method::GET, "GetObject", key, b"").await {
            Ok(content) => Ok(Some(content)),
            Err(error) if error.cause == Cause::NotFound => Ok(None),
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

/// The objects of a run, for a function. It uses the keys of the function's role, which Lambda sets in the environment, and searches for no
/// other configuration, because a function has no time for that.
#[derive(Clone, Debug)]
pub(crate) struct RoleObjects {
    bucket: Bucket,
    run: String,
    http: reqwest::Client,
}

impl RoleObjects {
    /// # Errors
    /// If no HTTP client can be created.
    pub(super) fn new(region: &str, bucket: &str, run: &str) -> Result<Self, String> {
        let bucket = Bucket { region: region.to_owned(), name: bucket.to_owned() };
        Ok(Self { bucket, run: run.to_owned(), http: connector::client()? })
    }

    /// A file's content; `None` if the object doesn't exist.
    pub(super) async fn read(&self, file: &str) -> Result<Option<String>, AwsError> {
        match self.call(Method::GET, "GetObject", file, b"").await {
            Ok(content) => Ok(Some(content)),
            Err(error) if error.cause == Cause::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    pub(super) async fn write(&self, file: &str, content: &[u8]) -> Result<(), AwsError> {
        self.call(Method::PUT, "PutObject", file, content).await.map(drop)
    }

    async fn call(&self, method: Method, action: &str, file: &str, body: &[u8]) -> Result<String, AwsError> {
        let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let (Some(id), Some(secret)) = (variable("AWS_ACCESS_KEY_ID"), variable("AWS_SECRET_ACCESS_KEY")) else {
            return Err(AwsError::new(Cause::NoCredentials, "the function has no role"));
        };
        let credentials = Credentials::new(id, secret, variable("AWS_SESSION_TOKEN"), None, "role");
        let url = self.bucket.url(endpoint_of_environment("s3"), &format!("{RUNS}{}/{file}", self.run));
        self.bucket.plain(method, action, url, body).send(&self.http, &credentials).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_are_addressed_by_host_at_aws_and_by_path_elsewhere() {
        let bucket = Bucket { region: "eu-central-1".into(), name: "b".into() };
        assert_eq!(bucket.url(None, "runs/1/stop"), "https://b.s3.eu-central-1.amazonaws.com/runs/1/stop");
        assert_eq!(bucket.url(Some("http://127.0.0.1:4566".into()), "runs/1/stop"), "http://127.0.0.1:4566/b/runs/1/stop");
    }
}
