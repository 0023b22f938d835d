//! HTTP for the SDK over our own client: one TLS stack in the binary, and connections that outlive a quiet invocation.

use std::time::Duration;

use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;

/// Between a connection's signs of life: NAT gateways forget a connection that is silent for 350 seconds.
const KEEP_ALIVE: Duration = Duration::from_secs(45);
const CONNECT: Duration = Duration::from_secs(5);

/// A client without a read timeout: an invocation may be silent for as long as it lasts. Who calls bounds the wait.
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
        // A request that was sent twice would be load that is made twice.
        .retry(reqwest::retry::never())
        .build()
        .map_err(|error| format!("cannot create the HTTP client: {error}"))
}

/// The same for the SDK.
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
