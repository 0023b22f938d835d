//! The engine `lambda`: each slice is an invocation of the deployed function, in one or several regions.

use std::collections::HashMap;
use std::error::Error as StdError;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use aws_sdk_lambda::Client;
use aws_sdk_lambda::error::SdkError;
use aws_sdk_lambda::operation::invoke_with_response_stream::InvokeWithResponseStreamOutput;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::InvokeWithResponseStreamResponseEvent as Event;
use futures_util::{StreamExt, stream};

use super::deploy::PROGRAM;
use super::error::{AwsError, Cause, chain};
use super::function::Functions;
use super::names::{ALIAS, Names};
use super::prelude::Prelude;
use super::run_bucket::RunBucket;
use super::session::Session;
use super::stop;
use super::storage::Bucket;
use crate::orchestrator::backend::{Backend, BoxFuture, InvokeError, KeptOutput, Output, OwnEnd, Urgency};
use crate::orchestrator::control;
use crate::orchestrator::event::{ControlChannel, SliceEvent};
use crate::orchestrator::kept::{self, Trace};
use crate::orchestrator::lead;
use crate::orchestrator::run_store::{CONTROL, RECORD, RunFiles};
use ltc_engine::clock::{self, unix_now};

/// The time limit for the first response. A function responds as soon as it has the event; a cold start takes a second or two, at most ten.
/// After that, its supervisor waits for the response, because a proxy may hold it back.
const ANSWER: Duration = Duration::from_secs(10);
/// The pause between attempts to stop a slice.
const AGAIN: Duration = Duration::from_secs(1);
/// The largest payload of a synchronous invocation (6 MB), in bytes.
const PAYLOAD: usize = 6 * 1024 * 1024;
/// After this time Lambda has ended any function.
const LONGEST: Duration = Duration::from_secs(920);

/// The control channel of the run.
#[derive(Debug, Default)]
struct Channel {
    /// Whether this run created the bucket.
    made_bucket: bool,
    /// The lines of the object, apart from the line that shows that the orchestrator is alive.
    lines: Vec<String>,
}

/// Runs slices on AWS Lambda.
#[derive(Debug)]
pub(crate) struct LambdaBackend {
    session: Session,
    names: Names,
    program: &'static str,
    bucket: Bucket,
    files: RunFiles,
    channel: Mutex<Channel>,
    /// Serializes writes, so that an older text never replaces a newer one.
    writing: tokio::sync::Mutex<()>,
    clients: HashMap<String, Client>,
    /// The version of the function in each region. A run invokes the version with which it began, also after another `deploy`.
    versions: Mutex<HashMap<String, String>>,
}

impl LambdaBackend {
    /// Finds the account. It creates and invokes nothing yet.
    pub(crate) async fn open(session: Session, names: Names, program: &'static str, test_id: &str) -> Result<Self, AwsError> {
        let account = session.account(names.home()).await?;
        let clients = names.regions.iter().map(|region| (region.clone(), session.invoker(region))).collect();
        let bucket = names.run_bucket(&account);
        let store = Arc::new(RunBucket::new(session.clone(), bucket.clone()));
        Ok(Self {
            session,
            names,
            program,
            bucket,
            files: RunFiles { store, run: test_id.to_owned() },
            channel: Mutex::default(),
            writing: tokio::sync::Mutex::default(),
            clients,
            versions: Mutex::default(),
        })
    }

    /// The channel by which functions hear from their orchestrator.
    pub(crate) fn control(&self) -> ControlChannel {
        ControlChannel::S3 { region: self.bucket.region.clone(), bucket: self.bucket.name.clone(), run: self.files.run.clone() }
    }

    /// The files by which other commands find the run.
    pub(crate) fn files(&self) -> &RunFiles {
        &self.files
    }

    async fn ask_capacity(&self, region: &str) -> Result<Option<u64>, AwsError> {
        let functions = Functions::new(&self.session, region);
        let missing = |what: &str| {
            let name = &self.names.function;
            Err(AwsError::new(Cause::NotFound, format!("{name} in {region}: {what}: run `deploy --region {region}` first")))
        };
        let Some(found) = functions.find(&self.names.function).await? else { return missing("it is not deployed") };
        let Some(version) = functions.alias(&self.names.function).await? else { return missing("no version of it is published") };
        self.versions.lock().unwrap_or_else(PoisonError::into_inner).insert(region.to_owned(), version);
        if found.tags.get(PROGRAM).is_some_and(|program| program != self.program) {
            return missing("the deployed function is from another build than this binary");
        }
        functions.ready(&self.names.function).await?;
        // Without a way to stop it, no load starts.
        match &self.names.own_bucket {
            Some(_) => self.names.check_own_bucket(self.session.has_bucket(&self.bucket).await?)?,
            None if self.session.ensure_bucket(&self.bucket).await? => self.channel().made_bucket = true,
            None => {}
        }
        let (free, _) = functions.concurrency().await?;
        Ok(Some(found.reserved.unwrap_or(free)))
    }

    async fn begin(&self, region: &str, event: &SliceEvent) -> Result<Output, InvokeError> {
        let payload = Blob::new(event.to_json().map_err(InvokeError::Refused)?);
        let client = self.clients.get(region).ok_or_else(|| InvokeError::Refused(format!("{region} is not one of the test's regions")))?;
        let version = self.version(region);
        let request = client.invoke_with_response_stream().function_name(&self.names.function).qualifier(&version).payload(payload.clone());
        let call = format!("lambda:InvokeWithResponseStream in {region}");
        let mut request = Box::pin(request.send());
        let Ok(answer) = tokio::time::timeout(ANSWER, &mut request).await else {
            let late = async move {
                match request.await {
                    Ok(answer) => streamed(answer),
                    Err(error) => stream::once(async move { Err(AwsError::sdk(&call, &error).to_string()) }).boxed(),
                }
            };
            return Ok(stream::once(late).flatten().boxed());
        };
        match answer {
            Ok(answer) => Ok(streamed(answer)),
            Err(error) if cannot_stream(&error) => Ok(self.whole(client.clone(), region, payload)),
            Err(error) => Err(judged(&call, &error)),
        }
    }

    /// Invokes without streaming, if the service can't stream. The whole response comes at the end.
    fn whole(&self, client: Client, region: &str, payload: Blob) -> Output {
        let request = client.invoke().function_name(&self.names.function).qualifier(self.version(region)).payload(payload);
        let call = format!("lambda:Invoke in {region}");
        let answer = async move {
            match tokio::time::timeout(LONGEST, request.send()).await {
                Err(_) => Err(format!("{call}: no response within {} seconds", LONGEST.as_secs())),
                Ok(Err(error)) => Err(AwsError::sdk(&call, &error).to_string()),
                Ok(Ok(answer)) => {
                    let payload = answer.payload.map(Blob::into_inner).unwrap_or_default();
                    match answer.function_error {
                        Some(kind) => Ok(format!("the function failed ({kind}): {}\n", String::from_utf8_lossy(&payload)).into()),
                        None => Ok(Prelude::default().skip(&unwrapped(payload))),
                    }
                }
            }
        };
        Box::pin(stream::once(answer))
    }

    fn channel(&self) -> MutexGuard<'_, Channel> {
        self.channel.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The version to invoke.
    fn version(&self, region: &str) -> String {
        let versions = self.versions.lock().unwrap_or_else(PoisonError::into_inner);
        versions.get(region).cloned().unwrap_or_else(|| ALIAS.to_owned())
    }

    /// Writes the text that functions read.
    async fn write_control(&self) -> Result<(), String> {
        let _writing = self.writing.lock().await;
        let content = control::text(unix_now(), &self.channel().lines);
        self.files.write(CONTROL, &content).await
    }

    /// Whether a function has confirmed, in what it keeps, that it has ended or has not begun. The control channel told it to stop at this
    /// time.
    async fn has_ended(&self, slice: &str, told: Instant) -> bool {
        match kept::trace(&self.files, slice).await {
            Ok(Trace::Ended) => true,
            // A function that begins only now reads that it must stop, before it generates load.
            Ok(Trace::NotBegun) => clock::since(told) >= stop::BEGUN,
            // The next attempt may read it.
            Ok(Trace::Unknown) | Err(_) => false,
        }
    }

    async fn remove(&self) -> Result<(), String> {
        let Channel { made_bucket, .. } = std::mem::take(&mut *self.channel());
        self.files.clean_up().await?;
        self.files.remove(RECORD).await?;
        if made_bucket {
            self.session.delete_unused_bucket(&self.bucket).await.map_err(|error| error.to_string())?;
        }
        Ok(())
    }
}

impl Backend for LambdaBackend {
    fn name(&self) -> &'static str {
        "lambda"
    }

    fn capacity<'a>(&'a self, region: Option<&'a str>) -> BoxFuture<'a, Result<Option<u64>, InvokeError>> {
        let region = region.unwrap_or(self.names.home());
        Box::pin(async move { self.ask_capacity(region).await.map_err(|error| InvokeError::Refused(error.to_string())) })
    }

    fn invoke<'a>(&'a self, region: Option<&'a str>, event: &'a SliceEvent) -> BoxFuture<'a, Result<Output, InvokeError>> {
        Box::pin(self.begin(region.unwrap_or(self.names.home()), event))
    }

    fn event_limit(&self) -> Option<usize> {
        Some(PAYLOAD)
    }

    fn runs_elsewhere(&self) -> bool {
        true
    }

    fn lead(&self, shards: u32) -> Duration {
        lead::on_lambda(shards)
    }

    fn abandon<'a>(&'a self, slice: &'a str, own_end: OwnEnd) -> BoxFuture<'a, Result<(), String>> {
        Box::pin(async move {
            self.channel().lines.push(control::abandoned(slice));
            // If the network failed, it comes back; the caller bounds the wait.
            let mut is_told = false;
            while let Err(why) = self.write_control().await {
                if !std::mem::replace(&mut is_told, true) {
                    crate::progress::notice_at(ltc_config::profile::LogLevel::Warn, &format!("warning: cannot stop {slice} yet: {why}"));
                }
                tokio::time::sleep(AGAIN).await;
            }
            let written = clock::now();
            loop {
                tokio::time::sleep(AGAIN).await;
                let is_certain = own_end.after(written).is_some_and(|end| end <= clock::now());
                if is_certain || self.has_ended(slice, written).await {
                    return Ok(());
                }
            }
        })
    }

    fn heartbeat(&self) -> BoxFuture<'_, Result<Option<Urgency>, String>> {
        Box::pin(async {
            self.write_control().await?;
            self.files.stop_asked().await
        })
    }

    fn share(&self, line: String) -> BoxFuture<'_, Result<(), String>> {
        control::share(&mut self.channel().lines, line);
        Box::pin(self.write_control())
    }

    fn stop(&self, urgency: Urgency) -> BoxFuture<'_, Result<(), String>> {
        self.channel().lines.push(control::word(urgency).to_owned());
        Box::pin(self.write_control())
    }

    fn kept<'a>(&'a self, slice: &'a str) -> BoxFuture<'a, Result<KeptOutput, String>> {
        Box::pin(async move { Ok(KeptOutput { parts: kept::parts(&self.files, slice).await?, is_final: false }) })
    }

    fn clean_up(&self, for_collect: bool) -> BoxFuture<'_, Result<(), String>> {
        Box::pin(async move {
            if for_collect {
                // Functions that could not be reached read here that they must stop.
                let _ = self.write_control().await;
                return Ok(());
            }
            let removed = self.remove().await;
            if removed.is_err() {
                // Without a signal of an orchestrator, other commands do not take it for a run that is going on.
                let _ = self.files.write(CONTROL, control::word(Urgency::Now)).await;
            }
            removed
        })
    }
}

/// The output of a function, from the events of the response stream. A function that failed has certainly ended, and its error is part of
/// the output. A stream that ends without the final event was cut, and the function may still run.
fn streamed(answer: InvokeWithResponseStreamOutput) -> Output {
    let begin = (Some(answer), Prelude::default());
    let pieces = stream::unfold(begin, |(answer, mut prelude)| async move {
        let mut answer = answer?;
        loop {
            let why = match answer.event_stream.recv().await {
                Ok(Some(Event::PayloadChunk(chunk))) => {
                    let piece = prelude.skip(chunk.payload.as_ref().map(AsRef::as_ref).unwrap_or_default());
                    if piece.is_empty() {
                        continue;
                    }
                    return Some((Ok(piece), (Some(answer), prelude)));
                }
                Ok(Some(Event::InvokeComplete(complete))) => match complete.error_code {
                    None => return None,
                    Some(code) => {
                        let word = format!("\nthe function failed: {code}: {}\n", complete.error_details.unwrap_or_default());
                        return Some((Ok(word.into()), (None, prelude)));
                    }
                },
                Ok(Some(_)) => continue,
                Ok(None) => "the connection was closed before the function ended".to_owned(),
                Err(error) => format!("the connection to the function was lost: {}", chain(&error)),
            };
            return Some((Err(why), (None, prelude)));
        }
    });
    pieces.boxed()
}

/// Whether the service can't stream. Some emulators, and gateways before Lambda, don't know the call; the function has then not started.
fn cannot_stream<E>(error: &SdkError<E>) -> bool
where
    E: aws_smithy_types::error::metadata::ProvideErrorMetadata,
{
    let SdkError::ServiceError(context) = error else { return false };
    let code = context.err().code().unwrap_or_default();
    let unknown = ["UnknownOperationException", "UnsupportedOperationException", "InvalidAction", "NotImplemented", "InternalFailure"];
    match context.raw().status().as_u16() {
        405 | 501 => true,
        400 | 404 => unknown.contains(&code) || code.is_empty(),
        _ => false,
    }
}

/// Classifies the error of an invocation by what it means for the load.
fn judged<E>(call: &str, error: &SdkError<E>) -> InvokeError
where
    E: StdError + aws_smithy_types::error::metadata::ProvideErrorMetadata + 'static,
{
    let aws_error = AwsError::sdk(call, error);
    let message = aws_error.to_string();
    // The credentials can't be renewed, or the request can't be built, so nothing was sent.
    let lacks_credentials = aws_error.cause == Cause::NoCredentials && error.raw_response().is_none();
    if lacks_credentials || matches!(error, SdkError::ConstructionFailure(_)) {
        return InvokeError::NotStarted(message);
    }
    match aws_error.cause {
        Cause::Throttled => InvokeError::Throttled(message),
        Cause::NoCredentials | Cause::WrongCredentials | Cause::Denied | Cause::NotFound => InvokeError::Refused(message),
        // The function is being updated, or its network isn't ready yet.
        Cause::Conflict => InvokeError::NotStarted(message),
        Cause::Unreachable if never_connected(error) => InvokeError::NotStarted(message),
        Cause::Unreachable => InvokeError::Unknown(message),
        Cause::Other => match (aws_error.code.as_str(), error.raw_response().map(|raw| raw.status().as_u16())) {
            ("EC2ThrottledException" | "ENILimitReachedException" | "SubnetIPAddressLimitReachedException", _) => {
                InvokeError::Throttled(message)
            }
            (_, Some(400..500)) => InvokeError::Refused(message),
            _ => InvokeError::Unknown(message),
        },
    }
}

/// Whether no connection was made, so that nothing was sent.
fn never_connected(error: &(dyn StdError + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        if error.downcast_ref::<reqwest::Error>().is_some_and(reqwest::Error::is_connect) {
            return true;
        }
        next = error.source();
    }
    false
}

/// Unwraps a response that is a JSON string, as emulators send it.
fn unwrapped(payload: Vec<u8>) -> Vec<u8> {
    match serde_json::from_slice::<String>(&payload) {
        Ok(text) => text.into_bytes(),
        Err(_) => payload,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn response_that_is_a_json_string_is_unwrapped() {
        assert_eq!(unwrapped(b"\"ltc2:abc\\n\"".to_vec()), b"ltc2:abc\n");
        assert_eq!(unwrapped(b"ltc2:abc\n".to_vec()), b"ltc2:abc\n");
    }
}
