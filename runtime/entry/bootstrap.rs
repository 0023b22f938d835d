//! Runs the binary as a function on AWS Lambda: if the Runtime API is available, it serves invocations instead of reading a command line.

use std::convert::Infallible;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::stream;
use lambda_runtime::{Context, Error, LambdaEvent, StreamResponse, service_fn};
use tokio::sync::mpsc::{Receiver, channel};

use super::ExitStatus;
use crate::orchestrator::aws::connect_function;
use crate::orchestrator::shard::{self, DeliveredSlices, Host};
use ltc_engine::clock;
use ltc_engine::program::Program;
use ltc_engine::workers::Stop;

/// The variable with the address of Lambda's Runtime API.
const RUNTIME_API: &str = "AWS_LAMBDA_RUNTIME_API";
/// The most pieces of output that may wait to be sent.
const QUEUE: usize = 64;

/// Whether this process is a function on Lambda.
pub(super) fn is_function() -> bool {
    std::env::var_os(RUNTIME_API).is_some_and(|address| !address.is_empty())
}

/// Serves invocations one after the other, as long as Lambda sends them.
pub(super) fn run(program: &'static Program, born: Instant) -> ExitCode {
    let seen = Arc::new(DeliveredSlices::default());
    let serve = async {
        let init = clock::since(born);
        lambda_runtime::run(service_fn(|event: LambdaEvent<serde_json::Value>| {
            let seen = seen.clone();
            async move { invoked(program, event, init, seen) }
        }))
        .await
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let served = runtime.map_err(Error::from).and_then(|runtime| runtime.block_on(serve));
    match served {
        Ok(()) => ExitCode::from(ExitStatus::Passed.code()),
        Err(error) => {
            crate::say::err!("error: cannot serve the Runtime API of Lambda: {error}");
            ExitCode::from(ExitStatus::Broken.code())
        }
    }
}

/// Starts the slice on its own thread. The answer streams what the slice writes.
fn invoked(
    program: &'static Program,
    event: LambdaEvent<serde_json::Value>,
    init: Duration,
    seen: Arc<DeliveredSlices>,
) -> Result<StreamResponse<impl futures_util::Stream<Item = Result<Bytes, Infallible>> + Unpin + Send + 'static>, Error> {
    let json = serde_json::to_vec(&event.payload)?;
    let host = Host { place: place(&event.context), init, deadline: deadline(&event.context) };
    let (sender, receiver) = channel::<Bytes>(QUEUE);
    let run = move || {
        let stop = Stop::default();
        // Lambda writes the first bytes of the response itself, and a line end separates the slice's lines from them.
        let _ = sender.blocking_send(Bytes::from_static(b"\n"));
        shard::run(program, &json, &host, &seen, &stop, connect_function, |line| {
            // Sending fails if Lambda takes no more of the response. The function then continues, and its other signals stop it.
            let _ = sender.blocking_send(line.into());
        });
    };
    std::thread::Builder::new().name("slice".into()).spawn(run)?;
    let next = async |mut receiver: Receiver<Bytes>| receiver.recv().await.map(|piece| (Ok::<_, Infallible>(piece), receiver));
    Ok(StreamResponse::from(Box::pin(stream::unfold(receiver, next))))
}

fn place(context: &Context) -> String {
    let region = std::env::var("AWS_REGION").unwrap_or_default();
    format!("{} in {region}, request {}, log {}", context.env_config.function_name, context.request_id, context.env_config.log_stream)
}

/// When Lambda ends the invocation. The context has the time as milliseconds since the Unix epoch.
fn deadline(context: &Context) -> Option<Instant> {
    let left = Duration::from_millis(context.deadline).checked_sub(ltc_engine::clock::unix_now())?;
    clock::now().checked_add(left)
}
