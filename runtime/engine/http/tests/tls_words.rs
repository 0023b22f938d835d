use std::sync::Arc;

use rustls::pki_types::ServerName;
use rustls::{CertRevocationListError, EncryptedClientHelloError, ExtendedKeyPurpose, OtherError, PeerMisbehaved};

use crate::http::message::tls_words::*;
use crate::http::message::words::tests::is_plain;

const NOW: UnixTime = UnixTime::since_unix_epoch(std::time::Duration::from_secs(1_767_225_600));

fn certificate_errors() -> Vec<CertificateError> {
    use CertificateError as C;
    let name = |presented: &[&str]| C::NotValidForNameContext {
        expected: ServerName::try_from("shop.test").unwrap().to_owned(),
        presented: presented.iter().map(ToString::to_string).collect(),
    };
    let purpose = || C::InvalidPurposeContext { required: ExtendedKeyPurpose::ServerAuth, presented: vec![ExtendedKeyPurpose::ClientAuth] };
    let mut all = vec![
        C::BadEncoding,
        C::Expired,
        C::ExpiredContext { time: NOW, not_after: NOW },
        C::NotValidYet,
        C::NotValidYetContext { time: NOW, not_before: NOW },
        C::Revoked,
        C::UnhandledCriticalExtension,
        C::UnknownIssuer,
        C::UnknownRevocationStatus,
        C::ExpiredRevocationList,
        C::ExpiredRevocationListContext { time: NOW, next_update: NOW },
        C::BadSignature,
        C::UnsupportedSignatureAlgorithmContext { signature_algorithm_id: vec![1], supported_algorithms: Vec::new() },
        C::UnsupportedSignatureAlgorithmForPublicKeyContext { signature_algorithm_id: vec![1], public_key_algorithm_id: vec![2] },
        C::NotValidForName,
        name(&[]),
        name(&["DnsName(\"a.test\")", "IpAddress(127.0.0.1)", "DnsName(\"b.test\")", "DnsName(\"c.test\")"]),
        C::InvalidPurpose,
        purpose(),
        C::InvalidOcspResponse,
        C::ApplicationVerificationFailure,
        C::Other(OtherError(Arc::new(io::Error::other("Odd(1)")))),
    ];
    all.extend(webpki_errors().into_iter().map(|error| C::Other(OtherError(Arc::new(error)))));
    all
}

fn webpki_errors() -> Vec<webpki::Error> {
    use webpki::Error as E;
    vec![
        E::BadDer,
        E::BadDerTime,
        E::CaUsedAsEndEntity,
        E::CertDistrusted,
        E::CertRevoked,
        E::EmptyEkuExtension,
        E::EndEntityUsedAsCa,
        E::ExtensionValueInvalid,
        E::InvalidCertValidity,
        E::InvalidCrlNumber,
        E::InvalidNetworkMaskConstraint,
        E::InvalidSerialNumber,
        E::InvalidCrlSignatureForPublicKey,
        E::InvalidSignatureForPublicKey,
        E::IssuerNotCrlSigner,
        E::MalformedDnsIdentifier,
        E::MalformedExtensions,
        E::MalformedNameConstraint,
        E::MaximumNameConstraintComparisonsExceeded,
        E::MaximumPathBuildCallsExceeded,
        E::MaximumPathDepthExceeded,
        E::MaximumSignatureChecksExceeded,
        E::NameConstraintViolation,
        E::PathLenConstraintViolated,
        E::SignatureAlgorithmMismatch,
        E::UnknownIssuer,
        E::UnsupportedCertVersion,
        E::UnsupportedCriticalExtension,
        E::UnsupportedNameType,
    ]
}

fn errors() -> Vec<Error> {
    let mut all = vec![
        Error::InappropriateMessage { expect_types: Vec::new(), got_type: rustls::ContentType::Alert },
        Error::InappropriateHandshakeMessage { expect_types: Vec::new(), got_type: rustls::HandshakeType::Finished },
        Error::InvalidEncryptedClientHello(EncryptedClientHelloError::SniRequired),
        Error::NoCertificatesPresented,
        Error::UnsupportedNameType,
        Error::DecryptError,
        Error::EncryptError,
        Error::InvalidCertRevocationList(CertRevocationListError::ParseError),
        Error::General("Inner(\"thing\")".into()),
        Error::FailedToGetCurrentTime,
        Error::FailedToGetRandomBytes,
        Error::HandshakeNotComplete,
        Error::PeerSentOversizedRecord,
        Error::NoApplicationProtocol,
        Error::BadMaxFragmentSize,
        Error::InconsistentKeys(InconsistentKeys::KeyMismatch),
        Error::InconsistentKeys(InconsistentKeys::Unknown),
        Error::Other(OtherError(Arc::new(io::Error::other("Odd(1)")))),
        Error::PeerMisbehaved(PeerMisbehaved::InvalidKeyShare),
        Error::PeerMisbehaved(PeerMisbehaved::SelectedUnofferedCipherSuite),
        Error::PeerIncompatible(PeerIncompatible::ServerRejectedEncryptedClientHello(None)),
    ];
    use PeerIncompatible as P;
    let incompatible = [
        P::EcPointsExtensionRequired,
        P::ExtendedMasterSecretExtensionRequired,
        P::IncorrectCertificateTypeExtension,
        P::KeyShareExtensionRequired,
        P::NamedGroupsExtensionRequired,
        P::NoCertificateRequestSignatureSchemesInCommon,
        P::NoCipherSuitesInCommon,
        P::NoKxGroupsInCommon,
        P::NoSignatureSchemesInCommon,
        P::ServerDoesNotSupportTls12Or13,
        P::ServerTlsVersionIsDisabledByOurConfig,
        P::Tls12NotOffered,
        P::Tls12NotOfferedOrEnabled,
    ];
    all.extend(incompatible.into_iter().map(Error::PeerIncompatible));
    let unreadable = [
        InvalidMessage::CertificatePayloadTooLarge,
        InvalidMessage::HandshakePayloadTooLarge,
        InvalidMessage::InvalidContentType,
        InvalidMessage::MessageTooShort,
        InvalidMessage::MissingData("Thing"),
        InvalidMessage::TrailingData("Thing"),
        InvalidMessage::UnexpectedMessage("Thing"),
        InvalidMessage::UnknownProtocolVersion,
        InvalidMessage::DuplicateExtension(7),
    ];
    all.extend(unreadable.into_iter().map(Error::InvalidMessage));
    all.extend((0..=255).map(|code| Error::AlertReceived(AlertDescription::from(code))));
    all.extend(certificate_errors().into_iter().map(Error::InvalidCertificate));
    all
}

#[test]
fn every_tls_error_has_a_message_without_library_words() {
    for error in errors() {
        let theirs = (error.to_string(), format!("{error:?}"));
        for host in ["", "shop.test"] {
            let shown = failure(&io::Error::new(io::ErrorKind::InvalidData, error.clone()), host);
            assert_eq!(shown.class, FailureClass::Tls);
            let text = &shown.message;
            assert!(is_plain(text), "{text} ({theirs:?})");
            assert!(!text.contains(&theirs.0) && !text.contains(&theirs.1), "{text} ({theirs:?})");
            assert!(text.contains(host) && text.len() < 250, "{text}");
        }
        let text = unusable(&error);
        assert!(is_plain(&text), "{text} ({theirs:?})");
    }
}

#[test]
fn certificate_errors_contain_a_fix() {
    let describe = |why: &CertificateError| distrust(why);
    let all = certificate_errors();
    let find = |what: &str| all.iter().map(describe).find(|text| text.contains(what)).unwrap_or_else(|| panic!("{what}"));
    assert_eq!(find("it expired on"), "it expired on 2026-01-01 (here it is 2026-01-01): renew it");
    assert_eq!(find("for another name ("), "it is for another name (a.test, 127.0.0.1, b.test, …): set `tls.server_name` to one of them");
    assert!(find("unknown issuer").contains("`tls.ca`"));
    assert!(find("the common name is not used").contains("`subjectAltName`"));
    assert!(find("the certificate of an authority").contains("`tls.ca`"));
    let alert = |code: u8| refusal(AlertDescription::from(code));
    assert_eq!(alert(116), "it requires a client certificate: set `tls.cert` and `tls.key` in the environment");
    assert_eq!(alert(70), "it supports neither TLS 1.2 nor TLS 1.3");
    assert_eq!(alert(200), "it sent the TLS alert 200");
}

#[test]
fn errors_below_tls_have_messages_too() {
    let shown = |error: io::Error| failure(&error, "shop.test").message;
    assert_eq!(shown(io::ErrorKind::UnexpectedEof.into()), "the TLS handshake with shop.test failed: the server closed the connection");
    assert_eq!(shown(io::Error::from_raw_os_error(104)), "the TLS handshake with shop.test failed: connection reset by peer");
    assert_eq!(shown(io::Error::other("Odd { }")), "the TLS handshake with shop.test failed: the system gives no reason");
    let full = || io::Error::new(io::ErrorKind::InvalidData, "message buffer full");
    let what = "the server sent too many TLS messages without data, such as session tickets";
    assert_eq!(shown(full()), format!("the TLS handshake with shop.test failed: {what}"));
    assert_eq!(broken_connection(&full()).unwrap().message, format!("the TLS connection broke: {what}"));
    assert!(broken_connection(&io::Error::from_raw_os_error(104)).is_none());
}

#[test]
fn files_that_are_not_pem_have_a_message() {
    use rustls::pki_types::pem::Error as E;
    for error in [
        E::MissingSectionEnd { end_marker: b"x".to_vec() },
        E::IllegalSectionStart { line: b"x".to_vec() },
        E::Base64Decode("InvalidLength".into()),
        E::Io(io::Error::other("Odd(1)")),
        E::NoItemsFound,
        E::SectionTooLarge,
    ] {
        let text = pem(&error);
        assert!(!text.contains(&error.to_string()) && !text.contains("Odd"), "{text}");
    }
}
