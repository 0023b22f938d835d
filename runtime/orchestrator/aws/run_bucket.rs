//! Runs in a bucket: the files by which the orchestrator of a test on Lambda, its functions and later commands find each other.

use super::error::AwsError;
use super::names::Names;
use super::session::Session;
use super::storage::{Bucket, RUNS};
use crate::orchestrator::backend::BoxFuture;
use crate::orchestrator::run_store::RunStore;

/// The runs of tests whose functions share a bucket.
#[derive(Debug)]
pub(crate) struct RunBucket {
    session: Session,
    bucket: Bucket,
}

impl RunBucket {
    pub(super) fn new(session: Session, bucket: Bucket) -> Self {
        Self { session, bucket }
    }

    /// The runs in the bucket of a deployed test.
    ///
    /// # Errors
    /// If the account cannot be found.
    pub(crate) async fn of(session: Session, names: &Names) -> Result<Self, AwsError> {
        let account = session.account(names.home()).await?;
        Ok(Self::new(session, names.run_bucket(&account)))
    }

    /// Whether the bucket exists.
    ///
    /// # Errors
    /// If it is unknown.
    pub(crate) async fn exists(&self) -> Result<bool, AwsError> {
        self.session.has_bucket(&self.bucket).await
    }
}

fn key(run: &str, file: &str) -> String {
    format!("{RUNS}{run}/{file}")
}

fn text<T>(answer: Result<T, AwsError>) -> Result<T, String> {
    answer.map_err(|error| error.to_string())
}

impl RunStore for RunBucket {
    fn runs(&self) -> BoxFuture<'_, Result<Vec<String>, String>> {
        Box::pin(async {
            let folders = text(self.session.list_folders(&self.bucket, RUNS).await)?;
            Ok(folders.iter().filter_map(|folder| Some(folder.strip_prefix(RUNS)?.trim_end_matches('/').to_owned())).collect())
        })
    }

    fn list<'a>(&'a self, run: &'a str, begin: &'a str) -> BoxFuture<'a, Result<Vec<String>, String>> {
        Box::pin(async move {
            let keys = text(self.session.list_objects(&self.bucket, &key(run, begin)).await)?;
            Ok(keys.iter().filter_map(|found| found.strip_prefix(&key(run, "")).map(str::to_owned)).collect())
        })
    }

    fn read<'a>(&'a self, run: &'a str, file: &'a str) -> BoxFuture<'a, Result<Option<String>, String>> {
        Box::pin(async move { text(self.session.get_object(&self.bucket, &key(run, file)).await) })
    }

    fn write<'a>(&'a self, run: &'a str, file: &'a str, content: &'a str) -> BoxFuture<'a, Result<(), String>> {
        Box::pin(async move { text(self.session.put_object(&self.bucket, &key(run, file), content).await) })
    }

    fn remove<'a>(&'a self, run: &'a str, file: &'a str) -> BoxFuture<'a, Result<(), String>> {
        Box::pin(async move { text(self.session.delete_object(&self.bucket, &key(run, file)).await) })
    }

    fn place(&self, run: &str) -> String {
        format!("s3://{}/{RUNS}{run}", self.bucket.name)
    }
}
