//! HTTP for the SDK over ltc's own client: the binary needs only one TLS stack, and connections survive an invocation without traffic.

use std::time::Duration;

use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;

/// The time between keep-alive probes. NAT gateways forget a connection that is silent for 350 seconds.
const KEEP_ALIVE: Duration = Duration::from_secs(45);
const CONNECT: Duration = Duration::from_secs(5);

/// Creates a client without a read timeout, because an invocation may send nothing for as long as it lasts. The caller bounds the wait.
pub(super) fn client() -> Result<reqwest::Client, String> {
    let tls = ltc_engine::http::plain_tls()?;
    reqwest::Client::builder()
        .tls_backend_preconfigured((*tls).clone())
        .connect_timeout(CONNECT)
        .tcp_keepalive(KEEP_ALIVE)
        .tcp_keepalive_interval(KEEP_ALIVE)
        .tcp_nodelay(true)
        .pool_idle_timeout(KEEP_ALIVE)
        .redirect(reqwest::redirect::Policy::none())
        // A repeated request would generate its load twice.
        .retry(reqwest::retry::never())
        .build()
        .map_err(|error| format!("cannot create the HTTP client: {error}"))
}

/// Wraps the client for the SDK.
pub(super) fn for_sdk(client: &reqwest::Client) -> SharedHttpClient {
    let connector = SharedHttpConnector::new(Connector(client.clone()));
    http_client_fn(move |_, _| connector.clone())
}

#[derive(Debug)]
struct Connector(reqwest::Client);

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let client = self.0.clone();
        HttpConnectorFuture::new(async move {
            let request = request.try_into_http1x().map_err(|error| ConnectorError::user(error.into()))?;
            let request =
                reqwest::Request::try_from(request.map(reqwest::Body::wrap)).map_err(|error| ConnectorError::user(error.into()))?;
            let response = client.execute(request).await.map_err(failed)?;
            let response = http::Response::from(response).map(SdkBody::from_body_1_x);
            HttpResponse::try_from(response).map_err(|error| ConnectorError::other(error.into(), None))
        })
    }
}

fn failed(error: reqwest::Error) -> ConnectorError {
    match error {
        error if error.is_timeout() => ConnectorError::timeout(error.into()),
        error if error.is_connect() => ConnectorError::io(error.into()).never_connected(),
        error if error.is_builder() => ConnectorError::user(error.into()),
        error => ConnectorError::io(error.into()),
    }
}
