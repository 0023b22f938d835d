//! Tests self-signed certificates that are configured as trusted, and the errors that remain in some of them.

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair, date_time_ymd};
use rustls::pki_types::PrivateKeyDer;
use tokio_rustls::TlsAcceptor;

use super::encrypted::serve_text;
use super::*;
use crate::stats::FailureClass;

/// A self-signed certificate for `localhost` in PEM, and a server that presents it.
async fn server(change: impl FnOnce(&mut CertificateParams)) -> (String, u16) {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    change(&mut params);
    let certificate = params.self_signed(&key).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let config = builder.with_no_client_auth().with_single_cert(vec![certificate.der().clone()], key).unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let port = serve_text(acceptor, "secret").await;
    (certificate.pem(), port)
}

/// The certificate that `openssl req -x509` creates.
fn as_openssl(params: &mut CertificateParams) {
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
}

async fn get(ca: &str, host: &str, port: u16) -> Result<String, HttpError> {
    let tls = TlsConfig { ca: Some(ca.into()), ..TlsConfig::default() };
    let client =
        Client::with(TransportConfig { proxies: Proxies::None, ..TransportConfig::default() }, &ApiConfig { tls, ..ApiConfig::default() });
    let url = Target::parse(&format!("https://{host}:{port}/")).unwrap();
    client.get(url).await.map(|response| text(&response).to_owned())
}

#[test]
fn configured_self_signed_certificate_is_trusted() {
    run(async {
        for change in [as_openssl, |_: &mut CertificateParams| {}] {
            let (pem, port) = server(change).await;
            assert_eq!(get(&pem, "localhost", port).await.as_deref(), Ok("secret"));
            let others = format!("{}{pem}", server(as_openssl).await.0);
            assert_eq!(get(&others, "localhost", port).await.as_deref(), Ok("secret"));
        }
    });
}

#[test]
fn name_and_validity_of_a_self_signed_certificate_are_checked() {
    run(async {
        let (pem, port) = server(as_openssl).await;
        let failure = get(&pem, "127.0.0.1", port).await.unwrap_err();
        assert_eq!(failure.class, FailureClass::Tls);
        let expected =
            "the certificate of 127.0.0.1 is not trusted: it is for another name (localhost): set `tls.server_name` to one of them";
        assert_eq!(failure.message, expected);
        let (pem, port) = server(|params| {
            as_openssl(params);
            params.not_after = date_time_ymd(2001, 2, 3);
        })
        .await;
        let failure = get(&pem, "localhost", port).await.unwrap_err();
        assert!(
            failure.message.starts_with("the certificate of localhost is not trusted: it expired on 2001-02-03 (here it is 20"),
            "{failure:?}"
        );
        let (pem, port) = server(|params| {
            as_openssl(params);
            params.not_before = date_time_ymd(2901, 2, 3);
            params.not_after = date_time_ymd(2902, 2, 3);
        })
        .await;
        let failure = get(&pem, "localhost", port).await.unwrap_err();
        assert!(failure.message.contains("it is not valid before 2901-02-03"), "{failure:?}");
        let (pem, port) = server(|params| {
            as_openssl(params);
            params.subject_alt_names.clear();
        })
        .await;
        let failure = get(&pem, "localhost", port).await.unwrap_err();
        assert!(failure.message.contains("no host name in `subjectAltName`"), "{failure:?}");
    });
}

#[test]
fn other_self_signed_certificate_is_not_trusted() {
    run(async {
        let (mine, _) = server(as_openssl).await;
        let (_, port) = server(as_openssl).await;
        let failure = get(&mine, "localhost", port).await.unwrap_err();
        assert_eq!(failure.class, FailureClass::Tls);
        assert!(failure.message.contains("set it as `tls.ca`"), "{failure:?}");
    });
}
